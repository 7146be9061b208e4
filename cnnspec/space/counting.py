"""Figures that are sums over layers, of members that are not made: added up from what is known of calls.

Most members of a space are drawn to be rejected, by a figure that is a sum. A call of a def that one of them
has made is remembered for all that come after (`elaborate/building/measured.py`).
"""

from __future__ import annotations

from cnnspec.elaborate import Known, Limits, Module, Settings, add_up
from cnnspec.elaborate.building.measured import Exceeded, Measuring, Sums
from cnnspec.elaborate.expressions.names import SHAPE_ATTRIBUTES
from cnnspec.elaborate.expressions.quick import Quick
from cnnspec.elaborate.module import DefinedBlock, block_of
from cnnspec.graph import Applied
from cnnspec.layers.base import Layer
from cnnspec.layers.shapes import Shape
from cnnspec.passes.cost import LayerCost, layer_cost
from cnnspec.space.definition import DesignSpace, ValueList
from cnnspec.syntax import tree
from cnnspec.typed import Any, Callable, Iterable, Iterator, Mapping

Totals = tuple[LayerCost, LayerCost, LayerCost]
"""Of all layers of a net, of those that inference runs, and of those that training runs."""
SUMS: Mapping[str, Callable[[Totals], int]] = {
    "params": lambda totals: totals[0].params,
    "inference_params": lambda totals: totals[1].params,
    "macs": lambda totals: totals[1].macs,
    "flops": lambda totals: 2 * totals[1].macs,
    "macs_with_bias": lambda totals: totals[1].macs + totals[1].bias,
    "operations": lambda totals: totals[1].macs + totals[1].operations,
    "buffers": lambda totals: totals[0].buffers,
    "activations": lambda totals: totals[1].activations,
    "training_macs": lambda totals: totals[2].macs,
}
"""The figures that are sums; a test holds them against those of nets that are made."""


CEILINGS = {"params": 0, "macs": 2, "activations": 3}
"""The sums that only grow while a net is walked, by their place in LayerCost."""


def new_memory(ceilings: Mapping[str, float] | None = None) -> Known:
    """What is remembered of calls, at first nothing; a net over a ceiling is not walked to its end."""
    known = tuple([(CEILINGS[name], most) for name, most in (ceilings or {}).items() if name in CEILINGS])
    return Known(measuring=Measuring(_cost, Quick(), known))


def _cost(layer: Layer, shapes: tuple[Shape, ...]) -> Sums:
    return layer_cost(Applied(layer, shapes))


def sums_of(
    net: str, module: Module, parameters: Mapping[str, Any], limits: Limits, memory: Known
) -> dict[str, int] | None:
    """The figures of a member that are sums; None where it must be made to tell.

    Of one that is over a ceiling, those that tell of it: what they have come to when it was left.
    """
    try:
        found = add_up(net, module, Settings(parameters, {}), limits, memory)
    except Exceeded as error:
        return {name: error.sums[place] for name, place in CEILINGS.items() if error.sums[place]}
    if found is None:
        return None
    totals = (LayerCost._make(found[0]), LayerCost._make(found[1]), LayerCost._make(found[2]))
    return {name: figure(totals) for name, figure in SUMS.items()}


def can_be_added_up(net: str, module: Module, blocks: Iterable[DefinedBlock] = ()) -> bool:
    """Whether the members of a net can be: no label of a call is opened, no layer names another, no share."""
    return all(map(_is_plain, _parts(net, module, blocks)))


def loses_no_layer(net: str, module: Module, blocks: Iterable[DefinedBlock] = ()) -> bool:
    """Whether all layers of the members of a net lead to a head that runs, so that sums only grow on the way.

    It is so where no chain begins with a label or an input that is named, and nothing comes after the heads.
    """
    labels, named, giving = {"input"}, set[str](), set[int]()
    for node in _parts(net, module, blocks):
        if isinstance(node, (tree.Flow, tree.Labelled)) and node.label is not None:
            labels.add(node.label.name)
            giving.add(id(node.label))
        elif isinstance(node, tree.InputDeclaration):
            labels.add(node.name or "input")
        elif isinstance(node, tree.Head) and (node.training or node.source is not None):
            return False
        elif isinstance(node, (tree.Reference, tree.Name)) and id(node) not in giving:
            named.add(node.name)
        elif isinstance(node, tree.NetDefinition) and not _ends_in_heads(node.body.statements):
            return False
    return named.isdisjoint({*labels, "prev"})


def _ends_in_heads(statements: tuple[tree.Statement, ...]) -> bool:
    """Whether nothing but heads and expectations comes after the first head."""
    kinds = [statement.__class__ for statement in statements]
    after = kinds[kinds.index(tree.Head) :] if tree.Head in kinds else []
    return set(after) <= {tree.Head, tree.Expect}


def _is_plain(node: Any) -> bool:
    if isinstance(node, tree.Reference) and node.members:
        return False
    if isinstance(node, tree.Attribute) and node.name not in SHAPE_ATTRIBUTES:
        return False
    if isinstance(node, tree.Argument) and node.name == "of":
        return False
    return not (isinstance(node, tree.Definition) and node.shared)


def blocks_of(space: DesignSpace) -> Iterator[DefinedBlock]:
    """The blocks of specs that the variables of a space may have as values."""
    waiting = [one.domain.values for one in space.variables if isinstance(one.domain, ValueList)]
    while waiting:
        for value in waiting.pop():
            early, block = block_of(value)
            waiting.append(tuple([one for _, one in early]))
            if isinstance(value, tuple):
                waiting.append(value)
            elif isinstance(block, DefinedBlock):
                yield block


def _parts(net: str, module: Module, blocks: Iterable[DefinedBlock]) -> Iterator[Any]:
    """All parts of a net, of those that it is given by, of some blocks, and of all that these name."""
    item, home = module.net(net)
    waiting: list[tuple[Any, Module]] = [(item, home)]
    waiting += [(block.definition, block.module) for block in blocks]
    while isinstance(item, tree.Given):
        item, home = home.net(item.base.name)
        waiting.append((item, home))
    seen: set[int] = set()
    while waiting:
        item, home = waiting.pop()
        for node in tree.parts(item):
            yield node
            if isinstance(node, (tree.Name, tree.Reference)):
                found = home.lookup(node.name)
                if isinstance(found, DefinedBlock) and id(found.definition) not in seen:
                    seen.add(id(found.definition))
                    waiting.append((found.definition, found.module))
