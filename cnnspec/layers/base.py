"""What every layer is: typed arguments, a shape rule, its weights, its cost, its window and its traits.

A layer is a frozen dataclass. Its fields are its arguments in the DSL, in order; `argument()` gives each its
kind and its meaning. Shapes are per sample, channels first: `(channels, *spatial)` for maps, `(channels,)`
for vectors. `@layer("name")` enters it in the registry, which is all that the language, the manual and the
completion need to know it. What passes, backends and drawings ask about a kind of layer is a trait, a
class attribute (`silent`, `moves`, ..): none of them keeps a list of layers of its own.
"""

from __future__ import annotations

from math import prod

from cnnspec.caching import cache
from cnnspec.layers.formula import Functions, calls_of
from cnnspec.layers.kinds import Kind
from cnnspec.layers.shapes import (
    Extent,
    LayerError,
    Shape,
    describe,
    near_divisors,
    need_divisor,
    need_map,
    per_axis,
)
from cnnspec.layers.window import POINTWISE, Slide, Window
from cnnspec.named_tuples import NamedTuple
from cnnspec.records import MISSING, dataclass, field, fields
from cnnspec.typed import TYPE_CHECKING, Any, Callable, Literal, TypeVar, dataclass_transform

if TYPE_CHECKING:  # type checkers find class variables by this import alone
    from typing import ClassVar

__all__ = [
    "ANY_BATCH",
    "FLOAT",
    "INDEX",
    "ONES",
    "POINTWISE",
    "REGISTRY",
    "ZEROS",
    "Extent",
    "Init",
    "Layer",
    "LayerError",
    "Parameter",
    "Saved",
    "Shape",
    "Slide",
    "Weight",
    "Window",
    "argument",
    "default_init",
    "describe",
    "input_saved",
    "layer",
    "look",
    "near_divisors",
    "need_divisor",
    "need_map",
    "output_saved",
    "parameters",
    "per_axis",
    "viewed",
]


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


FLOAT, INDEX = 4, 8
"""Bytes of a value at fp32, and of the index that a max pool keeps of each output."""
ANY_BATCH = 1 << 62
"""A batch larger than all there are."""


class Saved(NamedTuple):
    """What torch keeps of a layer, from its forward pass for its backward pass (eager, fp32, on the CPU).

    `inputs` are the numbers of the inputs that are kept, `output` says whether the output is. `per_sample`
    and `fixed` are bytes of what the layer makes for itself (masks, indices, statistics, padded copies): for
    each sample, and whatever the batch. The output of a `view` is its first input in another shape, or its
    axes in another `order`, after they are `split` where those are given; what strides cannot say is a copy.
    A layer that is `transparent` has the gradient of its output as that of each of its inputs.

    A map lies in memory channel by channel, or pixel by pixel after a layer that leaves it `channels_last`.
    One that reads `by_channel` copies such a map, and keeps the copy; one that reads `by_place` copies all
    others; one that reads `densely` copies a map with gaps, as part of another has, and keeps the copy. One
    that reads `groups` of channels, each as one row, keeps the map, and a copy where no strides say it. Most
    layers leave a map as it comes; after one that reads by channel, or copies groups, it lies channel by
    channel.

    `work` are bytes of a sample that the backward pass makes and drops before gradients of inputs are there.
    """

    inputs: tuple[int, ...] = ()
    output: bool = False
    per_sample: int = 0
    fixed: int = 0
    view: bool = False
    order: tuple[int, ...] = ()
    split: Shape = ()
    channels_last: bool = False
    by_channel: bool = False
    by_place: bool = False
    densely: bool = False
    groups: int = 0
    first_below: int = 0
    transparent: bool = False
    work: int = 0


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


def argument(kind: Kind, doc: str, *, default: Any = MISSING, minor: bool = False) -> Any:
    """A field of a layer: an argument of the DSL with its kind, meaning (and unit) and default.

    Layers that differ in `minor` arguments alone look alike, in drawings and where equal blocks are told.
    """
    return field(default=default, metadata={"kind": kind, "doc": doc, "minor": minor})


