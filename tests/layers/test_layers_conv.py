"""Exact sizes, weights, costs and windows of conv, dwconv and tconv."""

from fractions import Fraction

import pytest

from cnnspec.layers.base import Init
from cnnspec.layers.conv import Conv, DepthwiseConv, TransposedConv
from cnnspec.layers.shape import Pad

MAP = (3, 32, 32)


@pytest.mark.parametrize(
    ("layer", "shape", "result"),
    [
        (Conv(8, 3), MAP, (8, 32, 32)),
        (Conv(8, 4), MAP, (8, 31, 31)),
        (Conv(8, 3, pad="valid"), MAP, (8, 30, 30)),
        (Conv(8, 3, stride=2), MAP, (8, 16, 16)),
        (Conv(8, 3, stride=3, pad="same"), MAP, (8, 11, 11)),
        (Conv(8, 4, pad="same"), MAP, (8, 32, 32)),
        (Conv(8, 2, stride=5, pad="same"), (3, 11, 16), (8, 3, 4)),
        (Conv(8, 3, dilation=4), MAP, (8, 32, 32)),
        (Conv(8, 3, dilation=4, pad=1), MAP, (8, 26, 26)),
        (Conv(8, (1, 7)), MAP, (8, 32, 32)),
        (Conv(8, (1, 7), pad=0), MAP, (8, 32, 26)),
        (Conv(8, 3, stride=(1, 2), pad=(2, 0), dilation=(1, 3)), (3, 9, 9), (8, 11, 2)),
        (Conv(96, 11, stride=4, pad=0), (3, 227, 227), (96, 55, 55)),
        (Conv(64, 7, stride=2), (3, 224, 224), (64, 112, 112)),
        (Conv(8, 3), (3, 1), (8, 1)),
        (Conv(8, 5, stride=2, pad=0), (3, 21), (8, 9)),
        (Conv(8, 3, stride=2), (3, 9, 16, 17), (8, 5, 8, 9)),
        (DepthwiseConv(3), MAP, (3, 32, 32)),
        (DepthwiseConv(3, 2, 0, 2, multiplier=4), MAP, (12, 14, 14)),
        (DepthwiseConv(7), (4, 10), (4, 10)),
        (DepthwiseConv(3, stride=2), (4, 8, 8, 8), (4, 4, 4, 4)),
        (TransposedConv(8, 2, stride=2), MAP, (8, 64, 64)),
        (TransposedConv(8, 3), MAP, (8, 34, 34)),
        (TransposedConv(8, 3, stride=2, pad=1, output_pad=1), MAP, (8, 64, 64)),
        (TransposedConv(8, 4, stride=3, pad=2, dilation=2), (3, 5, 6), (8, 15, 18)),
        (TransposedConv(8, 3, dilation=3, output_pad=2), (3, 4), (8, 12)),
        (TransposedConv(8, 2, stride=2), (3, 4, 5, 6), (8, 8, 10, 12)),
        (TransposedConv(8, 1, stride=2, pad=1), (3, 2, 2), (8, 1, 1)),
    ],
)
def test_output_sizes(layer, shape, result):
    assert layer.infer(shape) == result


def test_conv_weights():
    weight, bias = Conv(64, 3, groups=2).params((32, 8, 8))
    init = Init("uniform", 144**-0.5)
    assert weight == ("weight", (64, 16, 3, 3), init, 144, 288, False)
    assert bias == ("bias", (64,), init, 144, 288, False)
    assert [w.shape for w in Conv(4, (1, 7), bias=False).params((3, 9, 9))] == [(4, 3, 1, 7)]
    assert [w.shape for w in Conv(4, 5).params((3, 9))] == [(4, 3, 5), (4,)]
    assert [w.shape for w in Conv(4, 2).params((3, 9, 9, 9))] == [(4, 3, 2, 2, 2), (4,)]


def test_depthwise_weights():
    weight, bias = DepthwiseConv(3, multiplier=2).params((16, 8, 8))
    assert (weight.shape, weight.fan_in, weight.fan_out) == ((32, 1, 3, 3), 9, 18)
    assert bias.shape == (32,)
    assert len(DepthwiseConv(3, bias=False).params((16, 8, 8))) == 1


def test_transposed_weights():
    weight, bias = TransposedConv(64, 3, groups=2).params((32, 8, 8))
    init = Init("uniform", 288**-0.5)
    assert weight == ("weight", (32, 32, 3, 3), init, 288, 144, False)
    assert bias == ("bias", (64,), init, 288, 144, False)
    assert [w.shape for w in TransposedConv(6, 2, bias=False).params((4, 5))] == [(4, 6, 2)]


@pytest.mark.parametrize(
    ("layer", "shape", "macs"),
    [
        # The figures of the course: a 5x5 conv, and the two halves of its bottleneck.
        (Conv(32, 5), (192, 28, 28), 120_422_400),
        (Conv(16, 1), (192, 28, 28), 2_408_448),
        (Conv(32, 5), (16, 28, 28), 10_035_200),
        (Conv(64, 7, stride=2, bias=False), (3, 224, 224), 118_013_952),
        (Conv(64, 3, groups=4), (32, 8, 8), 64 * 64 * 9 * 8),
        (Conv(4, (1, 7)), (3, 9, 9), 4 * 81 * 7 * 3),
        (Conv(4, 3), (3, 10), 4 * 10 * 3 * 3),
        (DepthwiseConv(3, multiplier=2), (16, 8, 8), 32 * 64 * 9),
        (TransposedConv(64, 3, stride=2, groups=2), (32, 8, 8), 32 * 64 * 9 * 32),
        (TransposedConv(5, 2), (3, 4), 3 * 4 * 2 * 5),
    ],
)
def test_macs(layer, shape, macs):
    assert layer.macs(shape) == macs


