"""What intervals tell of a condition: whether any member can hold it, before one is made.

Of `vary depth in 12..28`, and figures of which no more is known than that they are counts:

    where depth * 2 < 20, 360M < macs, macs < 300M

    depth * 2     24 to 56         never less than 20
    360M < macs   from here on macs is more than 360M: the next condition is never held

An expression that the rules below do not know may have any value.
"""

from __future__ import annotations

from math import inf, prod

from cnnspec.elaborate.expressions.arithmetic import is_number
from cnnspec.named_tuples import NamedTuple
from cnnspec.pipeline import FIGURES, MORE_FIGURES
from cnnspec.space.definition import NumberRange, SpaceVariable
from cnnspec.syntax import tree
from cnnspec.typed import Any, Iterable, Iterator, Mapping


class Bounds(NamedTuple):
    """The numbers from `low` to `high`; an end that is open is not among them."""

    low: float
    high: float
    open_low: bool = False
    open_high: bool = False


class ListBounds(NamedTuple):
    """A list of so many numbers, each within bounds."""

    length: int
    item: Bounds


Known = dict[str, Bounds | ListBounds | None]
"""What is known of all parameters by name, and of figures by `net.` and theirs."""
COUNT = Bounds(0, inf)
OTHERS = frozenset(
    ["output", "receptive_field", "params_of", "macs_of", "training_memory", "sgd", "momentum", "adam"]
)
"""The figures that are no counts."""
LEAST_FIRST = {">": "<", ">=": "<="}


def known_bounds(variables: Iterable[SpaceVariable], parameters: Iterable[str]) -> Known:
    """What is known of the variables of a space and of the figures of its members.

    `parameters` are all of the net: those that do not vary may have any value.
    """
    found: Known = dict.fromkeys(parameters)
    found |= {f"net.{name}": COUNT for name in {*FIGURES, *MORE_FIGURES} - OTHERS}
    for variable in variables:
        domain = variable.domain
        values = (domain.low, domain.high) if isinstance(domain, NumberRange) else domain.values
        if all(map(is_number, values)):
            item = Bounds(min(values), max(values))
            found[variable.name] = item if variable.length is None else ListBounds(variable.length, item)
    return found


def narrowed(condition: tree.Comparison, known: Known) -> tree.Expression | None:
    """Take what a condition says for known, where it may hold; else the part of it that never does."""
    operands = condition.operands
    for symbol, left, right in zip(condition.operators, operands, operands[1:], strict=False):
        if symbol in LEAST_FIRST:
            symbol, left, right = LEAST_FIRST[symbol], right, left
        first, second = bounds_of(left, known), bounds_of(right, known)
        if not isinstance(first, Bounds) or not isinstance(second, Bounds):
            continue
        if _never(symbol, first, second):
            return left if isinstance(right, tree.Literal) else right
        if symbol in ("<", "<=", "=="):
            _narrow(left, known, high=second, strict=symbol == "<")
            _narrow(right, known, low=first, strict=symbol == "<")
        if symbol == "==":
            _narrow(left, known, low=second)
            _narrow(right, known, high=first)
    return None


def _never(symbol: str, left: Bounds, right: Bounds) -> bool:
    """Whether no number of one bounds compares so to any of others."""
    beyond = left.low > right.high or (left.low == right.high and (left.open_low or right.open_high))
    if symbol == "<":
        return left.low >= right.high
    if symbol == "<=":
        return beyond
    below = right.low > left.high or (right.low == left.high and (right.open_low or left.open_high))
    if symbol == "==":
        return beyond or below
    return symbol == "!=" and left.low == left.high == right.low == right.high


def _narrow(
    operand: tree.Expression,
    known: Known,
    low: Bounds | None = None,
    high: Bounds | None = None,
    strict: bool = False,
) -> None:
    """Remember that a name is at least as large as the least of some numbers, or at most as the largest."""
    name = _key(operand, known)
    current = known.get(name)
    if not isinstance(current, Bounds):
        return
    if high is not None and (high.high, not strict) < (current.high, not current.open_high):
        current = current._replace(high=high.high, open_high=strict or high.open_high)
    if low is not None and (low.low, strict) > (current.low, current.open_low):
        current = current._replace(low=low.low, open_low=strict or low.open_low)
    known[name] = current


