"""Expressions: what they evaluate to where they stand."""

from __future__ import annotations

from cnnspec.elaborate.context import Context
from cnnspec.elaborate.expressions.arithmetic import (
    bounded_nesting,
    bounded_number,
    compare,
    is_number,
    operate,
    power,
    spent,
)
from cnnspec.elaborate.expressions.early import give_early
from cnnspec.elaborate.expressions.functions import FUNCTIONS, MAX_ITEMS, ChannelParts, ItemsError
from cnnspec.elaborate.expressions.items import may_lack, numbered, pick, unpacked
from cnnspec.elaborate.expressions.names import attribute, value_of
from cnnspec.elaborate.values import UNKNOWN, BoundExceeded, Mistake, Variables, kind_of
from cnnspec.source import Span
from cnnspec.syntax import tree
from cnnspec.typed import Any, Callable, Iterator

MAX_DEPTH = 200
"""How deep expressions may be nested."""
NET = "net"
"""What the figures of a net are known as where there are any; no variable can be called so."""


def evaluate(expression: tree.Expression, context: Context, variables: Variables, depth: int = 0) -> Any:
    """The value of an expression; UNKNOWN where a mistake reported before left a part of it without one.

    `depth` is how deep it stands in another one. Raises Mistake.
    """
    if not depth and context.builder.quick is not None:
        found = context.builder.quick(expression, variables, context.builder)
        if found is not None:
            return found[0]
    if depth > MAX_DEPTH:
        message = f"an expression is nested more than {MAX_DEPTH} deep"
        raise BoundExceeded("bound-nesting", expression.span, message, help="name a part of it with `let`")
    return RULES[expression.__class__](expression, context, variables, depth + 1)


def truth(value: Any, span: Span) -> bool:
    """A condition's value; unknown counts as false. Raises Mistake for what is no truth value."""
    if isinstance(value, bool):
        return value
    if value is UNKNOWN:
        return False
    raise Mistake(
        "type",
        span,
        f"a condition must be true or false, this is {kind_of(value)}",
        help="compare it, as in `n > 0`",
    )


def count(value: Any, span: Span, what: str) -> int | None:
    """An integer from 0 up; None where it is unknown. Raises Mistake."""
    if value is UNKNOWN:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        message = f"{what} takes an integer from 0 up, this is {kind_of(value)}"
        raise Mistake("repeat-count", span, message)
    return value


# ---- rules, one for each kind of expression, with at most three frames from part to part (a comprehension
# over parts would be one more): MAX_DEPTH of them must fit on the stack that Python allows


def _literal(expression: tree.Literal, context: Context, variables: Variables, depth: int) -> Any:
    value = expression.value
    if value.__class__ is int:
        return bounded_number(value, context, expression.span)  # type: ignore[arg-type]
    if isinstance(value, tuple):
        for size in value:
            bounded_number(size, context, expression.span)
    return value


def _name(expression: tree.Name, context: Context, variables: Variables, depth: int) -> Any:
    return value_of(expression, context, variables)


def _listing(expression: tree.Listing, context: Context, variables: Variables, depth: int) -> Any:
    items: list[Any] = []
    for item in expression.items:
        items.append(evaluate(item, context, variables, depth))
    return bounded_nesting(tuple(items), expression.span, context)


def _comprehension(expression: tree.Comprehension, context: Context, variables: Variables, depth: int) -> Any:
    result: list[Any] = []
    scopes: Iterator[Variables] = iter([variables])
    depth += len(expression.clauses)
    for clause in expression.clauses:
        scopes = _clause(clause, context, scopes, depth)
    try:
        for scope in scopes:
            result.append(evaluate(expression.element, context, scope, depth))
            if len(result) > MAX_ITEMS:
                raise BoundExceeded(
                    "bound-list", expression.span, f"the list is longer than the bound of {MAX_ITEMS} items"
                )
    except _UnknownIterable:
        return UNKNOWN
    return bounded_nesting(tuple(result), expression.span, context)


class _UnknownIterable(Exception):
    """A comprehension runs over something unknown."""


