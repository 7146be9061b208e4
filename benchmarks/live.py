"""How long an editor waits: from an edit to the diagnostics, and for the hints of the whole file.

Every file of the zoo, and ResNet-152 alone, is edited a hundred times, each time another number, word or line
of it; the figures are processor times, for whatever else the machine does only adds. Of a file of many nets
all are compiled again where the edit is in a block that all of them use.
Run from the root of the checkout: python benchmarks/live.py
"""

from __future__ import annotations

import gc
import random
import re
import sys
import time
from pathlib import Path

from cnnspec.live.document import read
from cnnspec.live.protocol import as_inlay
from cnnspec.session import Session
from cnnspec.source import Source
from cnnspec.syntax.tokens import tokenize

SPECS = Path(__file__).parent.parent / "specs"
ALLOWED_EDIT_MS, ALLOWED_HINTS_MS = 100.0, 20.0
EDITS = 100


def main(argv: list[str]) -> int:
    """Print the times of every file beside what is allowed; 1 where one is above it."""
    failed = False
    allowed = f"allowed {ALLOWED_EDIT_MS:g} and {ALLOWED_HINTS_MS:g} ms"
    print(f"{'':<24} {'edit p95':>10} {'hints p95':>10}   {allowed}")
    for path in sorted(map(Path, argv)) or sorted(SPECS.glob("*.cnn")):
        text = path.read_text(encoding="utf-8")
        alone = re.sub(r"^net ResNet(?!152\b|\().*\n", "", text, flags=re.M)
        texts = {path.stem: text, **({"ResNet152 alone": alone} if path.stem == "resnet" else {})}
        for name, text in texts.items():
            edits, shown = times(path, text)
            above = edits > ALLOWED_EDIT_MS or shown > ALLOWED_HINTS_MS
            print(f"{name:<24} {edits:10.1f} {shown:10.1f}{'   above' if above else ''}", flush=True)
            failed = failed or above
    return int(failed)


def times(path: Path, text: str) -> tuple[float, float]:
    """The 95th percentile, in milliseconds, of an edit to its diagnostics and of the hints after it."""
    session, generator = Session(), random.Random(path.stem)
    document = read(session, Source(path.name, text, path))
    assert document.hints
    gc.disable()
    edits: list[float] = []
    shown: list[float] = []
    for _ in range(EDITS):
        gc.collect()  # as the server does when nobody types
        changed = edited(text, generator)
        start = time.process_time()
        document = read(session, Source(path.name, changed, path), document)
        edits.append(time.process_time() - start)
        start = time.process_time()
        for hint in document.hints:
            as_inlay(hint, document, show_costs=False)
        shown.append(time.process_time() - start)
        document = read(session, Source(path.name, text, path), document)
        assert document.hints  # an editor asks for them after every reading
    gc.enable()
    return percentile(edits), percentile(shown)


def edited(text: str, generator: random.Random) -> str:
    """A text with one token typed anew: a number counted up, a letter gone, or an empty line before it."""
    kinds = ("NUMBER", "NAME", "NEWLINE")
    token = generator.choice([token for token in tokenize(text) if token.kind in kinds])
    if token.kind == "NUMBER" and token.text.isdecimal():
        new = str(int(token.text) + 1)
    else:
        new = token.text + "\n" if token.kind == "NEWLINE" else token.text[:-1]
    return text[: token.start] + new + text[token.end :]


def percentile(seconds: list[float]) -> float:
    return 1000 * sorted(seconds)[int(0.95 * (len(seconds) - 1))]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
