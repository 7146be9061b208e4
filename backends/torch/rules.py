"""The table of the torch backend: from each layer to the module, or the function, that it is in torch.

A name without a dot (`Crop`) is a class of helpers/, which generated source carries along.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnnspec.backends.torch.calls import REQUIRED, Slot, TorchCall, TorchForm, both, compact, module, rank_of
from cnnspec.backends.torch.formula import elementwise
from cnnspec.backends.torch.inplace import with_place
from cnnspec.backends.torch.windows import (
    adaptive,
    avgpool,
    blurpool,
    conv,
    lppool,
    max_unpool,
    maxpool,
    tconv,
)
from cnnspec.graph import Graph, Node
from cnnspec.layers import activation as A
from cnnspec.layers import attention as T
from cnnspec.layers import conv as C
from cnnspec.layers import dense as D
from cnnspec.layers import join as J
from cnnspec.layers import norm as N
from cnnspec.layers import pool as P
from cnnspec.layers import sequence as Q
from cnnspec.layers import shape as S
from cnnspec.layers.base import Layer, Shape, per_axis
from cnnspec.layers.following import CropLike, ResizeLike
from cnnspec.layers.window import is_sided


def batchnorm(layer: N.BatchNorm, source: Shape) -> TorchForm:
    return module(
        f"nn.BatchNorm{max(1, rank_of(source))}d",
        Slot("num_features", source[0]),
        Slot("eps", layer.eps, 1e-5),
        Slot("momentum", layer.momentum, 0.1),
        Slot("affine", layer.affine, True),
    )


def is_without_sizes(layer: N.LayerNorm | N.RMSNorm, source: Shape) -> bool:
    """Whether a norm is over all of a map, of whatever size, since it has no weights."""
    return layer.over == "all" and len(source) > 1 and not layer.affine


def layernorm(layer: N.LayerNorm, source: Shape) -> TorchForm:
    if is_without_sizes(layer, source):
        return groupnorm(N.GroupNorm(1, layer.eps, affine=False), source)
    whole = layer.over == "all" or len(source) == 1
    shape = Slot("normalized_shape", source[0] if len(source) == 1 or not whole else source)
    eps, affine = Slot("eps", layer.eps, 1e-5), Slot("elementwise_affine", layer.affine, True)
    return module("nn.LayerNorm" if whole else "ChannelLayerNorm", shape, eps, affine)


def rmsnorm(layer: N.RMSNorm, source: Shape) -> TorchForm:
    if is_without_sizes(layer, source):
        return module("MapRMSNorm", Slot("eps", layer.eps))
    whole = layer.over == "all" or len(source) == 1
    shape = Slot("normalized_shape", source[0] if len(source) == 1 or not whole else source)
    eps, affine = Slot("eps", layer.eps), Slot("elementwise_affine", layer.affine, True)
    return module("nn.RMSNorm" if whole else "ChannelRMSNorm", shape, eps, affine)


def instancenorm(layer: N.InstanceNorm, source: Shape) -> TorchForm:
    return module(
        f"nn.InstanceNorm{rank_of(source)}d",
        Slot("num_features", source[0]),
        Slot("eps", layer.eps, 1e-5),
        Slot("affine", layer.affine, False),
    )


def groupnorm(layer: N.GroupNorm, source: Shape) -> TorchForm:
    groups, channels = Slot("num_groups", layer.groups), Slot("num_channels", source[0])
    eps, affine = Slot("eps", layer.eps, 1e-5), Slot("affine", layer.affine, True)
    return module("nn.GroupNorm", groups, channels, eps, affine)


def lrn(layer: N.LocalResponseNorm, source: Shape) -> TorchForm:
    return both(
        "nn.LocalResponseNorm",
        "F.local_response_norm",
        Slot("size", layer.size),
        Slot("alpha", layer.alpha, 1e-4),
        Slot("beta", layer.beta, 0.75),
        Slot("k", layer.k, 1.0),
    )


def prelu(layer: A.PReLU, source: Shape) -> TorchForm:
    return module(
        "nn.PReLU",
        Slot("num_parameters", 1 if layer.shared else source[0], 1),
        Slot("init", layer.init, 0.25),
    )


def frn(layer: N.FilterResponseNorm, source: Shape) -> TorchForm:
    return module(
        "FilterResponseNorm",
        Slot("channels", source[0]),
        Slot("eps", layer.eps, 1e-5),
        Slot("threshold", layer.threshold, True),
    )


def evonorm_s0(layer: N.EvoNormS0, source: Shape) -> TorchForm:
    return module(
        "EvoNormS0",
        Slot("num_groups", layer.groups),
        Slot("num_channels", source[0]),
        Slot("eps", layer.eps, 1e-5),
    )


def softmax(layer: A.Softmax, source: Shape) -> TorchForm:
    if layer.over == "channels" and layer.groups == 1:
        return both("nn.Softmax", "F.softmax", DIM)
    if layer.over == "positions" and rank_of(source) == 1:
        return both("nn.Softmax", "F.softmax", Slot("dim", 2, None))
    if layer.over == "positions":
        return module("PositionSoftmax")
    return module("GroupSoftmax", Slot("over", layer.over), Slot("groups", layer.groups))


def reduce(layer: T.Reduce, source: Shape) -> TorchForm:
    axes = (Slot(f"axis{i}", 1 + axis) for i, axis in enumerate(layer.axes(source)))
    return module("Reduce", Slot("statistic", layer.statistic), *axes)


def attention(layer: T.Attention, source: Shape) -> TorchForm:
    sized = (Slot("channels", source[0]), Slot("num_heads", layer.heads))
    last = (Slot("qkv_bias", layer.qkv_bias, True), Slot("out", layer.out, None))
    if layer.is_plain(source):
        return module("Attention", *sized, *last)
    shift = layer.shifts(source)
    return module(
        "WindowAttention",
        *sized,
        Slot("sizes", source[1:]),
        Slot("window", layer.places(source)),
        Slot("shift", shift if any(shift) else None, None),
        Slot("grid", layer.grid is not None, False),
        Slot("relative", layer.bias == "relative", False),
        *last,
    )


def linear(layer: D.Linear, source: Shape) -> TorchForm:
    return module(
        "nn.Linear" if len(source) == 1 else "PositionLinear",
        Slot("in_features", source[0]),
        Slot("out_features", layer.out),
        Slot("bias", layer.bias, True),
    )


def scale(layer: D.Scale, source: Shape) -> TorchForm:
    return module("LearnedScale" if layer.learnable else "Scale", Slot("by", layer.by))


def pad(layer: S.Pad, source: Shape) -> TorchForm:
    rank = rank_of(source)
    # torch counts margins from the last axis on, before and after
    amounts = tuple(side for margin in reversed(layer.margins(source)) for side in margin)
    padding = Slot("padding", compact(amounts))
    if layer.mode == "zeros" and layer.value:
        return module(f"nn.ConstantPad{rank}d", padding, Slot("value", layer.value))
    kind = {"zeros": "Zero", "reflect": "Reflection", "replicate": "Replication", "circular": "Circular"}
    return module(f"nn.{kind[layer.mode]}Pad{rank}d", padding)


def crop(layer: S.Crop, source: Shape) -> TorchForm:
    kept = layer.infer(source)[1:]
    at = None if layer.at is None else layer.offsets(source)
    return module("Crop", *(Slot(f"size{i}", n) for i, n in enumerate(kept)), Slot("at", at, None))


def pixel_unshuffle(layer: S.PixelUnshuffle, source: Shape) -> TorchForm:
    factor = Slot("downscale_factor", layer.factor)
    if rank_of(source) == 2:
        return both("nn.PixelUnshuffle", "F.pixel_unshuffle", factor)
    return module("PixelUnshuffle", factor, Slot("axes", rank_of(source)))


def permute(layer: Q.Permute, source: Shape) -> TorchForm:
    if not layer.moved:
        return module("nn.Identity")
    return module("Permute", *(Slot(f"axis{i}", 1 + axis) for i, axis in enumerate(layer.order)))


def matmul(layer: J.MatMul, *sources: Shape) -> TorchForm:
    # samples and channels of a map are one axis of matrices, which only values in order can be
    order = ".contiguous()" if len(sources[0]) > 2 else ""
    turned = (".mT" if on else "" for on in (layer.transpose_a, layer.transpose_b))
    return TorchForm(join="matmul", suffixes=tuple(order + one for one in turned))


def subsample(layer: S.Subsample, source: Shape) -> TorchForm:
    """Every stride-th pixel is what a pool of one pixel picks."""
    rank = rank_of(source)
    slots = (Slot("kernel_size", 1), Slot("stride", compact(layer.stride), None))
    return both(f"nn.MaxPool{rank}d", f"F.max_pool{rank}d", *slots)


def pixel_shuffle(layer: S.PixelShuffle, source: Shape) -> TorchForm:
    factor = Slot("upscale_factor", layer.factor)
    if rank_of(source) == 2:
        return both("nn.PixelShuffle", "F.pixel_shuffle", factor)
    return module("PixelShuffle", factor, Slot("axes", rank_of(source)))


def upsample(layer: S.Upsample, source: Shape) -> TorchForm:
    scale = compact(layer.scale)
    # TorchScript takes no integers here
    factor = float(scale) if isinstance(scale, int) else tuple(map(float, scale))
    return resized(Slot("scale_factor", factor, None), layer.mode, source)


def resize(layer: S.Resize, source: Shape) -> TorchForm:
    return resized(Slot("size", compact(layer.size), None), layer.mode, source)


def resized(size: Slot, mode: str, source: Shape) -> TorchForm:
    """nn.Upsample and F.interpolate."""
    return both("nn.Upsample", "F.interpolate", size, Slot("mode", mode_of(mode, source), "nearest"))


def mode_of(mode: str, source: Shape) -> str:
    """What torch calls a mode: the linear ones by rank."""
    words = {1: "linear", 2: "bilinear", 3: "trilinear"}
    return mode if mode == "nearest" else words[rank_of(source)]


def resize_like(layer: ResizeLike, source: Shape, like: Shape) -> TorchForm:
    return module("ResizeLike", Slot("mode", mode_of(layer.mode, source), "nearest"))


def crop_like(layer: CropLike, source: Shape, like: Shape) -> TorchForm:
    at = None if layer.at is None else per_axis(layer.at, rank_of(source), "at")
    return module("CropLike", Slot("axes", rank_of(source)), Slot("at", at, None))


def reshape(layer: S.Reshape, source: Shape) -> TorchForm:
    return module("Reshape", *(Slot(f"size{i}", n) for i, n in enumerate(layer.infer(source))))


def zero_channels(layer: S.ZeroChannels, source: Shape) -> TorchForm:
    before, after = layer.margins(source)
    return module("ZeroChannels", Slot("before", before), Slot("after", after))


def mul(layer: J.Mul, *sources: Shape) -> TorchForm:
    rank = max(map(len, sources))
    return TorchForm(join="*", broadcast=tuple(rank - len(source) for source in sources))


def of_two(join: str) -> Callable[..., TorchForm]:
    """The rule of a join of two values, by torch's name of it."""

    def rule(layer: J.Sub | J.Div, *sources: Shape) -> TorchForm:
        rank = max(map(len, sources))
        return TorchForm(join=join, broadcast=tuple(rank - len(source) for source in sources))

    return rule


