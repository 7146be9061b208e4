"""Arrays of any library: values as they were, in every way into a backend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnnspec
from cnnspec.backends import BACKENDS, Options, find, safetensors
from cnnspec.backends.arrays import as_array
from cnnspec.backends.weights import initialize
from cnnspec.graph import Graph

torch = pytest.importorskip("torch")

VALUES = [1.0, -0.15625, 3.0e38, 1e-40, 0.0, float("inf")]
SPEC = "net N { input 3x8x8; conv(4, 3) -> batchnorm -> relu -> gap -> flatten -> linear(2) }"


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("float64", np.float64),
        ("float32", np.float32),
        ("float16", np.float16),
        ("bfloat16", np.float32),
        ("int64", np.int64),
        ("bool", np.bool_),
    ],
)
def test_a_tensor_keeps_its_values_and_where_numpy_has_it_its_type(dtype: str, expected: Any) -> None:
    values = [0, 1, 2] if dtype in ("int64", "bool") else VALUES
    tensor = torch.tensor(values).to(getattr(torch, dtype))
    array = as_array(tensor)
    assert array.dtype == expected
    np.testing.assert_array_equal(array, tensor.double().numpy())


def test_a_tensor_that_needs_gradients_and_a_strided_one() -> None:
    tensor = torch.arange(6.0).reshape(2, 3).requires_grad_()
    np.testing.assert_array_equal(as_array(tensor.T), [[0, 3], [1, 4], [2, 5]])


def test_arrays_stay_what_they_are_and_lists_become_floats() -> None:
    array = np.arange(3, dtype=np.int16)
    assert as_array(array) is array
    assert as_array([1, 2]).dtype == np.float64 and as_array([True]).dtype == np.bool_


def test_bfloat16_of_other_libraries() -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    array = as_array(np.array(VALUES, np.float32).astype(ml_dtypes.bfloat16))
    expected = torch.tensor(VALUES).bfloat16().float().numpy()
    assert array.dtype == np.float32
    np.testing.assert_array_equal(array, expected)


@pytest.fixture(scope="module")
def graph() -> Graph:
    return cnnspec.loads(SPEC).ir


@pytest.mark.parametrize("dtype", ["float64", "float16", "bfloat16"])
@pytest.mark.parametrize("name", BACKENDS)
def test_every_backend_takes_tensors_of_any_precision(graph: Graph, name: str, dtype: str) -> None:
    pytest.importorskip("onnxruntime")
    kind = getattr(torch, dtype)
    tensors = {key: torch.tensor(value).to(kind) for key, value in initialize(graph).items()}
    plain = {key: as_array(value.float()) for key, value in tensors.items()}
    tensors = {key: value.requires_grad_() for key, value in tensors.items()}
    x = {"input": np.random.default_rng(0).standard_normal((2, 3, 8, 8)).astype(np.float32)}
    got = find(name).run(graph, tensors, Options())(x)["output"]
    np.testing.assert_array_equal(got, find(name).run(graph, plain, Options())(x)["output"])


@pytest.mark.parametrize(("dtype", "stored"), [("float16", np.float16), ("bfloat16", np.float32)])
def test_tensors_are_saved_as_they_are(tmp_path: Path, dtype: str, stored: Any) -> None:
    tensor = torch.tensor(VALUES).to(getattr(torch, dtype)).requires_grad_()
    safetensors.save(tmp_path / "w.safetensors", {"w": tensor})
    loaded = safetensors.load(tmp_path / "w.safetensors")["w"]
    assert loaded.dtype == stored
    np.testing.assert_array_equal(loaded, as_array(tensor))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_a_net_of_sixteen_bits_gives_its_outputs_as_arrays(graph: Graph, dtype: str) -> None:
    x = {"input": np.ones((2, 3, 8, 8), np.float32)}
    got = find("torch").run(graph, initialize(graph), Options(dtype))(x)["output"]
    assert got.dtype == (np.float16 if dtype == "float16" else np.float32)
    expected = find("numpy").run(graph, initialize(graph), Options())(x)["output"]
    np.testing.assert_allclose(got, expected, atol=0.02)
