"""The layers of the language: one dataclass a layer, one file a family.

Read `shapes` (what a shape is), `kinds` (of arguments), `window` (how a kernel slides), `formula` (what
elementwise functions are written in) and `base` (what every layer is); then the families: `conv`, `norm`,
`activation`, `pool`, `dense`, `attention`, `shape` (what moves values), `sequence`, `join`, `input`, and
`following`, for backends alone. `written` says layers in the words of a spec, `manual` makes the manual of
them; `first_names` are those that no spec may hide.
"""

from cnnspec.layers import activation, attention, conv, dense, join, norm, pool, sequence, shape
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
    "attention",
    "conv",
    "dense",
    "describe",
    "join",
    "norm",
    "parameters",
    "pool",
    "sequence",
    "shape",
]
