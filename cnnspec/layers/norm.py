"""Normalizations: batchnorm, layernorm, instancenorm, groupnorm, lrn, rmsnorm, grn, frn and evonorm_s0.

The window of each is a point, by the convention of receptive-field tables: although all but batchnorm in
inference look at more, what they take from there is a mean and a variance.
"""

from __future__ import annotations

from math import prod

from cnnspec.layers.base import (
    ANY_BATCH,
    FLOAT,
    ONES,
    ZEROS,
    Layer,
    LayerError,
    Saved,
    Shape,
    Weight,
    argument,
    describe,
    layer,
    need_divisor,
    need_map,
)
from cnnspec.layers.kinds import COUNT, FLAG, NUMBER, SMALL, words

EPS_DOC = "added to the variance, against division by 0"
AFFINE_DOC = "multiplies by a learned weight and adds a learned bias"
OVER = words("all", "channels")


@layer("batchnorm", family="norm")
class BatchNorm(Layer):
    """(x - mean) / sqrt(variance + eps) * weight + bias, with mean and variance of each channel.

    Training takes them over batch and space (variance by N for the output, by N - 1 for the running one),
    inference from running statistics. Ioffe and Szegedy 2015, "Batch normalization".
    """

    rescales = True
    counted_by_fvcore = True

    eps: float = argument(SMALL, EPS_DOC, default=1e-5)
    momentum: float = argument(NUMBER, "share of each batch in the running statistics", default=0.1)
    affine: bool = argument(FLAG, AFFINE_DOC, default=True)

    def params(self, *shapes: Shape) -> tuple[Weight, ...]:
        size = shapes[0][:1]
        running = (
            Weight("running_mean", size, ZEROS, buffer=True),
            Weight("running_var", size, ONES, buffer=True),
        )
        return affine_weights(size, self.affine) + running

    def operations(self, *shapes: Shape) -> int:
        return 2 * prod(shapes[0])

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """The input, and the mean and the deviation of each channel."""
        return Saved(inputs=(0,), fixed=2 * FLOAT * shapes[0][0])


@layer("layernorm", family="norm")
class LayerNorm(Layer):
    """(x - mean) / sqrt(variance + eps) * weight + bias, with mean and variance of each sample.

    `over=all` takes them over channels and space, with a weight an element; `over=channels` over the channels
    at each place, with a weight a channel (ConvNeXt). Ba et al. 2016, "Layer normalization".
    """

    counted_by_fvcore = True

    over: str = argument(
        OVER, "all is channels and space, channels is the channels at each place", default="all"
    )
    eps: float = argument(SMALL, EPS_DOC, default=1e-5)
    affine: bool = argument(FLAG, AFFINE_DOC, default=True)

    def params(self, *shapes: Shape) -> tuple[Weight, ...]:
        return affine_weights(shapes[0] if self.over == "all" else shapes[0][:1], self.affine)

    def operations(self, *shapes: Shape) -> int:
        return 5 * prod(shapes[0])

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """The input, and each mean and deviation; over a map, without weights, torch norms one group."""
        own = 2 * FLOAT * statistics(shapes[0], self.over)
        if self.over == "all" and len(shapes[0]) > 1 and not self.affine:
            return Saved(inputs=(0,), per_sample=own, densely=True)
        if self.over == "channels":
            return Saved(inputs=(0,), per_sample=own, channels_last=True)
        return Saved(inputs=(0,), per_sample=own, first_below=ANY_BATCH)


@layer("instancenorm", family="norm")
class InstanceNorm(Layer):
    """(x - mean) / sqrt(variance + eps), with mean and variance of each channel of each sample over space.

    Ulyanov et al. 2016, "Instance normalization: the missing ingredient for fast stylization".
    """

    counted_by_fvcore = True

    eps: float = argument(SMALL, EPS_DOC, default=1e-5)
    affine: bool = argument(FLAG, AFFINE_DOC, default=False)

    def infer(self, *shapes: Shape) -> Shape:
        channels, _ = need_map("instancenorm", shapes[0])
        check_several("instancenorm", shapes[0], channels)
        return shapes[0]

    def params(self, *shapes: Shape) -> tuple[Weight, ...]:
        return affine_weights(shapes[0][:1], self.affine)

    def operations(self, *shapes: Shape) -> int:
        return 5 * prod(shapes[0])

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """The input, each mean and deviation, and the weight repeated for each sample."""
        return Saved(inputs=(0,), per_sample=(2 + self.affine) * FLOAT * shapes[0][0], by_channel=True)


