"""The columns of a def: each argument in its body over all modules that it stands for, and words for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

CHANNELS = frozenset({"out", "groups", "width", "inner", "start", "stop"})
"""Arguments that count channels, which may follow from those that flow in."""

MOST_PARTS = {"start": 16, "stop": 16}
"""The most parts that channels are taken to be cut in: 3 of 8 are no number of their own. FEW for others."""
FEW = 4


@dataclass(frozen=True)
class ArgumentColumn:
    """An argument of a call in a body: its value in each module of a def, and the channels that flow in."""

    name: str
    default: Any
    values: tuple[Any, ...]
    channels: tuple[int, ...]

    @property
    def most_parts(self) -> int:
        return MOST_PARTS.get(self.name.rstrip("0123456789"), FEW)

    @property
    def counts(self) -> bool:
        """Whether it counts channels."""
        plain = all(isinstance(value, int) and not isinstance(value, bool) for value in self.values)
        return plain and self.name.rstrip("0123456789") in CHANNELS


def parameter_name(column: ArgumentColumn, known: Mapping[str, Any], given: tuple[int, ...]) -> str:
    """A word of the field for a parameter: `out` for the channels that a block gives, `width` within it."""
    base = column.name.rstrip("0123456789")
    if base in ("out", "width", "inner"):
        base = "out" if column.values == given else "width"
        if base in known:
            base = "inner"
    number = 1
    while (name := base if number == 1 else f"{base}{number}") in known:
        number += 1
    return name


def multiples(name: str, base: Sequence[Any], values: Sequence[Any], most_parts: int) -> Iterator[str]:
    """A column as so many times another one, or so many of at most so many parts of it."""
    pairs = list(zip(base, values, strict=True))
    if all(one == other for one, other in pairs):
        yield name
    elif all(one and other % one == 0 for one, other in pairs):
        factors = {other // one for one, other in pairs}
        if len(factors) == 1:
            yield f"{factors.pop()} * {name}"
    elif all(other and one % other == 0 for one, other in pairs):
        factors = {one // other for one, other in pairs}
        if len(factors) == 1:
            yield f"{name} // {factors.pop()}"
    elif all(one for one, _ in pairs):
        parts = {Fraction(other, one) for one, other in pairs}
        part = parts.pop()
        if not parts and part.denominator <= most_parts:
            yield f"{part.numerator} * {name} // {part.denominator}"
