"""Units of a flow: calls of layers, defs and forms, groups, labels, and repeats of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cnnspec.elaborate.arguments import bind_parameters, layer_arguments
from cnnspec.elaborate.context import Context, Frame
from cnnspec.elaborate.expressions.evaluate import HERE, Variables, evaluate, may_lack, pick
from cnnspec.elaborate.joins import dense, join, residual
from cnnspec.elaborate.mistakes.suggest import nearest_block, offer
from cnnspec.elaborate.module import Module, library_names
from cnnspec.elaborate.reuse import Stamp, copy_stamp, stamp_key
from cnnspec.elaborate.shared import SharedWeights, Sharing
from cnnspec.elaborate.values import (
    FORMS,
    LOST,
    UNKNOWN,
    DefinedBlock,
    FollowUp,
    Form,
    LayerBlock,
    Mistake,
    Value,
    kind_of,
)
from cnnspec.graph import Block
from cnnspec.layers.base import REGISTRY, parameters
from cnnspec.source import Span
from cnnspec.syntax import tree
from cnnspec.syntax.errors.habits import FOREIGN

if TYPE_CHECKING:
    from cnnspec.elaborate.walk import Walk


def walk_unit(walk: Walk, unit: tree.Unit, context: Context, scope: Variables, segment: str) -> None:
    """Walk one step of a flow, as often as it says; `segment` is its label, if it has one."""
    if unit.repeat is None:
        walk_call(walk, unit, context, scope, segment, None)
        return
    count = evaluate(unit.repeat, context, scope)
    if count is UNKNOWN:
        context.value = LOST
        context.frame.tainted = True
        return
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        raise Mistake(
            "repeat-count",
            unit.repeat.span,
            f"a repeat takes an integer from 0 up, this is {kind_of(count)}",
        )
    if count + len(walk.draft.nodes) > walk.limits.nodes:
        raise walk.too_large(unit.repeat.span)
    title = title_of(unit, scope)
    block = walk.open(context, "repeat", title, unit.span, segment)
    inner = context.within(block)
    reported = walk.report.total
    for index in range(count):
        inner.step(unit.span)
        before = block.children[-1] if block.children else None
        if walk.report.total > reported or not copy_turn(walk, before, unit, inner, index):
            walk_call(walk, unit, inner, scope, str(index), index)
    context.value = inner.value


def copy_turn(walk: Walk, before: Any, unit: tree.Unit, context: Context, index: int) -> bool:
    """Copy the turn before, a call that took a value of the shape that it gave; False where it is none."""
    stamp, value = walk.stamped.get(before), context.value
    if stamp is None or value is None or walk.draft.nodes[stamp.taken].shape != value.shape:
        return False
    block = walk.open(context, "def", before.title, unit.span, str(index), index=index)
    block.arguments, block.call = before.arguments, before.call
    context.value = paste(walk, stamp, block, value, context, unit.span)
    return True


def paste(walk: Walk, stamp: Stamp, block: Block, value: Value, context: Context, span: Span) -> Value:
    """Fill a block with what an equal call has made. Raises BoundExceeded."""
    if len(walk.draft.nodes) + stamp.end - stamp.first > walk.limits.nodes:
        raise walk.too_large(span)
    context.step(span, stamp.steps)
    walk.stamped[block] = stamp
    return copy_stamp(stamp, walk.draft, block, value)


def title_of(unit: tree.Unit, scope: Variables) -> str:
    if unit.target is None:
        return "group"
    passed = scope.get(unit.target.name)
    return getattr(passed, "name", unit.target.name)


def walk_call(
    walk: Walk, unit: tree.Unit, context: Context, scope: Variables, segment: str, index: int | None
) -> None:
    """Walk one call, label or group, and let its value go on."""
    if unit.target is None:
        group(walk, unit, context, scope, segment, index)
        return
    target = resolve(walk, unit.target, context, scope)
    if isinstance(target, LayerBlock):
        layer_call(walk, target, unit, context, scope, segment)
    elif isinstance(target, DefinedBlock):
        defined_call(walk, target, unit, context, scope, segment, index)
    elif isinstance(target, Form):
        form = residual if target.name == "residual" else dense
        form(walk, unit, context, scope, segment, index)
    elif isinstance(target, Value):
        if unit.arguments is not None or unit.block is not None:
            raise Mistake(
                "not-callable", unit.span, f"`{unit.target.name}` is a label and takes no arguments"
            )
        context.value = target
    elif target is UNKNOWN:
        context.value = LOST
    else:
        raise Mistake(
            "not-callable",
            unit.span,
            f"`{unit.target.name}` is {kind_of(target)}, not a layer, block or label",
        )


def group(
    walk: Walk, unit: tree.Unit, context: Context, scope: Variables, segment: str, index: int | None
) -> None:
    if isinstance(unit.block, tree.Arms):
        raise Mistake(
            "arms", unit.block.span, "arms need a join before the brace", help="write concat { | a | b }"
        )
    assert unit.block is not None
    if not segment:
        walk.body(unit.block, context, scope)
        return
    kind = "label" if index is None else "group"
    block = walk.open(context, kind, segment if index is None else "group", unit.span, segment, index=index)
    inner = context.within(block)
    walk.body(unit.block, inner, scope)
    context.value = inner.value


def resolve(walk: Walk, reference: tree.Reference, context: Context, scope: Variables) -> Any:
    target = scope.get(reference.name)
    if target is None and reference.name in context.frame.lost:
        return UNKNOWN
    if target is None:
        target = context.lookup(reference.name)
    if target is None and reference.name in context.frame.suspected:
        return UNKNOWN
    if target is None:
        if reference.indices:
            context.frame.lost.add(reference.name)
        raise unknown_block(reference, context.module, [*context.frame.labels, *scope])
    for group in reference.indices:
        values = [evaluate(expression, context, scope) for expression in group]
        if isinstance(target, dict):
            target = may_lack(target, reference.name, context)
        target = pick(target, tuple(values) if len(values) > 1 else values[0], reference.span)
    return target


SECTIONS = ("stem", "body", "head")
HAS_AXES = re.compile(r"[123][dD]")
"""What classes of other libraries have in their names, which take the channels that flow in as well."""


def _signature(name: str) -> str:
    """How a layer is called: with the arguments that it needs."""
    needed = [p.name for p in parameters(REGISTRY[name]) if p.required] if name in REGISTRY else []
    return f"{name}({', '.join(needed)})" if needed else name


def unknown_block(reference: tree.Reference, module: Module, bound: Iterable[str]) -> Mistake:
    """The mistake of a reference that leads to nothing, where other names are bound."""
    known = [*REGISTRY, *FORMS, *SECTIONS, *module.names, *bound]
    near = nearest_block(reference.name, known, sorted(library_names()))
    library = [name for name in near if name not in known]
    if reference.name in HERE:
        cure = f"`{reference.name}` stands in expressions; what flows in flows on by itself"
    elif reference.name in FOREIGN:
        cure = FOREIGN[reference.name]
    elif reference.name in {**module.nets, **module.used_nets}:
        cure = "a net cannot stand in another one: write what both need as a def"
    elif reference.name in library:
        cure = f"it is in the library: use std ({reference.name})"
    else:
        cure = offer(_signature(name) if HAS_AXES.search(reference.name) else name for name in near)
        cure += f" `{library[0]}` is in the library: use std ({library[0]})" if library else ""
    return Mistake(
        "unknown-block",
        reference.span,
        f"there is no layer, block or label `{reference.name}`",
        help=cure,
    )


def refuse_block(target: LayerBlock | DefinedBlock, unit: tree.Unit) -> None:
    """Raise Mistake for a block in braces, FollowUp where something in it is known to be wrong."""
    if unit.block is None:
        return
    if any(isinstance(part, tree.Broken) for part in tree.parts(unit.block)):
        raise FollowUp
    raise Mistake("block-unexpected", unit.span, f"`{target.name}` takes no block in braces")


def layer_call(
    walk: Walk, target: LayerBlock, unit: tree.Unit, context: Context, scope: Variables, segment: str
) -> None:
    if target.layer.arity is None:
        join(walk, target.layer, unit, context, scope, segment)
        return
    refuse_block(target, unit)
    values = layer_arguments(
        target.layer, unit.arguments or (), unit.span, context, scope, walk.noting(context)
    )
    if values is None:
        walk.flowing(unit.span, context)
        context.value = LOST
    elif target.name != "identity":
        context.value = walk.add(
            walk.layer(target.layer, values),
            (walk.flowing(unit.span, context),),
            context,
            unit.span,
            segment,
        )


def defined_call(
    walk: Walk,
    target: DefinedBlock,
    unit: tree.Unit,
    context: Context,
    scope: Variables,
    segment: str,
    index: int | None,
) -> None:
    definition = target.definition
    refuse_block(target, unit)
    kind = "share" if definition.shared else "def"
    block = walk.open(context, kind, target.name, unit.span, segment, index=index)
    callee = Context(
        target.module, Frame(), block, context.value, walk.limits, context.counter, context.depth
    )
    bound = bind_parameters(
        target.name,
        definition.parameters,
        unit.arguments or (),
        unit.span,
        context,
        scope,
        callee,
        walk.noting(context),
    )
    block.arguments = tuple(bound.items())
    names = [p.name for p in definition.parameters]
    block.call = tuple(
        [
            (argument.name, bound[name])
            for position, argument in enumerate(unit.arguments or ())
            if (name := argument.name or "".join(names[position : position + 1])) in bound
        ]
    )
    if definition.shared:
        weights = walk.shared.setdefault(id(definition), SharedWeights(definition.name))
        walk.sharing.append(Sharing(weights))
        walk.body(definition.body, callee, bound)
        walk.sharing.pop()
        weights.complete = weights.complete or callee.value is None or callee.value.shape is not None
    else:
        stamped_body(walk, target, callee, bound, unit.span)
    context.value = callee.value


def stamped_body(walk: Walk, target: DefinedBlock, callee: Context, bound: Variables, span: Span) -> None:
    """Walk the body of a def, or copy what an equal call has made."""
    taken, first = callee.value, len(walk.draft.nodes)
    key = None if walk.shared or walk.sharing else stamp_key(target, bound, taken)
    stamp = walk.stamps.get(key) if key is not None else None
    if stamp is not None and taken is not None:
        callee.value = paste(walk, stamp, callee.block, taken, callee, span)
        return
    reported, steps = walk.report.total, callee.counter.steps
    walk.body(target.definition.body, callee, bound)
    alike = walk.report.total == reported and not walk.shared
    if alike and key is not None and taken is not None and callee.value is not None:
        end = len(walk.draft.nodes)
        made = callee.counter.steps - steps
        stamp = Stamp(callee.block, first, end, taken.node, callee.value, made)
        walk.stamps[key] = walk.stamped[callee.block] = stamp


def label_value(walk: Walk, reference: tree.Reference, context: Context, scope: Variables) -> Value:
    target = resolve(walk, reference, context, scope)
    if target is UNKNOWN:
        return LOST
    if not isinstance(target, Value):
        raise Mistake("not-a-label", reference.span, f"`{reference.name}` is {kind_of(target)}, not a label")
    return target
