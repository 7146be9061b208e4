"""Layers that move values and compute nothing, and interpolation. (`pad` stands with the windows.)"""

from __future__ import annotations

import numpy as np

from cnnspec.backends.numpy.kernels.window import Array, Gradients, Sizes


def crop(x: Array, *, offset: Sizes, size: Sizes) -> Array:
    """The pixels from `offset` on, `size` of them on each axis.

    Raises ValueError where there are not as many.
    """
    axes = zip(x.shape[2:], offset, size, strict=True)
    if any(first < 0 or first + count > pixels for pixels, first, count in axes):
        raise ValueError(f"{size} pixels from {offset} on are not within a map of {x.shape[2:]}")
    return x[(slice(None), slice(None), *map(slice, offset, map(sum, zip(offset, size, strict=True))))]


def crop_backward(grad: Array, x: Array, *, offset: Sizes, size: Sizes) -> Gradients:
    spread = np.zeros(x.shape, grad.dtype)
    crop(spread, offset=offset, size=size)[...] = grad
    return (spread,), {}


def slice_channels(x: Array, *, start: int, stop: int) -> Array:
    """The channels from `start` up to but not including `stop`."""
    return x[:, start:stop]


def slice_channels_backward(grad: Array, x: Array, *, start: int, stop: int) -> Gradients:
    spread = np.zeros(x.shape, grad.dtype)
    spread[:, start:stop] = grad
    return (spread,), {}


def channel_shuffle(x: Array, *, groups: int) -> Array:
    """The channels as a matrix of groups by members, transposed. Zhang et al.

    2018, ShuffleNet, section 3.1.
    """
    parts = x.reshape(x.shape[0], groups, x.shape[1] // groups, *x.shape[2:])
    return parts.swapaxes(1, 2).reshape(x.shape)


def channel_shuffle_backward(grad: Array, x: Array, *, groups: int) -> Gradients:
    return (channel_shuffle(grad, groups=x.shape[1] // groups),), {}


def pixel_shuffle(x: Array, *, factor: int) -> Array:
    """Blocks of factor^rank channels become blocks of pixels. Shi et al. 2016, section 3.2."""
    rank = x.ndim - 2
    channels = x.shape[1] // factor**rank
    parts = x.reshape(x.shape[0], channels, *(factor,) * rank, *x.shape[2:])
    axes = [
        axis for pair in zip(range(2 + rank, 2 + 2 * rank), range(2, 2 + rank), strict=True) for axis in pair
    ]
    return parts.transpose(0, 1, *axes).reshape(x.shape[0], channels, *(n * factor for n in x.shape[2:]))


def pixel_shuffle_backward(grad: Array, x: Array, *, factor: int) -> Gradients:
    """The blocks of pixels back into channels."""
    rank = x.ndim - 2
    pairs = [size for n in x.shape[2:] for size in (n, factor)]
    parts = grad.reshape(*grad.shape[:2], *pairs)
    return (
        parts.transpose(0, 1, *range(3, 3 + 2 * rank, 2), *range(2, 2 + 2 * rank, 2)).reshape(x.shape),
    ), {}


def pixel_unshuffle(x: Array, *, factor: int) -> Array:
    """Blocks of pixels become blocks of factor^rank channels: the inverse of pixel_shuffle."""
    rank = x.ndim - 2
    pairs = [size for n in x.shape[2:] for size in (n // factor, factor)]
    parts = x.reshape(*x.shape[:2], *pairs)
    order = (0, 1, *range(3, 3 + 2 * rank, 2), *range(2, 2 + 2 * rank, 2))
    return parts.transpose(order).reshape(x.shape[0], -1, *(n // factor for n in x.shape[2:]))


def pixel_unshuffle_backward(grad: Array, x: Array, *, factor: int) -> Gradients:
    return (pixel_shuffle(grad, factor=factor),), {}


def resize(x: Array, *, size: Sizes, mode: str = "nearest") -> Array:
    """A map of another size, one axis after the other, without aligned corners.

    nearest: y[i] = x[floor(i * H / m)]. bilinear (linear, trilinear): between the two pixels around the place
    (i + 1/2) * H / m - 1/2, by distance.
    """
    for axis, count in enumerate(size, start=2):
        low, high, part = neighbours(x.shape[axis], count, mode)
        part = part.astype(x.dtype).reshape(-1, *(1,) * (x.ndim - axis - 1))
        x = (
            x.take(low, axis)
            if mode == "nearest"
            else x.take(low, axis) * (1 - part) + x.take(high, axis) * part
        )
    return x


def resize_backward(grad: Array, x: Array, *, size: Sizes, mode: str = "nearest") -> Gradients:
    """The transpose: each output gives its gradient to the pixels it was made of, by the same shares."""
    for axis, count in reversed(list(enumerate(size, start=2))):
        low, high, part = neighbours(x.shape[axis], count, mode)
        spread = np.zeros((x.shape[axis], *np.moveaxis(grad, axis, 0).shape[1:]), grad.dtype)
        rows = np.moveaxis(grad, axis, 0)
        share = part.astype(grad.dtype).reshape(-1, *(1,) * (grad.ndim - 1))
        np.add.at(spread, low, rows * (1 - share))
        np.add.at(spread, high, rows * share)
        grad = np.moveaxis(spread, 0, axis)
    return (grad,), {}


def neighbours(old: int, new: int, mode: str) -> tuple[Array, Array, Array]:
    """For each new pixel the old pixels below and above its place, and the share of the upper one."""
    index = np.arange(new)
    if mode == "nearest":
        low = index * old // new
        return low, low, np.zeros(new)
    place = np.maximum((index + 0.5) * old / new - 0.5, 0)
    low = np.minimum(place.astype(int), old - 1)
    return low, np.minimum(low + 1, old - 1), place - low


def reshape(x: Array, *, shape: Sizes) -> Array:
    """The same values in order, in another shape per sample."""
    return x.reshape(x.shape[0], *shape)


def reshape_backward(grad: Array, x: Array, *, shape: Sizes) -> Gradients:
    return (grad.reshape(x.shape),), {}


def zero_channels(x: Array, *, before: int, after: int) -> Array:
    """Channels of zeros before and after: shortcut A of He et al. 2015, section 4.1."""
    return np.pad(x, ((0, 0), (before, after), *((0, 0),) * (x.ndim - 2)))


def zero_channels_backward(grad: Array, x: Array, *, before: int, after: int) -> Gradients:
    return (grad[:, before : before + x.shape[1]],), {}


def subsample(x: Array, *, stride: Sizes) -> Array:
    """Every stride-th pixel, from the first on."""
    return x[(slice(None), slice(None), *(slice(None, None, step) for step in stride))]


def subsample_backward(grad: Array, x: Array, *, stride: Sizes) -> Gradients:
    spread = np.zeros(x.shape, grad.dtype)
    subsample(spread, stride=stride)[...] = grad
    return (spread,), {}


def permute(x: Array, *, order: Sizes) -> Array:
    """The axes of a sample in another order: axis i is axis order[i] of the input."""
    return x.transpose(0, *(1 + axis for axis in order))


def permute_backward(grad: Array, x: Array, *, order: Sizes) -> Gradients:
    return (grad.transpose(0, *(1 + order.index(axis) for axis in range(len(order)))),), {}
