"""Normalizations."""

from __future__ import annotations

from functools import reduce

import numpy as np

from cnnspec.backends.numpy.kernels.functions import logistic
from cnnspec.backends.numpy.kernels.window import Array, Gradients, Sizes, per_channel


def normalize(x: Array, axes: Sizes, eps: float) -> tuple[Array, Array]:
    """(x - mean) / deviation over some axes, and the deviation: sqrt(var + eps), of the biased variance."""
    centred = x - x.mean(axes, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axes, keepdims=True) + eps)
    return centred / deviation, deviation


def normalize_backward(grad: Array, y: Array, deviation: Array, axes: Sizes) -> Array:
    """dx = (dy - mean(dy) - y * mean(dy * y)) / deviation. Ioffe and Szegedy 2015, section 3."""
    along = (grad * y).mean(axes, keepdims=True)
    return (grad - grad.mean(axes, keepdims=True) - y * along) / deviation


def scaled(y: Array, weight: Array | None, bias: Array | None) -> Array:
    """y * weight + bias, either of which may be absent; they are shaped to broadcast."""
    if weight is not None:
        y = y * weight
    return y if bias is None else y + bias


def scaled_backward(
    grad: Array, y: Array, weight: Array | None, bias: Array | None, shape: Sizes
) -> dict[str, Array]:
    """The gradients of weight and bias, summed over what they were broadcast along."""
    axes = tuple(
        axis
        for axis in range(grad.ndim)
        if axis == 0 or (weight is not None and weight.shape[axis - 1] == 1 < grad.shape[axis])
    )
    gradients = {}
    if weight is not None:
        gradients["weight"] = (grad * y).sum(axes).reshape(shape)
    if bias is not None:
        gradients["bias"] = grad.sum(axes).reshape(shape)
    return gradients


def batchnorm(
    x: Array,
    running_mean: Array,
    running_var: Array,
    weight: Array | None = None,
    bias: Array | None = None,
    *,
    eps: float,
    momentum: float = 0.1,
    training: bool = False,
) -> Array:
    """y = gamma * (x - mean) / sqrt(var + eps) + beta for each channel.

    Ioffe and Szegedy 2015, algorithms 1 and 2.
    In inference the statistics are the running ones. In training they are those of the batch, over batch and
    positions, and the running ones move towards them in place: r <- (1 - momentum) r + momentum s, with the
    unbiased variance, as torch does it.
    """
    rank, axes = x.ndim - 2, (0, *range(2, x.ndim))
    if training:
        y, deviation = normalize(x, axes, eps)
        count = x.size // x.shape[1]
        variance = (deviation.ravel() ** 2 - eps) * count / (count - 1)
        running_mean += momentum * (x.mean(axes) - running_mean)
        running_var += momentum * (variance - running_var)
    else:
        deviation = np.sqrt(running_var + eps)
        y = (x - per_channel(running_mean, rank)) / per_channel(deviation, rank)
    gamma = None if weight is None else per_channel(weight, rank)
    return scaled(y, gamma, None if bias is None else per_channel(bias, rank))


def batchnorm_backward(
    grad: Array,
    x: Array,
    running_mean: Array,
    running_var: Array,
    weight: Array | None = None,
    bias: Array | None = None,
    *,
    eps: float,
    momentum: float = 0.1,
    training: bool = False,
) -> Gradients:
    """Through the batch statistics in training; a plain scaling with the running ones in inference."""
    rank, axes = x.ndim - 2, (0, *range(2, x.ndim))
    if training:
        y, deviation = normalize(x, axes, eps)
    else:
        deviation = per_channel(np.sqrt(running_var + eps), rank)
        y = (x - per_channel(running_mean, rank)) / deviation
    gradients = {}
    if weight is not None:
        gradients["weight"] = (grad * y).sum(axes)
    if bias is not None:
        gradients["bias"] = grad.sum(axes)
    inner = grad if weight is None else grad * per_channel(weight, rank)
    return (normalize_backward(inner, y, deviation, axes) if training else inner / deviation,), gradients


