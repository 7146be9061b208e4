"""What a layer is called in a drawing, the way papers write it: 3x3 conv, 64, /2."""

from __future__ import annotations

from typing import Any

from cnnspec.layers.attention import Attention
from cnnspec.layers.base import Extent, Layer, Shape, parameters
from cnnspec.layers.conv import Conv
from cnnspec.layers.input import Input
from cnnspec.layers.shape import Upsample
from cnnspec.layers.written import show_argument, show_value
from cnnspec.render.text import show_shape


def layer_label(layer: Layer, shape: Shape, *, minor: bool = True) -> str:
    """The label of a layer on an input of some shape; without `minor` arguments on demand."""
    if isinstance(layer, Input):
        return f"input {show_shape(layer.shape)}"
    if hasattr(layer, "kernel"):
        return _windowed(layer, shape)
    if isinstance(layer, Attention):
        return _attention(layer, len(shape) - 1)
    if layer.weighted and hasattr(layer, "out"):
        return f"{layer.op}, {layer.out}"  # type: ignore[attr-defined]
    if isinstance(layer, Upsample):
        return f"{layer.op} by {_extent(layer.scale)}"
    return _generic(layer, minor)


def short_label(layer: Layer, shape: Shape) -> str:
    """The label without the layer's name where the numbers say enough: 3x3, 64."""
    label = layer_label(layer, shape)
    return label.replace(" conv", "", 1) if isinstance(layer, Conv) else label


def _window(kernel: Extent, rank: int) -> str:
    return show_shape(kernel if isinstance(kernel, tuple) else (kernel,) * max(rank, 1))


def _extent(value: Extent) -> str:
    return str(value) if isinstance(value, int) else show_shape(value)


def _is_one(value: Extent) -> bool:
    return value == 1 or (isinstance(value, tuple) and max(value) == 1)


def _windowed(layer: Any, shape: Shape) -> str:
    """A conv or a pool: its window, its channels, and what of its other numbers is not 1.

    A conv with a group for each channel is what papers call depthwise, and `dwconv` in a spec.
    """
    given = vars(layer)
    groups, times = given.get("groups", 1), given.get("multiplier", 1)
    depthwise = isinstance(layer, Conv) and 1 < groups == shape[0]
    if depthwise:
        times = layer.out // groups
    parts = [f"{_window(layer.kernel, len(shape) - 1)} {'dwconv' if depthwise else layer.op}"]
    if "out" in given and not depthwise:
        parts.append(f"{layer.out}")
    if times > 1:
        parts.append(f"multiplier {times}")
    if groups > 1 and not depthwise:
        parts.append(f"{groups} groups")
    stride = given.get("stride") or layer.kernel
    if not _is_one(stride):
        parts.append(("stride " if layer.upsamples else "/") + _extent(stride))
    if not _is_one(given.get("dilation", 1)):
        parts.append(f"dilation {_extent(layer.dilation)}")
    return ", ".join(parts)


def _attention(layer: Attention, rank: int) -> str:
    """Attention: its window or grid, its channels where the spec gives them, its heads, and its shift."""
    window = layer.window if layer.grid is None else layer.grid
    place = "" if window is None else _window(window, rank) + (" " if layer.grid is None else " grid ")
    parts = [f"{place}attention"]
    if layer.out is not None:
        parts.append(f"{layer.out}")
    parts.append("1 head" if layer.heads == 1 else f"{layer.heads} heads")
    if layer.shift != 0:
        parts.append(f"shift {_extent(layer.shift)}")
    return ", ".join(parts)


def _generic(layer: Layer, minor: bool) -> str:
    """The op, with those arguments that must be given or differ from their defaults.

    Of a layer that belongs to the one before it, or that only moves values, no paper writes the others into a
    box: how a norm keeps from dividing by 0, how a map is interpolated. Another layer that it is told of has
    a box of its own.
    """
    quiet = layer.follows or layer.moves
    given = []
    for parameter in parameters(type(layer)):
        value = getattr(layer, parameter.name)
        if (parameter.minor and not minor) or isinstance(value, Layer):
            continue
        if parameter.required:
            given.append(show_argument(value))
        elif value != parameter.default and (parameter.minor or not quiet):
            given.append(f"{parameter.name}={show_value(value)}")
    if len(given) == 1:
        given[0] = given[0].rpartition("=")[2]
    return f"{layer.op} {', '.join(given)}" if given else layer.op
