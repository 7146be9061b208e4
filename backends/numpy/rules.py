"""The table of the numpy backend: from each layer to its kernels and their settings."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from cnnspec.backends.numpy import formulas
from cnnspec.backends.numpy.kernels import activation as act
from cnnspec.backends.numpy.kernels import attention, conv, dense, join, norm, pool, resample, shape, window
from cnnspec.backends.numpy.kernels.window import Array, Gradients
from cnnspec.backends.steps import Step
from cnnspec.layers import activation as A
from cnnspec.layers import attention as T
from cnnspec.layers import conv as C
from cnnspec.layers import dense as D
from cnnspec.layers import join as J
from cnnspec.layers import norm as N
from cnnspec.layers import pool as P
from cnnspec.layers import sequence as Q
from cnnspec.layers import shape as S
from cnnspec.layers.base import Layer, Shape, Slide
from cnnspec.layers.following import FOLLOWING

Settings = dict[str, Any]


class KernelRule(NamedTuple):
    """How a layer runs: `forward(*inputs, **weights, **settings)`; `backward` takes the gradient first.

    `settings(layer, *shapes)` are what the kernel needs of the layer at these input shapes. `noise(layer,
    shape, rng)`, where given, draws what training multiplies with, for a batch of this shape. `modal` kernels
    take `training`.
    """

    forward: Callable[..., Array]
    backward: Callable[..., Gradients]
    settings: Callable[..., Settings]
    noise: Callable[[Any, Shape, np.random.Generator], Array] | None = None
    modal: bool = False


OF_WEIGHTS = ("affine", "shared", "init", "threshold")
"""Arguments that kernels do not take: which weights there are says as much."""


def nothing(layer: Layer, *shapes: Shape) -> Settings:
    return {}


def fields(layer: Layer, *shapes: Shape) -> Settings:
    """The arguments of a layer as they are, but for those that only make weights."""
    return {name: value for name, value in vars(layer).items() if name not in OF_WEIGHTS}


@cache
def elementwise(cls: type[Layer]) -> KernelRule:
    """The rule of an elementwise layer, by its formula: dx = dy * f'(x)."""

    def backward(grad: Array, x: Array, **settings: Any) -> Gradients:
        return (formulas.backward(cls(**settings), grad, x),), {}

    return KernelRule(formulas.kernel(cls), backward, lambda layer, *shapes: dict(vars(layer)))


def gaps(slide: Slide) -> Settings:
    """The dilation as a setting, where there is one."""
    return {"dilation": slide.dilation} if max(slide.dilation) > 1 else {}


def conv_settings(layer: C.Conv, source: Shape) -> Settings:
    slide = layer.slide(source)
    settings: Settings = {"stride": slide.stride, "padding": slide.margins, "groups": layer.groups}
    if layer.pad_mode != "zeros":
        settings["pad_mode"] = layer.pad_mode
    if layer.standardize:
        settings["standardize"] = True
    return settings | gaps(slide)


def tconv_settings(layer: C.TransposedConv, source: Shape) -> Settings:
    slide = layer.slide(source)
    settings: Settings = {
        "stride": slide.stride,
        "padding": slide.margins,
        "outputs": slide.sizes,
        "groups": layer.groups,
    }
    return settings | gaps(slide)


def maxpool_settings(layer: P.MaxPool, source: Shape) -> Settings:
    slide = layer.slide(source)
    return {"kernel": slide.kernel, "stride": slide.stride, "padding": slide.reach} | gaps(slide)


def blurpool_settings(layer: P.BlurPool, source: Shape) -> Settings:
    slide = layer.slide(source)
    return {
        "filters": layer.filters(len(slide.sizes)),
        "stride": slide.stride,
        "padding": slide.margins,
        "pad_mode": layer.pad_mode,
    }


def max_unpool_settings(layer: P.MaxUnpool, shape: Shape, source: Shape) -> Settings:
    return maxpool_settings(layer.of, source)


def matmul_settings(layer: J.MatMul, *shapes: Shape) -> Settings:
    return {name: True for name, on in vars(layer).items() if on}


