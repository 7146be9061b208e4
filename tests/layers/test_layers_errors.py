"""Every mistake that a layer can answer, word for word, with its cure."""

import pytest

from cnnspec.layers.base import LayerError, describe
from cnnspec.layers.conv import Conv, DepthwiseConv, TransposedConv
from cnnspec.layers.dense import Linear
from cnnspec.layers.join import Add, Concat, Maximum, Mul
from cnnspec.layers.norm import GroupNorm, InstanceNorm, LocalResponseNorm
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
from cnnspec.layers.written import layer_text


def mistake(layer, *shapes):
    with pytest.raises(LayerError) as caught:
        layer.infer(*shapes)
    error = caught.value
    assert str(error) == error.message
    return error.code, error.message, error.label, error.help


NEEDS_MAP = [
    Conv(8, 3),
    DepthwiseConv(3),
    TransposedConv(8, 3),
    MaxPool(2),
    AvgPool(2),
    LpPool(2),
    GlobalAvgPool(),
    GlobalMaxPool(),
    AdaptiveAvgPool(2),
    AdaptiveMaxPool(2),
    InstanceNorm(),
    LocalResponseNorm(),
    Pad(1),
    Crop(1),
    ChannelShuffle(2),
    PixelShuffle(2),
    Upsample(2),
    Resize(2),
    Subsample(2),
]


@pytest.mark.parametrize("layer", NEEDS_MAP, ids=lambda layer: layer.op)
def test_a_vector_where_a_map_is_needed(layer):
    assert mistake(layer, (64,)) == (
        "shape-rank",
        f"`{layer.op}` needs a map such as 64x28x28, here it gets the vector 64",
        "",
        "put it before flatten and gap -> flatten, or reshape the vector to a map",
    )


def test_a_map_where_a_vector_is_needed():
    assert mistake(Linear(10), (64, 7, 7)) == (
        "shape-rank",
        "`linear` needs a vector, here it gets the map 64x7x7",
        "map 64x7x7",
        "flatten first: flatten -> linear(10) has 31,360 weights, gap -> flatten -> linear(10) has 640",
    )


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        (Conv(8, (3, 3)), "kernel"),
        (Conv(8, 3, stride=(1, 2)), "stride"),
        (Conv(8, 3, pad=(1, 2)), "pad"),
        (Conv(8, 3, dilation=(1, 2)), "dilation"),
        (TransposedConv(8, (3, 3)), "kernel"),
        (TransposedConv(8, 3, output_pad=(0, 0)), "output_pad"),
        (MaxPool((2, 2)), "kernel"),
        (MaxPool(2, stride=(2, 2)), "stride"),
        (AvgPool(2, pad=(0, 0)), "pad"),
        (LpPool(2, stride=(2, 2)), "stride"),
        (AdaptiveAvgPool((2, 2)), "size"),
        (AdaptiveMaxPool((2, 2)), "size"),
        (Pad((1, 1)), "amount"),
        (Crop((1, 1)), "size"),
        (Upsample((2, 2)), "scale"),
        (Resize((2, 2)), "size"),
        (Subsample((2, 2)), "stride"),
    ],
    ids=lambda value: getattr(value, "op", value),
)
def test_an_extent_of_the_wrong_number_of_axes(layer, name):
    assert mistake(layer, (4, 9, 9, 9)) == (
        "argument-rank",
        f"`{name}` is given for 2 axes, the map has 3",
        "",
        "give one integer for all axes, or 3 of them",
    )


MISTAKES = [
    (Conv(48, 3, groups=5), (32, 8, 8)),
    (TransposedConv(9, 3, groups=2), (6, 8)),
    (GroupNorm(5), (32, 8, 8)),
    (ChannelShuffle(3), (8, 4, 4)),
    (PixelShuffle(2), (6, 4, 4)),
    (Conv(8, 7, pad=1, dilation=2), (3, 9, 20)),
    (MaxPool(4), (3, 3)),
    (LpPool(4, stride=2, ceil=True), (3, 2)),
    (TransposedConv(8, 3, stride=2, output_pad=2), (3, 9)),
    (TransposedConv(8, 3, dilation=3, output_pad=3), (3, 9)),
    (TransposedConv(8, 2, pad=1), (3, 1, 9)),
    (MaxPool(3, pad=2), (3, 9, 9)),
    (AvgPool((5, 2), stride=1, pad=(2, 2)), (3, 9, 9)),
    # torch's rule does not count the dilation; and the asymmetric `same` pads 1 before and 2 after.
    (MaxPool(2, stride=1, pad="same", dilation=3), (3, 9)),
    # The one window would have one tap before the map and one after it.
    (MaxPool(2, pad=1, dilation=3), (3, 2)),
    (InstanceNorm(), (8, 1, 1)),
    (GroupNorm(8), (8,)),
    (Pad((1, 5), mode="reflect"), (3, 5, 5)),
    (Pad(6, mode="circular"), (3, 5)),
    (Conv(8, 5, pad_mode="reflect"), (3, 9, 2)),
    # `same` pads 1 before and 2 after, and the map is 2 wide.
    (Conv(8, 4, pad="same", pad_mode="reflect"), (3, 2)),
    (Crop((5, 6)), (3, 5, 5)),
    (Slice(2, 9), (8, 5, 5)),
    (Slice(3, 3), (8,)),
    (Slice(-1, 3), (8,)),
    (ZeroChannels(7), (8, 5, 5)),
    (Reshape((4, 7, 7)), (98, 4)),
    (Reshape(10), (12,)),
    (Reshape((4, 7, 7)), (99,)),
    (Concat(), (64, 28, 28), (32, 14, 14)),
    (Concat(), (32, 5), (64, 15)),
    (Concat(), (64, 28, 28), (32, 27, 27)),
    (Concat(), (64, 28, 28), (32, 14, 28)),
    (Concat(), (64, 6, 4), (32, 4, 6)),
    (Concat(), (64, 6, 4), (64,)),
    (Concat(), (10,), (64, 6, 4)),
    (Add(), (64, 28, 28), (128, 28, 28)),
    (Add(), (10,), (12,)),
    (Add(), (8, 4, 4), (8, 1, 1)),
    (Mul(), (1, 4, 4), (8, 3, 3)),
    (Maximum(), (64, 28, 28), (128, 14, 14)),
    (Mul(), (64, 28, 28), (64, 1, 14)),
    (Mul(), (64, 28, 28), (32, 1, 1)),
    (Mul(), (64, 28, 28), (64, 28)),
    # The first input that does not fit is named; a vector is named as the pixel that it counts as.
    (Add(), (4, 9), (4, 9), (5, 9)),
    (Mul(), (7,), (8, 5, 5)),
]


def test_every_other_mistake(golden):
    """What each of these layers says of these shapes is in the golden file, word for word."""
    told = []
    for layer, *shapes in MISTAKES:
        code, message, label, cure = mistake(layer, *shapes)
        of = ", ".join(map(describe, shapes))
        told.append(f"{layer_text(layer)} of {of}\n  {code}: {message}\n  label: {label}\n  help: {cure}\n")
    golden("layer_mistakes.txt", "\n".join(told))
