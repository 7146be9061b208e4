"""The studio without a server: what ships is what the packages give, and the engine in the browser agrees."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from browser import CHROMIUM, Browser
from checkout import copy_of_checkout
from folders import ROOT

from cnnspec.spec_files import zoo_nets
from cnnspec.studio.engine import Engine

STUDIO, WEB = ROOT / "editors" / "studio", ROOT / "cnnspec" / "studio" / "web"
PACKAGES = json.loads((STUDIO / "package.json").read_text(encoding="utf-8"))["devDependencies"]
LICENCES = (WEB / "licences.txt").read_text(encoding="utf-8")


def test_every_package_is_pinned_and_listed_with_its_licence() -> None:
    listed = dict(
        re.findall(r"^(\S+) (\d+\.\d+\.\d+), [\w.-]+(?:, in codemirror\.js)?$", LICENCES, re.MULTILINE)
    )
    assert listed == PACKAGES


def test_the_modules_of_the_page_import_what_there_is() -> None:
    for module in WEB.glob("*.js"):
        if module.name != "codemirror.js":
            for used in re.findall(r'from "\./([\w/.]+)"', module.read_text(encoding="utf-8")):
                assert (WEB / used).is_file() or used.startswith("pyodide/"), (module.name, used)


pytestmark = pytest.mark.posix
needs_npm = pytest.mark.skipif(shutil.which("npm") is None, reason="there is no Node.js here")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout in which the studio has been built, in site/studio."""
    folder = copy_of_checkout(tmp_path_factory.mktemp("built"))
    for command, place in (
        ("npm install --no-audit --no-fund", folder / "editors" / "studio"),
        ("npm run build", folder / "editors" / "studio"),
        (f"{sys.executable} editors/studio/static.py site/studio", folder),
    ):
        done = subprocess.run(command.split(), cwd=place, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.slow
@needs_npm
def test_what_ships_is_what_the_packages_give(built: Path) -> None:
    for name in ("codemirror.js", "licences.txt"):
        assert (built / "cnnspec" / "studio" / "web" / name).read_bytes() == (WEB / name).read_bytes()


class Quiet(SimpleHTTPRequestHandler):
    """A server of files that does not tell what it serves."""

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def page(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The static page, its engine started."""
    serve = partial(Quiet, directory=str(built / "site" / "studio"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), serve)
    Thread(target=server.serve_forever, daemon=True).start()
    origin = f"http://127.0.0.1:{server.server_port}/"
    with Browser(tmp_path_factory.mktemp("browser")) as browser:
        browser.open(origin)
        browser.until("document.body.dataset.painted")
        assert browser.run("document.getElementById('heading').textContent").startswith("Tiny (tiny.cnn)")
        browser.until("document.body.dataset.shown")
        browser.until("document.querySelector('#zoo option[value=ResNet50]')")
        yield browser
        assert browser.wrong == []
        asked = [url for url in browser.requests if not url.startswith((origin, "data:", "blob:"))]
        assert asked == []
    server.shutdown()
    server.server_close()


def ask(page: Browser, **request: Any) -> Any:
    """What the engine in the browser answers."""
    return page.do(
        "const { ask } = await import(new URL('engine.js', document.baseURI));"
        f"return ask({json.dumps(request)});"
    )


@pytest.mark.slow
@needs_npm
@needs_browser
def test_its_answers_are_those_of_the_engine_here(page: Browser) -> None:
    """Every net of the zoo; what is answered here is held against the command line in test_engine.py.

    Of drawings only the words: sums of floats are rounded in another way by another version of Python.
    """
    here = Engine()
    for _, name in zoo_nets().values():
        spec = ask(page, ask="spec", name=name)
        request = {"ask": "read", **spec, "views": ["table", "memory", "drawing"]}
        there, own = ask(page, **request), json.loads(here.answer(json.dumps(request)))
        assert figures_of(there) == figures_of(own), name


def figures_of(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without where things stand in its pictures."""
    if answer["shown"] is None:
        return answer
    drawn = [(item["path"], item["title"], item["said"]) for item in answer["shown"]["drawing"]["items"][1:]]
    steps = answer["shown"]["memory"]["steps"]
    return {**answer, "shown": {**answer["shown"], "drawing": drawn, "memory": steps}}


@pytest.mark.slow
@needs_npm
@needs_browser
def test_it_writes_torch_and_says_what_it_cannot(page: Browser) -> None:
    text = "net Net { input 3x8x8; conv(4, 3) }\n"
    assert "class Net(nn.Module):" in ask(page, ask="python", text=text)["text"]
    assert "not in a browser" in ask(page, ask="pdf", text=text)["refused"]
    said = page.do(
        "const { saveAs } = await import(new URL('saving.js', document.baseURI)); return saveAs('pdf');"
    )
    assert "save it as a PDF" in said
    assert page.run("document.querySelector('.printed').contentDocument.title") == "Tiny.pdf"


@pytest.mark.slow
@needs_npm
@needs_browser
def test_a_link_shows_its_text_while_the_compiler_starts(page: Browser) -> None:
    spec = {"text": "net Linked { input 3x8x8; conv(4, 3) }\n", "file": "linked.cnn"}
    address = page.do(
        "const { pack } = await import(new URL('address.js', document.baseURI));"
        f"return location.origin + '/?linked#' + await pack({json.dumps(spec)});"
    )
    page.open(address)
    page.until("document.getElementById('heading').textContent.includes('step 1 of 3')")
    assert page.run("document.querySelector('.cm-content').textContent").startswith("net Linked")
    page.until("document.getElementById('heading').textContent.startsWith('Linked (linked.cnn)')")
    page.open(page.run("location.origin") + "/?")
    page.until("document.body.dataset.shown")


@pytest.mark.slow
@needs_npm
@needs_browser
def test_an_edit_is_drawn(page: Browser) -> None:
    page.do(
        "const { EditorView } = await import(new URL('codemirror.js', document.baseURI));"
        "const view = EditorView.findFromDOM(document.querySelector('.cm-editor'));"
        "const at = view.state.doc.toString().indexOf('stem {');"
        "view.dispatch({ changes: { from: at, to: at, insert: 'stem { conv(8, 3) }\\n    # ' } });"
    )
    drawn = "document.getElementById('frame').contentDocument.querySelector('.box[aria-label^=\"3x3 conv\"]')"
    page.until(drawn)