def _key(expression: tree.Expression, known: Mapping[str, Any]) -> str:
    """What a name is known by: a parameter before a figure; empty for what is no name."""
    if isinstance(expression, tree.Name) and expression.name in known:
        return expression.name
    return f"net.{expression.name}" if isinstance(expression, (tree.Name, tree.Figure)) else ""


def bounds_of(expression: tree.Expression, known: Mapping[str, Any]) -> Bounds | ListBounds | None:
    """The bounds of an expression; None where nothing is known of it."""
    if key := _key(expression, known):
        return known.get(key)
    if isinstance(expression, tree.Literal):
        return Bounds(expression.value, expression.value) if is_number(expression.value) else None
    if isinstance(expression, tree.Prefix) and expression.operators[0] != "not":
        inner = bounds_of(expression.operand, known)
        odd = expression.operators.count("-") % 2
        return _negative(inner) if isinstance(inner, Bounds) and odd else inner
    if isinstance(expression, tree.Arithmetic):
        return _arithmetic(expression, known)
    if isinstance(expression, tree.Index):
        target = bounds_of(expression.target, known)
        return target.item if isinstance(target, ListBounds) else None
    if isinstance(expression, tree.Call) and isinstance(expression.function, tree.Name):
        return _call(expression.function.name, list(_arguments(expression, known)))
    return None


def _arguments(call: tree.Call, known: Mapping[str, Any]) -> Iterator[Bounds | ListBounds | None]:
    for argument in call.arguments:
        yield None if argument.name is not None else bounds_of(argument.value, known)


def _negative(inner: Bounds) -> Bounds:
    return Bounds(-inner.high, -inner.low, inner.open_high, inner.open_low)


def _arithmetic(expression: tree.Arithmetic, known: Mapping[str, Any]) -> Bounds | None:
    parts = [bounds_of(operand, known) for operand in expression.operands]
    result = parts[0]
    for symbol, part in zip(expression.operators, parts[1:], strict=True):
        if not isinstance(result, Bounds) or not isinstance(part, Bounds):
            return None
        if symbol in ("+", "-"):
            other = part if symbol == "+" else _negative(part)
            opened = (result.open_low or other.open_low, result.open_high or other.open_high)
            result = Bounds(result.low + other.low, result.high + other.high, *opened)
        elif symbol == "*":
            corners = [prod(pair) for pair in _corners(result, part)]
            result = Bounds(min(corners), max(corners)) if corners else None
        elif symbol == "/" and (part.low > 0 or part.high < 0):
            corners = [a / b for a, b in _corners(result, part)]
            result = Bounds(min(corners), max(corners)) if corners else None
        else:
            return None
    return result if isinstance(result, Bounds) else None


def _corners(one: Bounds, other: Bounds) -> list[tuple[float, float]]:
    """The ends of two bounds, each with each; none where they have no end."""
    ends = [*one[:2], *other[:2]]
    return [] if inf in map(abs, ends) else [(a, b) for a in one[:2] for b in other[:2]]


def _call(name: str, given: list[Bounds | ListBounds | None]) -> Bounds | ListBounds | None:
    """The bounds of a function of what is within bounds."""
    only = given[0] if len(given) == 1 else None
    if isinstance(only, ListBounds):
        item, length = only.item, only.length
        found = {
            "len": Bounds(length, length),
            "sum": Bounds(length * item.low, length * item.high),
            "min": item,
            "max": item,
            "sorted": only,
            "reversed": only,
        }
        return found.get(name)
    numbers = [one for one in given if isinstance(one, Bounds)]
    if name in ("min", "max") and len(numbers) == len(given) > 1:
        pick = min if name == "min" else max
        return Bounds(pick(one.low for one in numbers), pick(one.high for one in numbers))
    return None
