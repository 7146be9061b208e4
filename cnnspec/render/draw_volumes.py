"""The volumes view: feature maps as boxes to scale, with arrows between them and their shapes below."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from cnnspec.graph import Graph
from cnnspec.render.canvas import Curve, Drawing, Mark, MarkGroup, Point, Text
from cnnspec.render.draw_boxes import arrow_head
from cnnspec.render.fit import MOST_ROWS, fit, small_text
from cnnspec.render.options import DrawingOptions, RenderError
from cnnspec.render.place_volumes import Grid, is_u, place_in_rows, place_in_u
from cnnspec.render.plan import DrawingPlan, make_plan
from cnnspec.render.pyramid import is_pyramid
from cnnspec.render.sheet import make_sheet
from cnnspec.render.solids import TALLEST, faces, make_scale, make_solid, patch
from cnnspec.render.text import show_shape, text_width
from cnnspec.render.volume_arrows import Way, left_of_rows, ways_in
from cnnspec.render.volumes import LONGEST, SHAPE_SIZE, WORDS_LINE, WORDS_SIZE, Volume, make_volumes

MOST_VOLUMES = 300
HEIGHTS = (TALLEST, 110.0, 75.0)
ROOMS = (LONGEST, 56.0)
"""How tall the largest map may be, and how wide words, in points, where the picture has to fit."""
LONG_ROW = 1400.0
"""A row longer than this, in points, is wrapped without being asked to."""
ARCS = ("residual", "projection", "dense")
"""The signs of blocks that are drawn over what they make."""
NOTE = "To scale: height and depth in pixels, width in channels, bars in elements; thin ones thickened."


def draw_volumes(graph: Graph, options: DrawingOptions) -> Drawing:
    """The picture of a net as volumes. Raises RenderError where there are too many to draw."""
    plan = make_plan(graph, options)
    volumes = make_volumes(plan)
    if len(volumes) > MOST_VOLUMES:
        raise RenderError(
            f"{graph.name} has {len(volumes)} volumes, over {MOST_VOLUMES}: use --view blocks or --depth 0"
        )
    if options.width is None:
        drawing = _drawn(plan, volumes, TALLEST, options.rows)
        return replace(drawing, scale=options.font_size / SHAPE_SIZE) if options.font_size else drawing
    ways = (_drawn(plan, _with_room(volumes, room), tall, rows) for room, tall, rows in _sizes(options))
    best = max((fit(way, options, SHAPE_SIZE) for way in ways), key=lambda drawing: drawing.scale)
    return replace(best, notes=(*best.notes, *small_text(best, options, SHAPE_SIZE)))


def _sizes(options: DrawingOptions) -> Iterator[tuple[float, float, int]]:
    """The widths of words, the heights of the largest map and the numbers of rows to try."""
    counts = (options.rows,) if options.rows else range(1, MOST_ROWS + 3)
    yield from product(ROOMS, HEIGHTS, counts)


def _with_room(volumes: list[Volume], room: float) -> list[Volume]:
    return [replace(volume, room=room) for volume in volumes]


def _drawn(plan: DrawingPlan, volumes: list[Volume], tall: float, rows: int | None) -> Drawing:
    """The drawing with the largest map of some height, in a number of rows."""
    scale = make_scale([volume.shape for volume in volumes], tall)
    for volume in volumes:
        volume.solid = make_solid(volume.shape, scale)
    if is_u(volumes):
        grid = place_in_u(volumes)
    else:
        levels = is_pyramid(plan.graph)
        grid = place_in_rows(volumes, rows or 1, levels=levels)
        if rows is None and grid.width > LONG_ROW:
            grid = place_in_rows(volumes, 1 + int(grid.width // LONG_ROW), levels=levels)
    drawn = {number: "" for volume in volumes for _, number in volume.parts}
    drawn |= {volume.number: volume.sign if volume.sign in ARCS else "" for volume in volumes}
    shown = replace(plan, boxes={n: replace(plan.boxes[n], sign=sign) for n, sign in sorted(drawn.items())})
    left = max(4.0, left_of_rows(grid))
    body = MarkGroup(tuple(volume_marks(plan, volumes, grid)), left, 4.0)
    return make_sheet(shown, [body], grid.width + left + 4.0, grid.height + 12, NOTE)


def volume_marks(plan: DrawingPlan, volumes: list[Volume], grid: Grid) -> list[Mark]:
    """Arrows, volumes and words, from back to front; a kernel's window takes the place of an arrow."""
    marks: list[Mark] = []
    patches = [_patch(plan, volumes, grid, place) for place in range(len(volumes))]
    for place in range(len(volumes)):
        for way in ways_in(volumes, grid, place):
            if not patches[place] or way.source != place - 1:
                marks.append(_arrow(plan, volumes, way, place))
    marks.extend(_solid_group(plan, volume) for volume in volumes)
    marks.extend(mark for lines in patches for mark in lines)
    for volume in volumes:
        marks.extend(_sign(plan, volume))
        marks.extend(_words_under(plan, volume))
    return marks


