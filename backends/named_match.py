"""A match of the modules of a net with those of a checkpoint, how well its names fit, and others near it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, combinations
from typing import NamedTuple

from cnnspec.backends.flow import ModuleTensors, modules_of
from cnnspec.backends.naming import Edge, Kind, closeness, kind_of, kinship, ordinal, segments
from cnnspec.backends.nesting import Nesting
from cnnspec.graph import Block, Graph

MARGIN = 0.2
"""By how much the names must follow the flow better for a match to be told from another."""
PASSING = 0.6
"""The same for a module past others, or from another branch: only the names at both ends speak of it."""


class Exchange(NamedTuple):
    """Places of a net, and the places whose modules these take instead: the same, in another order.

    `margin` is by how much the names must follow the flow better for it to be told.
    """

    places: tuple[int, ...]
    sources: tuple[int, ...]
    margin: float = MARGIN

    @staticmethod
    def of(first: Sequence[int], second: Sequence[int], margin: float = MARGIN) -> Exchange:
        """Two runs of places take the modules of each other."""
        return Exchange((*first, *second), (*second, *first), margin)

    def back(self) -> Exchange:
        return Exchange(self.sources, self.places, self.margin)


class NamedMatch:
    """Which module of the checkpoint each of the net takes, and how well the names then fit the net."""

    def __init__(
        self,
        graph: Graph,
        mine: list[ModuleTensors],
        theirs: list[ModuleTensors],
        edges: list[Edge],
        taken: dict[int, int],
    ) -> None:
        self.mine, self.theirs, self.taken = mine, theirs, taken
        self.paths = [module.path for module in theirs]
        self.edges: list[list[Edge]] = [[] for _ in self.mine]
        for edge in edges:
            self.edges[edge.first].append(edge)
            self.edges[edge.second].append(edge)
        self.into = Counter((edge.second, edge.kind) for edge in edges)
        self.kinds: dict[Kind, list[int]] = {}
        for number, module in enumerate(self.mine):
            self.kinds.setdefault(kind_of(module), []).append(number)
        branches = branches_of(self.paths)
        self.branch_of = [
            next((path[:depth] for depth in range(len(path), 0, -1) if path[:depth] in branches), ())
            for path in map(segments, self.paths)
        ]
        self.nesting = Nesting(blocks_of(graph, mine), branches.values(), len(self.mine))
        self.nesting.start(taken)

    def gain(self, move: Exchange) -> float:
        """By how much the names fit better after a move; the match is left as it was."""
        old, new = self._modules(move)
        edges = {edge for place in move.places for edge in self.edges[place]}
        before = self._score(edges, move.places)
        self.taken.update(zip(move.places, new, strict=True))
        after = self._score(edges, move.places)
        self.taken.update(zip(move.places, old, strict=True))
        return after - before - self.nesting.added(move.places, old, new)

    def fit(self) -> float:
        """How well the names fit the whole net; `gain` is what a move adds to it."""
        edges = {edge for around in self.edges for edge in around}
        return self._score(edges, range(len(self.mine))) - self.nesting.overlaps()

    def differing(self, other: NamedMatch) -> tuple[int, int]:
        """A place that has another module in another match, and the place that has that one here."""
        place = next(place for place, module in self.taken.items() if other.taken[place] != module)
        return place, next(at for at, module in self.taken.items() if module == other.taken[place])

    def make(self, move: Exchange) -> None:
        """Make a move."""
        old, new = self._modules(move)
        self.nesting.make(move.places, old, new)
        self.taken.update(zip(move.places, new, strict=True))

    def _modules(self, move: Exchange) -> tuple[list[int], list[int]]:
        """What stands at the places of a move before and after it."""
        return [self.taken[place] for place in move.places], [self.taken[place] for place in move.sources]

    def _score(self, edges: Iterable[Edge], places: Iterable[int]) -> float:
        """How well names follow the flow into each module, which counts once, and words that are shared."""
        taken, paths, into = self.taken, self.paths, self.into
        flow = sum(
            closeness(paths[taken[first]], paths[taken[second]], kind) / into[second, kind]
            for first, second, kind in edges
        )
        return flow + sum(kinship(self.mine[place].path, paths[taken[place]]) for place in places)

    def moves(self, is_rising: bool) -> Iterator[Exchange]:
        """What could be another match: two modules of one kind or two branches of names of equal shapes
        exchanged, or one module of a kind at the place of another, and those between moved up."""
        for places in self.kinds.values():
            for a, b in combinations(places, 2):
                yield Exchange.of((a,), (b,), MARGIN if self._are_beside(a, b) else PASSING)
            for number in range(len(places)):
                yield from self._passing(places[number:], is_rising)
                yield from self._passing(places[number::-1], is_rising)
        yield from self._blocks()

    def _are_beside(self, a: int, b: int) -> bool:
        """Whether the modules of two places stand equally deep in the names."""
        first, second = (self.paths[self.taken[place]] for place in (a, b))
        return len(segments(first)) == len(segments(second))

    def _passing(self, places: Sequence[int], is_rising: bool) -> Iterator[Exchange]:
        """The module of the first place behind two or more others of the branch that it stands in.

        Its number may forbid that.
        """
        first = self.paths[self.taken[places[0]]]
        branch = self.branch_of[self.taken[places[0]]]
        for end, place in enumerate(places[1:], 1):
            path = self.paths[self.taken[place]]
            if segments(path)[: len(branch)] != branch or (is_rising and numbered_alike(first, path)):
                return
            if end > 1:
                run = tuple(places[: end + 1])
                yield Exchange(run, (*run[1:], run[0]), PASSING)

    def _blocks(self) -> Iterator[Exchange]:
        """Pairs of branches that stand side by side, with modules of the same kinds along the flow."""
        inside: dict[tuple[str, ...], list[int]] = {}
        for number in range(len(self.mine)):
            path = segments(self.paths[self.taken[number]])
            for depth in range(1, len(path) + 1):
                inside.setdefault(path[:depth], []).append(number)
        alike: dict[tuple[tuple[str, ...], tuple[Kind, ...]], list[list[int]]] = {}
        for path, numbers in inside.items():
            if len(numbers) > 1:
                kinds = tuple(kind_of(self.mine[number]) for number in numbers)
                alike.setdefault((path[:-1], kinds), []).append(numbers)
        for blocks in alike.values():
            yield from (Exchange.of(*pair) for pair in combinations(blocks, 2))


def numbered_alike(first: str, second: str) -> bool:
    """Whether two paths part at two numbers of one count, as layer1 and layer2 do."""
    for a, b in zip(segments(first), segments(second), strict=False):
        if a != b:
            one, two = ordinal(a), ordinal(b)
            return one is not None and two is not None and one[0] == two[0]
    return False


def blocks_of(graph: Graph, mine: Sequence[ModuleTensors]) -> Iterator[frozenset[int]]:
    """The modules, by number, of each block that begins where data fork and ends where they join.

    Where other blocks begin and end is the choice of who wrote the net: a norm may end one or begin the next.
    """
    number = {module.path: place for place, module in enumerate(mine)}
    own = modules_of(graph)
    readers = Counter(name for node in graph for name in node.inputs)
    members: dict[int, frozenset[str]] = {}
    for block in reversed(list(graph.root.walk())):
        parts = (members[id(child)] if isinstance(child, Block) else {child} for child in block.children)
        members[id(block)] = inside = frozenset(name for name in chain(*parts) if name in graph.nodes)
        modules = [module.path for name in inside for module in own.get(name, ())]
        places = frozenset(number[path] for path in modules if path in number)
        if len(places) > 1 and forks(graph, inside, readers) and joins(graph, inside, readers):
            yield places


def forks(graph: Graph, inside: frozenset[str], readers: Counter[str]) -> bool:
    """Whether something that some layers read is read more than once."""
    return any(readers[name] > 1 for one in inside for name in graph[one].inputs if name not in inside)


def joins(graph: Graph, inside: frozenset[str], readers: Counter[str]) -> bool:
    """Whether layers join what they give on, or it is read more than once, or by what joins."""
    outside = [node for node in graph if node.name not in inside]
    given = {name for node in outside for name in node.inputs if name in inside}
    return any(readers[name] > 1 or len(graph[name].inputs) > 1 for name in given) or any(
        len(node.inputs) > 1 and not given.isdisjoint(node.inputs) for node in outside
    )


def branches_of(paths: Sequence[str]) -> dict[tuple[str, ...], frozenset[int]]:
    """The modules in each branch of the names, by number, for branches that have several."""
    inside: dict[tuple[str, ...], set[int]] = {}
    for number, path in enumerate(paths):
        for depth in range(len(segments(path)) + 1):
            inside.setdefault(segments(path)[:depth], set()).add(number)
    return {branch: frozenset(members) for branch, members in inside.items() if len(members) > 1}
