"""Numbers with a fraction that grow evenly from one module of a list to the next.

    block(drop * k / 17)        0.0   0.00588..   0.01176..         drop * (0 + i) / 17
    of the next stage           0.01764..   0.02352..   0.02941..   drop * (3 + i) / 17

What a spec computes comes as decimals: a rate, a start and a number of steps are found that give them. Where
modules stand alone, theirs are shares of a rate: 0.2 * 3 / 16 in the place of 0.037500000000000006.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import isclose
from typing import NamedTuple

MOST_STEPS = 1000
"""Into how many steps a rate may be divided."""
DIGITS = 4
"""How many digits a rate has that nobody gave."""


LONG = 8
"""From how many characters on a number is one that was computed."""


class Ramp(NamedTuple):
    """The numbers rate * (start + i) / steps."""

    rate: float
    start: int
    steps: int


def ramp_of(values: Sequence[float], given: Iterable[float] = ()) -> Ramp | None:
    """The ramp that numbers are, at a `given` rate if that can be; None where they are none."""
    step = (values[-1] - values[0]) / (len(values) - 1)
    if not step or len(values) < 3:
        return None
    known = sorted(((rate, round(rate / step)) for rate in given), key=lambda found: found[1])
    found = ((float(f"{step * steps:.{DIGITS}g}"), steps) for steps in range(1, MOST_STEPS))
    for rate, steps in (*known, *found):
        if rate and 0 < steps <= MOST_STEPS and isclose(rate / steps, step, rel_tol=1e-9):
            ramp = Ramp(rate, round(values[0] * steps / rate), steps)
            if ramp.start >= 0 and _gives(ramp, values):
                return ramp
    return None


def _gives(ramp: Ramp, values: Sequence[float]) -> bool:
    made = (ramp.rate * (ramp.start + i) / ramp.steps for i in range(len(values)))
    return all(isclose(a, b, rel_tol=1e-12, abs_tol=1e-15) for a, b in zip(made, values, strict=True))


def shares(values: Sequence[float]) -> dict[float, str]:
    """How numbers are written that are multiples of one step, and of which some are long; else nothing.

    The rate is the shortest that none of them exceeds.
    """
    levels = sorted(set(values))
    if len(levels) < 3 or max(len(repr(level)) for level in levels) < LONG:
        return {}
    step = min(b - a for a, b in pairwise(levels))
    turns = [round(level / step) for level in levels]
    rates = ((float(f"{step * steps:.{DIGITS}g}"), steps) for steps in range(turns[-1], MOST_STEPS))
    found = [(rate, steps) for rate, steps in rates if isclose(rate / steps, step, rel_tol=1e-9)]
    if not found:
        return {}
    rate, steps = min(found, key=lambda pair: (len(repr(pair[0])), pair[1]))
    made = [rate * turn / steps for turn in turns]
    if not all(isclose(a, b, rel_tol=1e-12, abs_tol=1e-15) for a, b in zip(made, levels, strict=True)):
        return {}
    pairs = zip(levels, turns, strict=True)
    return {level: f"{rate!r} * {turn} / {steps}" for level, turn in pairs if turn}


def ramp_text(rate: str, start: str, steps: str) -> str:
    """How a ramp is written, of which `i` is the turn."""
    turn = "i" if start == "0" else f"({start} + i)"
    parts = f"({steps})" if " " in steps else steps
    return f"{rate} * {turn}" if steps == "1" else f"{rate} * {turn} / {parts}"
