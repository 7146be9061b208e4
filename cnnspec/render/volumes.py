"""The volumes of a net: which values the volumes view shows, what made them, and what goes into them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import prod

from cnnspec.layers.base import Extent, Shape
from cnnspec.layers.dense import Flatten
from cnnspec.render.boxes import Sign, is_input
from cnnspec.render.plan import DrawingPlan
from cnnspec.render.scene import Arrow
from cnnspec.render.solids import Solid
from cnnspec.render.text import show_shape, text_width, wrap
from cnnspec.render.words import item_title, main_layer, node_label

SHAPE_SIZE = WORDS_SIZE = 9.0
WORDS_LINE = 10.5
LONGEST = 78.0
"""The width at which the words under a volume are wrapped, in points."""


@dataclass
class Volume:
    """A value of the net as it will be drawn: what made it, and the volumes that went into that.

    `steps` are the words for what made it, `boxes` the boxes of the plan that it shows, and `number` the one
    that gives its colour. `parts` are the channels of a concatenation with the numbers of the boxes they come
    from. `arrow_words` are what stands on the arrows into it, `room` is how wide its words may be. `x` and
    `y` are the lower left corner of its front, in points; `base` is the foot of its row.
    """

    shape: Shape
    steps: list[str]
    number: int
    boxes: list[int]
    sources: list[int] = field(default_factory=list)
    skips: set[int] = field(default_factory=set)
    kernel: Extent = 1
    sign: Sign = ""
    parts: tuple[tuple[int, int], ...] = ()
    rising: bool = False
    training: bool = False
    room: float = LONGEST
    arrow_words: dict[int, str] = field(default_factory=dict)
    solid: Solid = Solid(0, 0)  # noqa: RUF009
    x: float = 0.0
    y: float = 0.0
    base: float = 0.0

    @property
    def words(self) -> str:
        return " + ".join(self.steps)

    @property
    def lines(self) -> list[str]:
        """The words in lines, each of whole pieces: `2 groups` is one; a long piece alone is wider."""
        room = max(self.room, longest_piece(self.words))
        return wrap(pieces_of(self.words), " ", room, WORDS_SIZE)

    @property
    def middle(self) -> float:
        """The x of its middle, in points."""
        return self.x + self.solid.full_width / 2

    @property
    def text_half(self) -> float:
        """Half the width of the text under it, in points."""
        shape = text_width(show_shape(self.shape), SHAPE_SIZE, True)
        return max([shape, *(text_width(line, WORDS_SIZE) for line in self.lines)]) / 2

    @property
    def text_height(self) -> float:
        return WORDS_LINE * (1 + len(self.lines))


def pieces_of(words: str) -> list[str]:
    """The pieces between which words are broken: no number stands apart from what it counts or sizes.

    >>> pieces_of("3x3 conv, 384, 2 groups + adaptive_avgpool 7")
    ['3x3 conv,', '384,', '2 groups', '+', 'adaptive_avgpool 7']
    """
    pieces: list[str] = []
    for word in words.split(" "):
        before = pieces[-1] if pieces else "+"
        ended = before == "+" or before.endswith(",")
        if not ended and (word[0].isdigit() or (before[0].isdigit() and " " not in before)):
            pieces[-1] = f"{before} {word}"
        else:
            pieces.append(word)
    return pieces


def longest_piece(words: str) -> float:
    return max(text_width(piece, WORDS_SIZE) for piece in pieces_of(words))


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
        sources = [(where[link.source], link.skip) for link in ways_in[number]]
        made = _make_volume(plan, number, sources)
        made.arrow_words = {where[link.source]: link.words for link in ways_in[number] if link.words}
        alone = [where[link.source] for link in ways_in[number] if fan_out[link.source] == 1]
        follows = len(volumes) - 1 in alone
        if len(sources) == 1 and _is_flatten(plan, number):
            volumes[sources[0][0]].boxes.append(number)
            where[number] = sources[0][0]
            continue
        if follows and _is_same(plan, volumes[-1], made):
            _join(plan, volumes[-1], made)
        else:
            if follows and plan.boxes[number].join == "C" and made.skips:
                _absorb(volumes.pop(), made, volumes)
            volumes.append(made)
        where[number] = len(volumes) - 1
    return volumes


def _make_volume(plan: DrawingPlan, number: int, sources: list[tuple[int, bool]]) -> Volume:
    made = Volume(_shape(plan, number), [_words(plan, number)], number, [number])
    made.kernel, made.sign = _kernel(plan, number), plan.boxes[number].sign
    made.sources = list(dict.fromkeys(source for source, _ in sources))
    made.skips = {source for source, skip in sources if skip}
    made.rising, made.training = number in plan.rising, number in plan.scene.training
    return made


def _is_same(plan: DrawingPlan, before: Volume, made: Volume) -> bool:
    """Whether a value is drawn as one with that before.

    Blocks are, conv and linear layers not, and nothing is with the sum that begins it.
    """
    box, first = plan.boxes[made.number], plan.boxes[before.number]
    if box.family in ("conv", "dense") or box.join or first.join:
        return False
    if len(made.sources) != 1 or not before.sources or made.training != before.training:
        return False
    return before.shape == made.shape and before.rising == made.rising


def _join(plan: DrawingPlan, before: Volume, made: Volume) -> None:
    """Draw a value as one with that before; a block gives its colour, equal steps are counted."""
    before.boxes += made.boxes
    if before.sign in ("", "gate"):  # a sum says more than a gate
        before.sign = made.sign or before.sign
    (name, count), (other, more) = _counted(before.steps[-1]), _counted(made.steps[0])
    if name == other:
        before.steps[-1] = f"{name} x{count + more}"
    else:
        before.steps += made.steps
    if plan.boxes[made.number].family == "block":
        before.number = made.number


def _absorb(before: Volume, concat: Volume, volumes: list[Volume]) -> None:
    """A concatenation takes in the value made just for it, and shows its share in its colour."""
    place = len(volumes)
    copied = sum(volumes[source].shape[0] for source in concat.sources if source != place)
    concat.parts = ((copied, concat.number), (before.shape[0], before.number))
    concat.steps = [*before.steps, *concat.steps]
    concat.boxes = [*before.boxes, *concat.boxes]
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
    if item.kind == "head" and item.parallel:
        return item_title(plan.graph, item) + times
    if is_input(plan.graph, item):
        return item.label or "input"
    if main := main_layer(plan.graph, item):
        return node_label(plan.graph, main) + times
    label = "" if item.kind in ("def", "share") else item.label
    return (label or item_title(plan.graph, item)) + times


def _is_flatten(plan: DrawingPlan, number: int) -> bool:
    """Whether a box only writes a map as a vector, which is drawn as the map itself."""
    layers = [plan.graph[name].layer for name in plan.scene.items[number].all_nodes()]
    flat = [isinstance(layer, Flatten) for layer in layers]
    return any(flat) and all(one or layer.silent for one, layer in zip(flat, layers, strict=True))


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
