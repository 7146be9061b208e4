"""Exact shapes, weights and costs of linear, flatten, dropout, droppath, identity, scale and layerscale."""

import pytest

from cnnspec.layers.base import POINTWISE, Init, LayerError, Weight
from cnnspec.layers.dense import Dropout, DropPath, Flatten, Identity, LayerScale, Linear, Scale

MAP = (6, 7, 5)


def test_linear():
    layer = Linear(10)
    init = Init("uniform", 0.05)
    assert layer.infer((400,)) == (10,)
    assert layer.params((400,)) == (
        Weight("weight", (10, 400), init, 400, 10),
        Weight("bias", (10,), init, 400, 10),
    )
    assert layer.macs((400,)) == 4000
    assert layer.operations((400,)) == 10
    assert layer.sees((400,)) is None


def test_linear_without_bias():
    layer = Linear(10, bias=False)
    assert layer.params((400,)) == (Weight("weight", (10, 400), Init("uniform", 0.05), 400, 10),)
    assert layer.macs((400,)) == 4000
    assert layer.operations((400,)) == 0


def test_a_linear_layer_of_100_million_weights():
    (weight,) = Linear(10_000, bias=False).params((10_000,))
    assert weight.size == 100_000_000


@pytest.mark.parametrize("shape", [(24,), (4, 6), (2, 3, 4), (1, 2, 3, 4)])
def test_flatten(shape):
    layer = Flatten()
    assert layer.infer(shape) == (24,)
    assert layer.sees(shape) == (POINTWISE if shape == (24,) else None)
    assert layer.operations(shape) == 0


@pytest.mark.parametrize("shape", [(6,), (6, 9), MAP, (6, 2, 3, 4)])
@pytest.mark.parametrize("layer", [Dropout(), DropPath(0.1), Identity(), Scale(), LayerScale()])
def test_these_keep_the_shape(layer, shape):
    assert layer.infer(shape) == shape
    assert layer.sees(shape) == POINTWISE
    assert layer.macs(shape) == 0


def test_weights():
    assert Scale(0.2).params(MAP) == ()
    assert Scale(0.2, learnable=True).params(MAP) == (Weight("weight", (1,), Init("constant", 0.2)),)
    assert LayerScale().params(MAP) == (Weight("weight", (6,), Init("constant", 1e-6)),)
    assert Dropout().params(MAP) == DropPath(0.1).params(MAP) == Identity().params(MAP) == ()


def test_operations():
    assert Scale().operations(MAP) == LayerScale().operations(MAP) == 210
    assert Dropout().operations(MAP) == DropPath(0.1).operations(MAP) == Identity().operations(MAP) == 0


def test_what_a_linear_layer_on_a_map_is_told():
    with pytest.raises(LayerError) as caught:
        Linear(5).infer((8, 1, 2))
    assert caught.value.help == (
        "flatten first: flatten -> linear(5) has 80 weights, gap -> flatten -> linear(5) has 40"
    )
    with pytest.raises(LayerError) as caught:
        Linear(5).infer((8, 1, 1))
    assert caught.value.help == "flatten first: flatten -> linear(5) has 40 weights"
