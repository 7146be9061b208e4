"""What a module of `to_torch` says of inputs that its net does not take."""

from __future__ import annotations

from dataclasses import dataclass
from types import FunctionType
from typing import Any

import torch

from cnnspec.diagnostics import InvalidValue
from cnnspec.graph import Graph
from cnnspec.passes.shapes import misfit


@dataclass(frozen=True, eq=False)
class Takes:
    """The inputs that a module takes, by the graph that it was made of; copies of the module share it."""

    graph: Graph

    def __deepcopy__(self, memo: dict[int, Any]) -> Takes:
        return self

    def reason(self, inputs: tuple[Any, ...], training: bool) -> str:
        """Why the net does not take these inputs; nothing where it does, or where they are no tensors."""
        wanted = {name: self.graph[name].shape for name in self.graph.inputs}
        if len(inputs) != len(wanted) or not all(isinstance(value, torch.Tensor) for value in inputs):
            return ""
        given = {name: tuple(value.shape[1:]) for name, value in zip(wanted, inputs, strict=True)}
        for name, shape in wanted.items():
            if len(given[name]) != len(shape) or given[name][:1] != shape[:1]:
                sizes = ", ".join(map(str, shape))
                found = tuple(inputs[self.graph.inputs.index(name)].shape)
                return f"input `{name}` needs a tensor of shape (N, {sizes}), got {found}"
        return misfit(self.graph if training else self.graph.inference(), given)


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
    if takes.graph.fixed_size and (reason := takes.reason(inputs, self.training)):
        raise InvalidValue(reason)
    try:
        return torch.nn.Module.__call__(self, *inputs, **named)
    except (AssertionError, RuntimeError) as error:
        if reason := takes.reason(inputs, self.training):
            raise InvalidValue(reason) from error
        raise
