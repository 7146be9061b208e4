"""The oracle of training memory: the tensors that torch itself saves for the backward pass."""

from __future__ import annotations

import torch

from cnnspec.backends.torch.module import compile
from cnnspec.graph import Graph


def saved_bytes(graph: Graph, batch: int, gradients: bool = False, device: str = "cpu") -> int:
    """The bytes of all storages that the forward pass saves, but those of parameters and buffers.

    `gradients` wants those of the inputs as well. On the device `meta` nothing is computed, and torch saves
    the same. One thread: with several, torch convolves some volumes by other kernels.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _saved_bytes(graph, batch, gradients, device)
    finally:
        torch.set_num_threads(threads)


def _saved_bytes(graph: Graph, batch: int, gradients: bool, device: str) -> int:
    with torch.device(device):
        module = compile(graph).train()
        inputs = [torch.zeros(batch, *graph[name].shape, requires_grad=gradients) for name in graph.inputs]
    own = {id_of(tensor) for tensor in (*module.parameters(), *module.buffers())}
    held: dict[int, torch.UntypedStorage] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        if id_of(tensor) not in own:
            held[id_of(tensor)] = tensor.untyped_storage()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        module(*inputs)
    return sum(storage.nbytes() for storage in held.values())


def id_of(tensor: torch.Tensor) -> int:
    """What is the same for all views of one memory."""
    return tensor.untyped_storage()._cdata
