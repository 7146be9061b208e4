"""Drawings as SVG: plain elements with their attributes, real text, nothing that runs."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

from cnnspec.render.canvas import Circle, Curve, Drawing, Mark, MarkGroup, Point, Polygon, Rect, Text
from cnnspec.render.text import FONT_FAMILY

NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ANCHORS = {"start": "", "middle": ' text-anchor="middle"', "end": ' text-anchor="end"'}


def svg_source(drawing: Drawing, style: str = "") -> str:
    """The whole SVG file; `style` is an element with the fonts that it brings."""
    width, height = number(drawing.width), number(drawing.height)
    wide, high = number(drawing.width * drawing.scale), number(drawing.height * drawing.scale)
    family = f"Arimo, {FONT_FAMILY}" if style else FONT_FAMILY
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}pt" height="{high}pt" '
        f'viewBox="0 0 {width} {height}" font-family="{family}" role="img">',
        f"<title>{clean(drawing.title)}</title>",
    ]
    if drawing.description:
        lines.append(f"<desc>{clean(drawing.description)}</desc>")
    lines.extend([style] if style else [])
    lines.append(f'<rect width="{width}" height="{height}" fill="{drawing.background}"/>')
    marks = (MarkGroup(drawing.marks, drawing.shift),) if drawing.shift else drawing.marks
    lines.extend(map(element, marks))
    lines.append("</svg>")
    return "\n".join(lines) + "\n"


def element(mark: Mark) -> str:
    """One mark as an SVG element."""
    if isinstance(mark, Text):
        return _text(mark)
    if isinstance(mark, Rect):
        radius = f' rx="{number(mark.radius)}"' if mark.radius else ""
        return (
            f'<rect x="{number(mark.x)}" y="{number(mark.y)}" width="{number(mark.width)}" '
            f'height="{number(mark.height)}"{radius}{_paint(mark.fill, mark.stroke, mark.line, mark.dash)}/>'
        )
    if isinstance(mark, Circle):
        return (
            f'<circle cx="{number(mark.x)}" cy="{number(mark.y)}" r="{number(mark.radius)}"'
            f"{_paint(mark.fill, mark.stroke, mark.line)}/>"
        )
    if isinstance(mark, Curve):
        return f'<path d="{_path(mark)}"{_paint(None, mark.stroke, mark.line, mark.dash)}/>'
    if isinstance(mark, Polygon):
        opacity = f' fill-opacity="{number(mark.opacity)}"' if mark.opacity != 1 else ""
        points = " ".join(map(_point, mark.points))
        return f'<polygon points="{points}"{_paint(mark.fill, mark.stroke, mark.line)}{opacity}/>'
    return _group(mark)


def _group(group: MarkGroup) -> str:
    attributes = "".join(
        f" {name}={quoteattr(clean_raw(value))}"
        for name, value in (("class", group.kind), ("data-key", group.key))
        if value
    )
    if group.x or group.y:
        attributes += f' transform="translate({number(group.x)} {number(group.y)})"'
    note = f"<title>{clean(group.note)}</title>" if group.note else ""
    return f"<g{attributes}>{note}{''.join(map(element, group.marks))}</g>"


def _text(text: Text) -> str:
    bold = ' font-weight="bold"' if text.bold else ""
    turn = f' transform="rotate({number(text.turn)} {number(text.x)} {number(text.y)})"' if text.turn else ""
    return (
        f'<text x="{number(text.x)}" y="{number(text.y)}" font-size="{number(text.size)}"{bold}'
        f'{ANCHORS[text.anchor]} fill="{text.fill}"{turn}>{clean(text.text)}</text>'
    )


def _path(curve: Curve) -> str:
    first, rest = curve.points[0], curve.points[1:]
    if not curve.bezier:
        return f"M{_point(first)} L" + " ".join(map(_point, rest))
    return f"M{_point(first)} C" + " ".join(map(_point, rest))


def _paint(fill: str | None, stroke: str | None, line: float, dash: tuple[float, ...] = ()) -> str:
    parts = f' fill="{fill or "none"}"'
    if stroke:
        parts += f' stroke="{stroke}"'
        if line != 1:
            parts += f' stroke-width="{number(line)}"'
        if dash:
            parts += f' stroke-dasharray="{" ".join(map(number, dash))}"'
    return parts


def _point(point: Point) -> str:
    return f"{number(point[0])},{number(point[1])}"


def number(value: float) -> str:
    """A coordinate, to a hundredth of a point."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def clean_raw(text: str) -> str:
    """The text with a mark in place of characters that XML does not allow."""
    return NOT_XML.sub("\ufffd", text)


def clean(text: str) -> str:
    """The text as XML character data."""
    return escape(clean_raw(text), {'"': "&quot;"})
