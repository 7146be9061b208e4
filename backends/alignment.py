"""Brings the modules of a net into the order of a checkpoint's, and tells equal ones apart.

The net's blocks are walked: what depends on something comes after it, parallel paths (arms, shortcuts, heads)
may come in any order, and each module must have the shapes of the one it meets.
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
"""How many places of the walk are tried before a match is given up."""

MOST_TWINS = 1000
"""How many runs are compared with one part of a block."""


class MatchError(Refused):
    """A checkpoint does not fit a net: it says where the two part."""


class Module(NamedTuple):
    """The tensors of one layer, under the path that their keys share: name and shape of each, in order."""

    path: str
    tensors: tuple[tuple[str, Shape], ...]

    def __str__(self) -> str:
        shapes = ", ".join(f"{name} {describe(shape) or 'scalar'}" for name, shape in self.tensors)
        return f"{self.path or '(top)'} ({shapes})"

    def pairs(self, other: Module) -> list[tuple[str, str]] | None:
        """Which tensor of the other is which: by name where names agree, else in order; None if none is."""
        if len(self.tensors) != len(other.tensors):
            return None
        theirs = dict(other.tensors)
        if all(theirs.get(name) == shape for name, shape in self.tensors):
            return [(name, name) for name, _ in self.tensors]
        if {name for name, _ in self.tensors} == set(theirs):
            return None
        if any(a[1] != b[1] for a, b in zip(self.tensors, other.tensors, strict=True)):
            return None
        return [(a[0], b[0]) for a, b in zip(self.tensors, other.tensors, strict=True)]


@dataclass(eq=False)
class Place:
    """A block of the net, or a layer, which may have weights.

    Its parts are in order; `after` are those that feed each part, a bit each, `beside` the later ones that do
    not need it.
    """

    path: str
    module: Module | None = None
    parts: list[Place] = field(default_factory=list)
    after: list[int] = field(default_factory=list)
    beside: list[list[int]] = field(default_factory=list)


def align(graph: Graph, foreign: list[Module]) -> list[tuple[Module, Module]]:
    """The net's modules, each with the checkpoint's that it meets. Raises MatchError."""
    root = places(graph)
    walk = Walk(foreign)
    order = walk.through(root)
    if order is None:
        raise MatchError(walk.complaint(graph, sum(1 for _ in leaves(root))))
    return untangle(graph, root, dict(zip(order, foreign, strict=True)), foreign)


class Walk:
    """Looks for an order of the net's modules that meets the checkpoint's, trying the net's own first."""

    def __init__(self, foreign: list[Module]):
        self.foreign = foreign
        self.furthest = 0
        self.wanted: dict[Module, None] = {}
        self.tries = 0
        self.seen: set[tuple[tuple[tuple[int, int], ...], int]] = set()

    def through(self, root: Place) -> list[Module] | None:
        """An order of all modules under a place that meets the checkpoint from its first to its last."""
        stack: list[tuple[Frame, int, Trace]] = [(Frame(root, 0, None), 0, None)]
        while stack and self.tries < MOST_TRIES:
            frame, index, trace = stack.pop()
            self.tries += 1
            step = frame.advance()
            if step is None:
                if index == len(self.foreign):
                    return unwind(trace)
                self._miss(index, None)
                continue
            frame, ready = step
            key = (frame.key(), index)
            if key in self.seen:
                continue
            self.seen.add(key)
            for part, done in reversed(ready):
                rest = Frame(frame.place, done, frame.outer)
                if part.module is None:
                    stack.append((Frame(part, 0, rest), index, trace))
                elif index < len(self.foreign) and part.module.pairs(self.foreign[index]) is not None:
                    stack.append((rest, index + 1, (part.module, trace)))
                else:
                    self._miss(index, part.module)
        return None

    def _miss(self, index: int, module: Module | None) -> None:
        """Remember what was wanted at the furthest place reached."""
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


Trace = tuple[Module, Any] | None


def unwind(trace: Trace) -> list[Module]:
    """The modules of a walk, from the first on."""
    found = []
    while trace is not None:
        module, trace = trace
        found.append(module)
    return found[::-1]


