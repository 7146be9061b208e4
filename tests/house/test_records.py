"""Records and named tuples do what those of the standard library do."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import typing
from dataclasses import FrozenInstanceError
from typing import Any, ClassVar

import pytest

from cnnspec.named_tuples import NamedTuple
from cnnspec.records import MANY, dataclass, field, fields, is_dataclass, replace


@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 2
    tags: tuple[str, ...] = ()
    place: Any = field(default=None, compare=False, repr=False)
    kind: ClassVar[str] = "point"


@dataclass(frozen=True)
class Named(Point):
    """A point with a name."""

    names: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        assert self.x >= 0


@dataclass(frozen=True, eq=False)
class Single:
    value: int


@dataclass(frozen=True)
class Empty:
    pass


def test_arguments_are_taken_in_order_and_by_name() -> None:
    assert (Point(1).x, Point(1).y, Point(1, y=3).y, Point(x=4).x) == (1, 2, 3, 4)
    for call in (lambda: Point(), lambda: Point(1, 2, (), None, 5), lambda: Point(1, z=3)):  # type: ignore[call-arg]
        with pytest.raises(TypeError):
            call()


def test_a_default_is_made_for_each() -> None:
    one, other = Named(1), Named(1)
    assert one.names == [] and one.names is not other.names


def test_what_runs_after_init_runs() -> None:
    with pytest.raises(AssertionError):
        Named(-1)


def test_equality_hash_and_repr() -> None:
    assert Point(1, place=1) == Point(1, place=2) and Point(1) != Point(2) and Point(1) != Named(1)
    assert hash(Point(1, place=1)) == hash(Point(1, place=2))
    assert repr(Point(1, place=1)) == "Point(x=1, y=2, tags=())"
    assert Single(1) != Single(1) and Empty() == Empty() and hash(Empty()) == hash(Empty())


@pytest.mark.parametrize("instance", [Point(1), Named(1), Single(1)])
def test_nothing_can_be_assigned_or_deleted(instance: Any) -> None:
    name = dataclasses.fields(instance)[0].name
    with pytest.raises(FrozenInstanceError):
        setattr(instance, name, 5)
    with pytest.raises(FrozenInstanceError):
        delattr(instance, name)


@pytest.mark.parametrize("instance", [Point(1, 5, ("a",), "here"), Named(1, names=["a"]), Empty()])
def test_instances_are_copied_pickled_and_replaced(instance: Any) -> None:
    for other in (copy.copy(instance), copy.deepcopy(instance), pickle.loads(pickle.dumps(instance))):
        assert other == instance and other is not instance
    assert dataclasses.replace(instance) == instance
    assert dataclasses.is_dataclass(instance)
    assert dataclasses.replace(Point(1), y=7) == Point(1, 7)


def test_matching_by_position() -> None:
    match Point(1, 5):
        case Point(x, y):
            assert (x, y) == (1, 5)


def test_a_class_without_a_docstring_has_one() -> None:
    assert Empty.__doc__ == "Empty"


@dataclass(slots=True)
class Counter:
    count: int = 0
    seen: list[int] = field(default_factory=list)


def test_one_that_is_not_frozen_can_be_assigned_and_not_hashed() -> None:
    counter = Counter(1)
    counter.count = 2
    assert counter == Counter(2) and counter != Counter(3)
    with pytest.raises(TypeError):
        hash(counter)
    with pytest.raises(AttributeError):
        counter.other = 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("cls", [Point, Named, Counter])
def test_the_first_instances_are_made_as_all_later_ones(cls: Any) -> None:
    """After MANY of them there is a function written for the class."""
    made = [cls(1) for _ in range(2 * MANY)]
    assert all(one == made[0] for one in made)
    assert cls.__init__.__code__.co_varnames[:2] == ("self", fields(cls)[0].name)
    with pytest.raises(TypeError):
        cls(1, unknown=2)


def test_fields_are_those_of_the_library() -> None:
    ours = [(one.name, one.type, one.compare, one.repr) for one in fields(Named)]
    theirs = [(one.name, one.type, one.compare, one.repr) for one in dataclasses.fields(Named)]
    assert ours == theirs
    assert dataclasses.asdict(Named(1)) == {"x": 1, "y": 2, "tags": (), "place": None, "names": []}
    assert Named.__dataclass_fields__ is Named.__dataclass_fields__, (
        "made once: whole tables are written by asdict"
    )
    assert replace(Point(1), y=7) == Point(1, 7) and is_dataclass(Point) and not is_dataclass(int)


class Ours(NamedTuple):
    """A name and a size."""

    name: str
    size: int = 2
    more: tuple[int, ...] = ()

    @property
    def both(self) -> str:
        return f"{self.name}{self.size}"


class Theirs(typing.NamedTuple):
    """A name and a size."""

    name: str
    size: int = 2
    more: tuple[int, ...] = ()

    @property
    def both(self) -> str:
        return f"{self.name}{self.size}"


ARGUMENTS = [((), {}), (("a",), {}), (("a", 1), {}), (("a", 1, (2,)), {}), (("a", 1, 2, 3), {})]
ARGUMENTS += [((), {"name": "a"}), (("a",), {"more": (1,)}), (("a",), {"name": "b"}), (("a",), {"other": 1})]
ARGUMENTS += [((), {"size": 1}), (("a", 1), {"size": 1}), (("a",), {"size": 3, "more": (1,)})]


@pytest.mark.parametrize(("given", "named"), ARGUMENTS)
def test_a_named_tuple_takes_the_arguments_that_the_library_takes(given: Any, named: Any) -> None:
    try:
        expected = Theirs(*given, **named)
    except TypeError:
        with pytest.raises(TypeError):
            Ours(*given, **named)
        return
    found = Ours(*given, **named)
    assert found == tuple(expected) and repr(found) == repr(expected).replace("Theirs", "Ours")
    assert found._asdict() == expected._asdict() and found.both == expected.both
    assert (found.name, found.size, found.more) == expected and hash(found) == hash(expected)
    assert found._replace(size=9) == expected._replace(size=9)
    for other in (copy.copy(found), copy.deepcopy(found), pickle.loads(pickle.dumps(found))):
        assert other == found and type(other) is Ours


def test_a_named_tuple_has_what_the_library_gives_one() -> None:
    assert Ours._fields == Theirs._fields == Ours.__match_args__ and Ours.__doc__ == Theirs.__doc__
    assert Ours._field_defaults == Theirs._field_defaults and Ours._make(["a", 1, ()]) == Ours("a", 1)
    assert not hasattr(Ours("a"), "__dict__") and isinstance(Ours("a"), tuple)
    with pytest.raises(ValueError):
        Ours("a")._replace(other=1)
    with pytest.raises(AttributeError):
        Ours("a").name = "b"  # type: ignore[misc]
