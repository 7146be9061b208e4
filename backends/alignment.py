"""Brings the modules of a net into the order of a checkpoint's, and tells equal ones apart.

A residual block, say, and a checkpoint whose author defined the shortcut first:

    net                                 checkpoint, in the order of its file
    in --> conv1 --> conv2 --> sum      0: down  8x4x1x1
    in --> shortcut ---------> sum      1: a     8x4x3x3
                                        2: b     8x8x3x3

The search walks the blocks of the net: what depends on something comes after it, and parallel paths (arms,
shortcuts, heads) in any order, the net's own first. Each module must have the shapes of the one it meets:

    done               may come next      the checkpoint has
    -                  conv1, shortcut    0: only shortcut has its shape
    shortcut           conv1              1: fits
    shortcut, conv1    conv2              2: fits, and both are at their end

Shapes may leave a choice, so a wrong turn is found out late: the search goes back to the last choice. A state
is the parts done in each block around it, a bit each; none is tried twice, which keeps the search short.
Where two parallel runs have equal shapes throughout, order alone decides; `untangle` then exchanges them if
the names of the checkpoint follow the flow of data better.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from cnnspec.backends.weights import declared
from cnnspec.diagnostics import Refused
from cnnspec.graph import Block, Graph
from cnnspec.layers.base import Shape, describe

MOST_TRIES = 200_000
"""How many states of the search are tried before a match is given up."""

MOST_TWINS = 1000
"""How many runs are compared with one part of a block."""


class MatchError(Refused):
    """A checkpoint does not fit a net: it says where the two part."""


class ModuleTensors(NamedTuple):
    """The tensors of one layer, under the path that their keys share: name and shape of each, in order."""

    path: str
    tensors: tuple[tuple[str, Shape], ...]

    def __str__(self) -> str:
        shapes = ", ".join(f"{name} {describe(shape) or 'scalar'}" for name, shape in self.tensors)
        return f"{self.path or '(top)'} ({shapes})"

    def pairs(self, other: ModuleTensors) -> list[tuple[str, str]] | None:
        """Which tensor of the other is which: by name where names agree, else in order; None if none is.

        Axes of size 1 do not count: a linear layer is a convolution of 1x1, a scale may be C or Cx1x1.
        """
        if len(self.tensors) != len(other.tensors):
            return None
        theirs = {name: without_ones(shape) for name, shape in other.tensors}
        if all(theirs.get(name) == without_ones(shape) for name, shape in self.tensors):
            return [(name, name) for name, _ in self.tensors]
        if {name for name, _ in self.tensors} == set(theirs):
            return None
        pairs = zip(self.tensors, other.tensors, strict=True)
        if any(without_ones(a[1]) != without_ones(b[1]) for a, b in pairs):
            return None
        return [(a[0], b[0]) for a, b in zip(self.tensors, other.tensors, strict=True)]


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


def own_tensors_last(found: list[ModuleTensors]) -> list[ModuleTensors]:
    """Tensors of a block after those of the modules in it: torch lists them first, wherever they act.

    block (scale), block.conv, block.norm, next  becomes  block.conv, block.norm, block (scale), next
    """
    order: list[ModuleTensors] = []
    around: list[ModuleTensors] = []
    for module in found:
        while around and not module.path.startswith(f"{around[-1].path}."):
            order.append(around.pop())
        around.append(module)
    return [*order, *reversed(around)]


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


def align(graph: Graph, foreign: list[ModuleTensors]) -> list[tuple[ModuleTensors, ModuleTensors]]:
    """The net's modules, each with the checkpoint's that it meets. Raises MatchError."""
    root = flow_blocks(graph)
    walk = OrderSearch(foreign)
    order = walk.through(root)
    if order is None:
        foreign = own_tensors_last(foreign)
        order = OrderSearch(foreign).through(root)
    if order is None:
        raise MatchError(walk.complaint(graph, sum(1 for _ in leaves(root))))
    return untangle(graph, root, dict(zip(order, foreign, strict=True)), foreign)


class OrderSearch:
    """Looks for an order of the net's modules that meets the checkpoint's, trying the net's own first."""

    def __init__(self, foreign: list[ModuleTensors]):
        self.foreign = foreign
        self.furthest = 0
        self.wanted: dict[ModuleTensors, None] = {}
        self.tries = 0
        self.seen: set[tuple[tuple[tuple[int, int], ...], int]] = set()

    def through(self, root: FlowBlock) -> list[ModuleTensors] | None:
        """An order of all modules in a block that meets the checkpoint from its first to its last."""
        stack: list[tuple[WalkState, int, Trace]] = [(WalkState(root, 0, None), 0, None)]
        # Depth first: the net's own order before others, and of all choices the latest is taken back first.
        # What may follow depends on the state and the place in the checkpoint alone, so that a pair that was
        # seen has failed already, whatever led there: without that, k parallel arms would be tried in k!
        # orders.
        while stack and self.tries < MOST_TRIES:
            state, index, trace = stack.pop()
            self.tries += 1
            step = state.advance()
            if step is None:
                if index == len(self.foreign):
                    return unwind(trace)
                self._miss(index, None)
                continue
            state, ready = step
            key = (state.key(), index)
            if key in self.seen:
                continue
            self.seen.add(key)
            for part, done in reversed(ready):
                rest = WalkState(state.block, done, state.outer)
                if part.module is None:
                    stack.append((WalkState(part, 0, rest), index, trace))
                elif index < len(self.foreign) and part.module.pairs(self.foreign[index]) is not None:
                    stack.append((rest, index + 1, (part.module, trace)))
                else:
                    self._miss(index, part.module)
        return None

    def _miss(self, index: int, module: ModuleTensors | None) -> None:
        """Remember what was wanted at the furthest point reached."""
        if index > self.furthest:
            self.furthest, self.wanted = index, {}
        if index == self.furthest and module is not None:
            self.wanted[module] = None

    def complaint(self, graph: Graph, count: int) -> str:
        """Where the net and the checkpoint part."""
        wanted = " or ".join(map(str, self.wanted)) or "nothing more"
        there = str(self.foreign[self.furthest]) if self.furthest < len(self.foreign) else "nothing more"
        return (
            f"the checkpoint ({len(self.foreign)} modules) does not fit {graph.name} ({count} modules): "
            f"at number {self.furthest + 1} the net has {wanted}, the checkpoint {there}"
        )