def layernorm(
    x: Array, weight: Array | None = None, bias: Array | None = None, *, over: str, eps: float
) -> Array:
    """y = gamma * (x - mean) / sqrt(var + eps) + beta within each sample. Ba, Kiros and Hinton 2016.

    Over `all` of its values, with a gamma for each; or over `channels` at each position, with a gamma a
    channel.
    """
    axes = (1,) if over == "channels" else tuple(range(1, x.ndim))
    return scaled(normalize(x, axes, eps)[0], *spread_over((weight, bias), over, x.ndim - 2))


def layernorm_backward(
    grad: Array, x: Array, weight: Array | None = None, bias: Array | None = None, *, over: str, eps: float
) -> Gradients:
    axes = (1,) if over == "channels" else tuple(range(1, x.ndim))
    gamma, beta = spread_over((weight, bias), over, x.ndim - 2)
    y, deviation = normalize(x, axes, eps)
    gradients = {} if weight is None else scaled_backward(grad, y, gamma, beta, weight.shape)
    inner = grad if gamma is None else grad * gamma
    return (normalize_backward(inner, y, deviation, axes),), gradients


def check_several(values: Array) -> None:
    """Raise ValueError for one value alone, which less its mean is 0 whatever it is."""
    if values.size == 1:
        raise ValueError("a norm over single values makes all of them 0: the map is too small")


def spread_over(weights: tuple[Array | None, ...], over: str, rank: int) -> tuple[Array | None, ...]:
    """Weights shaped to meet a batch: one a channel, or as they are where they are one a value."""
    return tuple(w if w is None or over == "all" else per_channel(w, rank) for w in weights)


def instancenorm(x: Array, weight: Array | None = None, bias: Array | None = None, *, eps: float) -> Array:
    """y = gamma * (x - mean) / sqrt(var + eps) + beta over the positions of each channel and sample.

    Ulyanov et al. 2016. Raises ValueError for maps of one pixel, each of which would be 0.
    """
    axes = tuple(range(2, x.ndim))
    check_several(x[0, 0])
    return scaled(normalize(x, axes, eps)[0], *spread_over((weight, bias), "channels", x.ndim - 2))


def instancenorm_backward(
    grad: Array, x: Array, weight: Array | None = None, bias: Array | None = None, *, eps: float
) -> Gradients:
    axes = tuple(range(2, x.ndim))
    gamma, beta = spread_over((weight, bias), "channels", x.ndim - 2)
    y, deviation = normalize(x, axes, eps)
    gradients = {} if weight is None else scaled_backward(grad, y, gamma, beta, weight.shape)
    inner = grad if gamma is None else grad * gamma
    return (normalize_backward(inner, y, deviation, axes),), gradients


def groupnorm(
    x: Array, weight: Array | None = None, bias: Array | None = None, *, groups: int, eps: float
) -> Array:
    """y = gamma * (x - mean) / sqrt(var + eps) + beta over each group of channels of a sample.

    Wu and He 2018. Raises ValueError for groups of one value, each of which would be 0.
    """
    grouped = x.reshape(x.shape[0], groups, -1)
    check_several(grouped[0, 0])
    y, _ = normalize(grouped, (2,), eps)
    return scaled(y.reshape(x.shape), *spread_over((weight, bias), "channels", x.ndim - 2))


def groupnorm_backward(
    grad: Array, x: Array, weight: Array | None = None, bias: Array | None = None, *, groups: int, eps: float
) -> Gradients:
    grouped = x.reshape(x.shape[0], groups, -1)
    gamma, beta = spread_over((weight, bias), "channels", x.ndim - 2)
    y, deviation = normalize(grouped, (2,), eps)
    gradients = {}
    if weight is not None:
        gradients = scaled_backward(grad, y.reshape(x.shape), gamma, beta, weight.shape)
    inner = (grad if gamma is None else grad * gamma).reshape(grouped.shape)
    return (normalize_backward(inner, y, deviation, (2,)).reshape(x.shape),), gradients


