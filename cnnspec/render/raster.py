"""PNG from SVG, by resvg with the fonts beside this file: the same picture on every machine."""

from __future__ import annotations

from pathlib import Path

FONTS = Path(__file__).parent / "fonts"
FONT_FILES = {False: FONTS / "Arimo-Regular.ttf", True: FONTS / "Arimo-Bold.ttf"}
ZOOM = 2.0
"""Pixels per CSS pixel: sharp on dense screens, and 192 dots per inch in print."""


def to_png(svg: str) -> bytes:
    """The picture as PNG bytes."""
    import resvg_py

    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg, zoom=ZOOM, dpi=96, font_family="Arimo", sans_serif_family="Arimo",
            font_files=[str(path) for path in FONT_FILES.values()],
        )
    )  # fmt: skip
