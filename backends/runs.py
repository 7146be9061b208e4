"""How each backend is run for a comparison: the same weights, the same inputs, outputs as arrays by head."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnnspec.backends.weights import declared, initialize
from cnnspec.graph import Graph
from cnnspec.layers.base import Weight

Array = NDArray[Any]
Arrays = Mapping[str, Array]


@dataclass(frozen=True)
class Case:
    """What every backend is given."""

    graph: Graph
    weights: Arrays
    inputs: Arrays
    dtype: str
    seed: int


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


class Trained(NamedTuple):
    """One step of training: outputs by head, gradients by weight and input, running statistics by key."""

    outputs: Arrays
    gradients: Arrays
    statistics: Arrays


def exposed(graph: Graph) -> Graph:
    """The inference graph with every node but the inputs as a head of its own name."""
    running = graph.inference()
    return replace(running, outputs={node.name: node.name for node in running if node.inputs})


def by_head(graph: Graph, outputs: Any, training: bool = False) -> dict[str, Array]:
    """What a backend gave, by head: a net with one output gives the array itself."""
    if isinstance(outputs, Mapping):
        return dict(outputs)
    heads = [head for head in graph.outputs if training or head not in graph.training_heads]
    return {heads[0]: outputs}


def run_numpy(case: Case) -> Arrays:
    """Inference on the reference backend."""
    from cnnspec.backends import numpy

    return by_head(case.graph, numpy.compile(case.graph, case.weights, dtype=case.dtype)(case.inputs))


def run_torch(case: Case) -> Arrays:
    from cnnspec.backends import torch

    run = torch.runner(case.graph, case.weights, dtype=case.dtype)
    return by_head(case.graph, run(case.inputs))


def run_onnx(case: Case) -> Arrays:
    from cnnspec.backends import onnx

    return by_head(case.graph, onnx.compile(case.graph, case.weights)(case.inputs))


RUN: Mapping[str, Callable[[Case], Arrays]] = {"numpy": run_numpy, "torch": run_torch, "onnx": run_onnx}


def train_numpy(case: Case, grads: Arrays) -> Trained:
    """One forward and backward pass on the reference backend."""
    from cnnspec.backends import numpy

    program = numpy.compile(case.graph, case.weights, dtype=case.dtype)
    outputs = by_head(case.graph, program.forward(case.inputs), training=True)
    gradients = program.backward(grads)
    statistics = {key: value for key, value in program.tensors.items() if key not in program.trainable}
    return Trained(outputs, gradients, statistics)


def train_torch(case: Case, grads: Arrays) -> Trained:
    from cnnspec.backends.torch import training

    return Trained(*training.step(case.graph, case.weights, case.inputs, grads, case.dtype))
