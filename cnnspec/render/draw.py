"""Folded views as marks: frames, edges and boxes."""

from __future__ import annotations

from math import copysign

from cnnspec.render.beside import (
    Area,
    EdgeLines,
    FrameTitle,
    Segment,
    box_areas,
    frame_title,
    place_words,
    segments,
    title_area,
    words_area,
)
from cnnspec.render.boxes import DETAIL_SIZE, TITLE_SIZE
from cnnspec.render.canvas import Curve, Mark, MarkGroup, Point, Rect, Text
from cnnspec.render.draw_boxes import arrow_head, box_group
from cnnspec.render.layout import Layout, Outline, Route
from cnnspec.render.plan import DrawingPlan
from cnnspec.render.scene import Arrow


def picture(plan: DrawingPlan, layout: Layout) -> list[Mark]:
    """Frames, edges and boxes, from back to front."""
    frames = [(number, frame, "") for number, frame in layout.frames.items() if number in plan.titles]
    for number, more in layout.continued.items():
        frames.extend((number, frame, "continued") for frame in more)
    frames.sort(key=lambda item: list(plan.titles).index(item[0]))
    links = [link for link in plan.links if (link.source, link.target) in layout.routes]
    lines = {link: edge_segments(plan, link, layout) for link in links}
    every = EdgeLines(segment for line in lines.values() for segment in line)
    titles = [_title(plan, number, frame, instead, every) for number, frame, instead in frames]
    words = _words(plan, layout, links, every, [area for title in titles for area in title_area(title)])
    marks: list[Mark] = [frame_group(plan, number, frame) for number, frame, _ in frames]
    marks.extend(edge_group(plan, link, layout, words.get(link)) for link in links)
    marks.extend(title_marks(plan, title) for title in titles)
    for number, box in plan.boxes.items():
        x, y = layout.boxes[number]
        marks.append(MarkGroup((box_group(plan, number, box),), x, y))
    return marks


def edge_segments(plan: DrawingPlan, link: Arrow, layout: Layout) -> list[Segment]:
    """An edge as short straight lines, with its arrow and the base of the arrow's head."""
    route = layout.routes[link.source, link.target]
    _, *base = arrow_head(route.points[-1], route.tip, "").points
    arrow = [(route.points[-1], route.tip), (base[0], base[1])]
    return [*bridge(plan, link, layout), *segments(route.points), *arrow]


def _title(plan: DrawingPlan, number: int, frame: Outline, instead: str, edges: EdgeLines) -> FrameTitle:
    """The title of a frame and its figures, or what is said `instead`."""
    name, _, rest = plan.titles[number].partition(" · ")
    return frame_title(frame, name, instead or rest, edges)


def _words(
    plan: DrawingPlan, layout: Layout, links: list[Arrow], edges: EdgeLines, taken: list[Area]
) -> dict[Arrow, Point]:
    """Where the words on edges stand; those that find no place are left out."""
    areas = [*taken, *box_areas(plan, layout)]
    found: dict[Arrow, Point] = {}
    for link in links:
        words = plan.words_on(link)
        route = layout.routes[link.source, link.target]
        if words and (place := place_words(words, route, edges, areas)) is not None:
            found[link] = place
            areas.append(words_area(words, place))
    return found


def frame_group(plan: DrawingPlan, number: int, frame: Outline) -> MarkGroup:
    """The frame of an open block."""
    training = number in plan.scene.training
    paint = plan.theme.training if training else plan.theme.cluster
    x, y, width, height = frame.x, frame.y, frame.width, frame.height
    outline = Rect(x, y, width, height, paint.fill, paint.stroke, radius=6, dash=(5, 3) * training)
    return MarkGroup((outline,), key=str(number), kind="frame")


def title_marks(plan: DrawingPlan, title: FrameTitle) -> MarkGroup:
    """The title of a frame, and its figures."""
    theme = plan.theme
    marks: list[Mark] = []
    if title.name:
        marks.append(Text(title.name_x, title.base, title.name, TITLE_SIZE, theme.text, bold=True))
    if title.rest:
        marks.append(Text(title.rest_x, title.base, title.rest, DETAIL_SIZE, theme.muted))
    return MarkGroup(tuple(marks), kind="frame-title")


def bridge(plan: DrawingPlan, link: Arrow, layout: Layout) -> list[Segment]:
    """What is missing where an edge leaves from the room for a box's arc, at its side: a line to the box."""
    box, (x, y) = plan.boxes[link.source], layout.boxes[link.source]
    start = layout.routes[link.source, link.target].points[0]
    if not box.sign:
        return []
    side, top = box.width / 2, box.height / 2
    if abs(start[0] - x) > side:
        return [(start, (x + copysign(side, start[0] - x), start[1]))]
    return [(start, (start[0], y + copysign(top, start[1] - y)))] if abs(start[1] - y) > top + 1 else []


def edge_group(plan: DrawingPlan, link: Arrow, layout: Layout, words: Point | None) -> MarkGroup:
    """An edge with its arrow, and its words: in the layers view the shape that flows along it."""
    theme, route = plan.theme, layout.routes[link.source, link.target]
    gaps = bridge(plan, link, layout)
    color = theme.skip if link.skip else theme.edge
    dash = (4.0, 3.0) if link.training else ()
    marks: list[Mark] = [
        *(Curve(gap, color, theme.skip_line if link.skip else 1.1, dash=dash) for gap in gaps),
        Curve(to_arrow(route), color, theme.skip_line if link.skip else 1.1, bezier=True, dash=dash),
        arrow_head(route.points[-1], route.tip, color),
    ]
    if words:
        x, y = words
        marks.append(Text(x, y, plan.words_on(link), DETAIL_SIZE, theme.muted, anchor="middle"))
    return MarkGroup(tuple(marks), key=f"{link.source}-{link.target}", kind="edge")


def to_arrow(route: Route) -> tuple[Point, ...]:
    """The curve of an edge, drawn on to the middle of its arrow."""
    end = route.points[-1]
    middle = ((end[0] + route.tip[0]) / 2, (end[1] + route.tip[1]) / 2)
    return (*route.points, end, middle, middle)
