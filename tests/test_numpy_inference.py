"""Fast inference gives what the plain kernels give, for every layer and for what is merged and placed."""

from __future__ import annotations

import numpy as np
import pytest
from test_numpy_layers import CASES, Case, inputs_of, one_layer

from cnnspec.backends import numpy as backend
from cnnspec.graph import Graph, build


def agree(graph: Graph, batch: int = 3, threads: int = 2, sizes: dict[str, tuple[int, ...]] | None = None) -> None:
    """Fast inference against the plain kernels, with weights far from their start."""
    program = backend.compile(graph, seed=1, threads=threads)
    rng = np.random.default_rng(0)
    program.update(
        {key: a + rng.uniform(0.1, 0.5, a.shape).astype(np.float32) for key, a in program.tensors.items()}
    )
    inputs = {
        name: rng.standard_normal((batch, *(sizes or {}).get(name, graph[name].shape))).astype(np.float32)
        for name in graph.inputs
    }
    expected = program.forward(inputs, training=False)
    for _ in range(2):
        got = program(inputs)
        pairs = [(got, expected)] if isinstance(got, np.ndarray) else [(got[h], expected[h]) for h in expected]
        for one, other in pairs:
            assert one.shape == other.shape
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4 * np.abs(other).max())


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_every_layer(case: Case, threads: int) -> None:
    agree(one_layer(case.layer, case.shapes), threads=threads)
