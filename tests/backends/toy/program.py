"""Runs a graph layer by layer, and lists it."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnspec.backends.base import Arrays, Runner
from cnnspec.backends.steps import steps
from cnnspec.graph import Graph
from toy.rules import RULES, known


def compile(graph: Graph, weights: Arrays, dtype: str) -> Runner:
    program = list(steps(graph, known, "toy"))
    tensors = {key: np.asarray(value, dtype) for key, value in weights.items()}

    def run(inputs: Arrays) -> dict[str, Any]:
        values = {name: np.asarray(inputs[name], dtype) for name in graph.inputs}
        for step in program:
            w = {name: tensors[key] for name, key in step.weights.items()}
            values[step.value] = RULES[type(step.layer)](step.layer, w, *map(values.__getitem__, step.inputs))
        return {head: values[node] for head, node in graph.outputs.items()}

    return run


def listing(graph: Graph) -> str:
    lines = [f"{s.value} = {s.layer.op}({', '.join(s.inputs)})" for s in steps(graph, known, "toy")]
    return "\n".join([f"# {graph.name}", *lines, ""])
