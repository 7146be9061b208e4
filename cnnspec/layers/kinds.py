"""The kinds of arguments: their names, how values of the DSL become fields, and what cures a wrong one."""

from __future__ import annotations

from math import isfinite

from cnnspec.diagnostics.cures import CHANNELS_IN
from cnnspec.layers.shapes import Extent
from cnnspec.layers.window import Margins
from cnnspec.named_tuples import NamedTuple
from cnnspec.typed import Any, Callable


def no_cure(value: Any) -> str:
    return ""


class Kind(NamedTuple):
    """A kind of argument: what it is called, and how a value of the DSL becomes a field.

    `read` raises ValueError, with what was expected, for a value that does not fit.
    """

    name: str
    read: Callable[[Any], Any]
    words: tuple[str, ...] = ()
    cure: Callable[[Any], str] = no_cure
    """What to write in the place of a value that does not fit; empty where that cannot be told."""


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _integer(least: int, expected: str) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if not _is_int(value) or value < least:
            raise ValueError(expected)
        return value

    return read


def _number(value: Any) -> float:
    if not _is_int(value) and not (isinstance(value, float) and isfinite(value)):
        raise ValueError("a number")
    return float(value)


def _positive(value: Any) -> float:
    number = _number(value)
    if number <= 0:
        raise ValueError("a number above 0")
    return number


def _fraction(value: Any) -> float:
    number = _number(value)
    if not 0 <= number < 1:
        raise ValueError("a number from 0 up to, but not including, 1")
    return number


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _extent(least: int, expected: str) -> Callable[[Any], Extent]:
    def read(value: Any) -> Extent:
        if _is_int(value) and value >= least:
            return value
        if isinstance(value, (tuple, list)) and value and all(_is_int(v) and v >= least for v in value):
            return tuple(value)
        raise ValueError(expected)

    return read


def _sides(value: Any) -> Extent | Margins:
    if isinstance(value, (tuple, list)) and any(isinstance(pair, (tuple, list)) for pair in value):
        try:
            pairs = [MARGIN.read((pair, pair) if _is_int(pair) else pair) for pair in value]
        except ValueError:
            raise ValueError(SIDES_WANTED) from None
        if any(len(pair) != 2 for pair in pairs):
            raise ValueError(SIDES_WANTED)
        even = all(before == after for before, after in pairs)
        return tuple([before for before, _ in pairs]) if even else tuple(pairs)
    try:
        return MARGIN.read(value)
    except ValueError:
        raise ValueError(SIDES_WANTED) from None


def _axes(value: Any) -> tuple[int, ...]:
    is_list = isinstance(value, (tuple, list)) and all(map(_is_int, value))
    if is_list and value and sorted(value) == list(range(len(value))):
        return tuple(value)
    raise ValueError("a list of all axes, each once, such as [1, 0, 2]; the channels are axis 0")


def _open_extent(value: Any) -> Extent:
    sizes = list(value) if isinstance(value, (tuple, list)) else []
    if sizes.count(-1) == 1:
        return tuple([size if size == -1 else COUNT.read(size) for size in sizes])
    if sizes.count(-1) > 1:
        raise ValueError("dims of which one at most is -1, the size that is left open")
    return EXTENT.read(value)


def words(*choices: str) -> Kind:
    """One of a fixed set of words."""

    def read(value: Any) -> str:
        if value not in choices or not isinstance(value, str):
            raise ValueError("one of " + ", ".join(choices))
        return value

    return Kind(" or ".join(choices), read, choices)


def either(kind: Kind, *choices: str) -> Kind:
    """A value of a kind, or one of a few words."""

    def read(value: Any) -> Any:
        return value if isinstance(value, str) and value in choices else kind.read(value)

    return Kind(" or ".join((kind.name, *choices)), read, choices, kind.cure)


def optional(kind: Kind) -> Kind:
    """A value of a kind, or nothing given (None)."""
    return kind._replace(read=lambda value: None if value is None else kind.read(value))


def _margin(value: Any) -> str:
    return "crop takes values away at the edges: crop(28)" if _is_int(value) else _whole(value)


def _whole(value: Any) -> str:
    if not isinstance(value, float):
        return ""
    return "round it: // divides without a remainder, round(), ceil() and floor() make integers"


def _word(value: Any) -> str:
    return f"write {'true' if value else 'false'}" if value in (0, 1) else ""


def _small(value: Any) -> str:
    return CHANNELS_IN if isinstance(value, int) else ""


def _share(value: Any) -> str:
    is_percentage = isinstance(value, int | float) and not isinstance(value, bool) and 1 < value < 100
    return f"write {value / 100:g}: it is a share, no percentage" if is_percentage else ""


COUNT = Kind("count", _integer(1, "an integer of at least 1"), cure=_whole)
NATURAL = Kind("natural number", _integer(0, "an integer of at least 0"), cure=_whole)
INTEGER = Kind("integer", _integer(-(2**53), "an integer"), cure=_whole)
NUMBER = Kind("number", _number)
POSITIVE = Kind("positive number", _positive)
SMALL = Kind("number from 0 to 1", _fraction, cure=_small)
FRACTION = Kind("fraction", _fraction, cure=_share)
FLAG = Kind("flag", _flag, cure=_word)
EXTENT = Kind("extent", _extent(1, "an integer of at least 1, or dims such as 3x3"), cure=_whole)
MARGIN = Kind("margin", _extent(0, "an integer of at least 0, or dims such as 1x0"), cure=_margin)
POOL = Kind("label of a maxpool", lambda value: value)
AXES = Kind("axes", _axes)
OPEN_EXTENT = Kind("extent", _open_extent, cure=_whole)
SIDES_WANTED = "an integer of at least 0, dims such as 1x0, or sides such as [[0, 1], [2, 2]]"
SIDES = Kind("margin or sides", _sides, cure=_margin)
PADDING = either(SIDES, "half", "valid", "same", "causal")
