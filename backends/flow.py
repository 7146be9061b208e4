"""The modules of a net as a search through a checkpoint walks them: blocks, and what may come next in each.

residual { conv1 -> conv2 }     parts: conv1, conv2, shortcut       after: -, conv1, -
                                beside conv1: shortcut              beside conv2: shortcut
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from cnnspec.backends.weights import declared
from cnnspec.graph import Block, Graph
from cnnspec.layers.base import Shape, describe


class ModuleTensors(NamedTuple):
    """The tensors of one layer, under the path that their keys share: name and shape of each, in order."""

    path: str
    tensors: tuple[tuple[str, Shape], ...]

    def __str__(self) -> str:
        shapes = ", ".join(f"{name} {describe(shape) or 'scalar'}" for name, shape in self.tensors)
        return f"{self.path or '(top)'} ({shapes})"

    def pairs(self, other: ModuleTensors) -> list[tuple[str, str]] | None:
        """Which tensor of the other is which: by name where names agree, else in order, else by shape.

        None if none is. Axes of size 1 do not count: a linear layer is a convolution of 1x1, a scale may be C
        or Cx1x1.
        """
        if len(self.tensors) != len(other.tensors):
            return None
        mine = {name: without_ones(shape) for name, shape in self.tensors}
        theirs = {name: without_ones(shape) for name, shape in other.tensors}
        if mine.keys() == theirs.keys():
            return [(name, name) for name in mine] if mine == theirs else None
        if list(mine.values()) == list(theirs.values()):
            return list(zip(mine, theirs, strict=True))
        by_shape = {shape: name for name, shape in theirs.items()}
        if len(by_shape) < len(mine) or set(mine.values()) != set(by_shape):
            return None
        return [(name, by_shape[shape]) for name, shape in mine.items()]


def without_ones(shape: Shape) -> Shape:
    """A shape as others may write it: axes of size 1 left out, but for those between axes of a kernel.

    A convolution of 1x1 is a linear layer, a scale may be C or Cx1x1; a kernel of 1x3 is not one of 3x1.
    """
    row = tuple(extent for extent in shape if extent != 1)
    if len(row) < 2:
        return row
    while shape[-1] == 1:
        shape = shape[:-1]
    return tuple(extent for axis, extent in enumerate(shape) if extent != 1 or axis > 1)


@dataclass(eq=False)
class FlowBlock:
    """A block of the net, or a layer, which may have weights.

    Its parts are in order; `after` are those that feed each part, a bit each, `beside` the later ones that do
    not need it.
    """

    path: str
    module: ModuleTensors | None = None
    parts: list[FlowBlock] = field(default_factory=list)
    after: list[int] = field(default_factory=list)
    beside: list[list[int]] = field(default_factory=list)


class WalkState(NamedTuple):
    """Where a walk is: in a block, with some of its parts done (a bit each), and in the blocks around it."""

    block: FlowBlock
    done: int
    outer: WalkState | None

    def key(self) -> tuple[tuple[int, int], ...]:
        """What tells this state of the walk from others."""
        found = []
        state: WalkState | None = self
        while state is not None:
            found.append((id(state.block), state.done))
            state = state.outer
        return tuple(found)

    def advance(self) -> tuple[WalkState, list[tuple[FlowBlock, int]]] | None:
        """The innermost unfinished state, and its parts that may come next; None where all is done."""
        state: WalkState | None = self
        while state is not None:
            block, done = state.block, state.done
            # the lowest bit that is not set: the first part that is not done
            first = (~done & (done + 1)).bit_length() - 1
            if first < len(block.parts):
                later = (n for n in block.beside[first] if not done >> n & 1 and not block.after[n] & ~done)
                return state, [(block.parts[number], done | 1 << number) for number in (first, *later)]
            state = state.outer
        return None


def modules_of(graph: Graph, anew: Container[str] = ()) -> dict[str, tuple[ModuleTensors, ...]]:
    """The modules of each layer that has weights, by the path that its weights go by.

    Most have one; attention has those of qkv and of proj, and its table. Tensors of the keys `anew` are left
    out.
    """
    own: dict[str, dict[str, list[tuple[str, Shape]]]] = {}
    for key, weight, node in declared(graph):
        if key in anew:
            continue
        path, _, name = key.rpartition(".")
        own.setdefault(node.weights_of, {}).setdefault(path, []).append((name, weight.shape))
    return {
        layer: tuple(ModuleTensors(path, tuple(tensors)) for path, tensors in parts.items())
        for layer, parts in own.items()
    }


def flow_blocks(graph: Graph, anew: Container[str] = ()) -> FlowBlock:
    """The blocks of a net and the layers in them that have weights, but for those of the keys `anew`."""
    own = modules_of(graph, anew)
    made: dict[int, FlowBlock] = {}
    inside: dict[int, frozenset[str]] = {}
    for block in reversed(list(graph.root.walk())):
        parts, members = [], []
        for child in block.children:
            if isinstance(child, Block):
                parts.append(made[id(child)])
                members.append(inside[id(child)])
            elif child in graph.nodes:
                parts.append(flow_layer(child, own.get(child, ())))
                members.append(frozenset({child}))
        after = dependencies(graph, members)
        made[id(block)] = FlowBlock(block.path, None, parts, after, parallel(after))
        inside[id(block)] = frozenset().union(*members)
    return made[id(graph.root)]


def flow_layer(name: str, modules: tuple[ModuleTensors, ...]) -> FlowBlock:
    """A layer as a part of its block; of several modules each may come first."""
    if len(modules) < 2:
        return FlowBlock(name, modules[0] if modules else None)
    parts, after = [FlowBlock(module.path, module) for module in modules], [0] * len(modules)
    return FlowBlock(name, None, parts, after, parallel(after))


def dependencies(graph: Graph, members: list[frozenset[str]]) -> list[int]:
    """For each part of a block the parts that feed it, a bit each."""
    home = {name: number for number, names in enumerate(members) for name in names}
    after = []
    for number, names in enumerate(members):
        feeders = {home.get(source, number) for name in names for source in graph[name].inputs} - {number}
        after.append(sum(1 << feeder for feeder in feeders))
    return after


def leaves(block: FlowBlock) -> Iterator[ModuleTensors]:
    """The modules of a block, in the order of the net."""
    stack = [block]
    while stack:
        here = stack.pop()
        if here.module is not None:
            yield here.module
        stack.extend(reversed(here.parts))


def inner_blocks(root: FlowBlock) -> Iterator[FlowBlock]:
    stack = [root]
    while stack:
        block = stack.pop()
        yield block
        stack.extend(block.parts)


def parallel(after: list[int]) -> list[list[int]]:
    """For each part the later ones that it does not feed, directly or through others."""
    found: list[list[int]] = [[] for _ in after]
    for later, fed_by in enumerate(closure(after)):
        for number in bits(~fed_by & ((1 << later) - 1)):
            found[number].append(later)
    return found


def closure(after: list[int]) -> list[int]:
    """For each part all parts that feed it, directly or through others."""
    reach: list[int] = []
    for feeders in after:
        whole = feeders
        for number in bits(feeders):
            whole |= reach[number]
        reach.append(whole)
    return reach


def bits(number: int) -> Iterator[int]:
    """The positions of the ones of a number, from the lowest on."""
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest
