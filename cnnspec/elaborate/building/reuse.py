"""Calls of a def that are alike: walked once, then copied, in a net and from one net of a file to the next.

A def's outcome depends on its arguments and the shape that flows in alone, so a call with equal ones adds
equal nodes. A net of a thousand layers made of four kinds of block is walked as fast as the four. Of
`unit(16) * 2`, where `def unit(out) { residual { conv(out, 3) -> relu } }`, on node 0 of 16 channels:

    first call, walked     1 conv(0)   2 relu(1)   3 add(2, 0)    taken 0, given 3
    what it adds           0 conv(TAKEN)   1 relu(0)   2 add(1, TAKEN)
    second call, copied    4 conv(3)   5 relu(4)   6 add(5, 3)

What a call adds is said by nodes and blocks counted from its first, TAKEN for the value that flows in. A copy
counts from the nodes that there are; whoever read the value that was taken, 0, reads the one that flows in
now, 3. Calls that differ in rates of dropout and the like alone are alike too: `minor.py`.

Behind a mistake nothing is known of what flows, and the rest is walked for more of them. A call that gave
nothing that is known there is walked once, and the mistakes in it are told again (LostCall).
"""

from __future__ import annotations

from cnnspec.diagnostics.report import Diagnostic
from cnnspec.elaborate.building.minor import MinorUse, fitting, minor_uses
from cnnspec.elaborate.building.unnamed import UnnamedGraph, UnnamedNode
from cnnspec.elaborate.module import DefinedBlock, PartialBlock
from cnnspec.elaborate.values import UNKNOWN, Family, FormBlock, InnerLabels, LayerBlock, Value, Variables
from cnnspec.graph import Block
from cnnspec.layers.base import Layer
from cnnspec.layers.shapes import Shape
from cnnspec.named_tuples import NamedTuple
from cnnspec.records import dataclass, field
from cnnspec.source import Span
from cnnspec.typed import TYPE_CHECKING, Any, Callable, Mapping

if TYPE_CHECKING:
    from cnnspec.elaborate.building.measured import MeasuredCall, Measuring

CallKey = tuple[Any, ...]
PLAIN = (int, float, str, bool, type(None), DefinedBlock, LayerBlock, FormBlock)
MOST_MEASURED = 200_000
"""Of how many calls, and of how many layers on shapes, figures are kept."""
TAKEN = -1
"""Stands for the value that flows into a call."""


class AddedNode(NamedTuple):
    """A node of a call: its inputs and the owner of its weights by their numbers within the call."""

    layer: Layer
    inputs: tuple[int, ...]
    shape: Shape
    block: int
    span: Span
    title: tuple[str, str]
    weights_of: int


class AddedBlock(NamedTuple):
    """A block of a call: `around` is the number of the one around it, `made` are its fields from the span on.

    `children` are numbers of nodes, and of blocks: ~1 is the second.
    """

    around: int
    kind: str
    title: str
    made: tuple[Any, ...]
    children: tuple[int, ...]


class Added(NamedTuple):
    """All that a call adds; the first of its blocks is its own, and those within come after those around."""

    blocks: tuple[AddedBlock, ...]
    nodes: tuple[AddedNode, ...]
    minor: tuple[tuple[int, MinorUse], ...] = ()
    """Its nodes, by number, that take a parameter of the def which is no part of the key."""


@dataclass(slots=True, eq=False)
class FirstCall:
    """The first of equal calls: its block, its nodes in a graph, the value it took and the one it gave.

    `uses` are those of its parameters that are minor arguments alone. `steps` is what it counted towards the
    bound on loops and calls, `labels` are those of its body. `added` is found when it is first copied, or
    when its net is whole: the names that its blocks get are its own. From then on its net is not held:
    `graph` and `block` are None.
    """

    graph: UnnamedGraph | None
    block: Block | None
    start: int
    end: int
    taken: Value
    given: Value
    steps: int
    labels: Mapping[str, Value | Family]
    uses: tuple[MinorUse, ...] = ()
    found: Added | None = None

    @property
    def added(self) -> Added:
        """What it adds."""
        if self.found is None:
            self.found = _added(self)
            self.graph = self.block = None
        return self.found


class LostCall(NamedTuple):
    """A call on a value that a mistake left unknown: what it counted towards the bound, its labels, and the
    mistakes in it.
    """

    steps: int
    labels: InnerLabels
    told: tuple[Diagnostic, ...]


def definition_itself(block: DefinedBlock) -> object:
    """What stands for a block in keys of calls, of one reading of its file: its definition is there once."""
    return id(block.definition)


@dataclass(slots=True, eq=False)
class Known:
    """What the nets of a file have in common while they are elaborated: equal layers, and equal calls.

    With `measuring`, calls are remembered by their figures, and nets are added up (`building/measured.py`).
    `stamp` gives what stands for a block in the keys of calls: what is kept from one reading of a file to the
    next has stamps that are equal where all that the block is made of is as it was.
    """

    layers: dict[tuple[Any, ...], Layer] = field(default_factory=dict)
    calls: dict[CallKey, FirstCall | MeasuredCall] = field(default_factory=dict)
    measuring: Measuring | None = None
    stamp: Callable[[DefinedBlock], object] = definition_itself
    lost: dict[CallKey, LostCall] = field(default_factory=dict)
    uses: dict[int, tuple[MinorUse, ...]] = field(default_factory=dict)

    def uses_of(self, block: DefinedBlock) -> tuple[MinorUse, ...]:
        """The parameters of a def that are minor arguments of layers alone."""
        found = self.uses.get(id(block.definition))
        if found is None:
            found = self.uses[id(block.definition)] = minor_uses(block)
        return found

    def keep(self, calls: Mapping[CallKey, FirstCall | MeasuredCall]) -> None:
        """Keep the calls of a net that is whole, for those after it; before its blocks get their names."""
        for key, first in calls.items():
            if key not in self.calls and (not isinstance(first, FirstCall) or first.added):
                self.calls[key] = first
        if self.measuring is not None and max(len(self.calls), len(self.measuring.known)) > MOST_MEASURED:
            self.calls.clear()
            self.measuring.known.clear()
            self.layers.clear()


def call_key(
    target: DefinedBlock, bound: Variables, value: Value | None, marked: bool, known: Known
) -> CallKey | None:
    """A key that is equal for calls that are alike; None for one whose outcome hangs on more than its key.

    `marked` says whether shape marks are held.
    """
    if value is None or target.definition.shared:
        return None
    parts: list[Any] = [known.stamp(target), value.shape, marked]
    uses = known.uses_of(target)
    minor = fitting(uses, bound) if uses else ()
    for name, argument in bound.items():
        if name in minor:
            parts.append(None)
            continue
        part = _key_part(argument, known)
        if part is None and (argument is not UNKNOWN or value.shape is not None):
            return None
        parts.append(part)
    return tuple(parts)


def _key_part(value: Any, known: Known) -> CallKey | None:
    """A hashable part of a key; the type is in it since 1, 1.0 and true are equal."""
    if isinstance(value, PartialBlock):
        given = _key_part(tuple([value.block, *[item for _, item in value.given]]), known)
        return None if given is None else (PartialBlock, *[name for name, _ in value.given], given)
    if isinstance(value, tuple):
        parts = [_key_part(item, known) for item in value]
        return None if None in parts else (tuple, *parts)
    if value is UNKNOWN or not isinstance(value, PLAIN):
        return None
    if isinstance(value, DefinedBlock):
        # whose weights a share uses hangs on more than what it is called with
        return None if value.definition.shared else (DefinedBlock, known.stamp(value))
    return value.__class__, value


def _added(first: FirstCall) -> Added:
    """What a call adds, from its block, whose children are still blocks and numbers of nodes."""
    graph, own = first.graph, first.block
    assert graph is not None and own is not None
    start, taken = first.start, first.taken.node
    order = [own]
    numbers: dict[Block | None, int] = {own: 0}
    blocks: list[AddedBlock] = []
    for block in order:
        children: list[int] = []
        inside: list[Any] = block.children
        for child in inside:
            if child.__class__ is Block:
                children.append(~len(order))
                numbers[child] = len(order)
                order.append(child)
            else:
                children.append(child - start)
        around = numbers.get(block.parent, 0)
        made = (block.span, block.arguments, block.call, block.index, block.segment, block.definition)
        blocks.append(AddedBlock(around, block.kind, block.title, made, tuple(children)))
    nodes = [
        AddedNode(
            layer,
            tuple([TAKEN if source == taken else source - start for source in sources]),
            shape,
            numbers[block],
            span,
            title,
            owner - start,
        )
        for layer, sources, shape, block, span, title, owner in graph.nodes[start : first.end]
    ]
    return Added(tuple(blocks), tuple(nodes), _minor_nodes(first.uses, blocks, nodes))


def _minor_nodes(
    uses: tuple[MinorUse, ...], blocks: list[AddedBlock], nodes: list[AddedNode]
) -> tuple[tuple[int, MinorUse], ...]:
    """The nodes of a call whose layers take its minor parameters: in it, and in no call within."""
    if not uses:
        return ()
    callers: list[int] = []
    for number, (around, kind, *_) in enumerate(blocks):
        callers.append(number if not number or kind in ("def", "share") else callers[around])
    return tuple(
        (number, use)
        for number, node in enumerate(nodes)
        for use in uses
        if not callers[node.block] and node.span == use.call
    )


def copy_call(first: FirstCall, graph: UnnamedGraph, block: Block, value: Value) -> Value:
    """Add the nodes of a call anew, under another block and from another value; gives what it ends in."""
    nodes, start, flowing = graph.nodes, len(graph.nodes), value.node
    copies = [block]
    for around, kind, title, made, _ in first.added.blocks[1:]:
        copies.append(Block(kind, title, copies[around], *made))
    for copy, original in zip(copies, first.added.blocks, strict=True):
        children: list[Any] = copy.children
        children += [copies[~child] if child < 0 else child + start for child in original.children]
    graph.blocks += copies[1:]
    for layer, inputs, shape, number, span, title, owner in first.added.nodes:
        if len(inputs) == 1:
            sources = (flowing if inputs[0] == TAKEN else inputs[0] + start,)
        else:
            sources = tuple([flowing if source == TAKEN else source + start for source in inputs])
        node = (layer, sources, shape, copies[number], span, title, owner + start)
        nodes.append(UnnamedNode._make(node))
    if first.given.node == first.taken.node:
        return value
    return Value(first.given.node - first.start + start, first.given.shape)
