"""The steps of a flow: calls, labels and groups, each as often as it says."""

from __future__ import annotations

from cnnspec.elaborate.calls.call import call
from cnnspec.elaborate.calls.defined import copy_turn
from cnnspec.elaborate.context import CallSite, Visits
from cnnspec.elaborate.expressions.evaluate import count, evaluate
from cnnspec.elaborate.values import LOST, Variables
from cnnspec.syntax import tree


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
    for index in range(turns):
        builder.spend(unit.span)
        before = inner.block.children[-1] if inner.block.children else None
        turn = CallSite(unit, inner, site.variables, str(index), index)
        if builder.report.total > reported or not copy_turn(before, turn):
            yield from call(turn)
    context.value = inner.value


def title_of(unit: tree.Unit, variables: Variables) -> str:
    """The word for what a unit calls: the name of the block that a parameter stands for."""
    if unit.target is None:
        return "group"
    passed = variables.get(unit.target.name)
    return getattr(passed, "name", unit.target.name)