def _clause(
    clause: tree.Clause, context: Context, scopes: Iterator[Variables], depth: int
) -> Iterator[Variables]:
    for outer in scopes:
        items = evaluate(clause.iterable, context, outer, depth)
        if items is UNKNOWN:
            raise _UnknownIterable
        for scope in unpacked(clause.names, items, clause.iterable.span, context, outer):
            for condition in clause.conditions:
                if not truth(evaluate(condition, context, scope, depth), condition.span):
                    break
            else:
                yield scope


def _choice(expression: tree.Choice, context: Context, variables: Variables, depth: int) -> Any:
    for value, condition in zip(expression.values, expression.conditions, strict=False):
        held = evaluate(condition, context, variables, depth)
        if held is UNKNOWN:
            return UNKNOWN
        if truth(held, condition.span):
            return evaluate(value, context, variables, depth)
    return evaluate(expression.values[-1], context, variables, depth)


def _logic(expression: tree.Logic, context: Context, variables: Variables, depth: int) -> Any:
    stop = expression.operator == "or"
    for operand in expression.operands:
        value = evaluate(operand, context, variables, depth)
        if value is UNKNOWN:
            return UNKNOWN
        if truth(value, operand.span) is stop:
            return stop
    return not stop


def _prefix(expression: tree.Prefix, context: Context, variables: Variables, depth: int) -> Any:
    value = evaluate(expression.operand, context, variables, depth)
    if value is UNKNOWN:
        return UNKNOWN
    if expression.operators[0] == "not":
        return truth(value, expression.operand.span) is (len(expression.operators) % 2 == 0)
    if not is_number(value):
        raise Mistake(
            "type", expression.span, f"`{expression.operators[0]}` needs a number, this is {kind_of(value)}"
        )
    return -value if expression.operators.count("-") % 2 else value


def _comparison(expression: tree.Comparison, context: Context, variables: Variables, depth: int) -> Any:
    values = [evaluate(operand, context, variables, depth) for operand in expression.operands]
    if UNKNOWN in values:
        return UNKNOWN
    pairs = zip(expression.operators, values, values[1:], strict=False)
    return all(compare(symbol, left, right, expression.span) for symbol, left, right in pairs)


def _arithmetic(expression: tree.Arithmetic, context: Context, variables: Variables, depth: int) -> Any:
    values = [evaluate(operand, context, variables, depth) for operand in expression.operands]
    if UNKNOWN in values:
        return UNKNOWN
    if expression.operators[0] == "**":
        # from the right, as in Python: 2 ** 3 ** 2 is 2 ** 9
        result = values[-1]
        for base in reversed(values[:-1]):
            result = power(base, result, context, expression.span)
        return result
    result = values[0]
    for symbol, value in zip(expression.operators, values[1:], strict=True):
        result = operate(symbol, result, value, context, expression.span)
    return result


def _selection(expression: tree.Expression, context: Context, variables: Variables, depth: int) -> Any:
    """A chain of indices, attributes and calls, from its root outwards: a long one is not a deep one."""
    # a loop in place of recursion: x[0][1][2]... may be as long as a line, where depth is bounded
    chain: list[Any] = []
    root: Any = expression
    while isinstance(root, (tree.Index, tree.Slicing, tree.Attribute, tree.Call)):
        chain.append(root)
        root = root.function if isinstance(root, tree.Call) else root.target
    if isinstance(chain[-1], tree.Call):
        value = _call(chain.pop(), context, variables, depth)
    else:
        value = evaluate(root, context, variables, depth)
        if isinstance(root, tree.Name) and isinstance(value, dict):
            value = may_lack(value, root.name, context)
    for step in reversed(chain):
        value = _select(step, value, context, variables, depth)
    return value


