"""Joins of several values."""

from __future__ import annotations

from functools import reduce
from math import prod

import numpy as np

from cnnspec.backends.numpy.kernels.window import Array, Gradients, Sizes


def concat(*inputs: Array, axis: int = 1) -> Array:
    """The channels of all inputs, one after the other; or on axis 2 their positions."""
    return np.concatenate(inputs, axis=axis)


def concat_backward(grad: Array, *inputs: Array, axis: int = 1) -> Gradients:
    bounds = np.cumsum([x.shape[axis] for x in inputs])[:-1]
    return tuple(np.split(grad, bounds, axis=axis)), {}


def add(*inputs: Array) -> Array:
    """The sum of the inputs, of one shape."""
    return reduce(np.add, same_shape(inputs))


def add_backward(grad: Array, *inputs: Array) -> Gradients:
    return (grad,) * len(inputs), {}


def mul(*inputs: Array) -> Array:
    """The product of the inputs; axes of size 1 are repeated, and beside maps a vector C counts as Cx1x1."""
    return reduce(np.multiply, aligned(inputs))


def mul_backward(grad: Array, *inputs: Array) -> Gradients:
    """Each input gets dy times the product of the others, summed over what was repeated."""
    shaped = aligned(inputs)
    results = []
    for i, x in enumerate(inputs):
        others = shaped[:i] + shaped[i + 1 :]
        results.append(collapse(reduce(np.multiply, others, grad), shaped[i].shape).reshape(x.shape))
    return tuple(results), {}


def sub(x: Array, y: Array) -> Array:
    """The first less the second, repeated as in a product."""
    return np.subtract(*aligned((x, y)))


def sub_backward(grad: Array, x: Array, y: Array) -> Gradients:
    first, second = aligned((x, y))
    return (collapse(grad, first.shape).reshape(x.shape), -collapse(grad, second.shape).reshape(y.shape)), {}


def div(x: Array, y: Array) -> Array:
    """The first by the second, repeated as in a product."""
    return np.divide(*aligned((x, y)))


def div_backward(grad: Array, x: Array, y: Array) -> Gradients:
    """dx = dy / y and dy = -dy * x / y^2, each summed over what was repeated."""
    first, second = aligned((x, y))
    over = grad / second
    of_x = collapse(over, first.shape).reshape(x.shape)
    return (of_x, -collapse(over * first / second, second.shape).reshape(y.shape)), {}


def matmul(x: Array, y: Array, *, transpose_a: bool = False, transpose_b: bool = False) -> Array:
    """The product of matrices, over the last two axes."""
    return (x.swapaxes(-1, -2) if transpose_a else x) @ (y.swapaxes(-1, -2) if transpose_b else y)


def matmul_backward(
    grad: Array, x: Array, y: Array, *, transpose_a: bool = False, transpose_b: bool = False
) -> Gradients:
    """dA = dC B' and dB = A' dC, each turned as its factor is."""
    first, second = x.swapaxes(-1, -2) if transpose_a else x, y.swapaxes(-1, -2) if transpose_b else y
    of_x, of_y = grad @ second.swapaxes(-1, -2), first.swapaxes(-1, -2) @ grad
    return (
        of_x.swapaxes(-1, -2) if transpose_a else of_x,
        of_y.swapaxes(-1, -2) if transpose_b else of_y,
    ), {}


def same_shape(inputs: tuple[Array, ...]) -> tuple[Array, ...]:
    """The inputs as they are, of one shape a sample. Raises ValueError where they are not."""
    shapes = [x.shape[1:] for x in inputs]
    if len(set(shapes)) > 1:
        raise ValueError(f"maps of different shapes do not join: {', '.join(map(str, shapes))}")
    return inputs


def aligned(inputs: tuple[Array, ...]) -> tuple[Array, ...]:
    """The inputs with their channels on the same axis."""
    rank = max(x.ndim for x in inputs)
    return tuple(x.reshape(*x.shape, *(1,) * (rank - x.ndim)) for x in inputs)


def collapse(grad: Array, shape: Sizes) -> Array:
    """The sum over the axes along which an array of this shape was repeated."""
    axes = tuple(axis for axis, size in enumerate(shape) if size == 1 < grad.shape[axis])
    return grad.sum(axes, keepdims=True) if prod(shape) != grad.size else grad


def maximum(*inputs: Array) -> Array:
    """The largest of the inputs, element by element. Goodfellow et al. 2013, "Maxout networks"."""
    return reduce(np.maximum, same_shape(inputs))


def maximum_backward(grad: Array, *inputs: Array) -> Gradients:
    """The gradient goes to the input that is largest, in equal parts where several are."""
    y = maximum(*inputs)
    wins = [(x == y).astype(grad.dtype) for x in inputs]
    share = grad / reduce(np.add, wins)
    return tuple(share * won for won in wins), {}
