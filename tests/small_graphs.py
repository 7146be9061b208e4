"""Graphs for the tests of passes."""

from __future__ import annotations

from dataclasses import replace

from cnnspec.graph import Graph, build
from cnnspec.layers.activation import ReLU
from cnnspec.layers.base import Layer
from cnnspec.layers.conv import Conv
from cnnspec.layers.dense import Flatten, Linear
from cnnspec.layers.norm import BatchNorm
from cnnspec.layers.pool import GlobalAvgPool, MaxPool


def small() -> Graph:
    """conv - batchnorm - relu - pool - flatten - linear, and a training head on the pool."""
    graph = build(
        "small",
        {"input": (3, 8, 8)},
        [
            ("conv", Conv(4, 3), ("input",)),
            ("norm", BatchNorm(), ("conv",)),
            ("relu", ReLU(), ("norm",)),
            ("pool", MaxPool(2), ("relu",)),
            ("flatten", Flatten(), ("pool",)),
            ("linear", Linear(10), ("flatten",)),
            ("gap", GlobalAvgPool(), ("pool",)),
            ("side", Conv(2, 1, bias=False), ("gap",)),
        ],
        {"head": "linear", "side": "side"},
    )
    return replace(graph, training_heads=frozenset({"side"}))


def chain(*layers: tuple[str, Layer], shape: tuple[int, ...] = (1, 32, 32)) -> Graph:
    """Layers one after the other, each with its name."""
    names = ["input", *(name for name, _ in layers)]
    steps = [(name, layer, (before,)) for before, (name, layer) in zip(names, layers, strict=False)]
    return build("chain", {"input": shape}, steps, {"output": names[-1]})
