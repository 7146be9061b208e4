"""records.dataclass does what dataclasses.dataclass(frozen=True) does."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from dataclasses import FrozenInstanceError, field
from typing import Any, ClassVar

import pytest

from cnnspec.records import dataclass


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
