"""One training step of a module on arrays, for comparison with other backends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from numpy.typing import NDArray

from cnnspec.backends.arrays import as_array
from cnnspec.backends.base import TrainingStep
from cnnspec.backends.torch.module import compile
from cnnspec.graph import Graph

Array = NDArray[Any]


def train(
    graph: Graph,
    weights: Mapping[str, Any],
    inputs: Mapping[str, Array],
    grads: Mapping[str, Array],
    dtype: str = "float32",
) -> TrainingStep:
    """Run a net forward in training mode and backward from the gradients of its heads."""
    kind = getattr(torch, dtype)
    module = compile(graph, weights=weights, dtype=dtype).train()
    tensors = {name: torch.tensor(inputs[name], dtype=kind, requires_grad=True) for name in graph.inputs}
    result = module(*tensors.values())
    outputs: dict[str, Any] = result if isinstance(result, dict) else dict.fromkeys(graph.outputs, result)
    torch.autograd.backward(
        list(outputs.values()), [torch.as_tensor(grads[head]).to(kind) for head in outputs]
    )
    taken = {source for name in graph.live_nodes for source in graph[name].inputs}
    for name in taken & tensors.keys():
        if tensors[name].grad is None:
            # of an input that nothing but its batch is taken of
            tensors[name].grad = torch.zeros_like(tensors[name])
    stored = module.state_dict().keys()
    leaves = {**dict(module.named_parameters()), **tensors}
    return TrainingStep(
        {head: as_array(value) for head, value in outputs.items()},
        {name: as_array(leaf.grad) for name, leaf in leaves.items() if leaf.grad is not None},
        {
            key: as_array(one)
            for key, one in module.named_buffers()
            if key in stored and one.is_floating_point()
        },
    )
