"""A box as marks: its outline, its lines of text, the comb of its arms, its arcs; a join as a circle."""

from __future__ import annotations

from collections.abc import Iterator
from math import hypot

from cnnspec.render.boxes import (
    ARM_GAP,
    ARM_HEIGHT,
    ARM_PAD,
    ARMS_ROW,
    DETAIL_SIZE,
    MARGIN,
    PADDING,
    SMALLER,
    Box,
    CombArm,
    TextLine,
    join_radius,
)
from cnnspec.render.canvas import Circle, Curve, Mark, MarkGroup, Point, Polygon, Rect, Text
from cnnspec.render.plan import DrawingPlan
from cnnspec.render.theme import Theme, ink_on

ARROW = 6.0


def box_group(plan: DrawingPlan, number: int, box: Box) -> MarkGroup:
    """A box around the origin."""
    theme = plan.theme
    marks = join_marks(box.join, theme) if box.join else box_marks(plan, box, plan.colors.get(number))
    return MarkGroup(tuple(marks), key=str(number), kind="box", note=box.note)


def join_marks(sign: str, theme: Theme, smaller: float = 0.0) -> list[Mark]:
    """A circle with its sign: a plus, a cross, a C, or a word."""
    radius = join_radius(sign) - smaller
    paint = theme.paint("join")
    marks: list[Mark] = [Circle(0, 0, radius, paint.fill, paint.stroke, 1.2)]
    arm = radius * 0.55
    if sign == "+":
        lines = (((-arm, 0.0), (arm, 0.0)), ((0.0, -arm), (0.0, arm)))
    elif sign == "x":
        side = arm * 0.75
        lines = (((-side, -side), (side, side)), ((-side, side), (side, -side)))
    else:
        base = DETAIL_SIZE * 0.36
        return [*marks, Text(0, base, sign, DETAIL_SIZE, theme.text, bold=True, anchor="middle")]
    return [*marks, *(Curve(line, theme.text, 1.4) for line in lines)]


def box_marks(plan: DrawingPlan, box: Box, color: str | None) -> list[Mark]:
    """A box with its rows of text, and its sign."""
    theme = plan.theme
    paint = theme.paint(box.family)
    left, top = -box.width / 2, -box.height / 2
    marks: list[Mark] = sign_marks(box, theme, plan.direction)
    fill, line = color or paint.fill, theme.edge if color else paint.stroke
    dash = (5.0, 3.0) if box.dashed else ()
    marks.append(Rect(left, top, box.width, box.height, fill, line, 1.1, radius=4, dash=dash))
    ink = (ink_on(color), ink_on(color)) if color else (theme.text, theme.muted)
    wire = ink[1] if color else theme.edge
    centred = len(box.rows) == 1 and not box.rows[0].right and not box.rows[0].detail
    y = top + PADDING
    for row in box.rows:
        if row.arms:
            marks.append(
                MarkGroup(tuple(comb_marks(row, theme, wire)), left + (box.width - row.width) / 2, y)
            )
        elif centred:
            base = y + row.height / 2 + row.size * 0.36
            marks.append(Text(0, base, row.text, row.size, ink[not row.bold], row.bold, "middle"))
        else:
            marks.extend(row_marks(row, left + MARGIN, -left - MARGIN, y, ink))
        y += row.height
    return marks


def row_marks(row: TextLine, left: float, right: float, y: float, ink: tuple[str, str]) -> Iterator[Mark]:
    """A line of text from its left to its right end, in the inks of titles and of details."""
    base = y + row.height / 2 + row.size * 0.36
    yield Text(left, base, row.text, row.size, ink[not row.bold], row.bold)
    if row.detail:
        yield Text(left + row.detail_start, base, row.detail, DETAIL_SIZE, ink[1])
    if row.right:
        yield Text(right, base, row.right, DETAIL_SIZE, ink[1], anchor="end")


