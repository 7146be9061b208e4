"""The table of the ONNX backend: from each layer to the nodes that it is."""

from __future__ import annotations

from typing import Any

from cnnspec.backends.onnx import attention, conv, norm, pool, shape
from cnnspec.backends.onnx.emit import Emit, Rule
from cnnspec.backends.onnx.formula import elementwise
from cnnspec.layers import activation as A
from cnnspec.layers import attention as T
from cnnspec.layers import conv as C
from cnnspec.layers import dense as D
from cnnspec.layers import join as J
from cnnspec.layers import norm as N
from cnnspec.layers import pool as P
from cnnspec.layers import sequence as Q
from cnnspec.layers import shape as S
from cnnspec.layers.base import Layer
from cnnspec.layers.following import CropLike, ResizeLike


def node(op: str, **attributes: Any) -> Rule:
    """The rule of a layer that is one ONNX node, always with the same attributes."""
    return lambda emit, layer, x: emit(op, x, **attributes)


def field(op: str, attribute: str, name: str) -> Rule:
    """The rule of a layer that is one ONNX node, with one field of the layer as an attribute."""

    def rule(emit: Emit, layer: Layer, x: str) -> str:
        return emit(op, x, **{attribute: getattr(layer, name)})

    return rule


def prelu(emit: Emit, layer: A.PReLU, x: str) -> str:
    return emit("PRelu", x, emit.per_channel(emit.weights["weight"]))


def softmax(emit: Emit, layer: A.Softmax, x: str) -> str:
    """Over the channels as they are; else over an axis of groups, channels of a group, positions."""
    if layer.over == "channels" and layer.groups == 1:
        return emit("Softmax", x, axis=1)
    parts = emit("Reshape", x, (0, layer.groups, emit.shape[0] // layer.groups, -1))
    axis = {"groups": 1, "channels": 2, "positions": 3}[layer.over]
    return emit("Reshape", emit("Softmax", parts, axis=axis), (0, *emit.shape))


RULES: dict[type[Layer], Rule] = {
    C.Conv: conv.conv,
    C.TransposedConv: conv.tconv,
    P.MaxPool: pool.maxpool,
    P.AvgPool: pool.avgpool,
    P.LpPool: pool.lppool,
    P.AdaptiveAvgPool: pool.adaptive("AveragePool", "ReduceMean"),
    P.AdaptiveMaxPool: pool.adaptive("MaxPool", "ReduceMax"),
    N.BatchNorm: norm.batchnorm,
    N.LayerNorm: norm.layernorm,
    N.InstanceNorm: norm.instancenorm,
    N.GroupNorm: norm.groupnorm,
    N.LocalResponseNorm: norm.lrn,
    N.RMSNorm: norm.rmsnorm,
    N.GlobalResponseNorm: norm.grn,
    N.FilterResponseNorm: norm.frn,
    N.EvoNormS0: norm.evonorm_s0,
    A.ReLU: node("Relu"),
    A.LeakyReLU: field("LeakyRelu", "alpha", "slope"),
    A.PReLU: prelu,
    A.ELU: field("Elu", "alpha", "alpha"),
    A.SELU: node("Selu"),
    A.Mish: node("Mish"),
    A.HardSwish: node("HardSwish"),
    A.HardSigmoid: node("HardSigmoid", alpha=1 / 6, beta=0.5),
    A.Softsign: node("Softsign"),
    A.Sigmoid: node("Sigmoid"),
    A.Tanh: node("Tanh"),
    A.Softmax: softmax,
    A.LogSoftmax: node("LogSoftmax", axis=1),
    D.Linear: conv.linear,
    D.Flatten: node("Flatten"),
    D.Dropout: node("Identity"),
    D.DropPath: node("Identity"),
    D.Identity: node("Identity"),
    D.Scale: shape.scale,
    D.LayerScale: shape.layerscale,
    D.Affine: shape.affine,
    T.Reduce: attention.reduce,
    T.EfficientChannelAttention: attention.eca,
    T.Attention: attention.attention,
    S.Pad: conv.pad,
    S.Crop: shape.crop,
    P.BlurPool: pool.blurpool,
    P.MaxUnpool: pool.max_unpool,
    Q.Permute: shape.permute,
    S.Slice: shape.slice_channels,
    S.ChannelShuffle: shape.channel_shuffle,
    S.PixelUnshuffle: shape.pixel_unshuffle,
    D.LearnedConstant: shape.constant,
    S.PixelShuffle: shape.pixel_shuffle,
    S.Upsample: shape.upsample,
    S.Resize: shape.resize,
    ResizeLike: shape.resize_like,
    CropLike: shape.crop_like,
    S.Reshape: shape.reshape,
    S.ZeroChannels: shape.zero_channels,
    S.Subsample: shape.subsample,
    J.Concat: shape.concat,
    J.Add: shape.add,
    J.Mul: shape.mul,
    J.Sub: shape.sub,
    J.Div: shape.div,
    J.MatMul: shape.matmul,
    J.Maximum: shape.maximum,
}


def known(layer: Layer) -> bool:
    """Whether the table has a rule for a layer, or its formula makes one."""
    return type(layer) in RULES or layer.elementwise


def rule_of(layer: Layer) -> Rule:
    """The rule of a layer that is known; an elementwise one has its own where ONNX has a node for it."""
    return RULES.get(type(layer), elementwise)
