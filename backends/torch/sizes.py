"""What a module of `to_torch` says of inputs that its net does not take."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

import torch

from cnnspec.diagnostics import InvalidValue
from cnnspec.graph import Graph
from cnnspec.layers.base import Shape
from cnnspec.passes.shapes import misfit


@dataclass(frozen=True, eq=False)
class Takes:
    """The inputs that a module takes, by the graph that it was made of; copies of the module share it."""

    graph: Graph
    known: dict[tuple[tuple[Shape, ...], bool], str] = field(default_factory=dict)

    def __deepcopy__(self, memo: dict[int, Any]) -> Takes:
        return self

    def reason(self, inputs: tuple[Any, ...], training: bool) -> str:
        """Why the net does not take these inputs; nothing where it does, or where they are no tensors."""
        wanted = {name: self.graph[name].shape for name in self.graph.inputs}
        if len(inputs) != len(wanted) or not all(isinstance(value, torch.Tensor) for value in inputs):
            return ""
        for (name, shape), value in zip(wanted.items(), inputs, strict=True):
            if value.dim() != len(shape) + 1 or value.shape[1] != shape[0]:
                sizes = ", ".join(map(str, shape))
                return f"input `{name}` needs a tensor of shape (N, {sizes}), got {tuple(value.shape)}"
        return self.misfit(tuple(tuple(value.shape[1:]) for value in inputs), training)

    def misfit(self, shapes: tuple[Shape, ...], training: bool) -> str:
        """Why the net does not take maps of these shapes, which is found once for each."""
        if (shapes, training) not in self.known:
            graph = self.graph if training else self.graph.inference()
            self.known[shapes, training] = misfit(graph, dict(zip(self.graph.inputs, shapes, strict=True)))
        return self.known[shapes, training]


def say_what_does_not_fit(module: torch.nn.Module, graph: Graph) -> None:
    """Let a module raise ValueError, with the reason, for inputs that its net does not take.

    torch.compile counts how often it has compiled a code object, and gives up at some number: each class gets
    a code object of its own.
    """
    module._takes = Takes(graph)  # type: ignore[assignment]
    type(module).__call__ = FunctionType(_called.__code__.replace(), globals(), "__call__")


def _called(self: Any, *inputs: Any, **named: Any) -> Any:
    # one that the class made, with other arguments it may be, is of a net that nobody has told
    takes = self.__dict__.get("_takes")
    if takes is None or torch.compiler.is_compiling() or torch._C._get_tracing_state() is not None:
        return torch.nn.Module.__call__(self, *inputs, **named)
    if reason := takes.reason(inputs, self.training):
        raise InvalidValue(reason)
    return torch.nn.Module.__call__(self, *inputs, **named)