Trace = tuple[ModuleTensors, Any] | None


def unwind(trace: Trace) -> list[ModuleTensors]:
    """The modules of a walk, from the first on."""
    found = []
    while trace is not None:
        module, trace = trace
        found.append(module)
    return found[::-1]


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


def flow_blocks(graph: Graph) -> FlowBlock:
    """The blocks of a net and the layers in them that have weights."""
    own: dict[str, list[tuple[str, Shape]]] = {}
    for key, weight, _ in declared(graph):
        path, _, name = key.rpartition(".")
        own.setdefault(path, []).append((name, weight.shape))
    made: dict[int, FlowBlock] = {}
    inside: dict[int, frozenset[str]] = {}
    for block in reversed(list(graph.root.walk())):
        parts, members = [], []
        for child in block.children:
            if isinstance(child, Block):
                parts.append(made[id(child)])
                members.append(inside[id(child)])
            elif child in graph.nodes:
                module = ModuleTensors(child, tuple(own[child])) if child in own else None
                parts.append(FlowBlock(child, module))
                members.append(frozenset({child}))
        after = dependencies(graph, members)
        made[id(block)] = FlowBlock(block.path, None, parts, after, parallel(after))
        inside[id(block)] = frozenset().union(*members)
    return made[id(graph.root)]


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


