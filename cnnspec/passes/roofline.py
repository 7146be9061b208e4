"""Time, predicted: a layer takes as long as its arithmetic or its traffic, whichever is longer.

Williams, Waterman and Patterson 2009, "Roofline: an insightful visual performance model". Layers that run in
one go count once: their input and weights are read, their output is written, what is between stays in the
cache. Their arithmetic is multiply-accumulates, other operations, each as long as one of those, and
functions (exponentials, powers), each as long as FUNCTION of them. Two numbers of a machine are all that is
known of it: kernels that reach less of either than others (depthwise convs, small maps) take longer than
predicted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

from cnnspec.graph import Graph
from cnnspec.layers.base import FLOAT
from cnnspec.passes.cost import Costs
from cnnspec.passes.fusion import fuse, operations

FUNCTION = 50
"""Multiply-accumulates that take as long as an exponential, which is a polynomial over a small range. Vector
code of exp, erf, tanh and sigmoid in numpy, torch and onnxruntime takes from 16 to 120, mostly 40 to 60."""


@dataclass(frozen=True)
class Machine:
    """What a machine reaches at fp32: multiply-accumulates and bytes to and from memory in a second."""

    macs_per_second: float
    bytes_per_second: float
    threads: int = 1


class LayerTime(NamedTuple):
    """Seconds for a batch, and what bounds them: `compute` or `memory`."""

    seconds: float
    bound: str


def layer_times(graph: Graph, costs: Costs, machine: Machine, batch: int = 1) -> dict[str, LayerTime]:
    """The time of what runs in one go, under the name of the layer that does the work."""
    running = graph.inference()
    groups, _ = fuse(operations(graph), running.outputs.values())
    found: dict[str, LayerTime] = {}
    for group in groups:
        arithmetic = batch * sum(_arithmetic(running, costs, name) for name in group.members)
        weights = sum(
            weight.size
            for name in group.members
            for weight in running[name].layer.params(*running.input_shapes(running[name]))
        )
        values = sum(prod(running[name].shape) for name in (*group.sources, group.output))
        traffic = FLOAT * (batch * values + weights)
        compute, memory = arithmetic / machine.macs_per_second, traffic / machine.bytes_per_second
        bound = "compute" if compute >= memory else "memory"
        found[group.members[len(group.before)]] = LayerTime(max(compute, memory), bound)
    return found


def _arithmetic(graph: Graph, costs: Costs, name: str) -> int:
    """What a layer computes for a sample, in multiply-accumulates that take as long."""
    cost, (layer, shapes) = costs.layers[name], graph.applied[name]
    return cost.macs + cost.operations + FUNCTION * layer.functions(*shapes)


def total_time(times: Mapping[str, LayerTime]) -> float:
    """The seconds of a whole inference."""
    return sum(time.seconds for time in times.values())
