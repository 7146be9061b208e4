"""Statistics along axes, gates made of them, and attention."""

from __future__ import annotations

from math import prod

import numpy as np

from cnnspec.backends.numpy.kernels.functions import logistic
from cnnspec.backends.numpy.kernels.window import Array, Gradients, Sizes


def reduce_axes(x: Array, *, statistic: str, axes: Sizes) -> Array:
    """The mean, maximum, standard deviation (by N) or Euclidean norm along axes, which stay as 1."""
    if statistic == "mean":
        return x.mean(axes, keepdims=True)
    if statistic == "max":
        return x.max(axes, keepdims=True)
    if statistic == "std":
        return x.std(axes, keepdims=True)
    return np.sqrt((x**2).sum(axes, keepdims=True))


def reduce_axes_backward(grad: Array, x: Array, *, statistic: str, axes: Sizes) -> Gradients:
    """Equal shares to the mean and to equal maxima; along x for the norm; nothing where that is 0."""
    y = reduce_axes(x, statistic=statistic, axes=axes)
    count = x.size // y.size
    if statistic == "mean":
        return (np.broadcast_to(grad / count, x.shape),), {}
    if statistic == "max":
        wins = (x == y).astype(grad.dtype)
        return (grad * wins / wins.sum(axes, keepdims=True),), {}
    slope = np.divide(grad, y, out=np.zeros_like(grad), where=y != 0)
    centred = x - x.mean(axes, keepdims=True) if statistic == "std" else x
    return (slope * centred / (count if statistic == "std" else 1),), {}


def eca(x: Array, weight: Array) -> Array:
    """y = x * logistic(w * mean(x)), the mean over space convolved along the channels. Wang et al. 2020."""
    return x * per_channel_of_each(channel_gates(x, weight), x.ndim - 2)


def channel_gates(x: Array, weight: Array) -> Array:
    """sigmoid of the means of neighbouring channels, weighed."""
    return logistic(channel_windows(x, weight.size) @ weight.ravel())


