"""Activations: each an elementwise function and its slope; and the softmaxes, over channels."""

from __future__ import annotations

from math import pi, sqrt

import numpy as np

from cnnspec.backends.numpy.kernels.window import Array, Gradients, per_channel

SELU_SCALE = 1.0507009873554805
SELU_ALPHA = 1.6732632423543772


def relu(x: Array) -> Array:
    """y = max(x, 0). Nair and Hinton 2010."""
    return np.maximum(x, 0)


def relu_slope(x: Array) -> Array:
    return (x > 0).astype(x.dtype)


def relu6(x: Array) -> Array:
    """y = min(max(x, 0), 6). Howard et al. 2017, MobileNets."""
    return np.clip(x, 0, 6)


def relu6_slope(x: Array) -> Array:
    return ((x > 0) & (x < 6)).astype(x.dtype)


def leaky_relu(x: Array, *, slope: float) -> Array:
    """y = x where x > 0, else slope * x. Maas, Hannun and Ng 2013."""
    return np.where(x > 0, x, slope * x)


def leaky_relu_slope(x: Array, *, slope: float) -> Array:
    return np.where(x > 0, 1, slope).astype(x.dtype)


def prelu(x: Array, weight: Array) -> Array:
    """y = x where x > 0, else w * x, with one learned w a channel or for all. He et al. 2015, section 2.1."""
    return np.where(x > 0, x, per_channel(weight, x.ndim - 2) * x)


def prelu_backward(grad: Array, x: Array, weight: Array) -> Gradients:
    """dw is the sum of dy * x where x is negative."""
    slope = np.where(x > 0, 1, per_channel(weight, x.ndim - 2)).astype(x.dtype)
    below = (grad * np.minimum(x, 0)).sum((0, *range(2, x.ndim)))
    return (grad * slope,), {"weight": below if weight.size > 1 else below.sum(keepdims=True)}


def elu(x: Array, *, alpha: float) -> Array:
    """y = x where x > 0, else alpha * (exp(x) - 1). Clevert et al. 2015."""
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def elu_slope(x: Array, *, alpha: float) -> Array:
    return np.where(x > 0, 1, alpha * np.exp(np.minimum(x, 0)))


def selu(x: Array) -> Array:
    """y = scale * elu(x, alpha), with the constants that keep mean 0 and variance 1. Klambauer et al.

    2017.
    """
    return SELU_SCALE * elu(x, alpha=SELU_ALPHA)


def selu_slope(x: Array) -> Array:
    return SELU_SCALE * elu_slope(x, alpha=SELU_ALPHA)


def gelu(x: Array, *, approximate: str = "none") -> Array:
    """y = x * Phi(x), Phi the normal distribution: x/2 * (1 + erf(x / sqrt(2))). Hendrycks and Gimpel 2016.

    `tanh` is their approximation x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3))).
    """
    if approximate == "tanh":
        return 0.5 * x * (1 + np.tanh(sqrt(2 / pi) * (x + 0.044715 * x**3)))
    return 0.5 * x * (1 + erf(x * sqrt(0.5)))


def gelu_slope(x: Array, *, approximate: str = "none") -> Array:
    """Phi(x) + x * phi(x), or the derivative of the approximation."""
    if approximate == "tanh":
        t = np.tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))
        return 0.5 * (1 + t) + 0.5 * x * (1 - t**2) * sqrt(2 / pi) * (1 + 3 * 0.044715 * x**2)
    return 0.5 * (1 + erf(x * sqrt(0.5))) + x * np.exp(-0.5 * x**2) / sqrt(2 * pi)


ERF_P = (
    9.60497373987051638749,
    90.0260197203842689217,
    2232.00534594684319226,
    7003.32514112805075473,
    55592.3013010394962768,
)
ERF_Q = (
    1.0,
    33.5617141647503099647,
    521.357949780152679795,
    4594.32382970980127987,
    22629.0000613890934246,
    49267.3942608635921086,
)
ERFC_P = (
    2.46196981473530512524e-10, 0.564189564831068821977, 7.46321056442269912687, 48.6371970985681366614,
    196.520832956077098242, 526.445194995477358631, 934.528527171957607540, 1027.55188689515710272,
    557.535335369399327526,
)  # fmt: skip
ERFC_Q = (
    1.0, 13.2281951154744992508, 86.7072140885989742329, 354.937778887819891062, 975.708501743205489753,
    1823.90916687909736289, 2246.33760818710981792, 1656.66309194161350182, 557.535340817727675546,
)  # fmt: skip


