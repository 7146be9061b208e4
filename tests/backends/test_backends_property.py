"""Random nets on every backend: declared shapes, outputs, gradients, running statistics and counts agree."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from random_specs import specs

import cnnspec
from cnnspec.backends import numpy
from cnnspec.backends.base import by_head
from cnnspec.backends.inputs import random_inputs
from cnnspec.backends.runs import magnitude, seeded_weights
from cnnspec.backends.verify import verify
from cnnspec.graph import Graph

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
torch = pytest.importorskip("cnnspec.backends.torch")
onnx_backend = pytest.importorskip("cnnspec.backends.onnx")

BATCH = 3
ROUNDING = 1e-12
"""Absolute differences in float64 that are rounding, however small the values."""
unhurried = settings(
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def hold(text: str) -> None:
    """All that must agree of one net."""
    net = cnnspec.loads(text)
    weights, inputs = seeded_weights(net.ir), random_inputs(net.ir, batch=BATCH)
    hold_shapes(net.ir, weights, inputs)
    hold_counts(net)
    found = verify(net.ir, ["numpy", "torch"], dtype="float64", train=True, batch=BATCH)
    # the mean of a normalized map is zero but for rounding, and so are gradients through it
    assert not [row for row in found.over if row.absolute > ROUNDING], found.as_text()
    hold_float32(net.ir, weights, inputs)


def hold_shapes(graph: Graph, weights: dict[str, Any], inputs: dict[str, Any]) -> None:
    """The shape of every value is the declared one in numpy and, inferred by onnx itself, in the model."""
    values = numpy.compile(graph, weights).trace(inputs)
    assert {name: value.shape for name, value in values.items()} == {
        name: (BATCH, *graph[name].shape) for name in graph.inference().nodes
    }
    model = onnx_backend.model(graph, weights)
    onnx.checker.check_model(model, full_check=True)
    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)


def hold_counts(net: cnnspec.Net) -> None:
    """Parameters are as many as torch counts."""
    module = torch.compile(net.ir)
    assert net.params == sum(parameter.numel() for parameter in module.parameters())


def hold_float32(graph: Graph, weights: dict[str, Any], inputs: dict[str, Any]) -> None:
    """In float32 every backend is as near to float64 as rounding lets the plain kernels be."""
    exact = by_head(graph, numpy.compile(graph, weights, dtype=np.float64)(inputs))
    plain = by_head(graph, numpy.compile(graph, weights).forward(inputs, training=False))
    given = {
        "numpy": numpy.compile(graph, weights)(inputs),
        "torch": torch.runner(graph, weights)(inputs),
        "onnx": onnx_backend.compile(graph, weights)(inputs),
    }
    for head, value in exact.items():
        rounding = magnitude(plain[head] - value)
        for backend, outputs in given.items():
            got = by_head(graph, outputs)[head]
            assert got.shape == value.shape, backend
            np.testing.assert_allclose(
                got, value, rtol=0, atol=1e-5 * magnitude(value) + 20 * rounding, err_msg=backend
            )


NO_LAYER = "net Net { input 6; identity }"

HEAD_THAT_IS_READ_ON = """
net Net {
    input 2x2x2
    value: conv(2, 1)
    head main { relu }
    head side from value { identity }
}
"""

PART_THAT_IS_READ_ON = """
net Net {
    input 2x3x3
    value: relu
    conv(1, 1)
    concat(prev, value)
    head main { selu }
    head side from value { relu }
}
"""

TRAINING_HEAD_WITHOUT_LAYERS = """
net Net {
    input 2x3x3
    value: relu
    conv(1, 1)
    head main { relu }
    head side from value, training { identity }
}
"""

ARMS_OF_A_NORMALIZED_VALUE = """
net Net {
    input 1x4
    dense(1) { batchnorm -> conv(1, 1) }
    concat { | relu | relu | relu }
}
"""

ONE_CHANNEL_SCALED = "net Net { input 1x3; residual { scale(-1.5) -> conv(1, 1, bias=false) } }"


@settings(unhurried, max_examples=60)
@given(specs())
@example(ONE_CHANNEL_SCALED)
@example(NO_LAYER)
@example(HEAD_THAT_IS_READ_ON)
@example(PART_THAT_IS_READ_ON)
@example(TRAINING_HEAD_WITHOUT_LAYERS)
@example(ARMS_OF_A_NORMALIZED_VALUE)
def test_random_nets(text: str) -> None:
    hold(text)


@pytest.mark.slow
@settings(unhurried, max_examples=3000)
@given(specs())
def test_thousands_of_random_nets(text: str) -> None:
    hold(text)
