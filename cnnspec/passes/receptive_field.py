"""Receptive fields: what of the input each value sees.

The recurrences of Araujo, Norris and Sim 2019, "Computing receptive fields of convolutional neural networks",
with bounds in place of sizes: output i of a node sees the input pixels from i*step + low to i*step + high.
Of `conv(8, 3, stride=2) -> conv(8, 3)`, along one axis:

    input      -3 -2 -1  0  1  2  3  4  5     each pixel sees itself: step 1, low 0, high 0
    first conv    -1     0     1     2        output i sees 2i - 1 to 2i + 1: step 2, low -1, high 1
    second conv          0                    the outputs -1, 0, 1: step 2, low -1 + 2 * -1, high 1 + 2 * 1

so that an output of the second sees 7 pixels, two further on than its neighbour, 3 of them before its own.

A gate sees the whole input, so all that it gates does. What is asked mostly is the field beside it, so there
are two answers: by all ways, and along the maps alone, which leave out what came by way of one pixel:

    input ── conv 3x3 ─┬────────┐                     conv     gap      mul      conv
                       │       mul ── conv 3x3        3x3      whole    whole    whole     `bounds`
                       └─ gap ──┘                     3x3      none     3x3      5x5       `paths`
"""

from __future__ import annotations

from math import ceil, floor

from cnnspec.caching import lru_cache
from cnnspec.graph import MOST_KNOWN, Applied, Graph, Node
from cnnspec.layers.base import POINTWISE, Window
from cnnspec.named_tuples import NamedTuple
from cnnspec.records import dataclass
from cnnspec.typed import TYPE_CHECKING, Mapping, Sequence

if TYPE_CHECKING:
    from fractions import Fraction

    Number = int | Fraction

PIXEL = Window(1, 0, 0)
Bounds = tuple[Window, ...]
"""One Window an axis, in input pixels."""


class Field(NamedTuple):
    """A field on each axis, in input pixels: its size, the step between neighbours, the left padding."""

    size: tuple[int, ...]
    stride: tuple[Number, ...]
    padding: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Fields:
    """The field of every node, by name: `bounds` are None where it is a vector or sees the whole input.

    `paths` leave out what reaches a map by way of one pixel, such as the gate of squeeze-and-excitation or a
    pooled arm: the map behind it sees the whole input, and has a field along its spatial path all the same.
    """

    bounds: Mapping[str, Bounds | None]
    paths: Mapping[str, Bounds | None]

    def __getitem__(self, name: str) -> Field | None:
        found = self.bounds[name]
        return _field(found) if found is not None else None

    def along(self, name: str) -> Field | None:
        """The field along the spatial path; None where there is none."""
        found = self.paths[name]
        return _field(found) if found is not None else None

    def sees_all(self, name: str) -> bool:
        """Whether a value sees the whole input, on whatever way."""
        return self.bounds[name] is None


def receptive_field(graph: Graph) -> Fields:
    """The receptive field of every node."""
    bounds: dict[str, Bounds | None] = {}
    paths: dict[str, Bounds | None] = {}
    windows: dict[int, Bounds | None] = {}
    for (name, applied), node in zip(graph.applied.items(), graph, strict=True):
        inputs, key = node.inputs, id(applied)
        if key not in windows:
            windows[key] = windows_of(applied)
        seen = windows[key]
        if seen == POINTWISE and len(inputs) == 1:
            bounds[name], paths[name] = bounds[inputs[0]], paths[inputs[0]]
            continue
        if apart := applied.layer.sees_apart(*applied.shapes):
            for found in (bounds, paths):
                each = [_bounds(node, seen, [found[s]]) for s, seen in zip(inputs, apart, strict=True)]
                found[name] = _union(each)
            continue
        sources = [source for source in inputs if not graph.nodes[source].layer.constant]
        bounds[name] = _bounds(node, seen, [bounds[source] for source in sources or inputs])
        if bounds[name] is not None:
            paths[name] = bounds[name]
        else:
            spatial = [found for found in (paths[source] for source in sources) if found is not None]
            paths[name] = _bounds(node, seen, spatial) if spatial else None
    return Fields(bounds, paths)


@lru_cache(maxsize=MOST_KNOWN)
def windows_of(applied: Applied) -> Bounds | None:
    """The windows of a layer; those of a 1x1 conv look at one pixel as well."""
    windows = applied.layer.sees(*applied.shapes)
    return POINTWISE if windows is not None and all(window == PIXEL for window in windows) else windows


