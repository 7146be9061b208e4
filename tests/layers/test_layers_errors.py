"""Every mistake that a layer can answer, word for word, with its cure."""

import pytest

from cnnspec.layers.base import LayerError
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


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (
            Conv(48, 3, groups=5),
            (32, 8, 8),
            (
                "groups-divide",
                "`conv` has 5 groups, which do not divide its 32 channels in and 48 out",
                "32 in, 48 out, groups=5",
                "groups that divide both: 1, 2, 4, 8",
            ),
        ),
        (
            TransposedConv(9, 3, groups=2),
            (6, 8),
            (
                "groups-divide",
                "`tconv` has 2 groups, which do not divide its 6 channels in and 9 out",
                "6 in, 9 out, groups=2",
                "groups that divide both: 1, 3",
            ),
        ),
        (
            GroupNorm(5),
            (32, 8, 8),
            (
                "groups-divide",
                "`groupnorm` has 5 groups, which do not divide its 32 channels",
                "32 channels, groups=5",
                "groups that divide 32: 1, 2, 4, 8",
            ),
        ),
        (
            ChannelShuffle(3),
            (8, 4, 4),
            (
                "groups-divide",
                "`channel_shuffle` has 3 groups, which do not divide its 8 channels",
                "8 channels, groups=3",
                "groups that divide 8: 1, 2, 4, 8",
            ),
        ),
        (
            PixelShuffle(2),
            (6, 4, 4),
            (
                "channels-divide",
                "`pixel_shuffle(2)` needs a multiple of 4 channels, here are 6",
                "map 6x4x4",
                "put conv(8, 1) before it",
            ),
        ),
        (
            Conv(8, 7, pad=1, dilation=2),
            (3, 9, 20),
            (
                "window-too-large",
                "the window of `conv` covers 13 pixels, the map with its padding has 11",
                "map 9x20, kernel 7x7",
                "use a kernel of at most 6, or a map of at least 11 pixels here",
            ),
        ),
        (
            MaxPool(4),
            (3, 3),
            (
                "window-too-large",
                "the window of `maxpool` covers 4 pixels, the map with its padding has 3",
                "map 3, kernel 4",
                "use a kernel of at most 3, or a map of at least 4 pixels here",
            ),
        ),
        (
            LpPool(4, stride=2, ceil=True),
            (3, 2),
            (
                "window-too-large",
                "the window of `lppool` covers 4 pixels, the map with its padding has 2",
                "map 2, kernel 4",
                "use a kernel of at most 2, or a map of at least 4 pixels here",
            ),
        ),
        (
            TransposedConv(8, 3, stride=2, output_pad=2),
            (3, 9),
            (
                "output-pad",
                "`output_pad` of 2 is not smaller than stride 2 or dilation 1",
                "",
                "use at most 1",
            ),
        ),
        (
            TransposedConv(8, 3, dilation=3, output_pad=3),
            (3, 9),
            (
                "output-pad",
                "`output_pad` of 3 is not smaller than stride 1 or dilation 3",
                "",
                "use at most 2",
            ),
        ),
        (
            TransposedConv(8, 2, pad=1),
            (3, 1, 9),
            (
                "shape-empty",
                "`tconv` leaves nothing of 3x1x9: its padding cuts away the whole output",
                "",
                "use a smaller pad",
            ),
        ),
        (
            MaxPool(3, pad=2),
            (3, 9, 9),
            (
                "pool-pad",
                "`maxpool` pads 2 pixels, its kernel of 3 on a map of 9 allows 1",
                "map 9x9, kernel 3x3, dilation 1x1",
                "use pad=1, or put pad(1) before it",
            ),
        ),
        (
            AvgPool((5, 2), stride=1, pad=(2, 2)),
            (3, 9, 9),
            (
                "pool-pad",
                "`avgpool` pads 2 pixels, its kernel of 2 on a map of 9 allows 1",
                "map 9x9, kernel 5x2, dilation 1x1",
                "use pad=1, or put pad(1) before it",
            ),
        ),
        # torch's rule does not count the dilation; and the asymmetric `same` pads 1 before and 2 after.
        (
            MaxPool(2, stride=1, pad="same", dilation=3),
            (3, 9),
            (
                "pool-pad",
                "`maxpool` pads 2 pixels, its kernel of 2 on a map of 9 allows 1",
                "map 9, kernel 2, dilation 3",
                "use pad=1, or put pad(1) before it",
            ),
        ),
        # The one window would have one tap before the map and one after it.
        (
            MaxPool(2, pad=1, dilation=3),
            (3, 2),
            (
                "pool-pad",
                "`maxpool` pads 1 pixels, its kernel of 2 on a map of 2 allows 0",
                "map 2, kernel 2, dilation 3",
                "use pad=0, or put pad(1) before it",
            ),
        ),
        (
            InstanceNorm(),
            (8, 1, 1),
            (
                "norm-single",
                "`instancenorm` would normalize single values of 8x1x1, which makes all of them 0",
                "8 statistics over 8 values",
                "put it where the map has more than one pixel, or use batchnorm or layernorm",
            ),
        ),
        (
            GroupNorm(8),
            (8,),
            (
                "norm-single",
                "`groupnorm` would normalize single values of 8, which makes all of them 0",
                "8 statistics over 8 values",
                "put it where the map has more than one pixel, or use batchnorm or layernorm",
            ),
        ),
        (
            Pad((1, 5), mode="reflect"),
            (3, 5, 5),
            (
                "margin-too-large",
                "`pad` fills a margin of 5 pixels by reflect from a map of 5 on that axis",
                "map 5x5, margin 5",
                "use a margin of at most 4, or the mode zeros or replicate",
            ),
        ),
        (
            Pad(6, mode="circular"),
            (3, 5),
            (
                "margin-too-large",
                "`pad` fills a margin of 6 pixels by circular from a map of 5 on that axis",
                "map 5, margin 6",
                "use a margin of at most 5, or the mode zeros or replicate",
            ),
        ),
        (
            Conv(8, 5, pad_mode="reflect"),
            (3, 9, 2),
            (
                "margin-too-large",
                "`conv` fills a margin of 2 pixels by reflect from a map of 2 on that axis",
                "map 9x2, margin 2",
                "use a margin of at most 1, or the mode zeros or replicate",
            ),
        ),
        # `same` pads 1 before and 2 after, and the map is 2 wide.
        (
            Conv(8, 4, pad="same", pad_mode="reflect"),
            (3, 2),
            (
                "margin-too-large",
                "`conv` fills a margin of 2 pixels by reflect from a map of 2 on that axis",
                "map 2, margin 2",
                "use a margin of at most 1, or the mode zeros or replicate",
            ),
        ),
        (
            Crop((5, 6)),
            (3, 5, 5),
            (
                "argument-range",
                "`crop` to 5x6 is larger than the map 3x5x5",
                "map 3x5x5",
                "use at most 5x5, or pad before it",
            ),
        ),
        (
            Slice(2, 9),
            (8, 5, 5),
            (
                "argument-range",
                "`slice` takes channels 2 up to 9, the value has 8",
                "channels 0 up to 8",
                "use 0 <= start < stop <= 8",
            ),
        ),
        (
            Slice(3, 3),
            (8,),
            (
                "argument-range",
                "`slice` takes channels 3 up to 3, the value has 8",
                "channels 0 up to 8",
                "use 0 <= start < stop <= 8",
            ),
        ),
        (
            Slice(-1, 3),
            (8,),
            (
                "argument-range",
                "`slice` takes channels -1 up to 3, the value has 8",
                "channels 0 up to 8",
                "use 0 <= start < stop <= 8",
            ),
        ),
        (
            ZeroChannels(7),
            (8, 5, 5),
            (
                "argument-range",
                "`zero_channels` only adds channels: 8x5x5 has more than 7",
                "8 channels in",
                "use at least 8, or conv(7, 1), or slice(0, 7)",
            ),
        ),
        (
            Reshape((4, 7, 7)),
            (98, 4),
            (
                "reshape-size",
                "`reshape` to 4x7x7 needs 196 values, 98x4 has 392",
                "98x4 has 392 values",
                "reshape(8x7x7) would fit",
            ),
        ),
        (
            Reshape(10),
            (12,),
            (
                "reshape-size",
                "`reshape` to 10 needs 10 values, 12 has 12",
                "12 has 12 values",
                "reshape(12) would fit",
            ),
        ),
        (
            Reshape((4, 7, 7)),
            (99,),
            (
                "reshape-size",
                "`reshape` to 4x7x7 needs 196 values, 99 has 99",
                "99 has 99 values",
                "use sizes whose product is 99",
            ),
        ),
    ],
)
def test_mistake(layer, shape, expected):
    assert mistake(layer, shape) == expected


