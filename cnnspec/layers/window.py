"""The arithmetic of sliding windows, which convs and pools share."""

from __future__ import annotations

from cnnspec.layers.base import Extent, LayerError, Shape, Window, describe, per_axis

Margins = tuple[tuple[int, int], ...]


def paddings(
    sizes: Shape,
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    pad: str | Extent,
    dilation: tuple[int, ...],
) -> Margins:
    """The margin before and after each axis, in pixels.

    `half` is (k-1)*d//2 on both sides, `valid` is 0, `same` is what gives ceil(size/stride) outputs, the odd
    pixel at the end; an extent is taken as it is.
    """
    if pad == "half":
        halves = ((k - 1) * d // 2 for k, d in zip(kernel, dilation, strict=True))
        return tuple((half, half) for half in halves)
    if pad == "valid":
        return ((0, 0),) * len(sizes)
    if pad == "same":
        return tuple(
            (total // 2, total - total // 2)
            for total in (
                max(0, (-(-h // s) - 1) * s + (k - 1) * d + 1 - h)
                for h, k, s, d in zip(sizes, kernel, stride, dilation, strict=True)
            )
        )
    assert not isinstance(pad, str)
    return tuple((p, p) for p in per_axis(pad, len(sizes), "pad"))


def window_size(
    op: str,
    sizes: Shape,
    kernel: Extent,
    stride: Extent,
    pad: str | Extent,
    dilation: Extent,
    ceil: bool = False,
) -> Shape:
    """The output sizes: floor((H + before + after - d(k-1) - 1)/s + 1) on each axis.

    With `ceil`, rounded up, so that the last window may run over the end, but one that would start in the
    margin after the map is dropped, as in torch. Raises LayerError where no window fits.
    """
    rank = len(sizes)
    kernels, strides = per_axis(kernel, rank, "kernel"), per_axis(stride, rank, "stride")
    dilations = per_axis(dilation, rank, "dilation")
    margins = paddings(sizes, kernels, strides, pad, dilations)
    result = []
    for h, k, s, d, (before, after) in zip(sizes, kernels, strides, dilations, margins, strict=True):
        span, whole = d * (k - 1) + 1, h + before + after
        size = (-((span - whole) // s) if ceil else (whole - span) // s) + 1
        if size < 1:
            raise LayerError(
                "window-too-large",
                f"the window of `{op}` covers {span} pixels, the map with its padding has {whole}",
                label=f"map {describe(sizes)}, kernel {describe(kernels)}",
                help=f"use a kernel of at most {(whole - 1) // d + 1}, "
                f"or a map of at least {span - before - after} pixels here",
            )
        starts_after = ceil and (size - 1) * s >= h + before
        result.append(size - 1 if starts_after else size)
    return tuple(result)


def windows(
    sizes: Shape, kernel: Extent, stride: Extent, pad: str | Extent, dilation: Extent
) -> tuple[Window, ...]:
    """What an output position of a conv or a pool sees on each axis."""
    rank = len(sizes)
    kernels, strides = per_axis(kernel, rank, "kernel"), per_axis(stride, rank, "stride")
    dilations = per_axis(dilation, rank, "dilation")
    margins = paddings(sizes, kernels, strides, pad, dilations)
    return tuple(
        Window(s, -before, (k - 1) * d - before)
        for k, s, d, (before, _) in zip(kernels, strides, dilations, margins, strict=True)
    )


def check_margins(op: str, sizes: Shape, margins: Margins, mode: str) -> None:
    """Raise LayerError where a margin holds more pixels than the map has to fill it with.

    A reflected margin leaves out the edge, so it is smaller than the map; a circular one is at most the map.
    """
    if mode not in ("reflect", "circular"):
        return
    for size, margin in zip(sizes, map(max, margins), strict=True):
        most = size - 1 if mode == "reflect" else size
        if margin > most:
            raise LayerError(
                "margin-too-large",
                f"`{op}` fills a margin of {margin} pixels by {mode} from a map of {size} on that axis",
                label=f"map {describe(sizes)}, margin {margin}",
                help=f"use a margin of at most {most}, or the mode zeros or replicate",
            )
