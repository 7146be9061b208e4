"""A space as data: a net, the variables that it leaves open, and what must hold of its members."""

from __future__ import annotations

from cnnspec.elaborate.expressions.names import words
from cnnspec.layers.written import show_value
from cnnspec.named_tuples import NamedTuple
from cnnspec.records import dataclass, field
from cnnspec.source import Span
from cnnspec.syntax import tree
from cnnspec.typed import Any

Number = int | float


def written(value: Any) -> str:
    """A value as a spec writes it, to the last digit: 8.0 is no integer."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, str):
        return value if value in words() else f'"{value}"'
    return repr(value) if isinstance(value, float) else show_value(value)


@dataclass(frozen=True, slots=True)
class NumberRange:
    """The numbers from `low` to `high`, both in it: low + step * n, or with no step all between.

    With `log` the logarithm is what is spread evenly: as many members lie between 8 and 16 as between 16
    and 32.
    """

    low: Number
    high: Number
    step: Number | None = None
    log: bool = False

    @property
    def count(self) -> int | None:
        """How many values it has; None without a step."""
        return None if self.step is None else 1 + round((self.high - self.low) / self.step)

    def value(self, index: int) -> Number:
        """The value of a number, from 0, of a range with a step."""
        assert self.step is not None
        found = self.low + self.step * index
        return found if isinstance(found, int) else min(float(f"{found:.12g}"), self.high)

    def __str__(self) -> str:
        plain = isinstance(self.low, int) and self.step == 1
        step = "" if self.step is None or plain else f" step {written(self.step)}"
        return f"{written(self.low)}..{written(self.high)}{step}{' log' * self.log}"


@dataclass(frozen=True, slots=True)
class ValueList:
    """The values of a list, each as likely as the others."""

    values: tuple[Any, ...]

    @property
    def count(self) -> int:
        return len(self.values)

    def value(self, index: int) -> Any:
        """The value of a number, from 0."""
        return self.values[index]

    def __str__(self) -> str:
        return written(self.values)


@dataclass(frozen=True, slots=True)
class SpaceVariable:
    """A parameter that varies, and its values; with `length` a list of as many, each drawn by itself."""

    name: str
    domain: NumberRange | ValueList
    length: int | None
    span: Span = field(compare=False, repr=False)

    @property
    def count(self) -> int | None:
        """How many values it has; None where it has all numbers between two."""
        count = self.domain.count
        return None if count is None else count ** (1 if self.length is None else self.length)

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers, and no list of them."""
        values = self.domain.values if isinstance(self.domain, ValueList) else ()
        return self.length is None and not any(
            isinstance(one, bool) or not isinstance(one, (int, float)) for one in values
        )

    def __str__(self) -> str:
        length = "" if self.length is None else f"[{self.length}]"
        return f"{self.name}{length} in {self.domain}"


class Condition(NamedTuple):
    """What must hold of a member, and what it hangs on: figures of its net, or its parameters alone.

    `figures` are the parts that are figures, as `macs` and `net.depth`; `plain` the names of those that stand
    alone, `of_net` of those after `net.`, `names` the parameters in it.
    """

    expression: tree.Comparison
    figures: tuple[tree.Expression, ...]
    plain: frozenset[str]
    of_net: frozenset[str]
    names: frozenset[str]

    @property
    def text(self) -> str:
        """As it is written."""
        return self.expression.span.text


class Objective(NamedTuple):
    """The number that is sought, as a condition `number >= 0`, and whether the largest or the smallest."""

    condition: Condition
    largest: bool

    @property
    def expression(self) -> tree.Expression:
        """What is worked out."""
        return self.condition.expression.operands[0]

    @property
    def text(self) -> str:
        """As it is written."""
        return self.expression.span.text


@dataclass(frozen=True)
class DesignSpace:
    """A space of a net: each variable is drawn by itself, and a member is what holds every condition."""

    name: str
    net: str
    variables: tuple[SpaceVariable, ...]
    conditions: tuple[Condition, ...]
    span: Span = field(compare=False, repr=False)

    @property
    def count(self) -> int | None:
        """How many settings the variables have, whatever the conditions; None where they have no number."""
        total = 1
        for variable in self.variables:
            if variable.count is None:
                return None
            total *= variable.count
        return total