Pairs = dict[ModuleTensors, ModuleTensors]


def untangle(
    graph: Graph, root: FlowBlock, found: Pairs, foreign: list[ModuleTensors]
) -> list[tuple[ModuleTensors, ModuleTensors]]:
    """Exchange parallel parts of equal shapes where the checkpoint's names then follow the data better.

    A main path whose modules share a prefix, say, is told from the shortcut beside it.
    """
    position = {module: number for number, module in enumerate(foreign)}
    around = neighbours(graph)
    paths = {module.path: module for module in found}

    def edges(members: list[ModuleTensors]) -> list[tuple[ModuleTensors, ModuleTensors]]:
        touched = dict.fromkeys(edge for module in members for edge in around[module.path])
        return [(found[paths[a]], found[paths[b]]) for a, b in touched]

    for first, second in twins(root):
        kept = closeness(edges(first + second))
        exchange(found, first, second)
        now = edges(first + second)
        # Never so that a module would come before one that feeds it: checkpoints list modules as they were
        # registered, which follows the flow of data within an arm.
        if closeness(now) <= kept or any(position[a] > position[b] for a, b in now):
            exchange(found, first, second)
    return list(found.items())


def closeness(edges: list[tuple[ModuleTensors, ModuleTensors]]) -> int:
    """How many segments the names of neighbours in the flow of data share, in all."""
    return sum(shared(a.path, b.path) for a, b in edges)


def exchange(found: Pairs, first: list[ModuleTensors], second: list[ModuleTensors]) -> None:
    for a, b in zip(first, second, strict=True):
        found[a], found[b] = found[b], found[a]


def shared(first: str, second: str) -> int:
    """How many segments two paths begin with alike."""
    count = 0
    for a, b in zip(first.split("."), second.split("."), strict=False):
        if a != b:
            break
        count += 1
    return count


def neighbours(graph: Graph) -> dict[str, list[tuple[str, str]]]:
    """The edges at each module to those next to it in the flow of data, along the first inputs of joins."""
    with_weights = {key.rpartition(".")[0] for key, _, _ in declared(graph)}
    source: dict[str, str] = {}
    found: dict[str, list[tuple[str, str]]] = {path: [] for path in with_weights}
    for node in graph:
        reached = source.get(node.inputs[0], "") if node.inputs else ""
        if node.name in with_weights:
            for end in (reached, node.name) if reached else ():
                found[end].append((reached, node.name))
            reached = node.name
        source[node.name] = reached
    return found


def inner_blocks(root: FlowBlock) -> Iterator[FlowBlock]:
    stack = [root]
    while stack:
        block = stack.pop()
        yield block
        stack.extend(block.parts)


def twins(root: FlowBlock) -> Iterator[tuple[list[ModuleTensors], list[ModuleTensors]]]:
    """Runs of modules in parallel in some block that have equal shapes, so that either may be the other."""
    for block in inner_blocks(root):
        beside = [set(later) for later in block.beside]
        for number, later in enumerate(block.beside):
            for other in later:
                beside[other].add(number)
        inside = [list(leaves(part)) if beside[number] else [] for number, part in enumerate(block.parts)]
        for number, mine in enumerate(inside):
            others = [module for other in sorted(beside[number]) for module in inside[other]]
            starts = range(min(MOST_TWINS, len(others) - len(mine) + 1)) if mine else ()
            for run in (others[start : start + len(mine)] for start in starts):
                if [module.tensors for module in run] == [module.tensors for module in mine]:
                    yield run, mine


def look_alikes(graph: Graph) -> tuple[tuple[str, str], ...]:
    """The modules at the head of parallel runs of equal shapes, which only order and names tell apart."""
    pairs = ((run[0].path, mine[0].path) for run, mine in twins(flow_blocks(graph)))
    return tuple(dict.fromkeys(tuple(sorted(pair)) for pair in pairs))  # type: ignore[arg-type]


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
