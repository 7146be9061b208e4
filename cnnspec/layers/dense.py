"""Layers of dense nets and of training: linear, flatten, the dropouts, identity, and factors a channel."""

from __future__ import annotations

from math import prod, sqrt

from cnnspec.layers.base import (
    ANY_BATCH,
    FLOAT,
    ONES,
    POINTWISE,
    ZEROS,
    Extent,
    Init,
    Layer,
    LayerError,
    Saved,
    Shape,
    Weight,
    Window,
    argument,
    default_init,
    describe,
    input_saved,
    layer,
    viewed,
)
from cnnspec.layers.kinds import COUNT, EXTENT, FLAG, FRACTION, NUMBER


@layer("linear", family="dense")
class Linear(Layer):
    """Fully connected layer: y = Wx + b. Weights: in*out, and out for the bias.

    On a sequence it acts at each position; on a map, conv(out, 1) does the same.
    Rumelhart et al. 1986, "Learning representations by back-propagating errors".
    """

    weighted = True

    out: int = argument(COUNT, "output features")
    bias: bool = argument(FLAG, "adds a learned value to each feature", default=True)

    def infer(self, *shapes: Shape) -> Shape:
        if len(shapes[0]) > 2:
            raise LayerError(
                "shape-rank",
                f"`linear` needs a vector, here it gets the map {describe(shapes[0])}",
                label=f"map {describe(shapes[0])}",
                help=f"flatten first: {self._cures(shapes[0])}",
            )
        return self.out, *shapes[0][1:]

    def _cures(self, map_shape: Shape) -> str:
        """What makes a vector of a map, with the weights that this layer then has."""
        flat = f"flatten -> linear({self.out}) has {prod(map_shape) * self.out:,} weights"
        if prod(map_shape[1:]) == 1:
            return flat
        return f"{flat}, gap -> flatten -> linear({self.out}) has {map_shape[0] * self.out:,}"

    def params(self, *shapes: Shape) -> tuple[Weight, ...]:
        features = shapes[0][0]
        init = default_init(features)
        weight = Weight("weight", (self.out, features), init, features, self.out)
        return (weight, Weight("bias", (self.out,), init, features, self.out)) if self.bias else (weight,)

    def macs(self, *shapes: Shape) -> int:
        return self.out * prod(shapes[0])

    def operations(self, *shapes: Shape) -> int:
        return prod(self.infer(*shapes)) if self.bias else 0

    def sees(self, *shapes: Shape) -> tuple[Window, ...] | None:
        return None if len(shapes[0]) == 1 else POINTWISE

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """The input; of a sequence its positions one after the other."""
        places = len(shapes[0]) > 1
        return Saved(inputs=(0,), by_place=places, channels_last=places)


@layer("flatten", family="dense")
class Flatten(Layer):
    """A map as a vector, channel after channel, row after row."""

    moves = True
    follows = True

    def infer(self, *shapes: Shape) -> Shape:
        return (prod(shapes[0]),)

    def sees(self, *shapes: Shape) -> tuple[Window, ...] | None:
        return POINTWISE if len(shapes[0]) == 1 else None

    saved = viewed


@layer("dropout", family="dense")
class Dropout(Layer):
    """In training sets each value to 0 with probability `rate` and divides the others by 1 - rate.

    Nothing in inference. Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from
    overfitting".
    """

    silent = True
    noisy = True
    follows = True

    rate: float = argument(FRACTION, "probability of dropping a value", default=0.5, minor=True)

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """The factor of each value, 0 or 1 / (1 - rate); the values themselves where none is dropped."""
        return Saved(per_sample=FLOAT * prod(shapes[0])) if self.rate else Saved(view=True)


@layer("droppath", family="dense")
class DropPath(Layer):
    """Stochastic depth: in training sets a whole sample to 0 with probability `rate`.

    The other samples are divided by 1 - rate. Nothing in inference. Huang et al. 2016, "Deep networks with
    stochastic depth".
    """

    silent = True
    noisy = True
    follows = True

    rate: float = argument(FRACTION, "probability of dropping a sample", minor=True)

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """The factor of each sample, 0 or 1 / (1 - rate)."""
        return Saved(per_sample=FLOAT)


