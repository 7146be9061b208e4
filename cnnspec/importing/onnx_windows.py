"""What ONNX's operations over windows are: convolutions, pools, margins and interpolations of a map."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import isfinite
from typing import Any

import numpy as np

from cnnspec.backends.onnx.reading import OnnxNode
from cnnspec.importing.onnx_reader import OnnxReader
from cnnspec.importing.onnx_standardized import standardized
from cnnspec.importing.tidied import crop
from cnnspec.importing.windows import NoLayer, axis_of, convolution, extent, taken_in
from cnnspec.layers import conv, pool, shape
from cnnspec.layers.base import Layer, Shape
from cnnspec.layers.window import Margins, slide_over


def _pairs(pads: tuple[int, ...]) -> Margins:
    """ONNX counts margins all before, then all after."""
    half = len(pads) // 2
    return tuple(zip(pads[:half], pads[half : 2 * half], strict=True))


def _window(node: OnnxNode, sizes: Shape, kernel: tuple[int, ...]) -> tuple[Any, Any, Margins]:
    """The strides, the dilations and the margins of a window over a map. Raises NoLayer."""
    rank = len(kernel)
    if tuple(node.attributes.get("kernel_shape", kernel)) != kernel:
        raise NoLayer(f"with kernel_shape={list(node.attributes['kernel_shape'])} and another kernel")
    if len(sizes) - 1 != rank:
        raise NoLayer(f"over {rank} axes of {len(sizes) - 1}")
    strides = tuple(node.attributes.get("strides") or (1,) * rank)
    dilations = tuple(node.attributes.get("dilations") or (1,) * rank)
    numbers = (*kernel, *strides, *dilations)
    if len(strides) != rank or len(dilations) != rank or any(number < 1 for number in numbers):
        raise NoLayer(
            f"with a kernel of {list(kernel)}, strides={list(strides)}, dilations={list(dilations)}"
        )
    how = node.attributes.get("auto_pad", "NOTSET")
    if how == "NOTSET":
        pads = tuple(node.attributes.get("pads") or (0,) * (2 * rank))
        if len(pads) != 2 * rank or any(pad < 0 for pad in pads):
            raise NoLayer(f"with pads={list(pads)}")
        margins = _pairs(pads)
    elif how == "VALID":
        margins = ((0, 0),) * rank
    elif how in ("SAME_UPPER", "SAME_LOWER"):
        margins = slide_over(sizes[1:], kernel, strides, "same", dilations).margins
        margins = margins if how == "SAME_UPPER" else tuple((after, before) for before, after in margins)
    else:
        raise NoLayer(f"auto_pad={how}")
    return strides, dilations, margins


def convolved(reader: OnnxReader, node: OnnxNode, value: str) -> str:
    taken, tensor = reader.flowing(node), node.inputs[1]
    plain = standardized(reader.graph, tensor)
    weight = reader.constant(node, 1) if plain is None else reader.graph.constants[plain]
    if weight is None or weight.ndim < 3:
        raise NoLayer("with a kernel that is none")
    kernel = tuple(weight.shape[2:])
    strides, dilations, margins = _window(node, reader.shape(taken), kernel)
    if not any(map(any, margins)):
        taken, margins = _padded_before(reader, node, taken, margins)
    sizes = reader.shape(taken)
    pad = taken_in(margins, 0, kernel, strides, dilations, sizes)
    weights = {"weight": tensor if plain is None else plain} | _bias(reader, node)
    given = (weight.shape[0], kernel, strides, pad, dilations, node.attributes["group"], "bias" in weights)
    layer = convolution(sizes[0], *given)
    if plain is not None and isinstance(layer, conv.Conv):
        layer = replace(layer, standardize=True)
    elif plain is not None:
        raise NoLayer("that is depthwise, with standardized weights")
    return reader.add(node, layer, (taken,), weights)


def _padded_before(reader: OnnxReader, node: OnnxNode, taken: str, none: Margins) -> tuple[str, Margins]:
    """The map and the margins of a window whose module pads it first, as torch writes the padding `same`."""
    pad, before = reader.graph.makers.get(taken), reader.steps.get(reader.step(taken))
    scope = node.name.rpartition("/")[0]
    if pad is None or pad.op != "Pad" or before is None or not isinstance(before.layer, shape.Pad):
        return taken, none
    alone = len(reader.graph.readers[taken]) == 1 and taken not in reader.net.outputs
    inside = scope and pad.name.rpartition("/")[0] == scope
    if not (alone and inside and before.layer == shape.Pad(before.layer.amount)):
        return taken, none
    return pad.inputs[0], before.layer.margins(reader.shape(pad.inputs[0]))


def _bias(reader: OnnxReader, node: OnnxNode) -> dict[str, str]:
    return {} if reader.constant(node, 2) is None else {"bias": node.inputs[2]}


def transposed(reader: OnnxReader, node: OnnxNode, value: str) -> str:
    taken, weight = reader.flowing(node), reader.constant(node, 1)
    if weight is None or weight.ndim < 3 or "output_shape" in node.attributes:
        raise NoLayer("with a size of its own" if "output_shape" in node.attributes else "")
    strides, dilations, margins = _window(node, reader.shape(taken), tuple(weight.shape[2:]))
    more = tuple(node.attributes.get("output_padding") or (0,) * len(strides))
    if any(before != after for before, after in margins) or node.attributes.get("auto_pad") != "NOTSET":
        raise NoLayer("with margins that differ")
    groups, weights = node.attributes["group"], {"weight": node.inputs[1]} | _bias(reader, node)
    pad = extent([before for before, _ in margins])
    sizes = (extent(weight.shape[2:]), extent(strides), pad, extent(dilations))
    layer = conv.TransposedConv(
        weight.shape[1] * groups, *sizes, groups, "bias" in weights, output_pad=extent(more)
    )
    return reader.add(node, layer, (taken,), weights)


def pooled(kind: Callable[..., Layer], sized: Callable[[Any], Layer]) -> Callable[..., str]:
    """A pool by windows; where they part the map, that may be a pool to a size."""

    def rule(reader: OnnxReader, node: OnnxNode, value: str) -> str:
        if node.outputs.index(value):
            raise NoLayer("that gives where values come from")
        taken = reader.flowing(node)
        sizes, kernel = reader.shape(taken), tuple(node.attributes["kernel_shape"])
        strides, dilations, margins = _window(node, sizes, kernel)
        given: dict[str, Any] = {"stride": None if strides == kernel else extent(strides)}
        if kind is pool.MaxPool:
            given["dilation"] = extent(dilations)
        elif set(dilations) != {1}:
            raise NoLayer("with dilations")
        if kind is pool.AvgPool:
            given["count_pad"] = bool(node.attributes["count_include_pad"]) or not any(map(any, margins))
        ceil = bool(node.attributes.get("ceil_mode", 0))
        counted = given.get("count_pad", False)
        layer = _with_margins(
            lambda **more: kind(extent(kernel), **given, **more), sizes, margins, ceil, counted
        )
        parts = [h // k for h, k in zip(sizes[1:], kernel, strict=True)]
        whole = all(h % k == 0 for h, k in zip(sizes[1:], kernel, strict=True))
        candidates = [layer]
        if whole and strides == kernel and not any(map(any, margins)):
            candidates.append(sized(extent(parts)))
        return reader.add(node, reader.choose(node, value, candidates, taken), (taken,))

    return rule


def _with_margins(
    make: Callable[..., Any], sizes: Shape, margins: Margins, ceil: bool, counted: bool
) -> Layer:
    """A pool with the margins of a file; `ceil` may reach over those whose zeros are not `counted`."""
    before = extent([one for one, _ in margins])
    if all(one == other for one, other in margins):
        return make(pad=before, ceil=ceil)
    for pad in (before, "same"):
        layer = make(pad=pad, ceil=pad != "same")
        slide = layer.slide(sizes)
        if slide.reach == margins and not (counted and any(slide.beyond)):
            return layer
    return make(pad=margins, ceil=ceil)


def everywhere(kind: Callable[[], Layer], sized: Callable[[Any], Layer]) -> Callable[..., str]:
    """A pool over all of the map."""

    def rule(reader: OnnxReader, node: OnnxNode, value: str) -> str:
        taken = reader.flowing(node)
        return reader.add(node, reader.choose(node, value, [kind(), sized(1)], taken), (taken,))

    return rule


def padded(reader: OnnxReader, node: OnnxNode, value: str) -> str:
    taken = reader.flowing(node)
    sizes, pads = reader.shape(taken), reader.integers(node, 1, "pads")
    given = reader.integers(node, 3)
    number = reader.number(node, 2, "value") or 0.0
    rank = len(sizes) + 1
    axes = range(rank) if given is None else given
    if pads is None or len(pads) != 2 * len(axes):
        raise NoLayer("with margins that are none")
    every = [(0, 0)] * rank
    for axis, pair in zip(axes, _pairs(pads), strict=True):
        every[axis_of(axis, rank)] = pair
    modes = {"constant": "zeros", "reflect": "reflect", "edge": "replicate", "wrap": "circular"}
    mode = modes.get(node.attributes["mode"])
    if mode is None:
        raise NoLayer(f"mode={node.attributes['mode']}")
    if not any(map(any, every)):
        return reader.step(taken)
    if any(every[0]) or min(map(min, every)) < 0:
        raise NoLayer(f"by {list(pads)}")
    if any(every[1]):
        layer: Layer = shape.ZeroChannels(sizes[0] + sum(every[1]))
        if mode != "zeros" or number or any(map(any, every[2:])) or layer.margins(sizes) != every[1]:
            raise NoLayer("of channels")
        return reader.add(node, layer, (taken,))
    uneven = any(before != after for before, after in every[2:])
    amount = tuple(every[2:]) if uneven else extent([before for before, _ in every[2:]])
    return reader.add(node, shape.Pad(amount, mode=mode, value=number), (taken,))


def resized(reader: OnnxReader, node: OnnxNode, value: str) -> str:
    """An interpolation: by whole factors, or to a size."""
    taken = reader.flowing(node)
    sizes, rank = reader.shape(taken), len(reader.shape(taken)) - 1
    # up to operator set 10 the second input are the factors, and before 9 an attribute
    old = node.op == "Upsample" or len(node.inputs) == 2
    factor = node.attributes.get("scales") or reader.constant(node, 1 if old else 2)
    wanted = None if old else reader.integers(node, 3)
    axes = node.attributes.get("axes") or tuple(range(rank + 2))
    mode = _interpolation(node)
    out, factors = list(sizes[1:]), [1.0] * rank
    given = wanted or ([] if factor is None else list(map(float, np.ravel(factor))))
    if len(given) != len(axes):
        raise NoLayer("without a size")
    if not all(map(isfinite, given)):
        raise NoLayer(f"by {given}")
    for axis, one in zip([axis_of(axis, rank + 2) for axis in axes], given, strict=True):
        if axis < 2:
            # sizes say the batch that the file was written with
            if one != (1 if not wanted else sizes[0] if axis == 1 else one):
                raise NoLayer("of channels" if axis == 1 else "of samples")
        elif wanted:
            out[axis - 2] = int(one)
            factors[axis - 2] = one / sizes[axis - 1]
        else:
            factors[axis - 2] = one
            out[axis - 2] = int(sizes[axis - 1] * one)
    whole = all(factor == int(factor) for factor in factors)
    candidates: list[Layer] = [shape.Resize(extent(out), mode)]
    if whole:
        candidates.insert(0, shape.Upsample(extent([int(factor) for factor in factors]), mode))
    elif not wanted and any(n / h != f for n, h, f in zip(out, sizes[1:], factors, strict=True)):
        raise NoLayer(f"by {factors}")
    return reader.add(node, reader.choose(node, value, candidates, taken), (taken,))


def _interpolation(node: OnnxNode) -> str:
    """The mode of an interpolation that the language has. Raises NoLayer."""
    mode = node.attributes["mode"]
    places = node.attributes.get("coordinate_transformation_mode", "asymmetric")
    nearest = node.attributes.get("nearest_mode", "floor")
    if node.attributes.get("antialias"):
        raise NoLayer("antialias")
    policy = node.attributes.get("keep_aspect_ratio_policy", "stretch")
    if policy != "stretch":
        raise NoLayer(f"keep_aspect_ratio_policy={policy}")
    if mode == "nearest" and places == "asymmetric" and nearest == "floor":
        return "nearest"
    if mode == "linear" and places in ("half_pixel", "pytorch_half_pixel"):
        return "bilinear"
    raise NoLayer(f"mode={mode}, {places}")


def sliced(reader: OnnxReader, node: OnnxNode, value: str) -> str:
    """Some of the channels, a crop of the map, or every so many pixels."""
    taken = reader.flowing(node)
    sizes = reader.shape(taken)
    starts, stops = (reader.integers(node, i, name) or () for i, name in ((1, "starts"), (2, "ends")))
    axes = reader.integers(node, 3, "axes") or tuple(range(len(starts)))
    steps = reader.integers(node, 4) or (1,) * len(starts)
    kept = {0: (0, 1, 1)} | {axis + 1: (0, size, 1) for axis, size in enumerate(sizes)}
    if not len(axes) == len(starts) == len(stops) == len(steps):
        raise NoLayer("with bounds of other axes")
    for given, start, stop, step in zip(axes, starts, stops, steps, strict=True):
        axis = axis_of(given, len(sizes) + 1)
        if axis == 0 or step < 1:
            raise NoLayer("of samples" if axis == 0 else "backwards")
        kept[axis] = slice(start, stop, step).indices(sizes[axis - 1])
    first, last, jump = kept[1]
    spatial = [kept[axis] for axis in range(2, len(sizes) + 1)]
    whole = all(
        (start, stop, step) == (0, size, 1)
        for (start, stop, step), size in zip(spatial, sizes[1:], strict=True)
    )
    if whole and jump == 1:
        return (
            reader.step(taken)
            if (first, last) == (0, sizes[0])
            else reader.add(node, shape.Slice(first, last), (taken,))
        )
    if (first, last, jump) != (0, sizes[0], 1):
        raise NoLayer("of every so many channels" if jump != 1 else "of channels and pixels")
    if all(step == 1 for _, _, step in spatial):
        size = extent([stop - start for start, stop, _ in spatial])
        return reader.add(node, crop(size, [start for start, _, _ in spatial], sizes), (taken,))
    if all(start == 0 and stop == size for (start, stop, _), size in zip(spatial, sizes[1:], strict=True)):
        return reader.add(node, shape.Subsample(extent([step for _, _, step in spatial])), (taken,))
    raise NoLayer("of every so many pixels from one on")


def parted(reader: OnnxReader, node: OnnxNode, value: str) -> str:
    """One part of the channels."""
    taken, index = reader.flowing(node), node.outputs.index(value)
    channels = reader.shape(taken)[0]
    if axis_of(node.attributes.get("axis", 0), len(reader.shape(taken)) + 1) != 1:
        raise NoLayer(f"over axis {node.attributes.get('axis', 0)}")
    parts = reader.integers(node, 1, "split")
    if parts is None:
        size = -(-channels // len(node.outputs))
        parts = tuple(min(size, channels - i * size) for i in range(len(node.outputs)))
    if len(parts) != len(node.outputs) or min(parts) < 0 or sum(parts) != channels:
        raise NoLayer(f"of {channels} channels into {list(parts)}")
    if len(parts) == 1:
        return reader.step(taken)
    start = sum(parts[:index])
    return reader.add(node, shape.Slice(start, start + parts[index]), (taken,))
