"""How figures are written: exactly, in short, and as bytes, times and shapes."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from cnnspec.layers.base import describe
from cnnspec.passes.receptive_field import Field

UNITS = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))


def count_text(count: int) -> str:
    """A count with its thousands told apart: 118,013,952."""
    return f"{count:,}"


def short_count(count: int) -> str:
    """A count in at most three digits and a unit: 118M, 25.6M, 9.41k."""
    for unit, letter in UNITS:
        # what rounds to a whole unit is written in it
        if count >= unit * 0.9995:
            return f"{three_digits(count / unit)}{letter}"
    return str(count)


def three_digits(value: float) -> str:
    """A number with three digits: 1.37, 25.6, 118."""
    for digits, below in ((2, 9.995), (1, 99.95)):
        if value < below:
            return f"{value:.{digits}f}"
    return f"{value:.0f}"


def size_text(count: int) -> str:
    """A number of bytes in MB (10**6 bytes), or kB or GB where that reads better."""
    if count < 10**6:
        return f"{count / 10**3:.1f} kB"
    return f"{count / 10**6:.1f} MB" if count < 10**9 else f"{count / 10**9:.2f} GB"


def time_text(seconds: float) -> str:
    """A time in ms, or in us or s where that reads better."""
    if seconds < 1e-3:
        return f"{three_digits(seconds * 1e6)} us"
    return f"{three_digits(seconds * 1e3)} ms" if seconds < 1 else f"{three_digits(seconds)} s"


def size_of_field(field: Field | None) -> str:
    """The size of a field on each axis, or on all where it is the same; - where there is none."""
    if field is None:
        return "-"
    return str(field.size[0]) if len(set(field.size)) == 1 else describe(field.size)


def plain_number(value: int | float | Fraction) -> int | float:
    """A number as JSON has it."""
    return int(value) if value == int(value) else float(value)


def same_on_all(values: tuple[Any, ...]) -> str:
    """Values of axes, once where they agree."""
    return str(values[0]) if len(set(values)) == 1 else "x".join(map(str, values))
