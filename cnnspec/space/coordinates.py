"""Settings as rows of numbers, a place for each number or choice: many are moved and compared at once.

Of `vary depth in 12..28`, `vary w in 8.0..256.0 log` and `vary block in [basic, bottleneck]`:

    setting                                   places           what a polynomial is of
    depth=12, w=8.0, block=basic              0,  0.0, 0       12,   8.0, 0
    depth=28, w=45.3, block=bottleneck        16, 0.5, 1       28,  45.3, 1

A number that has steps has the number of its step, any other lies between 0 and 1, by its logarithm where the
space says so. A list has a place for each item. A choice among what are no numbers has as many columns as
values, less one.
"""

from __future__ import annotations

import numpy as np

from cnnspec.elaborate.expressions.arithmetic import is_number
from cnnspec.records import dataclass
from cnnspec.space.definition import DesignSpace, NumberRange, SpaceVariable, ValueList
from cnnspec.space.drawing import Setting, rounded
from cnnspec.typed import Any, Iterator

Rows = np.ndarray[Any, Any]
"""A row a setting, a column a coordinate."""


@dataclass(frozen=True)
class Coordinate:
    """One number or choice of a setting; `steps` are its values after the first, 0 for all between two.

    `table` are the values of a list, in order where they are numbers.
    """

    domain: NumberRange | ValueList
    steps: int
    table: tuple[Any, ...] = ()

    @property
    def is_choice(self) -> bool:
        """Whether its values are no numbers."""
        return bool(self.table) and not all(map(is_number, self.table))

    @property
    def is_fixed(self) -> bool:
        """Whether it has one value."""
        return self.steps == 0 and (isinstance(self.domain, ValueList) or self.domain.step is not None)

    def numbers(self, places: Rows) -> Rows:
        """The values at some places."""
        domain = self.domain
        if isinstance(domain, ValueList):
            return np.asarray(self.table, dtype=float)[places.astype(int)]
        if domain.step is not None:
            return domain.low + domain.step * places
        if domain.log:
            return domain.low * (domain.high / domain.low) ** places
        return domain.low + (domain.high - domain.low) * places

    def value(self, place: float) -> Any:
        """The value at a place, as a member has it."""
        if isinstance(self.domain, ValueList):
            return self.table[int(place)]
        if self.domain.step is not None:
            return self.domain.value(int(place))
        return rounded(self.domain, float(self.numbers(np.asarray(place))))

    def between(self, chances: Rows) -> Rows:
        """Places by numbers from 0 to 1, as the space spreads them."""
        domain = self.domain
        if not self.steps:
            return chances * (not self.is_fixed)
        if isinstance(domain, NumberRange) and domain.log and domain.step is not None:
            numbers = domain.low * (domain.high / domain.low) ** chances
            return np.rint((numbers - domain.low) / domain.step)
        return np.minimum(np.floor(chances * (self.steps + 1)), self.steps)


class Coordinates:
    """The coordinates of a space."""

    def __init__(self, space: DesignSpace) -> None:
        self.variables = space.variables
        self.all = [_coordinate(one) for one in space.variables for _ in range(one.length or 1)]
        self.moving = [number for number, one in enumerate(self.all) if not one.is_fixed]

    def numbers(self, name: str, rows: Rows) -> Rows | None:
        """The values of a variable; None where there is none of that name that is a number."""
        number = 0
        for variable in self.variables:
            if variable.name == name:
                return self.all[number].numbers(rows[:, number]) if variable.is_number else None
            number += variable.length or 1
        return None

    def draw(self, random: np.random.Generator, count: int) -> Rows:
        """So many settings, each coordinate by itself."""
        chances = random.random((count, len(self.all)))
        columns = [one.between(chances[:, number]) for number, one in enumerate(self.all)]
        return np.stack(columns, axis=1) if columns else chances

    def setting(self, row: Rows) -> Setting:
        """The setting of a row."""
        values = iter([one.value(place) for one, place in zip(self.all, row, strict=True)])
        found: Setting = {}
        for variable in self.variables:
            if variable.length is None:
                found[variable.name] = next(values)
            else:
                found[variable.name] = tuple([next(values) for _ in range(variable.length)])
        return found

    def columns(self, rows: Rows) -> Iterator[Rows]:
        """What polynomials are of, a matrix a coordinate: numbers from -1 to 1, or a column a choice."""
        for number in self.moving:
            one = self.all[number]
            if one.is_choice:
                yield np.equal.outer(rows[:, number], np.arange(1.0, one.steps + 1)).astype(float)
            else:
                ends = one.numbers(np.array([0.0, one.steps or 1.0]))
                middle, half = (ends[0] + ends[1]) / 2, (ends[1] - ends[0]) / 2
                yield ((one.numbers(rows[:, number]) - middle) / half)[:, None]

    def spread(self, rows: Rows) -> Rows:
        """The rows as points whose distances mean something: every coordinate is between 0 and 1."""
        found = rows / np.array([one.steps or 1.0 for one in self.all])
        for number, one in enumerate(self.all):
            if isinstance(one.domain, NumberRange) and one.domain.log and one.domain.step is not None:
                low, high = one.domain.low, one.domain.high
                found[:, number] = np.log(one.numbers(rows[:, number]) / low) / np.log(high / low)
        return found

    def moved(self, random: np.random.Generator, rows: Rows, reach: Rows, share: Rows) -> Rows:
        """Each row moved in some of its coordinates, by about `reach` of the whole; one at least moves."""
        count, width = rows.shape
        moves = random.random((count, width)) < share[:, None]
        moves[np.arange(count), np.asarray(self.moving)[random.integers(0, len(self.moving), count)]] = True
        steps = np.array([one.steps or 1.0 for one in self.all])
        whole = np.array([one.steps > 0 for one in self.all])
        by = random.standard_normal((count, width)) * reach[:, None] * steps
        by = np.where(whole, np.where(np.abs(by) < 1, np.sign(by), np.rint(by)), by)
        found = np.where(moves, rows + by, rows)
        for number, one in enumerate(self.all):
            if one.is_choice:
                anew = random.integers(0, one.steps + 1, count)
                found[:, number] = np.where(moves[:, number], anew, rows[:, number])
        fixed = np.array([one.is_fixed for one in self.all])
        return np.where(fixed, rows, np.clip(found, 0.0, steps))


def _coordinate(variable: SpaceVariable) -> Coordinate:
    domain = variable.domain
    if isinstance(domain, ValueList):
        values = domain.values
        table = tuple(sorted(values)) if all(map(is_number, values)) else values
        return Coordinate(domain, len(table) - 1, table)
    if domain.step is None and domain.low == domain.high:
        domain = NumberRange(domain.low, domain.high, 1.0)
    return Coordinate(domain, (domain.count or 1) - 1)
