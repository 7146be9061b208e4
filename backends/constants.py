"""Norms of values that are all the same, and how far rounding reaches behind them.

    x    0.7  0.7  0.7     mean(x) = 0.7 + r     (x - mean(x)) / sqrt(var(x) + eps) = -r / sqrt(eps)

A sum of equal values rounds, so what should be zero is a rounding r of the values over sqrt(eps): 316 times
as much for eps=1e-5, and so much again for a second such norm behind it. Its size says nothing, and
backends, which sum in different orders, differ by all of it. Values that are zero have no rounding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod, sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnnspec.backends.runs import Arrays, Trial, magnitude, train_once
from cnnspec.graph import Graph
from cnnspec.layers.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm

STEP = 2.0**-52
"""The distance from 1 to the next value in float64, in which training is compared."""
ROUNDINGS = 16
"""How many roundings of the largest value a sum may be away."""


class Noise(NamedTuple):
    """What is nothing but rounding in one step of training: in outputs and statistics, and in gradients."""

    values: float = 0.0
    gradients: float = 0.0


def behind_constants(trial: Trial, name: str, grads: Arrays) -> Noise:
    """The noise of a step of a backend, in float64; none where no norm is of constants."""
    graph = trial.graph
    every = replace(graph, outputs={node.name: node.name for node in graph if node.inputs})
    batch = len(next(iter(trial.inputs.values())))
    none = {head: np.zeros((batch, *graph[head].shape)) for head in every.outputs}
    values = {**trial.inputs, **train_once(replace(trial, graph=every), name, none).outputs}
    largest = max(magnitude(value) for value in values.values())
    times = growth(graph, values, ROUNDINGS * STEP * largest)
    if times <= 1:
        return Noise()
    noise = ROUNDINGS * STEP * largest * times
    summed = batch * max(prod(node.shape[1:]) for node in graph)
    return Noise(noise, noise * max(map(magnitude, grads.values())) * sqrt(summed))


def growth(graph: Graph, values: Mapping[str, NDArray[Any]], rounding: float) -> float:
    """How many times rounding grows along the path on which norms of constants let it grow most."""
    times: dict[str, float] = {}
    for node in graph:
        times[node.name] = max((times[name] for name in node.inputs), default=1.0)
        if isinstance(node.layer, (BatchNorm, LayerNorm, InstanceNorm, GroupNorm)):
            x = together(node.layer, values[node.inputs[0]])
            if _has_constant(x, rounding * times[node.name]):
                times[node.name] /= sqrt(node.layer.eps)
    return max(times.values())


def together(layer: BatchNorm | LayerNorm | InstanceNorm | GroupNorm, x: NDArray[Any]) -> NDArray[Any]:
    """The values of a batch in rows, each of which the norm takes the mean of."""
    match layer:
        case BatchNorm():
            return np.moveaxis(x, 1, 0).reshape(x.shape[1], -1)
        case LayerNorm(over="channels"):
            return np.moveaxis(x, 1, -1).reshape(-1, x.shape[1])
        case LayerNorm():
            return x.reshape(len(x), -1)
        case InstanceNorm():
            return x.reshape(len(x) * x.shape[1], -1)
        case GroupNorm():
            return x.reshape(len(x) * layer.groups, -1)


def _has_constant(rows: NDArray[Any], rounding: float) -> bool:
    """Whether some row, not zero, is one value but for rounding."""
    low, high = rows.min(axis=1), rows.max(axis=1)
    return bool(((high - low <= rounding) & ((low != 0) | (high != 0))).any())
