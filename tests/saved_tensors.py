"""The oracle of training memory: the tensors that torch itself saves for the backward pass."""

from __future__ import annotations

import weakref
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from cnnspec.backends.torch.module import compile
from cnnspec.graph import Graph
from cnnspec.layers.attention import Attention


def saved_bytes(graph: Graph, batch: int, gradients: bool = False, device: str = "cpu") -> int:
    """The bytes of all storages that the forward pass saves, but those of parameters and buffers.

    `gradients` wants those of the inputs as well. One thread: with several, torch convolves some volumes by
    other kernels.
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


class Live(TorchDispatchMode):
    """Counts the bytes of the storages that operations make, from when to when they live; `peak` is the most.

    `held` are the identities of those that are there before.
    """

    def __init__(self, held: set[int]) -> None:
        super().__init__()
        self.held, self.made = held, dict[int, int]()
        self.now = self.peak = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(out):
            if isinstance(tensor, torch.Tensor) and id_of(tensor) not in self.held | self.made.keys():
                storage = tensor.untyped_storage()
                self.made[id_of(tensor)] = storage.nbytes()
                self.now += storage.nbytes()
                weakref.finalize(storage, self.drop, id_of(tensor))
        self.peak = max(self.peak, self.now)
        return out

    def drop(self, identity: int) -> None:
        self.now -= self.made.pop(identity)


def cheapest_device(graph: Graph) -> str:
    """The device on which torch keeps what it does on the CPU: `meta`, where nothing is computed.

    It has no kernel of attention: torch makes it of others there, which save what that of the CPU does not.
    """
    return "cpu" if any(isinstance(node.layer, Attention) for node in graph) else "meta"


def live_peak(graph: Graph, batch: int) -> int:
    """The most bytes that live at once in a forward and a backward pass, inputs and gradients with them.

    The weights are left out.
    """
    with torch.device(cheapest_device(graph)):
        module = compile(graph).train()
        inputs = [torch.zeros(batch, *graph[name].shape) for name in graph.inputs]
    held = {id_of(tensor) for tensor in (*module.parameters(), *module.buffers(), *inputs)}
    with Live(held) as live:
        heads = tree_leaves(module(*inputs))
        torch.autograd.backward(heads, [torch.ones_like(head) for head in heads])
    return live.peak + sum(tensor.untyped_storage().nbytes() for tensor in inputs)


def id_of(tensor: torch.Tensor) -> int:
    """What is the same for all views of one memory."""
    return tensor.untyped_storage()._cdata
