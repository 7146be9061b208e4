"""Fusion: the layers that run in one go, in inference, because what follows a layer is done to its output.

Which ones is a matter of traits; no weight is looked at. A backend with the weights at hand does the same
arithmetic, and a planner of memory sees one value where the graph has several:

    conv -> batchnorm -> add(shortcut) -> relu      one: conv, then batchnorm, add and relu on its output
    batchnorm -> relu -> conv                       one: batchnorm and relu on the input of conv
    dropout, droppath, identity                     none: their value is their input's
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from cnnspec.graph import Graph
from cnnspec.layers.base import Layer, Shape
from cnnspec.layers.conv import Conv
from cnnspec.layers.dense import Linear
from cnnspec.layers.join import Add
from cnnspec.records import dataclass, field


class Operation(NamedTuple):
    """A layer to run: it makes `value` of `inputs`."""

    value: str
    layer: Layer
    inputs: tuple[str, ...]


@dataclass()
class Fused:
    """A layer and what runs in one go with it, `members` in the order of the net.

    `before` are those that work on its input, `residual` is a value that an add among the others adds, and
    `output` the value that is there in the end.
    """

    layer: Layer
    inputs: tuple[str, ...]
    output: str
    members: list[str]
    before: tuple[str, ...] = ()
    residual: str | None = None
    active: bool = False
    number: int = field(default=0, compare=False)

    @property
    def open(self) -> bool:
        """Whether a scale and a shift can still be taken in."""
        return self.residual is None and not self.active

    @property
    def sources(self) -> tuple[str, ...]:
        """All values that it reads."""
        return self.inputs if self.residual is None else (*self.inputs, self.residual)

    @property
    def works(self) -> bool:
        """Whether its layer is a conv or a linear one."""
        return isinstance(self.layer, (Conv, Linear))


class Fusion(NamedTuple):
    """What runs in one go, in order; `alias` are the values that are other values."""

    groups: tuple[Fused, ...]
    alias: Mapping[str, str]


def operations(graph: Graph) -> list[Operation]:
    """The layers that inference runs, each as the plain conv or pool that it is, where it is one."""
    running = graph.inference()
    return [
        Operation(node.name, plain(node.layer, running.input_shapes(node)), node.inputs)
        for node in running
        if node.inputs
    ]


def plain(layer: Layer, shapes: tuple[Shape, ...]) -> Layer:
    """The layer that a layer decomposes into, where that is one."""
    parts = layer.decompose(*shapes)
    return parts[0] if len(parts) == 1 else layer


def fuse(run: Iterable[Operation], heads: Iterable[str]) -> Fusion:
    """What runs in one go: a layer is taken in where nothing else reads its input, and that is no head."""
    alias: dict[str, str] = {}
    chosen: list[Operation] = []
    for operation in run:
        inputs = tuple([alias.get(name, name) for name in operation.inputs])
        if operation.layer.silent:
            alias[operation.value] = inputs[0]
        else:
            chosen.append(operation._replace(inputs=inputs))
    readers = Counter(name for operation in chosen for name in operation.inputs)
    kept = {alias.get(name, name) for name in heads}
    single = {name for name, count in readers.items() if count == 1} - kept

    makers: dict[str, Fused] = {}
    groups: list[Fused] = []
    for operation in chosen:
        group = _taken_in(operation, makers, single)
        if group is None:
            value, layer, inputs = operation
            group = Fused(layer, inputs, value, [value], active=layer.elementwise, number=len(groups))
            groups.append(group)
        else:
            del makers[group.output]
            group.output = operation.value
            group.members.append(operation.value)
        makers[operation.value] = group
    return Fusion(tuple(_with_prefixes(groups, single)), alias)


def _taken_in(operation: Operation, makers: dict[str, Fused], single: set[str]) -> Fused | None:
    """The group that takes an operation in; None where none can."""
    layer, inputs = operation.layer, operation.inputs
    # y = conv(x) + shortcut: the sum goes over the values of the conv while they are at hand
    if isinstance(layer, Add):
        return _sum_taken_in(inputs, makers, single)
    group = makers.get(inputs[0]) if len(inputs) == 1 and inputs[0] in single else None
    if group is None or not (group.works or group.layer.rescales):
        return None
    # not behind a residual or an activation: y * scale + shift is what is done first
    if layer.rescales and group.open:
        return group
    if layer.elementwise and not group.active:
        group.active = True
        return group
    return None


def _sum_taken_in(inputs: tuple[str, ...], makers: dict[str, Fused], single: set[str]) -> Fused | None:
    """A sum of two is taken into the later of the convs that make them; the other value is added to it."""
    if len(inputs) != 2 or inputs[0] == inputs[1]:
        return None
    # the later one, so that the other value is there when the group runs
    other, name = sorted(inputs, key=lambda name: makers[name].number if name in makers else -1)
    group = makers.get(name)
    if group is None or name not in single or not group.works or not group.open:
        return None
    group.residual = other
    return group


def _with_prefixes(groups: list[Fused], single: set[str]) -> list[Fused]:
    """The groups, with those that only rescale (batchnorm and relu in a DenseNet) taken into their conv."""
    makers = {group.output: group for group in groups}
    gone: set[str] = set()
    for group in groups:
        before = makers.get(group.inputs[0]) if isinstance(group.layer, Conv) else None
        if before is None or before.output not in single or not before.layer.rescales:
            continue
        # what the margin of another mode holds is made of the rescaled map
        if group.layer.pad_mode != "zeros":  # type: ignore[attr-defined]
            continue
        group.before, group.inputs = tuple(before.members), before.inputs
        group.members[:0] = before.members
        gone.add(before.output)
    return [group for group in groups if group.output not in gone]
