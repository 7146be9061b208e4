"""Calls that are remembered by their figures: a net of which only sums are asked is not made, but added up.

Of `unit(16) * 2`, where `def unit(out) { conv(out, 3) -> relu }` and figures are params and macs:

    first call, walked     1 conv(0)   2 relu(1)     params 448, macs 110k
    what is kept           16 channels in, 16 out    params 448, macs 110k
    second call            3 unit(2)                 one node, that stands for the whole call

A call whose nodes do not all lead to what it gives is walked each time: which of them count hangs on what is
made of its labels.
"""

from __future__ import annotations

from cnnspec.elaborate.building.unnamed import UnnamedGraph
from cnnspec.elaborate.values import Value
from cnnspec.layers.base import Layer
from cnnspec.layers.shapes import Shape
from cnnspec.named_tuples import NamedTuple
from cnnspec.records import dataclass, field
from cnnspec.typed import Any, Callable, Iterable

Sums = tuple[int, ...]
"""Figures of a layer, or their sums over several, in the order of whoever asked."""
Measure = Callable[[Layer, tuple[Shape, ...]], Sums]


@dataclass(frozen=True)
class RememberedCall(Layer):
    """A call as one node: the shape that it gives, and its figures."""

    op = "call"
    shape: Shape = ()
    sums: Sums = ()

    def infer(self, *shapes: Shape) -> Shape:
        return self.shape


class MeasuredCall(NamedTuple):
    """What is kept of a call: the shape that it took, its node, how many layers and steps it was.

    `layer` is None for one that gives what it took.
    """

    taken: Shape
    layer: RememberedCall | None
    layers: int
    steps: int

    @property
    def gives_what_it_takes(self) -> bool:
        """Whether its value has the shape that it took, so that a repeat of it goes on alike."""
        return self.layer is None or self.layer.shape == self.taken


class Exceeded(Exception):
    """The sums of a net are over a ceiling before it is whole; `sums` are those so far."""

    def __init__(self, sums: Sums) -> None:
        super().__init__()
        self.sums = sums


@dataclass(slots=True, eq=False)
class Measuring:
    """How figures are found, and those of layers on shapes that were met.

    `quick` gives values of expressions, alone in a tuple, or None: `expressions/quick.py`. `ceilings` are
    numbers of figures with what a net may come to: one that comes to more is not walked to its end.
    """

    measure: Measure
    quick: Callable[..., tuple[Any] | None] | None = None
    ceilings: tuple[tuple[int, float], ...] = ()
    known: dict[tuple[int, tuple[Shape, ...]], Sums] = field(default_factory=dict)
    so_far: list[int] = field(default_factory=list)

    def add(self, layer: Layer, shapes: tuple[Shape, ...]) -> None:
        """Count a layer that is added to the net. Raises Exceeded."""
        if layer.__class__ is RememberedCall:
            sums = layer.sums  # type: ignore[attr-defined]
        else:
            key = (id(layer), shapes)
            sums = self.known.get(key)
            if sums is None:
                sums = self.known[key] = self.measure(layer, shapes)
        so_far = self.so_far = self.so_far or [0] * len(sums)
        for figure, ceiling in self.ceilings:
            so_far[figure] += sums[figure]
            if so_far[figure] > ceiling:
                raise Exceeded(tuple(so_far))

    def sums(self, graph: UnnamedGraph, numbers: Iterable[int]) -> Sums:
        """The sums over some nodes."""
        nodes, known, found = graph.nodes, self.known, []
        for number in numbers:
            node = nodes[number]
            layer = node.layer
            if layer.__class__ is RememberedCall:
                found.append(layer.sums)  # type: ignore[attr-defined]
                continue
            key = (id(layer), tuple([nodes[source].shape for source in node.inputs]))
            sums = known.get(key)
            if sums is None:
                sums = known[key] = self.measure(layer, key[1])
            found.append(sums)
        return tuple(map(sum, zip(*found, strict=True)))

    def measured(
        self, graph: UnnamedGraph, start: int, taken: Value, given: Value, steps: int
    ) -> MeasuredCall | None:
        """What is kept of a call that made the nodes from `start` on; None where not all lead to `given`."""
        end = len(graph.nodes)
        if taken.shape is None or given.shape is None:
            return None
        if end == start:
            return MeasuredCall(taken.shape, None, 0, steps)
        needed = {given.node}
        for number in range(end - 1, start - 1, -1):
            if number not in needed:
                return None
            needed.update(graph.nodes[number].inputs)
        layer = RememberedCall(given.shape, self.sums(graph, range(start, end)))
        return MeasuredCall(taken.shape, layer, end - start, steps)


def add_remembered(
    call: MeasuredCall,
    graph: UnnamedGraph,
    measuring: Measuring,
    like: tuple[object, ...],
    value: Value,
    times: int = 1,
) -> Value:
    """Add the node of a call on a value, made so many times one after the other; gives what it ends in.

    `like` are the block and span of the call. Raises Exceeded.
    """
    layer, (block, span) = call.layer, like
    if layer is None or value.shape is None:
        return value
    if times > 1:
        layer = RememberedCall(layer.shape, tuple([times * figure for figure in layer.sums]))
    if measuring.ceilings:
        measuring.add(layer, (value.shape,))
    return graph.add(layer, (value.node,), layer.shape, block, span, "", -1)  # type: ignore[arg-type]