def _arrow(plan: DrawingPlan, volumes: list[Volume], way: Way, place: int) -> MarkGroup:
    """An arrow from one volume to another; words that are wider than it stand above both."""
    volume = volumes[place]
    color = plan.theme.skip if way.skip else plan.theme.edge
    dash = (4.0, 3.0) if volume.training else ()
    curve = Curve(way.points, color, plan.theme.skip_line if way.skip else 1.1, bezier=way.bezier, dash=dash)
    marks: list[Mark] = [curve, arrow_head(way.before, way.points[-1], color)]
    if words := volume.arrow_words.get(way.source):
        (x, y), (end, _) = way.points[0], way.points[-1]
        if text_width(words, WORDS_SIZE) > end - x - 8:
            y = min(one.y - one.solid.full_height for one in (volumes[way.source], volume))
        marks.append(Text((x + end) / 2, y - 4, words, WORDS_SIZE, plan.theme.muted, anchor="middle"))
    return MarkGroup(tuple(marks), key=f"{way.source}-{place}", kind="edge")


def _solid_group(plan: DrawingPlan, volume: Volume) -> MarkGroup:
    """A volume; one that is concatenated is two, side by side."""
    marks: list[Mark] = []
    x, solid = volume.x, volume.solid
    for channels, number in volume.parts or ((volume.shape[0], volume.number),):
        paint = plan.theme.paint(plan.boxes[number].family)
        width = solid.width * channels / volume.shape[0] if volume.parts else solid.width
        color = plan.colors.get(number, paint.fill)
        outline = plan.theme.edge if number in plan.colors else paint.stroke
        marks.extend(faces(replace(solid, width=width), x, volume.y, color, outline))
        x += width
    return MarkGroup(tuple(marks), key=str(volume.number), kind="volume", note=plan.boxes[volume.number].note)


def _patch(plan: DrawingPlan, volumes: list[Volume], grid: Grid, place: int) -> list[Mark]:
    """The kernel's window on the map before, where the two are neighbours on a lane."""
    volume = volumes[place]
    if volume.sources != [place - 1] or is_u(volumes):
        return []
    here, before = grid.spots[place], grid.spots[place - 1]
    if (here.row, here.lane) != (before.row, before.lane):
        return []
    source = volumes[place - 1]
    target: Point = (volume.x + min(volume.solid.width / 2, 5.0), volume.y - volume.solid.height / 2)
    return patch(source.solid, source.x, source.y, volume.kernel, source.shape, target, plan.theme.edge)


def _sign(plan: DrawingPlan, volume: Volume) -> Iterator[Mark]:
    """An arc over a volume that blocks with sums or dense connections make, as beside their boxes."""
    if volume.sign not in ARCS:
        return
    top = volume.y - volume.solid.full_height
    left, right = volume.middle - 7, volume.middle + 7
    for rise in (9.0, 6.0) if volume.sign == "dense" else (9.0,):
        curve = ((left, top - 2), (left, top - rise), (right, top - rise), (right, top - 4))
        dash = (2.5, 1.8) if volume.sign == "projection" else ()
        yield Curve(curve, plan.theme.skip, 1.1, bezier=True, dash=dash)
    yield arrow_head((right, top - 4), (right, top - 1), plan.theme.skip)


def _words_under(plan: DrawingPlan, volume: Volume) -> Iterator[Mark]:
    """The shape of a volume, and below it what made it."""
    x, y = volume.middle, volume.base + WORDS_LINE
    yield Text(x, y, show_shape(volume.shape), SHAPE_SIZE, plan.theme.text, True, "middle")
    for place, line in enumerate(volume.lines, 1):
        yield Text(x, y + place * WORDS_LINE, line, WORDS_SIZE, plan.theme.muted, anchor="middle")
