"""Random layers that fit a shape: every layer of the registry, with every argument."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from random import Random
from typing import Any

from cnnspec.layers import REGISTRY, Layer, Parameter, parameters
from cnnspec.layers.base import LayerError, Shape
from cnnspec.layers.pool import MaxPool

LARGEST = 600
"""The most values that one sample of a value has."""
TRIES = 12
NUMBERS: Mapping[str, tuple[float, ...]] = {
    "alpha": (1e-4, 0.1, 1.0),
    "beta": (0.5, 0.75, 1.0),
    "k": (1.0, 2.0),
    "momentum": (0.1, 0.5),
    "power": (1.0, 2.0, 4.0),
    "threshold": (1.0, 20.0),
}
"""Values of arguments by name: within them, a layer has finite values for all inputs."""
JOINS = tuple(op for op, cls in REGISTRY.items() if cls.arity is None)
PLAIN = tuple(op for op, cls in REGISTRY.items() if cls.arity == 1)


def layer_on(random: Random, op: str, *shapes: Shape) -> Layer | None:
    """A layer of this name on these shapes; None where no draw fits."""
    for _ in range(TRIES):
        given = {
            p.name: argument(random, p, shapes[0]) for p in parameters(REGISTRY[op]) if wanted(random, p)
        }
        try:
            layer = REGISTRY[op](**given)
            shape = layer.infer(*shapes)
        except (LayerError, ValueError, TypeError, ZeroDivisionError):
            continue
        # a shape that a `parameter` leaves open is none
        if min(shape) > 0 and prod(shape) <= LARGEST:
            return layer
    return None


def wanted(random: Random, parameter: Parameter) -> bool:
    return parameter.required or random.random() < 0.4


def argument(random: Random, parameter: Parameter, shape: Shape) -> Any:
    """A value of an argument that is likely to fit."""
    name, kind, rank = parameter.name, parameter.kind, len(shape) - 1
    if kind.words and (random.random() < 0.5 or (" or " in kind.name and "margin" not in kind.name)):
        return random.choice(kind.words)
    if name == "shape":
        return opened(random, factors(random, prod(shape)))
    if name == "groups":
        return random.choice([n for n in range(1, shape[0] + 1) if shape[0] % n == 0])
    first = kind.name.split(" or ")[0]
    if name in NUMBERS and first != "flag":
        return random.choice(NUMBERS[name])
    draws: Mapping[str, Any] = {
        "flag": lambda: random.random() < 0.5,
        "count": lambda: random.randint(1, 3) if name == "factor" else random.randint(1, 8),
        "natural number": lambda: random.randint(0, shape[0]),
        "integer": lambda: random.randint(-3, 3),
        "number": lambda: random.choice((-1.5, 0.25, 1.0, 2.0)),
        "positive number": lambda: random.choice((0.5, 1.0, 2.0)),
        "number from 0 to 1": lambda: random.choice((1e-5, 1e-3, 0.1)),
        "fraction": lambda: random.choice((0.0, 0.5)),
        "extent": lambda: extent(random, rank, 1, 6 if name == "size" else 3),
        "label of a maxpool": lambda: MaxPool(2, ceil=random.random() < 0.5),
        "axes": lambda: tuple(random.sample(range(rank + 1), rank + 1)),
        "margin": lambda: sides(random, rank) if "sides" in kind.name else extent(random, rank, 0, 2),
    }
    return draws[first]()


def extent(random: Random, rank: int, low: int, high: int) -> int | tuple[int, ...]:
    """One integer for all axes, or one an axis."""
    if rank > 1 and random.random() < 0.4:
        return tuple(random.randint(low, high) for _ in range(rank))
    return random.randint(low, high)


def sides(random: Random, rank: int) -> int | tuple[Any, ...]:
    """A margin for all axes, or what lies before and after each."""
    if random.random() < 0.7:
        return extent(random, rank, 0, 2)
    return tuple((random.randint(0, 2), random.randint(0, 2)) for _ in range(rank))


def factors(random: Random, size: int) -> tuple[int, ...]:
    """A shape of so many values, of 1 to 4 axes."""
    found = []
    for _ in range(random.randint(0, 3)):
        found.append(random.choice([n for n in range(1, size + 1) if size % n == 0]))
        size //= found[-1]
    return (*found, size)


def opened(random: Random, shape: Shape) -> Shape:
    """A shape of which one size may be left open."""
    place = random.randrange(len(shape))
    return shape if random.random() < 0.7 else (*shape[:place], -1, *shape[place + 1 :])


def shape_of_rank(random: Random, rank: int) -> Shape:
    """A small shape: a vector, a sequence, a map or a volume."""
    channels = random.choice((1, 2, 3, 4, 6, 8))
    return (channels, *(random.randint(1, (64, 24, 9, 5)[rank]) for _ in range(rank)))
