"""Layers that are several others, one after the other: what no backend has a rule for."""

from __future__ import annotations

from dataclasses import replace

from cnnspec.graph import Graph
from cnnspec.layers.activation import ReLU, Sigmoid, Tanh
from cnnspec.layers.base import Layer, Shape, Weight
from cnnspec.layers.conv import Conv
from cnnspec.layers.dense import LayerScale
from cnnspec.layers.pool import GlobalAvgPool
from cnnspec.layers.shape import ChannelShuffle, Slice
from cnnspec.records import dataclass


class Composite(Layer):
    """What its parts do, one after the other, with the weights of the one that has some."""

    def infer(self, *shapes: Shape) -> Shape:
        for part in self.decompose(*shapes):
            shapes = (part.infer(*shapes),)
        return shapes[0]

    def params(self, *shapes: Shape) -> tuple[Weight, ...]:
        found: tuple[Weight, ...] = ()
        for part in self.decompose(*shapes):
            found += part.params(*shapes)
            shapes = (part.infer(*shapes),)
        return found


@dataclass(frozen=True)
class ScaledReLU(Composite):
    """The weights come last."""

    op = "scaled_relu"

    def decompose(self, *shapes: Shape) -> tuple[Layer, ...]:
        return ReLU(), LayerScale(0.5)


@dataclass(frozen=True)
class ConvTanh(Composite):
    """The weights come first."""

    out: int
    op = "conv_tanh"

    def decompose(self, *shapes: Shape) -> tuple[Layer, ...]:
        return Conv(self.out, 3), Tanh()


@dataclass(frozen=True)
class Mixed(Composite):
    """No weights, and modules that torch has no functions for."""

    op = "mixed"

    def decompose(self, *shapes: Shape) -> tuple[Layer, ...]:
        return ChannelShuffle(2), Slice(0, 2), Sigmoid()


@dataclass(frozen=True)
class Pooled(Composite):
    """Parts that decompose in turn, and weights in the middle."""

    op = "pooled"

    def decompose(self, *shapes: Shape) -> tuple[Layer, ...]:
        return Mixed(), ScaledReLU(), GlobalAvgPool()


@dataclass(frozen=True)
class Parted(Composite):
    """What a layer must not be: its weights are not in one part."""

    op = "parted"

    def decompose(self, *shapes: Shape) -> tuple[Layer, ...]:
        return Conv(4, 3), LayerScale(1.0)


def composed(graph: Graph) -> Graph:
    """A graph with a composite in place of each layerscale, slice and conv of 5x5, of the same shapes."""

    def composite(layer: Layer) -> Layer:
        if isinstance(layer, LayerScale):
            return ScaledReLU()
        if isinstance(layer, Slice):
            return Mixed()
        return ConvTanh(layer.out) if isinstance(layer, Conv) and layer.kernel == 5 else layer

    nodes = {node.name: node._replace(layer=composite(node.layer)) for node in graph}
    return replace(graph, nodes=nodes)
