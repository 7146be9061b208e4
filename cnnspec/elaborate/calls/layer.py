"""Calls of a layer of the registry: its arguments become fields, and it is added to the net."""

from __future__ import annotations

from cnnspec.elaborate.arguments import layer_arguments
from cnnspec.elaborate.context import CallSite
from cnnspec.elaborate.module import DefinedBlock
from cnnspec.elaborate.values import LOST, FollowUp, LayerBlock, Mistake, Value, kind_of
from cnnspec.layers.base import Layer
from cnnspec.syntax import tree
from cnnspec.typed import Any


def layer_call(site: CallSite, target: LayerBlock) -> None:
    """Add a layer of the registry, with the fields that the arguments give it."""
    context, span = site.context, site.span
    refuse_block(target, site.unit)
    fields = layer_arguments(site, target)
    if fields is None:
        context.flowing(span)
        context.value = LOST
    elif target.layer.undoes:
        context.value = _undone(site, target.layer, fields)
    elif target.name != "identity":
        context.value = context.add(target.layer, fields, (context.flowing(span),), span, site.segment)


def _undone(site: CallSite, layer: type[Layer], fields: dict[str, Any]) -> Value:
    """Add a layer that takes the arguments and the input of the one whose label it is given as `of`."""
    context, named = site.context, fields["of"]
    flowing = context.flowing(site.span)
    if isinstance(named, Value) and named.shape is None:
        return LOST
    node = context.builder.graph.nodes[named.node] if isinstance(named, Value) else None
    if node is None or node.layer.op != layer.undoes:
        what = kind_of(named) if node is None else f"a value of `{node.layer.op}`"
        raise Mistake(
            "argument-value",
            site.span,
            f"`of` of `{layer.op}` must be the label of a {layer.undoes}, here is {what}",
            help=f"label the call itself: p: {layer.undoes}(2), and later {layer.op}(of=p)",
        )
    before = Value(node.inputs[0], context.builder.graph.nodes[node.inputs[0]].shape)
    return context.add(layer, fields | {"of": node.layer}, (flowing, before), site.span, site.segment)


def refuse_block(target: LayerBlock | DefinedBlock, unit: tree.Unit) -> None:
    """Raise Mistake for a block in braces, FollowUp where something in it is known to be wrong."""
    if unit.block is None:
        return
    if any(isinstance(part, tree.Broken) for part in tree.parts(unit.block)):
        raise FollowUp
    raise Mistake("block-unexpected", unit.span, f"`{target.name}` takes no block in braces")
