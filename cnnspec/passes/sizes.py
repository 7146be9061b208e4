"""Valid sizes: which sizes of its input a net takes with the weights that it has, and what fails at others.

Every size up to a bound is sent through the net at once, layer by layer; a layer is asked once for each shape
that comes in, and behind a stem of stride 4 those are a quarter as many:

    input     1    2    3    4    5    6    7    8  ...
    maxpool   -    1    1    2    2    3    3    4  ...      - window-too-large
    tconv          2    2    4    4    6    6    8  ...
    add            2    -    4    -    6    -    8  ...      - shape-join: multiples of 2, from 2

Some layers take the size of another value as an argument, as in `crop(skip.size)`. Which ones do, and of what
value, is found by comparing the net with itself as it is elaborated at other sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

from cnnspec.graph import Block, Graph, Node
from cnnspec.layers.base import Layer
from cnnspec.layers.input import Input
from cnnspec.layers.shape import Reshape
from cnnspec.layers.shapes import LayerError, Shape

LIMIT = 1024
"""The largest size that is tried."""


class Failure(NamedTuple):
    """Why a size is none: the first layer that does not fit it, with its diagnostic."""

    node: str
    code: str
    message: str


class Border(NamedTuple):
    """Pixels at the end of an axis that no window of a layer covers."""

    node: str
    pixels: int


class Outcome(NamedTuple):
    """What a layer makes of shapes: a shape, or the code and message of its diagnostic; and pixels lost."""

    shape: Shape | None
    code: str = ""
    message: str = ""
    lost: int = 0


Followed = Mapping[str, Mapping[str, tuple[str, ...]]]
"""By node and argument: for each spatial axis the value whose size on that axis the argument is."""


@dataclass(frozen=True, eq=False)
class SizeRange:
    """What was found of the sizes 1 to `limit` on some spatial axes, the others as the spec has them.

    `failures` say why a size is not valid, `borders` where a valid one first loses pixels.
    """

    axes: tuple[int, ...]
    limit: int
    failures: Mapping[int, Failure]
    borders: Mapping[int, Border]

    @property
    def valid(self) -> tuple[int, ...]:
        return tuple(size for size in range(1, self.limit + 1) if size not in self.failures)


def valid_sizes(
    graph: Graph, axes: Sequence[int], followed: Followed | None = None, limit: int = LIMIT
) -> SizeRange:
    """The sizes that inference takes on some spatial axes of all inputs that have them, at once."""
    walk = SizeWalk(graph.inference(), tuple(axes), followed or {}, limit)
    return walk.run()


Column = tuple[int, ...]
"""For each size the number of a value's spatial sizes (of its whole shape, where channels vary with it); -1
where the node that makes it, or one before it, fails."""


class SizeWalk:
    """Sends all sizes through a net.

    Channels stay as they are at every size, so layers that slide over the same sizes in the same way have the
    same column, whatever their channels: a net of a hundred blocks has some ten columns to find.
    """

    def __init__(self, graph: Graph, axes: tuple[int, ...], followed: Followed, limit: int) -> None:
        self.graph, self.axes, self.followed, self.limit = graph, axes, followed, limit
        self.sizes: list[Shape] = []
        self.number: dict[Shape, int] = {}
        self.columns: dict[str, Column] = {}
        self.channels: dict[str, int | None] = {}
        self.same: dict[Column, Column] = {}
        self.made: dict[Any, Column] = {}
        self.failures: dict[int, Failure] = {}
        self.borders: dict[int, Border] = {}

    def run(self) -> SizeRange:
        """Walk through all nodes."""
        for node in self.graph:
            # a map is as many channels at every size, what it is flattened to is not
            varies = len(node.shape) != 1 + self.rank or isinstance(node.layer, Reshape)
            self.channels[node.name] = None if varies else node.shape[0]
            column = self.column(node)
            self.columns[node.name] = self.same.setdefault(column, column)
        kept = {size: border for size, border in self.borders.items() if size not in self.failures}
        return SizeRange(self.axes, self.limit, self.failures, kept)

    @cached_property
    def rank(self) -> int:
        """The number of spatial axes of the inputs."""
        return max(len(self.graph[name].shape) - 1 for name in self.graph.inputs)

    def column(self, node: Node) -> Column:
        """The column of a node, looked up where one like it has been found."""
        if isinstance(node.layer, Input):
            sizes = range(1, self.limit + 1)
            return tuple([self.numbered(node, resized(node.shape, self.axes, size)) for size in sizes])
        columns = [self.columns[name] for name in node.inputs]
        first = columns[0]
        known = all(self.channels[name] is not None for name in (node.name, *node.inputs))
        # equal shapes join wherever they come from the same column, and give it again
        if known and node.layer.family == "join" and all(column is first for column in columns):
            return first
        if known and (node.layer.elementwise or node.layer.rescales or node.layer.silent):
            return first
        if node.name in self.followed:
            return self.find(node, columns)
        layer, channels = node.layer, tuple([self.channels[name] for name in (node.name, *node.inputs)])
        shapes = self.graph.input_shapes(node)
        if known and layer.slide(*shapes) is not None:
            if keeps_sizes(layer, *shapes):
                return first
            # what a window makes of a map does not hang on channels: convs of all widths share a column
            layer, channels = geometry(layer), ()
        key = (type(layer), layer, channels, tuple(map(id, columns)))
        found = self.made.get(key)
        if found is None:
            found = self.made[key] = self.find(node, columns)
        return found

    def find(self, node: Node, columns: Sequence[Column]) -> Column:
        """The column of a node, which is asked once for all sizes at which equal shapes come in."""
        weights = weight_shapes(node.layer, self.graph.input_shapes(node))
        followed = self.followed.get(node.name)
        keys: list[Any] = list(zip(*columns, strict=True))
        if followed:
            keys = [(self.adapted(node.layer, followed, i), *key) for i, key in enumerate(keys)]
        numbers: dict[Any, int] = {}
        noted: dict[Any, Outcome] = {}
        for key, i in {key: i for i, key in enumerate(keys)}.items():
            numbers[key] = -1
            layer = key[0] if followed else node.layer
            if layer is None or -1 in key:
                continue
            outcome = outcome_of(layer, self.shapes_at(node, i), weights)
            if outcome.shape:
                numbers[key] = self.numbered(node, outcome.shape)
            if outcome.lost or not outcome.shape:
                noted[key] = outcome
        if noted:
            for size, key in enumerate(keys, start=1):
                if key in noted:
                    self.note(size, node.name, noted[key])
        return tuple([numbers[key] for key in keys])

    def numbered(self, node: Node, shape: Shape) -> int:
        """The number of the spatial sizes of a shape, or of all of it where its channels vary."""
        part = shape if self.channels[node.name] is None else shape[1:]
        found = self.number.get(part)
        if found is None:
            found = self.number[part] = len(self.sizes)
            self.sizes.append(part)
        return found

    def shape_at(self, name: str, i: int) -> Shape:
        """The shape of a value at the size of a row."""
        channels, part = self.channels[name], self.sizes[self.columns[name][i]]
        return part if channels is None else (channels, *part)

    def shapes_at(self, node: Node, i: int) -> tuple[Shape, ...]:
        """The shapes that flow into a node at the size of a row."""
        return tuple([self.shape_at(name, i) for name in node.inputs])

    def adapted(self, layer: Layer, followed: Mapping[str, tuple[str, ...]], i: int) -> Layer | None:
        """A layer with its arguments at the size of a row; None where a value that they follow has none."""
        if any(self.columns[name][i] < 0 for names in followed.values() for name in names):
            return None
        values = {
            field: tuple([self.shape_at(name, i)[axis + 1] for axis, name in enumerate(names)])
            for field, names in followed.items()
        }
        return replace(layer, **values)

    def note(self, size: int, name: str, outcome: Outcome) -> None:
        """Keep the first failure and the first loss at each size."""
        if outcome.shape is None:
            self.failures.setdefault(size, Failure(name, outcome.code, outcome.message))
        elif outcome.lost:
            self.borders.setdefault(size, Border(name, outcome.lost))


def geometry(layer: Layer) -> Layer:
    """A layer that slides, with the arguments that are about channels alone at 1."""
    names = {field.name for field in fields(layer)}
    return replace(layer, **{name: 1 for name in ("out", "groups", "multiplier") if name in names})


def keeps_sizes(layer: Layer, shape: Shape, *others: Shape) -> bool:
    """Whether a layer that slides keeps the size of every map that comes in, as a 3x3 conv of margin 1 does.

    Where windows begin at every pixel, a pixel more is a window more: what keeps a map of one pixel and that
    of the net keeps all. Then no pixel is lost either, and a margin that one pixel fills has enough in more.
    """
    slide = None if others else layer.slide(shape)
    if slide is None or max(slide.stride) > 1:
        return False
    try:
        return all(layer.infer(map_)[1:] == map_[1:] for map_ in (shape, (shape[0], *(1 for _ in shape[1:]))))
    except LayerError:
        return False


def outcome_of(layer: Layer, shapes: tuple[Shape, ...], weights: tuple[Shape, ...]) -> Outcome:
    """What a layer makes of shapes, if its weights stay as they are."""
    try:
        shape = layer.infer(*shapes)
    except LayerError as error:
        return Outcome(None, error.code, error.message)
    needed = weight_shapes(layer, shapes)
    if needed != weights:
        have, want = (" and ".join("x".join(map(str, w)) for w in some) for some in (weights, needed))
        return Outcome(None, "weights", f"`{layer.op}` has weights of {have}, here it would need {want}")
    return Outcome(shape, lost=lost_pixels(layer, shape, shapes))


def weight_shapes(layer: Layer, shapes: tuple[Shape, ...]) -> tuple[Shape, ...]:
    """The shapes of all weights of a layer."""
    return tuple([weight.shape for weight in layer.params(*shapes)])


def lost_pixels(layer: Layer, shape: Shape, shapes: tuple[Shape, ...]) -> int:
    """The most pixels at the end of an axis that no window covers, though windows as far apart could."""
    slide = layer.slide(*shapes)
    # windows that begin at every pixel end at the last one
    if slide is None or max(slide.stride) == 1 or slide.outputs != shape[1:]:
        return 0
    lost = [0]
    axes = zip(shape[1:], slide.stride, slide.spans, slide.wholes, slide.margins, strict=True)
    for n, step, span, whole, (_, after) in axes:
        # what lies between two windows is passed over in any case
        lost.append(whole - after - (n - 1) * step - span - max(0, step - span))
    return max(lost)


def resized(shape: Shape, axes: Sequence[int], size: int) -> Shape:
    """A shape with another size on some spatial axes; a vector, or a map without them, as it is."""
    return shape[:1] + tuple([size if axis in axes else h for axis, h in enumerate(shape[1:])])


Reopen = Callable[[Mapping[str, Shape]], Graph | None]
"""The net elaborated anew for other inputs; None where the spec has errors then."""
FEW, MANY = (1, 37), (2, 3, 5, 8, 16, 21, 32, 64)
"""By how many pixels the inputs are larger for which a net is elaborated, to compare it with itself."""


def followed_sizes(graph: Graph, reopen: Reopen) -> Followed:
    """The arguments that follow the sizes of other values. Raises Untraceable where it is not told which."""
    graphs = [graph, *_elaborated(graph, reopen, FEW)]
    if len(graphs) == 1:
        # a net of multiples of 32, say, takes neither
        graphs += islice(_elaborated(graph, reopen, MANY[::-1]), 1)
    # No argument has moved at two other sizes: none follows the input. Only where one does is the net
    # elaborated at more, to tell which value it follows.
    if all(_layers(other) == _layers(graph) for other in graphs):
        return {}
    graphs += _elaborated(graph, reopen, MANY)
    if any(_kinds(other) != _kinds(graph) for other in graphs):
        raise Untraceable("the net has other layers at other sizes")
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for node in (node for node in graph if node.inputs):
        versions = [other[node.name].layer for other in graphs]
        for field in fields(node.layer):
            values = [getattr(layer, field.name) for layer in versions]
            if any(value != values[0] for value in values):
                found.setdefault(node.name, {})[field.name] = _values_of(node, values, graphs)
    return found


def _layers(graph: Graph) -> list[Any]:
    return [(node.name, node.inputs, node.layer if node.inputs else None) for node in graph]


def _kinds(graph: Graph) -> list[Any]:
    return [(node.name, node.inputs, type(node.layer)) for node in graph]


class Untraceable(Exception):
    """How the net depends on the size of its input is not told by a few elaborations."""


def _elaborated(graph: Graph, reopen: Reopen, larger: Sequence[int]) -> Iterator[Graph]:
    """The net at other sizes that it takes."""
    for more in larger:
        inputs = {
            name: (graph[name].shape[0], *(h + more for h in graph[name].shape[1:])) for name in graph.inputs
        }
        other = reopen(inputs)
        if other is not None:
            yield other


def _values_of(node: Node, values: list[Any], graphs: list[Graph]) -> tuple[str, ...]:
    """The value whose sizes an argument is in all graphs, for each axis; the nearest before the node."""
    rank = len(node.shape) - 1
    wanted = [value if isinstance(value, tuple) else (value,) * rank for value in values]
    # a head follows its own values or those of the body: no other head has to run for it
    heads = (None, _head_of(node))
    before = [other.name for other in graphs[0] if _head_of(other) in heads]
    before = before[: before.index(node.name)]
    result = []
    for axis in range(rank):
        # The nearest: a gate is resized to the map beside it, not to an earlier one that happens to be as
        # large.
        for name in reversed(before):
            shapes = [graph[name].shape for graph in graphs]
            if all(
                len(shape) == rank + 1 and shape[axis + 1] == value[axis]
                for shape, value in zip(shapes, wanted, strict=True)
            ):
                result.append(name)
                break
        else:
            raise Untraceable(f"an argument of {node.name} depends on the size of the input")
    return tuple(result)


def _head_of(node: Node) -> Block | None:
    return next((block for block in node.block.ancestors() if block.kind == "head"), None)


def sizes_by_elaboration(graph: Graph, axes: Sequence[int], reopen: Reopen, limit: int = LIMIT) -> SizeRange:
    """The same as `valid_sizes`, by elaborating the net at each size: slow, and right for every net."""
    running = graph.inference()
    weights = {node.name: weight_shapes(node.layer, running.input_shapes(node)) for node in running}
    failures: dict[int, Failure] = {}
    borders: dict[int, Border] = {}
    for size in range(1, limit + 1):
        other = reopen({name: resized(running[name].shape, axes, size) for name in running.inputs})
        if other is None:
            failures[size] = Failure("", "spec", "the spec has errors at this size")
            continue
        other = other.inference()
        if other.nodes.keys() != running.nodes.keys():
            failures[size] = Failure("", "layers", "the net has other layers at this size")
            continue
        for node in (node for node in other if node.inputs):
            outcome = outcome_of(node.layer, other.input_shapes(node), weights[node.name])
            if outcome.shape is None:
                failures[size] = Failure(node.name, outcome.code, outcome.message)
                break
            if outcome.lost:
                borders.setdefault(size, Border(node.name, outcome.lost))
    kept = {size: border for size, border in borders.items() if size not in failures}
    return SizeRange(tuple(axes), limit, failures, kept)
