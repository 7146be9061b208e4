"""Layers that move values, interpolation, joins and factors in ONNX."""

from __future__ import annotations

from collections.abc import Sequence

from cnnspec.backends.onnx.emit import Emit
from cnnspec.backends.onnx.opsets import END
from cnnspec.layers.base import per_axis
from cnnspec.layers.dense import Affine, Layer, LayerScale, LearnedConstant, Scale
from cnnspec.layers.following import CropLike, ResizeLike
from cnnspec.layers.join import Concat, MatMul, Mul, aligned
from cnnspec.layers.sequence import Permute
from cnnspec.layers.shape import (
    ChannelShuffle,
    Crop,
    PixelShuffle,
    PixelUnshuffle,
    Reshape,
    Resize,
    Slice,
    Subsample,
    Upsample,
    ZeroChannels,
)


def reshape(emit: Emit, layer: Reshape, x: str) -> str:
    return emit("Reshape", x, (0, *layer.infer(emit.shape)))


def crop(emit: Emit, layer: Crop, x: str) -> str:
    offsets, sizes = layer.offsets(emit.shape), layer.infer(emit.shape)[1:]
    stops = tuple(offset + size for offset, size in zip(offsets, sizes, strict=True))
    return emit("Slice", x, offsets, stops, emit.axes)


def slice_channels(emit: Emit, layer: Slice, x: str) -> str:
    return emit("Slice", x, (layer.start,), (layer.stop,), (1,))


def subsample(emit: Emit, layer: Subsample, x: str) -> str:
    strides = layer.slide(emit.shape).stride
    return emit("Slice", x, (0,) * emit.rank, (END,) * emit.rank, emit.axes, strides)


def zero_channels(emit: Emit, layer: ZeroChannels, x: str) -> str:
    return emit("Pad", x, layer.margins(emit.shape), 0.0, (1,))


