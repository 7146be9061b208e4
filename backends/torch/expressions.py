"""Finds how one column of numbers follows from others, as the arguments in a class do from its parameters.

A column holds the value of one argument in each instance of a class, ABSENT where that instance has no such
layer. Whatever is found holds for every instance there is, so the classes that use it rebuild just that net.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

ABSENT: Any = object()
MOST_FACTOR = 64
MOST_COUNT = 2
ODD = (3, 5, 7, 9)
"""How many halves of a parameter are written as such."""

Column = tuple[Any, ...]


class Expression(NamedTuple):
    """Python text, the parameters it names and its value in every instance."""

    text: str
    names: tuple[str, ...]
    column: Column


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


def find(target: Column, known: Mapping[str, Column], kind: str) -> Expression | None:
    """The simplest expression in the known columns that gives the target; None where there is none.

    What is tried depends on the kind of number: channels are multiples, shares and sums, a count is near
    another, a margin is half of what a kernel covers, anything else is a parameter as it is.
    """
    for name, column in known.items():
        if fits(target, column):
            return Expression(name, (name,), column)
    if not all(value is ABSENT or type(value) is int for value in target):
        return None
    numbers = {name: column for name, column in known.items() if all(type(v) is int for v in column)}
    tried = TRIED.get(kind)
    if tried is None:
        return None
    return next((found for found in tried(target, numbers) if fits(target, found.column)), None)


def channel_forms(target: Column, known: Mapping[str, Column]) -> Iterator[Expression]:
    """4 * width, width // 4, 3 * width // 2, growth + 16, a + b, a - b, a * b, 2 * a * b, a + 6 * b."""
    row = next(index for index, value in enumerate(target) if value is not ABSENT)
    want = target[row]
    for name, column in known.items():
        yield from scaled(name, column, want, column[row])
        yield from offset(name, column, want - column[row])
    for a, first in known.items():
        for b, second in known.items():
            if a < b:
                yield from sums_and_products(a, first, b, second, want, row)
            if a != b:
                yield from differences(a, first, b, second, want, row)


def count_forms(target: Column, known: Mapping[str, Column]) -> Iterator[Expression]:
    """depth - 1."""
    row = next(index for index, value in enumerate(target) if value is not ABSENT)
    for name, column in known.items():
        if abs(target[row] - column[row]) <= MOST_COUNT:
            yield from offset(name, column, target[row] - column[row])


def margin_forms(target: Column, known: Mapping[str, Column]) -> Iterator[Expression]:
    """kernel // 2, (kernel - 1) // 2, (kernel - 1) * dilation // 2."""
    for name, column in known.items():
        yield Expression(f"{name} // 2", (name,), tuple(v // 2 for v in column))
        yield Expression(f"({name} - 1) // 2", (name,), tuple((v - 1) // 2 for v in column))
    for a, first in known.items():
        for b, second in known.items():
            column = tuple((x - 1) * y // 2 for x, y in zip(first, second, strict=True))
            yield Expression(f"({a} - 1) * {b} // 2", (a, b), column)


TRIED = {"channels": channel_forms, "count": count_forms, "margin": margin_forms}


def scaled(name: str, column: Column, want: int, here: int) -> Iterator[Expression]:
    """A multiple of a parameter, or a share of it that leaves no rest."""
    if here and want % here == 0 and 1 < want // here <= MOST_FACTOR:
        factor = want // here
        yield Expression(f"{factor} * {name}", (name,), tuple(factor * v for v in column))
    if want and here % want == 0 and 1 < here // want <= MOST_FACTOR:
        divisor = here // want
        if all(v % divisor == 0 for v in column):
            yield Expression(f"{name} // {divisor}", (name,), tuple(v // divisor for v in column))
    if here and 2 * want % here == 0 and 2 * want // here in ODD and all(v % 2 == 0 for v in column):
        factor = 2 * want // here
        yield Expression(f"{factor} * {name} // 2", (name,), tuple(factor * v // 2 for v in column))


def offset(name: str, column: Column, amount: int) -> Iterator[Expression]:
    """A parameter and a constant."""
    if amount:
        text = f"{name} {'+' if amount > 0 else '-'} {abs(amount)}"
        yield Expression(text, (name,), tuple(v + amount for v in column))


def sums_and_products(
    a: str, first: Column, b: str, second: Column, want: int, row: int
) -> Iterator[Expression]:
    names, pairs = (a, b), list(zip(first, second, strict=True))
    yield Expression(f"{a} + {b}", names, tuple(x + y for x, y in pairs))
    yield Expression(f"{a} * {b}", names, tuple(x * y for x, y in pairs))
    product = first[row] * second[row]
    if product and want % product == 0 and 1 < want // product <= MOST_FACTOR:
        factor = want // product
        yield Expression(f"{factor} * {a} * {b}", names, tuple(factor * x * y for x, y in pairs))


def differences(a: str, first: Column, b: str, second: Column, want: int, row: int) -> Iterator[Expression]:
    names, pairs = (a, b), list(zip(first, second, strict=True))
    yield Expression(f"{a} - {b}", names, tuple(x - y for x, y in pairs))
    if all(y and x % y == 0 for x, y in pairs):
        yield Expression(f"{a} // {b}", names, tuple(x // y for x, y in pairs))
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


def opposite(condition: Expression) -> Expression:
    """`a == b and stride == 1` of `a != b or stride != 1`."""
    text = condition.text.replace("!=", "==").replace(" or ", " and ")
    return Expression(text, condition.names, tuple(not value for value in condition.column))
