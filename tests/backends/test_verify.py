"""The comparison of backends: what it measures, what it finds, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from math import inf, isfinite, nan
from typing import Any

import numpy as np
import pytest
from cross.judge import perform
from cross.kinds import KINDS, net

import cnnspec
from cnnspec.backends.constants import growth, together
from cnnspec.backends.runs import Trial, seeded_weights
from cnnspec.backends.verify import (
    TensorDifference,
    Verification,
    compare,
    differences,
    explained,
    own_rounding,
    verify,
)
from cnnspec.layers.activation import ReLU, Sigmoid, SiLU, Tanh
from cnnspec.layers.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm

pytest.importorskip("torch")
pytest.importorskip("onnxruntime")

SPEC = """
net Small {
    input 3x8x8
    body {
        conv(8, 3, bias=false) -> batchnorm -> relu
        mid: residual { conv(8, 3) -> tanh -> dropout(0.3) }
        maxpool(2)
    }
    head scores { gap -> flatten -> dropout -> linear(4) }
    head map from mid { conv(2, 1) }
    head aux from mid, training { gap -> flatten -> linear(4) }
}
"""


@pytest.fixture(scope="module")
def graph() -> Any:
    return cnnspec.loads(SPEC).ir


def rows(found: Verification, kind: str) -> set[tuple[str, str]]:
    return {(row.backend, row.name) for row in found.differences if row.kind == kind}


def test_every_output_of_every_backend_is_compared(graph: Any) -> None:
    found = verify(graph)
    assert found.ok and not found.departures and not found.skipped
    assert found.reference == "numpy"
    assert rows(found, "output") == {
        (backend, head) for backend in ("torch", "onnx") for head in ("scores", "map")
    }
    assert all(row.tolerance == 1e-4 and row.relative < 1e-5 for row in found.differences)


def test_training_compares_gradients_and_running_statistics_in_float64(graph: Any) -> None:
    found = verify(graph, train=True)
    assert found.ok
    assert rows(found, "training output") == {("torch", head) for head in ("scores", "map", "aux")}
    weights = seeded_weights(graph)
    running = {key for key in weights if "running" in key}
    assert rows(found, "statistic") == {("torch", key) for key in running}
    assert rows(found, "gradient") == {("torch", key) for key in weights.keys() - running | {"input"}}
    assert {row.kind: row.tolerance for row in found.differences} == {
        "output": 1e-4,
        "training output": 1e-10,
        "gradient": 1e-8,
        "statistic": 1e-10,
    }
    assert all(row.relative < 1e-10 for row in found.differences if row.kind != "output")


def test_float64_leaves_onnx_out_and_says_so(graph: Any) -> None:
    found = verify(graph, dtype="float64")
    assert found.ok
    assert rows(found, "output") == {("torch", "scores"), ("torch", "map")}
    assert found.skipped == {"onnx": "it runs in float32 and float16 alone"}


def test_the_first_backend_there_is_stands_in_for_numpy(graph: Any) -> None:
    found = verify(graph, ["onnx", "torch"])
    assert found.ok
    assert found.reference == "torch"
    assert rows(found, "output") == {("onnx", "scores"), ("onnx", "map")}


def test_the_seed_decides(graph: Any) -> None:
    assert verify(graph, seed=1) == verify(graph, seed=1)
    assert verify(graph, seed=1).differences != verify(graph, seed=2).differences


def test_no_weight_is_zero_or_one_throughout(graph: Any) -> None:
    for key, array in seeded_weights(graph).items():
        assert len(np.unique(array)) == array.size, key


def test_a_wrong_layer_is_named(graph: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from cnnspec.backends.onnx import rules

    monkeypatch.setitem(rules.RULES, Tanh, rules.node("Sigmoid"))
    found = verify(graph)
    assert not found.ok
    assert {row.backend for row in found.over} == {"onnx"}
    (first,) = found.departures.values()
    assert (first.backend, first.kind, first.name) == ("onnx", "value", "body.mid.tanh")
    assert "onnx departs first at the value of body.mid.tanh" in found.as_text()
    assert found.as_text().splitlines()[-1] == "2 of 4 tensors differ"


def test_a_wrong_gradient_is_named(graph: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from cnnspec.backends.numpy import rules

    def backward(grad: Any, x: Any) -> Any:
        return (grad * np.where(x > 0, 1.0, 0.5),), {}

    monkeypatch.setitem(rules.RULES, ReLU, rules.rule_of(ReLU())._replace(backward=backward))
    found = verify(graph, train=True)
    # what lies after the relu keeps its gradients
    assert {row.name for row in found.over} == {
        "input",
        "body.conv.weight",
        "body.batchnorm.weight",
        "body.batchnorm.bias",
    }
    assert found.departures["torch"].kind == "gradient"
    assert found.departures["torch"].name.startswith("body.batchnorm.")


SHARED = """
share eye {{ conv(3, 3) -> batchnorm -> relu }}
net Shared {{
    input x 3x8x8
    head aux from x, training {{ conv(3, 1) -> eye -> gap -> flatten -> linear(2) }}
    {body}
}}
"""
BODIES = {
    "a training head before": "main: x -> eye; head y from main { gap -> flatten -> linear(2) }",
    "twice in turn": "eye -> eye; head y { gap -> flatten -> linear(2) }",
    "a join in the other order": "a: x -> eye; b: x -> relu -> eye; head y { concat(b, a) -> conv(2, 1) }",
    "two heads": "head y from x { eye -> gap -> flatten }; head z from x { tanh -> eye -> gap -> flatten }",
}


@pytest.mark.parametrize("body", BODIES)
def test_statistics_of_a_shared_batchnorm_move_in_one_order(body: str) -> None:
    """The last call weighs most, so the order of calls shows in them."""
    found = verify(cnnspec.loads(SHARED.format(body=BODIES[body])).ir, train=True, batch=3)
    assert found.ok, found.as_text()
    assert ("torch", "aux.eye.batchnorm.running_mean") in rows(found, "statistic")


@pytest.mark.parametrize("backend", ["torch", "onnx"])
@pytest.mark.parametrize("kind", [k for k in KINDS if "relu" in {n.layer.op for n in net(k).ir.inference()}])
def test_a_wrong_layer_is_named_in_nets_of_every_kind(
    kind: str, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cnnspec.backends.onnx import rules as onnx_rules
    from cnnspec.backends.torch import rules as torch_rules

    graph = net(kind).ir
    if backend == "onnx":
        monkeypatch.setitem(onnx_rules.RULES, ReLU, onnx_rules.node("Sigmoid"))
    else:
        monkeypatch.setitem(torch_rules.RULES, ReLU, torch_rules.RULES[SiLU])
    found = verify(graph)
    first = found.departures[backend]
    assert first.kind == "value" and isinstance(graph[first.name].layer, ReLU)


def test_what_rounding_alone_moves_as_far_is_told() -> None:
    """A batchnorm over values that are nearly the same: what lies 1e-13 apart comes out 1 apart."""
    graph = cnnspec.loads("net N { input 1; batchnorm(eps=1e-30) }").ir
    x = 1 + 1e-13 * np.arange(8.0).reshape(8, 1)
    trial = Trial(graph, seeded_weights(graph), {"input": x}, "float64", 0)
    own = own_rounding(trial, "numpy")
    worst = max(own, key=lambda found: found.relative)
    assert worst.backend == "numpy" and worst.relative > 1e-4
    steady = own_rounding(replace(trial, inputs={"input": np.arange(8.0).reshape(8, 1)}), "numpy")
    assert all(found.relative < 1e-14 for found in steady if found.kind != "gradient")
    differs = [replace(found, backend="torch", relative=1.0) for found in own]
    told = explained(differs, own)
    assert told is not None and told.relative == worst.relative
    assert explained([replace(found, relative=0.0) for found in differs], own) is None
    assert explained(differs, steady) is None
    verdict = Verification("N", "numpy", "float32", tuple(differs), {}, {}, told)
    assert f"rounding alone moves the {told.kind} {told.name} of numpy by" in verdict.as_text()
    assert verdict.as_dict()["rounding"]["name"] == told.name and not verdict.ok


def test_an_input_that_nothing_reads_has_no_gradient() -> None:
    found = verify(net("unused input").ir, train=True)
    assert found.ok, found.as_text()
    assert rows(found, "gradient") == {("torch", name) for name in ("a", "conv.weight", "conv.bias")}


ONES = "net N {{ input 1x3x3; softmax; {} }}"
CONSTANT = {
    "one norm": "conv(4, 1) -> batchnorm(affine=false)",
    "with factors": "conv(4, 1) -> batchnorm",
    "in turn": "conv(4, 1) -> batchnorm(affine=false) -> conv(3, 1) -> batchnorm(affine=false)",
    "of a small eps": "conv(4, 1) -> batchnorm(affine=false, eps=1e-12) -> conv(3, 1) -> tanh -> batchnorm",
    "of single values": "conv(4, 1) -> gap -> layernorm(over=all) -> batchnorm(affine=false)",
    "layers behind": "conv(4, 1) -> batchnorm(affine=false) -> conv(3, 1, bias=false)",
}


@pytest.mark.parametrize("layers", CONSTANT)
@pytest.mark.parametrize("seed", range(3))
def test_what_a_batchnorm_makes_of_constants_agrees(layers: str, seed: int) -> None:
    """A softmax over one channel is 1 everywhere, and so each channel behind it is one value."""
    found = verify(cnnspec.loads(ONES.format(CONSTANT[layers])).ir, train=True, batch=3, seed=seed)
    assert found.ok and found.rounding is None, found.as_text()
    assert all(isfinite(row.relative) for row in found.differences)


def test_a_wrong_layer_behind_constants_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from cnnspec.backends.torch import rules

    monkeypatch.setitem(rules.RULES, Tanh, rules.RULES[Sigmoid])
    found = verify(cnnspec.loads(ONES.format(CONSTANT["one norm"] + "; tanh -> conv(2, 1)")).ir, train=True)
    assert {row.kind for row in found.over} == {"output", "training output", "gradient"}


@pytest.mark.parametrize(
    ("layers", "values", "times"),
    [
        ("batchnorm(eps=0.01)", [1.0, 2.0], 1),
        ("batchnorm(eps=0.01)", [0.7, 0.7], 10),
        ("batchnorm(eps=0.01)", [0.7, 0.7 + 1e-15], 10),
        # a channel of zeros has no rounding
        ("batchnorm(eps=0.01)", [0.0, 0.0], 1),
        ("relu -> batchnorm(eps=0.01) -> batchnorm(eps=0.0001)", [0.7, 0.7], 1000),
        ("add { | batchnorm(eps=0.01) | batchnorm(eps=0.0001) } -> relu", [0.7, 0.7], 100),
    ],
)
def test_rounding_grows_by_norms_of_constants(layers: str, values: list[float], times: float) -> None:
    graph = cnnspec.loads(f"net N {{ input 1; {layers} }}").ir
    x = np.array(values).reshape(2, 1)
    assert growth(graph, {node.name: x for node in graph}, 1e-14) == pytest.approx(times)


@pytest.mark.parametrize(
    ("layer", "rows"),
    [
        (BatchNorm(), [[0, 1, 4, 5], [2, 3, 6, 7]]),
        (LayerNorm(), [[0, 1, 2, 3], [4, 5, 6, 7]]),
        (LayerNorm("channels"), [[0, 2], [1, 3], [4, 6], [5, 7]]),
        (InstanceNorm(), [[0, 1], [2, 3], [4, 5], [6, 7]]),
        (GroupNorm(2), [[0, 1], [2, 3], [4, 5], [6, 7]]),
        (GroupNorm(1), [[0, 1, 2, 3], [4, 5, 6, 7]]),
    ],
    ids=str,
)
def test_what_a_norm_takes_one_mean_of(layer: Any, rows: list[list[int]]) -> None:
    """Two samples of two channels of two places."""
    assert together(layer, np.arange(8).reshape(2, 2, 2)).tolist() == rows


def test_text(graph: Any) -> None:
    found = Verification(
        "Small",
        "numpy",
        "float32",
        (
            TensorDifference("torch", "output", "head", 1e-7, 2e-7, 1e-4),
            TensorDifference("torch", "gradient", "a.weight", 1e-12, 1e-12, 1e-10),
            TensorDifference("torch", "gradient", "b.weight", 1e-5, 1e-5, 1e-10),
        ),
        {"torch": TensorDifference("torch", "gradient", "b.weight", 1e-5, 1e-5, 1e-10)},
        {"onnx": "it runs in float32 and float16 alone"},
    )
    assert found.as_text().splitlines() == [
        "Small in float32, against numpy",
        "  torch  output               relative 2.00e-07 of 0.0001  absolute 1.00e-07  head",
        "  torch  gradients (2)        relative 1.00e-05 of 1e-10  absolute 1.00e-05  at b.weight",
        "  onnx   skipped: it runs in float32 and float16 alone",
        "torch departs first at the gradient of b.weight: relative 1.00e-05",
        "1 of 3 tensors differ",
    ]


def test_json_has_no_infinities() -> None:
    found = Verification(
        "N", "numpy", "float32", (TensorDifference("torch", "output", "y", inf, inf, 1e-4),), {}, {}
    )
    (row,) = json.loads(json.dumps(found.as_dict(), allow_nan=False))["differences"]
    assert row == {
        "backend": "torch",
        "kind": "output",
        "name": "y",
        "absolute": None,
        "relative": None,
        "tolerance": 1e-4,
        "ok": False,
    }


@pytest.mark.parametrize(
    ("expected", "got", "difference"),
    [
        ([1.0, -4.0], [1.0, -4.0], (0, 0)),
        ([1.0, -4.0], [1.5, -4.0], (0.5, 0.125)),
        ([0.0], [0.0], (0, 0)),
        ([0.0], [1e-9], (1e-9, inf)),
        ([nan, 2.0], [nan, 2.0], (inf, inf)),
        ([nan, 2.0], [1.0, 2.0], (inf, inf)),
        ([1.0, 2.0], [nan, 2.0], (inf, inf)),
        ([inf, 2.0], [inf, 2.0], (0, 0)),
        ([inf, 2.0], [-inf, 2.0], (inf, inf)),
        ([1.0], [1.0, 1.0], (inf, inf)),
        ([], [], (0, 0)),
    ],
)
def test_differences(expected: list[float], got: list[float], difference: tuple[float, float]) -> None:
    assert compare(np.array(expected), np.array(got)) == difference


def test_a_floor_spares_what_is_zero_but_for_rounding() -> None:
    assert compare(np.array([0.0]), np.array([1e-9]), floor=1e-3) == (1e-9, pytest.approx(1e-6))


def test_an_input_that_nothing_takes_has_no_gradient() -> None:
    net = cnnspec.loads("net N { input a 3x4x4; input b 2x4x4; a -> conv(2, 3) -> relu }")
    found = verify(net.ir, ("numpy", "torch"), train=True)
    assert found.ok, found.as_text()
    assert "b" not in {difference.name for difference in found.differences}


def test_a_tensor_that_one_side_lacks_is_infinitely_far() -> None:
    one = np.ones(1)
    found = differences("torch", "gradient", {"a": one, "b": one}, {"b": one, "c": one}, 1e-4)
    assert [(row.name, row.relative) for row in found] == [("a", inf), ("b", 0), ("c", inf)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"backends": ["numpy", "jax"]}, "no backend is called 'jax': there are numpy, torch, onnx"),
        ({"backends": ["numpy"]}, "a comparison in float32 needs two backends, given: numpy"),
        ({"backends": []}, "needs two backends, given: none"),
        ({"backends": ["numpy", "onnx"], "dtype": "float64"}, "a comparison in float64 needs two backends"),
        ({"dtype": "float16"}, "in float32 or float64, not float16"),
        ({"backends": ["numpy", "onnx"], "train": True}, "a comparison of training needs numpy and torch"),
    ],
)
def test_what_is_refused(graph: Any, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        verify(graph, **arguments)


def test_the_command_line_tells_agreement_difference_and_wrong_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    from cnnspec.backends.onnx import rules

    def run(*arguments: str) -> Any:
        return perform(["verify", "lenet5", *arguments])

    agree = run("--train", "--json")
    assert agree.code == 0
    assert json.loads(agree.text)["ok"] is True
    assert run("--backends", "numpy").code == 2
    monkeypatch.setitem(rules.RULES, Tanh, rules.node("Sigmoid"))
    differ = run("--backends", "numpy,onnx")
    assert differ.code == 1
    assert "onnx departs first at the value of stem.c1.tanh" in differ.text
