"""What every layer is: typed arguments, a shape rule, its weights, its cost, its window and its traits.

A layer is a frozen dataclass. Its fields are its arguments in the DSL, in order; `argument()` gives each its
kind and its meaning. Shapes are per sample, channels first: `(channels, *spatial)` for maps, `(channels,)`
for vectors. `@layer("name")` enters it in the registry, which is all that the language, the manual and the
completion need to know it. What passes, backends and drawings ask about a kind of layer is a trait, a
class attribute (`silent`, `moves`, ..): none of them keeps a list of layers of its own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from math import isfinite, prod
from typing import Any, ClassVar, Literal, NamedTuple, TypeVar, dataclass_transform

Shape = tuple[int, ...]
Extent = int | tuple[int, ...]

MISSING: Any = dataclasses.MISSING


class LayerError(Exception):
    """A layer cannot be applied to these shapes.

    `code` names the diagnostic page, `label` is the short text under the span, `help` the cure.
    """

    def __init__(self, code: str, message: str, *, label: str = "", help: str = ""):
        super().__init__(message)
        self.code, self.message, self.label, self.help = code, message, label, help


class Window(NamedTuple):
    """What one output position sees on one axis.

    Output `i` sees the inputs from `i * step + low` to `i * step + high`. Steps below 1 (upsampling) are
    Fractions.
    """

    step: int | Fraction
    low: int | Fraction
    high: int | Fraction


POINTWISE: tuple[Window, ...] = ()
"""The window of a layer whose every output position sees its own position alone."""


class Init(NamedTuple):
    """How a weight starts: uniform in +-value, or constant at value."""

    kind: Literal["uniform", "constant"]
    value: float


ZEROS = Init("constant", 0.0)
ONES = Init("constant", 1.0)


class Weight(NamedTuple):
    """One tensor of a layer, in torch's name and layout; buffers are not trained."""

    name: str
    shape: Shape
    init: Init
    fan_in: int = 0
    fan_out: int = 0
    buffer: bool = False

    @property
    def size(self) -> int:
        return prod(self.shape)


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


class Parameter(NamedTuple):
    """One argument of a layer, as the manual and the binder see it."""

    name: str
    kind: Kind
    default: Any
    doc: str
    minor: bool = False
    """Whether layers that differ in it alone look alike: rates of dropout, factors of scaling."""

    @property
    def required(self) -> bool:
        return self.default is MISSING


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


CHANNELS_IN = "the channels that flow in are known: leave it out"

COUNT = Kind("count", _integer(1, "an integer of at least 1"), cure=_whole)
NATURAL = Kind("natural number", _integer(0, "an integer of at least 0"), cure=_whole)
INTEGER = Kind("integer", _integer(-(2**53), "an integer"), cure=_whole)
NUMBER = Kind("number", _number)
POSITIVE = Kind("positive number", _positive)
SMALL = Kind("number from 0 to 1", _fraction, cure=_small)
FRACTION = Kind("fraction", _fraction, cure=_share)
FLAG = Kind("flag", _flag, cure=_word)
EXTENT = Kind("extent", _extent(1, "an integer of at least 1, or dims such as 3x3"), cure=_whole)
MARGIN = Kind("margin", _extent(0, "an integer of at least 0, or dims such as 1x0"), cure=_whole)
PADDING = either(MARGIN, "half", "valid", "same")


def argument(kind: Kind, doc: str, *, default: Any = MISSING, minor: bool = False) -> Any:
    """A field of a layer: an argument of the DSL with its kind, meaning (and unit) and default.

    Layers that differ in `minor` arguments alone look alike, in drawings and where equal blocks are told.
    """
    return field(default=default, metadata={"kind": kind, "doc": doc, "minor": minor})


class Saved(NamedTuple):
    """What a layer keeps from its forward for its backward pass, for one sample.

    `inputs` are the positions of the inputs that it reads again, `output` whether it reads its own output,
    `values` the number of further float values (such as a mean and a deviation a channel), `mask` the bytes
    of what else there is (such as the places of the maxima).
    """

    inputs: tuple[int, ...] = ()
    output: bool = False
    values: int = 0
    mask: int = 0


