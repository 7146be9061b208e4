"""What each function and method of torch is: rules that take a reader, a node, then torch's arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import fx

from cnnspec.importing import torch_groups as groups
from cnnspec.importing import torch_norm_functions as norms
from cnnspec.importing import torch_windows as windows
from cnnspec.importing.tidied import crop
from cnnspec.importing.torch_layers import need_channels
from cnnspec.importing.torch_reader import BATCH, LAST, Flowing, Rules, TorchReader, flat, function_name
from cnnspec.importing.torch_windows import channels_first, learned
from cnnspec.importing.windows import NoLayer, extent
from cnnspec.layers import activation, attention, dense, join, pool, sequence, shape
from cnnspec.layers.base import Layer, Shape


def _join(kind: type[Layer]) -> Callable[..., Any]:
    def rule(reader: TorchReader, node: fx.Node, one: Any, other: Any, alpha: float = 1, **_: Any) -> Any:
        flowing = [value for value in (one, other) if isinstance(value, Flowing)]
        if len(flowing) == 2 and alpha == 1:
            if kind is join.Mul and flowing[0] == flowing[1]:
                return reader.activation(node, activation.Square, flowing[0])
            same = flowing[0].layout == flowing[1].layout
            if not same:
                raise NoLayer("of two layouts")
            sizes = kind().infer(*(reader.shape_of(value.step) for value in flowing))
            if not flowing[0].layout and sizes != tuple(node.meta["value"].shape[1:]):
                raise NoLayer("of two shapes")
            return _joined(reader, node, kind(), *flowing)
        if kind is join.Div and flowing == [one] and isinstance(other, (int, float)) and other:
            return _with_constant(reader, node, join.Mul, one, 1 / other)
        if len(flowing) == 1:
            rest = other if isinstance(one, Flowing) else one
            return _with_constant(reader, node, kind, flowing[0], rest)
        raise NoLayer

    return rule


def _expanded(reader: TorchReader, node: fx.Node, value: Any, *_: Any, **__: Any) -> Flowing:
    """A gate as wide as what it is multiplied with: `mul` does that by itself."""
    if not isinstance(value, Flowing) or value.layout:
        raise NoLayer
    if any(function_name(user) not in ("mul", "imul") for user in node.users):
        raise NoLayer("but for a product")
    return value


def _with_constant(
    reader: TorchReader, node: fx.Node, kind: type[Layer], value: Flowing, rest: Any
) -> Flowing:
    """A value times, or plus, a number or a tensor of the module."""
    if isinstance(rest, (int, float)) and (kind, rest) in ((join.Add, 0), (join.Mul, 1)):
        return value
    sizes = reader.shape_of(value.step)
    layer: Layer | None = None
    weight: dict[str, Any] = {}
    if kind is join.Mul and isinstance(rest, (int, float)):
        layer = dense.Scale(float(rest))
    elif kind is join.Mul and isinstance(rest, torch.Tensor) and rest.requires_grad:
        if _one_a_channel(rest, sizes, value.layout):
            weight = {"weight": rest.reshape(sizes[0])}
            layer = _layerscale(rest.detach())
        elif rest.numel() == 1:
            layer, weight = dense.Scale(1.0, True), {"weight": rest.reshape(1)}
    if kind is join.Add and isinstance(rest, torch.Tensor):
        if _one_a_channel(rest, sizes, value.layout):
            layer, weight = dense.Affine(weight=False), {"bias": learned(rest).reshape(sizes[0])}
        elif rest.numel() == 1:
            layer, weight = dense.Affine(weight=False, shared=True), {"bias": learned(rest).reshape(1)}
    if layer is None and isinstance(rest, torch.Tensor) and rest.shape[1:] == node.meta["value"].shape[1:]:
        return _joined(reader, node, kind(), value, reader.constant(node, rest, value))
    if layer is None:
        raise NoLayer("with a constant")
    return reader.add(node, layer, sizes, (value.step,), weight)._replace(layout=value.layout)


def _layerscale(factors: torch.Tensor) -> Layer:
    """Factors of channels, with the value that they start at where they are at their start still."""
    if factors.device.type == "meta" or (factors != factors.flatten()[0]).any():
        return dense.LayerScale()
    return dense.LayerScale(float(f"{float(factors.flatten()[0]):.6g}"))


def _joined(reader: TorchReader, node: fx.Node, layer: Layer, *values: Flowing) -> Flowing:
    sizes = layer.infer(*(reader.shape_of(value.step) for value in values))
    made = reader.add(node, layer, sizes, [value.step for value in values], {})
    return made._replace(layout=values[0].layout)


def _one_a_channel(tensor: torch.Tensor, sizes: Shape, layout: str) -> bool:
    """Whether a tensor has one value for each channel of a map that torch holds in this layout."""
    ones = (1,) * (len(sizes) - 1)
    wanted = (*ones, sizes[0]) if layout == LAST else (sizes[0], *ones)
    found = tuple(tensor.shape)
    return (1,) * (len(sizes) + 1 - len(found)) + found == (1, *wanted)


def _concat(reader: TorchReader, node: fx.Node, tensors: Any, dim: int = 0, **_: Any) -> Flowing:
    """Channels beside one another, or positions end to end; a learned constant is one of the values."""
    values = flat(tensors)
    first = next(value for value in values if isinstance(value, Flowing))
    flowing = [
        value if isinstance(value, Flowing) else reader.constant(node, value, first) for value in values
    ]
    layout, rank = first.layout, len(node.meta["value"].shape)
    channels, positions = (rank - 1, 1) if layout == LAST else (1, 2)
    if dim % rank == channels:
        layer = join.Concat()
    elif dim % rank == positions and rank == 3:
        layer = join.Concat("positions")
    else:
        raise NoLayer(f"over axis {dim}")
    if any(value.layout != layout for value in flowing):
        raise NoLayer("of two layouts")
    if len(flowing) == 1:
        return first
    return _joined(reader, node, layer, *flowing)


def _flattened(reader: TorchReader, node: fx.Node, value: Flowing, *_: Any, **__: Any) -> Flowing:
    """A view: what flattens all axes of a sample, or leaves a shuffle for the transposition that follows."""
    sizes, result = reader.shape_of(value.step), tuple(node.meta["value"].shape)
    in_groups = groups.viewed_in_groups(value, sizes, result)
    names = {function_name(user) for user in node.users}
    if in_groups is not None and (value.layout or names & {*groups.TAKES_GROUPS}):
        return in_groups
    if value.layout:
        raise NoLayer("with channels last")
    if result[1:] == sizes and result[0] == BATCH:
        return value
    if result[0] == BATCH and len(result) == 2:
        return reader.step(node, dense.Flatten(), value.step)
    if result[0] == BATCH and result[1:2] == sizes[:1] and len(result) == 3:
        return reader.step(node, sequence.Tokens(), value.step)
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


def _transpose(reader: TorchReader, node: fx.Node, value: Flowing, dim0: int, dim1: int) -> Flowing:
    order = list(range(len(node.meta["value"].shape)))
    order[dim0], order[dim1] = order[dim1], order[dim0]
    if groups.groups_of(value) and groups.moves_nothing(node, tuple(order)):
        return value
    if value.layout.startswith("groups") and {dim0, dim1} == {1, 2}:
        return value._replace(layout=value.layout.replace("groups", "shuffled"))
    return _permute(reader, node, value, *order)


def _permute(reader: TorchReader, node: fx.Node, value: Flowing, *axes: Any, dims: Any = ()) -> Flowing:
    order = tuple(axis % len(node.meta["value"].shape) for axis in flat([axes, dims]))
    rank = len(order)
    if order == (0, *range(2, rank), 1) and not value.layout:
        return value._replace(layout=LAST)
    if order == (0, rank - 1, *range(1, rank - 1)) and value.layout == LAST:
        return value._replace(layout="")
    if value.layout or order[0] != 0:
        raise NoLayer(f"to {order}")
    return reader.step(node, sequence.Permute(tuple(axis - 1 for axis in order[1:])), value.step)


def _matmul(reader: TorchReader, node: fx.Node, one: Any, other: Any) -> Flowing:
    """A product of two values; a sequence with its channels last is one that is transposed."""
    if not (isinstance(one, Flowing) and isinstance(other, Flowing)):
        raise NoLayer("with a constant")
    turned = [value.layout == LAST and len(reader.shape_of(value.step)) == 2 for value in (one, other)]
    if any(value.layout and not on for value, on in zip((one, other), turned, strict=True)):
        raise NoLayer("with channels last")
    return reader.step(node, join.MatMul(*turned), one.step, other.step)


def _reduced(statistic: str) -> Callable[..., Flowing]:
    """A statistic of the channels, of the positions or of all, which keeps its axes."""

    def rule(
        reader: TorchReader, node: fx.Node, value: Flowing, dim: Any = None, keepdim: bool = False, **_: Any
    ) -> Flowing:
        rank = len(reader.shape_of(value.step))
        axes = tuple(
            sorted({axis % (rank + 1) for axis in flat(list(range(rank + 1)) if dim is None else dim)})
        )
        overs = {(1,): "channels", tuple(range(2, rank + 1)): "positions", tuple(range(1, rank + 1)): "all"}
        if value.layout or not keepdim or axes not in overs:
            raise NoLayer(f"over {'all axes' if dim is None else f'axes {dim}'}")
        return reader.step(node, attention.Reduce(statistic, overs[axes]), value.step)

    return rule


def _movedim(reader: TorchReader, node: fx.Node, value: Flowing, source: int, destination: int) -> Flowing:
    """The channels to the end, or back."""
    rank = len(node.meta["value"].shape)
    moved = (source % rank, destination % rank)
    if moved == (1, rank - 1) and not value.layout:
        return value._replace(layout=LAST)
    if moved == (rank - 1, 1) and value.layout == LAST:
        return value._replace(layout="")
    raise NoLayer(f"of axis {source} to {destination}")


@channels_first
def _narrow(reader: TorchReader, node: fx.Node, value: Flowing, dim: int, start: int, length: int) -> Flowing:
    """Some of the channels, or of the pixels along an axis."""
    sizes = reader.shape_of(value.step)
    if sizes[dim - 1 if dim > 0 else dim] == length:
        return value
    if dim == 1:
        return reader.step(node, shape.Slice(start, start + length), value.step)
    axis = dim % (len(sizes) + 1) - 2
    kept = (*sizes[1 : axis + 1], length, *sizes[axis + 2 :])
    starts = [start if i == axis else 0 for i in range(len(kept))]
    return reader.step(node, crop(extent(kept), starts, sizes), value.step)


def _same(reader: TorchReader, node: fx.Node, value: Any, *_: Any, **__: Any) -> Any:
    return value


def _mean(
    reader: TorchReader, node: fx.Node, value: Flowing, dim: Any = None, keepdim: bool = False, **_: Any
) -> Any:
    rank = len(reader.shape_of(value.step))
    axes = {axis % (rank + 1) for axis in flat(list(range(rank + 1)) if dim is None else dim)}
    spatial = set(range(1, rank)) if value.layout == LAST else set(range(2, rank + 1))
    if axes != spatial:
        return _reduced("mean")(reader, node, value, dim, keepdim)
    sizes = (reader.shape_of(value.step)[0], *(1,) * (rank - 1))
    pooled = reader.add(node, pool.GlobalAvgPool(), sizes, (value.step,), {})
    if keepdim:
        return pooled._replace(layout=value.layout)
    return reader.add(node, dense.Flatten(), sizes[:1], (pooled.step,), {})


def _item(reader: TorchReader, node: fx.Node, value: Any, index: Any) -> Any:
    if not isinstance(value, Flowing):
        return value[index]
    whole = slice(None)
    if isinstance(index, tuple) and index[:1] == (whole,) and all(one in (None, whole) for one in index):
        return _flattened(reader, node, value)
    if isinstance(index, tuple) and len(index) >= 2 and index[0] == whole:
        rest = [part for part in index[2:] if part is not Ellipsis]
        part = index[1]
        if all(axis == whole for axis in rest) and isinstance(part, slice) and part.step in (None, 1):
            channels = reader.shape_of(value.step)[0]
            start, stop, _ = part.indices(channels)
            if (start, stop) == (0, channels):
                return value
            return reader.step(node, shape.Slice(start, stop), value.step)
    raise NoLayer(f"[{index}]")


def _chunks(reader: TorchReader, node: fx.Node, value: Flowing, *given: Any, **named: Any) -> Any:
    """Parts of the channels, one slice each; torch says how many, or how large they are, then the axis."""
    dim = named.get("dim", given[1] if len(given) > 1 else 0)
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


def _softmaxed(kind: type[Layer]) -> Callable[..., Any]:
    def rule(reader: TorchReader, node: fx.Node, value: Any, dim: int | None = None, **_: Any) -> Any:
        if kind is activation.Softmax and isinstance(value, Flowing) and groups.groups_of(value):
            return groups.softmax_in_groups(reader, node, value, dim)
        return plain(reader, node, value, dim)

    @channels_first
    def plain(reader: TorchReader, node: fx.Node, value: Flowing, dim: int | None) -> Any:
        need_channels(dim, len(reader.shape_of(value.step)))
        return reader.step(node, kind(), value.step)

    return rule


@channels_first
def _linear(reader: TorchReader, node: fx.Node, value: Flowing, weight: Any, bias: Any = None) -> Any:
    tensors = {"weight": learned(weight)} | ({"bias": bias} if bias is not None else {})
    return reader.step(node, dense.Linear(weight.shape[0], bias is not None), value.step, weights=tensors)


FUNCTIONS: Rules = {
    "add": _join(join.Add),
    "iadd": _join(join.Add),
    "mul": _join(join.Mul),
    "imul": _join(join.Mul),
    "sub": _join(join.Sub),
    "isub": _join(join.Sub),
    "div": _join(join.Div),
    "truediv": _join(join.Div),
    "maximum": _join(join.Maximum),
    "cat": _concat,
    "concat": _concat,
    "flatten": _flattened,
    "view": _view,
    "reshape": _view,
    "unsqueeze": _flattened,
    "squeeze": _flattened,
    "transpose": _transpose,
    "permute": _permute,
    "movedim": _movedim,
    "narrow": _narrow,
    "contiguous": _same,
    "clone": _same,
    "to": _same,
    "type_as": _same,
    "mean": _mean,
    "amax": _reduced("max"),
    "matmul": _matmul,
    "bmm": _matmul,
    "getitem": _item,
    "sum": groups.summed,
    "stack": groups.stacked,
    "unbind": groups.unbound,
    "chunk": _chunks,
    "split": _chunks,
    "softmax": _softmaxed(activation.Softmax),
    "log_softmax": _softmaxed(activation.LogSoftmax),
    "linear": _linear,
    "layer_norm": norms.layer_norm,
    "batch_norm": norms.batch_norm,
    "group_norm": norms.group_norm,
    "pad": windows.pad,
    "interpolate": windows.interpolate,
    "expand": _expanded,
    "expand_as": _expanded,
    **dict.fromkeys(windows.CONVOLUTIONS, windows.convolved),
    **dict.fromkeys(windows.LARGEST, windows.largest),
    **dict.fromkeys(windows.UNPOOLED, windows.unpooled),
    **dict.fromkeys(windows.AVERAGES, windows.averaged),
    **{
        f"adaptive_avg_pool{rank}d": windows.adaptive(pool.GlobalAvgPool, pool.AdaptiveAvgPool)
        for rank in (1, 2, 3)
    },
    **{
        f"adaptive_max_pool{rank}d": windows.adaptive(pool.GlobalMaxPool, pool.AdaptiveMaxPool)
        for rank in (1, 2, 3)
    },
}
"""What each function or method of torch is; those of one value alone are in ACTIVATIONS."""
