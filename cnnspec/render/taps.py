"""Blocks that join values of their own way: a comb whose arms stand one behind the other.

The arms of a join start side by side and are drawn so. Here one is made of another, and both are joined: what
a block of a chain makes is tapped. As a list of steps that would read as a chain, which it is not:

     concat(c, b, a)        [a] -> [b] -> [c]
                             |______|______|___(C)
"""

from __future__ import annotations

from typing import NamedTuple

from cnnspec.graph import Graph
from cnnspec.render.fold import DrawnPart
from cnnspec.render.theme import paint_family
from cnnspec.render.words import ARROW, head_of, in_shortcut, is_join, item_title, steps_of

LEAST_VALUES = 3
"""How many values are joined at least where only one of them is made in the block."""


class Tap(NamedTuple):
    """A value that is joined: the steps to it in words, its colour (none where nothing is done to it).

    It is `chained` where it is made of the tap before it.
    """

    steps: list[str]
    family: str
    chained: bool


class Taps(NamedTuple):
    """What a block joins, the sign of the join or the name of the block that it goes into, and the rest."""

    arms: list[Tap]
    join: str
    before: list[str]
    behind: list[str]

    @property
    def around(self) -> list[str]:
        """What comes before the arms, and what follows the join, in words."""
        before = [f"after {ARROW.join(self.before)}"] if self.before else []
        return before + ([f"then {ARROW.join(self.behind)}"] if self.behind else [])


def taps_of(graph: Graph, item: DrawnPart) -> Taps | None:
    """The taps of a block of which a part takes what several others in it make; None of any other."""
    parts = head_of(item).children
    if item.kind not in ("def", "share", "label", "run") or any(part.times > 1 for part in parts):
        return None
    makers = {part.nodes[-1]: place for place, part in enumerate(parts)}
    end = _end(graph, parts, makers)
    if end is None:
        return None
    reads = _reads(graph, parts[end])
    tapped = sorted({makers[value] for value in reads if value in makers})
    ways = {place: _way(graph, parts, makers, place, tapped) for place in tapped}
    starts = [start for _, start in ways.values()]
    first = [places for places, start in ways.values() if start is None]
    shared = _shared(first) if len(first) > 1 else 0
    arms = [Tap([], "", False)] * len({value for value in reads if value not in makers})
    for place, (places, start) in ways.items():
        own = places[shared:] if start is None else places
        if start is not None and (not arms or tapped.index(start) != tapped.index(place) - 1):
            return None
        steps = [step for number in own for step in _words(graph, parts[number])]
        colours = [graph[name].layer for number in own for name in parts[number].nodes]
        main = next(
            (layer for layer in reversed(colours) if layer.weighted), colours[-1] if colours else None
        )
        arms.append(Tap(steps, paint_family(main) if main and steps else "", start is not None))
    chained, real = any(start is not None for start in starts), sum(bool(arm.family) for arm in arms)
    last = parts[end]
    if (not chained and len(last.nodes) == 1) or len(arms) < LEAST_VALUES - (real > 1):
        return None
    shown = first[0][:shared] if first else ()
    before = [step for number in shown for step in _words(graph, parts[number])]
    behind = [step for part in parts[end + 1 :] for step in _words(graph, part)]
    join = graph[last.nodes[-1]].layer.sign if is_join(graph, last) else item_title(graph, last)
    return Taps(arms, join, before, behind)


def _end(graph: Graph, parts: tuple[DrawnPart, ...], makers: dict[str, int]) -> int | None:
    """The one join among the parts of a block; where there is none, the last part of several others."""
    joins = [place for place, part in enumerate(parts) if is_join(graph, part)]
    if joins:
        return joins[0] if len(joins) == 1 else None
    several = [
        place
        for place, part in enumerate(parts)
        if part.kind == "def" and len({makers[v] for v in _reads(graph, part) if v in makers}) > 1
    ]
    return several[-1] if several and several[-1] == len(parts) - 1 else None


def _reads(graph: Graph, part: DrawnPart) -> list[str]:
    """The values from outside that a part reads, in the order of their use."""
    inside = set(part.nodes)
    values = (value for name in part.nodes for value in graph[name].inputs)
    return list(dict.fromkeys(value for value in values if value not in inside))


def _way(
    graph: Graph, parts: tuple[DrawnPart, ...], makers: dict[str, int], place: int, tapped: list[int]
) -> tuple[list[int], int | None]:
    """The parts on the way to a tap, from the tap before it (None from where the block starts)."""
    way = [place]
    while True:
        value = next(iter(_reads(graph, parts[way[0]])), None)
        before = makers.get(value) if value is not None else None
        if before is None or before in tapped:
            return way, before
        way.insert(0, before)


def _shared(ways: list[list[int]]) -> int:
    """How many parts at their beginning ways have in common."""
    return next(
        (place for place, numbers in enumerate(zip(*ways, strict=False)) if len(set(numbers)) > 1),
        min(map(len, ways)),
    )


def _words(graph: Graph, part: DrawnPart) -> list[str]:
    """A part in few words: a block by its name, a layer by its label; none for what only moves values."""
    if in_shortcut(graph, part):
        return []
    if part.kind in ("def", "share") and len(part.children) > 1 and len(steps_of(graph, part)) > 1:
        return [item_title(graph, part)]
    layers = [graph[name].layer for name in part.nodes]
    pools = [layer.op for layer in layers if layer.family == "pool"]
    return steps_of(graph, part) or pools[:1]
