"""Drawings as PDF, by reportlab: text stays text, in fonts that are embedded; the same bytes each time."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from cnnspec.render.canvas import Circle, Curve, Drawing, Mark, MarkGroup, Polygon, Rect, Text
from cnnspec.render.raster import FONT_FILES

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

LARGEST = 14400.0
"""The largest side of a page that readers of PDF take, in points."""
FONT_NAMES = {False: "Arimo", True: "Arimo-Bold"}


def to_pdf(drawing: Drawing) -> bytes:
    """The picture as a PDF of one page, of the picture's size, or scaled to the largest that there is."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas

    for bold, name in FONT_NAMES.items():
        pdfmetrics.registerFont(TTFont(name, str(FONT_FILES[bold])))
    stream = io.BytesIO()
    scale = min(drawing.scale, LARGEST / max(drawing.width, drawing.height))
    size = drawing.width * scale, drawing.height * scale
    # The type stub takes the name of the first font for a number.
    first: Any = FONT_NAMES[False]
    canvas = Canvas(stream, size, invariant=1, pageCompression=1, initialFontName=first)
    canvas.setTitle(drawing.title)
    canvas.setSubject(drawing.description)
    canvas.setCreator("cnnspec")
    canvas.setAuthor("")
    canvas.translate(0, size[1])
    canvas.scale(scale, -scale)
    _draw(canvas, Rect(0, 0, drawing.width, drawing.height, drawing.background))
    _draw(canvas, MarkGroup(drawing.marks, drawing.shift))
    canvas.showPage()
    canvas.save()
    return stream.getvalue()


def _draw(canvas: Canvas, mark: Mark) -> None:
    canvas.saveState()
    if isinstance(mark, MarkGroup):
        canvas.translate(mark.x, mark.y)
        for inner in mark.marks:
            _draw(canvas, inner)
    elif isinstance(mark, Text):
        _text(canvas, mark)
    else:
        _shape(canvas, mark)
    canvas.restoreState()


def _text(canvas: Canvas, text: Text) -> None:
    """The page is drawn with y downwards, so text is turned over."""
    canvas.setFillColor(text.fill)
    canvas.setFont(FONT_NAMES[text.bold], text.size)
    canvas.translate(text.x, text.y)
    canvas.rotate(text.turn)
    canvas.scale(1, -1)
    write = {"start": canvas.drawString, "middle": canvas.drawCentredString, "end": canvas.drawRightString}
    write[text.anchor](0, 0, text.text)


def _shape(canvas: Canvas, mark: Rect | Circle | Curve | Polygon) -> None:
    fill = None if isinstance(mark, Curve) else mark.fill
    if fill:
        canvas.setFillColor(fill)
    if mark.stroke:
        canvas.setStrokeColor(mark.stroke)
        canvas.setLineWidth(mark.line)
    if isinstance(mark, (Rect, Curve)) and mark.dash:
        canvas.setDash(list(mark.dash))
    if isinstance(mark, Polygon) and mark.opacity != 1:
        canvas.setFillAlpha(mark.opacity)
    paint = {"stroke": int(mark.stroke is not None), "fill": int(fill is not None)}
    if isinstance(mark, Circle):
        canvas.circle(mark.x, mark.y, mark.radius, **paint)
    elif isinstance(mark, Rect):
        canvas.roundRect(mark.x, mark.y, mark.width, mark.height, mark.radius, **paint)
    else:
        _path(canvas, mark, paint)


def _path(canvas: Canvas, mark: Curve | Polygon, paint: dict[str, int]) -> None:
    path = canvas.beginPath()
    path.moveTo(*mark.points[0])
    if isinstance(mark, Curve) and mark.bezier:
        for place in range(1, len(mark.points) - 2, 3):
            (a, b), (c, d), (e, f) = mark.points[place : place + 3]
            path.curveTo(a, b, c, d, e, f)
    else:
        for point in mark.points[1:]:
            path.lineTo(*point)
    if isinstance(mark, Polygon):
        path.close()
    canvas.drawPath(path, **paint)
