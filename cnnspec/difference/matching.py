"""Two trees side by side: which item of one is which of the other.

    layer1  [a b b]        [a b b]         equal numbers: all that is in them is the same
    layer2  [a b b b]      [c b b b b b]   a and c stand in one place: opened; two b came

Children are aligned by their labels, where both nets have the same ones, then by their numbers (the longest
runs in common), in the gaps by the word they are called by, and last by their place. What is left has gone or
come: unless the layers of both nets are wired alike, whatever blocks hold them and whatever their arguments.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby, islice, takewhile
from typing import NamedTuple

from cnnspec.difference.same import same_nodes
from cnnspec.difference.trees import TreeItem, settings, tree
from cnnspec.graph import Block, Graph
from cnnspec.passes.alike import Numbers

ENOUGH = 0.6
"""How much of their layers two blocks in one place must have in common to be taken for one block."""
MOST_PAIRS = 4_000_000
"""Sequences with more pairs of children than this are compared from both ends alone."""


Sides = tuple[TreeItem | None, TreeItem | None]


class Pair(NamedTuple):
    """An item of the old net and what it has become; None where it left, or came.

    `around` are the blocks that hold it in the old net and in the new one.
    """

    old: TreeItem | None
    new: TreeItem | None
    around: tuple[Block, Block]


def paired(old: Graph, new: Graph) -> list[Pair]:
    """What became of all that is in two nets."""
    numbers: Numbers = {}
    trees = tree(old, numbers), tree(new, numbers)
    pairs = list(match(*trees))
    if all(pair.old is not None and pair.new is not None for pair in pairs):
        return pairs
    became = same_nodes(old, new, kind=lambda applied: settings(applied)[0])
    if became is None or not len(became) == len(old.nodes) == len(new.nodes):
        return pairs
    ours, theirs = map(_layers, trees)
    sides = [(ours[before], theirs[after]) for before, after in became.items()]
    places = {name: place for place, name in enumerate(new.nodes)}
    sides.sort(key=lambda side: places[side[1].path])
    return [Pair(before, after, (before.block, after.block)) for before, after in sides]


def _layers(whole: TreeItem) -> dict[str, TreeItem]:
    """The layers of a tree by their nodes."""
    found: dict[str, TreeItem] = {}
    stack = [whole]
    while stack:
        item = stack.pop()
        stack += item.items
        if item.node is not None:
            found[item.node] = item
    return found


def match(old: TreeItem, new: TreeItem) -> Iterator[Pair]:
    """What became of everything: pairs of equal items, of layers that differ, and of items that left or came.

    The pairs cover every node of both nets exactly once.
    """
    stack = [Pair(old, new, (old.block, new.block))]
    while stack:
        pair = stack.pop()
        before, after, around = pair
        if (
            before is None
            or after is None
            or before.number == after.number
            or (before.node is not None and after.node is not None)
        ):
            yield pair
        elif before.node is not None or after.node is not None:
            yield Pair(before, None, around)
            yield Pair(None, after, around)
        else:
            inner = (before.block, after.block)
            pairs = list(_by_label(before, after))
            stack += [Pair(one, other, inner) for one, other in reversed(pairs)]


def _by_label(old: TreeItem, new: TreeItem) -> Iterator[Sides]:
    """The children of two blocks side by side. Where both have the same labels, these decide."""
    ours, theirs = _labelled(old), _labelled(new)
    labels = [label for label, _ in ours]
    named = [label for label in labels if label]
    if labels == [label for label, _ in theirs] and len(set(named)) == len(named):
        for (_, one), (_, other) in zip(ours, theirs, strict=True):
            yield from align(one, other)
    else:
        yield from align(old.items, new.items)


def _labelled(item: TreeItem) -> list[tuple[str, list[TreeItem]]]:
    """The children of a block by the labels around them; before and after each, those without one."""
    found: list[tuple[str, list[TreeItem]]] = [("", [])]
    for label, children in groupby(item.items, key=lambda child: _label(child, item.block)):
        if label:
            found += [(label, list(children)), ("", [])]
        else:
            found[-1][1].extend(children)
    return found


def _label(child: TreeItem, within: Block) -> str:
    """The labels between a child and the block that holds it."""
    around = child.block.ancestors() if child.node is not None else islice(child.block.ancestors(), 1, None)
    inner = takewhile(lambda block: block is not within, around)
    return ".".join(block.segment for block in inner if block.kind == "label")


def align(old: Sequence[TreeItem], new: Sequence[TreeItem]) -> list[Sides]:
    """Children side by side, in order. Where all have names of their own, and the same, these decide."""
    titles = [item.title for item in old]
    if titles == [item.title for item in new] and len(set(titles)) == len(titles):
        return list(zip(old, new, strict=True))
    return list(_by_number(old, new))


def _by_number(old: Sequence[TreeItem], new: Sequence[TreeItem]) -> Iterator[Sides]:
    return _by(lambda item: item.number, old, new, _by_turn)


def _by_turn(old: Sequence[TreeItem], new: Sequence[TreeItem]) -> Iterator[Sides]:
    """A block in one net that the other writes out, as it does the only turn of a repeat, is opened."""
    ours, theirs = _written_out(old, new), _written_out(new, old)
    if ours is not None or theirs is not None:
        yield from _by_number(ours or old, theirs or new)
    else:
        yield from _by_title(old, new)


def _written_out(items: Sequence[TreeItem], others: Sequence[TreeItem]) -> list[TreeItem] | None:
    """The items, with what is in the first block whose parts stand among the others in its place."""
    numbers = [item.number for item in others]
    for place, item in enumerate(items):
        inner, size = [part.number for part in item.items], len(item.items)
        if inner and any(inner == numbers[at : at + size] for at in range(len(numbers) - size + 1)):
            return [*items[:place], *item.items, *items[place + 1 :]]
    return None


def _by_title(old: Sequence[TreeItem], new: Sequence[TreeItem]) -> Iterator[Sides]:
    yield from _by(lambda item: (item.title, item.node is None), old, new, _by_place)


def _by_place(old: Sequence[TreeItem], new: Sequence[TreeItem]) -> Iterator[Sides]:
    if len(old) == len(new) and all(map(_similar, old, new)):
        yield from zip(old, new, strict=True)
    elif any(item.items for item in (*old, *new)) and _alike(old, new):
        yield from align(_opened(old), _opened(new))
    else:
        yield from [*((item, None) for item in old), *((None, item) for item in new)]


def _opened(items: Sequence[TreeItem]) -> list[TreeItem]:
    """What is in blocks, in their place: one net writes as a def what the other writes out."""
    return [inner for item in items for inner in item.items or (item,)]


def _similar(old: TreeItem, new: TreeItem) -> bool:
    """Whether two items in one place are taken for one that has changed."""
    if old.node is not None or new.node is not None:
        return old.node is not None and new.node is not None
    return _alike([old], [new])


def _alike(old: Sequence[TreeItem], new: Sequence[TreeItem]) -> bool:
    ops, others = _operations(old), _operations(new)
    return (ops & others).total() >= ENOUGH * max(ops.total(), others.total())


def _operations(items: Sequence[TreeItem]) -> Counter[str]:
    found: Counter[str] = Counter()
    stack = [*items]
    while stack:
        one = stack.pop()
        stack += one.items
        found.update([one.title] if one.node is not None else [])
    return found


Gap = Callable[[Sequence[TreeItem], Sequence[TreeItem]], Iterator[Sides]]


def _by(
    key: Callable[[TreeItem], Hashable], old: Sequence[TreeItem], new: Sequence[TreeItem], gap: Gap
) -> Iterator[Sides]:
    """Pair the items that a key finds in common, in order; what stands between them goes to `gap`."""
    ours, theirs = [key(item) for item in old], [key(item) for item in new]
    start = 0
    # What two nets have in common at both ends is paired first: it is most of them mostly, and
    # SequenceMatcher, which takes quadratic time, sees the middle alone.
    while start < min(len(ours), len(theirs)) and ours[start] == theirs[start]:
        start += 1
    end = 0
    while end < min(len(ours), len(theirs)) - start and ours[-1 - end] == theirs[-1 - end]:
        end += 1
    yield from zip(old[:start], new[:start], strict=True)
    inner, other = range(start, len(ours) - end), range(start, len(theirs) - end)
    at, there = start, start
    if len(inner) * len(other) <= MOST_PAIRS:
        middle, opposite = ours[start : len(ours) - end], theirs[start : len(theirs) - end]
        for i, j, size in SequenceMatcher(None, middle, opposite, autojunk=False).get_matching_blocks():
            yield from gap(old[at : start + i], new[there : start + j])
            yield from zip(old[start + i : start + i + size], new[start + j : start + j + size], strict=True)
            at, there = start + i + size, start + j + size
    else:
        yield from gap(old[at : inner.stop], new[there : other.stop])
    yield from zip(old[len(old) - end :], new[len(new) - end :], strict=True)
