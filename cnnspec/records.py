"""Frozen dataclasses, made quickly: a check loads some 130, and to make them took a third of its time.

`dataclass(frozen=True)` of the standard library writes and compiles seven functions for each class. Here it
is one, `__init__`; the others are the same for all classes. Fields, `replace` and `fields` are the library's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, field
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(field_specifiers=(field,))
def dataclass(*, frozen: bool = False, slots: bool = False, eq: bool = True) -> Callable[[type[T]], type[T]]:
    """As dataclasses.dataclass, which one that is not frozen is."""

    def make(cls: type[T]) -> type[T]:
        if not frozen:
            return dataclasses.dataclass(slots=slots, eq=eq)(cls)
        cls.__doc__ = cls.__doc__ or cls.__name__  # else the library makes one of the signature, slowly
        own = set(vars(cls))
        made = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(cls)
        fields = dataclasses.fields(made)  # type: ignore[arg-type]
        methods: dict[str, Any] = {
            "__init__": _init(made, fields),
            "__repr__": _repr,
            "__setattr__": _setattr,
            "__delattr__": _delattr,
            "__match_args__": tuple(f.name for f in fields if f.init),
        }
        if eq:
            methods |= {"__eq__": _eq, "__hash__": _hash, "_compared": _compared(fields)}
        if slots:
            methods |= {"__getstate__": _getstate, "__setstate__": _setstate}
        for name, method in methods.items():
            if name not in own:
                setattr(made, name, method)
        return made

    return make


def _init(cls: type, fields: tuple[Field[Any], ...]) -> Callable[..., None]:
    """What makes the first instance of a class: it writes the function that takes the fields in order.

    Few of the classes that a command loads have instances in it.
    """

    def first(self: Any, *args: Any, **kwargs: Any) -> None:
        written = _written(cls, fields)
        if cls.__dict__.get("__init__") is first:
            cls.__init__ = written  # type: ignore[misc]
        written(self, *args, **kwargs)

    return first


def _written(cls: type, fields: tuple[Field[Any], ...]) -> Callable[..., None]:
    """The function that is written for a class."""
    names: dict[str, Any] = {"put": object.__setattr__, "MISSING": MISSING}
    parameters, lines = ["self"], []
    for f in fields:
        given = f.name
        if f.default is not MISSING:
            names[f"default_{f.name}"] = f.default
            parameters.append(f"{f.name}=default_{f.name}")
        elif f.default_factory is not MISSING:
            names[f"make_{f.name}"] = f.default_factory
            parameters.append(f"{f.name}=MISSING")
            given = f"make_{f.name}() if {f.name} is MISSING else {f.name}"
        else:
            parameters.append(f.name)
        lines.append(f" put(self, {f.name!r}, {given})")
    if hasattr(cls, "__post_init__"):
        lines.append(" self.__post_init__()")
    exec(f"def __init__({', '.join(parameters)}):\n" + "\n".join(lines or [" pass"]), names)
    return names["__init__"]


def _compared(fields: tuple[Field[Any], ...]) -> Callable[[Any], Any]:
    names = [f.name for f in fields if f.compare]
    return staticmethod(attrgetter(*names) if names else len_of_nothing)


def len_of_nothing(instance: object) -> tuple[()]:
    """What is compared of a class without fields."""
    return ()


def _eq(self: Any, other: Any) -> bool:
    if other.__class__ is not self.__class__:
        return NotImplemented
    return self._compared(self) == other._compared(other)


def _hash(self: Any) -> int:
    return hash((self.__class__, self._compared(self)))


def _repr(self: Any) -> str:
    shown = ", ".join(f"{f.name}={getattr(self, f.name)!r}" for f in dataclasses.fields(self) if f.repr)
    return f"{self.__class__.__qualname__}({shown})"


def _setattr(self: Any, name: str, value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delattr(self: Any, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _getstate(self: Any) -> list[Any]:
    return [getattr(self, f.name) for f in dataclasses.fields(self)]


def _setstate(self: Any, state: list[Any]) -> None:
    for f, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, f.name, value)
