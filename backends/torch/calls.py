"""What the rules of the torch backend are made of: calls of constructors and functions."""

from __future__ import annotations

from typing import Any, NamedTuple

from cnnspec.backends.base import CompileError
from cnnspec.layers.base import Extent, Shape

REQUIRED: Any = object()

CHANNEL_SLOTS = frozenset(
    {"in_channels", "out_channels", "num_features", "num_channels", "in_features", "out_features", "channels"}
    | {"groups", "num_groups", "num_parameters", "before", "after", "start", "stop", "normalized_shape"}
)


class Slot(NamedTuple):
    """One argument of a call: positional where it has no default, else a keyword left out at its default."""

    name: str
    value: Any
    default: Any = REQUIRED

    @property
    def kind(self) -> str:
        """What kind of number it is: channels, a margin, or another."""
        if self.name in CHANNEL_SLOTS:
            return "channels"
        return "margin" if self.name == "padding" else ""


class TorchCall(NamedTuple):
    """A constructor (`nn.Conv2d`), or a function that takes the layer's input first (`F.relu`)."""

    name: str
    slots: tuple[Slot, ...] = ()


class TorchForm(NamedTuple):
    """How a layer is written: as a module, as a function where it needs no state, or as a join of its inputs.

    `join` is one of cat (channels), cat2 (positions), +, *, sub, div, matmul, maximum. `broadcast` is the
    number of axes that each input of a join lacks, `suffixes` are what is called on each first.
    """

    module: TorchCall | None = None
    function: TorchCall | None = None
    join: str = ""
    broadcast: tuple[int, ...] = ()
    suffixes: tuple[str, ...] = ()


def compact(value: Extent) -> Extent:
    """An extent that is the same on every axis as one integer."""
    return value[0] if isinstance(value, tuple) and len(set(value)) == 1 else value


def both(name: str, function: str, *slots: Slot) -> TorchForm:
    """A layer that torch has as a module and as a function with the same arguments."""
    return TorchForm(TorchCall(name, slots), TorchCall(function, slots))


def module(name: str, *slots: Slot) -> TorchForm:
    return TorchForm(TorchCall(name, slots))


def rank_of(shape: Shape) -> int:
    """The number of spatial axes. Raises CompileError beyond the three that torch's kernels have."""
    if len(shape) > 4:
        raise CompileError(f"torch has no layers for maps of {len(shape) - 1} axes")
    return len(shape) - 1
