"""Calls of a def or share: parameters are bound, and the body is walked, or copied from an equal call."""

from __future__ import annotations

from cnnspec.elaborate.arguments import bind_parameters
from cnnspec.elaborate.building.reuse import CallKey, FirstCall, LostCall, call_key, copy_call
from cnnspec.elaborate.building.shared import SharedCall, SharedWeights
from cnnspec.elaborate.context import CallSite, Context, LabelScope, Visit, Visits
from cnnspec.elaborate.module import DefinedBlock
from cnnspec.elaborate.values import InnerLabels, Move, Value, Variables
from cnnspec.graph import Block
from cnnspec.source import Span
from cnnspec.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from cnnspec.elaborate.building.measured import MeasuredCall


def defined_call(site: CallSite, target: DefinedBlock) -> Visits:
    """Walk the body of a def or share in a scope of its own, with the values of its parameters."""
    definition, context = target.definition, site.context
    inner = site.opened("share" if definition.shared else "def", target.name)
    scope = LabelScope() if site.scope is None else site.scope
    callee = Context(inner.builder, target.module, scope, inner.block, inner.value)
    bound = bind_parameters(site, target, callee)
    inner.block.arguments, inner.block.definition = tuple(bound.items()), definition.span
    early = dict(site.early)
    names = [p.name for p in definition.parameters if p.name not in early]
    inner.block.call = site.early + tuple(
        [
            (argument.name, bound[name])
            for position, argument in enumerate(site.arguments)
            if (name := argument.name or "".join(names[position : position + 1])) in bound
        ]
    )
    if definition.shared:
        yield from _shared_body(target, callee, bound)
    else:
        yield from _body(target, callee, bound, site.span)
    context.value = callee.value


def _shared_body(target: DefinedBlock, callee: Context, bound: Variables) -> Visits:
    """Walk the body of a share, whose layers use the weights of its first call."""
    definition, builder = target.definition, callee.builder
    weights = builder.shared.setdefault(target, SharedWeights(definition.name))
    builder.uses_shares_of_file = builder.uses_shares_of_file or target.around is None
    builder.shared_calls.append(SharedCall(weights))
    yield Visit(definition.body, callee, {**(target.around or {}), **bound})
    builder.shared_calls.pop()
    weights.complete = weights.complete or callee.value is None or callee.value.shape is not None


def _body(target: DefinedBlock, callee: Context, bound: Variables, span: Span) -> Visits:
    """Walk the body of a def, or copy what an equal call has made."""
    builder, taken = callee.builder, callee.value
    key = None
    if not builder.uses_shares_of_file and not builder.shared_calls:
        key = call_key(target, bound, taken, not builder.resized, builder.known)
    if key is not None and taken is not None and taken.shape is None:
        yield from _lost_body(target, callee, bound, span, key)
        return
    known = builder.first_call(key) if key is not None else None
    if known is not None and taken is not None:
        callee.value = _copied(known, callee, taken, span)
        return
    graph, reported, steps = builder.graph, builder.report.total, builder.steps
    start = len(graph.nodes)
    yield Visit(target.definition.body, callee, bound)
    alike = builder.report.total == reported and not builder.uses_shares_of_file
    if alike and key is not None and taken is not None and callee.value is not None:
        end, spent, labels = len(graph.nodes), builder.steps - steps, callee.scope.labels
        measuring = builder.known.measuring
        if measuring is None:
            uses = builder.known.uses_of(target)
            made = FirstCall(graph, callee.block, start, end, taken, callee.value, spent, labels, uses)
        else:
            made = measuring.measured(graph, start, taken, callee.value, spent)
        if made is not None:
            builder.first_calls[key] = builder.filled_by[callee.block] = made


def _lost_body(target: DefinedBlock, callee: Context, bound: Variables, span: Span, key: CallKey) -> Visits:
    """Walk the body of a def behind a mistake, for more of them; once for equal calls."""
    builder, report = callee.builder, callee.builder.report
    known = builder.known.lost.get(key)
    if known is not None:
        builder.spend(span, known.steps)
        callee.scope.moved = known.labels
        for told in known.told:
            report.add(told)
        return
    reported, steps, nodes = len(report.added), builder.steps, len(builder.graph.nodes)
    yield Visit(target.definition.body, callee, bound)
    is_lost = callee.value is not None and callee.value.shape is None
    if is_lost and len(builder.graph.nodes) == nodes and not builder.uses_shares_of_file:
        told = tuple(report.added[reported:])
        builder.known.lost[key] = LostCall(builder.steps - steps, callee.scope.inner(), told)


def _copied(known: FirstCall | MeasuredCall, context: Context, value: Value, span: Span) -> Value:
    """Fill a block with what an equal call has made. Raises BoundExceeded."""
    builder = context.builder
    measuring = builder.known.measuring
    if not isinstance(known, FirstCall) and measuring is not None:
        from cnnspec.elaborate.building.measured import add_remembered

        builder.spend(span, known.steps)
        builder.filled_by[context.block] = known
        return add_remembered(known, builder.graph, measuring, (context.block, span), value)
    assert isinstance(known, FirstCall)
    builder.make_room(known.end - known.start, span)
    builder.spend(span, known.steps)
    builder.filled_by[context.block] = known
    move = Move(known.taken.node, value, len(builder.graph.nodes) - known.start)
    context.scope.moved = InnerLabels(known.labels, True, (move,))
    first, given = len(builder.graph.nodes), dict(context.block.arguments)
    result = copy_call(known, builder.graph, context.block, value)
    for number, use in known.added.minor:
        builder.change(first + number, use, given[use.name])
    return result


def copy_turn(before: Block | str | None, site: CallSite, left: int) -> int:
    """Copy the turn before, a call that took a value of the shape that it gave; 0 where it is none.

    Gives how many turns that were: all that are `left`, where calls are added up and stay alike.
    """
    builder, value = site.context.builder, site.context.value
    known = builder.filled_by.get(before) if isinstance(before, Block) else None
    if not isinstance(before, Block) or known is None or value is None:
        return 0
    if (known.taken.shape if isinstance(known, FirstCall) else known.taken) != value.shape:
        return 0
    measuring = builder.known.measuring
    if measuring is not None and left > 1 and not isinstance(known, FirstCall) and known.gives_what_it_takes:
        from cnnspec.elaborate.building.measured import add_remembered

        builder.spend(site.span, left * (known.steps + 1))
        like = (site.context.block, site.span)
        site.context.value = add_remembered(known, builder.graph, measuring, like, value, left)
        return left
    inner = site.opened("def", before.title)
    inner.block.arguments, inner.block.call = before.arguments, before.call
    inner.block.definition = before.definition
    site.context.value = _copied(known, inner, value, site.span)
    return 1
