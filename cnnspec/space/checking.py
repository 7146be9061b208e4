"""All that is wrong with the spaces of a file, each checked as a net is: with a place and a cure."""

from __future__ import annotations

from itertools import islice, product

from cnnspec.diagnostics.report import Report
from cnnspec.elaborate import (
    Known,
    Limits,
    Mistake,
    Module,
    Settings,
    bound_parameters,
    elaborate,
    net_parameters,
)
from cnnspec.elaborate.context import Context, context_of_file
from cnnspec.elaborate.values import UNKNOWN
from cnnspec.pipeline import Compiled
from cnnspec.space.bounds import Bounds, bounds_of, known_bounds, narrowed
from cnnspec.space.conditions import holds, variables_of
from cnnspec.space.definition import Condition, DesignSpace, SpaceVariable, written
from cnnspec.space.drawing import Setting, settings
from cnnspec.space.members import figures_of, given
from cnnspec.space.reading import is_broken, read_space
from cnnspec.syntax import tree
from cnnspec.typed import Any, Iterator

MAX_TRIED = 1_000
"""Of how many settings all are tried, where a condition is about few."""
DRAWN = 2_000
"""How many settings are drawn at most to find some whose parameters hold the conditions."""
BUILT = 20
"""Of how many of these nets at least one must be without errors."""


def check_space(
    item: tree.Space, module: Module, report: Report, limits: Limits, known: Known | None
) -> DesignSpace | None:
    """A space; None where something is wrong with it, which is reported.

    `known` is what nets of the file before it have in common with its members; with None no members are made.
    """
    before = report.errors
    space = read_space(item, module, report, limits)
    if space is None:
        return None
    _check_conditions(space, module, report, limits)
    if report.errors == before and not is_broken(item) and known is not None:
        _check_members(space, module, report, limits, known)
    return space if report.errors == before and not is_broken(item) else None


def _check_conditions(space: DesignSpace, module: Module, report: Report, limits: Limits) -> None:
    """Report the conditions that no member can hold: by intervals, or by trial of few settings."""
    known = known_bounds(space.variables, net_parameters(space.net, module))
    for condition in space.conditions:
        culprit = narrowed(condition.expression, known)
        if culprit is not None:
            label = f"`{culprit.span.text}` is {_shown(bounds_of(culprit, known))}"
            _report_never(condition, report, label)
        elif not condition.figures:
            context = context_of_file(module, report, limits)
            try:
                if not any(holds(condition, context, one) is not False for one in _few(space, condition)):
                    _report_never(condition, report, "")
            except Mistake as mistake:
                mistake.report(report)


def _report_never(condition: Condition, report: Report, label: str) -> None:
    report.error(
        "where-never",
        condition.expression.span,
        f"no member of the space holds `{condition.text}`",
        label=label,
        help="change the condition, or the values that vary",
    )


def _few(space: DesignSpace, condition: Condition) -> Iterator[dict[str, Any]]:
    """The settings that a condition on parameters hangs on; one where all is unknown, of too many to try."""
    by_name = {variable.name: variable for variable in space.variables}
    counts = [by_name[name].count if name in by_name else None for name in condition.names]
    total = 1
    for count in counts:
        total = MAX_TRIED + 1 if count is None else min(total * count, MAX_TRIED + 1)
    if total > MAX_TRIED:
        yield {name: UNKNOWN for name in condition.names}
        return
    names = sorted(condition.names)
    for values in product(*(_all(by_name[name]) for name in names)):
        yield dict(zip(names, values, strict=True))


def _all(variable: SpaceVariable) -> Iterator[Any]:
    """All values of a variable that has a number of them."""
    values = [variable.domain.value(index) for index in range(variable.domain.count or 0)]
    return iter(values) if variable.length is None else product(values, repeat=variable.length)


def _shown(bounds: Any) -> str:
    """Bounds in words."""
    if not isinstance(bounds, Bounds):
        return "out of reach"
    low, high = (f"{end:,.12g}" for end in bounds[:2])
    if bounds.high == float("inf"):
        return f"{'more than' if bounds.open_low else 'at least'} {low}"
    if bounds.low == bounds.high:
        return low
    return f"{'more than ' * bounds.open_low}{low} to {'less than ' * bounds.open_high}{high}"


def _check_members(space: DesignSpace, module: Module, report: Report, limits: Limits, known: Known) -> None:
    """Build a few members, up to the first that is right, and look at its conditions on figures."""
    context = context_of_file(module, report, limits)
    first, built = "", 0
    for setting in islice(_fitting(space, module, context), BUILT):
        own = Report()
        made = elaborate(space.net, module, Settings(given(setting), {}), own, limits, known)
        if made is not None and made.graph is not None:
            _try_figures(space, Compiled(made, made.graph), context, report)
            return
        built += 1
        errors = [one for one in own.diagnostics if one.severity == "error"]
        # a mistake of the net itself was reported before; without any, a part of it was lost to one
        if not errors or any(one.span is not None and report.knows(one.code, one.span) for one in errors):
            return
        if errors and not first:
            shown = ", ".join(f"{name}={written(value)}" for name, value in setting.items())
            place = f" at {errors[0].span.place}" if errors[0].span else ""
            first = f"with {shown}: {errors[0].code}{place}"
    if first:
        report.error(
            "space-nets",
            space.span,
            f"of {built} members of `{space.name}`, none is a net without errors",
            label=first,
            help="change the values that vary, or the net",
        )


def _fitting(space: DesignSpace, module: Module, context: Context) -> Iterator[Setting]:
    """Settings whose parameters hold the conditions; those that draw a mistake are left to the walk."""
    for setting in islice(settings(space, 0), DRAWN):
        try:
            _, _, bound = bound_parameters(space.net, context, given(setting))
            if all(holds(one, context, bound) is not False for one in space.conditions if not one.figures):
                yield setting
        except Mistake:
            yield setting


def _try_figures(space: DesignSpace, net: Compiled, context: Context, report: Report) -> None:
    """Report the conditions on figures that compare what cannot be compared."""
    parameters, figures = dict(net.graph.root.arguments), figures_of(net)
    for condition in space.conditions:
        try:
            holds(condition, context, variables_of(condition, parameters, figures))
        except Mistake as mistake:
            mistake.report(report)
