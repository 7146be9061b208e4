"""A layer that decomposes into several others, in every backend: alone, in chains, shared, repeated."""

from __future__ import annotations

import numpy as np
import pytest
from composites import Composite, ConvTanh, Mixed, Parted, Pooled, ScaledReLU, composed

import cnnspec
from cnnspec.backends import BACKENDS, CompileError, Options, find
from cnnspec.backends import torch as torch_backend
from cnnspec.backends.inputs import random_inputs
from cnnspec.backends.runs import seeded_weights
from cnnspec.backends.steps import lower, steps
from cnnspec.backends.verify import verify
from cnnspec.backends.weights import declared
from cnnspec.graph import Graph, build
from cnnspec.layers.activation import ReLU
from cnnspec.layers.base import Layer
from cnnspec.layers.conv import Conv
from cnnspec.layers.dense import Scale

pytest.importorskip("torch")
pytest.importorskip("onnxruntime")

MAP = (4, 6, 5)
LAYERS = [ScaledReLU(), ConvTanh(6), Mixed(), Pooled()]


def simple(layer: Layer) -> bool:
    """Whether a layer is none of those under test, and so has a rule or decomposes into one that has."""
    return not isinstance(layer, Composite)


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.op)
@pytest.mark.parametrize("name", BACKENDS)
def test_a_composite_is_its_parts_one_after_the_other(name: str, layer: Layer) -> None:
    graph = build("One", {"x": MAP}, [("layer", layer, ("x",))], {"head": "layer"})
    written_out = lower(graph, simple, "test").graph
    assert len(written_out) > 2
    weights, inputs = seeded_weights(graph), random_inputs(graph, batch=3)
    assert list(weights) == [key for key, _, _ in declared(written_out)]
    got = find(name).run(graph, weights, Options())(inputs)["head"]
    expected = find("numpy").run(written_out, weights, Options("float64"))(inputs)["head"]
    assert got.shape == (3, *layer.infer(MAP))
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5)


SPEC = """
share tower { conv(4, 5) -> layerscale }
def block(c) { residual { conv(c, 5) -> slice(0, 2) -> conv(c, 1) -> layerscale } -> relu }
net Composed {
    input 3x8x8
    stem { early: conv(4, 5) -> layerscale -> batchnorm }
    body {
        mid: block(4) * 2 -> tower
        maxpool(2) -> tower -> concat { | conv(2, 5) | slice(0, 2) | layerscale }
    }
    head main { gap -> flatten -> linear(3) }
    head side from mid { layerscale }
    head aux from early, training { slice(0, 2) -> gap -> flatten -> linear(2) }
}
"""


@pytest.fixture
def graph() -> Graph:
    return composed(cnnspec.loads(SPEC).ir)


def test_backends_agree_in_inference_and_in_training(graph: Graph) -> None:
    found = verify(graph, train=True, batch=3)
    assert found.ok and not found.skipped, found.as_text()
    assert "stem.early.layerscale.weight" in {row.name for row in found.differences if row.kind == "gradient"}


def test_the_keys_of_weights_are_the_paths_of_layers_in_torch_too(graph: Graph) -> None:
    keys = {key for key, _, _ in declared(graph)}
    module = torch_backend.compile(graph, seed=0)
    assert {key for key in module.state_dict() if not key.endswith("num_batches_tracked")} == keys
    assert {"stem.early.conv.weight", "stem.early.layerscale.weight"} <= keys


def test_repeated_blocks_with_composites_are_one_class(graph: Graph) -> None:
    text = torch_backend.source(graph)
    assert text.count("class Block(") == 1 and "class Block2" not in text


def test_steps_name_the_node_that_they_come_from(graph: Graph) -> None:
    found = [(step.value, step.layer.op, step.weights) for step in steps(graph, simple, "test")][:4]
    assert found == [
        ("stem.early.conv/0", "conv", {w: f"stem.early.conv.{w}" for w in ("weight", "bias")}),
        ("stem.early.conv", "tanh", {}),
        ("stem.early.layerscale/0", "relu", {}),
        ("stem.early.layerscale", "layerscale", {"weight": "stem.early.layerscale.weight"}),
    ]
    assert {step.node for step in steps(graph, simple, "test")} == set(graph.nodes) - {"input"}


def test_a_part_does_not_take_the_name_of_a_neighbour() -> None:
    layers = [
        ("a.act_relu", ReLU(), ("x",)),
        ("a.act", ScaledReLU(), ("a.act_relu",)),
        ("a.act/0", ReLU(), ("a.act",)),
    ]
    graph = build("Near", {"x": MAP}, layers, {"head": "a.act/0"})
    assert lower(graph, simple, "test").parts["a.act"] == ("a.act/0/", "a.act")
    assert verify(graph).ok


@pytest.mark.parametrize("name", BACKENDS)
def test_weights_in_two_parts_are_refused(name: str) -> None:
    graph = build("Two", {"x": MAP}, [("odd", Parted(), ("x",))], {"head": "odd"})
    with pytest.raises(CompileError, match=r"`parted` decomposes into layers that do not keep its weights"):
        find(name).run(graph, seeded_weights(graph), Options())


def test_a_graph_that_needs_no_lowering_stays_as_it_is() -> None:
    layers = [("conv", Conv(2, 1), ("x",)), ("scale", Scale(2.0), ("conv",))]
    graph = build("Plain", {"x": MAP}, layers, {"head": "scale"})
    assert lower(graph, simple, "test").graph.nodes == graph.nodes
