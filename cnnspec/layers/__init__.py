"""The layers of the language: one dataclass a layer, one file a family."""

from cnnspec.layers import activation, conv, dense, join, norm, pool, shape
from cnnspec.layers.base import (
    REGISTRY,
    Init,
    Layer,
    LayerError,
    Parameter,
    Shape,
    Weight,
    Window,
    describe,
    parameters,
)
from cnnspec.layers.kinds import Kind

__all__ = [
    "REGISTRY",
    "Init",
    "Kind",
    "Layer",
    "LayerError",
    "Parameter",
    "Shape",
    "Weight",
    "Window",
    "activation",
    "conv",
    "dense",
    "describe",
    "join",
    "norm",
    "parameters",
    "pool",
    "shape",
]
