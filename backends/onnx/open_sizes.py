"""Which axes of a model can be left open, found by writing the net for other sizes of its input.

input 3x224x224     Conv pads=1    GlobalAveragePool    Reshape (0, 512)
input 3x225x225     Conv pads=1    GlobalAveragePool    Reshape (0, 512)     the same nodes: any size
input 3x224x224     MaxPool pads=(0, 0, 1, 1)
input 3x225x225     MaxPool pads=(0, 0, 0, 0)                                for one size, and named
"""

from __future__ import annotations

from itertools import zip_longest

import numpy as np

from cnnspec.backends.base import CompileError
from cnnspec.backends.onnx.emit import ModelBody
from cnnspec.graph import Graph


def compare(graph: Graph, made: ModelBody, other: ModelBody) -> None:
    """Raise CompileError, naming the layer, where the nodes of a net are others at another size."""
    for first, second in zip_longest(made.nodes, other.nodes):
        if first != second:
            raise CompileError(_fixed(graph, (first or second).name))
    for name, array in made.tensors.items():
        if not np.array_equal(array, other.tensors[name]):
            raise CompileError(_fixed(graph, name))


def _fixed(graph: Graph, name: str) -> str:
    node = next((node for node in graph if name == node.name or name.startswith(f"{node.name}/")), None)
    where = f"`{node.layer.op}` ({node.name})" if node else name
    return f"ONNX has {where} for one size of the input: write a file for each, with --input"
