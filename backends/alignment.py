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

from collections.abc import Iterable, Iterator
from typing import Any

from cnnspec.backends.flow import (
    FlowBlock,
    ModuleTensors,
    WalkState,
    inner_blocks,
    leaves,
    modules_of,
)
from cnnspec.diagnostics import Refused
from cnnspec.graph import Graph

MOST_TRIES = 200_000
"""How many states of the search are tried before a match is given up."""

MOST_TWINS = 1000
"""How many runs are compared with one part of a block."""


class MatchError(Refused):
    """A checkpoint does not fit a net: it says where the two part."""


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


def align(
    graph: Graph, root: FlowBlock, foreign: list[ModuleTensors]
) -> list[tuple[ModuleTensors, ModuleTensors]]:
    """The modules in the blocks of a net, each with the checkpoint's that it meets. Raises MatchError."""
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


Pairs = dict[ModuleTensors, ModuleTensors]


def untangle(
    graph: Graph, root: FlowBlock, found: Pairs, foreign: list[ModuleTensors]
) -> list[tuple[ModuleTensors, ModuleTensors]]:
    """Exchange parallel parts of equal shapes where the checkpoint's names then follow the data better.

    A main path whose modules share a prefix, say, is told from the shortcut beside it.
    """
    position = {module: number for number, module in enumerate(foreign)}
    paths = {module.path: module for module in found}
    around = neighbours(graph, paths)

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


def neighbours(graph: Graph, paths: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
    """The edges at modules of these paths to those next in the flow, along the first inputs of joins."""
    own = modules_of(graph)
    source: dict[str, str] = {}
    found: dict[str, list[tuple[str, str]]] = {path: [] for path in paths}
    for node in graph:
        reached = source.get(node.inputs[0], "") if node.inputs else ""
        for part in (part for part in own.get(node.name, ()) if part.path in found):
            for end in (reached, part.path) if reached else ():
                found[end].append((reached, part.path))
            reached = part.path
        source[node.name] = reached
    return found


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


def look_alikes(root: FlowBlock) -> tuple[tuple[str, str], ...]:
    """The modules at the head of parallel runs of equal shapes, which only order and names tell apart."""
    pairs = ((run[0].path, mine[0].path) for run, mine in twins(root))
    return tuple(dict.fromkeys(tuple(sorted(pair)) for pair in pairs))  # type: ignore[arg-type]
