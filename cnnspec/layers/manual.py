"""The manual of the layers, made from the registry."""

from __future__ import annotations

from typing import Any

from cnnspec.docstrings import docstring
from cnnspec.layers import REGISTRY, Layer, Parameter, parameters

LAYERS = REGISTRY


def signature(cls: type[Layer]) -> str:
    """A layer's call as the manual shows it: conv(out, kernel, stride=1, ...)."""
    given = [p.name if p.required else f"{p.name}={show_default(p.default)}" for p in parameters(cls)]
    if cls.arity is None:
        options = "".join(f", {one}" for one in given)
        arms = f"{cls.op}({', '.join(given)})" if given else cls.op
        return f"{cls.op}(a, b, ...{options})  or  {arms} {{ | a | b }}"
    return f"{cls.op}({', '.join(given)})" if given else cls.op


def show_default(value: Any) -> str:
    """A default as specs write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else "none" if value is None else str(value)


def page(op: str) -> str:
    """The manual page of one layer."""
    cls = LAYERS[op]
    lines = [signature(cls), "", docstring(cls)]
    known = parameters(cls)
    if known:
        width = max(len(p.name) for p in known)
        lines += ["", *(f"  {p.name:<{width}}  {_argument(p)}" for p in known)]
    return "\n".join(lines)


def _argument(parameter: Parameter) -> str:
    default = "required" if parameter.required else f"default {show_default(parameter.default)}"
    return f"{parameter.doc} ({parameter.kind.name}; {default})"


def index() -> str:
    """All layers by family, a line each."""
    lines: list[str] = []
    family = ""
    for cls in sorted(LAYERS.values(), key=lambda c: c.family):
        if cls.family != family:
            family = cls.family
            lines += ["", family] if lines else [family]
        lines.append(f"  {signature(cls)}")
    return "\n".join(lines)


def as_dict(op: str) -> dict[str, Any]:
    """One layer as JSON-ready data."""
    cls = LAYERS[op]
    return {
        "name": op,
        "family": cls.family,
        "doc": docstring(cls),
        "parameters": [
            {
                "name": p.name,
                "kind": p.kind.name,
                "required": p.required,
                "default": None if p.required else p.default,
                "words": list(p.kind.words),
                "doc": p.doc,
            }
            for p in parameters(cls)
        ],
    }
