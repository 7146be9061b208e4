"""Convolutions."""

from __future__ import annotations

import numpy as np

from cnnspec.backends.numpy.kernels.window import (
    Array,
    Gradients,
    Margins,
    Sizes,
    from_columns,
    pad,
    pad_backward,
    per_channel,
    to_columns,
    trim,
    window_outputs,
)

STANDARDIZE_EPS = 1e-5


def conv(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    *,
    stride: Sizes,
    padding: Margins,
    dilation: Sizes | None = None,
    groups: int = 1,
    pad_mode: str = "zeros",
    standardize: bool = False,
) -> Array:
    """Cross-correlation: y[n,o,i] = b[o] + sum over c, t of w[o,c,t] x[n,c,i*stride + t*dilation - padding].

    Computed as a matrix product with the windows as columns (im2col). Goodfellow, Bengio and Courville 2016,
    "Deep Learning", eq. 9.6; grouped: Krizhevsky et al. 2012.
    """
    if standardize:
        weight = standardized(weight)
    kernel, rank = weight.shape[2:], weight.ndim - 2
    dilation = dilation or (1,) * rank
    padded = pad(x, padding=padding, mode=pad_mode)
    columns = to_columns(padded, kernel, stride, dilation, groups)
    outputs = window_outputs(padded.shape[2:], kernel, stride, dilation)
    matrix = weight.reshape(groups, weight.shape[0] // groups, -1)
    y = (matrix @ columns).reshape(x.shape[0], weight.shape[0], *outputs)
    return y if bias is None else y + per_channel(bias, rank)


def conv_backward(
    grad: Array,
    x: Array,
    weight: Array,
    bias: Array | None = None,
    *,
    stride: Sizes,
    padding: Margins,
    dilation: Sizes | None = None,
    groups: int = 1,
    pad_mode: str = "zeros",
    standardize: bool = False,
) -> Gradients:
    """dw = dy columns^T, dx = col2im(w^T dy), db = sum of dy over batch and positions.

    At stride 1 dx is the conv of dy with the kernels turned by half: faster where dy has few channels.
    """
    used = standardized(weight) if standardize else weight
    kernel, outputs = weight.shape[2:], grad.shape[2:]
    dilation = dilation or (1,) * len(kernel)
    padded = pad(x, padding=padding, mode=pad_mode)
    columns = to_columns(padded, kernel, stride, dilation, groups)
    rows = grad.reshape(grad.shape[0], groups, grad.shape[1] // groups, -1)
    weight_grad = (rows @ columns.swapaxes(-1, -2)).sum(0).reshape(weight.shape)
    reach = tuple(
        (d * (k - 1) - before, d * (k - 1) - after)
        for k, d, (before, after) in zip(kernel, dilation, padding, strict=True)
    )
    few = grad.shape[1] <= 2 * x.shape[1]
    if few and set(stride) == {1} and pad_mode == "zeros" and min(map(min, reach)) >= 0:
        back = turned(used, groups)
        inputs = conv(grad, back, stride=stride, padding=reach, dilation=dilation, groups=groups)
    else:
        matrix = used.reshape(groups, used.shape[0] // groups, -1)
        spread = from_columns(matrix.swapaxes(-1, -2) @ rows, padded.shape, kernel, outputs, stride, dilation)
        (inputs,), _ = pad_backward(spread, x, padding=padding, mode=pad_mode)
    if standardize:
        weight_grad = standardized_backward(weight_grad, weight)
    gradients = {"weight": weight_grad}
    if bias is not None:
        gradients["bias"] = grad.sum((0, *range(2, grad.ndim)))
    return (inputs,), gradients


def turned(weight: Array, groups: int) -> Array:
    """Kernels turned by half, from outputs to inputs. Dumoulin and Visin 2016, section 4.2."""
    outputs, inputs, *kernel = weight.shape
    parts = weight.reshape(groups, outputs // groups, inputs, *kernel).swapaxes(1, 2)
    return np.flip(parts, tuple(range(3, parts.ndim))).reshape(groups * inputs, outputs // groups, *kernel)


def standardized(weight: Array) -> Array:
    """Each kernel at mean 0 and variance 1: (w - mean) / sqrt(var + 1e-5). Qiao et al. 2019, section 3."""
    axes = tuple(range(1, weight.ndim))
    centred = weight - weight.mean(axes, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axes, keepdims=True) + STANDARDIZE_EPS)


def standardized_backward(grad: Array, weight: Array) -> Array:
    """The gradient less its mean and its part along the standardized kernel, over the deviation."""
    axes = tuple(range(1, weight.ndim))
    unit = standardized(weight)
    deviation = np.sqrt(weight.var(axes, keepdims=True) + STANDARDIZE_EPS)
    along = (grad * unit).mean(axes, keepdims=True)
    return (grad - grad.mean(axes, keepdims=True) - unit * along) / deviation


def tconv(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    *,
    stride: Sizes,
    padding: Margins,
    outputs: Sizes,
    dilation: Sizes | None = None,
    groups: int = 1,
) -> Array:
    """Transposed convolution: each input pixel adds its kernel, scaled, into the output.

    The gradient of a conv with respect to its input: col2im(w^T x). Dumoulin and Visin 2016, chapter 4.
    """
    kernel, inputs = weight.shape[2:], x.shape[2:]
    dilation = dilation or (1,) * len(kernel)
    rows = x.reshape(x.shape[0], groups, x.shape[1] // groups, -1)
    matrix = weight.reshape(groups, weight.shape[0] // groups, -1)
    padded = tuple(n + before + after for n, (before, after) in zip(outputs, padding, strict=True))
    full = (x.shape[0], weight.shape[1] * groups, *padded)
    y = trim(from_columns(matrix.swapaxes(-1, -2) @ rows, full, kernel, inputs, stride, dilation), padding)
    return y if bias is None else y + per_channel(bias, weight.ndim - 2)


def tconv_backward(
    grad: Array,
    x: Array,
    weight: Array,
    bias: Array | None = None,
    *,
    stride: Sizes,
    padding: Margins,
    outputs: Sizes,
    dilation: Sizes | None = None,
    groups: int = 1,
) -> Gradients:
    """A conv of dy with the same kernel: dx = w im2col(dy), dw = x im2col(dy)^T."""
    kernel = weight.shape[2:]
    dilation = dilation or (1,) * len(kernel)
    padded = pad(grad, padding=padding)
    reach = tuple(
        (n - 1) * s + d * (k - 1) + 1
        for n, k, s, d in zip(x.shape[2:], kernel, stride, dilation, strict=True)
    )
    used = padded[(slice(None), slice(None), *(slice(0, size) for size in reach))]
    columns = to_columns(used, kernel, stride, dilation, groups)
    rows = x.reshape(x.shape[0], groups, x.shape[1] // groups, -1)
    matrix = weight.reshape(groups, weight.shape[0] // groups, -1)
    gradients = {"weight": (rows @ columns.swapaxes(-1, -2)).sum(0).reshape(weight.shape)}
    if bias is not None:
        gradients["bias"] = grad.sum((0, *range(2, grad.ndim)))
    return ((matrix @ columns).reshape(x.shape),), gradients


def toeplitz(
    kernel: Array,
    input_shape: Sizes,
    *,
    stride: Sizes | int = 1,
    padding: Sizes | int = 0,
    dilation: Sizes | int = 1,
) -> Array:
    """The matrix of a conv: `toeplitz(k, shape) @ x.ravel()` is the flattened conv of x with k.

    `kernel` is (out, in, *taps) and `input_shape` (in, *sizes), or both without channels. Without padding, at
    stride 1 in two dimensions each channel pair is a block Toeplitz matrix of Toeplitz blocks: every diagonal
    holds one weight. Column j is the conv of the j-th unit image. Goodfellow et al. 2016, section 9.1.
    """
    if kernel.ndim == len(input_shape):
        kernel, input_shape = kernel[None, None], (1, *input_shape)
    rank = kernel.ndim - 2

    def axes(value: Sizes | int) -> Sizes:
        return (value,) * rank if isinstance(value, int) else value

    units = np.eye(int(np.prod(input_shape)), dtype=kernel.dtype).reshape(-1, *input_shape)
    margins = tuple((p, p) for p in axes(padding))
    images = conv(units, kernel, stride=axes(stride), padding=margins, dilation=axes(dilation))
    return images.reshape(len(units), -1).T
