"""Expressions: what they evaluate to where they stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from cnnspec.elaborate.expressions.arithmetic import bounded_number, compare, is_number, operate, power, spent
from cnnspec.elaborate.expressions.functions import FUNCTIONS, MAX_ITEMS, ItemsError, as_list
from cnnspec.elaborate.mistakes.suggest import suggest
from cnnspec.elaborate.values import (
    SHORTCUTS,
    UNKNOWN,
    BoundExceeded,
    Family,
    Mistake,
    Value,
    kind_of,
)
from cnnspec.elaborate.values import Callable as Block
from cnnspec.layers.base import REGISTRY, Shape, describe, parameters
from cnnspec.source import Span
from cnnspec.syntax import tree

if TYPE_CHECKING:
    from cnnspec.elaborate.context import Context

Variables = dict[str, Any]
CONSTANTS = ("true", "false", "none")
HERE = ("channels", "height", "width", "prev")
SHAPE_ATTRIBUTES = ("channels", "height", "width", "size", "shape")


def evaluate(expression: tree.Expression, context: Context, variables: Variables) -> Any:
    """The value of an expression; UNKNOWN where a mistake reported before left a part of it without one.

    Raises Mistake.
    """
    return RULES[type(expression)](expression, context, variables)


def _literal(expression: tree.Literal, context: Context, variables: Variables) -> Any:
    value = expression.value
    if value.__class__ is int:
        return bounded_number(value, context, expression.span)  # type: ignore[arg-type]
    if isinstance(value, tuple):
        for size in value:
            bounded_number(size, context, expression.span)
    return value


def _name(expression: tree.Name, context: Context, variables: Variables) -> Any:
    name = expression.name
    if name in variables:
        return variables[name]
    if name in context.frame.lost:
        return UNKNOWN
    found = context.lookup(name)
    if found is not None and (found is not UNKNOWN or (name not in HERE and name not in words())):
        return found
    if name in HERE:
        return _here(name, context, expression.span)
    if name in words():
        return name
    if name in context.frame.suspected:
        return UNKNOWN
    raise unknown_name(expression, [*variables, *context.frame.labels, *context.module.names])


def unknown_name(name: tree.Name, bound: Iterable[str]) -> Mistake:
    """The mistake of a name that means nothing, where others are bound."""
    cure = suggest(name.name, [*bound, *HERE, *FUNCTIONS, *CONSTANTS])
    return Mistake("unknown-name", name.span, f"nothing here is called `{name.name}`", help=cure)


@cache
def words() -> frozenset[str]:
    """The words that arguments of layers and forms take."""
    kinds = (p.kind for cls in REGISTRY.values() for p in parameters(cls))
    return frozenset(SHORTCUTS).union(*(kind.words for kind in kinds))


def _here(name: str, context: Context, span: Span) -> Any:
    value = context.value
    if value is None:
        raise Mistake("flow-start", span, f"`{name}` stands where no value flows", help="start from a label")
    return value if name == "prev" else shape_attribute(value.shape, name, span)


def shape_attribute(shape: Shape | None, name: str, span: Span) -> Any:
    """channels, height, width, size (spatial sizes) or shape of a value. Raises Mistake."""
    if shape is None:
        return UNKNOWN
    if name == "channels":
        return shape[0]
    if name == "shape":
        return shape
    sizes = shape[1:]
    if name == "size":
        return sizes
    if name == "width" and sizes:
        return sizes[-1]
    if name == "height" and len(sizes) >= 2:
        return sizes[-2]
    raise Mistake("shape-rank", span, f"a value of shape {describe(shape)} has no {name}")


def _listing(expression: tree.Listing, context: Context, variables: Variables) -> Any:
    return tuple([evaluate(item, context, variables) for item in expression.items])


def _comprehension(expression: tree.Comprehension, context: Context, variables: Variables) -> Any:
    result: list[Any] = []
    scopes: Iterator[Variables] = iter([variables])
    for clause in expression.clauses:
        scopes = _clause(clause, context, scopes)
    try:
        for scope in scopes:
            result.append(evaluate(expression.element, context, scope))
            if len(result) > MAX_ITEMS:
                raise BoundExceeded(
                    "bound-list", expression.span, f"the list is longer than the bound of {MAX_ITEMS} items"
                )
    except _UnknownIterable:
        return UNKNOWN
    return tuple(result)


class _UnknownIterable(Exception):
    """A comprehension runs over something unknown."""


def _clause(clause: tree.Clause, context: Context, scopes: Iterator[Variables]) -> Iterator[Variables]:
    for outer in scopes:
        items = evaluate(clause.iterable, context, outer)
        if items is UNKNOWN:
            raise _UnknownIterable
        for scope in unpacked(clause.names, items, clause.iterable.span, context, outer):
            if all(truth(evaluate(c, context, scope), c.span) for c in clause.conditions):
                yield scope


def unpacked(
    names: tuple[tree.Name, ...], items: Any, span: Span, context: Context, outer: Variables
) -> Iterator[Variables]:
    """The variables of each turn of a loop over a list. Raises Mistake where an item does not unpack."""
    try:
        turns = as_list(items)
    except TypeError:
        raise Mistake(
            "type", span, f"`for` needs a list, this is {kind_of(items)}", help="range(n) counts from 0"
        ) from None
    for item in turns:
        context.step(span)
        yield {**outer, **unpack(names, item, span)}


def unpack(names: tuple[tree.Name, ...], item: Any, span: Span) -> Variables:
    """The variables that names get from an item: one name takes it whole. Raises Mistake."""
    if len(names) == 1:
        return {names[0].name: item}
    if item is UNKNOWN:
        return {name.name: UNKNOWN for name in names}
    if not isinstance(item, tuple) or len(item) != len(names):
        had = f"a list of {len(item)}" if isinstance(item, tuple) else kind_of(item)
        raise Mistake("unpack", span, f"{len(names)} names take a list of {len(names)} items, here is {had}")
    return {name.name: value for name, value in zip(names, item, strict=True)}


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


def _choice(expression: tree.Choice, context: Context, variables: Variables) -> Any:
    for value, condition in zip(expression.values, expression.conditions, strict=False):
        held = evaluate(condition, context, variables)
        if held is UNKNOWN:
            return UNKNOWN
        if truth(held, condition.span):
            return evaluate(value, context, variables)
    return evaluate(expression.values[-1], context, variables)


def _logic(expression: tree.Logic, context: Context, variables: Variables) -> Any:
    stop = expression.operator == "or"
    for operand in expression.operands:
        value = evaluate(operand, context, variables)
        if value is UNKNOWN:
            return UNKNOWN
        if truth(value, operand.span) is stop:
            return stop
    return not stop


def _prefix(expression: tree.Prefix, context: Context, variables: Variables) -> Any:
    value = evaluate(expression.operand, context, variables)
    if value is UNKNOWN:
        return UNKNOWN
    if expression.operators[0] == "not":
        return truth(value, expression.operand.span) is (len(expression.operators) % 2 == 0)
    if not is_number(value):
        raise Mistake(
            "type", expression.span, f"`{expression.operators[0]}` needs a number, this is {kind_of(value)}"
        )
    return -value if expression.operators.count("-") % 2 else value


def _comparison(expression: tree.Comparison, context: Context, variables: Variables) -> Any:
    values = [evaluate(operand, context, variables) for operand in expression.operands]
    if UNKNOWN in values:
        return UNKNOWN
    pairs = zip(expression.operators, values, values[1:], strict=False)
    return all(compare(symbol, left, right, expression.span) for symbol, left, right in pairs)


def _arithmetic(expression: tree.Arithmetic, context: Context, variables: Variables) -> Any:
    values = [evaluate(operand, context, variables) for operand in expression.operands]
    if UNKNOWN in values:
        return UNKNOWN
    if expression.operators[0] == "**":
        result = values[-1]
        for base in reversed(values[:-1]):
            result = power(base, result, context, expression.span)
        return result
    result = values[0]
    for symbol, value in zip(expression.operators, values[1:], strict=True):
        result = operate(symbol, result, value, context, expression.span)
    return result


def _selection(expression: tree.Expression, context: Context, variables: Variables) -> Any:
    """A chain of indices, attributes and calls, walked from its root outwards without recursion."""
    chain: list[Any] = []
    root: Any = expression
    while isinstance(root, (tree.Index, tree.Cut, tree.Attribute, tree.Call)):
        chain.append(root)
        root = root.function if isinstance(root, tree.Call) else root.target
    first = chain.pop()
    if isinstance(first, tree.Call):
        value = _call(first, root, context, variables)
    else:
        target = evaluate(root, context, variables)
        if isinstance(root, tree.Name) and isinstance(target, dict):
            target = may_lack(target, root.name, context)
        value = _select(first, target, context, variables)
    while chain:
        step = chain.pop()
        if isinstance(step, tree.Call):
            raise Mistake(
                "type", step.span, "only the functions of the language can be called in an expression"
            )
        value = _select(step, value, context, variables)
    return value


def _select(step: Any, target: Any, context: Context, variables: Variables) -> Any:
    if target is UNKNOWN:
        return UNKNOWN
    if isinstance(step, tree.Attribute):
        return _attribute(step, target)
    if isinstance(step, tree.Cut):
        bounds = [None if e is None else evaluate(e, context, variables) for e in (step.start, step.stop)]
        if UNKNOWN in bounds:
            return UNKNOWN
        if not isinstance(target, tuple) or not all(b is None or isinstance(b, int) for b in bounds):
            raise Mistake(
                "type", step.span, f"`[a:b]` cuts a list between two integers, this is {kind_of(target)}"
            )
        return spent(target[bounds[0] : bounds[1]], step.span, context)
    index = evaluate(step.index, context, variables)
    return pick(target, index, step.span)


class Doubtful(dict[tuple[int, ...], Value]):
    """A family of labels some of which a syntax error may have left undefined."""


def may_lack(family: Family, name: str, context: Context) -> Family:
    """A family of labels, marked where a syntax error may have left some undefined."""
    return Doubtful(family) if name in context.frame.suspected else family


def pick(target: Any, index: Any, span: Span) -> Any:
    """One item of a list or a family of labels; of a family with more indices, the part with the first ones.

    Raises Mistake.
    """
    if index is UNKNOWN or target is UNKNOWN:
        return UNKNOWN
    if isinstance(target, dict):
        key = index if isinstance(index, tuple) else (index,)
        if key in target:
            return target[key]
        if part := {k[len(key) :]: v for k, v in target.items() if k[: len(key)] == key}:
            return part
        if isinstance(target, Doubtful):
            return UNKNOWN
        have = ", ".join("[" + ", ".join(map(str, k)) + "]" for k in list(target)[:12])
        shown = ", ".join(map(str, key))
        raise Mistake("unknown-label", span, f"the label has no index [{shown}]", help=f"it has {have}")
    if isinstance(target, Block):
        message = f"`{target.name}` is a block, and has no items"
        raise Mistake("type", span, message, help=f"arguments stand in parentheses: {target.name}(...)")
    if not isinstance(target, tuple) or not isinstance(index, int) or isinstance(index, bool):
        raise Mistake(
            "type", span, f"`[ ]` takes an integer into a list, not {kind_of(index)} into {kind_of(target)}"
        )
    if not -len(target) <= index < len(target):
        raise Mistake("index", span, f"index {index} is outside the list, which has {len(target)} items")
    return target[index]


def _attribute(step: tree.Attribute, target: Any) -> Any:
    if isinstance(target, Value) and step.name in SHAPE_ATTRIBUTES:
        return shape_attribute(target.shape, step.name, step.span)
    if isinstance(target, Value):
        help_text = suggest(step.name, list(SHAPE_ATTRIBUTES)) or "a value has " + ", ".join(SHAPE_ATTRIBUTES)
        raise Mistake("unknown-attribute", step.span, f"a value has no `{step.name}`", help=help_text)
    raise Mistake(
        "type", step.span, f"`.{step.name}` asks for the shape of a label, this is {kind_of(target)}"
    )


def unknown_function(name: str, span: Span, found: Any) -> Mistake:
    """The mistake of a call of what is no function, though it may be something else."""
    if isinstance(found, Block):
        message, cure = f"`{name}` is a block, and gives no value of an expression", IN_EXPRESSION
    else:
        message = f"`{name}` is not a function of the expression language"
        cure = suggest(name, list(FUNCTIONS)) or "functions: " + ", ".join(FUNCTIONS)
    return Mistake("unknown-function", span, message, help=cure)


IN_EXPRESSION = (
    "chain it with `->`, or write it as an arm: { | a | b }; a label names what it gives: x: conv(8, 3)"
)


def _call(call: tree.Call, function: tree.Expression, context: Context, variables: Variables) -> Any:
    if not isinstance(function, tree.Name) or function.name not in FUNCTIONS or function.name in variables:
        name = function.name if isinstance(function, tree.Name) else "this"
        raise unknown_function(name, function.span, variables.get(name, context.lookup(name)))
    positional = [evaluate(a.value, context, variables) for a in call.arguments if a.name is None]
    named = {a.name: evaluate(a.value, context, variables) for a in call.arguments if a.name is not None}
    if any(value is UNKNOWN for value in (*positional, *named.values())):
        return UNKNOWN
    try:
        result = FUNCTIONS[function.name](*positional, **named)
    except ItemsError as error:
        raise BoundExceeded("bound-list", call.span, str(error)) from None
    except (TypeError, ValueError, ArithmeticError):
        given = ", ".join(kind_of(value) for value in (*positional, *named.values())) or "nothing"
        raise Mistake("type", call.span, f"`{function.name}` does not take {given}") from None
    return (
        bounded_number(result, context, call.span) if is_number(result) else spent(result, call.span, context)
    )


RULES: dict[type, Callable[[Any, Context, Variables], Any]] = {
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
    tree.Cut: _selection,
    tree.Attribute: _selection,
    tree.Call: _selection,
}