def plain(name: str, function: str, *slots: Slot) -> Callable[..., TorchForm]:
    """The rule of a layer without arguments of its own."""
    return lambda layer, source: both(name, function, *slots)


def simple(name: str, function: str, **fields: tuple[str, Any]) -> Callable[..., TorchForm]:
    """The rule of a layer whose fields are torch's arguments: field=(torch's name, torch's default)."""

    def rule(layer: Any, source: Shape) -> TorchForm:
        slots = [Slot(name, getattr(layer, field), default) for field, (name, default) in fields.items()]
        return both(name, function, *slots) if function else module(name, *slots)

    return rule


DIM = Slot("dim", 1, None)

RULES: dict[type[Layer], Callable[..., TorchForm]] = {
    C.Conv: conv,
    C.TransposedConv: tconv,
    P.MaxPool: maxpool,
    P.AvgPool: avgpool,
    P.LpPool: lppool,
    P.AdaptiveAvgPool: adaptive("Avg", "avg"),
    P.AdaptiveMaxPool: adaptive("Max", "max"),
    N.BatchNorm: batchnorm,
    N.LayerNorm: layernorm,
    N.InstanceNorm: instancenorm,
    N.GroupNorm: groupnorm,
    N.LocalResponseNorm: lrn,
    N.RMSNorm: rmsnorm,
    N.GlobalResponseNorm: lambda layer, source: module(
        "GlobalResponseNorm", Slot("channels", source[0]), Slot("eps", layer.eps, 1e-6)
    ),
    N.FilterResponseNorm: frn,
    N.EvoNormS0: evonorm_s0,
    A.ReLU: plain("nn.ReLU", "F.relu"),
    A.ReLU6: plain("nn.ReLU6", "F.relu6"),
    A.LeakyReLU: simple("nn.LeakyReLU", "F.leaky_relu", slope=("negative_slope", 0.01)),
    A.PReLU: prelu,
    A.ELU: simple("nn.ELU", "F.elu", alpha=("alpha", 1.0)),
    A.SELU: plain("nn.SELU", "F.selu"),
    A.GELU: simple("nn.GELU", "F.gelu", approximate=("approximate", "none")),
    A.SiLU: plain("nn.SiLU", "F.silu"),
    A.Mish: plain("nn.Mish", "F.mish"),
    A.HardSwish: plain("nn.Hardswish", "F.hardswish"),
    A.HardSigmoid: plain("nn.Hardsigmoid", "F.hardsigmoid"),
    A.Softplus: simple("nn.Softplus", "F.softplus", beta=("beta", 1.0), threshold=("threshold", 20.0)),
    A.Softsign: plain("nn.Softsign", "F.softsign"),
    A.Sigmoid: plain("nn.Sigmoid", "torch.sigmoid"),
    A.Tanh: plain("nn.Tanh", "torch.tanh"),
    A.Softmax: softmax,
    A.LogSoftmax: plain("nn.LogSoftmax", "F.log_softmax", DIM),
    D.Linear: linear,
    D.Flatten: lambda layer, source: TorchForm(
        TorchCall("nn.Flatten"), TorchCall("torch.flatten", (Slot("start_dim", 1),))
    ),
    D.Dropout: simple("nn.Dropout", "", rate=("p", REQUIRED)),
    D.DropPath: simple("DropPath", "", rate=("rate", REQUIRED)),
    D.Identity: simple("nn.Identity", ""),
    D.Scale: scale,
    D.LayerScale: lambda layer, source: module(
        "LayerScale", Slot("channels", source[0]), Slot("init", layer.init)
    ),
    D.Affine: lambda layer, source: module(
        "Affine",
        Slot("channels", 1 if layer.shared else source[0]),
        Slot("weight", layer.weight, True),
        Slot("bias", layer.bias, True),
    ),
    T.Reduce: reduce,
    T.EfficientChannelAttention: simple("EfficientChannelAttention", "", kernel=("kernel_size", REQUIRED)),
    T.Attention: attention,
    S.Pad: pad,
    S.Crop: crop,
    D.LearnedConstant: lambda layer, source: module(
        "LearnedConstant", *(Slot(f"size{i}", n) for i, n in enumerate(layer.shape_of_value))
    ),
    S.PixelUnshuffle: pixel_unshuffle,
    Q.Tokens: lambda layer, source: TorchForm(
        TorchCall("nn.Flatten", (Slot("start_dim", 2),)), TorchCall("torch.flatten", (Slot("start_dim", 2),))
    ),
    Q.Untokens: lambda layer, source: module(
        "nn.Unflatten", Slot("dim", 2), Slot("unflattened_size", layer.infer(source)[1:])
    ),
    P.BlurPool: blurpool,
    P.MaxUnpool: max_unpool,
    Q.Permute: permute,
    S.Slice: simple("Slice", "", start=("start", REQUIRED), stop=("stop", REQUIRED)),
    S.ChannelShuffle: simple("nn.ChannelShuffle", "", groups=("groups", REQUIRED)),
    S.PixelShuffle: pixel_shuffle,
    S.Upsample: upsample,
    S.Resize: resize,
    ResizeLike: resize_like,
    CropLike: crop_like,
    S.Reshape: reshape,
    S.ZeroChannels: zero_channels,
    S.Subsample: subsample,
    J.Concat: lambda layer, *sources: TorchForm(join="cat" if layer.over == "channels" else "cat2"),
    J.Add: lambda layer, *sources: TorchForm(join="+"),
    J.Mul: mul,
    J.Sub: of_two("sub"),
    J.Div: of_two("div"),
    J.MatMul: matmul,
    J.Maximum: lambda layer, *sources: TorchForm(join="maximum"),
}


def known(layer: Layer) -> bool:
    """Whether torch has it: what pads its two sides apart is a padding, and then a window."""
    sided = isinstance(layer, C.Conv | P.MaxPool) and is_sided(layer.pad)
    return (type(layer) in RULES or layer.elementwise) and not sided


def rule_of(layer: Layer) -> Callable[..., TorchForm]:
    """The rule of a layer that is known, or an input."""
    return RULES.get(type(layer), elementwise)


def written(graph: Graph, node: Node) -> TorchForm:
    """How a node of a lowered graph is written."""
    return with_place(rule_of(node.layer)(node.layer, *graph.input_shapes(node)), graph, node)
