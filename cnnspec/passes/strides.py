"""Where values lie in memory, as torch lays them: in which storage, and with which strides.

Strides say how many values lie between one index of an axis and the next. Views share a storage:

    net N {                              storage    strides of 8 samples of CxHxW
        input 4x6x6                      input      144, 36, 6, 1
        a: slice(0, 2)                   input      144, 36, 6, 1     two of four channels
        crop(2x2)                        input      144, 36, 6, 1     and four of their pixels
        flatten                          flatten    8, 1              a copy: no strides say it
        head b from a { relu }           relu       72, 36, 6, 1      what is computed lies without gaps
    }

A map may lie pixel by pixel, channels last, as norms over channels and attention leave it. The strides of a
view follow torch's own rule (`at::detail::computeStride`).
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from cnnspec.graph import Graph, Node
from cnnspec.layers.base import Saved, Shape
from cnnspec.records import dataclass

Strides = tuple[int, ...]


@dataclass(frozen=True)
class StridedView:
    """The memory of a value: the storage of the node `root`, sizes and strides of the batch and the axes."""

    root: str
    sizes: Shape
    strides: Strides

    @property
    def in_order(self) -> bool:
        """Whether the values lie one after the other, sample by sample and channel by channel."""
        return self._lies_as(row_strides(self.sizes))

    @property
    def is_dense(self) -> bool:
        """Whether no other values lie between them, in order or channels last, which torch knows of maps."""
        return self.in_order or (len(self.sizes) > 3 and self._lies_as(last_strides(self.sizes)))

    @property
    def channels_last(self) -> bool:
        """Whether the channels of a pixel lie closer to each other than its neighbours do."""
        of_axes = [stride for size, stride in zip(self.sizes[2:], self.strides[2:], strict=True) if size > 1]
        return self.sizes[1] > 1 and bool(of_axes) and self.strides[1] < min(of_axes)

    def is_view(self, sizes: Shape) -> bool:
        """Whether the values can be read in another shape where they lie."""
        return reshaped(self.sizes, self.strides, sizes) is not None

    def _lies_as(self, strides: Strides) -> bool:
        pairs = zip(self.sizes, self.strides, strides, strict=True)
        return all(size == 1 or own == other for size, own, other in pairs)


def row_strides(sizes: Shape) -> Strides:
    """Those of values in the order of their indices."""
    return tuple([prod(sizes[axis + 1 :]) for axis in range(len(sizes))])


def last_strides(sizes: Shape) -> Strides:
    """Those of a batch of maps pixel by pixel."""
    batch, channels, *axes = row_strides((sizes[0], *sizes[2:], sizes[1]))
    return batch, axes[-1] if axes else 1, channels, *axes[:-1]


def reshaped(sizes: Shape, strides: Strides, target: Shape) -> Strides | None:
    """The strides of the same values in another shape; None where no strides say it, so that they are copied.

    Neighbouring axes that lie as one are taken together, from the last on, and cut into those of the target:

        sizes 2x3x4, strides 24, 4, 1    2 | 3x4 as one of 12    of 2x6x2: 24 | 2, 1    of 6x4: None
    """
    found: list[int] = []
    left = list(target)
    values, step = 1, strides[-1]
    for axis in reversed(range(len(sizes))):
        values *= sizes[axis]
        if axis and (sizes[axis - 1] == 1 or strides[axis - 1] == values * step):
            continue
        taken = 1
        while left and (taken < values or left[-1] == 1):
            found.append(taken * step)
            taken *= left.pop()
        if taken != values:
            return None
        values, step = 1, strides[axis - 1]
    return None if left else tuple(reversed(found))


def strided_views(graph: Graph, batch: int) -> dict[str, StridedView]:
    """Where the output of each node lies, of a batch."""
    found: dict[str, StridedView] = {}
    for name, applied in graph.applied.items():
        saved = applied.layer.saved(applied.shapes, (True,) * len(applied.shapes))
        found[name] = _strided_view(graph[name], graph, saved, found, batch)
    return found


def _strided_view(
    node: Node, graph: Graph, saved: Saved, found: Mapping[str, StridedView], batch: int
) -> StridedView:
    """In memory of its own, or in that of its first input where it is a view of it."""
    sizes = (batch, *node.shape)
    if saved.view:
        before = found[node.inputs[0]]
        strides = strides_of(before, sizes, saved)
        if strides is not None:
            return StridedView(before.root, sizes, strides)
        return StridedView(node.name, sizes, row_strides(sizes))
    last = _lies_channels_last(node, graph, saved, found, batch)
    return StridedView(node.name, sizes, last_strides(sizes) if last else row_strides(sizes))


def strides_of(before: StridedView, sizes: Shape, saved: Saved) -> Strides | None:
    """The strides of a view of a value; None where it has to be copied."""
    if saved.order:
        split = (before.sizes[0], *saved.split) if saved.split else before.sizes
        strides = reshaped(before.sizes, before.strides, split)
        if strides is None:
            return None
        turned = StridedView(
            before.root,
            (split[0], *[split[1 + axis] for axis in saved.order]),
            (strides[0], *[strides[1 + axis] for axis in saved.order]),
        )
        if saved.split:
            return reshaped(turned.sizes, turned.strides, sizes)
        return turned.strides if turned.in_order else None
    if prod(sizes) < prod(before.sizes) or sizes == before.sizes:
        return before.strides
    return reshaped(before.sizes, before.strides, sizes)


def _lies_channels_last(
    node: Node, graph: Graph, saved: Saved, found: Mapping[str, StridedView], batch: int
) -> bool:
    """Whether a map that a layer makes lies channels last: as its input does, which most kernels keep to.

    Of several inputs the first that is a map of as many channels says so.
    """
    if min(node.shape[0], prod(node.shape[1:])) == 1 or batch < saved.first_below:
        return False
    if saved.by_channel or (saved.groups and not reads_groups(found[node.inputs[0]], saved.groups)):
        return False
    if saved.channels_last:
        return True
    if len(node.shape) == 2 and not node.layer.keeps_layout:
        return False
    sources = [name for name in node.inputs if graph[name].shape[:1] == node.shape[:1]] or node.inputs
    return bool(sources) and found[sources[0]].channels_last


def reads_groups(view: StridedView, groups: int) -> bool:
    """Whether the channels of each group can be read as one row where they lie."""
    batch, channels, *axes = view.sizes
    return view.is_view((batch, groups, channels // groups * prod(axes)))