class Frame(NamedTuple):
    """Where a walk is: in a place, with some of its parts done (a bit each), and the frame around it."""

    place: Place
    done: int
    outer: Frame | None

    def key(self) -> tuple[tuple[int, int], ...]:
        """What tells this state of the walk from others."""
        found = []
        frame: Frame | None = self
        while frame is not None:
            found.append((id(frame.place), frame.done))
            frame = frame.outer
        return tuple(found)

    def advance(self) -> tuple[Frame, list[tuple[Place, int]]] | None:
        """The innermost unfinished frame, and its parts that may come next; None where all is done."""
        frame: Frame | None = self
        while frame is not None:
            place, done = frame.place, frame.done
            first = (~done & (done + 1)).bit_length() - 1
            if first < len(place.parts):
                later = (n for n in place.beside[first] if not done >> n & 1 and not place.after[n] & ~done)
                return frame, [(place.parts[number], done | 1 << number) for number in (first, *later)]
            frame = frame.outer
        return None


def places(graph: Graph) -> Place:
    """The blocks of a net and the layers in them that have weights, as places."""
    own: dict[str, list[tuple[str, Shape]]] = {}
    for key, weight, _ in declared(graph):
        path, _, name = key.rpartition(".")
        own.setdefault(path, []).append((name, weight.shape))
    made: dict[int, Place] = {}
    inside: dict[int, frozenset[str]] = {}
    for block in reversed(list(graph.root.walk())):
        parts, members = [], []
        for child in block.children:
            if isinstance(child, Block):
                parts.append(made[id(child)])
                members.append(inside[id(child)])
            elif child in graph.nodes:
                module = Module(child, tuple(own[child])) if child in own else None
                parts.append(Place(child, module))
                members.append(frozenset({child}))
        after = dependencies(graph, members)
        made[id(block)] = Place(block.path, None, parts, after, parallel(after))
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


def leaves(place: Place) -> Iterator[Module]:
    """The modules of a place, in the order of the net."""
    stack = [place]
    while stack:
        here = stack.pop()
        if here.module is not None:
            yield here.module
        stack.extend(reversed(here.parts))


Pairs = dict[Module, Module]


def untangle(graph: Graph, root: Place, found: Pairs, foreign: list[Module]) -> list[tuple[Module, Module]]:
    """Exchange parallel parts of equal shapes where the checkpoint's names then follow the data better.

    A main path whose modules share a prefix, say, is told from the shortcut beside it.
    """
    position = {module: number for number, module in enumerate(foreign)}
    around = neighbours(graph)
    paths = {module.path: module for module in found}

    def edges(members: list[Module]) -> list[tuple[Module, Module]]:
        touched = dict.fromkeys(edge for module in members for edge in around[module.path])
        return [(found[paths[a]], found[paths[b]]) for a, b in touched]

    for first, second in twins(root):
        kept = closeness(edges(first + second))
        exchange(found, first, second)
        now = edges(first + second)
        if closeness(now) <= kept or any(position[a] > position[b] for a, b in now):
            exchange(found, first, second)
    return list(found.items())


def closeness(edges: list[tuple[Module, Module]]) -> int:
    """How many segments the names of neighbours in the flow of data share, in all."""
    return sum(shared(a.path, b.path) for a, b in edges)


def exchange(found: Pairs, first: list[Module], second: list[Module]) -> None:
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


def inner_places(root: Place) -> Iterator[Place]:
    stack = [root]
    while stack:
        place = stack.pop()
        yield place
        stack.extend(place.parts)


def twins(root: Place) -> Iterator[tuple[list[Module], list[Module]]]:
    """Runs of modules in parallel in some block that have equal shapes, so that either may be the other."""
    for place in inner_places(root):
        beside = [set(later) for later in place.beside]
        for number, later in enumerate(place.beside):
            for other in later:
                beside[other].add(number)
        inside = [list(leaves(part)) if beside[number] else [] for number, part in enumerate(place.parts)]
        for number, mine in enumerate(inside):
            others = [module for other in sorted(beside[number]) for module in inside[other]]
            starts = range(min(MOST_TWINS, len(others) - len(mine) + 1)) if mine else ()
            for run in (others[start : start + len(mine)] for start in starts):
                if [module.tensors for module in run] == [module.tensors for module in mine]:
                    yield run, mine


def look_alikes(graph: Graph) -> tuple[tuple[str, str], ...]:
    """The modules at the head of parallel runs of equal shapes, which only order and names tell apart."""
    pairs = ((run[0].path, mine[0].path) for run, mine in twins(places(graph)))
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
    """The places of the ones of a number, from the lowest on."""
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest
