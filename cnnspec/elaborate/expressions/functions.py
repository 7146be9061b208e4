"""The pure functions of the expression language."""

from __future__ import annotations

import math

from cnnspec.named_tuples import NamedTuple
from cnnspec.typed import Any, Callable, Iterable

MAX_ITEMS = 100_000


class ItemsError(ValueError):
    """A list would be longer than the bound."""


def as_list(value: Any) -> tuple[Any, ...]:
    """A list or dims as a tuple. Raises TypeError for anything else."""
    if isinstance(value, dict):
        return tuple(value.values())
    if not isinstance(value, tuple):
        raise TypeError("expected a list")
    return value


def bounded(items: Iterable[Any], count: int) -> tuple[Any, ...]:
    """The items as a list. Raises ItemsError where there are more than the bound."""
    if count > MAX_ITEMS:
        raise ItemsError(f"a list of {count} items is over the bound of {MAX_ITEMS}")
    return tuple(items)


def _range(*limits: int) -> tuple[int, ...]:
    numbers = range(*limits)
    return bounded(
        numbers,
        len(numbers) if -(2**62) < numbers.start < 2**62 and -(2**62) < numbers.stop < 2**62 else 2**62,
    )


def _enumerate(items: Any, start: int = 0) -> tuple[Any, ...]:
    return tuple(enumerate(as_list(items), start))


def _unique(items: Any) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(as_list(items)))


def _extreme(pick: Callable[..., Any]) -> Callable[..., Any]:
    def apply(*values: Any) -> Any:
        return pick(as_list(values[0])) if len(values) == 1 else pick(values)

    return apply


def _len(items: Any) -> int:
    return len(as_list(items))


def _sum(items: Any) -> Any:
    return sum(as_list(items))


def _integer(rule: Callable[[float], int]) -> Callable[[Any], int]:
    def apply(value: Any) -> int:
        return value if isinstance(value, int) else rule(value)

    return apply


def _round(value: Any, digits: int = 0) -> Any:
    """The nearest integer, ties to even, as Python rounds; with digits, the nearest decimal."""
    return round(value, digits) if digits else round(value)


def round_to(value: float, multiple: int) -> int:
    """The multiple nearest to a value, ties to the even one."""
    return round(value / multiple) * multiple


def make_divisible(value: float, divisor: int = 8, least: int | None = None) -> int:
    """The nearest multiple of divisor that is at least `least` and not more than 10 % below the value.

    The rule of the MobileNet implementations (Howard et al. 2017, Sandler et al. 2018).
    """
    floor = divisor if least is None else least
    nearest = max(floor, int(value + divisor / 2) // divisor * divisor)
    return nearest + divisor if nearest < 0.9 * value else nearest


class ChannelParts(NamedTuple):
    """What is to be split, and how: parts of a value are layers of the net, which whoever calls adds."""

    value: Any
    parts: Any


def _split(value: Any = None, parts: Any = None) -> ChannelParts:
    return ChannelParts(value, parts)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "min": _extreme(min),
    "max": _extreme(max),
    "abs": abs,
    "round": _round,
    "ceil": _integer(math.ceil),
    "floor": _integer(math.floor),
    "int": _integer(math.trunc),
    "sqrt": math.sqrt,
    "log": math.log,
    "exp": math.exp,
    "len": _len,
    "sum": _sum,
    "range": _range,
    "reversed": lambda items: tuple(reversed(as_list(items))),
    "zip": lambda *lists: tuple(zip(*map(as_list, lists), strict=True)),
    "enumerate": _enumerate,
    "sorted": lambda items: tuple(sorted(as_list(items))),
    "unique": _unique,
    "round_to": round_to,
    "make_divisible": make_divisible,
    "split": _split,
}
