"""What Python gives for the language: numbers of every library, lists of all kinds, shapes."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from math import isfinite
from numbers import Real
from typing import Any, SupportsIndex

from cnnspec.diagnostics import InvalidValue
from cnnspec.elaborate import Settings
from cnnspec.layers.base import Shape
from cnnspec.limits import Limits


def settings(
    parameters: Mapping[str, Any] | None, inputs: Mapping[str, Iterable[Any]] | None, limits: Limits
) -> Settings:
    """Parameters and shapes of inputs as the language has them. Raises InvalidValue for what it has not."""
    if inputs is not None and not isinstance(inputs, Mapping):
        raise InvalidValue(f"inputs are shapes by name, such as {{'input': (3, 32, 32)}}, not {inputs!r:.40}")
    return Settings(
        {name: value(name, given, limits) for name, given in (parameters or {}).items()},
        {name: shape(name, given, limits) for name, given in (inputs or {}).items()},
    )


def value(name: str, given: Any, limits: Limits) -> Any:
    """A value of the language: none, a truth value, a number, an expression as text, or a list of those."""
    if hasattr(given, "tolist"):
        # arrays, numbers and tensors of numpy and its like
        given = given.tolist()
    if given is None or isinstance(given, (bool, str)):
        return given
    if isinstance(given, (list, tuple, range)):
        return [value(name, item, limits) for item in given]
    if isinstance(given, Real):
        number = operator.index(given) if isinstance(given, SupportsIndex) else float(given)
        if not isfinite(number) or (abs(number) > limits.integer and isinstance(number, int)):
            raise InvalidValue(f"{name}: a number is finite and at most {limits.integer}, not {given!r:.40}")
        return number
    kind = type(given).__name__
    raise InvalidValue(
        f"{name}: a value is a number, a truth value, a text, None or a list of those, not {kind}"
    )


def shape(name: str, given: Iterable[Any], limits: Limits) -> Shape:
    """The shape of an input for one sample, channels first."""
    try:
        sizes = tuple(operator.index(size) for size in given)
    except TypeError:
        sizes = ()
    if not sizes or not all(0 < size <= limits.integer for size in sizes):
        raise InvalidValue(f"the input {name} takes a shape such as (3, 32, 32), not {given!r:.40}")
    return sizes


def text(what: str, given: Any) -> str:
    """A text that somebody gave. Raises InvalidValue for anything else, bytes too."""
    if not isinstance(given, str):
        raise InvalidValue(f"{what} is text, not {type(given).__name__}")
    return given


def count(what: str, given: Any, least: int) -> int:
    """How many of something somebody asked for, of any library. Raises InvalidValue for less than `least`."""
    number = operator.index(given) if isinstance(given, SupportsIndex) else least - 1
    if number < least:
        raise InvalidValue(f"{what} is an integer of at least {least}, not {given!r:.40}")
    return number
