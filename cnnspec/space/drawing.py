"""Members of a space, drawn by a seed: each variable by itself, evenly over its values or their logarithms.

The same seed gives the same members on every machine: logarithms are those of decimal arithmetic, which does
not hang on a processor, and fractions are rounded to six digits, which are all that a spec will show.
"""

from __future__ import annotations

from decimal import Context as DecimalContext
from decimal import Decimal
from functools import lru_cache
from random import Random

from cnnspec.space.definition import DesignSpace, Number, NumberRange, SpaceVariable, ValueList
from cnnspec.typed import Any, Iterator

DIGITS = 6
EXACT = DecimalContext(prec=20)
Setting = dict[str, Any]
"""A value for each variable of a space."""


def settings(space: DesignSpace, seed: int) -> Iterator[Setting]:
    """Settings of the variables without end, whatever the conditions; one may come again."""
    source = Random(seed)
    while True:
        yield {variable.name: draw(variable, source) for variable in space.variables}


def draw(variable: SpaceVariable, source: Random) -> Any:
    """A value of a variable: a number, what the list holds, or a list of as many."""
    if variable.length is None:
        return _one(variable.domain, source.random())
    return tuple(_one(variable.domain, source.random()) for _ in range(variable.length))


def _one(domain: NumberRange | ValueList, chance: float) -> Any:
    """The value of a number from 0 to 1."""
    if isinstance(domain, NumberRange) and domain.log:
        return snapped(domain, _between_logs(domain.low, domain.high, chance))
    count = domain.count
    if count is not None:
        return domain.value(int(chance * count))
    assert isinstance(domain, NumberRange)
    return rounded(domain, domain.low + (domain.high - domain.low) * chance)


def _between_logs(low: Number, high: Number, chance: float) -> float:
    """The number whose logarithm lies so far between those of two others."""
    first, second = _log(low), _log(high)
    between = EXACT.multiply(EXACT.subtract(second, first), Decimal(chance))
    return float(EXACT.exp(EXACT.add(first, between)))


@lru_cache(maxsize=1_000)
def _log(number: Number) -> Decimal:
    return EXACT.ln(Decimal(number))


def snapped(domain: NumberRange, value: float) -> Number:
    """The value of a range that is nearest to a number."""
    if domain.step is None or domain.count is None:
        return rounded(domain, value)
    index = int((value - domain.low) / domain.step + 0.5)
    return domain.value(min(max(index, 0), domain.count - 1))


def rounded(domain: NumberRange, value: float) -> float:
    """A fraction with the digits that a spec will show, within its range."""
    return min(max(float(f"{value:.{DIGITS}g}"), domain.low), domain.high)
