"""Kernels that a file computes of its weights: those of a convolution whose weights are standardized."""

from __future__ import annotations

from functools import cache

from cnnspec.importing.onnx_graph import OnnxGraph
from cnnspec.importing.onnx_templates import Template, match, template
from cnnspec.layers import conv


@cache
def _template(rank: int) -> Template:
    """What is computed of the weight of a convolution, without the convolution."""
    found = template(conv.Conv(5, 1, bias=False, standardize=True), ((7, *(9,) * rank),))
    (last,) = (node for node in found.makers.values() if node.op == "Conv")
    makers = {name: node for name, node in found.makers.items() if node is not last}
    return Template((), found.weights, found.constants, makers, last.inputs[1])


def standardized(graph: OnnxGraph, tensor: str) -> str | None:
    """The weight of which a kernel is standardized; None for one that is a tensor itself."""
    if tensor not in graph.makers:
        return None
    for rank in (1, 2, 3):
        found = match(_template(rank), graph, tensor, exact=True)
        if found is not None:
            return next(found.values[name] for name in _template(rank).weights)
    return None
