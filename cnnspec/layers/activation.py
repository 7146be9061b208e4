"""Activations: elementwise functions, each with its formula; prelu, and the two softmaxes over channels."""

from __future__ import annotations

from math import pi, prod, sqrt

from cnnspec.layers.base import (
    ANY_BATCH,
    FLOAT,
    Init,
    Layer,
    Saved,
    Shape,
    Weight,
    argument,
    input_saved,
    layer,
    need_divisor,
    need_map,
    output_saved,
)
from cnnspec.layers.formula import Functions
from cnnspec.layers.kinds import COUNT, FLAG, NUMBER, POSITIVE, words
from cnnspec.typed import Any

SELU_SCALE = 1.0507009873554805
SELU_ALPHA = 1.6732632423543772
ROOT_2, ROOT_2_OVER_PI = sqrt(2), sqrt(2 / pi)


def one_each(self: Layer, *shapes: Shape) -> int:
    """One operation an element: the rule of docs/counting.md for those that are not elementwise as well."""
    return prod(shapes[0])


def output_by_channel_saved(self: Layer, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
    """The rule of the softmaxes, which give their output, and keep it, channel by channel."""
    return Saved(output=True, first_below=ANY_BATCH)


@layer("relu", family="activation")
class ReLU(Layer):
    """max(x, 0). Nair and Hinton 2010, "Rectified linear units improve restricted Boltzmann machines"."""

    nonnegative = True
    saved = output_saved

    def formula(self, x: Any, m: Functions) -> Any:
        return m.maximum(x, 0)


@layer("relu6", family="activation")
class ReLU6(Layer):
    """min(max(x, 0), 6). Howard et al. 2017, "MobileNets"."""

    nonnegative = True

    def formula(self, x: Any, m: Functions) -> Any:
        return m.clip(x, 0, 6)


@layer("square", family="activation")
class Square(Layer):
    """x^2; relu -> square is the squared ReLU of So et al. 2021, "Primer"."""

    nonnegative = True

    def formula(self, x: Any, m: Functions) -> Any:
        return x * x


@layer("leaky_relu", family="activation")
class LeakyReLU(Layer):
    """x where positive, else slope * x. Maas et al. 2013, "Rectifier nonlinearities"."""

    slope: float = argument(NUMBER, "factor of negative values", default=0.01)

    def formula(self, x: Any, m: Functions) -> Any:
        return m.where(x > 0, x, self.slope * x)


@layer("prelu", family="activation")
class PReLU(Layer):
    """x where positive, else w * x with w learned.

    There is one w a channel, or one in all. He et al. 2015, "Delving deep into rectifiers".
    """

    shared: bool = argument(FLAG, "one factor for all channels", default=False)
    init: float = argument(NUMBER, "factor of negative values at the start of training", default=0.25)

    operations = one_each
    saved = input_saved

    def params(self, *shapes: Shape) -> tuple[Weight, ...]:
        count = 1 if self.shared else shapes[0][0]
        return (Weight("weight", (count,), Init("constant", self.init)),)


@layer("elu", family="activation")
class ELU(Layer):
    """x where positive, else alpha * (exp(x) - 1).

    Clevert et al. 2015, "Fast and accurate deep network learning by exponential linear units".
    """

    alpha: float = argument(NUMBER, "minus the value at minus infinity", default=1.0)

    def formula(self, x: Any, m: Functions) -> Any:
        return m.where(x > 0, x, self.alpha * m.expm1(m.minimum(x, 0)))


@layer("selu", family="activation")
class SELU(Layer):
    """1.0507 * x where positive, else 1.0507 * 1.6733 * (exp(x) - 1), both constants to double precision.

    Klambauer et al. 2017, "Self-normalizing neural networks".
    """

    def formula(self, x: Any, m: Functions) -> Any:
        return SELU_SCALE * m.where(x > 0, x, SELU_ALPHA * m.expm1(m.minimum(x, 0)))


@layer("gelu", family="activation")
class GELU(Layer):
    """x * Phi(x), with Phi(x) = (1 + erf(x / sqrt(2))) / 2.

    tanh takes 0.5 * x * (1 + tanh(sqrt(2/pi) * (x + 0.044715 * x^3))). Hendrycks and Gimpel 2016,
    "Gaussian error linear units".
    """

    approximate: str = argument(
        words("none", "tanh"), "none is the exact form, tanh the approximation", default="none"
    )

    def formula(self, x: Any, m: Functions) -> Any:
        if self.approximate == "tanh":
            return 0.5 * x * (1 + m.tanh(ROOT_2_OVER_PI * (x + 0.044715 * x**3)))
        return 0.5 * x * (1 + m.erf(x / ROOT_2))


@layer("silu", family="activation")
class SiLU(Layer):
    """x * sigmoid(x), also called swish. Ramachandran et al. 2017, "Searching for activation functions"."""

    def formula(self, x: Any, m: Functions) -> Any:
        return x * m.sigmoid(x)


@layer("mish", family="activation")
class Mish(Layer):
    """x * tanh(log(1 + exp(x))). Misra 2019, "Mish: a self regularized non-monotonic activation function"."""

    def formula(self, x: Any, m: Functions) -> Any:
        return x * m.tanh(m.softplus(x))


@layer("hardswish", family="activation")
class HardSwish(Layer):
    """x * min(max(x + 3, 0), 6) / 6. Howard et al. 2019, "Searching for MobileNetV3"."""

    def formula(self, x: Any, m: Functions) -> Any:
        return x * m.clip(x + 3, 0, 6) / 6


@layer("hardsigmoid", family="activation")
class HardSigmoid(Layer):
    """min(max(x + 3, 0), 6) / 6. Howard et al. 2019, "Searching for MobileNetV3"."""

    nonnegative = True

    def formula(self, x: Any, m: Functions) -> Any:
        return m.clip(x + 3, 0, 6) / 6


@layer("softplus", family="activation")
class Softplus(Layer):
    """log(1 + exp(beta * x)) / beta, and x itself where beta * x exceeds the threshold.

    Dugas et al. 2000, "Incorporating second-order functional knowledge for better option pricing".
    """

    beta: float = argument(POSITIVE, "sharpness of the bend", default=1.0)
    threshold: float = argument(NUMBER, "value of beta * x beyond which the output is x", default=20.0)

    nonnegative = True

    def formula(self, x: Any, m: Functions) -> Any:
        bent = self.beta * x
        return m.where(bent > self.threshold, x, m.softplus(bent) / self.beta)


@layer("softsign", family="activation")
class Softsign(Layer):
    """x / (1 + |x|).

    Bergstra et al. 2009, "Quadratic polynomials learn better image features"; Turian et al. 2009, "Quadratic
    features and deep architectures for chunking".
    """

    def formula(self, x: Any, m: Functions) -> Any:
        return x / (1 + m.abs(x))

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """The input, and what it is divided by."""
        return Saved(inputs=(0,), per_sample=FLOAT * prod(shapes[0]))


@layer("sigmoid", family="activation")
class Sigmoid(Layer):
    """1 / (1 + exp(-x)), the logistic function."""

    nonnegative = True
    saved = output_saved

    def formula(self, x: Any, m: Functions) -> Any:
        return m.sigmoid(x)


@layer("tanh", family="activation")
class Tanh(Layer):
    """(exp(x) - exp(-x)) / (exp(x) + exp(-x)). LeCun et al. 1998, "Efficient backprop"."""

    saved = output_saved

    def formula(self, x: Any, m: Functions) -> Any:
        return m.tanh(x)


@layer("softmax", family="activation")
class Softmax(Layer):
    """exp(x) over its sum: over the channels at each place, or over what `over` says.

    over=groups weighs parts of the channels against one another (Zhang et al. 2020, "ResNeSt"),
    over=positions the places (Cao et al. 2019, "GCNet"). Bridle 1990, "Probabilistic interpretation of
    feedforward classification network outputs".
    """

    nonnegative = True
    operations = functions = one_each
    saved = output_by_channel_saved

    over: str = argument(
        words("channels", "groups", "positions"),
        "channels is the channels of each group at each place, groups the groups against one another "
        "(channel i of each), positions the places of each channel",
        default="channels",
    )
    groups: int = argument(COUNT, "groups of channels", default=1)

    def infer(self, *shapes: Shape) -> Shape:
        if self.over == "positions":
            need_map("softmax", shapes[0])
        need_divisor("softmax", shapes[0][0], self.groups)
        return shapes[0]


@layer("log_softmax", family="activation")
class LogSoftmax(Layer):
    """x - log(sum of exp(x) over the channels), at each place: the logarithm of softmax."""

    operations = functions = one_each
    saved = output_by_channel_saved
