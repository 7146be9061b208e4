"""Convolutions, linear layers and margins in ONNX."""

from __future__ import annotations

from cnnspec.backends.onnx.emit import Emit
from cnnspec.layers.base import Slide
from cnnspec.layers.conv import Conv, TransposedConv
from cnnspec.layers.dense import Linear
from cnnspec.layers.shape import Pad
from cnnspec.layers.window import Margins, Padding

EPS = 1e-5
"""Added to the variance of a standardized kernel (Qiao et al. 2019, "Weight standardization")."""


def flat(margins: Margins) -> tuple[int, ...]:
    """Margins as ONNX counts them: all before, then all after."""
    return (*(before for before, _ in margins), *(after for _, after in margins))


def margin(emit: Emit, x: str, margins: Margins, mode: str = "zeros", value: float = 0.0) -> str:
    """Add a margin to the spatial axes; nothing where it is empty."""
    if not any(flat(margins)):
        return x
    if mode == "circular":
        return wrap(emit, x, margins)
    if mode == "zeros":
        return emit("Pad", x, flat(margins), value, emit.axes, mode="constant")
    return emit("Pad", x, flat(margins), None, emit.axes, mode="edge" if mode == "replicate" else mode)


def wrap(emit: Emit, x: str, margins: Margins) -> str:
    """A circular margin, axis by axis: the end before the map, and its start after it."""
    for axis, (size, (before, after)) in enumerate(zip(emit.shape[1:], margins, strict=True), start=2):
        parts = [x]
        if before:
            parts.insert(0, emit("Slice", x, (size - before,), (size,), (axis,)))
        if after:
            parts.append(emit("Slice", x, (0,), (after,), (axis,)))
        if len(parts) > 1:
            x = emit("Concat", *parts, axis=axis)
    return x


def conv(emit: Emit, layer: Conv, x: str) -> str:
    slide = layer.slide(emit.shape)
    margins = slide.margins
    if layer.pad_mode != "zeros":
        x, margins = margin(emit, x, margins, layer.pad_mode), ((0, 0),) * emit.rank
    weight = emit.weights["weight"]
    if layer.standardize:
        weight = standardized(emit, weight)
    operands = (x, weight, *bias(emit))
    if layer.pad_mode == "zeros" and follows_size(emit, layer.pad, slide):
        return emit("Conv", *operands, **window(slide), auto_pad="SAME_UPPER", group=layer.groups)
    return emit("Conv", *operands, **window(slide), pads=flat(margins), group=layer.groups)


def follows_size(emit: Emit, pad: Padding, slide: Slide) -> bool:
    """Whether a margin is another at other sizes of a model that is for all, which ONNX has a name for.

    That of dilated windows has none in runtimes.
    """
    return emit.open_size and pad == "same" and slide.pads_apart(pad) and max(slide.dilation) == 1


def window(slide: Slide) -> dict[str, tuple[int, ...]]:
    """Kernel, strides and dilations as attributes."""
    return {"kernel_shape": slide.kernel, "strides": slide.stride, "dilations": slide.dilation}


def bias(emit: Emit) -> tuple[str, ...]:
    """The bias as an operand, where the layer has one."""
    return (emit.weights["bias"],) if "bias" in emit.weights else ()


def standardized(emit: Emit, weight: str) -> str:
    """(W - mean) / sqrt(variance + eps), over all but the output channels."""
    axes = tuple(range(1, 2 + emit.rank))
    centred = emit("Sub", weight, emit("ReduceMean", weight, axes))
    variance = emit("ReduceMean", emit("Mul", centred, centred), axes)
    return emit("Div", centred, emit("Sqrt", emit("Add", variance, EPS)))


def tconv(emit: Emit, layer: TransposedConv, x: str) -> str:
    slide, extra = layer.slide(emit.shape), layer.extra(emit.rank)
    attributes = window(slide) | {"group": layer.groups}
    if all(more < step for more, step in zip(extra, slide.stride, strict=True)):
        return emit(
            "ConvTranspose",
            x,
            emit.weights["weight"],
            *bias(emit),
            **attributes,
            pads=flat(slide.margins),
            output_padding=extra,
        )
    # onnxruntime takes no output padding as large as the stride: trim the whole result, then add the bias
    whole = emit("ConvTranspose", x, emit.weights["weight"], **attributes)
    margins = tuple((-a, more - b) for (a, b), more in zip(slide.margins, extra, strict=True))
    whole = margin(emit, whole, margins)
    return emit("Add", whole, emit.per_channel(emit.weights["bias"])) if layer.bias else whole


def linear(emit: Emit, layer: Linear, x: str) -> str:
    if emit.rank:
        product = emit("MatMul", emit.weights["weight"], x)
        return emit("Add", product, emit.per_channel(emit.weights["bias"])) if layer.bias else product
    return emit("Gemm", x, emit.weights["weight"], *bias(emit), transB=1)


def pad(emit: Emit, layer: Pad, x: str) -> str:
    padded = margin(emit, x, layer.margins(emit.shape), layer.mode, layer.value)
    return emit("Identity", x) if padded == x else padded
