"""The volumes of a net: which values the volumes view shows, and where they stand.

They stand in a row or, for a net that comes up again, in a U.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import prod

from cnnspec.layers.base import Extent, Shape
from cnnspec.layers.dense import Flatten
from cnnspec.render.boxes import main_layer
from cnnspec.render.plan import DrawingPlan
from cnnspec.render.scene import Arrow
from cnnspec.render.solids import Solid
from cnnspec.render.text import shorten, show_shape, text_width
from cnnspec.render.words import item_title, node_label

GAP, STEP = 16.0, 10.0
SHAPE_SIZE, WORDS_SIZE = 9.0, 8.5
WORDS = 30.0
"""The room for the words under a row of a U, in points."""
LONGEST = 120.0


@dataclass
class Volume:
    """A value of the net as it will be drawn: what made it, and the volumes that went into that.

    `parts` are the channels of a concatenation with the numbers of the boxes they come from; `x` and `y` are
    the lower left corner of its front, in points; `base` is the foot of its row in a U.
    """

    shape: Shape
    words: str
    number: int
    sources: list[int] = field(default_factory=list)
    skips: set[int] = field(default_factory=set)
    kernel: Extent = 1
    parts: tuple[tuple[int, int], ...] = ()
    rising: bool = False
    training: bool = False
    solid: Solid = Solid(0, 0)  # noqa: RUF009
    x: float = 0.0
    y: float = 0.0
    base: float = 0.0


def make_volumes(plan: DrawingPlan) -> list[Volume]:
    """The values to draw, in topological order: the output of each box, equal ones in a chain as one."""
    places = {name: place for place, name in enumerate(plan.graph.nodes)}
    order = sorted(plan.boxes, key=lambda number: places[plan.scene.items[number].nodes[-1]])
    fan_out = Counter(link.source for link in plan.links)
    ways_in: dict[int, list[Arrow]] = {number: [] for number in plan.boxes}
    for link in plan.links:
        ways_in[link.target].append(link)
    volumes: list[Volume] = []
    where: dict[int, int] = {}
    for number in order:
        shape = _shape(plan, number)
        alone = [where[link.source] for link in ways_in[number] if fan_out[link.source] == 1]
        sources = [(where[link.source], link.skip) for link in ways_in[number]]
        made = _make_volume(plan, number, shape, sources)
        follows = len(volumes) - 1 in alone
        family = plan.boxes[number].family
        if len(sources) == 1 and _is_flatten(plan, number):
            where[number] = sources[0][0]
            continue
        if follows and _is_same(volumes[-1], made, family):
            _join(volumes[-1], made, family)
        else:
            if follows and plan.boxes[number].join == "C" and made.skips:
                _absorb(volumes.pop(), made, volumes)
            volumes.append(made)
        where[number] = len(volumes) - 1
    return volumes


def _is_same(before: Volume, made: Volume, family: str) -> bool:
    """Whether a value is drawn as one with that before: blocks are, conv and linear layers not."""
    if family in ("conv", "dense") or len(made.sources) != 1 or not before.sources:
        return False
    return before.shape == made.shape and before.rising == made.rising


def _make_volume(plan: DrawingPlan, number: int, shape: Shape, sources: list[tuple[int, bool]]) -> Volume:
    made = Volume(shape, _words(plan, number), number, kernel=_kernel(plan, number))
    made.sources = [source for source, _ in sources]
    made.skips = {source for source, skip in sources if skip}
    made.rising, made.training = number in plan.rising, number in plan.scene.training
    return made


def _absorb(before: Volume, concat: Volume, volumes: list[Volume]) -> None:
    """A concatenation takes in the value made just for it, and shows its share in its colour."""
    place = len(volumes)
    copied = sum(volumes[source].shape[0] for source in concat.sources if source != place)
    concat.parts = ((copied, concat.number), (before.shape[0], before.number))
    concat.words = before.words
    concat.sources = [*before.sources, *(source for source in concat.sources if source != place)]


def _shape(plan: DrawingPlan, number: int) -> Shape:
    """The shape of a box's output, before a flatten where that leaves more than a pixel."""
    item = plan.scene.items[number]
    shapes = [plan.graph[name].shape for name in item.all_nodes()]
    if item.kind == "run" and len(shapes[-1]) == 1:
        return next((shape for shape in reversed(shapes) if prod(shape[1:]) > 1), shapes[-1])
    return shapes[-1]