def _bounds(node: Node, windows: Bounds | None, sources: Sequence[Bounds | None]) -> Bounds | None:
    if not node.inputs:
        return (PIXEL,) * (len(node.shape) - 1) or None
    before = sources[0] if len(sources) == 1 else _union(sources)
    if before is None or not windows:
        return before if windows is not None else None
    return _moved(before, windows)


@lru_cache(maxsize=MOST_KNOWN)
def _moved(before: Bounds, windows: Bounds) -> Bounds:
    """What windows over a map see. The nets of a file mostly begin alike."""
    first = _through(before[0], windows[0])
    if _is_square(windows) and _is_square(before):
        return (first,) * len(before)
    return (first, *map(_through, before[1:], windows[1:]))


def _through(before: Window, window: Window) -> Window:
    step, low, high = before
    return Window(step * window.step, low + step * window.low, high + step * window.high)


def _union(sources: Sequence[Bounds | None]) -> Bounds | None:
    """What a join sees: all that its arms see. Arms of unequal steps are taken at the coarsest."""
    known = [source for source in sources if source is not None]
    if len(known) < len(sources):
        return None
    first, *others = known
    if others.count(first) == len(others):
        return first
    if all(map(_is_square, known)):
        return (_widest([source[0] for source in known]),) * len(first)
    return tuple([_widest(axis) for axis in zip(*known, strict=True)])


def _widest(windows: Sequence[Window]) -> Window:
    steps, lows, highs = zip(*windows, strict=True)
    return Window(max(steps), min(lows), max(highs))


def _is_square(windows: Bounds) -> bool:
    """Whether all axes are alike, so that what is found of one holds for all."""
    return windows.count(windows[0]) == len(windows)


def _field(bounds: Bounds) -> Field:
    sizes = tuple([floor(high) - ceil(low) + 1 for _, low, high in bounds])
    return Field(sizes, tuple([step for step, _, _ in bounds]), tuple([-ceil(low) for _, low, _ in bounds]))


Box = tuple[tuple[int, int], ...]
"""The first and the last pixel on each axis."""


@dataclass(frozen=True)
class LayerField:
    """What one position of a layer sees: `box` are input pixels, some maybe in the margin around the input.

    `field` is that along the spatial path, None of a vector; `sees_all` says that the whole input reaches it,
    if only through a gate.
    """

    layer: str
    field: Field | None
    sees_all: bool
    at: tuple[int, ...]
    box: Box | None


def layer_field(graph: Graph, fields: Fields, name: str, at: tuple[int, ...] | None = None) -> LayerField:
    """The field of a layer, or of the last layer of a block, at a position: by default the middle.

    Raises ValueError for a name that there is not, and for a position outside of the map.
    """
    blocks = {block.path: block for block in graph.root.walk() if block.path}
    if name not in graph.nodes and name not in blocks:
        raise ValueError(f"there is no layer and no block {name!r} in {graph.name}")
    node = graph[name] if name in graph.nodes else graph[list(blocks[name].nodes())[-1]]
    sizes = node.shape[1:]
    chosen = tuple(size // 2 for size in sizes) if at is None else tuple(at)
    fits = len(chosen) == len(sizes) and all(0 <= i < n for i, n in zip(chosen, sizes, strict=True))
    if not fits:
        shown = "x".join(map(str, sizes)) or "a vector"
        raise ValueError(f"{node.name} is {shown}: there is no position {','.join(map(str, chosen))}")
    bounds = fields.paths[node.name]
    found = None if bounds is None else box(bounds, chosen)
    return LayerField(node.name, fields.along(node.name), fields.sees_all(node.name), chosen, found)


def box(bounds: Bounds, at: tuple[int, ...]) -> Box:
    """The input pixels that one position sees: the first and the last on each axis, maybe in the margin."""
    return tuple(
        (ceil(i * step + low), floor(i * step + high))
        for i, (step, low, high) in zip(at, bounds, strict=True)
    )


def last_map(graph: Graph) -> Node | None:
    """The head's last spatial value: the last map on the way to the first head that inference runs.

    Global pooling, flatten and what follows them are passed over.
    """
    heads = [node for head, node in graph.outputs.items() if head not in graph.training_heads]
    node = graph.nodes[heads[0]] if heads else None
    while node is not None and node.inputs:
        shapes = [graph.nodes[name].shape for name in node.inputs]
        if node.layer.sees(*shapes) is not None and any(n > 1 for n in node.shape[1:]):
            return node
        wider = [name for name in node.inputs if len(graph.nodes[name].shape) > 1] or list(node.inputs)
        node = graph.nodes[wider[0]]
    return node if node is not None and len(node.shape) > 1 else None
