"""One call, label or group, by what it is a call of."""

from __future__ import annotations

from cnnspec.elaborate.calls.defined import defined_call
from cnnspec.elaborate.calls.dense import dense
from cnnspec.elaborate.calls.joins import join
from cnnspec.elaborate.calls.labels import resolve
from cnnspec.elaborate.calls.layer import layer_call, refuse_block
from cnnspec.elaborate.calls.residual import residual
from cnnspec.elaborate.context import DONE, CallSite, Visit, Visits
from cnnspec.elaborate.module import DefinedBlock, PartialBlock
from cnnspec.elaborate.values import LOST, UNKNOWN, FormBlock, LayerBlock, Mistake, Value, kind_of
from cnnspec.syntax import tree
from cnnspec.typed import Callable


def call(site: CallSite) -> Visits:
    """Let the value that flows go through one call, label or group."""
    unit, context = site.unit, site.context
    if unit.target is None:
        return group(site)
    target = resolve(unit.target, context, site.variables)
    if isinstance(target, PartialBlock):
        target, site = target.block, site._replace(early=target.given)
    if isinstance(target, LayerBlock):
        if target.layer.arity is None:
            return join(site, target)
        layer_call(site, target)
    elif isinstance(target, DefinedBlock):
        refuse_block(target, unit)
        return defined_call(site, target)
    elif isinstance(target, FormBlock):
        return FORM_CALLS[target.name](site)
    elif isinstance(target, Value):
        if unit.arguments is not None or unit.block is not None:
            message = f"`{unit.target.span.text}` is a label and takes no arguments"
            raise Mistake("not-callable", unit.span, message)
        context.value = target
    elif target is UNKNOWN:
        context.value = LOST
    else:
        name = unit.target.span.text
        message = f"`{name}` is {kind_of(target)}, not a layer, block or label"
        cure = f"write it in an argument, as in conv({name}, 1)" if type(target) is int else ""
        raise Mistake("not-callable", unit.span, message, help=cure)
    return DONE


FORM_CALLS: dict[str, Callable[[CallSite], Visits]] = {"residual": residual, "dense": dense}


def group(site: CallSite) -> Visits:
    """Statements in braces; a block of their own where they have a label."""
    unit, context = site.unit, site.context
    if isinstance(unit.block, tree.Arms):
        cure = "write concat { | a | b }"
        raise Mistake("arms", unit.block.span, "arms need a join before the brace", help=cure)
    assert unit.block is not None
    if not site.segment:
        yield Visit(unit.block, context, site.variables)
        return
    inner = site.opened("label", site.segment) if site.turn is None else site.opened("group", "group")
    yield Visit(unit.block, inner, site.variables)
    context.value = inner.value
