"""Source files of the numpy backend compute what the programs compute, and need numpy alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from layer_cases import CASES, Case
from test_numpy_layers import inputs_of
from test_numpy_program import classifier, siamese

from cnnspec.backends import numpy as backend
from cnnspec.graph import Graph, build
from cnnspec.layers.activation import ReLU
from cnnspec.layers.dense import Dropout, Linear
from cnnspec.layers.join import Add


def executed(graph: Graph) -> dict[str, Any]:
    """The names that the source of a net defines."""
    scope: dict[str, Any] = {"__name__": "net"}
    exec(compile(backend.source(graph), "net.py", "exec"), scope)
    return scope


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_every_layer(case: Case) -> None:
    graph = case.graph()
    inputs = inputs_of(case)
    net = executed(graph)["OneLayer"](seed=3, dtype=np.float64)
    expected = backend.compile(graph, seed=3, dtype=np.float64).forward(inputs, training=False)
    np.testing.assert_array_equal(net(*inputs.values()), expected)


def test_the_file_runs_and_needs_numpy_alone(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(backend.source(classifier()))
    assert "import cnnspec" not in path.read_text()
    done = subprocess.run([sys.executable, "-I", str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["187 parameters", "output (1, 3)"]


def test_the_same_seed_gives_the_same_weights_and_mappings_load() -> None:
    made = executed(classifier())["Classifier"]
    program = backend.compile(classifier(), seed=5)
    for layer, weights in made(seed=5).weights.items():
        for name, array in weights.items():
            np.testing.assert_array_equal(array, program.tensors[f"{layer}.{name}"])
    x = np.ones((1, 2, 8, 8))
    loaded = made(program.state_dict())
    np.testing.assert_array_equal(loaded(x), program.forward(x, training=False))


def test_several_inputs_and_training_heads() -> None:
    net = executed(siamese())["Siamese"](seed=1)
    x = np.ones((2, 3))
    np.testing.assert_array_equal(net(x, x), backend.compile(siamese(), seed=1)(left=x, right=x))


def test_misfits_are_refused() -> None:
    made = executed(classifier())["Classifier"]
    with pytest.raises(ValueError, match=r"the weights lack conv.weight of shape \(8, 2, 3, 3\)"):
        made({})
    with pytest.raises(ValueError, match=r"shapes \[\(2, 9, 8\)\] after the batch, not \[\(2, 8, 8\)\]"):
        made()(np.zeros((1, 2, 9, 8)))


def test_names_of_a_spec_never_become_code() -> None:
    evil = '"""\nimport os\nos.abort()  #'
    names = ["import", "x", "w", "np", "conv", "self", "print", "a'b\"c\\", "", "1", "añb", evil]
    layers = [(name, Linear(2), ("in put",)) for name in names]
    layers += [(f"{evil}.drop", Dropout(), ("x",)), ("sum", Add(), (*names, f"{evil}.drop"))]
    layers += [(f"{evil}.relu", ReLU(), ("sum",))]
    graph = build(evil, {"in put": (3,)}, layers, {evil: f"{evil}.relu", "x": "x"})
    scope = executed(graph)
    net = next(
        value for name, value in scope.items() if isinstance(value, type) and name.startswith("import_os")
    )
    x = np.ones((1, 3))
    outputs = net()(x)
    expected = backend.compile(graph)(x)
    assert outputs.keys() == expected.keys() == {evil, "x"}
    for head in outputs:
        np.testing.assert_allclose(outputs[head], expected[head], rtol=1e-6)
