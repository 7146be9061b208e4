"""What torch's functions over windows are: convolutions, pools, margins and interpolations of a map.

The rules take a reader, a node, then torch's arguments, by the names that torch gives them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import torch
from torch import fx

from cnnspec.importing.tidied import crop
from cnnspec.importing.torch_layers import interpolated, padded
from cnnspec.importing.torch_reader import Flowing, TorchReader, flat, function_name
from cnnspec.importing.torch_written import written_layer
from cnnspec.importing.windows import NoLayer, convolution, extent, taken_in
from cnnspec.layers import pool, shape
from cnnspec.layers.base import Layer

CONVOLUTIONS = ("conv1d", "conv2d", "conv3d")
AVERAGES = ("avg_pool1d", "avg_pool2d", "avg_pool3d")
LARGEST = tuple(f"max_pool{rank}d{more}" for rank in (1, 2, 3) for more in ("", "_with_indices"))
UNPOOLED = ("max_unpool1d", "max_unpool2d", "max_unpool3d")


@dataclass(frozen=True)
class Places:
    """Where a max pool, which is this step, found its maxima."""

    step: str


def channels_first(rule: Callable[..., Any]) -> Callable[..., Any]:
    """A rule that takes one value as the language holds it: with its channels first."""

    @wraps(rule)
    def held(reader: TorchReader, node: fx.Node, value: Any, /, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(value, Flowing):
            raise NoLayer("of a constant")
        if value.layout:
            raise NoLayer(f"with {value.layout}")
        return rule(reader, node, value, *args, **kwargs)

    return held


def learned(weight: Any) -> Any:
    """A tensor of the module that is its weight, or made of its weights. Raises NoLayer for any other."""
    if not isinstance(weight, torch.Tensor):
        raise NoLayer("of weights that flow")
    if not weight.requires_grad:
        raise NoLayer("of weights that are not learned")
    return weight


@channels_first
def convolved(
    reader: TorchReader,
    node: fx.Node,
    value: Flowing,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """A convolution with weights of the module: as they are, or standardized. One that is fixed may blur."""
    if isinstance(weight, torch.Tensor) and not weight.requires_grad and bias is None:
        return _blurred(reader, node, value, weight, stride, padding, dilation, groups)
    kernel = tuple(learned(weight).shape[2:])
    sizes = reader.shape_of(value.step)
    pad = taken_in(value.margins, padding, kernel, stride, dilation, sizes)
    layer = convolution(sizes[0], weight.shape[0], kernel, stride, pad, dilation, groups, bias is not None)
    tensors = {"weight": weight} | ({"bias": bias} if bias is not None else {})
    return reader.step(node, layer, value.step, weights=tensors)


def _blurred(
    reader: TorchReader,
    node: fx.Node,
    value: Flowing,
    filters: torch.Tensor,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
) -> Any:
    """Each channel by one binomial filter, with the margin that was added before. Raises NoLayer."""
    source, margins, mode = value.step, value.margins, "zeros"
    before = reader.steps.get(value.step)
    if before is not None and isinstance(before.layer, shape.Pad) and not before.layer.value:
        (source,), mode = before.inputs, before.layer.mode
        margins = before.layer.margins(reader.shape_of(source))
    sizes = reader.shape_of(source)
    layer = pool.BlurPool(extent(filters.shape[2:]), extent(stride), mode)
    plain = groups == sizes[0] == len(filters) and extent(dilation) == 1 and not any(flat([padding]))
    if not plain or filters.is_meta or margins != layer.slide(sizes).margins:
        raise NoLayer("of weights that are not learned")
    wanted = torch.ones((), dtype=filters.dtype)
    for line in layer.filters(len(sizes) - 1):
        wanted = wanted.unsqueeze(-1) * torch.tensor(line, dtype=filters.dtype)
    if not torch.allclose(filters, wanted.expand_as(filters), atol=1e-6):
        raise NoLayer("of weights that are not learned")
    return reader.step(node, layer, source)


@channels_first
def largest(
    reader: TorchReader,
    node: fx.Node,
    value: Flowing,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """A max pool, with a margin of -inf that was added before it."""
    pad = _margin(reader, value, kernel_size, stride, padding, dilation)
    given: dict[str, Any] = {"pad": pad, "dilation": extent(dilation), "ceil": ceil_mode}
    layer = pool.MaxPool(extent(kernel_size), _step(kernel_size, stride), **given)
    if isinstance(node.meta["value"], torch.Tensor):
        return reader.step(node, layer, value.step)
    sizes = layer.infer(reader.shape_of(value.step))
    made = reader.add(node, layer, sizes, (value.step,), {})
    return made, Places(made.step)


def unpooled(
    reader: TorchReader, node: fx.Node, value: Any, places: Any, *given: Any, **named: Any
) -> Flowing:
    """The way back from a max pool, which is known by the places that it gave, or the map that it took."""
    if not isinstance(value, Flowing) or value.layout or not isinstance(places, (Places, Flowing)):
        raise NoLayer("of several values")
    if isinstance(places, Places):
        return _back(reader, node, value, places.step)
    module = reader.graph.get_submodule(str(node.target)) if node.op == "call_module" else None
    layer = written_layer(module, ()) if module is not None else None
    sizes = reader.shape_of(places.step)
    wanted = layer.of.slide(sizes) if isinstance(layer, pool.MaxUnpool) else None
    for step in list(reader.steps.values()):
        before = step.layer if step.inputs == (places.step,) else None
        if isinstance(before, pool.MaxPool) and before.slide(sizes) == wanted:
            return _back(reader, node, value, step.name)
    raise NoLayer("of several values")


def _back(reader: TorchReader, node: fx.Node, value: Flowing, name: str) -> Flowing:
    before = reader.steps[name]
    assert isinstance(before.layer, pool.MaxPool)
    layer = pool.MaxUnpool(before.layer)
    sizes = layer.infer(reader.shape_of(value.step), reader.shape_of(before.inputs[0]))
    if sizes != tuple(node.meta["value"].shape[1:]):
        raise NoLayer(f"to {tuple(node.meta['value'].shape[1:])} where the pool took {sizes}")
    return reader.add(node, layer, sizes, (value.step, name), {})


@channels_first
def averaged(
    reader: TorchReader,
    node: fx.Node,
    value: Flowing,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """An average pool, with a margin of zeros that was added before it, and which it counts."""
    own = any(padding) if isinstance(padding, (tuple, list)) else bool(padding)
    if divisor_override:
        raise NoLayer("divisor_override")
    if value.margins and own and not count_include_pad:
        raise NoLayer("that counts a part of its margin")
    pad = _margin(reader, value, kernel_size, stride, padding, 1)
    given: dict[str, Any] = {"pad": pad, "ceil": ceil_mode, "count_pad": count_include_pad or not own}
    layer = pool.AvgPool(extent(kernel_size), _step(kernel_size, stride), **given)
    return reader.step(node, layer, value.step)


def _step(kernel: Any, stride: Any) -> Any:
    """The stride, where it is not that which a pool has by default."""
    return None if not stride or extent(stride) == extent(kernel) else extent(stride)


def _margin(
    reader: TorchReader, value: Flowing, kernel: Any, stride: Any, padding: Any, dilation: Any
) -> Any:
    if not value.margins:
        return extent(padding)
    sizes = reader.shape_of(value.step)
    return taken_in(value.margins, padding, kernel, stride or kernel, dilation, sizes)


def adaptive(everywhere: Callable[[], Layer], sized: Callable[[Any], Layer]) -> Callable[..., Any]:
    """A pool to a size: all of the map where it is 1. None stands for the size that an axis has."""

    @channels_first
    def rule(reader: TorchReader, node: fx.Node, value: Flowing, output_size: Any, **_: Any) -> Any:
        size = extent(node.meta["value"].shape[2:])
        return reader.step(node, everywhere() if size == 1 else sized(size), value.step)

    return rule


@channels_first
def interpolate(
    reader: TorchReader,
    node: fx.Node,
    value: Flowing,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Any:
    if antialias:
        raise NoLayer("antialias")
    sizes = node.meta["value"].shape[2:] if size is not None else None
    return reader.step(node, interpolated(sizes, scale_factor, mode, align_corners), value.step)


@channels_first
def pad(
    reader: TorchReader,
    node: fx.Node,
    flowing: Flowing,
    /,
    pad: Any,
    mode: str = "constant",
    value: Any = None,
) -> Any:
    """A margin: that of the windows which read it where each can take it in, a layer otherwise."""
    if not any(pad):
        return flowing
    rank = len(reader.shape_of(flowing.step)) - 1
    if len(pad) > 2 * rank:
        return _channels_of_zeros(reader, node, flowing, pad, mode, value)
    windows = (*CONVOLUTIONS, *AVERAGES) if not value else LARGEST if value == -float("inf") else ()
    if mode == "constant" and min(pad) >= 0 and all(_takes(reader, user, windows) for user in node.users):
        pairs = tuple(zip(pad[::2], pad[1::2], strict=True))
        return flowing._replace(margins=tuple(reversed(pairs)))
    if min(pad) < 0 and mode == "constant":
        return _cropped(reader, node, flowing, pad, value or 0.0)
    names = {"constant": "zeros", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}
    every = [*pad, *[0] * (2 * rank - len(pad))]
    return reader.step(node, padded(every, names[mode], value or 0.0), flowing.step)


def _cropped(reader: TorchReader, node: fx.Node, flowing: Flowing, pad: Any, value: float) -> Flowing:
    """A margin that takes pixels away on some sides: what is left of the map, then what is added."""
    sizes = reader.shape_of(flowing.step)
    rank = len(sizes) - 1
    pairs = [tuple(pair) for pair in zip(pad[::2], pad[1::2], strict=True)]
    sides = [*[(0, 0)] * (rank - len(pairs)), *reversed(pairs)]
    starts = [max(-before, 0) for before, _ in sides]
    left = [size + min(one, 0) + min(two, 0) for size, (one, two) in zip(sizes[1:], sides, strict=True)]
    kept = reader.add(node, crop(extent(left), starts, sizes), (sizes[0], *left), (flowing.step,), {})
    added = [max(side, 0) for pair in reversed(sides) for side in pair]
    return reader.step(node, padded(added, "zeros", value), kept.step) if any(added) else kept


def _channels_of_zeros(
    reader: TorchReader, node: fx.Node, flowing: Flowing, pad: Any, mode: str, value: Any
) -> Flowing:
    """Channels of zeros around those of a map, as many before as after."""
    layer = shape.ZeroChannels(node.meta["value"].shape[1])
    sizes = reader.shape_of(flowing.step)
    added = layer.margins(sizes)
    if mode != "constant" or value or tuple(pad) != (*[0] * (2 * len(sizes) - 2), *added):
        raise NoLayer(f"{list(pad)}")
    return reader.step(node, layer, flowing.step)


def _takes(reader: TorchReader, user: fx.Node, functions: tuple[str, ...]) -> bool:
    """Whether the window of what reads a margin takes it in."""
    if user.op == "call_module":
        module = reader.graph.get_submodule(str(user.target))
        kinds = (torch.nn.Conv1d, torch.nn.Conv2d, torch.nn.Conv3d)
        return isinstance(module, kinds) and module.padding_mode == "zeros" and CONVOLUTIONS[0] in functions
    return function_name(user) in functions
