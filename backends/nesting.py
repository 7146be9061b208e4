"""How far branches of names lie within residual blocks and arms of a net, or these in them.

    the net                           names, told rightly      names, moved by one
    encoder[0], residual { norm       transformer.0.norm       norm
                           conv }     transformer.0.fc         transformer.0.fc
    encoder[1], residual { norm       transformer.1.norm       transformer.0.norm
                           conv }     transformer.1.fc         transformer.1.fc
    norm                              norm                     transformer.1.norm

On the left a branch such as `transformer.0` is a block; on the right it reaches from one block into the next.
The names follow the flow of data in both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import product


class Nesting:
    """Counts the pairs of a block of a net and a branch of names that overlap, neither within the other.

    Both are sets of numbers: of places in the net, and of modules of the checkpoint, one for each place.
    """

    def __init__(self, blocks: Iterable[frozenset[int]], branches: Iterable[frozenset[int]], count: int):
        self.blocks, self.branches = list(dict.fromkeys(blocks)), list(dict.fromkeys(branches))
        self.blocks_at, self.branches_at = around(self.blocks, count), around(self.branches, count)
        self.common: Counter[tuple[int, int]] = Counter()

    def start(self, taken: Mapping[int, int]) -> None:
        """Begin with a match: the module at each place."""
        for place, module in taken.items():
            self.common.update(product(self.blocks_at[place], self.branches_at[module]))

    def overlaps(self) -> int:
        """How many pairs overlap."""
        return sum(self._is_overlap(pair, common) for pair, common in self.common.items())

    def added(self, places: Sequence[int], old: Sequence[int], new: Sequence[int]) -> int:
        """How many pairs more overlap where some places have new modules in place of the old ones."""
        change = self._change(places, old, new)
        return sum(
            self._is_overlap(pair, self.common[pair] + by) - self._is_overlap(pair, self.common[pair])
            for pair, by in change.items()
        )

    def make(self, places: Sequence[int], old: Sequence[int], new: Sequence[int]) -> None:
        """Put new modules into some places."""
        self.common.update(self._change(places, old, new))

    def _change(
        self, places: Sequence[int], old: Sequence[int], new: Sequence[int]
    ) -> Counter[tuple[int, int]]:
        """By how much the members that blocks and branches have in common become more or fewer."""
        everywhere = frozenset.intersection(*(self.blocks_at[place] for place in places))
        change: Counter[tuple[int, int]] = Counter()
        for place, before, after in zip(places, old, new, strict=True):
            blocks = self.blocks_at[place] - everywhere
            left, entered = self.branches_at[before], self.branches_at[after]
            change.subtract(product(blocks, left - entered))
            change.update(product(blocks, entered - left))
        return change

    def _is_overlap(self, pair: tuple[int, int], common: int) -> bool:
        return 0 < common < min(len(self.blocks[pair[0]]), len(self.branches[pair[1]]))


def around(sets: Sequence[frozenset[int]], count: int) -> list[frozenset[int]]:
    """For each of a count of members the sets that it is in, by number."""
    found: list[list[int]] = [[] for _ in range(count)]
    for number, members in enumerate(sets):
        for member in members:
            found[member].append(number)
    return list(map(frozenset, found))
