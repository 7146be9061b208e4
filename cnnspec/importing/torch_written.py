"""The classes that `compile` writes where torch lacks a layer, and the layers that they are.

Such a class is known by its name and by the code of its `forward`, which is that of backends/torch/helpers: a
class of the same name that does something else is traced like any other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from types import CodeType
from typing import Any

from torch import nn

from cnnspec.backends.torch.helpers import attention as attention_helpers
from cnnspec.backends.torch.helpers import norms, scaling, shapes, windows
from cnnspec.importing.windows import Extent, extent, half_padding
from cnnspec.layers import activation, attention, conv, dense, norm, pool, sequence, shape
from cnnspec.layers.base import Layer, Shape

HELPERS = (norms, attention_helpers, scaling, shapes, windows)


def written_layer(module: nn.Module, sizes: Shape) -> Layer | None:
    """The layer that a module of written source is, for an input of these sizes; None for any other."""
    rule = RULES.get(_any_rank(type(module).__name__))
    return rule(module, sizes) if rule is not None and is_written(module) else None


def is_written(module: nn.Module) -> bool:
    """Whether a module is of a class that `compile` writes, and that is read as one layer."""
    kind = type(module)
    name = _any_rank(kind.__name__)
    return name in RULES and _code(kind.forward.__code__) == _helpers()[name]


@cache
def _helpers() -> Mapping[str, Any]:
    """The code of `forward` of each helper, by the name of its class."""
    classes = [kind for file in HELPERS for kind in vars(file).values() if isinstance(kind, type)]
    return {kind.__name__: _code(kind.forward.__code__) for kind in classes if kind.__name__ in RULES}


def _code(code: CodeType) -> Any:
    """What code does, whatever file it stands in and whatever rank it is written for."""
    consts = [_code(value) if isinstance(value, CodeType) else value for value in code.co_consts]
    return code.co_code, tuple(map(_any_rank, code.co_names)), code.co_varnames, repr(consts)


def _any_rank(name: str) -> str:
    return re.sub(r"(?<=[a-zA-Z])[13]d(?=_|$)", "2d", name)


def _reduce(m: Any, sizes: Shape) -> Layer:
    axes = tuple(m.axes)
    overs = {(1,): "channels", tuple(range(2, len(sizes) + 1)): "positions"}
    return attention.Reduce(m.statistic, overs.get(axes, "all"))


def _group_softmax(m: Any, sizes: Shape) -> Layer:
    return activation.Softmax("groups" if m.axis == 1 else "channels", m.groups)


def _plain_attention(m: Any, sizes: Shape) -> Layer:
    return attention.Attention(m.num_heads, m.qkv.bias is not None, out=_width(m, sizes))


def _window_attention(m: Any, sizes: Shape) -> Layer:
    window, bias = extent(m.window), "none" if m.relative_position_bias_table is None else "relative"
    places = {"grid": window} if m.grid else {"window": window, "shift": extent(m.shift or 0)}
    if not m.grid and tuple(m.window) == sizes[1:]:
        places = {}
    return attention.Attention(m.num_heads, m.qkv.bias is not None, bias=bias, out=_width(m, sizes), **places)


def _width(m: Any, sizes: Shape) -> int | None:
    return None if m.proj.out_features == sizes[0] else m.proj.out_features


def _conv(standardize: bool, same: bool) -> Callable[[Any, Shape], Layer]:
    def rule(m: Any, sizes: Shape) -> Layer:
        pad = "same" if same else half_padding(m.kernel_size, m.dilation, m.padding, len(sizes) - 1)
        kernel, stride, dilation = map(extent, (m.kernel_size, m.stride, m.dilation))
        given = (m.groups, m.bias is not None, m.padding_mode, standardize)
        if sizes[0] == m.groups > 1 and m.padding_mode == "zeros" and not standardize:
            multiplier = m.out_channels // m.groups
            return conv.DepthwiseConv(
                kernel, stride, pad, dilation, multiplier=multiplier, bias=m.bias is not None
            )
        return conv.Conv(m.out_channels, kernel, stride, pad, dilation, *given)

    return rule


def _strided(m: Any) -> Extent | None:
    return None if list(m.stride) == list(m.kernel) else extent(m.stride)


def _same_maxpool(m: Any, sizes: Shape) -> Layer:
    return pool.MaxPool(extent(m.kernel), _strided(m), "same", extent(m.dilation), m.ceil_mode)


def _max_unpool(m: Any, sizes: Shape) -> Layer:
    pads = extent(m.padding)
    return pool.MaxUnpool(pool.MaxPool(extent(m.kernel), _strided(m), pads, extent(m.dilation), m.ceil_mode))


def _same_avgpool(m: Any, sizes: Shape) -> Layer:
    return pool.AvgPool(extent(m.kernel), _strided(m), "same", m.ceil_mode, m.count_include_pad)


def _wide_avgpool(m: Any, sizes: Shape) -> Layer:
    pairs = tuple(zip(m.before, m.after, strict=True))
    pad: Any = extent(m.before) if m.before == m.after else pairs
    return pool.AvgPool(extent(m.kernel), _strided(m), pad, m.ceil_mode, m.count_include_pad)


def _wide_lppool(m: Any, sizes: Shape) -> Layer:
    mean = m.mean
    return pool.LpPool(extent(mean.kernel), m.power, _strided(mean), mean.ceil_mode)


def _blurpool(m: Any, sizes: Shape) -> Layer:
    mode = "zeros" if m.mode == "constant" else m.mode
    return pool.BlurPool(extent(m.filters.shape[2:]), extent(m.stride), mode)


def _affine(m: Any, sizes: Shape) -> Layer:
    tensors = [tensor for tensor in (m.weight, m.bias) if tensor is not None]
    shared = any(len(tensor) < sizes[0] for tensor in tensors)
    return dense.Affine(m.weight is not None, m.bias is not None, shared)


def extent_of(sizes: Any) -> Extent:
    """A shape: one number for a vector."""
    return int(sizes[0]) if len(sizes) == 1 else tuple(map(int, sizes))


RULES: Mapping[str, Callable[[Any, Shape], Layer]] = {
    "ChannelRMSNorm": lambda m, sizes: norm.RMSNorm("channels", m.eps, m.elementwise_affine),
    "MapRMSNorm": lambda m, sizes: norm.RMSNorm("all", m.eps, False),
    "GlobalResponseNorm": lambda m, sizes: norm.GlobalResponseNorm(m.eps),
    "FilterResponseNorm": lambda m, sizes: norm.FilterResponseNorm(m.eps, m.tau is not None),
    "EvoNormS0": lambda m, sizes: norm.EvoNormS0(m.groups, m.eps),
    "Reduce": _reduce,
    "EfficientChannelAttention": lambda m, sizes: attention.EfficientChannelAttention(m.weight.shape[2]),
    "GroupSoftmax": _group_softmax,
    "PositionSoftmax": lambda m, sizes: activation.Softmax("positions"),
    "PositionLinear": lambda m, sizes: dense.Linear(m.out_features, m.bias is not None),
    "Attention": _plain_attention,
    "WindowAttention": _window_attention,
    "Affine": _affine,
    "LearnedConstant": lambda m, sizes: dense.LearnedConstant(extent_of(m.weight.shape)),
    "LearnedScale": lambda m, sizes: dense.Scale(m.by, True),
    "LayerScale": lambda m, sizes: dense.LayerScale(m.init),
    "PixelUnshuffle": lambda m, sizes: shape.PixelUnshuffle(m.factor),
    "PixelShuffle": lambda m, sizes: shape.PixelShuffle(m.factor),
    "Reshape": lambda m, sizes: shape.Reshape(extent_of(m.sizes)),
    "ZeroChannels": lambda m, sizes: shape.ZeroChannels(sizes[0] + m.before + m.after),
    "Permute": lambda m, sizes: sequence.Permute(tuple(axis - 1 for axis in m.axes[1:])),
    "SameConv2d": _conv(standardize=False, same=True),
    "StandardizedConv2d": _conv(standardize=True, same=False),
    "StandardizedSameConv2d": _conv(standardize=True, same=True),
    "SameMaxPool2d": _same_maxpool,
    "SameAvgPool2d": _same_avgpool,
    "MaxUnpool2d": _max_unpool,
    "WideAvgPool2d": _wide_avgpool,
    "WideLPPool2d": _wide_lppool,
    "BlurPool2d": _blurpool,
}
"""What each class is, by its name for two axes, from a module of it and the sizes of its input."""
