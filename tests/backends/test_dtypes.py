"""Every layer in every dtype on every backend: it runs, and comes near to float64, or is refused by name."""

from __future__ import annotations

import numpy as np
import pytest
from layer_cases import CASES, Case

from cnnspec import loads
from cnnspec.backends import BACKENDS, CompileError, Options, find
from cnnspec.backends.base import check_options
from cnnspec.backends.inputs import random_inputs
from cnnspec.backends.runs import seeded_weights
from cnnspec.diagnostics import InvalidValue

NEAR = {"float64": 1e-9, "float32": 1e-4, "float16": 0.02, "bfloat16": 0.1}
"""How near to float64, of the largest value: some units in the last place of each type."""
RUNS = [(name, dtype) for name in BACKENDS for dtype in find(name).dtypes]


@pytest.mark.parametrize(("name", "dtype"), RUNS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.layer.op}")
def test_every_layer_runs_in_every_dtype_or_is_refused(case: Case, name: str, dtype: str) -> None:
    graph = case.graph()
    weights, inputs = seeded_weights(graph), random_inputs(graph, 0, 2)
    if case.layer.op == "lppool":
        # roots of sums that may be negative are no numbers, and where they are hangs on rounding
        inputs = {name: np.abs(values) for name, values in inputs.items()}
    if case.layer.op == "max_unpool":
        # where a maximum lies hangs on rounding, but for values that all types have
        inputs["x1"] = (np.round(8 * inputs["x1"]) / 8).astype(np.float32)
    expected = find("numpy").run(graph, weights, Options(dtype="float64"))(inputs)["head"]
    try:
        got = find(name).run(graph, weights, Options(dtype=dtype))(inputs)["head"]
    except CompileError as error:
        assert dtype in ("float16", "bfloat16")
        assert name == "torch" and f"torch cannot run OneLayer in {dtype} on this processor" in str(error)
        assert case.layer.op in ("lrn", "avgpool", "lppool")
        return
    largest = float(np.nanmax(np.abs(expected)))
    if dtype in ("float16", "bfloat16"):
        # a sum near zero may change its sign, and with it whether lppool's odd root is a number
        got = np.where(np.isnan(got) | np.isnan(expected), expected, got)
    np.testing.assert_allclose(got, expected, atol=NEAR[dtype] * max(largest, 1e-3), rtol=0)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float64", "int8", "nope", ""])
def test_a_dtype_that_a_backend_lacks_is_refused(dtype: str) -> None:
    net = loads("net A { input 3x8x8; conv(4, 3) }")
    for name in BACKENDS:
        if dtype not in find(name).dtypes:
            with pytest.raises(InvalidValue, match=f"runs in .*, not {dtype}"):
                check_options(find(name), Options(dtype=dtype))
            if name != "onnx":
                with pytest.raises(InvalidValue, match=f"runs in .*, not {dtype}"):
                    getattr(net, f"to_{name}")(dtype=dtype)


def test_a_scheme_that_there_is_not_is_refused_with_and_without_a_seed() -> None:
    net = loads("net A { input 3x8x8; conv(4, 3) }")
    for seed in (None, 0):
        with pytest.raises(InvalidValue, match="no initialization is called 'nope'"):
            net.to_torch(init="nope", seed=seed)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("layer", ["maxpool(2)", "maxpool(3, stride=1, pad=1)", "gmp", "adaptive_maxpool(2)"])
def test_what_is_no_number_stays_none_under_a_maximum(layer: str, dtype: str) -> None:
    """In numpy and in torch; onnxruntime loses it, as the manual says."""
    if not find("torch").is_installed:
        pytest.skip("torch is not installed")
    graph = loads(f"net N {{ input 2x4x4; {layer} }}").ir
    x = np.ones((1, 2, 4, 4), np.float32)
    x[0, 0, 1, 1] = np.nan
    options = Options(dtype=dtype)
    found = [find(name).run(graph, {}, options)({"input": x})["output"] for name in ("numpy", "torch")]
    assert np.isnan(found[0]).any() and not np.isnan(found[0]).all()
    np.testing.assert_array_equal(found[0], found[1])