def channel_shuffle(emit: Emit, layer: ChannelShuffle, x: str) -> str:
    channels = emit.shape[0]
    parts = emit("Reshape", x, (0, layer.groups, channels // layer.groups, -1))
    swapped = emit("Transpose", parts, perm=(0, 2, 1, 3))
    return emit.reshaped(swapped, x, emit.shape)


def pixel_shuffle(emit: Emit, layer: PixelShuffle, x: str) -> str:
    """The channels of a pixel as a small block of pixels: each axis is followed by that of its block."""
    rank, out = emit.rank, layer.infer(emit.shape)
    if rank == 2:
        return emit("DepthToSpace", x, blocksize=layer.factor, mode="CRD")
    parts = emit("Reshape", x, (0, out[0], *(layer.factor,) * rank, *emit.shape[1:]))
    order = (part for axis in range(2, 2 + rank) for part in (axis + rank, axis))
    return emit("Reshape", emit("Transpose", parts, perm=(0, 1, *order)), (0, *out))


LINEAR = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
NEAREST = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}


def upsample(emit: Emit, layer: Upsample, x: str) -> str:
    scales = per_axis(layer.scale, emit.rank, "scale")
    return scaled(emit, x, scales, NEAREST if layer.mode == "nearest" else LINEAR)


def scaled(emit: Emit, x: str, scales: Sequence[float], mode: dict[str, str]) -> str:
    """A map grown by factors, which are of float32 in models of every type."""
    return emit.node("Resize", x, None, emit.single([1, 1, *scales]), **mode)


def resize(emit: Emit, layer: Resize, x: str) -> str:
    out = layer.infer(emit.shape)[1:]
    if layer.mode == "bilinear":
        return emit("Resize", x, None, None, out, axes=emit.axes, **LINEAR)
    growth = [n / h for h, n in zip(emit.shape[1:], out, strict=True)]
    if all(scale.is_integer() for scale in growth):
        return scaled(emit, x, growth, NEAREST)
    # runtimes round i * H / m in float32: these are the exact pixels
    for axis, (h, n) in enumerate(zip(emit.shape[1:], out, strict=True), start=2):
        x = emit("Gather", x, tuple(i * h // n for i in range(n)), axis=axis)
    return x


def resize_like(emit: Emit, layer: ResizeLike, x: str, like: str) -> str:
    """To the size that the second value has when the model runs."""
    sizes = emit("Shape", like, start=2)
    if layer.mode == "bilinear":
        return emit("Resize", x, None, None, sizes, axes=emit.axes, **LINEAR)
    # runtimes round i * H / m in float32: in integers these are the exact pixels
    for axis in emit.axes:
        old, new = (emit("Shape", value, start=axis, end=axis + 1) for value in (x, like))
        index = emit("Range", emit.integer(0), emit("Squeeze", new), emit.integer(1))
        x = emit("Gather", x, emit("Div", emit("Mul", index, old), new), axis=axis)
    return x


def crop_like(emit: Emit, layer: CropLike, x: str, like: str) -> str:
    """To the size that the second value has when the model runs."""
    sizes = emit("Shape", like, start=2)
    if layer.at is None:
        starts = emit("Div", emit("Sub", emit("Shape", x, start=2), sizes), (2,))
    else:
        starts = emit.constant(per_axis(layer.at, emit.rank, "at"))
    return emit("Slice", x, starts, emit("Add", starts, sizes), emit.axes)


def scale(emit: Emit, layer: Scale, x: str) -> str:
    return emit("Mul", x, emit.weights["weight"] if layer.learnable else layer.by)


def layerscale(emit: Emit, layer: LayerScale, x: str) -> str:
    return emit("Mul", x, emit.per_channel(emit.weights["weight"]))


def affine(emit: Emit, layer: Affine, x: str) -> str:
    return emit.affine(x) if emit.weights else emit("Identity", x)


def concat(emit: Emit, layer: Concat, *inputs: str) -> str:
    return emit("Concat", *inputs, axis=1 if layer.over == "channels" else 2)


def constant(emit: Emit, layer: LearnedConstant, x: str) -> str:
    """The weight, repeated for as many samples as there are."""
    samples = emit("Concat", emit("Shape", x, start=0, end=1), layer.shape_of_value, axis=0)
    return emit("Expand", emit.weights["weight"], samples)


def pixel_unshuffle(emit: Emit, layer: PixelUnshuffle, x: str) -> str:
    """Each axis as pixels of blocks and within them, of which the latter join the channels."""
    rank, factor, out = emit.rank, layer.factor, layer.infer(emit.shape)
    pairs = tuple(size for n in out[1:] for size in (n, factor))
    parts = emit("Reshape", x, (0, emit.shape[0], *pairs))
    order = (0, 1, *range(3, 3 + 2 * rank, 2), *range(2, 2 + 2 * rank, 2))
    return emit("Reshape", emit("Transpose", parts, perm=order), (0, *out))


def add(emit: Emit, layer: Layer, *inputs: str) -> str:
    return emit("Add" if len(inputs) == 2 else "Sum", *inputs)


def lifted(emit: Emit, inputs: tuple[str, ...]) -> list[str]:
    """The inputs of a product: beside maps, vectors get axes of size 1."""
    return [
        name if len(shape) == len(whole) else emit("Unsqueeze", name, tuple(range(2, 1 + len(whole))))
        for name, shape, whole in zip(inputs, emit.shapes, aligned(emit.shapes), strict=True)
    ]


def sub(emit: Emit, layer: Layer, *inputs: str) -> str:
    return emit("Sub", *lifted(emit, inputs))


def div(emit: Emit, layer: Layer, *inputs: str) -> str:
    return emit("Div", *lifted(emit, inputs))


def mul(emit: Emit, layer: Mul, *inputs: str) -> str:
    """A product, one factor after the other."""
    factors = lifted(emit, inputs)
    if len(factors) == 1:
        return emit("Identity", factors[0])
    product = factors[0]
    for factor in factors[1:]:
        product = emit("Mul", product, factor)
    return product


def maximum(emit: Emit, layer: Layer, *inputs: str) -> str:
    return emit("Max", *inputs)


def permute(emit: Emit, layer: Permute, x: str) -> str:
    return emit("Transpose", x, perm=(0, *(1 + axis for axis in layer.order)))


def matmul(emit: Emit, layer: MatMul, *inputs: str) -> str:
    turned = zip(inputs, emit.shapes, (layer.transpose_a, layer.transpose_b), strict=True)
    return emit("MatMul", *(transposed(emit, name, len(shape)) if on else name for name, shape, on in turned))


def transposed(emit: Emit, x: str, rank: int) -> str:
    """The last two axes of a batch exchanged."""
    return emit("Transpose", x, perm=(*range(rank - 1), rank, rank - 1))
