"""Named tuples as those of the standard library, made quickly: no function is written and compiled for them.

    class Frame(NamedTuple):
        text: str
        span: Span | None = None

Annotations are texts (`from __future__ import annotations`).
"""

from __future__ import annotations

from _collections import _tuplegetter as column  # type: ignore[import-not-found]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
    from typing import NamedTuple as NamedTuple

new = tuple.__new__


class NamedTupleMaker(type):
    """Makes of a class that derives from NamedTuple one that derives from tuple."""

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> Any:
        made: Any = type(name, (tuple,), {"__slots__": (), **namespace})
        names = tuple(made.__annotations__)
        defaults = {one: namespace[one] for one in names if one in namespace}
        shared = {"_fields": names, "_field_defaults": defaults, "__match_args__": names, **METHODS}
        for key, value in shared.items():
            if key not in namespace:
                setattr(made, key, value)
        for number, one in enumerate(names):
            setattr(made, one, column(number, f"The value {number} of it."))
        if "__new__" not in namespace:
            made.__new__ = staticmethod(_new(names, defaults))
        return made


def _new(names: tuple[str, ...], defaults: dict[str, Any]) -> Any:
    """What makes the instances of a class, of as many values, some of them maybe by default."""
    size, last = len(names), tuple(defaults.values())
    least = size - len(last)

    def __new__(cls: Any, *args: Any, **kwargs: Any) -> Any:
        given = len(args)
        if kwargs or not least <= given <= size:
            args = _in_order(cls, names, defaults, args, kwargs)
        elif given != size:
            args += last[given - least :]
        return new(cls, args)

    return __new__


def _in_order(
    cls: Any, names: tuple[str, ...], defaults: dict[str, Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, ...]:
    """All values in order. Raises TypeError, as a function that is called with these does."""
    left = names[len(args) :]
    known = {**defaults, **kwargs}
    if len(args) > len(names) or not kwargs.keys() <= set(left) or not known.keys() >= set(left):
        raise TypeError(f"{cls.__name__}({', '.join(names)}) is called with others")
    return (*args, *[known[name] for name in left])


def _replace(self: Any, **changes: Any) -> Any:
    """The same with some values changed."""
    values = [changes.pop(name, value) for name, value in zip(self._fields, self, strict=True)]
    if changes:
        raise ValueError(f"Got unexpected field names: {list(changes)!r}")
    return new(self.__class__, values)


def _asdict(self: Any) -> dict[str, Any]:
    """Its values by name."""
    return dict(zip(self._fields, self, strict=True))


def _repr(self: Any) -> str:
    shown = ", ".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
    return f"{self.__class__.__name__}({shown})"


def _getnewargs(self: Any) -> tuple[Any, ...]:
    return tuple(self)


# _make is the fast way to make one of all its values, and does not count them
METHODS = {
    "_make": classmethod(new),
    "_replace": _replace,
    "__replace__": _replace,
    "_asdict": _asdict,
    "__repr__": _repr,
    "__getnewargs__": _getnewargs,
}
if not TYPE_CHECKING:
    NamedTuple = type.__new__(NamedTupleMaker, "NamedTuple", (), {})
