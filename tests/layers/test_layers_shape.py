"""Exact shapes and windows of the layers that move values."""

from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnspec.layers.base import POINTWISE
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

MAP = (8, 7, 5)
HALF, THIRD = Fraction(1, 2), Fraction(1, 3)


@pytest.mark.parametrize(
    ("layer", "shape", "result", "window"),
    [
        (Pad(2), MAP, (8, 11, 9), ((1, -2, -2),) * 2),
        (Pad(0), MAP, MAP, ((1, 0, 0),) * 2),
        (Pad((1, 0)), MAP, (8, 9, 5), ((1, -1, -1), (1, 0, 0))),
        (Pad(4, mode="reflect"), MAP, (8, 15, 13), ((1, -4, -4),) * 2),
        (Pad(5, mode="circular"), MAP, (8, 17, 15), ((1, -5, -5),) * 2),
        (Pad(9, mode="replicate"), MAP, (8, 25, 23), ((1, -9, -9),) * 2),
        (Pad(3), (8, 4), (8, 10), ((1, -3, -3),)),
        (Pad(1), (8, 2, 3, 4), (8, 4, 5, 6), ((1, -1, -1),) * 3),
        (Crop(5), MAP, (8, 5, 5), ((1, 1, 1), (1, 0, 0))),
        (Crop((4, 2)), MAP, (8, 4, 2), ((1, 1, 1), (1, 1, 1))),
        (Crop((1, 5)), MAP, (8, 1, 5), ((1, 3, 3), (1, 0, 0))),
        (Crop(2), (8, 9), (8, 2), ((1, 3, 3),)),
        (Crop(2), (8, 2, 3, 4), (8, 2, 2, 2), ((1, 0, 0), (1, 0, 0), (1, 1, 1))),
        (Slice(2, 5), MAP, (3, 7, 5), POINTWISE),
        (Slice(0, 8), MAP, MAP, POINTWISE),
        (Slice(7, 8), (8,), (1,), POINTWISE),
        (ChannelShuffle(4), MAP, MAP, POINTWISE),
        (ChannelShuffle(8), (8, 3), (8, 3), POINTWISE),
        (PixelShuffle(2), MAP, (2, 14, 10), ((HALF, -HALF, 0),) * 2),
        (PixelShuffle(3), (18, 4, 4), (2, 12, 12), ((THIRD, -2 * THIRD, 0),) * 2),
        (PixelShuffle(2), (6, 5), (3, 10), ((HALF, -HALF, 0),)),
        (PixelShuffle(2), (8, 2, 3, 4), (1, 4, 6, 8), ((HALF, -HALF, 0),) * 3),
        (Upsample(2), MAP, (8, 14, 10), ((HALF, -HALF, 0),) * 2),
        (Upsample((1, 3)), MAP, (8, 7, 15), ((1, 0, 0), (THIRD, -2 * THIRD, 0))),
        (Upsample(2, "bilinear"), MAP, (8, 14, 10), ((HALF, -1, HALF),) * 2),
        (Upsample(3, "bilinear"), (8, 4), (8, 12), ((THIRD, -1, THIRD),)),
        (Upsample(1, "bilinear"), (8, 2, 3, 4), (8, 2, 3, 4), ((1, 0, 0),) * 3),
        (Resize((14, 5)), MAP, (8, 14, 5), ((HALF, -HALF, 0), (1, 0, 0))),
        (Resize(3), (8, 6), (8, 3), ((2, 0, 0),)),
        (Resize(4), (8, 6), (8, 4), ((Fraction(3, 2), -HALF, 0),)),
        (Resize(3, "bilinear"), (8, 6), (8, 3), ((2, 0, 1),)),
        (Resize(2, "bilinear"), (8, 2, 2, 6), (8, 2, 2, 2), ((1, 0, 0), (1, 0, 0), (3, 1, 1))),
        (Reshape((2, 4, 35)), MAP, (2, 4, 35), None),
        (Reshape(280), MAP, (280,), None),
        (Reshape(MAP), (280,), MAP, None),
        (Reshape(MAP), MAP, MAP, POINTWISE),
        (ZeroChannels(16), MAP, (16, 7, 5), POINTWISE),
        (ZeroChannels(8), (8,), (8,), POINTWISE),
        (Subsample(2), MAP, (8, 4, 3), ((2, 0, 0),) * 2),
        (Subsample((1, 3)), MAP, (8, 7, 2), ((1, 0, 0), (3, 0, 0))),
        (Subsample(4), (8, 8), (8, 2), ((4, 0, 0),)),
        (Subsample(2), (8, 2, 3, 4), (8, 1, 2, 2), ((2, 0, 0),) * 3),
    ],
)
def test_shape_and_window(layer, shape, result, window):
    assert layer.infer(shape) == result
    assert layer.sees(shape) == window
    assert layer.operations(shape) == layer.macs(shape) == 0
    assert layer.params(shape) == layer.decompose(shape) == ()


def test_a_crop_starts_at_the_centre():
    assert Crop((4, 2)).offsets(MAP) == (1, 1)
    assert Crop((7, 1)).offsets(MAP) == (0, 2)


def test_zero_channels_go_before_and_after():
    assert ZeroChannels(32).margins((16, 8, 8)) == (8, 8)
    assert ZeroChannels(19).margins((16, 8, 8)) == (1, 2)
    assert ZeroChannels(16).margins((16, 8, 8)) == (0, 0)


@given(st.integers(1, 40), st.integers(1, 40))
def test_nearest_windows_are_the_tightest_that_hold(size, out):
    ((step, low, high),) = Resize(out).sees((1, size))
    taps = [floor(Fraction(i * size, out)) - i * step for i in range(out)]
    assert (min(taps), max(taps)) == (low, high)


@given(st.integers(1, 40), st.integers(1, 40))
def test_bilinear_windows_are_the_tightest_that_hold(size, out):
    ((step, low, high),) = Resize(out, "bilinear").sees((1, size))
    places = [(i + HALF) * Fraction(size, out) - HALF for i in range(2 * out)]
    firsts = [floor(place) - i * step for i, place in enumerate(places)]
    lasts = [-floor(-place) - i * step for i, place in enumerate(places)]
    assert (min(firsts), max(lasts)) == (low, high)
