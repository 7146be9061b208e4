"""Named tuples as those of the standard library, made quickly: none is compiled that has few instances.

    class Frame(NamedTuple):
        text: str
        span: Span | None = None

Annotations are texts (`from __future__ import annotations`).
"""

from __future__ import annotations

from collections import _tuplegetter as column  # type: ignore[attr-defined]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any
    from typing import NamedTuple as NamedTuple

new = tuple.__new__
MANY = 400
"""How many instances a class has made before a function is written for it: to compile one takes as long."""


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
            made.__new__ = staticmethod(_new(made, names, tuple(defaults.values())))
        return made


def _new(made: Any, names: tuple[str, ...], defaults: tuple[Any, ...]) -> Any:
    """What makes the first instances of a class, of as many values, the last of them maybe by default."""
    size, left = len(names), MANY
    least = size - len(defaults)

    def __new__(cls: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            made.__new__ = staticmethod(_written(names, defaults))
        if kwargs:
            given = len(args)
            rest = dict(zip(names[least:], defaults, strict=True)) | kwargs
            values = [rest[name] for name in names[given:] if name in rest]
            args = (*args, *values) if kwargs.keys() <= set(names[given:]) else ()
        elif least <= len(args) < size:
            args += defaults[len(args) - size :]
        if len(args) != size:
            raise TypeError(f"{cls.__name__}({', '.join(names)}) is called with others")
        return new(cls, args)

    return __new__


def _written(names: tuple[str, ...], defaults: tuple[Any, ...]) -> Any:
    """The function that is written for a class: it does the same in half the time."""
    listed = ", ".join(names)
    found: Any = eval(f"lambda _cls, {listed}: _new(_cls, ({listed},))", {"_new": new})
    found.__defaults__ = defaults or None
    return found


def _make(cls: Any, values: Iterable[Any]) -> Any:
    """A new one from its values in order."""
    return cls(*values)


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


METHODS = {
    "_make": classmethod(_make),
    "_replace": _replace,
    "__replace__": _replace,
    "_asdict": _asdict,
    "__repr__": _repr,
    "__getnewargs__": _getnewargs,
}
if not TYPE_CHECKING:
    NamedTuple = type.__new__(NamedTupleMaker, "NamedTuple", (), {})
