"""Rules of layers with a window, convolutions and pools: which module or function each is in torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnnspec.backends.torch.calls import Slot, TorchForm, both, compact, module, rank_of
from cnnspec.layers import conv as C
from cnnspec.layers import pool as P
from cnnspec.layers.base import Extent, Shape, Slide
from cnnspec.layers.window import is_sided


def conv(layer: C.Conv, source: Shape) -> TorchForm:
    rank, slide = rank_of(source), layer.slide(source)
    same = slide.pads_apart(layer.pad)
    slots = (
        Slot("in_channels", source[0]),
        Slot("out_channels", layer.out),
        Slot("kernel_size", compact(slide.kernel)),
        Slot("stride", compact(slide.stride), 1),
        *(() if same else (Slot("padding", margins(slide), 0),)),
        Slot("dilation", compact(slide.dilation), 1),
        Slot("groups", layer.groups, 1),
        Slot("bias", layer.bias, True),
        Slot("padding_mode", layer.pad_mode, "zeros"),
    )
    kind = ("Standardized" if layer.standardize else "") + ("Same" if same else "")
    return module(f"{kind or 'nn.'}Conv{rank}d", *slots)


def margins(slide: Slide) -> Extent:
    """The margin on both sides, or where they differ before each axis."""
    return compact(tuple(before for before, _ in slide.margins))


def tconv(layer: C.TransposedConv, source: Shape) -> TorchForm:
    slide = layer.slide(source)
    return module(
        f"nn.ConvTranspose{rank_of(source)}d",
        Slot("in_channels", source[0]),
        Slot("out_channels", layer.out),
        Slot("kernel_size", compact(slide.kernel)),
        Slot("stride", compact(slide.stride), 1),
        Slot("padding", margins(slide), 0),
        Slot("output_padding", compact(layer.output_pad), 0),
        Slot("groups", layer.groups, 1),
        Slot("bias", layer.bias, True),
        Slot("dilation", compact(slide.dilation), 1),
    )


def pool(name: str, function: str, layer: Any, source: Shape, *extra: Slot) -> TorchForm:
    """A sliding pool: its window first, then what else it takes."""
    rank, slide = rank_of(source), layer.slide(source)
    if slide.pads_apart(layer.pad):
        return module(f"Same{name}{rank}d", *window(slide), *extra)
    slots = (*window(slide), Slot("padding", margins(slide), 0), *extra)
    return both(f"nn.{name}{rank}d", f"F.{function}{rank}d", *slots)


def window(slide: Slide) -> tuple[Slot, Slot]:
    """Kernel and stride of a pool, whose stride is the kernel where it is None."""
    stride = None if slide.kernel == slide.stride else compact(slide.stride)
    return Slot("kernel_size", compact(slide.kernel)), Slot("stride", stride, None)


def maxpool(layer: P.MaxPool, source: Shape) -> TorchForm:
    extra = (Slot("dilation", compact(layer.dilation), 1), Slot("ceil_mode", layer.ceil, False))
    return pool("MaxPool", "max_pool", layer, source, *extra)


def avgpool(layer: P.AvgPool, source: Shape) -> TorchForm:
    extra = (Slot("ceil_mode", layer.ceil, False), Slot("count_include_pad", layer.count_pad, True))
    slide = layer.slide(source)
    sided = is_sided(layer.pad) and slide.uneven
    if sided or (reaches_beyond(slide, source) and not slide.pads_apart(layer.pad)):
        after = compact(tuple(after for _, after in slide.margins)) if sided else None
        padding = (Slot("padding", margins(slide), 0), Slot("padding_after", after, None))
        return module(f"WideAvgPool{rank_of(source)}d", *window(slide), *padding, *extra)
    return pool("AvgPool", "avg_pool", layer, source, *extra)


def reaches_beyond(slide: Slide, source: Shape) -> bool:
    """Whether a window is larger than a volume, which the pools of torch take in 1-d and 2-d alone."""
    larger = any(kernel > size for kernel, size in zip(slide.kernel, source[1:], strict=True))
    return rank_of(source) == 3 and larger


def lppool(layer: P.LpPool, source: Shape) -> TorchForm:
    rank, slide = rank_of(source), layer.slide(source)
    slots = (*window(slide), Slot("ceil_mode", layer.ceil, False))
    if reaches_beyond(slide, source):
        return module("WideLPPool3d", Slot("norm_type", layer.power), *slots)
    return both(f"nn.LPPool{rank}d", f"F.lp_pool{rank}d", Slot("norm_type", layer.power), *slots)


def blurpool(layer: P.BlurPool, source: Shape) -> TorchForm:
    slide = layer.slide(source)
    return module(
        f"BlurPool{rank_of(source)}d",
        Slot("channels", source[0]),
        Slot("kernel_size", compact(slide.kernel), 3),
        Slot("stride", compact(slide.stride), 2),
        Slot("padding_mode", layer.pad_mode, "reflect"),
    )


def max_unpool(layer: P.MaxUnpool, shape: Shape, source: Shape) -> TorchForm:
    slide = layer.of.slide(source)
    return module(
        f"MaxUnpool{rank_of(source)}d",
        *window(slide),
        Slot("padding", margins(slide), 0),
        Slot("dilation", compact(slide.dilation), 1),
        Slot("ceil_mode", slide.ceil, False),
    )


def adaptive(name: str, function: str) -> Callable[[Any, Shape], TorchForm]:
    def rule(layer: Any, source: Shape) -> TorchForm:
        rank = rank_of(source)
        size = Slot("output_size", compact(layer.size))
        return both(f"nn.Adaptive{name}Pool{rank}d", f"F.adaptive_{function}_pool{rank}d", size)

    return rule
