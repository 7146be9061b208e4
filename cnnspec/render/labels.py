"""What a layer is called in a drawing, the way papers write it: 3x3 conv, 64, /2."""

from __future__ import annotations

from collections.abc import Callable

from cnnspec.graph import show_value
from cnnspec.layers import conv, dense, pool, shape
from cnnspec.layers.base import Extent, Layer, parameters
from cnnspec.layers.input import Input
from cnnspec.render.text import show_shape


def layer_label(layer: Layer, rank: int = 2, *, minor: bool = True) -> str:
    """The label of a layer whose input has `rank` spatial axes; without `minor` arguments on demand."""
    if isinstance(layer, Input):
        return f"input {show_shape(layer.shape)}"
    write = _WRITERS.get(layer.op)
    return write(layer, rank) if write else _generic(layer, minor)


def short_label(layer: Layer, rank: int = 2) -> str:
    """The label without the layer's name where the numbers say enough: 3x3, 64."""
    if isinstance(layer, conv.Conv):
        return _conv(layer, rank).replace(" conv", "", 1)
    return layer_label(layer, rank)


def _window(kernel: Extent, rank: int) -> str:
    return show_shape(kernel if isinstance(kernel, tuple) else (kernel,) * max(rank, 1))


def _stride(stride: Extent | None, sign: str = "/") -> str:
    if stride is None or (stride if isinstance(stride, int) else max(stride)) == 1:
        return ""
    return f", {sign}{stride if isinstance(stride, int) else show_shape(stride)}"


def _conv(layer: conv.Conv, rank: int) -> str:
    groups = f", {layer.groups} groups" if layer.groups > 1 else ""
    steps = _stride(layer.stride) + _dilation(layer.dilation)
    return f"{_window(layer.kernel, rank)} conv, {layer.out}{groups}{steps}"


def _dwconv(layer: conv.DepthwiseConv, rank: int) -> str:
    times = f", multiplier {layer.multiplier}" if layer.multiplier > 1 else ""
    return f"{_window(layer.kernel, rank)} dwconv{times}{_stride(layer.stride)}{_dilation(layer.dilation)}"


def _tconv(layer: conv.TransposedConv, rank: int) -> str:
    groups = f", {layer.groups} groups" if layer.groups > 1 else ""
    return f"{_window(layer.kernel, rank)} tconv, {layer.out}{groups}{_stride(layer.stride, 'stride ')}"


def _dilation(dilation: Extent) -> str:
    if (dilation if isinstance(dilation, int) else max(dilation)) == 1:
        return ""
    return f", dilation {dilation if isinstance(dilation, int) else show_shape(dilation)}"


def _pool(layer: pool.MaxPool | pool.AvgPool | pool.LpPool, rank: int) -> str:
    stride = layer.kernel if layer.stride is None else layer.stride
    return f"{_window(layer.kernel, rank)} {layer.op}{_stride(stride)}"


def _upsample(layer: shape.Upsample, rank: int) -> str:
    return f"upsample by {layer.scale if isinstance(layer.scale, int) else show_shape(layer.scale)}"


def _linear(layer: dense.Linear, rank: int) -> str:
    return f"linear, {layer.out}"


QUIET = frozenset(
    {"eps", "momentum", "over", "affine", "alpha", "beta", "k", "init", "count_pad", "ceil", "mode"}
)
"""Arguments that no paper writes into a box."""


def _generic(layer: Layer, minor: bool) -> str:
    """The op, with those arguments that must be given or differ from their defaults."""
    given = []
    for parameter in parameters(type(layer)):
        value = getattr(layer, parameter.name)
        if parameter.minor and not minor:
            continue
        if parameter.required:
            given.append(show_value(value) if not isinstance(value, tuple) else show_shape(value))
        elif value != parameter.default and parameter.name not in QUIET:
            given.append(f"{parameter.name}={show_value(value)}")
    if len(given) == 1:
        given[0] = given[0].rpartition("=")[2]
    return f"{layer.op} {', '.join(given)}" if given else layer.op


_WRITERS: dict[str, Callable[..., str]] = {
    "conv": _conv,
    "dwconv": _dwconv,
    "tconv": _tconv,
    "maxpool": _pool,
    "avgpool": _pool,
    "lppool": _pool,
    "upsample": _upsample,
    "linear": _linear,
    "batchnorm": lambda layer, rank: "batchnorm",
}
