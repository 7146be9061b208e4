"""The steps of a flow: calls, labels and groups, each as often as it says."""

from __future__ import annotations

from cnnspec.elaborate.calls.call import call
from cnnspec.elaborate.calls.defined import copy_turn
from cnnspec.elaborate.calls.labels import resolve
from cnnspec.elaborate.context import CallSite, Context, Visits
from cnnspec.elaborate.expressions.evaluate import count, evaluate, truth
from cnnspec.elaborate.values import LOST, UNKNOWN, Mistake, Value, Variables
from cnnspec.syntax import tree


def chosen(part: tree.Step, context: Context, variables: Variables) -> tree.Unit | None:
    """The unit that a step of a flow comes to; None where it is left out. Raises Mistake."""
    if isinstance(part, tree.Unit):
        return part
    for unit in (part.unit, part.otherwise):
        if unit is not None and unit.target is not None:
            _refuse_label(unit.target, context, variables)
    condition = evaluate(part.condition, context, variables)
    if condition is UNKNOWN:
        context.value = LOST
        context.taint()
        return None
    return part.unit if truth(condition, part.condition.span) else part.otherwise


def _refuse_label(target: tree.Reference, context: Context, variables: Variables) -> None:
    """Raise Mistake for a label under a condition: a chain begins with it, whatever flows."""
    if isinstance(resolve(target, context, variables), (Value, dict)):
        name = target.span.text
        raise Mistake(
            "not-callable",
            target.span,
            f"`{name}` is a value of the net, which begins a chain and takes no condition",
            help=f"write if c {{ {name} -> ... }}, or let x = {name} if c else prev, and x -> ...",
        )


def step(site: CallSite) -> Visits:
    """Let the value that flows go through one step of a flow."""
    return call(site) if site.unit.repeat is None else repeat(site, site.unit.repeat)


def repeat(site: CallSite, times: tree.Expression) -> Visits:
    """`unit * times`: a block of turns, numbered from 0."""
    unit, context, builder = site.unit, site.context, site.context.builder
    turns = count(evaluate(times, context, site.variables), times.span, "a repeat")
    if turns is None:
        context.value = LOST
        context.taint()
        return
    builder.make_room(turns, times.span)
    inner = context.opened("repeat", title_of(unit, site.variables), unit.span, site.segment)
    reported = builder.report.total
    index = 0
    while index < turns:
        builder.spend(unit.span)
        before = inner.block.children[-1] if inner.block.children else None
        turn = CallSite(unit, inner, site.variables, str(index), index)
        copied = 0 if builder.report.total > reported else copy_turn(before, turn, turns - index)
        if not copied:
            yield from call(turn)
        index += copied or 1
    context.value = inner.value


def title_of(unit: tree.Unit, variables: Variables) -> str:
    """The word for what a unit calls: the name of the block that a parameter stands for."""
    if unit.target is None:
        return "group"
    passed = variables.get(unit.target.name)
    return getattr(passed, "name", unit.target.name)
