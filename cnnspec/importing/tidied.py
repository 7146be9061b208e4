"""What a framework needs several operations for, as the one layer that a person would have written.

add(add(a, b), c), where nothing else reads the first sum     add(a, b, c)
a crop of the rows, then one of the columns                   one crop
a pool over windows of one pixel                              subsample
reshape(2x4x8x8) -> permute([1, 0, 2, 3]) -> reshape(8x8x8)   channel_shuffle(2)
reshape(2x256) -> instancenorm -> reshape(8x8x8)              groupnorm(2), with the affine after it
a learned factor, then a learned shift                        affine
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from cnnspec.importing.traced import Traced, TracedLayer
from cnnspec.layers.base import Layer, Shape
from cnnspec.layers.dense import Affine, LayerScale, Scale
from cnnspec.layers.join import Add
from cnnspec.layers.norm import GroupNorm, InstanceNorm
from cnnspec.layers.pool import AvgPool, MaxPool
from cnnspec.layers.sequence import Permute
from cnnspec.layers.shape import ChannelShuffle, Crop, Reshape, Subsample


def tidied(traced: Traced) -> Traced:
    """The net with such layers; one is part of another only where both stand in the same module."""
    readers = Counter(name for step in traced.steps for name in step.inputs)
    readers.update(traced.outputs)
    shapes, steps = traced.shapes, dict[str, TracedLayer]()
    grouped = set[str]()
    for step in traced.steps:
        step = replace(step, layer=_plain(step.layer, shapes[step.inputs[0]]) if step.inputs else step.layer)
        for name in step.inputs:
            before = steps.get(name)
            if before is None or readers[name] > 1 or before.scopes != step.scopes:
                continue
            if isinstance(step.layer, Add) and isinstance(before.layer, Add):
                at = step.inputs.index(name)
                step = replace(step, inputs=(*step.inputs[:at], *before.inputs, *step.inputs[at + 1 :]))
                del steps[name]
            elif isinstance(step.layer, Crop) and isinstance(before.layer, Crop):
                whole = before.inputs[0]
                layer = _both(before.layer, step.layer, shapes[whole], before.shape)
                step = replace(step, layer=layer, inputs=(whole,))
                del steps[name]
            elif (both := _affine(before.layer, step.layer)) is not None:
                weights = {**before.weights, **step.weights}
                step = replace(step, layer=both, inputs=before.inputs, weights=weights)
                del steps[name]
        if isinstance(step.layer, Reshape):
            step = _grouped(_shuffled(step, steps, shapes, readers), steps, shapes, readers)
            if isinstance(step.layer, GroupNorm):
                grouped.add(step.name)
        if step.layer == Affine() and (name := step.inputs[0]) in grouped and readers[name] == 1:
            norm = steps.pop(name)
            step = replace(step, layer=replace(norm.layer, affine=True), inputs=norm.inputs)
        steps[step.name] = step
    return replace(traced, steps=tuple(steps.values()))


def _shuffled(
    step: TracedLayer, steps: dict[str, TracedLayer], shapes: Mapping[str, Shape], readers: Mapping[str, int]
) -> TracedLayer:
    """A reshape that ends a shuffle of channels as that, with the steps before it; any other as it is."""
    turned = steps.get(step.inputs[0])
    parted = steps.get(turned.inputs[0]) if turned is not None else None
    if turned is None or parted is None or not isinstance(turned.layer, Permute):
        return step
    whole, rank = shapes[parted.inputs[0]], len(parted.shape)
    swapped = rank > 1 and turned.layer.order == (1, 0, *range(2, rank))
    alone = all(readers[one.name] == 1 and one.scopes == step.scopes for one in (turned, parted))
    grouped = isinstance(parted.layer, Reshape) and parted.shape[2:] == whole[1:] and step.shape == whole
    if not (swapped and alone and grouped):
        return step
    del steps[turned.name], steps[parted.name]
    return replace(step, layer=ChannelShuffle(parted.shape[0]), inputs=parted.inputs)


def _grouped(
    step: TracedLayer, steps: dict[str, TracedLayer], shapes: Mapping[str, Shape], readers: Mapping[str, int]
) -> TracedLayer:
    """A reshape that ends a norm of groups of channels as that, with what is before; another as it is."""
    normed = steps.get(step.inputs[0])
    parted = steps.get(normed.inputs[0]) if normed is not None else None
    if normed is None or parted is None or not isinstance(parted.layer, Reshape):
        return step
    alone = all(readers[one.name] == 1 and one.scopes == step.scopes for one in (normed, parted))
    plain = isinstance(normed.layer, InstanceNorm) and not normed.layer.affine
    whole = shapes[parted.inputs[0]]
    if not (
        alone and plain and step.shape == whole and len(parted.shape) == 2 and not whole[0] % parted.shape[0]
    ):
        return step
    assert isinstance(normed.layer, InstanceNorm)
    del steps[normed.name], steps[parted.name]
    layer = GroupNorm(parted.shape[0], normed.layer.eps, affine=False)
    return replace(step, layer=layer, inputs=parted.inputs)


def _affine(factor: Layer, shift: Layer) -> Layer | None:
    """One layer for a learned factor and a learned shift, both one a channel, or both one in all."""
    if not isinstance(shift, Affine) or shift.weight or not shift.bias:
        return None
    shared = isinstance(factor, Scale) and factor.learnable
    by_channel = isinstance(factor, LayerScale) or factor == Affine(bias=False)
    alike = shared if shift.shared else by_channel
    return Affine(shared=shift.shared) if alike else None


def _plain(layer: Layer, shape: Shape) -> Layer:
    """A pool over single pixels as what it is."""
    if isinstance(layer, (MaxPool, AvgPool)):
        slide = layer.slide(shape)
        if set(slide.kernel) == {1} and not any(map(any, slide.margins)):
            return Subsample(layer.stride or 1)
    return layer


def _both(first: Crop, second: Crop, whole: Shape, part: Shape) -> Layer:
    """One crop for two, one after the other."""
    starts = [a + b for a, b in zip(_starts(first, whole), _starts(second, part), strict=True)]
    return crop(second.size, starts, whole)


def crop(size: int | tuple[int, ...], starts: Sequence[int], whole: Shape) -> Crop:
    """A crop from some pixels on, which is the centre where nothing else is said."""
    centred = Crop(size)
    if _starts(centred, whole) == tuple(starts):
        return centred
    return Crop(size, at=starts[0] if len(set(starts)) == 1 else tuple(starts))


def _starts(layer: Crop, shape: Shape) -> tuple[int, ...]:
    """The first pixel on each axis that a crop keeps."""
    if layer.at is not None:
        return layer.at if isinstance(layer.at, tuple) else (layer.at,) * (len(shape) - 1)
    sizes = layer.infer(shape)[1:]
    return tuple([(whole - size) // 2 for whole, size in zip(shape[1:], sizes, strict=True)])