def comb_marks(row: TextLine, theme: Theme, wire: str) -> Iterator[Mark]:
    """The arms of a join side by side, from a line above them to one below that ends in the join.

    No value goes into a parameter; an arm that is made of the one before it has an arrow from that. Lines are
    of the colour `wire`.

      ________________
      |      |       |
    [1x1] [3x3]  [maxpool]
      |______|_______|____(C)
    """
    top, bottom = (ARMS_ROW - ARM_HEIGHT) / 2, (ARMS_ROW + ARM_HEIGHT) / 2
    middles, x = [], 0.0
    for place, arm in enumerate(row.arms):
        x += row.gap(place)
        middles.append(x + arm.width / 2)
        x += arm.width
    end = row.width - (row.join_room - ARM_GAP) / 2
    fed = [m for arm, m in zip(row.arms, middles, strict=True) if arm.fed and not arm.chained]
    if row.together and len(fed) > 1:
        yield Curve(((fed[0], top - 3), (fed[-1], top - 3)), wire, 0.8)
    yield Curve(((middles[0], bottom + 3), (end, bottom + 3), (end, bottom - 1)), wire, 0.8)
    for place, (arm, middle) in enumerate(zip(row.arms, middles, strict=True)):
        start = top - 3 if arm.fed and not arm.chained else bottom
        yield Curve(((middle, start), (middle, bottom + 3)), wire, 0.8)
        if arm.chained:
            before, tip = row.arms[place - 1], middle - arm.width / 2
            start = tip - row.gap(place) - (0.0 if before.family else before.width / 2)
            yield Curve(((start, ARMS_ROW / 2), (tip - ARROW, ARMS_ROW / 2)), wire, 0.8)
            yield arrow_head((tip - ARROW, ARMS_ROW / 2), (tip, ARMS_ROW / 2), wire)
        if arm.family:
            yield from _arm_marks(arm, middle, top, theme)
    if row.end:
        yield from _arm_marks(row.end, end, top, theme)
    else:
        yield MarkGroup(tuple(join_marks(row.join, theme, SMALLER)), end, ARMS_ROW / 2 - 1)


def _arm_marks(arm: CombArm, middle: float, top: float, theme: Theme) -> Iterator[Mark]:
    """An arm of a comb: a small box with its words."""
    paint, width = theme.paint(arm.family), arm.width
    yield Rect(middle - width / 2, top, width, ARM_HEIGHT, paint.fill, paint.stroke, 0.8, radius=3)
    start = middle - width / 2 + ARM_PAD
    yield Text(start, top + ARM_HEIGHT / 2 + DETAIL_SIZE * 0.36, arm.words, DETAIL_SIZE, theme.text)


SPANS = {
    "residual": ((-0.72, 0.6),),
    "projection": ((-0.72, 0.6),),
    "dense": ((-0.8, 0.8), (-0.8, 0.25), (-0.25, 0.8)),
    "gate": ((-0.3, 0.72),),
}
"""Where the arcs of a sign begin and end, as shares of half the side of the box."""


def sign_marks(box: Box, theme: Theme, direction: str) -> list[Mark]:
    """The arcs beside a box, or above it in a row: one around a residual block, three nested in a dense one.

    That of a projection, whose shortcut has a layer of its own, is dashed; that of a gate ends in a cross.
    """
    if not box.sign:
        return []
    along, edge = (box.height, box.width) if direction == "TB" else (box.width, box.height)
    marks: list[Mark] = []

    def turn(place: float, out: float) -> Point:
        return (edge / 2 + out, place) if direction == "TB" else (place, -edge / 2 - out)

    for number, (start, stop) in enumerate(SPANS[box.sign]):
        bulge = 14 if number == 0 else 9
        low, high = start * along / 2, stop * along / 2
        end = turn(high, ARROW)
        curve = (turn(low, 0), turn(low, bulge), turn(high, bulge), end)
        dash = (2.5, 1.8) if box.sign == "projection" else ()
        marks.append(Curve(curve, theme.skip, 1.3, bezier=True, dash=dash))
        if box.sign == "gate":
            marks.append(MarkGroup(tuple(join_marks("x", theme, 4.0)), *turn(high, 5.0)))
        else:
            marks.append(arrow_head(end, turn(high, 0), theme.skip))
    return marks


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
