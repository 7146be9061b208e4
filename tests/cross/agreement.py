"""Every layer with every argument, rank, dtype, backend, mode and fold, against torch's own layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import numpy as np

from cnnspec.backends import BACKENDS, CompileError, Options, find
from cnnspec.backends.inputs import random_inputs
from cnnspec.backends.runs import Arrays, Trial, nudged, seeded_weights, still
from cnnspec.backends.verify import own_rounding, verify
from cnnspec.graph import Graph, build
from cnnspec.layers import REGISTRY, Layer
from cnnspec.layers.base import Shape
from cnnspec.layers.norm import BatchNorm
from cnnspec.passes.fold_batchnorm import fold_batchnorm
from cnnspec.passes.verify import verify as verify_graph
from cross.judge import Fault, require
from cross.random_layers import JOINS, layer_on, shape_of_rank

INSTALLED = tuple(name for name in BACKENDS if find(name).is_installed)
STEPS = {"float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7}
"""The distance from 1 to the next value of a dtype."""
ROUNDINGS = 16
"""How many roundings of its largest value a result may be away, and how many times what rounding moves.

A layer rounds each sum and each product; measured over 2,500 nets, the farthest lies 7.3 steps away.
"""
NUDGES = 3
"""How often all that a net is given is moved by rounding, to see what its result is moved by."""
FOLDED = ("conv", "dwconv", "tconv", "linear")


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
    if op == "max_unpool":
        return shape, (shape[0], *(2 * size for size in shape[1:]))
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


def rounded(arrays: Arrays, dtype: str) -> dict[str, Any]:
    """The arrays as they are in a dtype, so that what a backend rounds first counts for nothing."""
    if dtype != "bfloat16":
        return {name: array.astype(dtype) for name, array in arrays.items()}
    found = {}
    for name, array in arrays.items():
        # the upper half of a float32, to the nearest and of two to the even one
        bits = np.ascontiguousarray(array, np.float32).view(np.uint32)
        found[name] = ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)
    return found


def exact(graph: Graph, weights: Arrays, inputs: Arrays) -> Any:
    """What inference gives in float64."""
    return find("numpy").run(graph, weights, Options(dtype="float64"))(inputs)["head"]


def distance(got: Any, expected: Any) -> float:
    """The largest difference where a finite value is expected; infinite where none is got."""
    finite = np.isfinite(expected)
    difference = np.abs(np.where(finite, got, 0) - np.where(finite, expected, 0))
    return float(np.nan_to_num(difference, nan=np.inf).max(initial=0))


def close(graph: Graph, weights: Arrays, inputs: Arrays, got: Any, dtype: str, what: str) -> None:
    """Raise Fault unless a result is that of float64 but for rounding.

    A norm of few values that are nearly equal magnifies rounding without end, so where a result lies beyond
    a few roundings of its own size, it is held against what rounding of weights and inputs moves it by.
    """
    expected, step = exact(graph, weights, inputs), STEPS[dtype]
    require(got.shape == expected.shape, f"{what}: shape {got.shape}, not {expected.shape}", told(graph))
    scale = max(1e-2, float(np.abs(expected[np.isfinite(expected)]).max(initial=0)))
    far = distance(got, expected)
    if far > ROUNDINGS * step * scale:
        results = [
            exact(graph, nudged(weights, seed, step), nudged(inputs, seed, step)) for seed in range(NUDGES)
        ]
        moved = max(distance(result, expected) for result in results)
        require(far <= ROUNDINGS * (step * scale + moved), f"{what}: {far} of {scale}, {moved}", told(graph))


def positive(graph: Graph, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Inputs that no root is taken of below zero."""
    rooted = any(node.layer.op == "lppool" for node in graph)
    return {name: np.abs(x) + 0.1 for name, x in inputs.items()} if rooted else inputs


def infer(random: Random, graph: Graph) -> None:
    """Inference in every dtype on every backend, against float64 in numpy."""
    weights = seeded_weights(graph)
    inputs = positive(graph, random_inputs(graph, random.randrange(100), random.choice((1, 2, 5))))
    shape = exact(graph, weights, inputs).shape[1:]
    require(shape == graph[graph.outputs["head"]].shape, "the shape inferred", told(graph))
    for name in INSTALLED:
        for dtype in find(name).dtypes:
            options = Options(dtype=dtype, channels_last=name == "torch" and random.random() < 0.2)
            given = rounded(weights, dtype), rounded(inputs, dtype)
            try:
                got = find(name).run(graph, given[0], options)(given[1])["head"]
            except CompileError as error:
                require("on this processor" in str(error), f"{name} in {dtype}: {error}", told(graph))
                continue
            close(graph, *given, got, dtype, f"{name} in {dtype}")


def train(random: Random, graph: Graph) -> None:
    """One step of training on the backends that train: outputs, gradients, running statistics.

    What differs is held against what rounding alone moves the step of numpy by.
    """
    single = any(node.layer.op == "batchnorm" and len(node.shape) == 1 for node in graph)
    batch, seed = 4 if single else 2, random.randrange(100)
    found = verify(still(graph), seed=seed, train=True, batch=batch)
    over = [one for one in found.over if one.kind != "output"]
    if not over:
        return
    weights, inputs = seeded_weights(graph, seed), random_inputs(graph, seed, batch)
    trial = Trial(still(graph), weights, inputs, "float64", seed)
    moved: dict[tuple[str, str], float] = {}
    for number in range(NUDGES):
        for one in own_rounding(trial, "numpy", number):
            moved[one.kind, one.name] = max(moved.get((one.kind, one.name), 0.0), one.relative)
    for one in over:
        allowed = one.tolerance + ROUNDINGS * moved[one.kind, one.name]
        what = f"training differs: {one.backend} {one.kind} {one.name} {one.relative:.1e} of {allowed:.1e}"
        require(one.relative <= allowed, what, told(graph))


def fold(graph: Graph) -> None:
    """The folded net on every backend, against the net as it is."""
    weights, inputs = seeded_weights(graph), positive(graph, random_inputs(graph, 0, 2))
    folded, tensors = fold_batchnorm(graph, weights)
    verify_graph(folded)
    if len(graph) > 2 and graph["layer"].layer.op in FOLDED and "norm" in graph.nodes:
        plain = not getattr(graph["layer"].layer, "standardize", False)
        require(("norm" in folded.nodes) != plain, "a batchnorm that was not folded", told(graph))
    for name in INSTALLED:
        got = find(name).run(folded, tensors, Options())(inputs)["head"]
        close(graph, weights, inputs, got, "float32", f"folded, {name}")


__all__ = ["Fault", "run_case"]
