"""Norms that libraries write themselves, known by what they compute.

A module without modules in it, whose weights are those of a norm of the language, is run on a few random
numbers, and so is the class that `compile` writes for that norm, with the same weights. Where both give the
same, for large and for small numbers, it is that norm.

    class Grn(nn.Module)       weight, bias: C each, eps = 1e-6     =  GlobalResponseNorm(C, eps=1e-6)     grn
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import torch
from torch import nn

from cnnspec.backends.torch.helpers import norms
from cnnspec.layers import norm
from cnnspec.layers.base import Layer

SIZES = (5, 6)
SCALES = (1.0, 1e-2)
"""How large the numbers are: an eps shows in small ones."""
TOLERANCE = 1e-5


class KnownNorm(NamedTuple):
    """A norm, and whether it takes maps with their channels last."""

    layer: Layer
    last: bool


def known_norm(module: nn.Module) -> KnownNorm | None:
    """The norm that a module computes; None where it computes none of these, or something else."""
    names = {name for name, _ in module.named_parameters()}
    if type(module).__module__.startswith("torch.nn") or any(True for _ in module.children()):
        return None
    channels = {tuple(parameter.shape) for parameter in module.parameters()}
    if names not in map(set, KINDS) or len(channels) != 1 or len(next(iter(channels))) != 1:
        return None
    (width,) = channels.pop()
    candidates = [pair for kind, made in KINDS.items() if set(kind) == names for pair in made(module, width)]
    if not candidates:
        return None
    generator = torch.Generator().manual_seed(0)
    trial = copy.deepcopy(module).to_empty(device="cpu").float().eval()
    for parameter in trial.parameters():
        parameter.data.copy_(torch.rand(width, generator=generator) + 0.5)
    for layer, helper in candidates:
        helper.load_state_dict(trial.state_dict())
        for last in (False, True):
            if all(_agree(trial, helper, width, scale, last) for scale in SCALES):
                return KnownNorm(layer, last)
    return None


def _agree(module: nn.Module, helper: nn.Module, width: int, scale: float, last: bool) -> bool:
    x = torch.randn((2, width, *SIZES), generator=torch.Generator().manual_seed(1)) * scale
    try:
        with torch.no_grad():
            found = module.forward(x.movedim(1, -1) if last else x)
            wanted = helper.forward(x)
    except Exception:
        # whatever a module raises, it is no norm of such maps
        return False
    if not isinstance(found, torch.Tensor) or found.dim() != x.dim():
        return False
    found = found.movedim(-1, 1) if last else found
    return found.shape == wanted.shape and bool(
        (found - wanted).abs().max() <= TOLERANCE * wanted.abs().max()
    )


def _numbers(module: nn.Module, kind: type) -> list[Any]:
    """The numbers of a kind that a module keeps."""
    return list(dict.fromkeys(value for value in vars(module).values() if type(value) is kind))


def _responses(module: nn.Module, width: int) -> Iterator[tuple[Layer, nn.Module]]:
    for eps in _numbers(module, float):
        yield norm.GlobalResponseNorm(eps), norms.GlobalResponseNorm(width, eps)


def _filters(module: nn.Module, width: int) -> Iterator[tuple[Layer, nn.Module]]:
    for eps in _numbers(module, float):
        yield norm.FilterResponseNorm(eps), norms.FilterResponseNorm(width, eps)


def _evolved(module: nn.Module, width: int) -> Iterator[tuple[Layer, nn.Module]]:
    for groups in _numbers(module, int):
        if groups > 0 and width % groups == 0:
            for eps in _numbers(module, float):
                yield norm.EvoNormS0(groups, eps), norms.EvoNormS0(groups, width, eps)


KINDS: Mapping[tuple[str, ...], Callable[[nn.Module, int], Iterator[tuple[Layer, nn.Module]]]] = {
    ("weight", "bias"): _responses,
    ("weight", "bias", "tau"): _filters,
    ("weight", "bias", "v"): _evolved,
}
"""The norms that have these weights, each with the module that computes it."""
