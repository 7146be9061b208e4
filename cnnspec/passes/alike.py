"""Which layers and blocks of a net are equal: the same layers, wired the same way within.

Each block gets a number that its equals share, from the inside out. What a block reads from outside is
counted, not named, so that the turns of a repeat agree though each reads the one before:

    stage.0   conv(8, 3) <- first value read   relu <- conv   add <- relu, first value read     class 3
    stage.1   conv(8, 3) <- first value read   relu <- conv   add <- relu, first value read     class 3
    stage.2   conv(9, 3) <- first value read   relu <- conv   add <- relu, first value read     class 5

Whoever asks whether two blocks are equal asks here. What counts of one layer is theirs to say, by a key:

    report, render        the layer with its arguments, but for minor ones            `alike`
    difference            the same, whatever form an argument is written in           `wire`
    torch, classes        module or function without its numbers, and the segment     `wire`
    calls of a share      the layer and whose weights it has, in render and in torch  `wire`
    importing             the operation; its arguments become parameters of a def     `wire`

Equal calls in elaborate/building/reuse.py are another question, asked before there is a layer to compare: a
call is known by its def, its arguments and the shape that flows in, so that its body need not be walked. That
two calls are equal makes their blocks equal; blocks of unequal calls may be equal too.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from cnnspec.graph import Block, Graph
from cnnspec.layers.base import Layer, look

Numbers = dict[Hashable, int]
"""The number of each key that was met. One that serves two nets makes their blocks comparable."""


def number_of(key: Hashable, numbers: Numbers) -> int:
    """The number of a key, which equal keys share: comparing it takes no time, however much it stands for."""
    return numbers.setdefault(key, len(numbers))


class Wireable(Protocol):
    """A layer or block as what stands around it sees it.

    `number` stands for all that is in it, `names` are the values that it makes, `reads` those from outside
    that it uses, each once, in the order of first use.
    """

    @property
    def number(self) -> Hashable: ...
    @property
    def names(self) -> Sequence[str]: ...
    @property
    def reads(self) -> Sequence[str]: ...


class Contents(NamedTuple):
    """A layer or block as what stands around it sees it, as `Wireable` says."""

    number: Hashable
    names: tuple[str, ...]
    reads: tuple[str, ...]


class Wiring(NamedTuple):
    """Several parts, one after the other, as one.

    `places` has a number for each value: its own, and below zero, by first use, for one from outside. `rows`
    say each part with the places that it reads: equal rows are equal parts, wired alike.
    """

    names: tuple[str, ...]
    reads: tuple[str, ...]
    places: Mapping[str, int]
    rows: tuple[tuple[Hashable, ...], ...]


class Alike(NamedTuple):
    """The number of the class of each node and block; equal ones have equal numbers."""

    nodes: Mapping[str, int]
    blocks: Mapping[Block, int]


def single(key: Hashable, names: tuple[str, ...], inputs: Sequence[str]) -> Contents:
    """A part by itself. Inputs that are one value belong to the key: x * x is not x * y."""
    reads = tuple(dict.fromkeys(inputs))
    return Contents((key, tuple([reads.index(value) for value in inputs])), names, reads)


def wire(parts: Iterable[Wireable]) -> Wiring:
    """How parts hang together."""
    parts = list(parts)
    names = tuple([name for part in parts for name in part.names])
    places = {name: place for place, name in enumerate(names)}
    reads = tuple(dict.fromkeys([name for part in parts for name in part.reads if name not in places]))
    places.update((name, -1 - place) for place, name in enumerate(reads))
    rows = tuple([(part.number, *[places[name] for name in part.reads]) for part in parts])
    return Wiring(names, reads, places, rows)


def alike(graph: Graph, look: Callable[[Layer], Hashable] = look) -> Alike:
    """The classes of a graph's nodes and blocks. `look` says what counts of a layer: all but minor arguments.

    Blocks of different names (of a def, a join, a label) are never equal. Time goes with the nodes and
    the depth of blocks.
    """
    numbers: Numbers = {}
    classes: dict[Block | str, int] = {}
    found: dict[Block | str, Contents] = {}

    def keep(item: Block | str, contents: Contents) -> None:
        classes[item] = number = number_of(contents.number, numbers)
        found[item] = contents._replace(number=number)

    for name, node in graph.nodes.items():
        keep(name, single(look(node.layer), (name,), node.inputs))
    for block in reversed(list(graph.root.walk())):
        wiring = wire(found[child] for child in block.children if child in found)
        keep(block, Contents((block.kind, block.title, wiring.rows), wiring.names, wiring.reads))
    return Alike(
        {name: classes[name] for name in graph.nodes},
        {block: classes[block] for block in graph.root.walk()},
    )
