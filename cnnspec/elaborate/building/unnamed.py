"""The graph while it grows: nodes by number, and blocks with their children. Names are given at the end."""

from __future__ import annotations

from cnnspec.elaborate.values import Value
from cnnspec.graph import Block
from cnnspec.layers.base import Layer
from cnnspec.layers.shapes import Shape
from cnnspec.named_tuples import NamedTuple
from cnnspec.records import dataclass, field
from cnnspec.source import Span
from cnnspec.typed import Iterable, cast


class UnnamedNode(NamedTuple):
    """A node before it has a name: its label (maybe empty) and op instead.

    `weights_of` is the number of the node whose weights it uses.
    """

    layer: Layer
    inputs: tuple[int, ...]
    shape: Shape
    block: Block
    span: Span
    title: tuple[str, str]
    weights_of: int


@dataclass(eq=False)
class UnnamedGraph:
    """What the walk has made so far; a block stands in `blocks` after the one around it."""

    root: Block
    blocks: list[Block] = field(default_factory=list)
    nodes: list[UnnamedNode] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)
    outputs: dict[str, Value] = field(default_factory=dict)
    training_heads: set[str] = field(default_factory=set)

    def leading_to(self, ends: Iterable[int]) -> set[int]:
        """The numbers of some nodes and of all that they need."""
        found = set(ends)
        for number in range(len(self.nodes) - 1, -1, -1):
            if number in found:
                found.update(self.nodes[number].inputs)
        return found

    def add(
        self,
        layer: Layer,
        inputs: tuple[int, ...],
        shape: Shape,
        block: Block,
        span: Span,
        label: str,
        weights_of: int,
    ) -> Value:
        """Add a node to a block; its children hold the number until the node has a name."""
        number = len(self.nodes)
        owner = number if weights_of < 0 else weights_of
        self.nodes.append(UnnamedNode(layer, inputs, shape, block, span, (label, layer.op), owner))
        cast(list[object], block.children).append(number)
        return Value(number, shape)
