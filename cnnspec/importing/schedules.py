"""Rates of stochastic depth that grow from block to block: by a formula of the block's number.

    droppath(0.0058823529), droppath(0.011764706), ... droppath(0.1)      0.1 * 1 / 17, 0.1 * 2 / 17, ...

Of blocks after one another that differ in such a rate alone, a spec writes one, in a loop:

    for i in range(9) { cn_block(0.1 * (i + 6) / 17) }
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile

import numpy as np

from cnnspec.importing.lines import WrittenCall
from cnnspec.importing.traced import Traced, TracedLayer
from cnnspec.layers.dense import DropPath

MOST_STEPS = 300
"""The most steps that rates are taken to grow in."""
CLOSE = 1e-6
"""How far a rate may lie from its step, in steps: libraries work them out in single precision."""
PLACES = 4
"""The decimals of the rate that a schedule leads to."""
SHORT = 6
"""The most characters of a number that is written as it is."""
FEWEST = 3
"""The fewest calls that are a loop."""


def rounded(rate: float) -> float:
    """A number of single precision in the fewest digits: 0.1 * 3 / 4 as 0.075, float32(0.001) as 0.001."""
    return float(str(np.float32(rate)))


class ScheduledRate(float):
    """A rate that is so many of so many steps on the way to the highest."""

    top: float
    step: int
    steps: int

    def __new__(cls, top: float, step: int, steps: int) -> ScheduledRate:
        made = super().__new__(cls, top * step / steps)
        made.top, made.step, made.steps = top, step, steps
        return made

    def __repr__(self) -> str:
        short = repr(round(float(self), 12))
        return short if len(short) <= SHORT else f"{self.top!r} * {self.step} / {self.steps}"


def scheduled(traced: Traced) -> Traced:
    """A net whose rates of stochastic depth are steps of one schedule, where they are; all at 0 are none."""
    rates = [step.layer.rate for step in traced.steps if isinstance(step.layer, DropPath)]
    if not any(rates):
        return _without_drops(traced) if rates else traced
    schedule = _schedule(rates)
    found = [
        replace(step, layer=DropPath(_rate(step.layer.rate, schedule)))
        if isinstance(step.layer, DropPath)
        else step
        for step in traced.steps
    ]
    return replace(traced, steps=tuple(found))


def _schedule(rates: Sequence[float]) -> tuple[float, int] | None:
    """A short number and how many steps lead to it, of which all rates are some; None where there is none."""
    top = max(rates)
    counts = range(1, MOST_STEPS)
    steps = next((n for n in counts if all(_is_step(rate / top * n) for rate in rates)), 0)
    if not steps or len(set(rates)) < FEWEST:
        return None
    unit = top / steps
    return next(((round(unit * n, PLACES), n) for n in counts if _is_step(unit * n * 10**PLACES)), None)


def _rate(rate: float, schedule: tuple[float, int] | None) -> float:
    if schedule is None:
        return rounded(rate)
    top, steps = schedule
    return ScheduledRate(top, round(rate / top * steps), steps)


def _is_step(ratio: float) -> bool:
    return abs(ratio - round(ratio)) <= CLOSE * max(1, ratio)


def _without_drops(traced: Traced) -> Traced:
    source: dict[str, str] = {}
    found: list[TracedLayer] = []
    for step in traced.steps:
        inputs = tuple([source.get(name, name) for name in step.inputs])
        if isinstance(step.layer, DropPath):
            source[step.name] = inputs[0]
        else:
            found.append(replace(step, inputs=inputs))
    outputs = tuple([source.get(name, name) for name in traced.outputs])
    return replace(traced, steps=tuple(found), outputs=outputs)


FORMULA = re.compile(r"(\S+) \* (\d+) / (\d+)")


def loops(calls: Sequence[WrittenCall | str]) -> list[str]:
    """Calls with those after one another that differ in a rate alone as a loop."""
    return [line for line, _ in counted_loops(calls)]


def counted_loops(calls: Sequence[WrittenCall | str]) -> list[tuple[str, int]]:
    """The same, each with how many calls it stands for."""
    found: list[tuple[str, int]] = []
    at = 0
    while at < len(calls):
        count, loop = _loop(calls[at:])
        found.append((loop, count) if count else (str(calls[at]), 1))
        at += count or 1
    return found


def _loop(calls: Sequence[WrittenCall | str]) -> tuple[int, str]:
    """How many calls from the first on are a loop, and the loop; 0 where they are none."""
    first = calls[0]
    alike = list(takewhile(lambda call: _differs(first, call) is not None, calls[1:]))
    places = [_differs(first, call) for call in alike]
    same = list(takewhile(lambda place: place == places[0], places))
    if isinstance(first, str) or len(same) + 1 < FEWEST:
        return 0, ""
    place = same[0]
    assert place is not None
    run = [call for call in calls[: len(same) + 1] if not isinstance(call, str)]
    count, said = _progression([call.arguments[place][1] for call in run])
    if count < FEWEST:
        return 0, ""
    name, _ = first.arguments[place]
    arguments = (*first.arguments[:place], (name, said), *first.arguments[place + 1 :])
    return count, f"for i in range({count}) {{ {replace(first, arguments=arguments)} }}"


def _differs(one: WrittenCall | str, other: WrittenCall | str) -> int | None:
    """The place of the only argument in which two calls differ; None where there is none, or are more."""
    if isinstance(one, str) or isinstance(other, str) or (one.name, one.body) != (other.name, other.body):
        return None
    if [name for name, _ in one.arguments] != [name for name, _ in other.arguments]:
        return None
    pairs = enumerate(zip(one.arguments, other.arguments, strict=True))
    places = [place for place, (ours, theirs) in pairs if ours != theirs]
    return places[0] if len(places) == 1 else None


def _progression(words: Sequence[str]) -> tuple[int, str]:
    """How many rates from the first on grow by one step, and the rate by the number of the turn, `i`."""
    formulas = [found for word in words if (found := FORMULA.fullmatch(word))]
    if not formulas and not all(re.fullmatch(r"\d*\.\d+", word) for word in words):
        return 0, ""
    values = [_value(word) for word in words]
    unit = round(values[1] - values[0], 12)
    top, steps = (float(formulas[0][1]), int(formulas[0][3])) if formulas else (unit, 1)
    numbers = [value * steps / top if top else 0.0 for value in values]
    start = round(numbers[0])
    grows = takewhile(lambda pair: abs(pair[1] - start - pair[0]) < CLOSE, enumerate(numbers))
    turn = "i" if start == 0 else f"(i + {start})"
    return len(list(grows)), f"{top!r} * {turn}" + (f" / {steps}" if formulas else "")


def _value(word: str) -> float:
    found = FORMULA.fullmatch(word)
    return float(found[1]) * int(found[2]) / int(found[3]) if found else float(word)