def channel_windows(x: Array, kernel: int) -> Array:
    """The means of the channels around each channel: (batch, channels, kernel)."""
    means = x.reshape(*x.shape[:2], -1).mean(2)
    padded = np.pad(means, ((0, 0), (kernel // 2, kernel // 2)))
    return np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=1)


def per_channel_of_each(values: Array, rank: int) -> Array:
    """One value a channel and sample, shaped to meet maps with `rank` spatial axes."""
    return values.reshape(*values.shape, *(1,) * rank)


def eca_backward(grad: Array, x: Array, weight: Array) -> Gradients:
    """Through the product, and through the gates to the means."""
    rank, kernel = x.ndim - 2, weight.size
    gates = channel_gates(x, weight)
    slope = (grad * x).reshape(*gates.shape, -1).sum(2) * gates * (1 - gates)
    weight_grad = np.einsum("nc,nck->k", slope, channel_windows(x, kernel)).reshape(weight.shape)
    padded = np.pad(slope, ((0, 0), (kernel // 2, kernel // 2)))
    means = np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=1) @ weight.ravel()[::-1]
    count = x.size // gates.size
    spread = per_channel_of_each(means / count, rank)
    return (grad * per_channel_of_each(gates, rank) + spread,), {"weight": weight_grad}


def attention(
    x: Array,
    qkv_weight: Array,
    proj_weight: Array,
    proj_bias: Array,
    qkv_bias: Array | None = None,
    relative_position_bias_table: Array | None = None,
    *,
    heads: int,
    window: Sizes,
    shift: Sizes | None = None,
    grid: bool = False,
) -> Array:
    """y = W softmax(q k^T / sqrt(d) + b) v + c in each window, for each head.

    Vaswani et al. 2017, section 3.2.
    """
    order = window_order(x.shape[2:], window, shift, grid)
    rows = to_windows(x, order)
    q, k, v = heads_of(rows, qkv_weight, qkv_bias, heads)
    weights = attention_weights(q, k, x.shape[2:], order, window, shift, relative_position_bias_table)
    y = merged(weights @ v) @ proj_weight.T + proj_bias
    return from_windows(y, order, x.shape[2:])


def attention_backward(
    grad: Array,
    x: Array,
    qkv_weight: Array,
    proj_weight: Array,
    proj_bias: Array,
    qkv_bias: Array | None = None,
    relative_position_bias_table: Array | None = None,
    *,
    heads: int,
    window: Sizes,
    shift: Sizes | None = None,
    grid: bool = False,
) -> Gradients:
    """Back through proj, the weighted sum of v, the softmax, the products of q and k, and qkv."""
    table = relative_position_bias_table
    order = window_order(x.shape[2:], window, shift, grid)
    rows = to_windows(x, order)
    q, k, v = heads_of(rows, qkv_weight, qkv_bias, heads)
    weights = attention_weights(q, k, x.shape[2:], order, window, shift, table)
    slope = to_windows(grad, order)
    read = merged(weights @ v)
    of_read = parted(slope @ proj_weight, heads)
    of_weights = of_read @ v.swapaxes(-1, -2)
    of_scores = weights * (of_weights - (of_weights * weights).sum(-1, keepdims=True))
    scaled = of_scores * q.shape[-1] ** -0.5
    parts = (scaled @ k, scaled.swapaxes(-1, -2) @ q, weights.swapaxes(-1, -2) @ of_read)
    of_qkv = np.concatenate([merged(part) for part in parts], -1)
    gradients = {
        "qkv_weight": np.einsum("nwto,nwtc->oc", of_qkv, rows),
        "proj_weight": np.einsum("nwto,nwtc->oc", slope, read),
        "proj_bias": slope.sum((0, 1, 2)),
    }
    if qkv_bias is not None:
        gradients["qkv_bias"] = of_qkv.sum((0, 1, 2))
    if table is not None:
        gradients["relative_position_bias_table"] = np.zeros_like(table)
        by_pair = of_scores.sum((0, 1)).transpose(1, 2, 0)
        np.add.at(gradients["relative_position_bias_table"], relative_index(window), by_pair)
    return (from_windows(of_qkv @ qkv_weight, order, x.shape[2:]),), gradients


def window_order(sizes: Sizes, window: Sizes, shift: Sizes | None, grid: bool) -> Array:
    """The places of each window as numbers into the flattened map: (windows, places).

    A window holds neighbours, `grid` places at even distances; shifted windows begin at `shift`, and wrap.
    """
    axes = tuple(range(len(sizes)))
    places = np.arange(prod(sizes)).reshape(sizes)
    if shift is not None:
        places = np.roll(places, tuple(-amount for amount in shift), axes)
    counts = [size // inside for size, inside in zip(sizes, window, strict=True)]
    parts = [(inside, n) if grid else (n, inside) for n, inside in zip(counts, window, strict=True)]
    outer = [2 * axis + grid for axis in axes]
    inner = [2 * axis + (not grid) for axis in axes]
    return (
        places.reshape([size for pair in parts for size in pair])
        .transpose(*outer, *inner)
        .reshape(prod(counts), prod(window))
    )


def to_windows(x: Array, order: Array) -> Array:
    """The channels at each place of each window: (batch, windows, places, channels)."""
    return np.moveaxis(x.reshape(*x.shape[:2], -1)[:, :, order], 1, -1)


def from_windows(rows: Array, order: Array, sizes: Sizes) -> Array:
    """A map of these sizes again: every place is in one window."""
    samples, channels = rows.shape[0], rows.shape[-1]
    flat = rows.reshape(samples, order.size, channels)[:, np.argsort(order.ravel())]
    return flat.swapaxes(1, 2).reshape(samples, channels, *sizes)


def heads_of(rows: Array, weight: Array, bias: Array | None, heads: int) -> tuple[Array, Array, Array]:
    """q, k and v: (batch, windows, heads, places, channels of a head)."""
    qkv = rows @ weight.T
    q, k, v = np.split(qkv if bias is None else qkv + bias, 3, -1)
    return parted(q, heads), parted(k, heads), parted(v, heads)


def parted(rows: Array, heads: int) -> Array:
    """The channels of each head apart."""
    return rows.reshape(*rows.shape[:-1], heads, -1).swapaxes(-2, -3)


def merged(parts: Array) -> Array:
    """The channels of all heads side by side."""
    rows = parts.swapaxes(-2, -3)
    return rows.reshape(*rows.shape[:-2], -1)


def attention_weights(
    q: Array, k: Array, sizes: Sizes, order: Array, window: Sizes, shift: Sizes | None, table: Array | None
) -> Array:
    """How much each place of a window reads of each other: softmax of q k^T / sqrt(d) + b."""
    scores = q * q.shape[-1] ** -0.5 @ k.swapaxes(-1, -2)
    if table is not None:
        scores = scores + table[relative_index(window)].transpose(2, 0, 1)
    if shift is not None:
        scores = scores + shift_mask(order, sizes, shift).astype(scores.dtype)
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def shift_mask(order: Array, sizes: Sizes, shift: Sizes) -> Array:
    """-100 between places of a window that come from both sides of the edge, else 0.

    The shape is (windows, 1, places, places).
    """
    wrapped, step = np.zeros_like(order), order.size
    for size, amount in zip(sizes, shift, strict=True):
        step //= size
        wrapped = 2 * wrapped + (order // step % size < amount)
    return (wrapped[:, None, :, None] != wrapped[:, None, None, :]) * -100.0


def relative_index(window: Sizes) -> Array:
    """The row of the table for each two places of a window: it counts the distances on each axis."""
    index = np.zeros((), int)
    for size, line in zip(window, np.indices(window).reshape(len(window), -1), strict=True):
        index = index * (2 * size - 1) + line[:, None] - line + size - 1
    return index
