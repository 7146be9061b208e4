"""ONNX models: every layer against numpy, names, shapes, files, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cross.judge import perform
from layer_cases import CASES, Case

import cnnspec
from cnnspec.backends import CompileError, numpy
from cnnspec.backends.inputs import random_inputs
from cnnspec.backends.onnx.opsets import OLDER
from cnnspec.backends.runs import seeded_weights
from cnnspec.backends.weights import WeightsError
from cnnspec.graph import Graph, build
from cnnspec.layers import REGISTRY
from cnnspec.layers.activation import ReLU
from cnnspec.layers.base import Layer
from cnnspec.layers.conv import Conv
from cnnspec.layers.dense import Flatten, Linear
from cnnspec.layers.join import Add
from cnnspec.layers.norm import BatchNorm

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
backend = pytest.importorskip("cnnspec.backends.onnx")


def dims(value: Any) -> list[str | int]:
    return [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]


def check(model: Any) -> None:
    """The strictest checks that onnx has."""
    onnx.checker.check_model(model, full_check=True)
    infer(model)


def infer(model: Any) -> Any:
    """The model with inferred shapes; raises where they contradict what it declares."""
    return onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)


def bare(model: Any) -> Any:
    """The model without the shapes it declares inside and at its outputs, so that onnx infers them itself."""
    result = onnx.ModelProto()
    result.CopyFrom(model)
    del result.graph.value_info[:]
    for output in result.graph.output:
        output.type.tensor_type.ClearField("shape")
    return result


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_agrees_with_numpy(case: Case) -> None:
    graph = case.graph()
    weights, inputs = seeded_weights(graph), random_inputs(graph, batch=3)
    model = backend.model(graph, weights)
    expected = numpy.compile(graph, weights)(inputs)
    got = backend.OnnxProgram(model)(inputs)
    assert got.shape == expected.shape
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5 * np.nanmax(np.abs(expected)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_onnx_infers_the_declared_shape(case: Case) -> None:
    model = backend.model(case.graph())
    check(model)
    assert dims(model.graph.output[0]) == ["batch", *case.layer.infer(*case.shapes)]
    inferred = infer(bare(model)).graph.output[0]
    assert dims(inferred)[1:] == dims(model.graph.output[0])[1:]


def test_every_layer_has_a_case() -> None:
    assert {type(case.layer) for case in CASES} == set(REGISTRY.values())


def residual() -> Graph:
    return build(
        "Small",
        {"image": (3, 8, 8)},
        [
            ("stem.conv", Conv(8, 3, bias=False), ("image",)),
            ("stem.norm", BatchNorm(), ("stem.conv",)),
            ("body.conv", Conv(8, 3), ("stem.norm",)),
            ("body.add", Add(), ("body.conv", "stem.norm")),
            ("head.flatten", Flatten(), ("body.add",)),
            ("head.linear", Linear(10), ("head.flatten",)),
        ],
        {"scores": "head.linear"},
    )


def test_names_are_the_paths_of_layers_and_weights() -> None:
    graph = backend.model(residual()).graph
    assert [node.name for node in graph.node] == [
        "stem.conv",
        "stem.norm",
        "body.conv",
        "body.add",
        "head.flatten",
        "head.linear",
    ]
    assert {tensor.name for tensor in graph.initializer} == {
        "stem.conv.weight",
        "stem.norm.weight",
        "stem.norm.bias",
        "stem.norm.running_mean",
        "stem.norm.running_var",
        "body.conv.weight",
        "body.conv.bias",
        "head.linear.weight",
        "head.linear.bias",
    }
    assert [(value.name, dims(value)) for value in (*graph.input, *graph.output)] == [
        ("image", ["batch", 3, 8, 8]),
        ("scores", ["batch", 10]),
    ]
    assert {value.name: dims(value) for value in graph.value_info}["body.add"] == ["batch", 8, 8, 8]


def test_weights_are_stored_under_their_keys() -> None:
    weights = seeded_weights(residual())
    stored = {
        t.name: onnx.numpy_helper.to_array(t) for t in backend.model(residual(), weights).graph.initializer
    }
    for key, array in weights.items():
        np.testing.assert_array_equal(stored[key], array)


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_any_batch(batch: int) -> None:
    program = backend.compile(residual(), seed=3)
    inputs = random_inputs(residual(), batch=batch)
    expected = numpy.compile(residual(), seed=3)(inputs)
    np.testing.assert_allclose(program(inputs), expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(program(inputs["image"]), program(**inputs))


TWO_HEADS = """
net Two {
    input 3x8x8
    body {
        mid: conv(8, 3) -> relu
        conv(8, 3, stride=2)
    }
    head main { gap -> flatten -> linear(4) }
    head side from mid { conv(2, 1) }
    head aux from mid, training { gap -> flatten -> linear(4) }
}
"""


def test_training_heads_are_left_out_and_the_others_keep_their_names() -> None:
    graph = cnnspec.loads(TWO_HEADS).ir
    made = backend.model(graph).graph
    assert [(value.name, dims(value)) for value in made.output] == [
        ("main", ["batch", 4]),
        ("side", ["batch", 2, 8, 8]),
    ]
    assert not any("aux" in tensor.name for tensor in made.initializer)
    inputs = random_inputs(graph)
    expected = numpy.compile(graph, seed=1)(inputs)
    got = backend.compile(graph, seed=1)(inputs)
    assert isinstance(expected, dict) and isinstance(got, dict)
    for head in ("main", "side"):
        np.testing.assert_allclose(got[head], expected[head], rtol=1e-5, atol=1e-5)


SIAMESE = """
share tower { conv(4, 3) -> relu }
net Siamese {
    input left 1x6x6
    input right 1x6x6
    a: left -> tower
    b: right -> tower
    concat(a, b) -> flatten -> linear(2)
}
"""


def test_shared_weights_are_stored_once() -> None:
    graph = cnnspec.loads(SIAMESE).ir
    model = backend.model(graph)
    assert sum(tensor.name.endswith("conv.weight") for tensor in model.graph.initializer) == 1
    assert [value.name for value in model.graph.input] == ["left", "right"]
    inputs = random_inputs(graph)
    expected = numpy.compile(graph)(inputs)
    np.testing.assert_allclose(backend.OnnxProgram(model)(**inputs), expected, rtol=1e-5, atol=1e-6)


def test_an_input_and_one_node_twice_may_be_heads() -> None:
    graph = build(
        "Echo", {"x": (2,)}, [("relu", ReLU(), ("x",))], {"same": "x", "first": "relu", "second": "relu"}
    )
    model = backend.model(graph)
    check(model)
    outputs = backend.OnnxProgram(model)(np.array([[-1, 2]]))
    assert {head: value.tolist() for head, value in outputs.items()} == {
        "same": [[-1, 2]],
        "first": [[0, 2]],
        "second": [[0, 2]],
    }


HOSTILE = [
    "",
    " ",
    "a/Relu",
    "relu/constant",
    '"; drop',
    "new\nline",
    "../x",
    "ünï",
    "x.weight",
    "\N{SNOWMAN}",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_of_any_kind_stay_apart(name: str) -> None:
    """Specs make identifiers only; graphs made from code may hold anything."""
    layers: list[tuple[str, Layer, tuple[str, ...]]] = [
        ("x", Conv(2, 1), ("in",)),
        (name, ReLU(), ("x",)),
        ("relu", ReLU(), (name,)),
    ]
    graph = build(name, {"in": (1, 2, 2)}, layers, {name: "relu", "x": "x"})
    model = backend.model(graph)
    check(model)
    inputs = random_inputs(graph)
    expected, got = numpy.compile(graph)(inputs), backend.OnnxProgram(model)(inputs)
    for value, other in zip(expected.values(), got.values(), strict=True):
        np.testing.assert_allclose(other, value, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "opset", [13, *(pytest.param(opset, marks=pytest.mark.slow) for opset in (14, 15, 16, 17))]
)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_every_layer_in_an_older_operator_set(case: Case, opset: int) -> None:
    """What rules write for set 18 is there, in other words, from 13 on."""
    graph = case.graph()
    weights, inputs = seeded_weights(graph), random_inputs(graph, batch=2)
    model = backend.model(graph, weights, opset=opset)
    nodes = backend.model(graph, weights).graph.node
    if not any(node.op_type in OLDER for node in nodes):
        assert list(model.graph.node) == list(nodes)
        return
    check(model)
    expected, got = numpy.compile(graph, weights)(inputs), backend.OnnxProgram(model)(inputs)
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5 * np.nanmax(np.abs(expected)))


@pytest.mark.parametrize("opset", range(13, onnx.defs.onnx_opset_version() + 1))
def test_operator_sets(opset: int) -> None:
    model = backend.model(residual(), opset=opset)
    check(model)
    assert model.opset_import[0].version == opset
    inputs = random_inputs(residual())
    # each release of onnxruntime since 1.20, which runs operator set 21, has run one more
    newest = 1 + int(onnxruntime.__version__.split(".")[1])
    if opset > newest:
        with pytest.raises(CompileError, match=f"does not run operator set {opset}: a newer one does"):
            backend.OnnxProgram(model)
        return
    np.testing.assert_allclose(
        backend.OnnxProgram(model)(inputs), numpy.compile(residual())(inputs), rtol=1e-5, atol=1e-5
    )


def test_an_operator_set_that_the_runtime_does_not_know_is_refused_in_a_line() -> None:
    model = backend.model(residual())
    model.opset_import[0].version = 999
    with pytest.raises(
        CompileError, match=r"onnxruntime [0-9.]+ does not run operator set 999: a newer one does"
    ):
        backend.OnnxProgram(model)


@pytest.mark.parametrize("opset", [0, 12, 999])
def test_other_operator_sets_are_refused(opset: int) -> None:
    with pytest.raises(ValueError, match=f"operator sets 13 to .*, not {opset}"):
        backend.model(residual(), opset=opset)


def test_another_type_is_refused() -> None:
    with pytest.raises(ValueError, match="the ONNX backend runs in float32 and float16, not bfloat16"):
        backend.model(residual(), dtype="bfloat16")


@pytest.mark.parametrize("opset", [13, 18])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("fold", [False, True])
@pytest.mark.parametrize("open_size", [False, True])
def test_options_of_a_file_go_together(
    tmp_path: Path, opset: int, dtype: str, fold: bool, open_size: bool
) -> None:
    net = cnnspec.loads(
        "net N { input 3x16x16; conv(8, 3, bias=false) -> batchnorm -> hardswish; upsample(2);"
        " adaptive_avgpool(3) -> flatten -> linear(4) }"
    )
    weights = seeded_weights(net.ir)
    path = tmp_path / "net.onnx"
    net.to_onnx(path, weights, opset=opset, dtype=dtype, fold_batchnorm=fold, open_size=open_size)
    model = onnx.load(path)
    check(model)
    assert {entry.version for entry in model.opset_import} == {opset}
    kinds = {tensor.data_type for tensor in model.graph.initializer}
    assert (onnx.TensorProto.FLOAT16 in kinds) == (dtype == "float16")
    assert any(node.op_type == "BatchNormalization" for node in model.graph.node) != fold
    x = np.random.default_rng(0).standard_normal((2, 3, 24, 20) if open_size else (2, 3, 16, 16))
    expected, got = net.to_numpy(weights)(x), backend.OnnxProgram(model)(x)
    assert got.dtype == dtype
    np.testing.assert_allclose(got, expected, atol=1e-5 if dtype == "float32" else 5e-3)


def test_the_command_line_has_them_too(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    words = ["--opset", "13", "--dtype", "float16", "--fold-batchnorm", "--open-size"]
    assert perform(["compile", "resnet20", "-o", str(path), *words]).code == 0
    model = onnx.load(path)
    check(model)
    assert model.opset_import[0].version == 13
    assert dims(model.graph.input[0]) == ["batch", 3, "size1", "size2"]
    refused = perform(["compile", "resnet20", "-o", str(tmp_path / "net.py"), "--opset", "13"])
    assert refused.code == 2 and "opset is for onnx, not for numpy" in refused.err
    refused = perform(["compile", "resnet20", "-o", str(tmp_path / "a.onnx"), "--opset", "12"])
    assert refused.code == 1 and "operator sets 13 to" in refused.err


def test_weights_that_do_not_fit_are_refused() -> None:
    weights = seeded_weights(residual())
    del weights["body.conv.bias"]
    with pytest.raises(WeightsError, match=r"missing: body\.conv\.bias"):
        backend.model(residual(), weights)


class Odd(Layer):
    """A layer that nothing knows."""

    op = "odd"


def test_a_layer_without_a_rule_is_named() -> None:
    graph = build("Net", {"x": (3,)}, [("body.odd", Odd(), ("x",))], {"head": "body.odd"})
    with pytest.raises(CompileError, match=r"the ONNX backend has no rule for `odd` \(body\.odd\)"):
        backend.model(graph)


def test_a_file_holds_the_model(tmp_path: Path) -> None:
    path = tmp_path / "small.onnx"
    backend.export(residual(), path, seed=2)
    model = onnx.load(path)
    made = backend.model(residual(), seed=2)
    assert model == made
    assert model.producer_name == "cnnspec"
    assert [entry.name for entry in tmp_path.iterdir()] == ["small.onnx"]


def test_a_failed_export_leaves_nothing_and_spares_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "small.onnx"
    path.write_text("kept")
    graph = build("Net", {"x": (3,)}, [("odd", Odd(), ("x",))], {"head": "odd"})
    with pytest.raises(CompileError):
        backend.export(graph, path)
    assert [entry.read_text() for entry in tmp_path.iterdir()] == ["kept"]
    with pytest.raises(OSError):
        backend.export(residual(), tmp_path / "nowhere" / "small.onnx")


def test_the_command_line_runs_a_model_and_knows_its_type() -> None:
    done = perform(["compile", "lenet5", "--backend", "onnx", "--batch", "3"])
    assert done.code == 0
    assert "outputs      head 3x10\nparams       61,706\n" in done.text
    refused = perform(["compile", "lenet5", "--backend", "onnx", "--dtype", "float64"])
    assert refused.code == 2
    assert "the onnx backend runs in float32 and float16, not float64" in refused.err


def test_the_name_of_a_file_tells_the_backend(tmp_path: Path) -> None:
    """`cnnspec compile lenet5 -o net.onnx` needs no --backend."""
    run = perform(["compile", "lenet5", "-o", str(tmp_path / "net.onnx")])
    assert run.code == 0, run.err
    onnx.checker.check_model(onnx.load(tmp_path / "net.onnx"), full_check=True)
