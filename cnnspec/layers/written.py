"""Values, arguments and layers in the words of a spec."""

from __future__ import annotations

from cnnspec.layers.base import Layer, parameters
from cnnspec.layers.kinds import AXES
from cnnspec.layers.shapes import describe
from cnnspec.typed import Any


def show_value(value: Any) -> str:
    """A value of the DSL as a spec would write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(show_value, value)) + "]"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(getattr(value, "given", None), tuple):
        return str(value)
    return str(getattr(value, "name", value))


def show_argument(value: Any) -> str:
    """An argument of a layer as a spec would write it: extents as dims, 3x5, and sides as lists."""
    if isinstance(value, Layer):
        return layer_text(value)
    is_extent = isinstance(value, tuple) and all(isinstance(size, int) and size >= 0 for size in value)
    return describe(value) if is_extent else show_value(value)


def layer_text(layer: Layer) -> str:
    """A layer as a spec would write it, with the arguments that are not at their defaults."""
    if layer.op == "input":
        return "input"
    given = []
    for position, parameter in enumerate(parameters(type(layer))):
        value = getattr(layer, parameter.name)
        if not parameter.required and value == parameter.default:
            continue
        text = show_value(value) if parameter.kind is AXES else show_argument(value)
        given.append(text if parameter.required and position == len(given) else f"{parameter.name}={text}")
    return f"{layer.op}({', '.join(given)})" if given else layer.op