def _select(step: Any, target: Any, context: Context, variables: Variables, depth: int) -> Any:
    if target is UNKNOWN:
        return UNKNOWN
    if isinstance(step, tree.Call):
        return _early(target, step, context, variables, depth)
    if isinstance(step, tree.Attribute):
        return attribute(target, step.name, step.span)
    if isinstance(step, tree.Index):
        return pick(target, evaluate(step.index, context, variables, depth), step.span)
    bounds: list[Any] = []
    for bound in (step.start, step.stop):
        bounds.append(None if bound is None else evaluate(bound, context, variables, depth))
    if UNKNOWN in bounds:
        return UNKNOWN
    if isinstance(target, dict):
        target = numbered(target, step.span)
    if not isinstance(target, tuple) or not all(b is None or isinstance(b, int) for b in bounds):
        raise Mistake(
            "type", step.span, f"`[a:b]` cuts a list between two integers, this is {kind_of(target)}"
        )
    return spent(target[bounds[0] : bounds[1]], step.span, context)


def _early(block: Any, call: tree.Call, context: Context, variables: Variables, depth: int) -> Any:
    """A block with arguments that are given early."""
    if block is UNKNOWN:
        return UNKNOWN
    name = call.function.name if isinstance(call.function, tree.Name) else getattr(block, "name", "this")

    def here(expression: tree.Expression) -> Any:
        return evaluate(expression, context, variables, depth)

    return give_early(block, call, name, context, variables, here)


def _figure(figure: tree.Figure, context: Context, variables: Variables, depth: int) -> Any:
    """A figure of a member of a space, whatever its parameters are called; figures are known as NET there."""
    known = variables.get(NET)
    if known is None:
        cure = f"in `expect` the name of a figure stands alone: {figure.name}"
        raise Mistake("misplaced", figure.span, f"`{figure.span.text}` stands in `where` alone", help=cure)
    if figure.name not in known:
        from cnnspec.elaborate.mistakes.suggest import suggest_at

        place = Span(figure.span.source, figure.span.end - len(figure.name), figure.span.end)
        cure = suggest_at(place, figure.name, known)
        message = f"a net has no figure `{figure.name}`"
        raise Mistake("unknown-name", place, message, help=cure.help, edits=cure.edits)
    return known[figure.name]


def _call(call: tree.Call, context: Context, variables: Variables, depth: int) -> Any:
    function = call.function
    name = function.name if isinstance(function, (tree.Name, tree.Figure)) else "this"
    if isinstance(function, tree.Figure):
        variables = {**variables, name: _figure(function, context, variables, depth)}
    given_here = variables.get(name)
    known = given_here if callable(given_here) else None if name in variables else FUNCTIONS.get(name)
    if known is None:
        target = variables.get(name, context.lookup(name))
        if not isinstance(function, (tree.Name, tree.Figure)):
            target = evaluate(function, context, variables, depth)
        return _early(target, call, context, variables, depth)
    positional: list[Any] = []
    named: dict[str, Any] = {}
    for argument in call.arguments:
        value = evaluate(argument.value, context, variables, depth)
        if argument.name is None:
            positional.append(value)
        else:
            named[argument.name] = value
    if any(value is UNKNOWN for value in (*positional, *named.values())):
        return UNKNOWN
    try:
        result = known(*positional, **named)
    except ItemsError as error:
        raise BoundExceeded("bound-list", call.span, str(error)) from None
    except KeyError as error:  # what it was asked for by name is not there, and it says so
        raise Mistake("type", call.span, error.args[0]) from None
    except (TypeError, ValueError, ArithmeticError):
        given = ", ".join(kind_of(value) for value in (*positional, *named.values())) or "nothing"
        raise Mistake("type", call.span, f"`{name}` does not take {given}") from None
    if isinstance(result, ChannelParts):
        from cnnspec.elaborate.expressions.split import split

        return split(result.value, result.parts, context, call.span)
    return (
        bounded_number(result, context, call.span) if is_number(result) else spent(result, call.span, context)
    )


RULES: dict[type, Callable[[Any, Context, Variables, int], Any]] = {
    tree.Literal: _literal,
    tree.Name: _name,
    tree.Listing: _listing,
    tree.Comprehension: _comprehension,
    tree.Choice: _choice,
    tree.Logic: _logic,
    tree.Prefix: _prefix,
    tree.Comparison: _comparison,
    tree.Arithmetic: _arithmetic,
    tree.Index: _selection,
    tree.Slicing: _selection,
    tree.Attribute: _selection,
    tree.Figure: _figure,
    tree.Call: _selection,
}
