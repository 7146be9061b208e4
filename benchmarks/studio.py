"""What a reader of the studio waits for, in headless Chromium: the first drawing, and one after an edit.

    python benchmarks/studio.py                 the page of `cnnspec studio`
    python benchmarks/studio.py site/studio     the folder that `make studio` writes

The times are those of the processors, of the browser and of the engine together, for whatever else the
machine does only adds to a clock; to an edit come the 40 ms for which the page waits for more. Linux only.
"""

from __future__ import annotations

import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from os import getpid, sysconf
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

from cnnspec.source import Source
from cnnspec.studio.server import Studio

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT))
from tests.browser import Browser  # noqa: E402

NETS = ("LeNet5", "ResNet18", "ResNet50", "GoogLeNet", "ResNet152", "DenseNet201")
EDITS, WARM = 16, 4
"""How many edits are made, and how many of them only warm up."""
EDIT = """
const { EditorView } = await import(new URL("codemirror.js", document.baseURI));
const view = EditorView.findFromDOM(document.querySelector(".cm-editor"));
const before = document.body.dataset.shown;
const at = view.state.doc.toString().indexOf("classes=1") + 9;
view.dispatch({ changes: { from: at, to: at + 1, insert: "@DIGIT@" } });
while (document.body.dataset.shown === before) await new Promise((next) => setTimeout(next, 10));
"""


class Quiet(SimpleHTTPRequestHandler):
    """A server of files that does not tell what it serves."""

    def log_message(self, format: str, *args: Any) -> None:
        pass


def processor_seconds() -> float:
    """What this process and all that it started have used of the processors."""
    used, parents = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        number = int(stat.parent.name)
        parents[number], used[number] = int(fields[1]), int(fields[11]) + int(fields[12])
    own = {getpid()}
    while more := {number for number, parent in parents.items() if parent in own} - own:
        own |= more
    return sum(used[number] for number in own if number in used) / sysconf("SC_CLK_TCK")


def measure(address: str) -> None:
    """Print the times of a page."""
    with TemporaryDirectory() as folder, Browser(Path(folder)) as browser:
        start = processor_seconds()
        browser.open(address)
        browser.until("document.body.dataset.painted || document.body.dataset.shown")
        print(f"first drawing  {processor_seconds() - start:6.2f} s")
        browser.until("document.body.dataset.shown")
        print(f"engine started {processor_seconds() - start:6.2f} s")
        for name in NETS:
            browser.until(f"document.querySelector('#zoo option[value={name}]')")
            browser.do(
                f"const zoo = document.getElementById('zoo'); zoo.value = '{name}';"
                "zoo.dispatchEvent(new Event('change'));"
            )
            browser.until(f"document.getElementById('heading').textContent.startsWith('{name} ')")
            times = [edit(browser, turn) for turn in range(EDITS)]
            print(f"edit of {name:<10} median {1000 * median(times[WARM:]):4.0f} ms")


def edit(browser: Browser, turn: int) -> float:
    """The processor time of an edit, until the new drawing is there."""
    start = processor_seconds()
    browser.do(EDIT.replace("@DIGIT@", str(turn % 2)))
    return processor_seconds() - start


if __name__ == "__main__":
    if len(sys.argv) > 1:
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=sys.argv[1]))
        Thread(target=server.serve_forever, daemon=True).start()
        measure(f"http://127.0.0.1:{server.server_port}/")
    else:
        example = ROOT / "examples" / "tiny.cnn"
        measure(Studio(Source(example.name, example.read_text(encoding="utf-8")), None, None).address)
