"""Brings the modules of a checkpoint whose order says nothing into an order that the flow of a net allows.

    conv1, bn1, layer1.0.bn1, layer1.0.conv1, ...    whatever the order in the file

The names are a tree. What is in one branch of it stands together, numbers that stand side by side go up
(layer1, layer2; 0, 1), and the branches themselves may come in any order. The search walks the blocks of the
net as `alignment` does, and takes for each module one of the checkpoint that may come next in this sense and
has its shapes; of several the one whose name is closest to the module before it.

Whatever could be exchanged in what is found (two modules, two branches, two arms of the net, a norm behind a
list of blocks with those in the blocks), so that it is still such an order, is another match. It is a worse
one if the names follow the flow of data less then, or if their branches overlap with more residual blocks and
arms of the net. If it is no worse, nothing tells which is which, and the match is refused. So the result
never depends on the order of the checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from cnnspec.backends.alignment import MatchError, twins
from cnnspec.backends.flow import FlowBlock, ModuleTensors, WalkState, leaves
from cnnspec.backends.named_match import MARGIN, Exchange, NamedMatch
from cnnspec.backends.naming import (
    Edge,
    Kind,
    check_kinds,
    closeness,
    edges_of,
    kind_of,
    natural,
    ordinal,
    segments,
)
from cnnspec.graph import Graph

SETTLED = "the module and an example, as in load_weights(net, module, example), tell"
MOST_ROUNDS = 10
MOST_STARTS = 16
"""How often the search begins anew where branches of names lie across blocks."""
MOST_TRIES = 20_000
"""How many states of the search are tried before it is given up."""


class AmbiguousMatch(MatchError):
    """Two matches are as good as each other."""


@dataclass(eq=False)
class NameBranch:
    """A branch of the tree of names: its modules (a bit each in `inside`), or the one that it is."""

    name: str
    number: int | None = None
    inside: int = 0
    parts: list[NameBranch] = field(default_factory=list)


def match_by_names(
    graph: Graph, root: FlowBlock, foreign: list[ModuleTensors]
) -> list[tuple[ModuleTensors, ModuleTensors]]:
    """The modules in the blocks of a net, each with the checkpoint's that is it.

    Raises MatchError, with paths of both.
    """
    mine = list(leaves(root))
    theirs = sorted(foreign, key=lambda module: (natural(module.path), module))
    check_kinds(graph, mine, theirs)
    is_rising, found = True, find_order(root, theirs)
    if found is None:
        # numbers may go down along the flow, as those of a pyramid that is built from its top, and lists of
        # blocks may take turns
        is_rising, found = False, find_order(root, theirs, is_rising=False)
    if found is None:
        raise MatchError(
            f"{graph.name} and the checkpoint have {len(mine)} modules of the same shapes, but in no order "
            "that the flow of data and the names of the checkpoint both allow"
        )
    edges = [*edges_of(graph, mine), *edges_beside(root, mine)]

    def settled(order: dict[str, int]) -> tuple[NamedMatch, list[Exchange]]:
        named = NamedMatch(graph, mine, theirs, edges, {n: order[one.path] for n, one in enumerate(mine)})
        return named, settle(graph, root, named, is_rising)

    best, equal = settled(found)
    for turn in range(MOST_STARTS if is_rising and best.nesting.overlaps() else 0):
        # branches that lie across blocks may be the best only near where the search began
        order = find_order(root, theirs, is_rising=is_rising, random=Random(turn))
        if order is None:
            continue
        other, others = settled(order)
        if other.fit() > best.fit() + MARGIN:
            best, equal = other, others
        elif other.taken != best.taken and other.fit() > best.fit() - MARGIN:
            raise AmbiguousMatch(untold(graph, best, best.differing(other)))
    check_told(graph, best, equal)
    return [(module, theirs[best.taken[number]]) for number, module in enumerate(mine)]


def check_order(
    graph: Graph,
    root: FlowBlock,
    found: list[tuple[ModuleTensors, ModuleTensors]],
    foreign: list[ModuleTensors],
) -> None:
    """Raise AmbiguousMatch where names fit another match better than the one by order, which was found."""
    mine = list(leaves(root))
    theirs = sorted(foreign, key=lambda module: (natural(module.path), module))
    of = {its: number for number, its in enumerate(theirs)}
    place = {module: number for number, module in enumerate(mine)}
    edges = [*edges_of(graph, mine), *edges_beside(root, mine)]
    named = NamedMatch(graph, mine, theirs, edges, {place[module]: of[its] for module, its in found})
    is_rising = is_allowed(root, named, True)
    if not is_rising and not is_allowed(root, named, False):
        return
    for move in (*named.moves(is_rising), *exchanged_arms(root, named)):
        if named.gain(move) >= move.margin and is_possible(root, named, is_rising, move):
            raise AmbiguousMatch(
                f"the order of the checkpoint and its names tell otherwise: "
                f"{untold(graph, named, (move.places[0], move.sources[0]))}"
            )


def edges_beside(root: FlowBlock, mine: list[ModuleTensors]) -> Iterator[Edge]:
    """Pairs of modules in parallel, of equal shapes, that the net numbers: heads of levels, say."""
    number = {module.path: place for place, module in enumerate(mine)}
    for run, other in twins(root):
        for pair in zip(run, other, strict=True):
            first, second = sorted(number[module.path] for module in pair)
            if closeness(mine[first].path, mine[second].path, "beside") > 0:
                yield Edge(first, second, "beside")


def settle(graph: Graph, root: FlowBlock, named: NamedMatch, is_rising: bool) -> list[Exchange]:
    """Take the better of two matches where both are possible; the moves to those that are as good."""
    arms = exchanged_arms(root, named)
    for _ in range(MOST_ROUNDS):
        near: list[Exchange] = []
        is_better = False
        for move in (*named.moves(is_rising), *arms):
            gain = named.gain(move)
            if gain >= move.margin and is_possible(root, named, is_rising, move):
                named.make(move)
                is_better = True
            elif abs(gain) < move.margin:
                near.append(move)
        if not is_better:
            return [move for move in near if is_possible(root, named, is_rising, move)]
    raise MatchError(f"{graph.name} and the checkpoint fit in too many ways")


def exchanged_arms(root: FlowBlock, named: NamedMatch) -> list[Exchange]:
    """The runs in parallel that have equal shapes."""
    number = {module.path: place for place, module in enumerate(named.mine)}
    return [
        Exchange.of([number[m.path] for m in run], [number[m.path] for m in other])
        for run, other in twins(root)
    ]


def is_possible(root: FlowBlock, named: NamedMatch, is_rising: bool, move: Exchange) -> bool:
    """Whether the match after a move is in an order that the flow and the names allow."""
    named.make(move)
    found = is_allowed(root, named, is_rising)
    named.make(move.back())
    return found


def is_allowed(root: FlowBlock, named: NamedMatch, is_rising: bool) -> bool:
    """Whether a match is in an order that the flow and the names allow."""
    wanted = {module.path: named.taken[place] for place, module in enumerate(named.mine)}
    return find_order(root, named.theirs, wanted, is_rising) is not None


def check_told(graph: Graph, named: NamedMatch, equal: list[Exchange]) -> None:
    """Raise AmbiguousMatch for a move that gives a match as good."""
    if equal:
        first, last = equal[0].places[0], equal[0].sources[0]
        raise AmbiguousMatch(untold(graph, named, (first, last)))


def untold(graph: Graph, named: NamedMatch, places: tuple[int, int]) -> str:
    """That two places of a net may have each the module of the other."""
    a, b = (named.mine[place] for place in places)
    c, d = (named.theirs[named.taken[place]] for place in places)
    return (
        f"shapes and names do not tell which is which: {a.path} and {b.path} of {graph.name}, "
        f"{c.path} and {d.path} of the checkpoint, each {str(a).partition(' ')[2]}; {SETTLED}"
    )


def find_order(
    root: FlowBlock,
    theirs: list[ModuleTensors],
    wanted: dict[str, int] | None = None,
    is_rising: bool = True,
    random: Random | None = None,
) -> dict[str, int] | None:
    """For the path of each module of the net the number of the checkpoint's; None where no order is found.

    With `wanted` it is that match or none. `is_rising`: numbers that stand side by side go up along the flow.
    With `random` what comes next is drawn of what is as close.
    """
    tree = branches(theirs, is_rising)
    kinds = [kind_of(module) for module in theirs]
    paths = [module.path for module in theirs]
    every = (1 << len(theirs)) - 1
    seen: set[tuple[Any, int]] = set()
    stack: list[tuple[WalkState, int, int | None, Any]] = [(WalkState(root, 0, None), 0, None, None)]
    for _ in range(MOST_TRIES):
        if not stack:
            return None
        state, visited, last, trace = stack.pop()
        step = state.advance()
        if step is None:
            if visited == every:
                return unwound(trace)
            continue
        state, ready = step
        key = (state.key(), visited)
        if key in seen:
            continue
        seen.add(key)
        choices: list[tuple[WalkState, int, int | None, Any]] = []
        for part, done in ready:
            rest = WalkState(state.block, done, state.outer)
            if part.module is None:
                choices.append((WalkState(part, 0, rest), visited, last, trace))
                continue
            kind: Kind = kind_of(part.module)
            next_ones = [n for n in upcoming(tree, visited, is_rising) if kinds[n] == kind]
            if wanted is not None:
                next_ones = [n for n in next_ones if n == wanted[part.module.path]]
            if random is not None:
                random.shuffle(next_ones)
            if last is not None:
                before = paths[last]
                next_ones.sort(key=lambda n: -closeness(before, paths[n], "flow"))
            choices += [(rest, visited | 1 << n, n, (part.module.path, n, trace)) for n in next_ones]
        stack += reversed(choices)
    return None


def unwound(trace: Any) -> dict[str, int]:
    found = {}
    while trace is not None:
        path, number, trace = trace
        found[path] = number
    return found


def branches(theirs: list[ModuleTensors], is_rising: bool) -> NameBranch:
    """The tree of names of some modules, parts in natural order.

    A list of layers of one kind is no branch of its own: `convs.0, norms.0, convs.1` take turns. Neither is
    any list unless `is_rising`.
    """
    root = NameBranch("")
    for number, module in enumerate(theirs):
        here = root
        here.inside |= 1 << number
        for name in segments(module.path):
            part = next((part for part in here.parts if part.name == name and part.number is None), None)
            if part is None:
                part = NameBranch(name)
                here.parts.append(part)
            here = part
            here.inside |= 1 << number
        here.parts.append(NameBranch("", number, 1 << number))
    stack = [root]
    while stack:
        here = stack.pop()
        here.parts = [kept for part in here.parts for kept in opened(part, theirs, is_rising)]
        here.parts.sort(key=lambda part: natural(part.name))
        stack += here.parts
    return root


def opened(part: NameBranch, theirs: list[ModuleTensors], is_rising: bool) -> list[NameBranch]:
    """A branch, or what a list has, which then stands beside what the list stands beside."""
    if len(part.parts) < 2 or not all(inner.name.isdigit() for inner in part.parts):
        return [part]
    numbers = [inner.parts[0].number for inner in part.parts if len(inner.parts) == 1]
    axes = {axes_of(theirs[number]) for number in numbers if number is not None}
    are_layers = len(numbers) == len(part.parts) and None not in numbers
    if is_rising and (not are_layers or len(axes) > 1):
        return [part]
    return [NameBranch(f"{part.name}{inner.name}", None, inner.inside, inner.parts) for inner in part.parts]


def axes_of(module: ModuleTensors) -> int:
    """The most axes of a tensor of a module, whichever it lists first."""
    return max(len(shape) for _, shape in module.tensors)


def upcoming(branch: NameBranch, visited: int, is_rising: bool) -> Iterator[int]:
    """The modules that may come next: in the branch that is begun and not done, or in any that may begin."""
    if branch.number is not None:
        yield branch.number
        return
    left = [part for part in branch.parts if part.inside & ~visited]
    begun = [part for part in left if part.inside & visited]
    waiting: set[str] = set()
    for part in begun or left:
        numbered = ordinal(part.name)
        if is_rising and not begun and numbered is not None:
            # of those that are numbered alike the first that is left
            if numbered[0] in waiting:
                continue
            waiting.add(numbered[0])
        yield from upcoming(part, visited, is_rising)
