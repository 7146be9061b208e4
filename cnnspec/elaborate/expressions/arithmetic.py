"""Arithmetic and comparison of values of the DSL, within the bounds."""

from __future__ import annotations

import _operator as operator
import math

from cnnspec.elaborate.context import Context
from cnnspec.elaborate.expressions.functions import MAX_ITEMS, as_list
from cnnspec.elaborate.values import BoundExceeded, Mistake, kind_of
from cnnspec.source import Span
from cnnspec.typed import Any, Callable, TypeGuard

MAX_NESTED_LISTS = 200
ITEMS_OF_A_STEP = 10
"""How many items in inner lists are worth a step of the walk, when a list is made of them."""
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether a value is an integer or a float; true and false are none."""
    return value.__class__ is int or (isinstance(value, (int, float)) and not isinstance(value, bool))


def compare(symbol: str, left: Any, right: Any, span: Span) -> bool:
    """Whether a comparison holds. Raises Mistake where the two cannot be compared."""
    try:
        if symbol == "in":
            return left in as_list(right)
        return COMPARISONS[symbol](left, right)
    except TypeError:
        raise Mistake(
            "type", span, f"`{symbol}` cannot compare {kind_of(left)} and {kind_of(right)}"
        ) from None


def operate(symbol: str, left: Any, right: Any, context: Context, span: Span) -> Any:
    """left + right and the like; lists can be added, and repeated by an integer.

    Raises Mistake for what the operator does not take, BoundExceeded for results over the bounds.
    """
    if is_number(left) and is_number(right):
        if right == 0 and symbol in ("/", "//", "%"):
            raise Mistake("division-by-zero", span, f"`{symbol}` divides by zero")
        return bounded_number(OPERATORS[symbol](left, right), context, span)
    if symbol == "+" and isinstance(left, tuple) and isinstance(right, tuple):
        return _bounded_list(len(left) + len(right), lambda: left + right, span, context)
    if symbol == "*" and isinstance(left, tuple) and isinstance(right, int):
        return _bounded_list(len(left) * right, lambda: left * right, span, context)
    if symbol == "*" and isinstance(right, tuple) and isinstance(left, int):
        return operate(symbol, right, left, context, span)
    raise Mistake("type", span, f"`{symbol}` does not take {kind_of(left)} and {kind_of(right)}")


def _bounded_list(
    length: int, make: Callable[[], tuple[Any, ...]], span: Span, context: Context
) -> tuple[Any, ...]:
    if length > MAX_ITEMS:
        raise BoundExceeded("bound-list", span, f"the list is longer than the bound of {MAX_ITEMS} items")
    return spent(make(), span, context)


def spent(result: Any, span: Span, context: Context) -> Any:
    """A result, its items counted as steps where it is a list. Raises BoundExceeded."""
    if isinstance(result, tuple):
        context.builder.spend(span, len(result))
        return bounded_nesting(result, span, context)
    return result


def bounded_nesting(items: tuple[Any, ...], span: Span, context: Context) -> tuple[Any, ...]:
    """A list that was made, if the lists in it are not too deep or too large. Raises BoundExceeded.

    Its items may be one object, as in [[[1] * 2] * 2] * 2: what is small to make may be large to go through.
    """
    level, inner = items, 0
    for _ in range(MAX_NESTED_LISTS):
        level = [item for item in level if item.__class__ is tuple]
        if not level:
            context.builder.spend(span, inner // ITEMS_OF_A_STEP)
            return items
        inner += sum(map(len, level))
        if inner > 2 * MAX_ITEMS:
            message = f"the lists in this list have more than {2 * MAX_ITEMS} items"
            raise BoundExceeded("bound-list", span, message)
        level = [item for list_ in level for item in list_]
    message = f"lists are nested more than {MAX_NESTED_LISTS} deep"
    raise BoundExceeded("bound-nesting", span, message, help="does a def wrap a list in a list at each call?")


def power(base: Any, exponent: Any, context: Context, span: Span) -> Any:
    """base ** exponent. Raises Mistake where there is none, BoundExceeded before a result gets too large."""
    if not is_number(base) or not is_number(exponent):
        raise Mistake("type", span, f"`**` does not take {kind_of(base)} and {kind_of(exponent)}")
    if base == 0 and exponent < 0:
        raise Mistake("division-by-zero", span, "0 has no negative power")
    if base < 0 and not float(exponent).is_integer():
        raise Mistake("type", span, "a negative number has no fractional power")
    try:
        size = abs(exponent) * math.log2(abs(base)) if base else 0
        whole = isinstance(base, int) and isinstance(exponent, int) and exponent >= 0
        result = float(base) ** exponent if not whole else base**exponent if size < 64 else math.inf
    except OverflowError:
        result = math.inf
    return bounded_number(result, context, span)


def bounded_number(value: int | float, context: Context, span: Span) -> int | float:
    """The number, if it is within the bounds. Raises BoundExceeded."""
    limit = context.builder.limits.integer
    if isinstance(value, int):
        if -limit <= value <= limit:
            return value
        raise BoundExceeded("bound-integer", span, f"a number here is over the bound of {limit}")
    if not math.isfinite(value):
        raise BoundExceeded("bound-integer", span, f"a number here is over the bound of {limit}")
    return value
