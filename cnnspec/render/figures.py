"""The figures that drawings show: parameters, multiply-accumulates, memory and receptive field."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import prod

from cnnspec.graph import Graph, Node
from cnnspec.passes.cost import LayerCost, cost
from cnnspec.passes.memory import BYTES
from cnnspec.passes.receptive_field import Field, receptive_field


@dataclass(frozen=True)
class Figures:
    """The figures of a layer, or of several together.

    `params` are trainable values, `macs` multiply-accumulates of one sample, `memory` the bytes of weights
    and outputs of one sample in fp32, `field` the receptive field in input pixels of the last layer.
    """

    params: int = 0
    macs: int = 0
    memory: int = 0
    field: tuple[int, ...] | None = None

    def value(self, measure: str) -> float:
        """The figure that a heat map shows; that of a receptive field is the larger side."""
        if measure == "receptive_field":
            return float(max(self.field)) if self.field else 0.0
        return float(getattr(self, measure))


MEASURES = ("params", "macs", "memory", "receptive_field")


def layer_figures(graph: Graph) -> dict[str, Figures]:
    """The figures of each node; shared weights count where they are met first."""
    costs, fields = cost(graph).layers, receptive_field(graph)
    return {node.name: _figures(node, costs[node.name], fields[node.name]) for node in graph}


def net_figures(graph: Graph, figures: dict[str, Figures]) -> Figures:
    """The figures of a whole net: parameters of all of it, the rest of what inference runs."""
    running = total(figures[name] for name in graph.nodes if name in graph.inference_nodes)
    return replace(running, params=sum(part.params for part in figures.values()))


def total(parts: Iterable[Figures]) -> Figures:
    """The figures of several layers in topological order; the field is the last one known."""
    params = macs = memory = 0
    field = None
    for part in parts:
        params, macs, memory = params + part.params, macs + part.macs, memory + part.memory
        field = part.field or field
    return Figures(params, macs, memory, field)


def _figures(node: Node, cost: LayerCost, field: Field | None) -> Figures:
    memory = BYTES * (cost.params + cost.buffers + prod(node.shape))
    return Figures(cost.params, cost.macs, memory, field.size if field else None)