def test_grouping_divides_weights_and_macs():
    shape = (64, 14, 14)
    plain, grouped = Conv(128, 3, bias=False), Conv(128, 3, groups=8, bias=False)
    assert plain.params(shape)[0].size == 8 * grouped.params(shape)[0].size
    assert plain.macs(shape) == 8 * grouped.macs(shape)


def test_a_bias_is_one_operation_an_output():
    assert Conv(8, 3, stride=2).operations(MAP) == 8 * 16 * 16
    assert Conv(8, 3, bias=False).operations(MAP) == 0
    assert DepthwiseConv(3, multiplier=2).operations(MAP) == 6 * 32 * 32
    assert DepthwiseConv(3, bias=False).operations(MAP) == 0
    assert TransposedConv(8, 2, stride=2).operations(MAP) == 8 * 64 * 64
    assert TransposedConv(8, 2, bias=False).operations(MAP) == 0


@pytest.mark.parametrize(
    ("layer", "shape", "windows"),
    [
        (Conv(8, 3), MAP, ((1, -1, 1), (1, -1, 1))),
        (Conv(8, 7, stride=2, pad=3), MAP, ((2, -3, 3), (2, -3, 3))),
        (Conv(8, 3, pad="valid", dilation=2), (3, 9), ((1, 0, 4),)),
        (Conv(8, 4, pad="same"), (3, 9), ((1, -1, 2),)),
        (Conv(8, 3, stride=(1, 2), pad=(2, 0), dilation=(1, 3)), (3, 9, 9), ((1, -2, 0), (2, 0, 6))),
        (DepthwiseConv(5, stride=2), (3, 9, 9, 9), ((2, -2, 2),) * 3),
        (TransposedConv(8, 2, stride=2), (3, 9), ((Fraction(1, 2), Fraction(-1, 2), 0),)),
        (
            TransposedConv(8, 4, stride=3, pad=2, dilation=2),
            (3, 5, 6),
            ((Fraction(1, 3), Fraction(-4, 3), Fraction(2, 3)),) * 2,
        ),
        (TransposedConv(8, 3), (3, 9), ((1, -2, 0),)),
    ],
)
def test_windows(layer, shape, windows):
    assert layer.sees(shape) == windows


def test_margins_of_a_conv():
    assert Conv(8, 4, pad="same").slide((3, 9, 10)).margins == ((1, 2), (1, 2))
    assert Conv(8, 3, stride=2, pad="same").slide((3, 9, 10)).margins == ((1, 1), (0, 1))
    assert Conv(8, 1, stride=4, pad="same").slide((3, 9, 10)).margins == ((0, 0), (0, 0))
    assert Conv(8, 3, dilation=(2, 3)).slide((3, 9, 10)).margins == ((2, 2), (3, 3))
    assert Conv(8, 3, pad=(2, 0)).slide((3, 9, 10)).margins == ((2, 2), (0, 0))
    assert Conv(8, 3, pad=((2, 0), (0, 1))).slide((3, 9, 10)).margins == ((2, 0), (0, 1))
    assert Conv(8, 3, pad="causal", dilation=4).slide((3, 9)).margins == ((8, 0),)


def test_a_causal_conv_sees_nothing_that_comes_after():
    assert Conv(8, 3, pad="causal", dilation=4).sees((3, 9)) == ((1, -8, 0),)
    assert Conv(8, 2, stride=2, pad="causal").sees((3, 9)) == ((2, -1, 0),)


def test_a_margin_by_sides_is_a_layer_of_its_own_in_torch():
    layer = Conv(8, 3, pad=((2, 0), (1, 1)), pad_mode="reflect")
    assert layer.decompose((3, 9, 10)) == (Pad(((2, 0), (1, 1)), "reflect"), Conv(8, 3, pad=0))
    assert Conv(8, 1, pad="causal").decompose((3, 9)) == (Conv(8, 1, pad=(0,)),)


def test_a_reflected_margin_may_be_all_but_the_edge_and_a_circular_one_the_whole_map():
    assert Conv(8, 3, pad=4, pad_mode="reflect").infer((3, 5, 5)) == (8, 11, 11)
    assert Conv(8, 3, pad=5, pad_mode="circular").infer((3, 5, 5)) == (8, 13, 13)
    assert Conv(8, 3, pad=9, pad_mode="replicate").infer((3, 5, 5)) == (8, 21, 21)


def test_depthwise_is_a_grouped_conv():
    layer = DepthwiseConv(3, 2, 1, 2, multiplier=2, bias=False)
    assert layer.decompose((16, 9, 9)) == (Conv(32, 3, 2, 1, 2, groups=16, bias=False),)
    assert Conv(8, 3).decompose(MAP) == ()
