"""Writes docs/images/studio.png: the studio with the net that opens the README, as Chromium shows it.

python docs/screenshot.py
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from cnnspec.source import Source
from cnnspec.studio.server import Studio

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT))
from tests.browser import Browser  # noqa: E402

WIDTH, HEIGHT = 1360, 760


def write(path: Path) -> None:
    """Take the picture once the net is drawn."""
    source = Source("tiny.cnn", (ROOT / "examples" / "tiny.cnn").read_text(encoding="utf-8"))
    studio = Studio(source, None, None)
    with TemporaryDirectory() as folder, Browser(Path(folder), WIDTH, HEIGHT) as browser:
        browser.prefer("light")
        browser.open(studio.address)
        browser.until("document.body.dataset.shown && document.querySelector('#zoo option[value=ResNet50]')")
        browser.picture(path)
    studio.close()


if __name__ == "__main__":
    write(ROOT / "docs" / "images" / "studio.png")
