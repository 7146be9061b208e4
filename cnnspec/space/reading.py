"""From the text of a space to its variables and conditions; what is wrong with them goes to the report."""

from __future__ import annotations

from cnnspec.diagnostics.cures import Cure
from cnnspec.diagnostics.report import Edit, Report
from cnnspec.elaborate import Limits, Mistake, Module, net_parameters, written_values
from cnnspec.elaborate.context import Context, context_of_file
from cnnspec.elaborate.expressions.arithmetic import is_number
from cnnspec.elaborate.expressions.evaluate import evaluate
from cnnspec.elaborate.mistakes.suggest import suggest_at
from cnnspec.elaborate.mistakes.undefined import words_of
from cnnspec.elaborate.module import DefinedBlock
from cnnspec.elaborate.values import FollowUp, has_unknown, kind_of
from cnnspec.source import Span
from cnnspec.space.conditions import condition_of
from cnnspec.space.definition import Condition, DesignSpace, NumberRange, SpaceVariable, ValueList, written
from cnnspec.syntax import tree
from cnnspec.typed import Any

MAX_LENGTH = 1_000
"""How long a list may be of which every item varies."""
NEARLY = 1e-9
"""By how much of a step a range of fractions may miss its end: 0.1 * 3 is not 0.3 in binary."""


def read_space(space: tree.Space, module: Module, report: Report, limits: Limits) -> DesignSpace | None:
    """A space of a file, less what is wrong with it, which is reported; None where there is no such net."""
    context = context_of_file(module, report, limits)
    try:
        known = _parameters(space, module)
    except Mistake as mistake:
        tell(mistake, report)
        return None
    variables: dict[str, SpaceVariable | None] = {}
    for line in space.body.statements:
        if isinstance(line, tree.Vary):
            variable = None
            try:
                _check_name(line, known, space, variables)
                variable = SpaceVariable(
                    line.name.name, _domain(line, context), _length(line, context), line.span
                )
            except Mistake as mistake:
                tell(mistake, report)
            variables[line.name.name] = variable
    _check_open(space, module, variables, report)
    conditions: list[Condition] = []
    for line in space.body.statements:
        for condition in line.conditions if isinstance(line, tree.Where) else ():
            try:
                conditions.append(condition_of(condition, space.base.name, module, variables, context))
            except Mistake as mistake:
                tell(mistake, report)
    found = tuple(variable for variable in variables.values() if variable is not None)
    return DesignSpace(space.name, space.base.name, found, tuple(conditions), space.span)


def tell(mistake: Mistake, report: Report) -> None:
    """Report a mistake, unless something was said of its place: a list that is not closed holds nothing."""
    if isinstance(mistake, FollowUp) or not report.knows(mistake.code, mistake.span):
        mistake.report(report)


def is_broken(space: tree.Space) -> bool:
    """Whether a line of a space has a syntax error."""
    return any(isinstance(line, tree.Broken) for line in space.body.statements)


def _parameters(space: tree.Space, module: Module) -> list[str]:
    """The parameters of the net of a space. Raises Mistake where there is no such net."""
    name, span = space.base.name, space.base.span
    if module.net(name)[0] is not None:
        return net_parameters(name, module)
    if module.is_lost(name):
        raise FollowUp
    if name in module.spaces:
        base = module.spaces[name].base.name
        message = f"`{name}` is a space, and a space is of a net"
        raise Mistake("unknown-net", span, message, help=f"write the net that `{name}` is of: {base}")
    if isinstance(module.lookup(name), DefinedBlock):
        cure = f"write a net that calls it: net ... {{ input ...; {name} }}"
        raise Mistake("unknown-net", span, f"`{name}` is a block, and a space is of a net", help=cure)
    cure = suggest_at(span, name, [*module.nets, *module.used_nets])
    raise Mistake("unknown-net", span, f"there is no net `{name}`", help=cure.help, edits=cure.edits)


def _check_name(line: tree.Vary, known: list[str], space: tree.Space, before: dict[str, Any]) -> None:
    """Raise Mistake for what is no parameter of the net, or varies already."""
    name, span = line.name.name, line.name.span
    if name in before:
        message = f"`{name}` varies already, by a line above"
        raise Mistake("argument-twice", span, message, help="leave one of the lines out")
    if name not in known:
        takes = f"it takes {', '.join(known)}" if known else "it takes none"
        cure = suggest_at(span, name, [one for one in known if one not in before], takes)
        message = f"net {space.base.name} has no parameter `{name}`"
        raise Mistake("unknown-parameter", span, message, help=cure.help, edits=cure.edits)


def _check_open(space: tree.Space, module: Module, variables: dict[str, Any], report: Report) -> None:
    """Report the parameters that neither the net nor the space gives a value, and a space that varies none.

    Those that a line with a syntax error may be about are left out, and those that one may be meant for.
    """
    broken = [line for line in space.body.statements if isinstance(line, tree.Broken)]
    if not variables and not broken:
        message = f"nothing varies in `{space.name}`: its one member is {space.base.name} as it is"
        cure = "say which values a parameter may take: vary width in [16, 32, 64]"
        report.error("space-empty", space.span, message, help=cure)
        return
    values = written_values(space.base.name, module)
    doubtful = set().union(*map(words_of, broken), set() if variables.keys() <= values.keys() else values)
    lacking = [name for name, value in values.items() if value is None and name not in variables]
    lacking = [name for name in lacking if name not in doubtful]
    if lacking:
        listed = " and ".join(filter(None, [", ".join(f"`{n}`" for n in lacking[:-1]), f"`{lacking[-1]}`"]))
        have = "has" if len(lacking) == 1 else "have"
        message = f"in `{space.name}`, {listed} of {space.base.name} {have} no value"
        cure = f"let it vary, or give it one: vary {lacking[0]} in [...]"
        report.error("net-open", space.span, message, help=cure)


