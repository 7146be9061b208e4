"""What torch's functions of norms are; the rules take a reader, a node, then torch's arguments."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any

from torch import fx

from cnnspec.importing.torch_reader import Flowing, TorchReader
from cnnspec.importing.torch_windows import channels_first, learned
from cnnspec.importing.windows import NoLayer
from cnnspec.layers import dense, norm


def _weighed(rule: Callable[..., Any]) -> Callable[..., Any]:
    """A norm that has a weight and no bias, as the norm without either, and the weight after it."""

    @wraps(rule)
    def both(reader: TorchReader, node: fx.Node, value: Any, *given: Any, **named: Any) -> Any:
        found = signature(rule).bind(reader, node, value, *given, **named).arguments
        weight, bias = found.pop("weight", None), found.pop("bias", None)
        rest = {name: found[name] for name in found if name not in ("reader", "node", "value")}
        if weight is None or bias is not None:
            return rule(reader, node, value, *given, **named)
        made = rule(reader, node, value, **rest)
        sizes = reader.shape_of(made.step)
        if weight.numel() != sizes[0]:
            raise NoLayer("without a bias")
        added = {"weight": learned(weight)}
        return reader.add(node, dense.Affine(bias=False), sizes, (made.step,), added)._replace(
            layout=made.layout
        )

    return both


def _affine(weight: Any, bias: Any) -> dict[str, Any]:
    """The tensors of a norm that has both, or neither. Raises NoLayer."""
    if (weight is None) != (bias is None):
        raise NoLayer("without a bias")
    return {} if weight is None else {"weight": weight, "bias": bias}


@_weighed
def layer_norm(
    reader: TorchReader,
    node: fx.Node,
    value: Flowing,
    normalized_shape: Any,
    weight: Any = None,
    bias: Any = None,
    eps: float = 1e-5,
) -> Any:
    tensors = _affine(weight, bias)
    return reader.layernorm(node, value, tuple(normalized_shape), eps, tensors)


@_weighed
@channels_first
def group_norm(
    reader: TorchReader,
    node: fx.Node,
    value: Flowing,
    num_groups: int,
    weight: Any = None,
    bias: Any = None,
    eps: float = 1e-5,
) -> Any:
    tensors = _affine(weight, bias)
    return reader.step(node, norm.GroupNorm(num_groups, eps, bool(tensors)), value.step, weights=tensors)


@channels_first
def batch_norm(
    reader: TorchReader,
    node: fx.Node,
    value: Flowing,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    if running_mean is None:
        raise NoLayer("without running statistics")
    affine = _affine(weight, bias)
    given = {**affine, "running_mean": running_mean, "running_var": running_var}
    return reader.step(node, norm.BatchNorm(eps, momentum, bool(affine)), value.step, weights=given)
