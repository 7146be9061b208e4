"""Exact weights and costs of the normalizations."""

import pytest

from cnnspec.layers.base import ONES, POINTWISE, ZEROS, Weight
from cnnspec.layers.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, LocalResponseNorm, RMSNorm

MAP = (12, 7, 5)


def affine(*shape):
    return (Weight("weight", shape, ONES), Weight("bias", shape, ZEROS))


RUNNING = (
    Weight("running_mean", (12,), ZEROS, buffer=True),
    Weight("running_var", (12,), ONES, buffer=True),
)


@pytest.mark.parametrize(
    ("layer", "weights"),
    [
        (BatchNorm(), affine(12) + RUNNING),
        (BatchNorm(affine=False), RUNNING),
        (LayerNorm(), affine(12, 7, 5)),
        (LayerNorm(over="channels"), affine(12)),
        (LayerNorm(affine=False), ()),
        (InstanceNorm(), ()),
        (InstanceNorm(affine=True), affine(12)),
        (GroupNorm(3), affine(12)),
        (GroupNorm(3, affine=False), ()),
        (LocalResponseNorm(), ()),
        (RMSNorm(), affine(12, 7, 5)[:1]),
        (RMSNorm(over="channels"), affine(12)[:1]),
        (RMSNorm(affine=False), ()),
    ],
)
def test_weights(layer, weights):
    assert layer.params(MAP) == weights


@pytest.mark.parametrize("shape", [(12,), (12, 9), (12, 7, 5), (12, 2, 3, 4)])
@pytest.mark.parametrize("layer", [BatchNorm(), LayerNorm(), LayerNorm("channels"), GroupNorm(3), RMSNorm()])
def test_norms_keep_the_shape_of_vectors_and_maps(layer, shape):
    assert layer.infer(shape) == shape


@pytest.mark.parametrize("shape", [(12, 9), (12, 7, 5), (12, 2, 3, 4)])
@pytest.mark.parametrize("layer", [InstanceNorm(), LocalResponseNorm()])
def test_these_norms_keep_the_shape_of_maps(layer, shape):
    assert layer.infer(shape) == shape


def test_norms_of_two_values_are_allowed():
    assert InstanceNorm().infer((12, 2)) == (12, 2)
    assert InstanceNorm().infer((1, 1, 2)) == (1, 1, 2)
    assert GroupNorm(6).infer((12, 1, 1)) == (12, 1, 1)
    assert GroupNorm(12).infer((12, 1, 2)) == (12, 1, 2)


@pytest.mark.parametrize(
    ("layer", "each"),
    [
        (BatchNorm(), 2),
        (LayerNorm(), 5),
        (InstanceNorm(), 5),
        (GroupNorm(2), 5),
        (LocalResponseNorm(), 5),
        (RMSNorm(), 5),
    ],
)
def test_cost_and_window(layer, each):
    assert layer.operations(MAP) == each * 12 * 7 * 5
    assert layer.macs(MAP) == 0
    assert layer.sees(MAP) == POINTWISE