def erf(x: Array) -> Array:
    """The error function, to rounding: a rational approximation up to 1, one of erfc(x) * exp(x^2) beyond.

    Coefficients of the Cephes library (S. Moshier, ndtr.c), after Cody 1969, "Rational Chebyshev
    approximations for the error function".
    """
    size = np.minimum(np.abs(x), 8)
    square = x.dtype.type(1) * np.minimum(size, 1) ** 2
    inner = size * np.polyval(ERF_P, square) / np.polyval(ERF_Q, square)
    tail = np.maximum(size, 1)
    outer = 1 - np.exp(-(tail**2)) * np.polyval(ERFC_P, tail) / np.polyval(ERFC_Q, tail)
    return np.copysign(np.where(size < 1, inner, outer), x).astype(x.dtype, copy=False)


def sigmoid(x: Array) -> Array:
    """y = 1 / (1 + exp(-x)), written so that nothing overflows."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


def sigmoid_slope(x: Array) -> Array:
    y = sigmoid(x)
    return y * (1 - y)


def silu(x: Array) -> Array:
    """y = x * sigmoid(x), also called swish. Ramachandran et al. 2017."""
    return x * sigmoid(x)


def silu_slope(x: Array) -> Array:
    y = sigmoid(x)
    return y * (1 + x * (1 - y))


def mish(x: Array) -> Array:
    """y = x * tanh(log(1 + exp(x))). Misra 2019."""
    return x * np.tanh(np.logaddexp(x, 0))


def mish_slope(x: Array) -> Array:
    t = np.tanh(np.logaddexp(x, 0))
    return t + x * (1 - t**2) * sigmoid(x)


def hardsigmoid(x: Array) -> Array:
    """y = min(max(x + 3, 0), 6) / 6. Howard et al. 2019, MobileNetV3."""
    return np.clip(x + 3, 0, 6) / 6


def hardsigmoid_slope(x: Array) -> Array:
    return ((x > -3) & (x < 3)) / x.dtype.type(6)


def hardswish(x: Array) -> Array:
    """y = x * min(max(x + 3, 0), 6) / 6. Howard et al. 2019, MobileNetV3, section 5.2."""
    return x * hardsigmoid(x)


def hardswish_slope(x: Array) -> Array:
    return np.where(x >= 3, 1, np.where(x > -3, x / 3 + 0.5, 0)).astype(x.dtype)


def softplus(x: Array, *, beta: float, threshold: float) -> Array:
    """y = log(1 + exp(beta x)) / beta, and x itself where beta * x is over the threshold. Dugas et al.

    2001.
    """
    return np.where(beta * x > threshold, x, np.logaddexp(beta * x, 0) / beta)


def softplus_slope(x: Array, *, beta: float, threshold: float) -> Array:
    return np.where(beta * x > threshold, 1, sigmoid(beta * x))


def tanh(x: Array) -> Array:
    """y = (exp(x) - exp(-x)) / (exp(x) + exp(-x))."""
    return np.tanh(x)


def tanh_slope(x: Array) -> Array:
    return 1 - np.tanh(x) ** 2


def softmax(x: Array) -> Array:
    """y[c] = exp(x[c]) / sum of exp(x) over the channels, less the maximum against overflow."""
    powers = np.exp(x - x.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def softmax_backward(grad: Array, x: Array) -> Gradients:
    """dx = y * (dy - sum of dy * y)."""
    y = softmax(x)
    return (y * (grad - (grad * y).sum(1, keepdims=True)),), {}


def log_softmax(x: Array) -> Array:
    """y[c] = x[c] - log(sum of exp(x) over the channels)."""
    shifted = x - x.max(1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(1, keepdims=True))


def log_softmax_backward(grad: Array, x: Array) -> Gradients:
    """dx = dy - softmax(x) * sum of dy."""
    return (grad - softmax(x) * grad.sum(1, keepdims=True),), {}
