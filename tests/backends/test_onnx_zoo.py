"""ONNX files of every net of the zoo, in options that go together, pass the strictest checks of onnx."""

from __future__ import annotations

from typing import Any

import pytest
from test_zoo_backends import closed, small

from cnnspec.backends import CompileError
from cnnspec.backends.weights import initialize

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
backend = pytest.importorskip("cnnspec.backends.onnx")

from test_onnx import check  # noqa: E402

NEWEST = onnx.defs.onnx_opset_version()
QUICK = {"LeNet5", "ResNet20", "UNetSmall"}
LARGEST = 100_000_000
"""The most weights of a net that is checked: onnx holds a model several times over."""
OPTIONS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "oldest, open, folded": {"opset": 13, "open_size": True, "fold_batchnorm": True},
    "oldest, in sixteen bits": {"opset": 13, "dtype": "float16"},
    "newest, open, in sixteen bits": {"opset": NEWEST, "open_size": True, "dtype": "float16"},
    "newest, folded": {"opset": NEWEST, "fold_batchnorm": True},
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in closed()]
)
def test_files_of_a_net_pass_the_checker_and_its_shapes_are_inferred(name: str) -> None:
    graph = small(name)
    weights = initialize(graph)
    if sum(array.size for array in weights.values()) > LARGEST:
        pytest.skip(f"more than {LARGEST // 10**6} million weights: smaller nets of the family are checked")
    for options in OPTIONS.values():
        is_open = "open_size" in options
        try:
            model = backend.model(graph, weights, **options)
        except CompileError as error:
            assert "for one size" in str(error) and is_open
            continue
        check(model)
        shapes = {value.name: dims_of(value) for value in model.graph.output}
        assert shapes.keys() == (graph.outputs.keys() - graph.training_heads)
        assert model.opset_import[0].version == options.get("opset", model.opset_import[0].version)
        if not is_open:
            assert list(shapes.values()) == [
                list(graph[node].shape) for head, node in graph.outputs.items() if head in shapes
            ]


def dims_of(value: Any) -> list[int]:
    """The declared shape of one sample of an output."""
    return [dim.dim_value for dim in value.type.tensor_type.shape.dim][1:]
