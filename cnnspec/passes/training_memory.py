"""Training memory: what the backward pass needs of the forward pass, with weights, gradients and optimizer.

What each layer keeps is its own rule (`Layer.saved`), held against torch's saved tensors to the byte. A value
that several layers keep is one tensor, and so is a view of it:

    conv -> batchnorm -> relu -> conv        kept: the input of the net (by the first conv), the conv's output
                                             (by batchnorm), relu's output (by relu and by the second conv)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from cnnspec.graph import Graph, Node
from cnnspec.layers.base import FLOAT, Layer, Saved
from cnnspec.passes.cost import Costs

OPTIMIZERS = {"sgd": 0, "momentum": 1, "adam": 2}
"""How many values an optimizer holds for each parameter."""


@dataclass(frozen=True)
class TrainingMemory:
    """Bytes at fp32 that one step of training holds when its forward pass is done.

    `kept` is what the backward pass needs of each layer: its output where a layer keeps that (its own or
    one after it), and what it makes for itself; `kept_by` names the layers that keep a node's output.
    Gradients of values, and what kernels need while they run, come on top.
    """

    batch: int
    optimizer: str
    weights: int
    buffers: int
    gradients: int
    optimizer_state: int
    kept: Mapping[str, int]
    kept_by: Mapping[str, tuple[str, ...]]

    @property
    def saved(self) -> int:
        """All that the backward pass needs of the forward pass."""
        return sum(self.kept.values())

    @property
    def total(self) -> int:
        return self.weights + self.buffers + self.gradients + self.optimizer_state + self.saved


def training_memory(graph: Graph, costs: Costs, batch: int = 1, optimizer: str = "adam") -> TrainingMemory:
    """The memory of a step of training with a batch; training heads included.

    Raises KeyError for an optimizer that is not in OPTIMIZERS.
    """
    states = OPTIMIZERS[optimizer]
    kept, kept_by = saved_values(graph, batch)
    params = FLOAT * costs.total.params
    return TrainingMemory(
        batch, optimizer, params, FLOAT * costs.total.buffers, params, states * params, kept, kept_by
    )


def saved_values(
    graph: Graph, batch: int, input_gradients: bool = False
) -> tuple[dict[str, int], dict[str, tuple[str, ...]]]:
    """The bytes that the backward pass needs of each node, and the layers that keep the node's output.

    `input_gradients` asks for the gradients of the net's inputs too.
    """
    homes: dict[str, Home] = {}
    wanted: dict[str, bool] = {}
    kept = dict.fromkeys(graph.nodes, 0)
    keepers: dict[str, list[str]] = {}
    for name, applied in graph.applied.items():
        node, layer = graph[name], applied.layer
        gradients = tuple([wanted[source] for source in node.inputs])
        wanted[name] = any(gradients) or trained(layer, node, graph) or (input_gradients and not node.inputs)
        # views share memory in any case; what is kept needs a gradient
        saved = layer.saved(applied.shapes, gradients if wanted[name] else (True,) * len(gradients))
        homes[name] = home(node, graph, saved, homes)
        if not wanted[name]:
            continue
        kept[name] += batch * saved.per_sample + saved.fixed
        values = [node.inputs[i] for i in saved.inputs] + [name] * saved.output
        for value in values:
            keepers.setdefault(homes[value].root, []).append(name)
    for root in keepers:
        kept[root] += batch * FLOAT * prod(graph[root].shape)
    return kept, {root: tuple(names) for root, names in keepers.items()}


@dataclass(frozen=True)
class Home:
    """The memory a value lies in: that of the node `root`; `whole` where it is all of it, in order."""

    root: str
    whole: bool = True


def home(node: Node, graph: Graph, saved: Saved, homes: Mapping[str, Home]) -> Home:
    """Where the output of a node lies: in memory of its own, or in that of its input where it is a view.

    A part of a map is a view of the map; made a vector it has to be copied.
    """
    if not saved.view:
        return Home(node.name)
    source = graph[node.inputs[0]]
    before = homes[source.name]
    if prod(node.shape) < prod(source.shape):
        return Home(before.root, whole=False)
    moved = node.shape != source.shape and prod(source.shape[1:]) > 1
    return before if before.whole or not moved else Home(node.name)


def trained(layer: Layer, node: Node, graph: Graph) -> bool:
    """Whether a layer has a weight that training changes."""
    return any(not weight.buffer for weight in layer.params(*graph.input_shapes(node)))
