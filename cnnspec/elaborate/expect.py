"""`expect`: what a spec says of the whole net, held against its figures."""

from __future__ import annotations

from itertools import pairwise

from cnnspec.caching import partial
from cnnspec.diagnostics.cures import Cure
from cnnspec.diagnostics.report import Edit, Report
from cnnspec.elaborate.context import Context
from cnnspec.elaborate.expressions.arithmetic import compare
from cnnspec.elaborate.expressions.evaluate import evaluate
from cnnspec.elaborate.net import Elaborated
from cnnspec.elaborate.values import Mistake, Variables
from cnnspec.layers.written import show_value
from cnnspec.source import Span
from cnnspec.syntax import tree
from cnnspec.typed import Any, Mapping

EXAMPLES = {"training_memory": "batch=32", "params_of": '"head"', "macs_of": '"head"'}
"""What functions of a net may be asked."""


def check_budgets(
    elaborated: Elaborated, figures: Mapping[str, Any], more: Mapping[str, Any], report: Report
) -> None:
    """Report every condition of an `expect` that does not hold, with the figure as it is.

    `figures` hide what a spec calls the same; `more` give way to it, and may be functions. Only those that a
    condition names are worked out.
    """
    for statement, context, variables in elaborated.expectations:
        for condition in statement.conditions:
            names = names_in(condition)
            # those that it does not name are there by name alone, for what is said of one that is unknown
            known = {**variables, **dict.fromkeys(figures)}
            known |= {name: figures[name] for name in names if name in figures}
            _warn_of_both(condition, variables, figures, more, report)
            try:
                _check(condition, {**known, **named_figures(names, known, context, more)}, context, report)
            except Mistake as mistake:
                mistake.report(report)


def _warn_of_both(
    condition: tree.Expression,
    variables: Variables,
    figures: Mapping[str, Any],
    more: Mapping[str, Any],
    report: Report,
) -> None:
    """Report the names that the spec has given a value and that are figures of the net too."""
    for node in tree.parts(condition):
        if (
            isinstance(node, tree.Name)
            and node.name in variables
            and (node.name in figures or node.name in more)
        ):
            own, figure = "the value that the spec calls so", "the figure of the net"
            meant, hidden = (figure, own) if node.name in figures else (own, figure)
            report.warning(
                "expect-both",
                node.span,
                f"`{node.name}` is {meant} here, not {hidden}",
                help="rename the value: `expect` then can tell the two apart",
            )


def names_in(condition: tree.Expression) -> set[str]:
    """The names that a condition uses."""
    return {node.name for node in tree.parts(condition) if isinstance(node, (tree.Name, tree.Reference))}


def named_figures(
    names: set[str], bound: Mapping[str, Any], context: Context, figures: Mapping[str, Any]
) -> dict[str, Any]:
    """The figures of these names, where a name has no other meaning in a condition."""
    free = [name for name in names if name in figures and name not in bound]
    return {name: figures[name] for name in free if context.lookup(name) is None}


def apart(condition: tree.Expression, example: str) -> Cure:
    """The cure of a condition that is no comparison: those that `and` joins stand by themselves."""
    if not isinstance(condition, tree.Logic) or condition.operator != "and":
        return Cure(f"for example: {example}")
    places = [Span(a.span.source, a.span.end, b.span.start) for a, b in pairwise(condition.operands)]
    plain = all(place.text.strip() == "and" for place in places)
    edits = tuple(Edit(place, ", ") for place in places) if plain else ()
    return Cure("write `,` between them, not `and`", edits)


def _check(condition: tree.Expression, variables: Variables, context: Context, report: Report) -> None:
    if not isinstance(condition, tree.Comparison):
        cure = apart(condition, "expect params <= 26M")
        raise Mistake("type", condition.span, "`expect` takes comparisons", help=cure.help, edits=cure.edits)
    values = [plain(evaluate(operand, context, variables)) for operand in condition.operands]
    for operand, value in zip(condition.operands, values, strict=True):
        if isinstance(value, partial):
            name = operand.span.text
            cure = f"say of what, as in {name}({EXAMPLES.get(name, '...')})"
            raise Mistake("type", operand.span, f"`{name}` is a function, and no figure", help=cure)
    pairs = zip(condition.operators, values, values[1:], strict=False)
    if all(compare(symbol, left, right, condition.span) for symbol, left, right in pairs):
        return
    named = [
        f"{operand.span.text} is {shown(value)}"
        for operand, value in zip(condition.operands, values, strict=True)
        if isinstance(operand, (tree.Name, tree.Call))
    ]
    report.error(
        "budget",
        condition.span,
        f"the net does not hold `{condition.span.text}`",
        label=", ".join(named),
        help="change the net, or what is expected of it",
    )


def plain(value: Any) -> Any:
    """A list of one item, or of equal ones that stand for all axes, as that item."""
    return value[0] if isinstance(value, tuple) and len(value) == 1 else value


def shown(value: Any) -> str:
    """A figure with its thousands told apart; a shape as specs write it."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, tuple) and all(isinstance(v, int) for v in value):
        return "x".join(map(str, value))
    return show_value(value)
