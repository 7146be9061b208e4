"""One table of layers on small inputs, for the tests of every backend."""

from __future__ import annotations

from dataclasses import fields
from typing import NamedTuple

from cnnspec.graph import Graph, build
from cnnspec.layers.activation import (
    ELU,
    GELU,
    SELU,
    HardSigmoid,
    HardSwish,
    LeakyReLU,
    LogSoftmax,
    Mish,
    PReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from cnnspec.layers.base import Layer, Shape
from cnnspec.layers.conv import Conv, DepthwiseConv, TransposedConv
from cnnspec.layers.dense import Dropout, DropPath, Flatten, Identity, LayerScale, Linear, Scale
from cnnspec.layers.join import Add, Concat, Maximum, Mul
from cnnspec.layers.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, LocalResponseNorm, RMSNorm
from cnnspec.layers.pool import (
    AdaptiveAvgPool,
    AdaptiveMaxPool,
    AvgPool,
    GlobalAvgPool,
    GlobalMaxPool,
    LpPool,
    MaxPool,
)
from cnnspec.layers.shape import (
    ChannelShuffle,
    Crop,
    Pad,
    PixelShuffle,
    Reshape,
    Resize,
    Slice,
    Subsample,
    Upsample,
    ZeroChannels,
)

VECTOR, LINE, MAP, CUBE = (6,), (4, 9), (4, 7, 6), (4, 5, 4, 3)
EVEN = (4, 8, 6)
"""A map on which ceil mode adds a window that runs over the end."""


class Case(NamedTuple):
    """A layer and the shapes of its inputs, per sample."""

    layer: Layer
    shapes: tuple[Shape, ...]

    @property
    def title(self) -> str:
        given = ", ".join(
            f"{f.name}={getattr(self.layer, f.name)}"
            for f in fields(self.layer)
            if getattr(self.layer, f.name) != f.default
        )
        return f"{self.layer.op}({given})-" + "-".join("x".join(map(str, shape)) for shape in self.shapes)

    def graph(self) -> Graph:
        """The net of this layer alone: inputs x0, x1, .. and a head `head`."""
        inputs = {f"x{i}": shape for i, shape in enumerate(self.shapes)}
        return build("OneLayer", inputs, [("layer", self.layer, tuple(inputs))], {"head": "layer"})


def on(shape: Shape, *layers: Layer) -> list[Case]:
    """Cases of layers that take one input of this shape."""
    return [Case(layer, (shape,)) for layer in layers]


CONVS = [
    *on(
        MAP,
        Conv(6, 3),
        Conv(6, (3, 2), stride=(2, 1), pad=(1, 0), dilation=(1, 2), groups=2, bias=False),
        Conv(6, 4, stride=2, pad="same"),
        Conv(6, 2, dilation=3, pad="same"),
        Conv(4, 3, pad="valid", groups=4),
        Conv(4, 3, pad_mode="reflect"),
        Conv(4, 5, pad_mode="replicate"),
        Conv(4, 3, stride=2, pad_mode="circular"),
        Conv(4, 4, stride=2, pad="same", pad_mode="circular"),
        Conv(6, 3, standardize=True),
        Conv(6, 3, stride=2, pad="same", groups=2, standardize=True),
        DepthwiseConv(3, multiplier=2),
        DepthwiseConv((3, 5), stride=2, pad="same", bias=False),
        TransposedConv(6, 3, stride=2, pad=1, output_pad=1),
        TransposedConv(6, (3, 2), stride=(3, 2), dilation=2, groups=2, bias=False, output_pad=(2, 1)),
        TransposedConv(4, 3, stride=2, dilation=4, pad=1, output_pad=3),
        TransposedConv(4, 2, dilation=3, output_pad=2, bias=False),
    ),
    *on(
        LINE,
        Conv(6, 3, stride=2),
        Conv(2, 3, pad=2, pad_mode="circular"),
        DepthwiseConv(4, pad="same"),
        TransposedConv(2, 4, stride=2, pad=1),
    ),
    *on(
        CUBE,
        Conv(2, (1, 3, 2), pad=(0, 1, 1)),
        Conv(2, 3, stride=2, pad="same", pad_mode="replicate"),
        Conv(4, 3, standardize=True),
        TransposedConv(2, 2, stride=2),
    ),
]

POOLS = [
    *on(
        MAP,
        MaxPool(2),
        MaxPool(3, stride=2, pad=1),
        MaxPool((2, 3), stride=1, pad=1, dilation=2),
        MaxPool(3, stride=2, pad="same"),
        MaxPool(2, stride=3, pad=1, dilation=3, ceil=True),
        AvgPool(2),
        AvgPool(3, stride=2, pad=1),
        AvgPool(3, stride=2, pad=1, count_pad=False),
        AvgPool((2, 4), stride=2, pad="same", count_pad=False),
        AvgPool((4, 3), stride=3, pad="same"),
        LpPool(2),
        LpPool(2, power=1.0),
        GlobalAvgPool(),
        GlobalMaxPool(),
        AdaptiveAvgPool((3, 4)),
        AdaptiveMaxPool((3, 4)),
        AdaptiveAvgPool((7, 3)),
        AdaptiveMaxPool((7, 6)),
        AdaptiveAvgPool((9, 2)),
    ),
    *on(
        EVEN,
        MaxPool(3, stride=2, ceil=True),
        MaxPool(3, stride=2, pad="half", ceil=True),
        AvgPool(3, stride=2, pad=1, ceil=True),
        AvgPool(3, stride=2, pad=1, ceil=True, count_pad=False),
        AvgPool(3, stride=3, ceil=True),
        LpPool(3, power=4.0, stride=2, ceil=True),
    ),
    *on(LINE, MaxPool(2), AvgPool(3, pad=1), AvgPool(4, ceil=True), LpPool(2, ceil=True), GlobalAvgPool()),
    *on(LINE, AdaptiveAvgPool(12), AdaptiveMaxPool(4)),
    *on(CUBE, MaxPool(2, stride=1), MaxPool(2, ceil=True), AvgPool(2), AvgPool(2, ceil=True)),
    *on(CUBE, GlobalAvgPool(), GlobalMaxPool(), AdaptiveMaxPool(2), AdaptiveAvgPool((2, 4, 3))),
]

NORMS = [
    *on(
        MAP,
        BatchNorm(),
        BatchNorm(eps=1e-3, momentum=0.3, affine=False),
        LayerNorm(),
        LayerNorm(over="channels", eps=1e-6),
        LayerNorm(over="channels", affine=False),
        InstanceNorm(),
        InstanceNorm(affine=True),
        GroupNorm(2),
        LocalResponseNorm(),
        LocalResponseNorm(4, 0.5, 0.6, 2.0),
        LocalResponseNorm(7, 0.5),
        RMSNorm(),
        RMSNorm(over="channels", affine=False),
    ),
    *on(VECTOR, BatchNorm(), LayerNorm(affine=False), LayerNorm(over="channels"), GroupNorm(3), RMSNorm()),
    *on(LINE, BatchNorm(), InstanceNorm(affine=True), LocalResponseNorm(3, 0.1), LayerNorm(over="channels")),
    *on(
        CUBE,
        BatchNorm(),
        GroupNorm(2, affine=False),
        InstanceNorm(),
        LocalResponseNorm(),
        RMSNorm("channels"),
    ),
]

ACTIVATIONS = [
    *on(
        MAP,
        ReLU(),
        ReLU6(),
        LeakyReLU(0.2),
        PReLU(),
        PReLU(shared=True),
        ELU(0.7),
        SELU(),
        GELU(),
        GELU("tanh"),
        SiLU(),
        Mish(),
        HardSwish(),
        HardSigmoid(),
        Softplus(),
        Softplus(2.0, 1.0),
        Sigmoid(),
        Tanh(),
        Softmax(),
        LogSoftmax(),
    ),
    *on(VECTOR, PReLU(), PReLU(shared=True), GELU(), Mish(), Softmax(), LogSoftmax()),
    *on(LINE, PReLU(), Softmax()),
    *on(CUBE, PReLU(), LogSoftmax()),
]

DENSE = [
    *on(VECTOR, Linear(5), Linear(5, bias=False), Flatten(), Scale(0.3), LayerScale(0.1), Dropout(0.0)),
    *on(MAP, Flatten(), Dropout(0.0), DropPath(0.0), Identity(), Scale(-0.3)),
    *on(MAP, Scale(2.0, learnable=True), LayerScale(0.1)),
    *on(CUBE, LayerScale(0.1), Flatten()),
]

SHAPES = [
    *on(
        MAP,
        Pad(0),
        Pad(2),
        Pad((1, 2), value=3.0),
        Pad((1, 3), "reflect"),
        Pad((7, 2), "circular"),
        Crop((4, 3)),
        Slice(1, 3),
        ChannelShuffle(2),
        PixelShuffle(2),
        Upsample(2),
        Upsample((1, 3)),
        Upsample(3, "bilinear"),
        Resize((5, 9)),
        Resize((14, 12)),
        Resize((5, 9), "bilinear"),
        Resize(1, "bilinear"),
        Reshape((2, 7, 12)),
        Reshape(168),
        ZeroChannels(9),
        Subsample((2, 3)),
    ),
    *on(VECTOR, Slice(2, 6), ZeroChannels(7), Reshape((3, 2, 1))),
    *on(LINE, Pad(3, "replicate"), Crop(4), Upsample(2, "bilinear"), Resize(7), Resize(4, "bilinear")),
    *on(LINE, ChannelShuffle(4), PixelShuffle(2), Subsample(2)),
    *on(CUBE, Pad((1, 0, 2), "circular"), Pad((1, 2, 0), "reflect"), Upsample(2, "bilinear"), Upsample(2)),
    *on(CUBE, Crop(2), Resize((3, 5, 4)), Resize((3, 5, 4), "bilinear"), ChannelShuffle(2), Subsample(2)),
    *on((8, 2, 3, 2), PixelShuffle(2)),
]

JOINS = [
    Case(Concat(), (MAP, (2, 7, 6), MAP)),
    Case(Concat(), (VECTOR, (3,))),
    Case(Concat(), (MAP,)),
    Case(Add(), (MAP, MAP, MAP)),
    Case(Add(), (VECTOR, VECTOR)),
    Case(Add(), (MAP,)),
    Case(Mul(), (MAP, (4, 1, 1), (1, 7, 6))),
    Case(Mul(), ((4,), MAP)),
    Case(Mul(), (CUBE, (4,))),
    Case(Mul(), (MAP,)),
    Case(Maximum(), (MAP, MAP, MAP)),
    Case(Maximum(), (VECTOR,)),
]

CASES = CONVS + POOLS + NORMS + ACTIVATIONS + DENSE + SHAPES + JOINS
