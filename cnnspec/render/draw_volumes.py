"""The volumes view: feature maps as boxes to scale, with arrows between them and their shapes below."""

from __future__ import annotations

from dataclasses import replace

from cnnspec.graph import Graph
from cnnspec.render.canvas import Curve, Drawing, Mark, MarkGroup, Text
from cnnspec.render.draw_boxes import arrow_head
from cnnspec.render.legend import legend_marks
from cnnspec.render.options import DrawingOptions, RenderError
from cnnspec.render.plan import DrawingPlan, make_plan
from cnnspec.render.sheet import BORDER, subtitle_of
from cnnspec.render.solids import faces, make_scale, make_solid, patch
from cnnspec.render.text import show_shape, text_width
from cnnspec.render.volumes import (
    SHAPE_SIZE,
    WORDS,
    WORDS_SIZE,
    Volume,
    make_volumes,
    middle,
    place_in_row,
    place_in_u,
    short_words,
    text_half,
)

MOST_VOLUMES = 300
HEADER = 44.0
NOTE = "To scale: height and depth in pixels, width in channels, bars in elements; thin ones thickened."


def draw_volumes(graph: Graph, options: DrawingOptions) -> Drawing:
    """The picture of a net as volumes. Raises RenderError where there are too many to draw."""
    plan = make_plan(graph, options)
    volumes = make_volumes(plan)
    if len(volumes) > MOST_VOLUMES:
        raise RenderError(
            f"{graph.name} has {len(volumes)} volumes, over {MOST_VOLUMES}: use --view blocks or --depth 0"
        )
    scale = make_scale([volume.shape for volume in volumes])
    for volume in volumes:
        volume.solid = make_solid(volume.shape, scale)
    (place_in_u if any(volume.rising for volume in volumes) else place_in_row)(volumes)
    return _picture(plan, volumes)


def _picture(plan: DrawingPlan, volumes: list[Volume]) -> Drawing:
    """The drawing of volumes that have their places: title, volumes, note and legend."""
    in_u = any(volume.rising for volume in volumes)
    left = min(min(volume.x, middle(volume) - text_half(volume)) for volume in volumes)
    right = max(
        max(volume.x + volume.solid.full_width, middle(volume) + text_half(volume)) for volume in volumes
    )
    title, subtitle, theme = plan.graph.name, subtitle_of(plan), plan.theme
    width = max(right - left, text_width(title, 15, True), text_width(subtitle, 10), text_width(NOTE, 8.5))
    drawn = {part for volume in volumes for part in (volume.number, *(number for _, number in volume.parts))}
    shown = replace(plan, boxes={number: plan.boxes[number] for number in sorted(drawn)})
    legend, legend_height = legend_marks(shown, width)
    top = BORDER + HEADER + (0.0 if in_u else _arc_room(volumes))
    foot = top + _foot(volumes) + (34 if in_u else 52)
    page: list[Mark] = [
        Text(BORDER, BORDER + 13, title, 15, theme.text, bold=True),
        Text(BORDER, BORDER + 28, subtitle, 10, theme.muted),
        MarkGroup(tuple(_volume_marks(plan, volumes, in_u)), BORDER + (width - right - left) / 2, top),
        Text(BORDER, foot + 8, NOTE, 8.5, theme.muted),
        MarkGroup(tuple(legend), BORDER, foot + 16),
    ]
    height = foot + 20 + legend_height + BORDER
    return Drawing(width + 2 * BORDER, height, tuple(page), theme.background, title, subtitle)


def _foot(volumes: list[Volume]) -> float:
    """The lowest point of any volume."""
    return max(max(volume.y, volume.base) for volume in volumes)


def _volume_marks(plan: DrawingPlan, volumes: list[Volume], in_u: bool) -> list[Mark]:
    """Arrows, volumes and words, from back to front; a kernel's window takes the place of an arrow."""
    marks: list[Mark] = []
    patches = [_patch(plan, volumes, place) for place in range(len(volumes))]
    for place in range(len(volumes)):
        marks.extend(_arrows(plan, volumes, place, in_u) if not patches[place] else ())
    marks.extend(_solid_group(plan, volume) for volume in volumes)
    marks.extend(mark for lines in patches for mark in lines)
    base = _foot(volumes) + 14
    for place, volume in enumerate(volumes):
        marks.extend(_words_under(plan, volume, volume.base + 12 if in_u else base, 0 if in_u else place % 2))
    return marks


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


def _patch(plan: DrawingPlan, volumes: list[Volume], place: int) -> list[Mark]:
    """The kernel's window on the map before, where the two are neighbours in a row."""
    volume = volumes[place]
    if volume.rising or volume.sources != [place - 1] or any(other.rising for other in volumes):
        return []
    source = volumes[place - 1]
    target = (volume.x, volume.y - volume.solid.height / 2)
    return patch(source.solid, source.x, source.y, volume.kernel, source.shape, target, plan.theme.edge)


def _words_under(plan: DrawingPlan, volume: Volume, y: float, level: int) -> list[Mark]:
    """The shape of a volume, and on one of two levels below it what made it."""
    x = middle(volume)
    shape = Text(x, y, show_shape(volume.shape), SHAPE_SIZE, plan.theme.text, True, "middle")
    below = y + 11 + 11 * level
    return [shape, Text(x, below, short_words(volume), WORDS_SIZE, plan.theme.muted, anchor="middle")]


def _arrows(plan: DrawingPlan, volumes: list[Volume], place: int, in_u: bool) -> list[Mark]:
    """The arrows into a volume: straight from its neighbour, an arc from further back."""
    theme, marks, volume = plan.theme, [], volumes[place]
    for number in volume.sources:
        source = volumes[number]
        color = theme.skip if number in volume.skips else theme.edge
        dash = (4.0, 3.0) if volume.training else ()
        level = source.base == volume.base
        if place - number == 1 or (in_u and level):
            start = (source.x + source.solid.full_width + 1, source.y - source.solid.full_height / 2)
            stop = (volume.x - 1, volume.y - volume.solid.full_height / 2)
            if not level:
                start, stop = _step(source, volume)
            marks.append(Curve((start, stop), color, 1.1, dash=dash))
            marks.append(arrow_head(start, stop, color))
            continue
        rise = _arc_height(place - number)
        start = (middle(source), source.y - source.solid.full_height - 2)
        stop = (middle(volume), volume.y - volume.solid.full_height - 2)
        top = -rise
        curve = (start, (start[0], top), (stop[0], top), stop)
        marks.append(Curve(curve, color, 1.2, bezier=True, dash=dash))
        marks.append(arrow_head((stop[0], stop[1] - 8), stop, color))
    return marks


def _step(source: Volume, volume: Volume) -> tuple[tuple[float, float], tuple[float, float]]:
    """Where an arrow to another row of the U starts and ends."""
    if volume.base > source.base:
        return (middle(volume), source.base + WORDS), (
            middle(volume),
            volume.y - volume.solid.full_height - 2,
        )
    return (middle(source), source.y - source.solid.full_height - 2), (middle(source), volume.base + WORDS)


def _arc_height(distance: int) -> float:
    return 14.0 + 9.0 * min(distance, 12)


def _arc_room(volumes: list[Volume]) -> float:
    """The room that arcs need above the volumes."""
    distances = [
        place - number
        for place, volume in enumerate(volumes)
        for number in volume.sources
        if place - number > 1
    ]
    return _arc_height(max(distances)) if distances else 0.0
