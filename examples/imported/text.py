"""PP-OCR of rapidocr-onnxruntime, imported, finds lines of text and which of them are upside down on numpy.

    pip install rapidocr-onnxruntime matplotlib
    python text.py [page.png] [-o text.png]

The package brings its nets as ONNX files, which Paddle has written. The one that finds text and the one that
tells its direction are imported as specs; the package's own reader then runs with these on numpy in the place
of its sessions of onnxruntime, and finds and reads the same. Without a page it is one of four lines.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import rapidocr_onnxruntime  # pyright: ignore[reportMissingImports]
from matplotlib.font_manager import findfont
from PIL import Image, ImageDraw, ImageFont

import cnnspec

FILES = Path(str(rapidocr_onnxruntime.__file__)).parent / "models"
FINDS, TURNS = FILES / "ch_PP-OCRv4_det_infer.onnx", FILES / "ch_ppocr_mobile_v2.0_cls_infer.onnx"
LINES = {
    "Convolutional networks": False,
    "read from a file of ONNX": False,
    "upside down": True,
    "and run on numpy": False,
}
"""The lines of the page, and whether each is upside down."""


class Line(NamedTuple):
    """A line of text: its four corners in pixels, what it says, and how sure that is."""

    corners: list[tuple[float, float]]
    words: str
    score: float


class NumpyNet:
    """An imported net, as the package calls a session: on images of any size, for a list of heads."""

    def __init__(self, file: Path, shape: tuple[int, ...]) -> None:
        self.found = cnnspec.from_onnx(file, shape)
        self.programs: dict[tuple[int, ...], Callable[[Any], Any]] = {}

    def __call__(self, images: np.ndarray) -> list[np.ndarray]:
        shape = images.shape[1:]
        if shape not in self.programs:
            net = cnnspec.loads(self.found.text, inputs={"x": shape})
            self.programs[shape] = net.to_numpy(weights=self.found.weights)
        return [self.programs[shape](images)]


def page() -> Image.Image:
    """A page with lines of text, one of which is upside down."""
    image, font = Image.new("RGB", (480, 260), "white"), ImageFont.truetype(findfont("DejaVu Sans"), 30)
    for number, (words, turned) in enumerate(LINES.items()):
        line = Image.new("RGB", (440, 48), "white")
        ImageDraw.Draw(line).text((8, 4), words, font=font, fill=(32, 40, 56))
        image.paste(line.rotate(180) if turned else line, (20, 20 + 56 * number))
    return image


def read(reader: rapidocr_onnxruntime.RapidOCR, image: Image.Image) -> list[Line]:
    """The lines that the package reads."""
    found, _ = reader(np.asarray(image)[..., ::-1])
    return [
        Line([tuple(corner) for corner in corners], words, score) for corners, words, score in found or []
    ]


def with_imported(finds: NumpyNet, turns: NumpyNet) -> rapidocr_onnxruntime.RapidOCR:
    """The package's reader with two imported nets."""
    reader = rapidocr_onnxruntime.RapidOCR()
    reader.text_det.infer, reader.text_cls.infer = finds, turns
    return reader


def drawn(image: Image.Image, lines: list[Line]) -> Image.Image:
    """The page with a box around each line."""
    result = image.copy()
    draw = ImageDraw.Draw(result)
    for line in lines:
        draw.polygon(line.corners, outline=(214, 96, 0), width=2)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("page", nargs="?", type=Path)
    parser.add_argument("-o", dest="output", type=Path, default=Path("text.png"))
    given = parser.parse_args()
    image = Image.open(given.page).convert("RGB") if given.page else page()
    finds, turns = NumpyNet(FINDS, (3, 320, 320)), NumpyNet(TURNS, (3, 48, 192))
    print(turns.found.text)
    ours, theirs = read(with_imported(finds, turns), image), read(rapidocr_onnxruntime.RapidOCR(), image)
    for line in ours:
        print(f"{line.words}  ({line.score:.3f})")
    same = [line.words for line in ours] == [line.words for line in theirs]
    corners = np.abs(np.array([line.corners for line in ours]) - [line.corners for line in theirs])
    print(f"{'the same words' if same else 'other words'}, corners {corners.max():.1f} pixels apart at most")
    drawn(image, ours).save(given.output)
    print(f"wrote {given.output}")


if __name__ == "__main__":
    main()
