"""Folded views as marks: boxes, frames, edges, with a title above and a legend below."""

from __future__ import annotations

from math import copysign, hypot

from cnnspec.render.boxes import DETAIL_SIZE, JOIN_RADIUS, MARGIN, PADDING, ROW, TITLE_SIZE, Box
from cnnspec.render.canvas import Circle, Curve, Drawing, Mark, MarkGroup, Point, Polygon, Rect, Text
from cnnspec.render.layout import Layout, Outline, Route
from cnnspec.render.legend import legend_marks
from cnnspec.render.plan import DrawingPlan
from cnnspec.render.scene import Arrow
from cnnspec.render.text import short_number, show_shape, text_width
from cnnspec.render.theme import Theme, ink_on

BORDER = 14.0
HEADER = 40.0
ARROW = 6.0


def draw(plan: DrawingPlan, layout: Layout) -> Drawing:
    """The whole picture of a plan that has been laid out."""
    theme, graph = plan.theme, plan.graph
    subtitle = subtitle_of(plan)
    least = max(text_width(graph.name, 15, True), text_width(subtitle, 10))
    width = max(layout.width, least)
    legend, legend_height = legend_marks(plan, width)
    left = (width - layout.width) / 2
    marks: list[Mark] = [
        Text(BORDER, BORDER + 13, graph.name, 15, theme.text, bold=True),
        Text(BORDER, BORDER + 28, subtitle, 10, theme.muted),
        MarkGroup(tuple(picture(plan, layout)), BORDER + left, BORDER + HEADER),
        MarkGroup(tuple(legend), BORDER, BORDER + HEADER + layout.height + 12),
    ]
    height = HEADER + layout.height + 12 + legend_height + 2 * BORDER
    return Drawing(width + 2 * BORDER, height, tuple(marks), theme.background, graph.name, subtitle)


def subtitle_of(plan: DrawingPlan) -> str:
    """The line under the title: inputs, params and MACs of the whole net."""
    graph = plan.graph
    inputs = ", ".join(show_shape(graph[name].shape) for name in graph.inputs)
    parts = plan.whole
    return f"{inputs} · {short_number(parts.params)} params · {short_number(parts.macs)} MACs"


def picture(plan: DrawingPlan, layout: Layout) -> list[Mark]:
    """Frames, edges and boxes, from back to front."""
    marks: list[Mark] = [
        frame_group(plan, number, layout.frames[number]) for number in plan.titles if number in layout.frames
    ]
    marks.extend(
        edge_group(plan, link, layout) for link in plan.links if (link.source, link.target) in layout.routes
    )
    for number, box in plan.boxes.items():
        x, y = layout.boxes[number]
        marks.append(MarkGroup((box_group(plan, number, box),), x, y))
    return marks


def frame_group(plan: DrawingPlan, number: int, frame: Outline) -> MarkGroup:
    """The frame of an open block, with its title at the top left."""
    theme = plan.theme
    training = number in plan.scene.training
    paint = theme.training if training else theme.cluster
    name, _, rest = plan.titles[number].partition(" · ")
    marks: list[Mark] = [
        Rect(
            frame.x,
            frame.y,
            frame.width,
            frame.height,
            paint.fill,
            paint.stroke,
            radius=6,
            dash=(5, 3) * training,
        ),
        Text(frame.x + 8, frame.y + 15, name, TITLE_SIZE, theme.text, bold=True),
    ]
    if rest and text_width(rest, DETAIL_SIZE) < frame.width / 2 - 14:
        marks.append(
            Text(frame.x + frame.width - 8, frame.y + 15, rest, DETAIL_SIZE, theme.muted, anchor="end")
        )
    return MarkGroup(tuple(marks), key=str(number), kind="frame")


def bridge(plan: DrawingPlan, link: Arrow, layout: Layout) -> list[tuple[Point, ...]]:
    """What is missing where an edge leaves from the room for a box's arc, at its side: a line to the box."""
    box, (x, y) = plan.boxes[link.source], layout.boxes[link.source]
    start = layout.routes[link.source, link.target].points[0]
    if box.sign not in ("residual", "dense"):
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
        *(Curve(gap, color, 1.4 if link.skip else 1.1, dash=dash) for gap in gaps),
        Curve(to_arrow(route), color, 1.4 if link.skip else 1.1, bezier=True, dash=dash),
        arrow_head(route.points[-1], route.tip, color),
    ]
    if route.label and plan.shapes_on(link):
        x, y = route.label
        beside = 5 if plan.direction == "TB" else 0
        marks.append(Text(x + beside, y + 3, show_shape(link.shape), 9, theme.muted, anchor="middle"))
    return MarkGroup(tuple(marks), key=f"{link.source}-{link.target}", kind="edge")


