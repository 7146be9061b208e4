"""A member of a space: its parameters as the walk takes them, and its figures as conditions name them."""

from __future__ import annotations

from cnnspec.caching import partial
from cnnspec.pipeline import FIGURES, MORE_FIGURES, Compiled, NetFigures, shape_of_head
from cnnspec.space.definition import written
from cnnspec.space.drawing import Setting
from cnnspec.typed import Any, Mapping


def given(setting: Setting) -> dict[str, Any]:
    """A setting as `Settings` takes it, where a text is an expression."""
    return {name: written(value) if isinstance(value, str) else value for name, value in setting.items()}


def figures_of(net: Compiled) -> Mapping[str, Any]:
    """All figures that a condition may name, each worked out when it is asked for."""
    heads = {head: partial(shape_of_head, head=head) for head in net.graph.outputs}
    return NetFigures(net, {**MORE_FIGURES, **heads, **FIGURES})