def rmsnorm(x: Array, weight: Array | None = None, *, over: str, eps: float) -> Array:
    """y = gamma * x / sqrt(mean(x^2) + eps) within each sample. Zhang and Sennrich 2019, eq. 4."""
    axes = (1,) if over == "channels" else tuple(range(1, x.ndim))
    (gamma,) = spread_over((weight,), over, x.ndim - 2)
    return scaled(x / np.sqrt((x**2).mean(axes, keepdims=True) + eps), gamma, None)


def rmsnorm_backward(
    grad: Array, x: Array, weight: Array | None = None, *, over: str, eps: float
) -> Gradients:
    """dx = (dy - y * mean(dy * y)) / rms."""
    axes = (1,) if over == "channels" else tuple(range(1, x.ndim))
    (gamma,) = spread_over((weight,), over, x.ndim - 2)
    size = np.sqrt((x**2).mean(axes, keepdims=True) + eps)
    y = x / size
    gradients = scaled_backward(grad, y, gamma, None, weight.shape) if weight is not None else {}
    inner = grad if gamma is None else grad * gamma
    return ((inner - y * (inner * y).mean(axes, keepdims=True)) / size,), gradients


def grn(x: Array, weight: Array, bias: Array, *, eps: float) -> Array:
    """y = x + gamma * x * n + beta, n = |x| / (mean of |x| over channels + eps). Woo et al. 2023."""
    rank = x.ndim - 2
    return x + per_channel(weight, rank) * x * response(x, eps)[1] + per_channel(bias, rank)


def response(x: Array, eps: float) -> tuple[Array, Array]:
    """The norm of each channel over space, and that over the mean norm."""
    size = np.sqrt((x**2).sum(tuple(range(2, x.ndim)), keepdims=True))
    return size, size / (size.mean(1, keepdims=True) + eps)


def grn_backward(grad: Array, x: Array, weight: Array, bias: Array, *, eps: float) -> Gradients:
    """Through the product with n, and through n to the norm of its channel and of all in the mean."""
    axes, rank = tuple(range(2, x.ndim)), x.ndim - 2
    gamma = per_channel(weight, rank)
    size, n = response(x, eps)
    mean = size.mean(1, keepdims=True) + eps
    slope = (grad * gamma * x).sum(axes, keepdims=True)
    of_size = (slope - (slope * n).mean(1, keepdims=True)) / mean
    spread = np.divide(of_size, size, out=np.zeros_like(size), where=size != 0)
    gradients = {"weight": (grad * x * n).sum((0, *axes)), "bias": grad.sum((0, *axes))}
    return (grad * (1 + gamma * n) + spread * x,), gradients


def frn(x: Array, weight: Array, bias: Array, tau: Array | None = None, *, eps: float) -> Array:
    """y = max(gamma * x / sqrt(mean(x^2) + eps) + beta, tau). Singh and Krishnan 2020, eq. 1."""
    rank = x.ndim - 2
    size = np.sqrt((x**2).mean(tuple(range(2, x.ndim)), keepdims=True) + eps)
    y = x / size * per_channel(weight, rank) + per_channel(bias, rank)
    return y if tau is None else np.maximum(y, per_channel(tau, rank))


