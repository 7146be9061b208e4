"""Elementwise layers that torch has no name for: a formula as a module of generated source.

class Softsign(nn.Module):
    \"\"\"x / (1 + |x|).\"\"\"

    def forward(self, x: Tensor) -> Tensor:
        return x / (1 + torch.abs(x))
"""

from __future__ import annotations

import re
from textwrap import indent

from cnnspec.backends.formula import formula_lines
from cnnspec.backends.python_source import literal
from cnnspec.backends.torch.calls import REQUIRED, Slot, TorchForm, module
from cnnspec.docstrings import docstring
from cnnspec.layers.base import Layer, Parameter, Shape, parameters

NAMES = {
    "abs": "torch.abs",
    "exp": "torch.exp",
    "expm1": "torch.expm1",
    "tanh": "torch.tanh",
    "erf": "torch.erf",
    "sigmoid": "torch.sigmoid",
    "softplus": "F.softplus",
    "maximum": "torch.clamp_min",
    "minimum": "torch.clamp_max",
    "clip": "torch.clamp",
    "where": "torch.where",
}
"""The functions of a formula by what they are called in torch."""


def elementwise(layer: Layer, source: Shape) -> TorchForm:
    """The rule of an elementwise layer: a module of its own, named as its class."""
    slots = [Slot(p.name, getattr(layer, p.name), default_of(p)) for p in parameters(type(layer))]
    return module(type(layer).__name__, *slots)


def default_of(parameter: Parameter) -> object:
    return REQUIRED if parameter.required else parameter.default


def module_text(cls: type[Layer]) -> str:
    """The class that does what a layer's formula says."""
    first = re.split(r"(?<=\.)\s", docstring(cls) or cls.op)[0]
    known = parameters(cls)
    lines = [f'"""{first}"""', ""]
    if known:
        given = "".join(f", {_hinted(p)}" for p in known)
        lines += [f"def __init__(self{given}) -> None:", "    super().__init__()"]
        lines += [*(f"    self.{p.name} = {p.name}" for p in known), ""]
    lines += [
        "def forward(self, x: Tensor) -> Tensor:",
        *(f"    {line}" for line in formula_lines(cls, NAMES, "self.{}")),
    ]
    body = indent("\n".join(lines), "    ")
    return f"class {cls.__name__}(nn.Module):\n{body}"


def _hinted(parameter: Parameter) -> str:
    """`alpha: float = 1.0`"""
    text = f"{parameter.name}: {'str' if parameter.kind.words else 'float'}"
    return text if parameter.required else f"{text} = {literal(parameter.default)}"