@layer("identity", family="dense")
class Identity(Layer):
    """The value itself."""

    silent = True
    follows = True

    saved = viewed


@layer("scale", family="dense")
class Scale(Layer):
    """by * x. Learnable, one weight for all values starts at `by`.

    Brock et al. 2021, "High-performance large-scale image recognition without normalization".
    """

    rescales = True
    follows = True

    by: float = argument(NUMBER, "the factor", default=1.0, minor=True)
    learnable: bool = argument(FLAG, "makes the factor a weight, which starts at `by`", default=False)

    def params(self, *shapes: Shape) -> tuple[Weight, ...]:
        return (Weight("weight", (1,), Init("constant", self.by)),) if self.learnable else ()

    def operations(self, *shapes: Shape) -> int:
        return prod(shapes[0])

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """The input, where the factor is learned."""
        return Saved(inputs=(0,) if self.learnable else ())


@layer("layerscale", family="dense")
class LayerScale(Layer):
    """w * x with w learned, one a channel. Touvron et al. 2021, "Going deeper with image transformers"."""

    rescales = True
    follows = True

    init: float = argument(NUMBER, "the factor at the start of training", default=1e-6)

    def params(self, *shapes: Shape) -> tuple[Weight, ...]:
        return (Weight("weight", shapes[0][:1], Init("constant", self.init)),)

    def operations(self, *shapes: Shape) -> int:
        return prod(shapes[0])

    saved = input_saved


@layer("affine", family="dense")
class Affine(Layer):
    """weight * x + bias, with one learned weight and bias a channel: a norm without statistics.

    Touvron et al. 2021, "ResMLP". With `shared` there is one of each in all: the factors and biases of Zhang
    et al. 2019, "Fixup initialization", and of StarReLU, relu -> square -> affine(shared=true), in Yu et al.
    2022, "MetaFormer baselines for vision".
    """

    rescales = True
    follows = True

    weight: bool = argument(FLAG, "multiplies by a learned weight, which starts at 1", default=True)
    bias: bool = argument(FLAG, "adds a learned bias, which starts at 0", default=True)
    shared: bool = argument(FLAG, "one weight and one bias for all channels", default=False)

    def params(self, *shapes: Shape) -> tuple[Weight, ...]:
        size = (1,) if self.shared else shapes[0][:1]
        weight = (Weight("weight", size, ONES),) if self.weight else ()
        return weight + ((Weight("bias", size, ZEROS),) if self.bias else ())

    def operations(self, *shapes: Shape) -> int:
        return (self.weight + self.bias) * prod(shapes[0])

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """The input, where a weight multiplies it."""
        return Saved(inputs=(0,) if self.weight else (), view=not self.weight and not self.bias)


@layer("parameter", family="dense")
class LearnedConstant(Layer):
    """A learned value of this shape, the same for every sample: a chain starts anew with it.

    Position embeddings and class tokens, which start uniform with a deviation of 0.02. Dosovitskiy et al.
    2020, "An image is worth 16x16 words".
    """

    constant = True

    shape: Extent = argument(EXTENT, "the shape, channels first; an integer makes a vector")

    @property
    def shape_of_value(self) -> Shape:
        return (self.shape,) if isinstance(self.shape, int) else tuple(self.shape)

    def infer(self, *shapes: Shape) -> Shape:
        return self.shape_of_value

    def params(self, *shapes: Shape) -> tuple[Weight, ...]:
        return (Weight("weight", self.shape_of_value, Init("uniform", 0.02 * sqrt(3))),)

    def operations(self, *shapes: Shape) -> int:
        return 0

    def sees(self, *shapes: Shape) -> None:
        return None

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """Nothing: it is the weight, channel by channel whatever the input."""
        return Saved(first_below=ANY_BATCH)
