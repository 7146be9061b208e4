"""Equal turns of several values at once: the modules of an HRNet, which take a map of each size and give one.

A chain of equal blocks is a fold whatever it is made of; here the turns hang together by more than one value,
and each of them is several parts:

    a1 --- a2 = + --- b1 --- b2 = + ---          a1 --- a2 = + ---
             \\/                \\/        -->              \\/        x2
    c1 --- c2 = + --- d1 --- d2 = + ---          c1 --- c2 = + ---
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cnnspec.graph import Graph

TRIES = 8
"""How many distances to a like part are tried: that of the next like one, of the one after it, ..."""


class FoldablePart(NamedTuple):
    """A part as folding sees it: what its equals share, and its layers in topological order."""

    likeness: Hashable
    names: tuple[str, ...]


@dataclass(frozen=True)
class Turns:
    """Equal turns: the place of the first part of the first, the parts in each, how many there are."""

    start: int
    length: int
    count: int


def find_turns(graph: Graph, pieces: Sequence[FoldablePart]) -> Iterator[Turns]:
    """The turns of several values among the parts of a block, from first to last, none in two of them."""
    heads = frozenset(graph.outputs.values())
    later: dict[Hashable, list[int]] = {}
    for place, piece in enumerate(pieces):
        later.setdefault(piece.likeness, []).append(place)
    end = 0
    for place, piece in enumerate(pieces):
        like = later[piece.likeness]
        del like[0]
        if place < end:
            continue
        for other in like[:TRIES]:
            count = _count(graph, heads, pieces, place, other - place)
            if count > 1:
                yield Turns(place, other - place, count)
                end = place + count * (other - place)
                break


def _count(
    graph: Graph, heads: frozenset[str], pieces: Sequence[FoldablePart], start: int, length: int
) -> int:
    """How many equal turns of some length begin at a place."""

    def turn(number: int) -> tuple[str, ...]:
        here = pieces[start + number * length : start + (number + 1) * length]
        return tuple(name for piece in here for name in piece.names)

    if length < 2 or start + 2 * length > len(pieces):
        return 1
    count, taken = 1, None
    while start + (count + 1) * length <= len(pieces):
        first, after = start + (count - 1) * length, start + count * length
        if any(pieces[first + n].likeness != pieces[after + n].likeness for n in range(length)):
            break
        found = _passed(graph, heads, turn(count - 1), turn(count))
        if found is None or (taken is not None and found != taken):
            break
        count, taken = count + 1, found
    last = turn(count - 1)
    left = all(not set(graph.consumers[last[place]]) <= set(last) for place in taken or ())
    return count if left else count - 1


def _passed(
    graph: Graph, heads: frozenset[str], before: tuple[str, ...], after: tuple[str, ...]
) -> tuple[int, ...] | None:
    """For each value that a turn reads, the place in the turn before that makes it; None where they differ.

    The turns are wired alike, the second reads nothing but the first, and of that nothing else reads. The
    values have shapes of their own, so that a drawing of one turn says which goes where.
    """
    places = {name: place for place, name in enumerate(before)}
    own = {name: place for place, name in enumerate(after)}
    if len(before) != len(after):
        return None
    taken: list[int] = []
    stands: dict[str, str] = {}
    for one, other in zip(before, after, strict=True):
        for value, then in zip(graph[one].inputs, graph[other].inputs, strict=True):
            if value in places:
                if own.get(then) != places[value]:
                    return None
            elif then not in places or stands.setdefault(value, then) != then:
                return None
            else:
                taken.append(places[then])
    shapes = {graph[value].shape for value in stands}
    alone = len(shapes) == len(stands) and all(graph[a].shape == graph[b].shape for a, b in stands.items())
    read = all(user in places or user in own for name in before for user in graph.consumers[name])
    return tuple(taken) if alone and read and len(stands) > 1 and heads.isdisjoint(before) else None
