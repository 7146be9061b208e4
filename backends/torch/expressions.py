"""Finds how one column of numbers follows from others, as the arguments in a class do from its parameters.

A column holds the value of one argument in each instance of a class, ABSENT where that instance has no such
layer. Whatever is found holds for every instance there is, so the classes that use it rebuild just that net.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

ABSENT: Any = object()
MOST_FACTOR = 64

Column = tuple[Any, ...]


class Expression(NamedTuple):
    """Python text, the parameters it names and its value in every instance."""

    text: str
    names: tuple[str, ...]
    column: Column


def literal(value: Any) -> str:
    """A number, flag, word or tuple of these as black writes it."""
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    if isinstance(value, tuple):
        return "(" + ", ".join(map(literal, value)) + ("," if len(value) == 1 else "") + ")"
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return f'float("{value}")'
    return repr(value)


def is_same(first: Any, second: Any) -> bool:
    """Equal, and of the same type: 1 is neither 1.0 nor True."""
    return type(first) is type(second) and first == second


def is_constant(column: Column) -> bool:
    """Whether every instance that has a value has the same."""
    present = [value for value in column if value is not ABSENT]
    return all(is_same(value, present[0]) for value in present)


def constant(column: Column) -> Any:
    return next(value for value in column if value is not ABSENT)


def fits(target: Column, column: Column) -> bool:
    return all(want is ABSENT or is_same(want, have) for want, have in zip(target, column, strict=True))


def find(target: Column, known: Mapping[str, Column]) -> Expression | None:
    """The simplest expression in the known columns that gives the target; None where there is none."""
    for name, column in known.items():
        if fits(target, column):
            return Expression(name, (name,), column)
    if not all(value is ABSENT or type(value) is int for value in target):
        return None
    numbers = {name: column for name, column in known.items() if all(type(v) is int for v in column)}
    for candidate in candidates(target, numbers):
        if fits(target, candidate.column):
            return candidate
    return None


def candidates(target: Column, known: Mapping[str, Column]) -> Iterator[Expression]:
    """Expressions worth trying, simple ones first."""
    row = next(index for index, value in enumerate(target) if value is not ABSENT)
    want = target[row]
    for name, column in known.items():
        yield from with_constant(name, column, want, column[row])
    for a, first in known.items():
        for b, second in known.items():
            if a != b:
                yield from with_other(a, first, b, second, want, row)


def with_constant(name: str, column: Column, want: int, here: int) -> Iterator[Expression]:
    """4 * width, width // 4, (kernel - 1) // 2, growth + 16."""
    if here and want % here == 0 and 1 < want // here <= MOST_FACTOR:
        factor = want // here
        yield Expression(f"{factor} * {name}", (name,), tuple(factor * v for v in column))
    if want > 0:
        for divisor in sorted({2, here // want, here // want - 1} - {0, 1, -1}):
            if 1 < divisor <= MOST_FACTOR:
                yield Expression(f"{name} // {divisor}", (name,), tuple(v // divisor for v in column))
    yield Expression(f"({name} - 1) // 2", (name,), tuple((v - 1) // 2 for v in column))
    offset = want - here
    if offset:
        sign = "+" if offset > 0 else "-"
        yield Expression(f"{name} {sign} {abs(offset)}", (name,), tuple(v + offset for v in column))


def with_other(a: str, first: Column, b: str, second: Column, want: int, row: int) -> Iterator[Expression]:
    """a + b, a - b, a * b, a // b, 2 * a * b, a + 6 * b."""
    names, pairs = (a, b), list(zip(first, second, strict=True))
    if a < b:
        yield Expression(f"{a} + {b}", names, tuple(x + y for x, y in pairs))
        yield Expression(f"{a} * {b}", names, tuple(x * y for x, y in pairs))
        product = first[row] * second[row]
        if product and want % product == 0 and 1 < want // product <= MOST_FACTOR:
            factor = want // product
            yield Expression(f"{factor} * {a} * {b}", names, tuple(factor * x * y for x, y in pairs))
    yield Expression(f"{a} - {b}", names, tuple(x - y for x, y in pairs))
    if all(second):
        yield Expression(f"{a} // {b}", names, tuple(x // y for x, y in pairs))
    yield Expression(f"({a} - 1) * {b} // 2", names, tuple((x - 1) * y // 2 for x, y in pairs))
    # a third row at least, since any two lie on a line
    rest = want - first[row]
    if len(pairs) > 2 and second[row] and rest % second[row] == 0 and 1 < rest // second[row] <= MOST_FACTOR:
        factor = rest // second[row]
        yield Expression(f"{a} + {factor} * {b}", names, tuple(x + factor * y for x, y in pairs))


def find_condition(
    present: tuple[bool, ...],
    channels: list[tuple[Expression, Expression]],
    strides: list[Expression],
) -> Expression | None:
    """A comparison that holds in just these instances: of channels in and out, of strides with 1, or both."""
    different = [
        Expression(
            f"{a.text} != {b.text}",
            a.names + b.names,
            tuple(x != y for x, y in zip(a.column, b.column, strict=True)),
        )
        for a, b in channels
    ]
    strided = [
        Expression(f"{stride.text} != 1", stride.names, tuple(value != 1 for value in stride.column))
        for stride in strides
    ]
    either = [
        Expression(
            f"{s.text} or {d.text}",
            s.names + d.names,
            tuple(x or y for x, y in zip(s.column, d.column, strict=True)),
        )
        for s in strided
        for d in different
    ]
    return next((found for found in [*either, *different, *strided] if found.column == present), None)
