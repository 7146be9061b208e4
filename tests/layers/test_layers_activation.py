"""Activations keep every shape, cost one operation an element and, but for prelu, have no weights."""

import pytest

from cnnspec.layers import REGISTRY
from cnnspec.layers.activation import PReLU
from cnnspec.layers.base import POINTWISE, Init, Weight

ACTIVATIONS = [cls for cls in REGISTRY.values() if cls.family == "activation"]


@pytest.mark.parametrize("shape", [(6,), (6, 9), (6, 7, 5), (6, 2, 3, 4)])
@pytest.mark.parametrize("cls", ACTIVATIONS, ids=lambda cls: cls.op)
def test_activation(cls, shape):
    layer = cls()
    size = 1
    for axis in shape:
        size *= axis
    assert layer.infer(shape) == shape
    assert layer.operations(shape) == size
    assert layer.macs(shape) == 0
    assert layer.sees(shape) == POINTWISE
    assert bool(layer.params(shape)) == (cls is PReLU)


def test_prelu_weights():
    assert PReLU().params((6, 7, 5)) == (Weight("weight", (6,), Init("constant", 0.25)),)
    assert PReLU(init=0.1).params((6,)) == (Weight("weight", (6,), Init("constant", 0.1)),)
    assert PReLU(shared=True).params((6, 7, 5)) == (Weight("weight", (1,), Init("constant", 0.25)),)