def _length(line: tree.Vary, context: Context) -> int | None:
    """How many items a variable has that is a list. Raises Mistake."""
    if line.count is None:
        return None
    value = evaluate(line.count, context, {})
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_LENGTH:
        message = f"a list has 1 to {MAX_LENGTH} items that vary, this is {kind_of(value)}"
        raise Mistake("vary-range", line.count.span, message)
    return value


def _domain(line: tree.Vary, context: Context) -> NumberRange | ValueList:
    """The values of a variable. Raises Mistake where there are none."""
    domain = line.domain
    if domain.high is None:
        return ValueList(_values(domain.low, context))
    low, high = (_number(end, context) for end in (domain.low, domain.high))
    step = None if domain.step is None else _number(domain.step, context)
    _check_ends(domain, low, high)
    integers = isinstance(low, int) and isinstance(high, int)
    if integers and isinstance(step, float) and domain.step is not None:
        message = f"from {low} to {high} are integers, and a step of {written(step)} leads past them"
        cure = f"write {written(float(low))}..{written(float(high))} for fractions"
        raise Mistake("vary-range", domain.step.span, message, help=cure)
    if step is not None and domain.step is not None:
        _check_step(domain, low, high, step, domain.step.span)
    if not integers:
        low, high, step = float(low), float(high), None if step is None else float(step)
    return NumberRange(low, high, 1 if integers and step is None else step, domain.log)


def _values(expression: tree.Expression, context: Context) -> tuple[Any, ...]:
    """The values to choose from. Raises Mistake."""
    values = evaluate(expression, context, {})
    if has_unknown(values):
        raise FollowUp
    if not isinstance(values, tuple):
        cure = "a range is written 12..28, a list of values [8, 16]"
        raise Mistake(
            "type", expression.span, f"`in` takes a range or a list, this is {kind_of(values)}", help=cure
        )
    if not values:
        start, span = expression.span.start, expression.span
        # where its bracket is not closed that was said of the bracket
        span = span if span.text.endswith("]") else Span(span.source, start, start + 1)
        raise Mistake("vary-range", span, "the list holds no value", help="write at least one")
    seen: list[Any] = []
    for number, value in enumerate(values):
        if any(value == other and type(value) is type(other) for other in seen):
            cure, span = Cure("leave it out"), expression.span
            if isinstance(expression, tree.Listing) and len(expression.items) == len(values):
                span = expression.items[number].span
                start = expression.items[number - 1].span.end
                cure = Cure("leave it out", (Edit(Span(span.source, start, span.end), ""),))
            message = f"`{written(value)}` stands in the list twice"
            raise Mistake("vary-range", span, message, help=cure.help, edits=cure.edits)
        seen.append(value)
    return values


def _number(expression: tree.Expression, context: Context) -> int | float:
    """An end or the step of a range. Raises Mistake."""
    value = evaluate(expression, context, {})
    if has_unknown(value):
        raise FollowUp
    if not is_number(value):
        cure = "a choice of other values stands in brackets: [relu, silu]"
        raise Mistake("type", expression.span, f"a range has numbers, this is {kind_of(value)}", help=cure)
    return value


def _check_ends(domain: tree.Domain, low: int | float, high: int | float) -> None:
    """Raise Mistake where nothing lies between two ends, or a logarithm of one does not exist."""
    assert domain.high is not None
    between = domain.low.span.to(domain.high.span)
    if low > high:
        swapped = f"{domain.high.span.text}..{domain.low.span.text}"
        message = f"nothing lies from {written(low)} up to {written(high)}"
        raise Mistake(
            "vary-range", between, message, help=f"write `{swapped}`", edits=(Edit(between, swapped),)
        )
    if domain.log and low <= 0:
        message = f"with `log` a range begins above 0, this one at {written(low)}"
        example = f"{1 if isinstance(low, int) else '0.001'}..{domain.high.span.text}"
        raise Mistake("vary-range", domain.low.span, message, help=f"write {example}, or leave `log` out")


def _check_step(
    domain: tree.Domain, low: int | float, high: int | float, step: int | float, span: Span
) -> None:
    """Raise Mistake for a step that is not positive, or leads past the end."""
    if step <= 0:
        cure = f"write `{written(-step)}`" if step < 0 else "leave it out where all integers are meant"
        edits = (Edit(span, written(-step)),) if step < 0 else ()
        message = f"a step leads up, this is {written(step)}"
        raise Mistake("vary-range", span, message, help=cure, edits=edits)
    steps = (high - low) / step
    if abs(steps - round(steps)) > NEARLY:
        ends = [f"{n:.12g}" for n in (low + step * int(steps), low + step * (int(steps) + 1))]
        start = domain.low.span.text
        message = f"in steps of {written(step)} from {written(low)}, {written(high)} is not reached"
        cure = (
            f"write {start}..{ends[0]} or {start}..{ends[1]}" if int(steps) else f"write {start}..{ends[1]}"
        )
        assert domain.high is not None
        raise Mistake("vary-range", domain.high.span, message, help=cure)
