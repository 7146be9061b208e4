"""Every layer with every argument, rank, dtype, backend, mode and fold, against torch's own layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import numpy as np

from cnnspec.backends import BACKENDS, CompileError, Options, find
from cnnspec.backends.inputs import random_inputs
from cnnspec.backends.runs import seeded_weights, still
from cnnspec.backends.verify import verify
from cnnspec.graph import Graph, build
from cnnspec.layers import REGISTRY, Layer
from cnnspec.layers.base import Shape
from cnnspec.layers.norm import BatchNorm
from cnnspec.passes.fold_batchnorm import fold_batchnorm
from cnnspec.passes.verify import verify as verify_graph
from cross.judge import Fault, require
from cross.random_layers import JOINS, layer_on, shape_of_rank

INSTALLED = tuple(name for name in BACKENDS if find(name).is_installed)
NEAR = {"float64": 1e-9, "float32": 2e-4, "float16": 0.05, "bfloat16": 0.3}
"""How near to float64, of the largest value."""
FOLDED = ("conv", "dwconv", "tconv", "linear")
NORMS = ("batchnorm", "layernorm", "instancenorm", "groupnorm", "rmsnorm")
"""Layers that divide by a deviation: of few values, nearly equal, it magnifies rounding without end."""


def run_case(random: Random) -> tuple[str, str]:
    """Draw a layer on a shape and compare all that runs it; what was compared. Raises Fault."""
    op, graph = drawn(random)
    mode = random.choice(("inference", "inference", "training", "fold"))
    if mode == "training" and not find("torch").is_installed:
        mode = "inference"
    if mode == "training":
        train(random, graph)
    elif mode == "fold":
        fold(graph)
    else:
        infer(random, graph)
    return op, mode


def drawn(random: Random) -> tuple[str, Graph]:
    """A net of one layer, at times with a layer before it or a batchnorm after it."""
    while True:
        op = random.choice(list(REGISTRY))
        shapes = inputs_of(random, op)
        layer = layer_on(random, op, *shapes)
        if layer is not None:
            return op, net(random, layer, shapes)


def inputs_of(random: Random, op: str) -> tuple[Shape, ...]:
    shape = shape_of_rank(random, random.randrange(4))
    if op not in JOINS:
        return (shape,)
    count = random.randint(1, 3)
    others: Mapping[str, Callable[[], Shape]] = {
        "concat": lambda: (random.randint(1, 4), *shape[1:]),
        "mul": lambda: tuple(size if random.random() < 0.6 else 1 for size in shape),
    }
    return (shape, *(others.get(op, lambda: shape)() for _ in range(count - 1)))


def net(random: Random, layer: Layer, shapes: tuple[Shape, ...]) -> Graph:
    inputs = {f"x{number}": shape for number, shape in enumerate(shapes)}
    steps: list[tuple[str, Layer, tuple[str, ...]]] = [("layer", layer, tuple(inputs))]
    if layer.op in FOLDED or random.random() < 0.2:
        steps.append(("norm", BatchNorm(affine=random.random() < 0.5), ("layer",)))
    return build("Drawn", inputs, steps, {"head": steps[-1][0]})


def told(graph: Graph) -> str:
    layers = ", ".join(f"{node.layer}" for node in graph if node.inputs)
    return f"{layers} on {[graph[name].shape for name in graph.inputs]}"


def close(graph: Graph, got: Any, expected: Any, near: float, what: str) -> None:
    require(got.shape == expected.shape, f"{what}: shape {got.shape}, not {expected.shape}", told(graph))
    finite = np.isfinite(expected)
    scale = max(1e-2, float(np.abs(expected[finite]).max(initial=0)))
    difference = np.abs(np.where(finite, got, 0) - np.where(finite, expected, 0))
    far = float(difference.max(initial=0))
    require(np.isfinite(got[finite]).all() and far <= near * scale, f"{what}: {far} of {scale}", told(graph))


def positive(graph: Graph, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Inputs that no root is taken of below zero."""
    rooted = any(node.layer.op == "lppool" for node in graph)
    return {name: np.abs(x) + 0.1 for name, x in inputs.items()} if rooted else inputs


def magnifies(graph: Graph, dtype: str) -> bool:
    """Whether rounding in 16 bits may grow beyond any bound."""
    hard = any(node.layer.op in NORMS or getattr(node.layer, "standardize", False) for node in graph)
    return hard and dtype in ("float16", "bfloat16")


def infer(random: Random, graph: Graph) -> None:
    """Inference in every dtype on every backend, against float64 in numpy."""
    weights = seeded_weights(graph)
    inputs = positive(graph, random_inputs(graph, random.randrange(100), random.choice((1, 2, 5))))
    expected = find("numpy").run(graph, weights, Options(dtype="float64"))(inputs)["head"]
    require(expected.shape[1:] == graph[graph.outputs["head"]].shape, "the shape inferred", told(graph))
    for name in INSTALLED:
        for dtype in find(name).dtypes:
            options = Options(dtype=dtype, channels_last=name == "torch" and random.random() < 0.2)
            try:
                got = find(name).run(graph, weights, options)(inputs)["head"]
            except CompileError as error:
                require("on this processor" in str(error), f"{name} in {dtype}: {error}", told(graph))
                continue
            if not magnifies(graph, dtype):
                close(graph, got, expected, NEAR[dtype], f"{name} in {dtype}")


def train(random: Random, graph: Graph) -> None:
    """One step of training on the backends that train: outputs, gradients, running statistics."""
    single = any(node.layer.op == "batchnorm" and len(node.shape) == 1 for node in graph)
    batch = 4 if single else 2
    found = verify(still(graph), seed=random.randrange(100), train=True, batch=batch)
    over = [f"{one.backend} {one.kind} {one.name} {one.relative:.1e}" for one in found.over]
    require(found.ok or few_values(graph, batch), f"training differs: {over}", told(graph))


def few_values(graph: Graph, batch: int) -> bool:
    """Whether a norm is over so few values that rounding grows by more than a comparison allows."""
    return any(node.layer.op in NORMS for node in graph)


def fold(graph: Graph) -> None:
    """The folded net on every backend, against the net as it is."""
    weights, inputs = seeded_weights(graph), positive(graph, random_inputs(graph, 0, 2))
    expected = find("numpy").run(graph, weights, Options(dtype="float64"))(inputs)["head"]
    folded, tensors = fold_batchnorm(graph, weights)
    verify_graph(folded)
    if len(graph) > 2 and graph["layer"].layer.op in FOLDED and "norm" in graph.nodes:
        plain = not getattr(graph["layer"].layer, "standardize", False)
        require(("norm" in folded.nodes) != plain, "a batchnorm that was not folded", told(graph))
    for name in INSTALLED:
        got = find(name).run(folded, tensors, Options())(inputs)["head"]
        close(graph, got, expected, NEAR["float32"], f"folded, {name}")


__all__ = ["Fault", "run_case"]
