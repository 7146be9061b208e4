"""Whether two nets compute the same, whatever their blocks and names: each value by all that leads to it.

A value's number stands for its layer, the arguments of it, and the numbers of what flows in, in any order for
sums and products. Nets are the same where their values have the same numbers, as often.

    a: conv(4, 3)    1 of 0        u: conv(4, 3)    1 of 0
    b: conv(4, 1)    2 of 1        v: conv(4, 1)    2 of 1
    add(a, b)        3 of 1, 2     dropout(0)       does nothing: 2
    relu             4 of 3        add(v, u)        3 of 1, 2, sorted
                                   relu             4 of 3

Which value is which is followed from the outputs back, for two convolutions of one value have one number, and
yet only one of them goes through the block:

    concat { | conv(4, 1) -> block | conv(4, 1) }
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple

from cnnspec.difference.trees import settings
from cnnspec.graph import Applied, Graph
from cnnspec.layers.dense import Scale
from cnnspec.layers.shape import Crop, Slice
from cnnspec.passes.alike import Numbers, number_of


class _Values(NamedTuple):
    """The values of a net in order: of each its number, and what flows in past layers that do nothing."""

    numbers: dict[str, int]
    inputs: dict[str, tuple[str, ...]]
    outputs: tuple[str, ...]


Kind = Callable[[Applied], Hashable]


def same_nodes(old: Graph, new: Graph, kind: Kind = settings) -> dict[str, str] | None:
    """Which node of a net is which of another, where they are the same; None where they are not.

    Layers are the same that are of one kind: those with the same arguments, unless less is asked. One that
    does nothing to what it is given, in inference and in training, counts for none.
    """
    numbers: Numbers = {}
    ours, theirs = _values(old, numbers, kind), _values(new, numbers, kind)
    if Counter(ours.numbers.values()) != Counter(theirs.numbers.values()):
        return None
    numbers = {}
    pairs = _Pairs(_readers(old, ours, numbers), _readers(new, theirs, numbers))
    became = _paired(old, ours, theirs, pairs) if len(ours.outputs) == len(theirs.outputs) else None
    if became is None:
        return None
    # which of the layers that share weights comes first is no difference
    owners = {(old.nodes[one].weights_of, new.nodes[two].weights_of) for one, two in became.items()}
    alike = len(owners) == len({one for one, _ in owners}) == len({two for _, two in owners})
    return became if alike else None


def _values(graph: Graph, numbers: Numbers, kind: Kind) -> _Values:
    found: dict[str, int] = {}
    made: dict[str, str] = {}
    inputs: dict[str, tuple[str, ...]] = {}
    for name, node in graph.nodes.items():
        if _does_nothing(graph, name):
            made[name] = made[node.inputs[0]]
            continue
        made[name], inputs[name] = name, tuple([made[source] for source in node.inputs])
        flowing = [found[source] for source in inputs[name]]
        if node.layer.commutes:
            flowing.sort()
        found[name] = number_of(("value", kind(graph.applied[name]), tuple(flowing)), numbers)
    return _Values(found, inputs, tuple([made[name] for name in graph.outputs.values()]))


def _readers(graph: Graph, values: _Values, numbers: Numbers) -> dict[str, int]:
    """A number for each value that stands for its own and for all that is made of it."""
    reads: dict[str, list[tuple[int, int]]] = defaultdict(list)
    found: dict[str, int] = {}
    for place, name in enumerate(values.outputs):
        reads[name].append((-1, place))
    for name in reversed(values.inputs):
        found[name] = number_of(("reader", values.numbers[name], tuple(sorted(reads[name]))), numbers)
        in_order = not graph.nodes[name].layer.commutes
        for place, source in enumerate(values.inputs[name]):
            reads[source].append((found[name], place if in_order else 0))
    return found


class _Pairs:
    """Which value of one net is which of the other, as far as it is known; a value has one pair."""

    def __init__(self, mine: Mapping[str, int], other: Mapping[str, int]) -> None:
        self.mine, self.other = mine, other
        self.became: dict[str, str] = {}
        self.origin: dict[str, str] = {}

    def may(self, one: str, two: str) -> bool:
        """Whether two values may be a pair."""
        free = self.became.get(one, two) == two and self.origin.get(two, one) == one
        return free and self.mine[one] == self.other[two]

    def add(self, ours: Iterable[str], theirs: Iterable[str]) -> bool:
        """Note pairs; whether all of them may be."""
        for one, two in zip(ours, theirs, strict=True):
            if not self.may(one, two):
                return False
            self.became[one], self.origin[two] = two, one
        return True


def _paired(graph: Graph, ours: _Values, theirs: _Values, pairs: _Pairs) -> dict[str, str] | None:
    """Which value of one net is which of the other: outputs first, then what flows into pairs."""
    if not pairs.add(ours.outputs, theirs.outputs):
        return None
    # what no output needs has the order that it has
    left: dict[int, list[str]] = defaultdict(list)
    for name in theirs.inputs:
        left[pairs.other[name]].append(name)
    for name in reversed(ours.inputs):
        while name not in pairs.became:
            candidates = left[pairs.mine[name]]
            if not candidates:
                return None
            pairs.add([name], [candidates.pop()])
        sources = theirs.inputs[pairs.became[name]]
        if graph.nodes[name].layer.commutes:
            sources = _in_order_of(ours.inputs[name], sources, pairs)
        if not pairs.add(ours.inputs[name], sources):
            return None
    return pairs.became if len(pairs.origin) == len(theirs.inputs) else None


def _in_order_of(ours: Sequence[str], theirs: Sequence[str], pairs: _Pairs) -> list[str]:
    """What flows into a sum, in the order of what flows into its pair: known pairs first, then equals."""
    left = list(theirs)
    found: dict[int, str] = {}
    for place, name in sorted(enumerate(ours), key=lambda entry: entry[1] not in pairs.became):
        found[place] = next((one for one in left if pairs.may(name, one)), left[0])
        left.remove(found[place])
    return [found[place] for place in range(len(ours))]


def _does_nothing(graph: Graph, name: str) -> bool:
    """Whether a layer gives what it gets: a crop to the whole, dropout at rate 0, a factor of 1."""
    node = graph.nodes[name]
    if isinstance(node.layer, Scale):
        return node.layer.by == 1 and not node.layer.learnable
    if isinstance(node.layer, (Crop, Slice)):
        return node.shape == graph.nodes[node.inputs[0]].shape
    return node.layer.silent and (not node.layer.noisy or getattr(node.layer, "rate", 1) == 0)
