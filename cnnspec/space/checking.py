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
from cnnspec.source import Span
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


Place = tuple[str, Span | None]
"""What is wrong with a member, by its code, and where."""


def check_space(
    item: tree.Space,
    module: Module,
    report: Report,
    limits: Limits,
    known: Known | None,
    told: set[Place] | None = None,
) -> DesignSpace | None:
    """A space; None where something is wrong with it, which is reported.

    `known` is what nets of the file before it have in common with its members; with None no members are made.
    `told` is what was wrong with the members of spaces before it: that is said once.
    """
    before = report.errors
    space = read_space(item, module, report, limits)
    if space is None:
        return None
    _check_conditions(space, module, report, limits)
    if report.errors > before or is_broken(item):
        return None
    told = set() if told is None else told
    checked = known is None or _check_members(space, module, report, limits, known, told)
    return space if checked and report.errors == before else None


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


def _check_members(
    space: DesignSpace, module: Module, report: Report, limits: Limits, known: Known, told: set[Place]
) -> bool:
    """Build a few members, up to the first that is right, and look at its conditions on figures.

    Of the others the first mistake is enough. False where no member is right, or may be: the first has a
    mistake that was told of another space.
    """
    context = context_of_file(module, report, limits)
    found: list[Place] = []
    label = ""
    for setting in islice(_fitting(space, module, context), BUILT):
        own = Report()
        made = elaborate(space.net, module, Settings(given(setting), {}), own, limits, known, most_mistakes=0)
        if made is not None and made.graph is not None:
            _try_figures(space, Compiled(made, made.graph), context, report)
            return True
        error = next((one for one in own.diagnostics if one.severity == "error"), None)
        # a mistake of the net itself was reported before; without any, a part of it was lost to one
        if error is None or (error.span is not None and report.knows(error.code, error.span)):
            return True
        if not found:
            if (error.code, error.span) in told:
                return False
            shown = ", ".join(f"{name}={written(value)}" for name, value in setting.items())
            place = f" at {error.span.place}" if error.span else ""
            label = f"with {shown}: {error.code}{place}"
        found.append((error.code, error.span))
    if not found:
        return True
    told.add(found[0])
    message = f"of {len(found)} members of `{space.name}`, none is a net without errors"
    report.error(
        "space-nets", space.span, message, label=label, help="change the values that vary, or the net"
    )
    return False


def _fitting(space: DesignSpace, module: Module, context: Context) -> Iterator[Setting]:
    """Settings whose parameters hold the conditions; those that draw a mistake are left to the walk."""
    drawn = {variable.name for variable in space.variables}
    conditions = [one for one in space.conditions if not one.figures]
    first = [one for one in conditions if one.names <= drawn]  # these ask for no other parameters
    then = [one for one in conditions if one not in first]
    for setting in islice(settings(space, 0), DRAWN):
        try:
            if any(holds(one, context, setting) is False for one in first):
                continue
            _, _, bound = bound_parameters(space.net, context, given(setting))
            if all(holds(one, context, bound) is not False for one in then):
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
