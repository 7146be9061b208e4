"""What each function and method of torch is: rules that take a reader, a node, then torch's arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import fx

from cnnspec.importing.torch_layers import NoLayer, convolution, extent, interpolated, padded, taken_in
from cnnspec.importing.torch_reader import BATCH, LAST, Flowing, Rules, TorchReader, flat, function_name
from cnnspec.layers import activation, dense, join, norm, pool, shape
from cnnspec.layers.base import Layer


def _join(kind: type[Layer]) -> Callable[..., Any]:
    def rule(reader: TorchReader, node: fx.Node, one: Any, other: Any, alpha: float = 1, **_: Any) -> Any:
        flowing = [value for value in (one, other) if isinstance(value, Flowing)]
        if len(flowing) == 2 and alpha == 1:
            same = flowing[0].layout == flowing[1].layout
            if not same:
                raise NoLayer("of two layouts")
            sizes = kind().infer(*(reader.shape_of(value.step) for value in flowing))
            made = reader.add(node, kind(), sizes, [value.step for value in flowing], {})
            return made._replace(layout=flowing[0].layout)
        if len(flowing) == 1:
            rest = other if isinstance(one, Flowing) else one
            return _with_constant(reader, node, kind, flowing[0], rest)
        raise NoLayer

    return rule


def _less(reader: TorchReader, node: fx.Node, one: Any, other: Any, alpha: float = 1) -> Any:
    """A difference, as the sum with what is taken away times -1."""
    if not (isinstance(one, Flowing) and isinstance(other, Flowing)) or alpha != 1:
        raise NoLayer("with a constant")
    taken = reader.add(node, dense.Scale(-1.0), reader.shape_of(other.step), (other.step,), {})
    return _join(join.Add)(reader, node, one, taken._replace(layout=other.layout))


def _expanded(reader: TorchReader, node: fx.Node, value: Flowing, *_: Any) -> Flowing:
    """A gate as wide as what it is multiplied with: `mul` does that by itself."""
    if value.layout or any(function_name(user) not in ("mul", "imul") for user in node.users):
        raise NoLayer("but for a product")
    return value


def _with_constant(
    reader: TorchReader, node: fx.Node, kind: type[Layer], value: Flowing, rest: Any
) -> Flowing:
    """A value times, or plus, a number or a tensor of the module."""
    if kind is join.Mul and isinstance(rest, (int, float)):
        if rest == 1:
            return value
        return reader.step(node, dense.Scale(float(rest)), value.step)
    if kind is join.Add and isinstance(rest, (int, float)) and rest == 0:
        return value
    sizes = reader.shape_of(value.step)
    if kind is join.Mul and isinstance(rest, torch.Tensor):
        if rest.numel() == sizes[0] and rest.requires_grad:
            weight = {"weight": rest.reshape(sizes[0])}
            start = float(rest.detach().flatten()[0]) if rest.device.type != "meta" else 1e-6
            made = reader.add(node, dense.LayerScale(abs(start) or 1e-6), sizes, (value.step,), weight)
            return made._replace(layout=value.layout)
        if rest.numel() == 1 and rest.requires_grad:
            return reader.add(node, dense.Scale(1.0, True), sizes, (value.step,), {"weight": rest.reshape(1)})
    raise NoLayer("with a constant")


def _concat(reader: TorchReader, node: fx.Node, values: Any, dim: int = 0, **_: Any) -> Flowing:
    flowing = [value for value in flat(values) if isinstance(value, Flowing)]
    layout, rank = flowing[0].layout, len(node.meta["value"].shape)
    if dim % rank != (rank - 1 if layout == LAST else 1) or any(value.layout != layout for value in flowing):
        raise NoLayer(f"over axis {dim}")
    if len(flowing) == 1:
        return flowing[0]
    sizes = join.Concat().infer(*(reader.shape_of(value.step) for value in flowing))
    made = reader.add(node, join.Concat(), sizes, [value.step for value in flowing], {})
    return made._replace(layout=layout)


def _flattened(reader: TorchReader, node: fx.Node, value: Flowing, *_: Any, **__: Any) -> Flowing:
    """A view: what flattens all axes of a sample, or leaves a shuffle for the transposition that follows."""
    sizes, result = reader.shape_of(value.step), tuple(node.meta["value"].shape)
    if value.layout:
        raise NoLayer("with channels last")
    if result[1:] == sizes and result[0] == BATCH:
        return value
    if result[0] == BATCH and len(result) == 2:
        return reader.step(node, dense.Flatten(), value.step)
    turned = any(function_name(user) in ("transpose", "permute") for user in node.users)
    if turned and result[0] == BATCH and len(result) == len(sizes) + 2 and result[3:] == sizes[1:]:
        return Flowing(value.step, f"groups {result[1]}")
    if result[0] == BATCH:
        return reader.step(
            node, shape.Reshape(result[1] if len(result) == 2 else tuple(result[1:])), value.step
        )
    raise NoLayer(f"{(BATCH, *sizes)} -> {result}")


def _view(reader: TorchReader, node: fx.Node, value: Flowing, *sizes: Any, **_: Any) -> Flowing:
    if value.layout.startswith("shuffled"):
        groups = int(value.layout.split()[1])
        return reader.step(node, shape.ChannelShuffle(groups), value.step)
    return _flattened(reader, node, value)


def _transpose(reader: TorchReader, node: fx.Node, value: Flowing, one: int, other: int) -> Flowing:
    if value.layout.startswith("groups") and {one, other} == {1, 2}:
        return value._replace(layout=value.layout.replace("groups", "shuffled"))
    raise NoLayer(f"of axes {one} and {other}")


def _permute(reader: TorchReader, node: fx.Node, value: Flowing, *axes: Any) -> Flowing:
    order = tuple(axes[0]) if axes and isinstance(axes[0], (list, tuple)) else axes
    rank = len(order)
    if order == (0, *range(2, rank), 1) and not value.layout:
        return value._replace(layout=LAST)
    if order == (0, rank - 1, *range(1, rank - 1)) and value.layout == LAST:
        return value._replace(layout="")
    raise NoLayer(f"to {order}")


def _same(reader: TorchReader, node: fx.Node, value: Any, *_: Any, **__: Any) -> Any:
    return value


def _mean(
    reader: TorchReader, node: fx.Node, value: Flowing, dim: Any = None, keepdim: bool = False, **_: Any
) -> Any:
    rank = len(reader.shape_of(value.step))
    axes = {axis % (rank + 1) for axis in (dim if isinstance(dim, (tuple, list)) else [dim])}
    spatial = set(range(1, rank)) if value.layout == LAST else set(range(2, rank + 1))
    if axes != spatial:
        raise NoLayer(f"over axes {dim}")
    sizes = (reader.shape_of(value.step)[0], *(1,) * (rank - 1))
    pooled = reader.add(node, pool.GlobalAvgPool(), sizes, (value.step,), {})
    if keepdim:
        return pooled
    return reader.add(node, dense.Flatten(), sizes[:1], (pooled.step,), {})


def _adaptive(everywhere: Callable[[], Layer], sized: Callable[[Any], Layer]) -> Callable[..., Any]:
    def rule(reader: TorchReader, node: fx.Node, value: Flowing, output_size: Any, *_: Any) -> Any:
        size = extent(output_size)
        layer = everywhere() if size == 1 else sized(size)
        return reader.step(node, layer, value.step)

    return rule


def _pooled(kind: Callable[..., Layer]) -> Callable[..., Any]:
    def rule(
        reader: TorchReader,
        node: fx.Node,
        value: Flowing,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation_or_ceil: Any = None,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        dilation: Any = 1,
        return_indices: bool = False,
        divisor_override: Any = None,
    ) -> Any:
        if return_indices or divisor_override or dilation_or_ceil not in (None, 1, False):
            raise NoLayer("with arguments that have no place")
        kernel = extent(kernel_size)
        step = None if stride is None or extent(stride) == kernel else extent(stride)
        sizes = reader.shape_of(value.step)
        pad: Any = extent(padding)
        if value.margins:
            window = extent(stride or kernel_size)
            pad = taken_in(value.margins, padding, kernel_size, window, 1, sizes)
        given: dict[str, Any] = {"stride": step, "pad": pad, "ceil": ceil_mode}
        if kind is pool.AvgPool:
            given["count_pad"] = count_include_pad or pad == 0
        return reader.step(node, kind(kernel, **given), value.step)

    return rule


def _interpolate(
    reader: TorchReader,
    node: fx.Node,
    value: Flowing,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    **_: Any,
) -> Any:
    sizes = node.meta["value"].shape[2:] if size is not None else None
    return reader.step(node, interpolated(sizes, scale_factor, mode, align_corners), value.step)


def _item(reader: TorchReader, node: fx.Node, value: Any, index: Any) -> Any:
    if not isinstance(value, Flowing):
        return value[index]
    if isinstance(index, tuple) and len(index) >= 2 and index[0] == slice(None):
        rest = [part for part in index[2:] if part is not Ellipsis]
        part = index[1]
        if all(axis == slice(None) for axis in rest) and isinstance(part, slice) and part.step in (None, 1):
            start, stop, _ = part.indices(reader.shape_of(value.step)[0])
            return reader.step(node, shape.Slice(start, stop), value.step)
    raise NoLayer(f"[{index}]")


def _chunks(reader: TorchReader, node: fx.Node, value: Flowing, count: Any, dim: int = 0, **_: Any) -> Any:
    """Parts of the channels, one slice each."""
    rank = len(reader.shape_of(value.step))
    axis = rank if value.layout == LAST else 1
    if dim % (rank + 1) != axis:
        raise NoLayer(f"over axis {dim}")
    parts, start = [], 0
    for part in node.meta["value"]:
        stop = start + part.shape[axis]
        sizes = (stop - start, *reader.shape_of(value.step)[1:])
        made = reader.add(node, shape.Slice(start, stop), sizes, (value.step,), {})
        parts.append(made._replace(layout=value.layout))
        start = stop
    return tuple(parts)


def _softmaxed(reader: TorchReader, node: fx.Node, value: Flowing, dim: int | None = None, **_: Any) -> Any:
    if dim not in (None, 1, -1) or (dim == -1 and len(reader.shape_of(value.step)) > 1):
        raise NoLayer(f"over axis {dim}")
    return reader.step(node, activation.Softmax(), value.step)


def _linear(reader: TorchReader, node: fx.Node, value: Flowing, weight: Any, bias: Any = None) -> Any:
    tensors = {"weight": weight} | ({"bias": bias} if bias is not None else {})
    return reader.step(node, dense.Linear(weight.shape[0], bias is not None), value.step, weights=tensors)


def _affine(weight: Any, bias: Any) -> dict[str, Any]:
    """The tensors of a norm that has both, or neither. Raises NoLayer."""
    if (weight is None) != (bias is None):
        raise NoLayer("without a bias")
    return {} if weight is None else {"weight": weight, "bias": bias}


def _layer_norm(
    reader: TorchReader,
    node: fx.Node,
    value: Flowing,
    over: Any,
    weight: Any = None,
    bias: Any = None,
    eps: float = 1e-5,
) -> Any:
    tensors = _affine(weight, bias)
    return reader.layernorm(node, value, tuple(over), eps, tensors)


def _group_norm(
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


def _batch_norm(
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
    tensors = {"weight": weight, "bias": bias, "running_mean": running_mean, "running_var": running_var}
    given = {name: tensor for name, tensor in tensors.items() if tensor is not None}
    return reader.step(node, norm.BatchNorm(eps, momentum, weight is not None), value.step, weights=given)


def _padded(
    reader: TorchReader,
    node: fx.Node,
    flowing: Flowing,
    /,
    pad: Any,
    mode: str = "constant",
    value: Any = None,
) -> Any:
    if not any(pad):
        return flowing
    windows = WINDOWS if not value else LARGEST if value == -float("inf") else ()
    if mode == "constant" and all(_takes(reader, user, windows) for user in node.users):
        pairs = tuple(zip(pad[::2], pad[1::2], strict=True))
        return flowing._replace(margins=tuple(reversed(pairs)))
    names = {"constant": "zeros", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}
    return reader.step(node, padded(list(pad), names[mode], value or 0.0), flowing.step)


LARGEST = ("max_pool2d", "boolean_dispatch")
WINDOWS = ("conv1d", "conv2d", "conv3d", "avg_pool2d")
"""Functions whose window takes in a margin that was added before it."""


def _takes(reader: TorchReader, user: fx.Node, functions: tuple[str, ...]) -> bool:
    if user.op == "call_module":
        module = reader.graph.get_submodule(str(user.target))
        return isinstance(module, torch.nn.modules.conv._ConvNd) and functions == WINDOWS
    return function_name(user) in functions


def _conv(
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
    """A convolution with weights of the module: as they are, or standardized."""
    if not isinstance(weight, torch.Tensor) or not weight.requires_grad:
        raise NoLayer(
            "of weights that are not learned" if isinstance(weight, torch.Tensor) else "of weights that flow"
        )
    kernel = tuple(weight.shape[2:])
    sizes = reader.shape_of(value.step)
    pad = taken_in(value.margins, padding, kernel, stride, dilation, sizes)
    layer = convolution(sizes[0], weight.shape[0], kernel, stride, pad, dilation, groups, bias is not None)
    tensors = {"weight": weight} | ({"bias": bias} if bias is not None else {})
    return reader.step(node, layer, value.step, weights=tensors)


FUNCTIONS: Rules = {
    "add": _join(join.Add),
    "iadd": _join(join.Add),
    "mul": _join(join.Mul),
    "imul": _join(join.Mul),
    "maximum": _join(join.Maximum),
    "cat": _concat,
    "concat": _concat,
    "flatten": _flattened,
    "view": _view,
    "reshape": _view,
    "transpose": _transpose,
    "permute": _permute,
    "contiguous": _same,
    "clone": _same,
    "to": _same,
    "type_as": _same,
    "mean": _mean,
    "adaptive_avg_pool1d": _adaptive(pool.GlobalAvgPool, pool.AdaptiveAvgPool),
    "adaptive_avg_pool2d": _adaptive(pool.GlobalAvgPool, pool.AdaptiveAvgPool),
    "adaptive_max_pool2d": _adaptive(pool.GlobalMaxPool, pool.AdaptiveMaxPool),
    "avg_pool2d": _pooled(pool.AvgPool),
    "max_pool2d": _pooled(pool.MaxPool),
    "boolean_dispatch": _pooled(pool.MaxPool),
    "max_pool1d": _pooled(pool.MaxPool),
    "interpolate": _interpolate,
    "getitem": _item,
    "chunk": _chunks,
    "split": _chunks,
    "softmax": _softmaxed,
    "linear": _linear,
    "layer_norm": _layer_norm,
    "batch_norm": _batch_norm,
    "group_norm": _group_norm,
    "pad": _padded,
    "conv1d": _conv,
    "conv2d": _conv,
    "conv3d": _conv,
    "sub": _less,
    "expand": _expanded,
    "expand_as": _expanded,
}
"""What each function or method of torch is; those of one value alone are in ACTIVATIONS."""
