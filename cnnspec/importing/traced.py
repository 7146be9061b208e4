"""What an importer finds in a net: layers, what flows into them, and where they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from cnnspec.diagnostics import Refused
from cnnspec.graph import Block, Graph, Node
from cnnspec.layers.base import Layer, Shape
from cnnspec.layers.input import Input


class ImportRefused(Refused):
    """A net has something that the language cannot say; the message names each operation and its places."""


class ModuleScope(NamedTuple):
    """A module around a layer: its name within the one around it, its class, and which call of it this is."""

    segment: str
    kind: str
    call: int = 0


@dataclass(frozen=True)
class TracedLayer:
    """One layer: `inputs` are names of steps or inputs of the net, `shape` that of its output for one sample.

    The second input of a layer that undoes another, such as `max_unpool`, is that one. `weights` are its
    tensors by the names that the layer gives them, in its layouts; `weights_of` is the layer whose weights it
    uses in place of its own.
    """

    name: str
    layer: Layer
    inputs: tuple[str, ...]
    shape: Shape
    scopes: tuple[ModuleScope, ...] = ()
    weights: Mapping[str, Any] = field(default_factory=dict)
    weights_of: str = ""


@dataclass(frozen=True)
class Traced:
    """A net as it was found: its inputs with their shapes, its steps in topological order, its outputs.

    `heads` are the names of the outputs, where they have some.
    """

    name: str
    inputs: Mapping[str, Shape]
    steps: tuple[TracedLayer, ...]
    outputs: tuple[str, ...]
    heads: tuple[str, ...] = ()

    @property
    def shapes(self) -> dict[str, Shape]:
        """The shapes of all inputs and of the outputs of all steps."""
        return {**self.inputs, **{step.name: step.shape for step in self.steps}}


def as_graph(traced: Traced) -> Graph:
    """The net as a graph without blocks, to hold a spec against."""
    root = Block("net", traced.name)
    nodes = {
        name: Node(name, Input(shape), (), shape, root, None, name) for name, shape in traced.inputs.items()
    }
    for step in traced.steps:
        owner, inputs = step.weights_of or step.name, step.inputs
        if step.layer.undoes:
            # it reads what the layer that it undoes read
            inputs = (inputs[0], *nodes[inputs[1]].inputs)
        nodes[step.name] = Node(step.name, step.layer, inputs, step.shape, root, None, owner)
    root.children = list(nodes)
    heads = traced.heads or [f"head{number or ''}" for number in range(len(traced.outputs))]
    outputs = dict(zip(heads, traced.outputs, strict=True))
    return Graph(traced.name, nodes, tuple(traced.inputs), outputs, frozenset(), root)
