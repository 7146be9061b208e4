"""Exact sizes, costs and windows of the pools."""

from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnspec.layers.base import POINTWISE, LayerError
from cnnspec.layers.pool import (
    AdaptiveAvgPool,
    AdaptiveMaxPool,
    AvgPool,
    GlobalAvgPool,
    GlobalMaxPool,
    LpPool,
    MaxPool,
)

MAP = (3, 32, 32)


@pytest.mark.parametrize(
    ("layer", "shape", "result"),
    [
        (MaxPool(2), MAP, (3, 16, 16)),
        (MaxPool(3), MAP, (3, 10, 10)),
        (MaxPool(3, stride=2), MAP, (3, 15, 15)),
        (MaxPool(3, stride=2, pad=1), MAP, (3, 16, 16)),
        (MaxPool(3, stride=2, ceil=True), MAP, (3, 16, 16)),
        # The fourth window would start after the map: it is dropped.
        (MaxPool(2, stride=3, ceil=True), (3, 9, 9), (3, 3, 3)),
        (MaxPool(2, stride=2, pad=1, ceil=True), (3, 9), (3, 5)),
        # With ceil the only window may run over the end.
        (MaxPool(3, stride=3, ceil=True), (3, 1), (3, 1)),
        (AvgPool(3, stride=2, ceil=True), (3, 2, 3), (3, 1, 1)),
        (MaxPool(3, stride=1, dilation=2), MAP, (3, 28, 28)),
        (MaxPool(3, stride=2, pad="same"), MAP, (3, 16, 16)),
        (MaxPool(3, stride=1, pad="half"), MAP, (3, 32, 32)),
        (MaxPool((2, 1)), MAP, (3, 16, 32)),
        (MaxPool((3, 2), (1, 2), (1, 0)), MAP, (3, 32, 16)),
        (MaxPool(2), (3, 9), (3, 4)),
        (MaxPool(2), (3, 4, 6, 8), (3, 2, 3, 4)),
        (AvgPool(2), MAP, (3, 16, 16)),
        (AvgPool(5, stride=3), (528, 14, 14), (528, 4, 4)),
        (AvgPool(3, 2, 1, ceil=True), MAP, (3, 17, 17)),
        (AvgPool(3, 2, "valid"), (3, 9), (3, 4)),
        (AvgPool(3, 2, "same"), (3, 8, 8, 8), (3, 4, 4, 4)),
        (LpPool(2), MAP, (3, 16, 16)),
        (LpPool(3, stride=2), MAP, (3, 15, 15)),
        (LpPool(3, stride=2, ceil=True), MAP, (3, 16, 16)),
        (LpPool(2), (3, 5), (3, 2)),
        (GlobalAvgPool(), MAP, (3, 1, 1)),
        (GlobalAvgPool(), (3, 9), (3, 1)),
        (GlobalMaxPool(), (3, 4, 5, 6), (3, 1, 1, 1)),
        (AdaptiveAvgPool(6), MAP, (3, 6, 6)),
        (AdaptiveAvgPool((1, 4)), MAP, (3, 1, 4)),
        (AdaptiveAvgPool(9), (3, 4), (3, 9)),
        (AdaptiveMaxPool(2), (3, 4, 5, 6), (3, 2, 2, 2)),
        (AdaptiveMaxPool((1, 4)), MAP, (3, 1, 4)),
    ],
)
def test_output_sizes(layer, shape, result):
    assert layer.infer(shape) == result


def test_a_margin_of_half_the_kernel_is_allowed():
    assert MaxPool(5, 1, 2).infer((1, 9)) == (1, 9)
    assert AvgPool(4, 1, 2).infer((1, 9)) == (1, 10)
    assert MaxPool(3, 1, 1, dilation=9).infer((1, 17)) == (1, 1)
    assert MaxPool(2, 1, 1, dilation=3).infer((1, 3)) == (1, 2)


