"""What the constructor of a class holds: its modules, with the value of each argument in every instance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isclose
from typing import Any, NamedTuple

from cnnspec.backends.torch.calls import REQUIRED
from cnnspec.backends.torch.expressions import Column, Expression, is_same
from cnnspec.backends.torch.parts import Scope


@dataclass(eq=False)
class ArgumentValues:
    """One argument: its value in each instance, and in a run the difference from one module to the next.

    A parameter made for it is `more` than its value, as the depth of a stage is more than what follows its
    first block. `kind` is channels, margin, count or nothing of these. `value` is what the source says, once
    the parameters of the class are known. `ramp` are the rate, start and steps of one that is a ramp.
    """

    name: str
    column: Column
    default: Any = REQUIRED
    kind: str = ""
    owner: str = ""
    of_input: bool = False
    steps: Column | None = None
    more: int = 0
    ramp: tuple[ArgumentValues, ArgumentValues, ArgumentValues] | None = None
    value: Expression | None = None
    step: Expression | None = None


@dataclass(eq=False)
class ModuleField:
    """A module made by one call: of a name of torch, a GeneratedClass or, as an argument, a type.

    Without a target it is no module, but says whether a sum is there.
    """

    segment: str
    target: Any
    arguments: list[ArgumentValues]
    shape: str = ""
    present: tuple[bool, ...] | None = None
    condition: Expression | None = None


@dataclass(eq=False)
class GroupField:
    """A chain, list or other container of modules."""

    segment: str
    form: str
    items: list[Field]
    shape: str = ""
    present: tuple[bool, ...] | None = None
    condition: Expression | None = None


@dataclass(eq=False)
class RunField:
    """Several modules in a row that differ in steady steps, or in nothing."""

    item: Field
    count: ArgumentValues


Field = ModuleField | GroupField | RunField


class ClassParameter(NamedTuple):
    """One argument of a class: its name, its value in each instance, and its default if it has one."""

    name: str
    column: Column
    default: Any = REQUIRED
    kind: str = ""


@dataclass(eq=False)
class GeneratedClass:
    """A class of generated source, for the scopes that are its instances."""

    number: int
    title: str
    instances: list[Scope]
    template: Scope
    name: str = ""
    fields: list[Field] = field(default_factory=list)
    parameters: list[ClassParameter] = field(default_factory=list)
    functions: frozenset[str] = frozenset()
    fixed_shapes: frozenset[str] = frozenset()


def modules(found: Field) -> Iterator[ModuleField]:
    """Every module within a field, in order."""
    if isinstance(found, ModuleField):
        yield found
    elif isinstance(found, RunField):
        yield from modules(found.item)
    else:
        for item in found.items:
            yield from modules(item)


def arguments(found: Field) -> Iterator[ArgumentValues]:
    """Every argument within a field, in order."""
    if isinstance(found, ModuleField):
        if isinstance(found.target, ArgumentValues):
            yield found.target
        yield from found.arguments
    elif isinstance(found, RunField):
        yield from arguments(found.item)
        yield found.count
    else:
        for item in found.items:
            yield from arguments(item)


def numbers(found: Field) -> Iterator[ArgumentValues]:
    """The arguments that may differ by steady steps from turn to turn: all but those within lists."""
    if isinstance(found, ModuleField):
        yield from found.arguments
    elif isinstance(found, GroupField) and found.form in ("chain", "concat"):
        for item in found.items:
            yield from numbers(item)


def optional_fields(fields: list[Field]) -> Iterator[ModuleField | GroupField]:
    """The fields that only some instances have."""
    for found in fields:
        if isinstance(found, RunField):
            continue
        if found.present is not None:
            yield found
        elif isinstance(found, GroupField):
            yield from optional_fields(found.items)


def flag(fields: list[Field]) -> str:
    """The attribute that says whether a residual adds its input; empty where all instances do, or none."""
    return next(
        (found.segment for found in fields if isinstance(found, ModuleField) and found.target is None), ""
    )


@dataclass
class Flat:
    """A module reduced to what it is (`key`) and its numbers: two of one key differ in `values` alone."""

    key: Any
    values: list[Any] = field(default_factory=list)


def step_between(first: Flat, second: Flat) -> list[int | float] | None:
    """What is added to each number to get from one module to the next; None where they differ otherwise."""
    if first.key != second.key or len(first.values) != len(second.values):
        return None
    steps: list[int | float] = []
    for a, b in zip(first.values, second.values, strict=True):
        if is_same(a, b):
            steps.append(0)
        elif type(a) is type(b) and type(a) in (int, float):
            steps.append(b - a)
        else:
            return None
    return steps


def in_step(first: list[int | float], second: list[int | float]) -> bool:
    """Whether the same is added to each number, but for what floats lose."""
    return all(type(a) is type(b) and isclose(a, b, rel_tol=1e-6) for a, b in zip(first, second, strict=True))