def frn_backward(
    grad: Array, x: Array, weight: Array, bias: Array, tau: Array | None = None, *, eps: float
) -> Gradients:
    """dx = (dy - y * mean(dy * y)) / rms where y is above tau; below it tau gets the gradient."""
    axes, rank = tuple(range(2, x.ndim)), x.ndim - 2
    gradients = {}
    if tau is not None:
        y = frn(x, weight, bias, eps=eps)
        above = ((np.sign(y - per_channel(tau, rank)) + 1) / 2).astype(grad.dtype)
        gradients["tau"] = (grad * (1 - above)).sum((0, *axes))
        grad = grad * above
    size = np.sqrt((x**2).mean(axes, keepdims=True) + eps)
    y = x / size
    gradients |= {"weight": (grad * y).sum((0, *axes)), "bias": grad.sum((0, *axes))}
    inner = grad * per_channel(weight, rank)
    return ((inner - y * (inner * y).mean(axes, keepdims=True)) / size,), gradients


def evonorm_s0(x: Array, weight: Array, bias: Array, v: Array, *, groups: int, eps: float) -> Array:
    """y = gamma * x * logistic(v * x) / sqrt(var + eps) + beta, by groups. Liu et al. 2020, table 1."""
    rank = x.ndim - 2
    gate = logistic(per_channel(v, rank) * x)
    return x * gate / group_deviation(x, groups, eps) * per_channel(weight, rank) + per_channel(bias, rank)


def group_deviation(x: Array, groups: int, eps: float) -> Array:
    """sqrt(var + eps) of the group that each channel is in: (batch, channels, 1, ..)."""
    deviation = np.sqrt(x.reshape(x.shape[0], groups, -1).var(2) + eps)
    return deviation.repeat(x.shape[1] // groups, 1).reshape(*x.shape[:2], *(1,) * (x.ndim - 2))


def evonorm_s0_backward(
    grad: Array, x: Array, weight: Array, bias: Array, v: Array, *, groups: int, eps: float
) -> Gradients:
    """Through the gate, and through the variance of each group."""
    axes, rank = (0, *range(2, x.ndim)), x.ndim - 2
    gate = logistic(per_channel(v, rank) * x)
    deviation = group_deviation(x, groups, eps)
    y = x * gate / deviation
    gradients = {"weight": (grad * y).sum(axes), "bias": grad.sum(axes)}
    inner = grad * per_channel(weight, rank)
    slope = inner / deviation * x * gate * (1 - gate)
    gradients["v"] = (slope * x).sum(axes)
    grouped = x.reshape(x.shape[0], groups, -1)
    along = (inner * y).reshape(grouped.shape).sum(2, keepdims=True)
    centred = (grouped - grouped.mean(2, keepdims=True)) / grouped.shape[2]
    of_variance = (along * centred).reshape(x.shape) / deviation**2
    return (inner / deviation * gate + slope * per_channel(v, rank) - of_variance,), gradients


def lrn(x: Array, *, size: int, alpha: float, beta: float, k: float) -> Array:
    """y = x / (k + alpha/size * sum of x^2 over `size` neighbouring channels)^beta. Krizhevsky et al.

    2012, section 3.3.
    As in torch, alpha is divided by the size of the neighbourhood.
    """
    return x * (k + alpha / size * channel_sums(x**2, size // 2, (size - 1) // 2)) ** -beta


def lrn_backward(grad: Array, x: Array, *, size: int, alpha: float, beta: float, k: float) -> Gradients:
    """dx = dy * d^-beta - 2 alpha beta/size * x * (sum over the neighbours of dy * x * d^(-beta-1))."""
    divisor = k + alpha / size * channel_sums(x**2, size // 2, (size - 1) // 2)
    shared = channel_sums(grad * x * divisor ** (-beta - 1), (size - 1) // 2, size // 2)
    return (grad * divisor**-beta - 2 * alpha * beta / size * x * shared,), {}


def channel_sums(x: Array, before: int, after: int) -> Array:
    """The sum over each channel, the `before` channels before it and the `after` channels after it."""
    padded = np.pad(x, ((0, 0), (before, after), *((0, 0),) * (x.ndim - 2)))
    return reduce(np.add, (padded[:, i : i + x.shape[1]] for i in range(before + after + 1)))