def to_arrow(route: Route) -> tuple[Point, ...]:
    """The curve of an edge, drawn on to the middle of its arrow."""
    end = route.points[-1]
    middle = ((end[0] + route.tip[0]) / 2, (end[1] + route.tip[1]) / 2)
    return (*route.points, end, middle, middle)


def arrow_head(start: Point, tip: Point, color: str) -> Polygon:
    """A small triangle from the end of a line to the tip of its arrow."""
    dx, dy = tip[0] - start[0], tip[1] - start[1]
    length = hypot(dx, dy) or 1.0
    ux, uy = dx / length, dy / length
    base = (tip[0] - ux * ARROW, tip[1] - uy * ARROW)
    half = ARROW * 0.42
    return Polygon(
        (tip, (base[0] - uy * half, base[1] + ux * half), (base[0] + uy * half, base[1] - ux * half)), color
    )


def box_group(plan: DrawingPlan, number: int, box: Box) -> MarkGroup:
    """A box around the origin."""
    theme = plan.theme
    marks = join_marks(box, theme) if box.join else box_marks(plan, box, plan.colors.get(number))
    return MarkGroup(tuple(marks), key=str(number), kind="box", note=box.note)


def join_marks(box: Box, theme: Theme) -> list[Mark]:
    """A circle with its sign: a plus, a cross, a C, or a word."""
    paint = theme.paint("join")
    marks: list[Mark] = [Circle(0, 0, JOIN_RADIUS, paint.fill, paint.stroke, 1.2)]
    arm = JOIN_RADIUS * 0.55
    if box.join == "+":
        lines = (((-arm, 0.0), (arm, 0.0)), ((0.0, -arm), (0.0, arm)))
    elif box.join == "x":
        side = arm * 0.75
        lines = (((-side, -side), (side, side)), ((-side, side), (side, -side)))
    else:
        size = 10 if len(box.join) == 1 else 7
        return [*marks, Text(0, size * 0.36, box.join, size, theme.text, bold=True, anchor="middle")]
    return [*marks, *(Curve(line, theme.text, 1.4) for line in lines)]


def box_marks(plan: DrawingPlan, box: Box, color: str | None) -> list[Mark]:
    """A box with its rows of text, and its sign."""
    theme = plan.theme
    paint = theme.paint(box.family)
    left, top = -box.width / 2, -box.height / 2
    ink, muted = (ink_on(color), ink_on(color)) if color else (theme.text, theme.muted)
    marks: list[Mark] = sign_marks(box, theme, plan.direction)
    marks.append(
        Rect(
            left,
            top,
            box.width,
            box.height,
            color or paint.fill,
            theme.edge if color else paint.stroke,
            1.1,
            radius=4,
            dash=(5, 3) if box.dashed else (),
        )
    )
    centred = len(box.rows) == 1 and not box.rows[0].right and not box.rows[0].detail
    for place, row in enumerate(box.rows):
        base = top + PADDING + ROW * place + ROW / 2 + row.size * 0.36
        fill = ink if row.bold else muted
        if centred:
            marks.append(Text(0, base, row.text, row.size, fill, row.bold, "middle"))
            continue
        marks.append(Text(left + MARGIN, base, row.text, row.size, fill, row.bold))
        if row.detail:
            marks.append(Text(left + MARGIN + row.detail_start, base, row.detail, DETAIL_SIZE, muted))
        if row.right:
            marks.append(Text(-left - MARGIN, base, row.right, DETAIL_SIZE, muted, anchor="end"))
    return marks


def sign_marks(box: Box, theme: Theme, direction: str) -> list[Mark]:
    """The arcs of a residual block (one) and a dense block (three, nested), beside it or above."""
    if box.sign not in ("residual", "dense"):
        return []
    along, edge = (box.height, box.width) if direction == "TB" else (box.width, box.height)
    spans = [(-0.72, 0.72)] if box.sign == "residual" else [(-0.8, 0.8), (-0.8, 0.25), (-0.25, 0.8)]
    marks: list[Mark] = []

    def turn(place: float, out: float) -> Point:
        return (edge / 2 + out, place) if direction == "TB" else (place, -edge / 2 - out)

    for number, (start, stop) in enumerate(spans):
        bulge = 14 if number == 0 else 9
        low, high = start * along / 2, stop * along / 2
        end = turn(high, ARROW)
        marks.append(
            Curve((turn(low, 0), turn(low, bulge), turn(high, bulge), end), theme.skip, 1.3, bezier=True)
        )
        marks.append(arrow_head(end, turn(high, 0), theme.skip))
    return marks