@dataclass(frozen=True)
class Layer:
    """The rules of a layer; the defaults are those of an elementwise layer without weights."""

    op: ClassVar[str] = ""
    family: ClassVar[str] = ""
    arity: ClassVar[int | None] = 1
    """How many values it takes; None for a join, which takes any number from one up."""

    elementwise: ClassVar[bool] = False
    """Each value is a function of the one at its place alone, the same everywhere: no weights, no noise."""
    silent: ClassVar[bool] = False
    """Inference gives the input as it is."""
    noisy: ClassVar[bool] = False
    """Training draws noise, as `rate` says; at rate 0 there is none."""
    rescales: ClassVar[bool] = False
    """In inference scale * x + shift, with one of each a channel, or for all."""
    weighted: ClassVar[bool] = False
    """A linear map by its tensor `weight`, to which `bias=true` adds one value an output channel."""
    moves: ClassVar[bool] = False
    """Moves values, or puts some between them: no convention counts a cost."""
    upsamples: ClassVar[bool] = False
    """Made to give a map larger than its own."""
    nonnegative: ClassVar[bool] = False
    """No output is below 0, whatever comes in."""
    follows: ClassVar[bool] = False
    """Belongs to the layer before it in drawings: norms, activations and the like."""
    counted_by_fvcore: ClassVar[bool] = False
    """The counter of fvcore adds its `operations` to the multiply-accumulates."""
    sign: ClassVar[str] = ""
    """What a join is drawn as."""

    def infer(self, *shapes: Shape) -> Shape:
        """The shape of the output. Raises LayerError where the layer does not fit its inputs."""
        return shapes[0]

    def params(self, *shapes: Shape) -> tuple[Weight, ...]:
        """The weights, in torch's names and layouts; counts and weight files derive from these."""
        return ()

    def macs(self, *shapes: Shape) -> int:
        """Multiply-accumulates for one sample: conv and linear layers alone have any; bias not counted."""
        return 0

    def operations(self, *shapes: Shape) -> int:
        """Operations for one sample other than `macs`, by the rules of docs/counting.md."""
        return 0

    def window(self, *shapes: Shape) -> tuple[Window, ...] | None:
        """What an output position sees, one Window an axis; POINTWISE, or None for the whole input."""
        return POINTWISE

    def saves(self, *shapes: Shape) -> Saved:
        """What the backward pass needs of the forward pass, weights aside: all inputs where a layer is not
        known to need less."""
        return Saved(inputs=tuple(range(len(shapes))))

    def decompose(self, *shapes: Shape) -> tuple[Layer, ...]:
        """Simpler layers that do the same one after the other; empty where there are none.

        A decomposition keeps the names and layouts of the weights, all of which belong to one of its layers.
        """
        return ()


FOLLOWING = ("norm", "activation")
"""Families whose layers all belong to the layer before them in drawings."""

LayerType = TypeVar("LayerType", bound=type[Layer])
REGISTRY: dict[str, type[Layer]] = {}


@dataclass_transform(frozen_default=True, field_specifiers=(argument,))
def layer(op: str, family: str) -> Callable[[LayerType], LayerType]:
    """Make a class a layer: a frozen dataclass, entered in the registry under its name in the DSL."""

    def enter(cls: LayerType) -> LayerType:
        if op in REGISTRY:
            raise ValueError(f"two layers are called {op}")
        made = dataclass(frozen=True)(cls)
        made.op, made.family = op, family
        made.follows = made.follows or family in FOLLOWING
        REGISTRY[op] = made
        return made

    return enter


@cache
def parameters(cls: type[Layer]) -> tuple[Parameter, ...]:
    """The arguments of a layer, in the order in which they are written."""
    return tuple(Parameter(f.name, default=f.default, **f.metadata) for f in dataclasses.fields(cls))


def look(layer: Layer) -> tuple[Any, ...]:
    """What layers that look alike have in common: the name, and all arguments but the minor ones."""
    given = (field.name for field in dataclasses.fields(layer) if not field.metadata.get("minor"))
    return type(layer).op, *(getattr(layer, name) for name in given)


def describe(shape: Shape | None) -> str:
    """A shape as specs write it: 64x112x112."""
    return "x".join(map(str, shape)) if shape is not None else "?"


def per_axis(value: Extent, rank: int, name: str) -> tuple[int, ...]:
    """An extent spelled out for each spatial axis. Raises LayerError where the numbers of axes differ."""
    if isinstance(value, int):
        return (value,) * rank
    if len(value) != rank:
        raise LayerError(
            "argument-rank",
            f"`{name}` is given for {len(value)} axes, the map has {rank}",
            help=f"give one integer for all axes, or {rank} of them",
        )
    return value


def need_map(op: str, shape: Shape) -> tuple[int, Shape]:
    """The channels and the spatial sizes of a map. Raises LayerError for a vector."""
    if len(shape) < 2:
        raise LayerError(
            "shape-rank",
            f"`{op}` needs a map such as 64x28x28, here it gets the vector {describe(shape)}",
            help="put it before flatten and gap -> flatten, or reshape the vector to a map",
        )
    return shape[0], shape[1:]


def need_divisor(op: str, channels: int, groups: int) -> None:
    """Raise LayerError where groups do not divide the channels."""
    if channels % groups:
        raise LayerError(
            "groups-divide",
            f"`{op}` has {groups} groups, which do not divide its {channels} channels",
            label=f"{channels} channels, groups={groups}",
            help=f"groups that divide {channels}: {near_divisors(channels, groups)}",
        )


def near_divisors(number: int, wanted: int) -> str:
    """The four divisors (up to 4096) nearest to a wanted one, in words."""
    divisors = [d for d in range(1, min(number, 4096) + 1) if number % d == 0]
    return ", ".join(map(str, sorted(sorted(divisors, key=lambda d: abs(d - wanted))[:4])))


def default_init(fan_in: int) -> Init:
    """torch's default for conv and linear layers, weights and biases alike: uniform in +-1/sqrt(fan_in).

    Kaiming uniform with a = sqrt(5): He et al. 2015, "Delving Deep into Rectifiers", with LeCun's bound.
    """
    return Init("uniform", fan_in**-0.5 if fan_in else 0.0)