def avgpool_settings(layer: P.AvgPool, source: Shape) -> Settings:
    slide = layer.slide(source)
    return {
        "kernel": slide.kernel,
        "stride": slide.stride,
        "padding": slide.margins,
        "beyond": slide.beyond,
        "count_pad": layer.count_pad,
    }


def lppool_settings(layer: P.LpPool, source: Shape) -> Settings:
    slide = layer.slide(source)
    return {
        "kernel": slide.kernel,
        "stride": slide.stride,
        "beyond": slide.beyond,
        "power": layer.power,
    }


def output_size(layer: Layer, source: Shape) -> Settings:
    return {"size": layer.infer(source)[1:]}


def resize_settings(layer: S.Upsample | S.Resize, source: Shape) -> Settings:
    return {"size": layer.infer(source)[1:], "mode": layer.mode}


def pad_settings(layer: S.Pad, source: Shape) -> Settings:
    return {"padding": layer.margins(source), "mode": layer.mode, "value": layer.value}


def crop_settings(layer: S.Crop, source: Shape) -> Settings:
    return {"offset": layer.offsets(source), "size": layer.infer(source)[1:]}


def zero_channels_settings(layer: S.ZeroChannels, source: Shape) -> Settings:
    before, after = layer.margins(source)
    return {"before": before, "after": after}


def scale_settings(layer: D.Scale, source: Shape) -> Settings:
    return {} if layer.learnable else {"by": layer.by}


def reduce_settings(layer: T.Reduce, source: Shape) -> Settings:
    return {"statistic": layer.statistic, "axes": tuple(1 + axis for axis in layer.axes(source))}


def attention_settings(layer: T.Attention, source: Shape) -> Settings:
    shift = layer.shifts(source)
    return {
        "heads": layer.heads,
        "window": layer.places(source),
        "shift": shift if any(shift) else None,
        "grid": layer.grid is not None,
    }


def drop_values(layer: D.Dropout, batch: Shape, rng: np.random.Generator) -> Array:
    return (rng.random(batch) >= layer.rate) / (1 - layer.rate)


def drop_samples(layer: D.DropPath, batch: Shape, rng: np.random.Generator) -> Array:
    return (rng.random((batch[0], *(1,) * (len(batch) - 1))) >= layer.rate) / (1 - layer.rate)


