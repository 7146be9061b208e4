"""Calls of a layer of the registry: its arguments become fields, and it is added to the net."""

from __future__ import annotations

from cnnspec.elaborate.arguments import layer_arguments
from cnnspec.elaborate.context import CallSite
from cnnspec.elaborate.module import DefinedBlock
from cnnspec.elaborate.values import LOST, FollowUp, LayerBlock, Mistake
from cnnspec.syntax import tree


def layer_call(site: CallSite, target: LayerBlock) -> None:
    """Add a layer of the registry, with the fields that the arguments give it."""
    context, span = site.context, site.span
    refuse_block(target, site.unit)
    fields = layer_arguments(site, target)
    if fields is None:
        context.flowing(span)
        context.value = LOST
    elif target.name != "identity":
        context.value = context.add(target.layer, fields, (context.flowing(span),), span, site.segment)


def refuse_block(target: LayerBlock | DefinedBlock, unit: tree.Unit) -> None:
    """Raise Mistake for a block in braces, FollowUp where something in it is known to be wrong."""
    if unit.block is None:
        return
    if any(isinstance(part, tree.Broken) for part in tree.parts(unit.block)):
        raise FollowUp
    raise Mistake("block-unexpected", unit.span, f"`{target.name}` takes no block in braces")
