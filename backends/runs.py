"""How each backend is run for a comparison: the same weights, the same inputs, outputs as arrays by head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnspec.backends.base import Options, TrainingStep, find
from cnnspec.backends.weights import declared, initialize
from cnnspec.graph import Graph
from cnnspec.layers.base import Weight

Array = NDArray[Any]
Arrays = Mapping[str, Array]


@dataclass(frozen=True)
class Trial:
    """What every backend is given in a comparison.

    With `plain` the first of them runs its plain kernels for what the others, and itself, are compared to.
    """

    graph: Graph
    weights: Arrays
    inputs: Arrays
    dtype: str
    seed: int
    plain: bool = False


def still(graph: Graph) -> Graph:
    """The graph with dropout and stochastic depth at rate 0: backends draw different noise."""
    nodes = {
        node.name: node._replace(layer=replace(node.layer, rate=0.0)) if node.layer.noisy else node
        for node in graph
    }
    return replace(graph, nodes=nodes)


def seeded_weights(graph: Graph, seed: int = 0) -> dict[str, NDArray[np.float32]]:
    """Weights that tell backends apart: as at the start of training, but nothing is 0 or 1 throughout.

    Factors and variances are uniform from 0.5 to 1.5 times where they start (1 where that is nearly 0, which
    would hide a branch), biases and means that start at 0 within +-0.5.
    """
    weights = initialize(graph, seed)
    for number, (key, weight, _) in enumerate(declared(graph)):
        if weight.init.kind == "constant":
            weights[key] = _spread(weight, np.random.default_rng((seed, number)))
    return weights


def _spread(weight: Weight, stream: np.random.Generator) -> NDArray[np.float32]:
    draws = stream.random(weight.shape)
    if weight.name in ("bias", "running_mean"):
        return (draws - 0.5).astype(np.float32)
    start = weight.init.value
    return ((start if start > 0.01 else 1.0) * (draws + 0.5)).astype(np.float32)


def exposed(graph: Graph) -> Graph:
    """The inference graph with every node but the inputs as a head of its own name."""
    running = graph.inference()
    return replace(running, outputs={node.name: node.name for node in running if node.inputs})


def run(trial: Trial, name: str, plain: bool = False) -> Arrays:
    """Inference on a backend, or with its plain kernels, as arrays by head."""
    options = Options(trial.dtype, reference=plain)
    return find(name).run(trial.graph, trial.weights, options)(trial.inputs)


def seeded_grads(trial: Trial) -> dict[str, Array]:
    """Standard normal gradients of the heads, for one step of training."""
    batch = len(next(iter(trial.inputs.values())))
    return {
        head: np.random.default_rng((trial.seed, number)).standard_normal((batch, *trial.graph[node].shape))
        for number, (head, node) in enumerate(trial.graph.outputs.items())
    }


def nudged(arrays: Arrays, seed: int = 0, step: float = 2.0**-52) -> dict[str, Array]:
    """Arrays in float64, every value moved up or down by a step of itself: by rounding, as it is given."""
    return {
        name: array * (1 + step * np.random.default_rng((seed, number)).choice((-1.0, 1.0), array.shape))
        for number, (name, array) in enumerate(arrays.items())
    }


def train_once(trial: Trial, name: str, grads: Arrays) -> TrainingStep:
    """One forward and backward pass on a backend that trains."""
    step = find(name).train
    assert step is not None
    return step(trial.graph, trial.weights, trial.inputs, grads, trial.dtype)


def magnitude(values: Array) -> float:
    """The largest magnitude of the finite values."""
    return float(np.abs(values, where=np.isfinite(values), out=np.zeros(values.shape)).max(initial=0.0))
