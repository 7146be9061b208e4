"""Which layers and blocks of a net are equal: the same layers, wired the same way within.

Each block gets a number that its equals share, from the inside out. What a block reads from outside is
counted, not named, so that the turns of a repeat agree though each reads the one before:

    stage.0   conv(8, 3) <- first value read   relu <- conv   add <- relu, first value read     class 3
    stage.1   conv(8, 3) <- first value read   relu <- conv   add <- relu, first value read     class 3
    stage.2   conv(9, 3) <- first value read   relu <- conv   add <- relu, first value read     class 5
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import NamedTuple

from cnnspec.graph import Block, Graph
from cnnspec.layers.base import Layer, look


class Alike(NamedTuple):
    """The number of the class of each node and block; equal ones have equal numbers."""

    nodes: Mapping[str, int]
    blocks: Mapping[Block, int]


class Contents(NamedTuple):
    """What a block is made of: its class, its nodes in the order of the spec, the values that it reads."""

    number: int
    nodes: tuple[str, ...]
    reads: tuple[str, ...]


def alike(graph: Graph, look: Callable[[Layer], Hashable] = look) -> Alike:
    """The classes of a graph's nodes and blocks. `look` says what counts of a layer: all but minor arguments.

    Blocks of different names (of a def, a join, a label) are never equal. Time goes with the nodes and
    the depth of blocks.
    """
    numbers: dict[Hashable, int] = {}
    found: dict[Block | str, Contents] = {}

    def number(key: Hashable) -> int:
        return numbers.setdefault(key, len(numbers))

    for name, node in graph.nodes.items():
        reads = tuple(dict.fromkeys(node.inputs))
        slots = tuple([reads.index(source) for source in node.inputs])
        found[name] = Contents(number((look(node.layer), slots)), (name,), reads)
    for block in reversed(list(graph.root.walk())):
        children = [found[child] for child in block.children if child in found]
        nodes = tuple([name for child in children for name in child.nodes])
        places = {name: place for place, name in enumerate(nodes)}
        reads = tuple(dict.fromkeys(name for child in children for name in child.reads if name not in places))
        refs = {**places, **{name: -1 - place for place, name in enumerate(reads)}}
        wiring = tuple([(child.number, *[refs[name] for name in child.reads]) for child in children])
        found[block] = Contents(number((block.kind, block.title, wiring)), nodes, reads)
    return Alike(
        {name: found[name].number for name in graph.nodes},
        {block: found[block].number for block in graph.root.walk()},
    )