GATE = (
    "end the gate in conv({}, 1): in it `channels` is the width there, {}; "
    "let c = channels before the join names that of what flows in"
)
SIZES = "check pad and stride on both paths, or put resize({}) after {}"


@pytest.mark.parametrize(
    ("layer", "shapes", "what", "help"),
    [
        (
            Concat(),
            [(64, 28, 28), (32, 14, 14)],
            "everything but their channels",
            "stride=2 on the path to 64x28x28, or upsample(2) after 32x14x14, makes sizes agree",
        ),
        (
            Concat(),
            [(32, 5), (64, 15)],
            "everything but their channels",
            "stride=3 on the path to 64x15, or upsample(3) after 32x5, makes sizes agree",
        ),
        (
            Concat(),
            [(64, 28, 28), (32, 27, 27)],
            "everything but their channels",
            SIZES.format("27x27", "64x28x28"),
        ),
        (
            Concat(),
            [(64, 28, 28), (32, 14, 28)],
            "everything but their channels",
            SIZES.format("14x28", "64x28x28"),
        ),
        (
            Concat(),
            [(64, 6, 4), (32, 4, 6)],
            "everything but their channels",
            SIZES.format("4x6", "64x6x4"),
        ),
        (
            Concat(),
            [(64, 6, 4), (64,)],
            "everything but their channels",
            "flatten the others, or reshape 64 to 3 axes",
        ),
        (
            Concat(),
            [(10,), (64, 6, 4)],
            "everything but their channels",
            "flatten the others, or reshape 10 to 3 axes",
        ),
        (
            Add(),
            [(64, 28, 28), (128, 28, 28)],
            "channels and sizes",
            "conv(64, 1) after 128x28x28, or conv(128, 1) after 64x28x28, makes channels agree",
        ),
        (
            Add(),
            [(10,), (12,)],
            "channels and sizes",
            "linear(10) after 12, or linear(12) after 10, makes channels agree",
        ),
        (
            Add(),
            [(8, 4, 4), (8, 1, 1)],
            "channels and sizes",
            "stride=4 on the path to 8x4x4, or upsample(4) after 8x1x1, makes sizes agree",
        ),
        (
            Mul(),
            [(1, 4, 4), (8, 3, 3)],
            "each axis, or have size 1 there",
            SIZES.format("3x3", "1x4x4"),
        ),
        (
            Maximum(),
            [(64, 28, 28), (128, 14, 14)],
            "channels and sizes",
            "stride=2 on the path to 64x28x28, or upsample(2) after 128x14x14, makes sizes agree; "
            "conv(64, 1) after 128x14x14, or conv(128, 1) after 64x28x28, makes channels agree",
        ),
        (
            Mul(),
            [(64, 28, 28), (64, 1, 14)],
            "each axis, or have size 1 there",
            SIZES.format("1x14", "64x28x28"),
        ),
        (
            Mul(),
            [(64, 28, 28), (32, 1, 1)],
            "each axis, or have size 1 there",
            GATE.format(64, 32),
        ),
        (
            Mul(),
            [(64, 28, 28), (64, 28)],
            "each axis, or have size 1 there",
            "flatten the others, or reshape 64x28 to 3 axes",
        ),
    ],
)
def test_shapes_that_do_not_join(layer, shapes, what, help):
    first, second = ("x".join(map(str, shape)) for shape in shapes)
    assert mistake(layer, *shapes) == (
        "shape-join",
        f"`{layer.op}` cannot join {first} and {second}: they must agree in {what}",
        f"{first} and {second}",
        help,
    )


def test_the_first_input_that_does_not_fit_is_named():
    _, message, _, _ = mistake(Add(), (4, 9), (4, 9), (5, 9))
    assert message == "`add` cannot join 4x9 and 5x9: they must agree in channels and sizes"


def test_mul_names_a_vector_as_the_pixel_that_it_counts_as():
    assert mistake(Mul(), (7,), (8, 5, 5)) == (
        "shape-join",
        "`mul` cannot join 7x1x1 and 8x5x5: they must agree in each axis, or have size 1 there",
        "7x1x1 and 8x5x5",
        GATE.format(8, 7),
    )
