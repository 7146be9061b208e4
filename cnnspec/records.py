"""Records: dataclasses and named tuples that are made quickly, for a check loads some two hundred of them.

    @dataclass(frozen=True)          class Frame(NamedTuple):
    class Point:                         text: str
        x: int                           span: Span | None
        y: int = 0

are what they are in the standard library, for type checkers and for `dataclasses.fields` and the like. The
library writes and compiles up to seven functions for each class, and to import `dataclasses` takes a tenth of
a check. Here classes share their functions; the one that takes the arguments is written for a class that has
had many instances. Annotations are texts (`from __future__ import annotations`).
"""

from __future__ import annotations

from _operator import attrgetter

from cnnspec.caching import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from dataclasses import MISSING as MISSING
    from dataclasses import dataclass as dataclass
    from dataclasses import field as field
    from dataclasses import fields as fields
    from dataclasses import is_dataclass as is_dataclass
    from dataclasses import replace as replace
    from typing import Any

MANY = 20
"""How many instances a class has made before a function is written for it: to compile one takes as long."""


class Missing:
    """The default of a field that has none."""

    def __repr__(self) -> str:
        return "MISSING"


class RecordField:
    """A field of a record: its name and type, as the class states them, and what `field` says of it."""

    __slots__ = ("compare", "default", "default_factory", "metadata", "name", "repr", "type")

    def __init__(
        self, default: Any, default_factory: Any, repr: bool, compare: bool, metadata: Mapping[str, Any]
    ) -> None:
        self.default, self.default_factory = default, default_factory
        self.repr, self.compare, self.metadata = repr, compare, metadata
        self.name = self.type = ""


class StandardFields:
    """The fields of a record as the standard library keeps them: made when somebody asks."""

    def __get__(self, instance: object, owner: Any) -> dict[str, Any]:
        return standard_fields(owner)


@cache
def standard_fields(record: Any) -> dict[str, Any]:
    """The fields of a record, or of a class below one, by name."""
    import dataclasses

    known = []
    for one in _fields_of(record):
        given: dict[str, Any] = {"repr": one.repr, "compare": one.compare, "metadata": one.metadata}
        if one.default is not MISSING:
            given["default"] = one.default
        elif one.default_factory is not MISSING:
            given["default_factory"] = one.default_factory
        known.append((one.name, one.type, dataclasses.field(**given)))
    same = dataclasses.make_dataclass(record.__name__, known, init=False, repr=False, eq=False)
    return {one.name: one for one in dataclasses.fields(same)}


STANDARD_FIELDS = StandardFields()


if not TYPE_CHECKING:
    MISSING = Missing()

    def field(*, default=MISSING, default_factory=MISSING, repr=True, compare=True, metadata=None):
        """As dataclasses.field: what is said of a field in the place of its default."""
        return RecordField(default, default_factory, repr, compare, metadata or {})

    def dataclass(*, frozen=False, slots=False, eq=True):
        """As dataclasses.dataclass."""

        def make(cls):
            return _made(cls, frozen, slots, eq)

        return make

    def fields(record):
        """The fields of a record or its class, in order: each has its name, type, default and metadata."""
        return _fields_of(record if isinstance(record, type) else record.__class__)

    def is_dataclass(record):
        """Whether something is a record, or its class."""
        return hasattr(record, "_own_fields")

    def replace(record, **changes):
        """The same record with some fields changed."""
        given = {one.name: getattr(record, one.name) for one in fields(record)}
        return record.__class__(**{**given, **changes})


def _made(cls: Any, frozen: bool, slots: bool, eq: bool) -> Any:
    """A class as the record that it describes. What only its instances or `fields` need is found later."""
    own = cls.__dict__
    names = [name for name, kind in cls.__annotations__.items() if not kind.startswith("ClassVar")]
    stated = {name: own[name] for name in names if name in own}
    above = getattr(cls, "__match_args__", ())
    order = tuple(dict.fromkeys((*above, *names))) if above else tuple(names)
    parts = {"_own_fields": (names, stated), "__match_args__": order, **PARTS[frozen, eq, slots]}
    if not own["__doc__"]:
        cls.__doc__ = cls.__name__
    if slots:
        return _with_slots(cls, order, parts)
    for name, value in stated.items():
        if value.__class__ is RecordField:
            if value.default is MISSING:
                delattr(cls, name)
            else:
                setattr(cls, name, value.default)
    for name, part in parts.items():
        # what a record above it has is not given to it once more: to set one takes as long as to make a field
        if name not in own and (not above or name == "__init__" or getattr(cls, name, None) is not part):
            setattr(cls, name, part)
    return cls


def _with_slots(cls: Any, names: tuple[str, ...], more: dict[str, Any]) -> Any:
    """The class anew with more parts, and slots for its fields, less those that a class above it has."""
    inherited = {name for base in cls.__mro__[1:] for name in base.__dict__.get("__slots__", ())}
    slots = tuple([name for name in names if name not in inherited])
    left_out = {*names, "__dict__", "__weakref__"}
    parts = {name: value for name, value in cls.__dict__.items() if name not in left_out}
    return type(cls)(cls.__name__, cls.__bases__, {**more, **parts, "__slots__": slots})


@cache
def _fields_of(cls: Any) -> tuple[RecordField, ...]:
    """The fields of a record, or of a class below one: those that classes above it state come first."""
    known: dict[str, RecordField] = {}
    for one in reversed(cls.__mro__):
        names, stated = one.__dict__.get("_own_fields", ((), {}))
        for name in names:
            given = stated.get(name, MISSING)
            known[name] = given if given.__class__ is RecordField else field(default=given)
            known[name].name, known[name].type = name, one.__annotations__[name]
    return tuple(known.values())