@layer("groupnorm", family="norm")
class GroupNorm(Layer):
    """(x - mean) / sqrt(variance + eps) * weight + bias, with mean and variance of each group of channels.

    Both are taken over the channels of a group and over space, for each sample. Wu and He 2018, "Group
    normalization".
    """

    counted_by_fvcore = True

    groups: int = argument(COUNT, "groups of channels normalized apart")
    eps: float = argument(SMALL, EPS_DOC, default=1e-5)
    affine: bool = argument(FLAG, AFFINE_DOC, default=True)

    def infer(self, *shapes: Shape) -> Shape:
        need_divisor("groupnorm", shapes[0][0], self.groups)
        check_several("groupnorm", shapes[0], self.groups)
        return shapes[0]

    def params(self, *shapes: Shape) -> tuple[Weight, ...]:
        return affine_weights(shapes[0][:1], self.affine)

    def operations(self, *shapes: Shape) -> int:
        return 5 * prod(shapes[0])

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """The input, and the mean and the deviation of each group."""
        return Saved(inputs=(0,), per_sample=2 * FLOAT * self.groups, densely=True)


@layer("lrn", family="norm")
class LocalResponseNorm(Layer):
    """x / (k + alpha/size * sum of x^2 over `size` neighbouring channels)^beta.

    Krizhevsky et al. 2012, "ImageNet classification with deep convolutional neural networks"; alpha is
    divided by the size, as in torch (the paper's alpha is alpha/size here).
    """

    counted_by_fvcore = True
    keeps_layout = True

    size: int = argument(
        COUNT, "number of neighbouring channels, the channel itself in the middle", default=5
    )
    alpha: float = argument(NUMBER, "weight of the mean of squares", default=1e-4)
    beta: float = argument(NUMBER, "exponent", default=0.75)
    k: float = argument(NUMBER, "added to the mean of squares, against division by 0", default=1.0)

    def infer(self, *shapes: Shape) -> Shape:
        need_map("lrn", shapes[0])
        return shapes[0]

    def operations(self, *shapes: Shape) -> int:
        return 5 * prod(shapes[0])

    def functions(self, *shapes: Shape) -> int:
        """For each value what takes as long as 20 exponentials.

        On one core of 46 G multiply-accumulates a second a value takes 30 ns in onnxruntime, whose powers are
        computed one at a time, 23 in torch, whose squares, their mean and its power each go over the whole
        map, and 7 in numpy; an exponential takes 1 to 2.
        """
        return 20 * prod(shapes[0])

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """The input, its squares with a margin of channels, their mean, and that to the power of beta."""
        channels, *sizes = shapes[0]
        squares = (channels + self.size - 1) * prod(sizes)
        return Saved(inputs=(0,), per_sample=FLOAT * (squares + 2 * prod(shapes[0])))


@layer("rmsnorm", family="norm")
class RMSNorm(Layer):
    """x / sqrt(mean of x^2 + eps) * weight, with the mean of each sample.

    `over` is as for layernorm. Zhang and Sennrich 2019, "Root mean square layer normalization".
    """

    counted_by_fvcore = True

    over: str = argument(
        OVER, "all is channels and space, channels is the channels at each place", default="all"
    )
    eps: float = argument(SMALL, "added to the mean of squares, against division by 0", default=1e-6)
    affine: bool = argument(FLAG, "multiplies by a learned weight", default=True)

    def params(self, *shapes: Shape) -> tuple[Weight, ...]:
        return affine_weights(shapes[0] if self.over == "all" else shapes[0][:1], self.affine)[:1]

    def operations(self, *shapes: Shape) -> int:
        return 5 * prod(shapes[0])

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """The input and each deviation; the normalized values where a weight multiplies them."""
        normalized = FLOAT * prod(shapes[0]) if self.affine else 0
        last = self.over == "channels"
        if not wanted[0]:
            return Saved(per_sample=normalized, channels_last=last)
        own = normalized + FLOAT * statistics(shapes[0], self.over)
        return Saved(inputs=(0,), per_sample=own, channels_last=last)


