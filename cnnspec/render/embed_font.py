"""The letters of a drawing as fonts in its SVG, so that it looks the same on every machine."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable

from cnnspec.render.canvas import Drawing, Mark, MarkGroup, Text
from cnnspec.render.raster import FONT_FILES


def font_style(drawing: Drawing) -> str:
    """A style sheet with the glyphs that a drawing uses, as WOFF in base64: about 5 kB for each weight."""
    letters: dict[bool, set[str]] = {}
    for text in _texts(drawing.marks):
        letters.setdefault(text.bold, set()).update(text.text)
    faces = (
        f"@font-face{{font-family:Arimo;font-weight:{'bold' if bold else 'normal'};"
        f"src:url(data:font/woff;base64,{_subset(bold, letters[bold])})}}"
        for bold in sorted(letters)
    )
    return f"<style>{''.join(faces)}</style>"


def _texts(marks: Iterable[Mark]) -> Iterable[Text]:
    for mark in marks:
        if isinstance(mark, MarkGroup):
            yield from _texts(mark.marks)
        elif isinstance(mark, Text):
            yield mark


def _subset(bold: bool, letters: set[str]) -> str:
    """The font with some letters only, in base64."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    # Without the time of its making, so that the same drawing is the same file.
    font = TTFont(FONT_FILES[bold], recalcTimestamp=False)
    names = [0, 1, 2, 13, 14]
    subsetter = Subsetter(Options(hinting=False, layout_features=[], name_IDs=names, notdef_outline=True))
    subsetter.populate(text="".join(sorted(letters)))
    subsetter.subset(font)
    font.flavor = "woff"
    stream = io.BytesIO()
    font.save(stream)
    return base64.b64encode(stream.getvalue()).decode()