RULES: dict[type[Layer], KernelRule] = {
    C.Conv: KernelRule(conv.conv, conv.conv_backward, conv_settings),
    C.TransposedConv: KernelRule(conv.tconv, conv.tconv_backward, tconv_settings),
    P.MaxPool: KernelRule(pool.maxpool, pool.maxpool_backward, maxpool_settings),
    P.AvgPool: KernelRule(pool.avgpool, pool.avgpool_backward, avgpool_settings),
    P.LpPool: KernelRule(pool.lppool, pool.lppool_backward, lppool_settings),
    P.GlobalAvgPool: KernelRule(pool.gap, pool.gap_backward, nothing),
    P.GlobalMaxPool: KernelRule(pool.gmp, pool.gmp_backward, nothing),
    P.AdaptiveAvgPool: KernelRule(pool.adaptive_avgpool, pool.adaptive_avgpool_backward, output_size),
    P.AdaptiveMaxPool: KernelRule(pool.adaptive_maxpool, pool.adaptive_maxpool_backward, output_size),
    N.BatchNorm: KernelRule(norm.batchnorm, norm.batchnorm_backward, fields, modal=True),
    N.LayerNorm: KernelRule(norm.layernorm, norm.layernorm_backward, fields),
    N.InstanceNorm: KernelRule(norm.instancenorm, norm.instancenorm_backward, fields),
    N.GroupNorm: KernelRule(norm.groupnorm, norm.groupnorm_backward, fields),
    N.LocalResponseNorm: KernelRule(norm.lrn, norm.lrn_backward, fields),
    N.RMSNorm: KernelRule(norm.rmsnorm, norm.rmsnorm_backward, fields),
    N.GlobalResponseNorm: KernelRule(norm.grn, norm.grn_backward, fields),
    N.FilterResponseNorm: KernelRule(norm.frn, norm.frn_backward, fields),
    N.EvoNormS0: KernelRule(norm.evonorm_s0, norm.evonorm_s0_backward, fields),
    A.PReLU: KernelRule(act.prelu, act.prelu_backward, nothing),
    A.Softmax: KernelRule(act.softmax, act.softmax_backward, fields),
    A.LogSoftmax: KernelRule(act.log_softmax, act.log_softmax_backward, nothing),
    D.Linear: KernelRule(dense.linear, dense.linear_backward, nothing),
    D.Flatten: KernelRule(dense.flatten, dense.flatten_backward, nothing),
    D.Dropout: KernelRule(dense.dropout, dense.dropout_backward, nothing, drop_values),
    D.DropPath: KernelRule(dense.dropout, dense.dropout_backward, nothing, drop_samples),
    D.Identity: KernelRule(dense.identity, dense.identity_backward, nothing),
    D.Scale: KernelRule(dense.scale, dense.scale_backward, scale_settings),
    D.LayerScale: KernelRule(dense.layerscale, dense.layerscale_backward, nothing),
    D.Affine: KernelRule(dense.affine, dense.affine_backward, nothing),
    T.Reduce: KernelRule(attention.reduce_axes, attention.reduce_axes_backward, reduce_settings),
    T.EfficientChannelAttention: KernelRule(attention.eca, attention.eca_backward, nothing),
    T.Attention: KernelRule(attention.attention, attention.attention_backward, attention_settings),
    S.Pad: KernelRule(window.pad, window.pad_backward, pad_settings),
    S.Crop: KernelRule(shape.crop, shape.crop_backward, crop_settings),
    S.Slice: KernelRule(shape.slice_channels, shape.slice_channels_backward, fields),
    S.ChannelShuffle: KernelRule(shape.channel_shuffle, shape.channel_shuffle_backward, fields),
    S.PixelUnshuffle: KernelRule(shape.pixel_unshuffle, shape.pixel_unshuffle_backward, fields),
    D.LearnedConstant: KernelRule(dense.constant, dense.constant_backward, nothing),
    S.PixelShuffle: KernelRule(shape.pixel_shuffle, shape.pixel_shuffle_backward, fields),
    S.Upsample: KernelRule(shape.resize, shape.resize_backward, resize_settings),
    S.Resize: KernelRule(shape.resize, shape.resize_backward, resize_settings),
    P.BlurPool: KernelRule(resample.blurpool, resample.blurpool_backward, blurpool_settings),
    P.MaxUnpool: KernelRule(resample.max_unpool, resample.max_unpool_backward, max_unpool_settings),
    Q.Permute: KernelRule(shape.permute, shape.permute_backward, fields),
    S.Reshape: KernelRule(
        shape.reshape, shape.reshape_backward, lambda layer, source: {"shape": layer.infer(source)}
    ),
    S.ZeroChannels: KernelRule(shape.zero_channels, shape.zero_channels_backward, zero_channels_settings),
    S.Subsample: KernelRule(
        shape.subsample,
        shape.subsample_backward,
        lambda layer, source: {"stride": layer.slide(source).stride},
    ),
    J.Concat: KernelRule(
        join.concat,
        join.concat_backward,
        lambda layer, *sources: {} if layer.over == "channels" else {"axis": 2},
    ),
    J.Add: KernelRule(join.add, join.add_backward, nothing),
    J.Mul: KernelRule(join.mul, join.mul_backward, nothing),
    J.Sub: KernelRule(join.sub, join.sub_backward, nothing),
    J.Div: KernelRule(join.div, join.div_backward, nothing),
    J.MatMul: KernelRule(join.matmul, join.matmul_backward, matmul_settings),
    J.Maximum: KernelRule(join.maximum, join.maximum_backward, nothing),
}


def known(layer: Layer) -> bool:
    """Whether the table has a rule for a layer, or its formula makes one; programs settle what follows."""
    return type(layer) in RULES or layer.elementwise or isinstance(layer, FOLLOWING)


def rule_of(layer: Layer) -> KernelRule:
    """The rule of a layer that is known."""
    return RULES[type(layer)] if type(layer) in RULES else elementwise(type(layer))


def keyword_names(step: Step) -> dict[str, str]:
    """The keys of the weights of a step by the keyword of a kernel: qkv_weight for qkv.weight."""
    return {name.replace(".", "_"): key for name, key in step.weights.items()}
