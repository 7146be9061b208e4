"""Folded views as marks: frames, edges and boxes."""

from __future__ import annotations

from math import copysign

from cnnspec.render.boxes import DETAIL_SIZE, TITLE_SIZE
from cnnspec.render.canvas import Curve, Mark, MarkGroup, Point, Rect, Text
from cnnspec.render.draw_boxes import arrow_head, box_group
from cnnspec.render.layout import Layout, Outline, Route
from cnnspec.render.plan import DrawingPlan
from cnnspec.render.scene import Arrow
from cnnspec.render.text import text_width


def picture(plan: DrawingPlan, layout: Layout) -> list[Mark]:
    """Frames, edges and boxes, from back to front."""
    marks: list[Mark] = []
    for number in plan.titles:
        if number in layout.frames:
            marks.append(frame_group(plan, number, layout.frames[number]))
        marks.extend(frame_group(plan, number, more) for more in layout.continued.get(number, ()))
    marks.extend(
        edge_group(plan, link, layout) for link in plan.links if (link.source, link.target) in layout.routes
    )
    for number in plan.titles:
        if number in layout.frames:
            marks.append(frame_words(plan, number, layout.frames[number]))
        marks.extend(
            frame_words(plan, number, more, "continued") for more in layout.continued.get(number, ())
        )
    for number, box in plan.boxes.items():
        x, y = layout.boxes[number]
        marks.append(MarkGroup((box_group(plan, number, box),), x, y))
    return marks


def frame_group(plan: DrawingPlan, number: int, frame: Outline) -> MarkGroup:
    """The frame of an open block."""
    training = number in plan.scene.training
    paint = plan.theme.training if training else plan.theme.cluster
    x, y, width, height = frame.x, frame.y, frame.width, frame.height
    outline = Rect(x, y, width, height, paint.fill, paint.stroke, radius=6, dash=(5, 3) * training)
    return MarkGroup((outline,), key=str(number), kind="frame")


def frame_words(plan: DrawingPlan, number: int, frame: Outline, instead: str = "") -> MarkGroup:
    """The title of a frame at its top left, and its figures, or what is said `instead`, at its right.

    They stand on ground of their own, so that no edge strikes them.
    """
    theme = plan.theme
    ground = (theme.training if number in plan.scene.training else theme.cluster).fill
    name, _, rest = plan.titles[number].partition(" · ")
    rest = instead or rest
    width = text_width(name, TITLE_SIZE, True)
    marks: list[Mark] = [
        Rect(frame.x + 6, frame.y + 4, width + 4, 15, ground),
        Text(frame.x + 8, frame.y + 15, name, TITLE_SIZE, theme.text, bold=True),
    ]
    room = text_width(rest, DETAIL_SIZE)
    if rest and width + room < frame.width - 28:
        right = frame.x + frame.width - 8
        marks.append(Rect(right - room - 2, frame.y + 4, room + 4, 15, ground))
        marks.append(Text(right, frame.y + 15, rest, DETAIL_SIZE, theme.muted, anchor="end"))
    return MarkGroup(tuple(marks), kind="frame-title")


def bridge(plan: DrawingPlan, link: Arrow, layout: Layout) -> list[tuple[Point, ...]]:
    """What is missing where an edge leaves from the room for a box's arc, at its side: a line to the box."""
    box, (x, y) = plan.boxes[link.source], layout.boxes[link.source]
    start = layout.routes[link.source, link.target].points[0]
    if not box.sign:
        return []
    side, top = box.width / 2, box.height / 2
    if abs(start[0] - x) > side:
        return [(start, (x + copysign(side, start[0] - x), start[1]))]
    return [(start, (start[0], y + copysign(top, start[1] - y)))] if abs(start[1] - y) > top + 1 else []


def edge_group(plan: DrawingPlan, link: Arrow, layout: Layout) -> MarkGroup:
    """An edge with its arrow, and the shape that flows along it in the layers view."""
    theme, route = plan.theme, layout.routes[link.source, link.target]
    gaps = bridge(plan, link, layout)
    color = theme.skip if link.skip else theme.edge
    dash = (4.0, 3.0) if link.training else ()
    marks: list[Mark] = [
        *(Curve(gap, color, theme.skip_line if link.skip else 1.1, dash=dash) for gap in gaps),
        Curve(to_arrow(route), color, theme.skip_line if link.skip else 1.1, bezier=True, dash=dash),
        arrow_head(route.points[-1], route.tip, color),
    ]
    if route.label and (words := plan.words_on(link)):
        x, y = route.label
        beside = 5 if plan.direction == "TB" else 0
        marks.append(Text(x + beside, y + 3, words, DETAIL_SIZE, theme.muted, anchor="middle"))
    return MarkGroup(tuple(marks), key=f"{link.source}-{link.target}", kind="edge")


def to_arrow(route: Route) -> tuple[Point, ...]:
    """The curve of an edge, drawn on to the middle of its arrow."""
    end = route.points[-1]
    middle = ((end[0] + route.tip[0]) / 2, (end[1] + route.tip[1]) / 2)
    return (*route.points, end, middle, middle)