def test_uneven_margins_may_be_all_but_one_pixel_of_the_span():
    assert MaxPool(5, 1, ((4, 0),)).infer((1, 9)) == (1, 9)
    assert MaxPool(3, 1, "causal", dilation=4).infer((1, 9)) == (1, 9)
    assert AvgPool(3, 2, ((0, 2), (1, 1))).infer((1, 8, 8)) == (1, 4, 4)
    with pytest.raises(LayerError, match="pads 5 pixels"):
        MaxPool(5, 1, ((5, 0),)).infer((1, 9))


@pytest.mark.parametrize(
    ("layer", "shape", "operations"),
    [
        (MaxPool(3, stride=2, pad=1), MAP, 3 * 16 * 16 * 9),
        (MaxPool((3, 1)), (2, 9, 9), 2 * 3 * 9 * 3),
        (AvgPool(2), MAP, 3 * 16 * 16 * 4),
        (AvgPool(3), (2, 9), 2 * 3 * 3),
        (LpPool(2), (2, 4, 4, 4), 2 * 8 * 8),
        (GlobalAvgPool(), MAP, 3 * 32 * 32),
        (GlobalMaxPool(), MAP, 3 * 32 * 32),
        (AdaptiveAvgPool(4), MAP, 3 * 32 * 32),
        (AdaptiveMaxPool(4), MAP, 3 * 32 * 32),
    ],
)
def test_operations(layer, shape, operations):
    assert layer.operations(shape) == operations
    assert layer.macs(shape) == 0
    assert layer.params(shape) == ()


@pytest.mark.parametrize(
    ("layer", "shape", "window"),
    [
        (MaxPool(2), MAP, ((2, 0, 1), (2, 0, 1))),
        (MaxPool(3, stride=2, pad=1), (3, 9), ((2, -1, 1),)),
        (MaxPool(3, stride=1, pad=1, dilation=2), (3, 9), ((1, -1, 3),)),
        (MaxPool(3, stride=2, pad="same"), (3, 8), ((2, 0, 2),)),
        (AvgPool(3), (3, 9, 9, 9), ((3, 0, 2),) * 3),
        (AvgPool((3, 2), (1, 2), (1, 0)), MAP, ((1, -1, 1), (2, 0, 1))),
        (LpPool(3, stride=2), (3, 9), ((2, 0, 2),)),
        (LpPool(3), (3, 9), ((3, 0, 2),)),
        (GlobalAvgPool(), MAP, None),
        (GlobalMaxPool(), MAP, None),
        (AdaptiveAvgPool(1), MAP, None),
        (AdaptiveMaxPool(1), (3, 4, 4, 4), None),
        (AdaptiveAvgPool(32), MAP, POINTWISE),
        (AdaptiveMaxPool(1), (3, 1, 1), POINTWISE),
        (AdaptiveAvgPool(8), MAP, ((4, 0, 3), (4, 0, 3))),
        (AdaptiveMaxPool((1, 32)), MAP, ((32, 0, 31), (1, 0, 0))),
        (AdaptiveAvgPool(4), (3, 6), ((Fraction(3, 2), Fraction(-1, 2), 1),)),
        (AdaptiveAvgPool(4), (3, 2), ((Fraction(1, 2), Fraction(-1, 2), 0),)),
    ],
)
def test_windows(layer, shape, window):
    assert layer.sees(shape) == window


@given(st.integers(1, 40), st.integers(2, 40))
def test_adaptive_windows_are_the_tightest_that_hold(size, out):
    ((step, low, high),) = AdaptiveAvgPool(out).sees((1, size)) or ((1, 0, 0),)
    firsts = [floor(Fraction(i * size, out)) - i * step for i in range(out)]
    lasts = [ceil(Fraction((i + 1) * size, out)) - 1 - i * step for i in range(out)]
    assert (min(firsts), max(lasts)) == (low, high)


def test_global_pools_are_adaptive_pools():
    assert GlobalAvgPool().decompose(MAP) == (AdaptiveAvgPool(1),)
    assert GlobalMaxPool().decompose(MAP) == (AdaptiveMaxPool(1),)
    assert MaxPool(2).decompose(MAP) == ()
