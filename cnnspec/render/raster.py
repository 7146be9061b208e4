"""PNG from SVG, by resvg with the fonts beside this file: the same picture on every machine."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from cnnspec.render.options import RenderError

FONTS = Path(__file__).parent / "fonts"
FONT_FILES = {False: FONTS / "Arimo-Regular.ttf", True: FONTS / "Arimo-Bold.ttf"}
ZOOM = 2.0
"""Pixels per CSS pixel: sharp on dense screens, and 192 dots per inch in print."""
MOST_PIXELS = 40e6
LEAST_ZOOM = 0.5
POINT = 96 / 72
"""CSS pixels in a point."""


def to_png(svg: str, width: float, height: float) -> bytes:
    """The picture, of a size in points, as PNG bytes; a very large one is made coarser.

    Raises RenderError where it would be too coarse to read.
    """
    import resvg_py

    zoom = min(ZOOM, (MOST_PIXELS / (width * height * POINT**2)) ** 0.5)
    if zoom < LEAST_ZOOM:
        raise RenderError("the picture is too large for png: use svg or pdf, or close blocks with --depth")
    pixels = bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg, zoom=zoom, dpi=96, font_family="Arimo", sans_serif_family="Arimo",
            font_files=[str(path) for path in FONT_FILES.values()],
        )
    )  # fmt: skip
    return with_density(pixels, zoom * 96)


def with_density(png: bytes, dpi: float) -> bytes:
    """The picture with its dots per inch, in the chunk pHYs (PNG specification, 11.3.4.3)."""
    start = 8 + 12 + 13
    per_metre = round(dpi / 0.0254)
    chunk = b"pHYs" + struct.pack(">IIB", per_metre, per_metre, 1)
    return png[:start] + struct.pack(">I", 9) + chunk + struct.pack(">I", zlib.crc32(chunk)) + png[start:]