@cache
def _compared_of(cls: Any) -> Callable[[Any], Any]:
    """What is compared of the instances of a class."""
    compared = [one.name for one in _fields_of(cls) if one.compare]
    return attrgetter(*compared) if compared else _nothing


def _first_init(self: Any, *args: Any, **kwargs: Any) -> None:
    """Takes the arguments of the first instance of a class, which gets a function of its own."""
    cls = next(one for one in self.__class__.__mro__ if one.__dict__.get("__init__") is _first_init)
    cls.__init__ = _init(cls, _fields_of(cls))
    cls.__init__(self, *args, **kwargs)


def _init(cls: Any, known: tuple[RecordField, ...]) -> Callable[..., None]:
    """What takes the arguments of the first instances of a class; few classes have many."""
    names, put, after, left = [one.name for one in known], object.__setattr__, "__post_init__", MANY
    more = hasattr(cls, after)

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0 and cls.__dict__["__init__"] is __init__:
            cls.__init__ = _written(cls, known)
        if kwargs or len(args) != len(names):
            args = _in_order(cls, known, args, kwargs)
        for name, value in zip(names, args, strict=True):
            put(self, name, value)
        if more:
            self.__post_init__()

    return __init__


def _in_order(
    cls: Any, known: tuple[RecordField, ...], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, ...]:
    """The value of each field, in order. Raises TypeError, as a function that is called with these does."""
    given = dict(kwargs)
    values = list(args)
    for one in known[len(args) :]:
        if one.name in given:
            values.append(given.pop(one.name))
        elif one.default is not MISSING:
            values.append(one.default)
        elif one.default_factory is not MISSING:
            values.append(one.default_factory())
        else:
            break
    if given or len(values) != len(known):
        raise TypeError(f"{cls.__name__}({', '.join(one.name for one in known)}) is called with others")
    return tuple(values)


def _written(cls: Any, known: tuple[RecordField, ...]) -> Callable[..., None]:
    """The function that is written for a class: it does the same in half the time."""
    names: dict[str, Any] = {"put": object.__setattr__, "MISSING": MISSING}
    parameters, lines = ["self"], []
    for one in known:
        given = name = one.name
        if one.default is not MISSING:
            names[f"default_{name}"] = one.default
            parameters.append(f"{name}=default_{name}")
        elif one.default_factory is not MISSING:
            names[f"make_{name}"] = one.default_factory
            parameters.append(f"{name}=MISSING")
            given = f"make_{name}() if {name} is MISSING else {name}"
        else:
            parameters.append(name)
        lines.append(f" put(self, {name!r}, {given})" if is_frozen(cls) else f" self.{name} = {given}")
    if hasattr(cls, "__post_init__"):
        lines.append(" self.__post_init__()")
    exec(f"def __init__({', '.join(parameters)}):\n" + "\n".join(lines or [" pass"]), names)
    return names["__init__"]


def is_frozen(cls: Any) -> bool:
    """Whether the fields of a record stay what they are."""
    return cls.__setattr__ is _setattr


def _nothing(record: object) -> tuple[()]:
    """What is compared of a class without fields."""
    return ()


def _eq(self: Any, other: Any) -> bool:
    if other.__class__ is not self.__class__:
        return NotImplemented
    compared = _compared_of(self.__class__)
    return compared(self) == compared(other)


def _hash(self: Any) -> int:
    return hash((self.__class__, _compared_of(self.__class__)(self)))


def _repr(self: Any) -> str:
    shown = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)
    return f"{self.__class__.__qualname__}({shown})"


def _setattr(self: Any, name: str, value: object) -> None:
    raise _frozen_error(f"cannot assign to field {name!r}")


def _delattr(self: Any, name: str) -> None:
    raise _frozen_error(f"cannot delete field {name!r}")


def _frozen_error(message: str) -> AttributeError:
    from dataclasses import FrozenInstanceError

    return FrozenInstanceError(message)


def _getstate(self: Any) -> list[Any]:
    return [getattr(self, one.name) for one in fields(self)]


def _setstate(self: Any, state: list[Any]) -> None:
    for one, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, one.name, value)


SHARED: dict[str, Any] = {
    "__init__": _first_init,
    "__repr__": _repr,
    "__replace__": lambda self, **changes: replace(self, **changes),
    "__dataclass_fields__": STANDARD_FIELDS,
}
FROZEN: dict[str, Any] = {**SHARED, "__setattr__": _setattr, "__delattr__": _delattr}
COMPARED = {"__eq__": _eq, "__hash__": _hash}
PICKLED = {"__getstate__": _getstate, "__setstate__": _setstate}
PARTS: dict[tuple[bool, bool, bool], dict[str, Any]] = {
    (False, False, False): SHARED,
    (False, False, True): SHARED,
    (False, True, False): {**SHARED, "__eq__": _eq, "__hash__": None},
    (False, True, True): {**SHARED, "__eq__": _eq, "__hash__": None},
    (True, False, False): FROZEN,
    (True, False, True): {**FROZEN, **PICKLED},
    (True, True, False): {**FROZEN, **COMPARED},
    (True, True, True): {**FROZEN, **COMPARED, **PICKLED},
}
"""The functions that all records have that are frozen, compared and of slots, or not."""