@dataclass(frozen=True)
class Layer:
    """The rules of a layer; the defaults are those of a layer without weights that keeps the shape."""

    op: ClassVar[str] = ""
    family: ClassVar[str] = ""
    arity: ClassVar[int | None] = 1
    """How many values it takes; None for a join, which takes any number from one up."""

    elementwise: ClassVar[bool] = False
    """Each value is a function of the one at its place alone, the same everywhere: that of `formula`."""
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
    keeps_layout: ClassVar[bool] = False
    """Of one axis too torch lays its map out as its input: of two and three nearly all layers do."""
    constant: ClassVar[bool] = False
    """The same whatever comes in: of its input it takes the batch alone."""
    counted_by_fvcore: ClassVar[bool] = False
    """The counter of fvcore adds its `operations` to the multiply-accumulates."""
    aligns: ClassVar[bool] = True
    """Of several inputs the sizes must agree."""
    undoes: ClassVar[str] = ""
    """The layer that its argument `of` names by a label, and whose input it takes beside its own."""
    commutes: ClassVar[bool] = False
    """Of several inputs the order says nothing."""
    sign: ClassVar[str] = ""
    """What a join is drawn as."""

    def infer(self, *shapes: Shape) -> Shape:
        """The shape of the output. Raises LayerError where the layer does not fit its inputs."""
        return shapes[0]

    def formula(self, x: Any, m: Functions) -> Any:
        """Its function of one value, written in operators and the functions of `m` (layers/formula.py).

        A layer that has one is elementwise, and needs no rule in any backend.
        """
        raise NotImplementedError(f"{self.op} is not elementwise")

    def params(self, *shapes: Shape) -> tuple[Weight, ...]:
        """The weights, in torch's names and layouts; counts and weight files derive from these."""
        return ()

    def macs(self, *shapes: Shape) -> int:
        """Multiply-accumulates for one sample, of convs, linear layers and products; bias not counted."""
        return 0

    def operations(self, *shapes: Shape) -> int:
        """Operations for one sample other than `macs`, by the rules of docs/counting.md."""
        return prod(shapes[0]) if self.elementwise else 0

    def functions(self, *shapes: Shape) -> int:
        """Exponentials, logarithms and the like that a sample takes; a power is one of each."""
        return calls_of(self.formula) * prod(shapes[0]) if self.elementwise else 0

    def activations(self, *shapes: Shape) -> int:
        """Outputs of what multiplies, for one sample: of the layer itself, or of several products inside."""
        return prod(self.infer(*shapes)) if self.macs(*shapes) else 0

    def additions(self, *shapes: Shape) -> int:
        """Values that a bias of what multiplies is added to."""
        biased = any(weight.name == "bias" for weight in self.params(*shapes))
        return self.activations(*shapes) if biased else 0

    def slide(self, *shapes: Shape) -> Slide | None:
        """How its window slides over the map: the geometry of a conv or a pool; None for other layers."""
        return None

    def sees(self, *shapes: Shape) -> tuple[Window, ...] | None:
        """What an output position sees, one Window an axis; POINTWISE, or None for the whole input."""
        slide = self.slide(*shapes)
        return POINTWISE if slide is None else slide.windows

    def sees_apart(self, *shapes: Shape) -> tuple[tuple[Window, ...], ...]:
        """What an output position sees of each of several inputs, where that is not the same of all."""
        return ()

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """What training keeps of it; `wanted` says of which inputs the backward pass needs the gradient.

        It is asked only where there is a gradient at all: of an input or of a weight.
        """
        return Saved(inputs=(0,)) if self.elementwise else Saved()

    def decompose(self, *shapes: Shape) -> tuple[Layer, ...]:
        """Simpler layers that do the same one after the other; empty where there are none.

        A decomposition keeps the names and layouts of the weights, all of which belong to one of its layers.
        """
        return ()


FOLLOWING = ("norm", "activation")
"""Families whose layers all belong to the layer before them in drawings."""
KEEPING_LAYOUT = ("activation", "pool", "dense")
"""Families whose layers all keep to the layout of a map."""


def input_saved(self: Layer, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
    """The rule of layers whose gradient is found from their input."""
    return Saved(inputs=(0,))


def output_saved(self: Layer, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
    """The rule of layers whose gradient is found from their output."""
    return Saved(output=True)


def viewed(self: Layer, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
    """The rule of layers that give their input as it is, or a part of it."""
    return Saved(view=True)


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
        made.elementwise = made.formula is not Layer.formula
        made.follows = made.follows or family in FOLLOWING
        made.keeps_layout = made.keeps_layout or family in KEEPING_LAYOUT
        REGISTRY[op] = made
        return made

    return enter


@cache
def parameters(cls: type[Layer]) -> tuple[Parameter, ...]:
    """The arguments of a layer, in the order in which they are written."""
    return tuple(Parameter(f.name, default=f.default, **f.metadata) for f in fields(cls))


def look(layer: Layer) -> tuple[Any, ...]:
    """What layers that look alike have in common: the name, and all arguments but the minor ones."""
    given = (one.name for one in fields(layer) if not one.metadata.get("minor"))
    return type(layer).op, *(getattr(layer, name) for name in given)


def default_init(fan_in: int) -> Init:
    """torch's default for conv and linear layers, weights and biases alike: uniform in +-1/sqrt(fan_in).

    Kaiming uniform with a = sqrt(5): He et al. 2015, "Delving Deep into Rectifiers", with LeCun's bound.
    """
    return Init("uniform", fan_in**-0.5 if fan_in else 0.0)
