"""Settings of kernels that follow the size of a map, for sources that take maps of any size."""

from __future__ import annotations

from cnnspec.backends.numpy.kernels.window import Array, Margins, Sizes


def same(x: Array, kernel: Sizes, stride: Sizes, dilation: Sizes) -> Margins:
    """The margins that give ceil(H/stride) outputs, the odd pixel after the map."""
    axes = zip(x.shape[2:], kernel, stride, dilation, strict=True)
    totals = (max(0, (-(-h // s) - 1) * s + (k - 1) * d + 1 - h) for h, k, s, d in axes)
    return tuple((total // 2, total - total // 2) for total in totals)


def beyond(x: Array, kernel: Sizes, stride: Sizes, padding: Margins, dilation: Sizes) -> Sizes:
    """The pixels after each margin that the last window of ceil mode covers.

    A window that would begin in the margin after the map is none, as in torch.
    """
    result = []
    for h, k, s, (before, after), d in zip(x.shape[2:], kernel, stride, padding, dilation, strict=True):
        span, whole = d * (k - 1) + 1, h + before + after
        count = -((span - whole) // s) + 1
        count -= (count - 1) * s >= h + before
        result.append(max(0, (count - 1) * s + span - whole))
    return tuple(result)


def reach(x: Array, kernel: Sizes, stride: Sizes, padding: Margins, dilation: Sizes) -> Margins:
    """The margins, with what the last window of ceil mode covers after them."""
    more = beyond(x, kernel, stride, padding, dilation)
    return tuple((before, after + extra) for (before, after), extra in zip(padding, more, strict=True))


def grown(x: Array, kernel: Sizes, stride: Sizes, padding: Margins, dilation: Sizes, extra: Sizes) -> Sizes:
    """The sizes of a transposed convolution: (H - 1)s + d(k - 1) + 1 - margins + extra."""
    axes = zip(x.shape[2:], kernel, stride, padding, dilation, extra, strict=True)
    return tuple((h - 1) * s + d * (k - 1) + 1 - sum(p) + more for h, k, s, p, d, more in axes)


def times(x: Array, scale: Sizes) -> Sizes:
    """The sizes of a map, each so many times as large."""
    return tuple(h * n for h, n in zip(x.shape[2:], scale, strict=True))


def centred(x: Array, size: Sizes) -> Sizes:
    """Where the centre of a map begins that has this size."""
    return tuple((h - m) // 2 for h, m in zip(x.shape[2:], size, strict=True))