@layer("grn", family="norm")
class GlobalResponseNorm(Layer):
    """Global response normalization: x + weight * x * n + bias, where n says how strong a channel is.

    n = |x| / (mean of |x| over the channels + eps), with |x| the norm of a channel over space; weight and
    bias start at 0. Woo et al. 2023, "ConvNeXt V2".
    """

    keeps_layout = True

    eps: float = argument(SMALL, "added to the mean norm, against division by 0", default=1e-6)

    def infer(self, *shapes: Shape) -> Shape:
        need_map("grn", shapes[0])
        return shapes[0]

    def params(self, *shapes: Shape) -> tuple[Weight, ...]:
        return Weight("weight", shapes[0][:1], ZEROS), Weight("bias", shapes[0][:1], ZEROS)

    def operations(self, *shapes: Shape) -> int:
        return 5 * prod(shapes[0])

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """The input, its product with n, and what n is found from: norms, their mean, and n itself."""
        product = FLOAT * prod(shapes[0])
        if not wanted[0]:
            return Saved(per_sample=product)
        return Saved(inputs=(0,), per_sample=product + FLOAT * (2 * shapes[0][0] + 1))


@layer("frn", family="norm")
class FilterResponseNorm(Layer):
    """max(weight * x / sqrt(mean of x^2 + eps) + bias, tau), with the mean of each channel over space.

    The learned threshold tau, one a channel, takes the place of an activation. Singh and Krishnan 2020,
    "Filter response normalization layer".
    """

    keeps_layout = True

    eps: float = argument(SMALL, "added to the mean of squares, against division by 0", default=1e-5)
    threshold: bool = argument(FLAG, "takes the maximum with the learned tau", default=True)

    def infer(self, *shapes: Shape) -> Shape:
        need_map("frn", shapes[0])
        return shapes[0]

    def params(self, *shapes: Shape) -> tuple[Weight, ...]:
        tau = (Weight("tau", shapes[0][:1], ZEROS),) if self.threshold else ()
        return affine_weights(shapes[0][:1], True) + tau

    def operations(self, *shapes: Shape) -> int:
        return 5 * prod(shapes[0])

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """The input, each deviation, the normalized values, and what is compared with tau."""
        own = FLOAT * prod(shapes[0]) * (1 + self.threshold)
        if not wanted[0]:
            return Saved(per_sample=own)
        return Saved(inputs=(0,), per_sample=own + FLOAT * shapes[0][0])


@layer("evonorm_s0", family="norm")
class EvoNormS0(Layer):
    """x * sigmoid(v * x) / sqrt(variance + eps) * weight + bias, a norm and an activation in one.

    The variance is that of each group of channels over space, for each sample. Liu et al. 2020, "Evolving
    normalization-activation layers".
    """

    keeps_layout = True

    groups: int = argument(COUNT, "groups of channels normalized apart", default=32)
    eps: float = argument(SMALL, EPS_DOC, default=1e-5)

    def infer(self, *shapes: Shape) -> Shape:
        need_map("evonorm_s0", shapes[0])
        need_divisor("evonorm_s0", shapes[0][0], self.groups)
        return shapes[0]

    def params(self, *shapes: Shape) -> tuple[Weight, ...]:
        return *affine_weights(shapes[0][:1], True), Weight("v", shapes[0][:1], ONES)

    def operations(self, *shapes: Shape) -> int:
        return 5 * prod(shapes[0])

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """The input, its gate, their product, the deviation of each group, and what is divided by it."""
        own = (2 + wanted[0]) * prod(shapes[0]) + self.groups
        return Saved(inputs=(0,), per_sample=FLOAT * own, groups=self.groups)


def statistics(shape: Shape, over: str) -> int:
    """How many means a sample has: one, or one a place where they are taken over the channels."""
    return prod(shape[1:]) if over == "channels" else 1


def affine_weights(size: Shape, affine: bool) -> tuple[Weight, ...]:
    """A weight of ones and a bias of zeros, or nothing."""
    return (Weight("weight", size, ONES), Weight("bias", size, ZEROS)) if affine else ()


def check_several(op: str, shape: Shape, groups: int) -> None:
    """Raise LayerError where each statistic would be of one value, which turns every value to 0."""
    if prod(shape) == groups:
        raise LayerError(
            "norm-single",
            f"`{op}` would normalize single values of {describe(shape)}, which makes all of them 0",
            label=f"{groups} statistics over {prod(shape)} values",
            help="put it where the map has more than one pixel, or use batchnorm or layernorm",
        )
