"""Folding batchnorm leaves outputs equal, and folds only where that is right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from cnnspec.backends import numpy as backend
from cnnspec.backends.weights import check, initialize
from cnnspec.graph import Graph, build
from cnnspec.layers.activation import ReLU
from cnnspec.layers.base import Layer
from cnnspec.layers.conv import Conv, DepthwiseConv, TransposedConv
from cnnspec.layers.dense import Flatten, Linear
from cnnspec.layers.join import Add
from cnnspec.layers.norm import BatchNorm
from cnnspec.passes.fold_batchnorm import fold_batchnorm
from cnnspec.passes.verify import verify

Entry = tuple[str, Layer, tuple[str, ...]]


def net(*layers: Entry, head: str | None = None) -> Graph:
    return build("Net", {"input": (4, 6, 6)}, layers, {"head": head or layers[-1][0]})


def chain(*layers: Layer) -> Graph:
    names = ["input", *(f"block.{layer.op}{i}" for i, layer in enumerate(layers))]
    return net(
        *((name, layer, (before,)) for before, name, layer in zip(names, names[1:], layers, strict=False))
    )


def random_weights(graph: Graph) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {key: rng.uniform(0.5, 1.5, a.shape) for key, a in initialize(graph).items()}


def ops(graph: Graph) -> Sequence[str]:
    return [node.layer.op for node in graph]


@pytest.mark.parametrize(
    "layer",
    [
        Conv(6, 3, bias=False),
        Conv(6, 3, stride=2, groups=2),
        DepthwiseConv(3, multiplier=2),
        TransposedConv(6, 3, stride=2, groups=2),
        TransposedConv(5, 2, bias=False),
    ],
)
@pytest.mark.parametrize("norm", [BatchNorm(), BatchNorm(eps=0.1, affine=False)])
def test_outputs_stay_equal(layer: Layer, norm: BatchNorm) -> None:
    graph = chain(layer, norm, ReLU(), Flatten(), Linear(3), norm)
    weights = random_weights(graph)
    folded, fewer = fold_batchnorm(graph, weights)
    assert ops(folded) == ["input", layer.op, "relu", "flatten", "linear"]
    assert not check(folded, fewer)
    verify(folded)
    x = np.random.default_rng(1).standard_normal((2, 4, 6, 6))
    before = backend.compile(graph, weights, dtype=np.float64)(x)
    after = backend.compile(folded, fewer, dtype=np.float64)(x)
    np.testing.assert_allclose(after, before, rtol=1e-12)


def test_the_formula() -> None:
    graph = build(
        "Net",
        {"input": (1, 1, 1)},
        [("c", Conv(1, 1), ("input",)), ("n", BatchNorm(eps=0.0), ("c",))],
        {"head": "n"},
    )
    values = {
        "c.weight": [[[[3.0]]]],
        "c.bias": [5.0],
        "n.weight": [2.0],
        "n.bias": [7.0],
        "n.running_mean": [1.0],
    }
    weights = {key: np.array(value) for key, value in values.items()} | {"n.running_var": np.array([4.0])}
    _, folded = fold_batchnorm(graph, weights)
    # gamma * W / sigma = 2 * 3 / 2, gamma * (b - mu) / sigma + beta = 2 * (5 - 1) / 2 + 7
    assert folded == {"c.weight": np.array([[[[3.0]]]]), "c.bias": np.array([11.0])}


@pytest.mark.parametrize(
    "graph",
    [
        chain(BatchNorm(), Conv(4, 3)),
        chain(Conv(4, 3), ReLU(), BatchNorm()),
        chain(Conv(4, 3, standardize=True), BatchNorm()),
        net(
            ("conv", Conv(4, 3), ("input",)),
            ("norm", BatchNorm(), ("conv",)),
            ("add", Add(), ("conv", "norm")),
        ),
    ],
    ids=["before", "apart", "standardized", "shared value"],
)
def test_what_cannot_be_folded_stays(graph: Graph) -> None:
    weights = random_weights(graph)
    same, kept = fold_batchnorm(graph, weights)
    assert same is graph
    assert kept == weights