def _words(plan: DrawingPlan, number: int) -> str:
    """What made a value: the one conv, linear or pool layer of a box, its block, or the label of a form."""
    item = plan.scene.items[number]
    times = f" x{item.times}" if item.times > 1 else ""
    if main := main_layer(plan.graph, item):
        return node_label(plan.graph, main) + times
    label = "" if item.kind in ("def", "share") else item.label
    return (label or item_title(plan.graph, item)) + times


def _is_flatten(plan: DrawingPlan, number: int) -> bool:
    """Whether a box only writes a map as a vector, which is drawn as the map itself."""
    layers = [plan.graph[name].layer for name in plan.scene.items[number].all_nodes()]
    flat = any(isinstance(layer, Flatten) for layer in layers)
    return flat and all(layer.follows and layer.family == Flatten.family for layer in layers)


def _join(before: Volume, made: Volume, family: str) -> None:
    """Draw a value as one with that before; a block gives both its words and its colour."""
    before.words = _join_words(before.words, made.words, family)
    if family == "block":
        before.number = made.number


def _join_words(before: str, after: str, family: str) -> str:
    """The words of two steps: counted where both are of one block; norms and the like go without saying."""
    (name, count), (other, more) = _counted(before), _counted(after)
    if name == other:
        return f"{name} x{count + more}"
    return after if family == "block" else before


def _counted(words: str) -> tuple[str, int]:
    """A name and how often it stands there: bottleneck x3."""
    name, _, count = words.rpartition(" x")
    return (name, int(count)) if name and count.isdigit() else (words, 1)


def _kernel(plan: DrawingPlan, number: int) -> Extent:
    """The window of the one layer that a box is made of; 1 where there are more."""
    item = plan.scene.items[number]
    main = main_layer(plan.graph, item) if item.times == 1 else None
    layer = plan.graph[main].layer if main else None
    return getattr(layer, "kernel", 1) if layer is not None and not layer.upsamples else 1


def place_in_row(volumes: list[Volume]) -> None:
    """From left to right, centres level; words stand on two levels in turn, so that none overlap."""
    tallest = max(volume.solid.full_height for volume in volumes)
    edges = [0.0, 0.0]
    shapes_end = solids_end = 0.0
    for place, volume in enumerate(volumes):
        half = volume.solid.full_width / 2
        shape_half = text_width(show_shape(volume.shape), SHAPE_SIZE, True) / 2
        words_half = text_width(short_words(volume), WORDS_SIZE) / 2
        level = place % 2
        centre = max(solids_end + GAP + half, shapes_end + 8 + shape_half, edges[level] + 8 + words_half)
        volume.x = centre - half
        volume.y = tallest / 2 + volume.solid.full_height / 2
        solids_end, shapes_end, edges[level] = centre + half, centre + shape_half, centre + words_half


def place_in_u(volumes: list[Volume]) -> None:
    """A row for each level of halved sizes: down the one arm of the U, and up the other."""
    levels = levels_of(volumes)
    tallest: dict[int, float] = {}
    for volume, level in zip(volumes, levels, strict=True):
        tallest[level] = max(tallest.get(level, 0.0), volume.solid.full_height)
    y, bottoms = 0.0, {}
    for level in sorted(tallest):
        y += tallest[level] + STEP
        bottoms[level] = y
        y += WORDS
    ends = dict.fromkeys(bottoms, 0.0)
    x = 0.0
    for volume, level in zip(volumes, levels, strict=True):
        half = max(volume.solid.full_width / 2, text_half(volume))
        x = max(x, ends[level] + GAP + half)
        volume.x = x - volume.solid.full_width / 2
        volume.base = bottoms[level]
        volume.y = volume.base - (tallest[level] - volume.solid.full_height) / 2
        ends[level] = x + half


def levels_of(volumes: list[Volume]) -> list[int]:
    """How often the size of each volume has been halved: unpadded convs, which take little, stay level."""
    levels: list[int] = []
    for volume in volumes:
        main = next((source for source in volume.sources if source not in volume.skips), None)
        if main is None:
            levels.append(0)
            continue
        ratio = volumes[main].shape[-1] / volume.shape[-1]
        levels.append(levels[main] + (ratio >= 1.5) - (ratio <= 1 / 1.5))
    return levels


def short_words(volume: Volume) -> str:
    """The words under a volume, shortened where they are long."""
    return shorten(volume.words, LONGEST, WORDS_SIZE)


def middle(volume: Volume) -> float:
    """The x of a volume's middle, in points."""
    return volume.x + volume.solid.full_width / 2


def text_half(volume: Volume) -> float:
    """Half the width of the text under a volume, in points."""
    shape = text_width(show_shape(volume.shape), SHAPE_SIZE, True)
    return max(shape, text_width(short_words(volume), WORDS_SIZE)) / 2
