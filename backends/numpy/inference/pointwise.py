"""What is neither conv nor pool: sums, products, concatenations, norms, the plain kernels."""

from __future__ import annotations

from math import prod

import numpy as np

from cnnspec.backends.numpy.inference.common import Block, Phase, Workplace, cut, split
from cnnspec.backends.numpy.inference.fuse import Stage
from cnnspec.backends.numpy.kernels.window import Array
from cnnspec.backends.numpy.rules import keyword_names, rule_of
from cnnspec.layers.base import Shape
from cnnspec.passes.placement import Location

SCRATCH = 1 << 16
"""Floats in one block of elementwise work: 256 KiB."""


def build_affine(stage: Stage, source: Shape, work: Workplace) -> list[Phase]:
    """Batchnorm, scales and activations that no other stage took in; in place where it can be."""
    x, out = work.view(stage.inputs[0]), work.view(stage.output)
    same = work.memory.places[stage.inputs[0]] == work.memory.places[stage.output]

    def block(part: tuple[slice, ...]) -> Block:
        source, target = x[part], out[part]
        if same:
            return lambda: work.apply(stage.finish, target)
        return lambda: work.transform(stage.finish, source, target)

    return [[block(part) for part in pieces(out, work.crew(out))]]


def pieces(out: Array, threads: int) -> list[tuple[slice, ...]]:
    """Cut a value into blocks: by images and rows, or vectors by images."""
    if out.ndim == 2:
        return [(part,) for part in split(len(out), threads)]
    target = max(1, SCRATCH // out.shape[-1])
    return list(cut(len(out), out.shape[1], prod(out.shape[2:-1]), target, threads))


def build_sum(stage: Stage, source: Shape, work: Workplace) -> list[Phase]:
    return build_join(np.add, stage, work)


def build_maximum(stage: Stage, source: Shape, work: Workplace) -> list[Phase]:
    return build_join(np.maximum, stage, work)


def build_join(combine: np.ufunc, stage: Stage, work: Workplace) -> list[Phase]:
    """Sums and maxima of equal shapes."""
    inputs, out = [work.view(name) for name in stage.inputs], work.view(stage.output)

    def block(part: tuple[slice, ...]) -> Block:
        sources, target = [x[part] for x in inputs], out[part]

        def run() -> None:
            if len(sources) == 1:
                np.copyto(target, sources[0])
                return
            combine(sources[0], sources[1], out=target)
            for source in sources[2:]:
                combine(target, source, out=target)
            work.apply(stage.finish, target)

        return run

    return [[block(part) for part in pieces(out, work.crew(out))]]


def build_product(stage: Stage, source: Shape, work: Workplace) -> list[Phase]:
    """Products of maps and gates: axes of size 1 are repeated, a vector C counts as 1x1xC."""
    out = work.view(stage.output)
    inputs = []
    for name in stage.inputs:
        x = work.view(name)
        inputs.append(x.reshape(len(x), *(1,) * (out.ndim - x.ndim), *x.shape[1:]))

    def block(part: tuple[slice, ...]) -> Block:
        target = out[part]
        sources = [
            x[tuple(s if n > 1 else slice(None) for s, n in zip(part, x.shape, strict=False))] for x in inputs
        ]
        sources = [np.broadcast_to(x, target.shape) for x in sources]

        def run() -> None:
            np.copyto(target, sources[0])
            for source in sources[1:]:
                np.multiply(target, source, out=target)

        return run

    return [[block(part) for part in pieces(out, work.crew(out))]]


def build_concat(stage: Stage, source: Shape, work: Workplace) -> list[Phase]:
    """Copy the parts that do not lie in the whole already."""
    memory, out = work.memory, work.view(stage.output)
    root, start = memory.places[stage.output]
    blocks: Phase = []
    for name in stage.inputs:
        channels = memory.shapes[name][0]
        if memory.places[name] != Location(root, start):
            first = start - memory.places[stage.output].offset
            blocks.append(copying(work.view(name), out[..., first : first + channels]))
        start += channels
    return [blocks]


def copying(source: Array, target: Array) -> Block:
    return lambda: np.copyto(target, source)


def build_flatten(stage: Stage, source: Shape, work: Workplace) -> list[Phase]:
    """Channel after channel, row after row: nothing to do for maps of one pixel, which lie so already."""
    x, out = work.view(stage.inputs[0]), work.view(stage.output)
    if prod(source[1:]) == 1 and work.memory.places[stage.inputs[0]] == work.memory.places[stage.output]:
        return []
    target = np.moveaxis(out.reshape(len(out), *source), 1, -1)
    return [[copying(x, target)]]


def build_slice(stage: Stage, source: Shape, work: Workplace) -> list[Phase]:
    """A range of channels: nothing to do where it lies in its source."""
    x, out = work.view(stage.inputs[0]), work.view(stage.output)
    root, offset = work.memory.places[stage.inputs[0]]
    if work.memory.places[stage.output] == Location(root, offset + stage.layer.start):
        return []
    return [[copying(x[..., stage.layer.start : stage.layer.stop], out)]]


def build_gap(stage: Stage, source: Shape, work: Workplace) -> list[Phase]:
    """The mean over all positions."""
    x, out = work.view(stage.inputs[0]), work.view(stage.output)
    axes = tuple(range(1, x.ndim - 1))

    def block(images: slice) -> Block:
        source, target = x[images], out[images]
        return lambda: np.copyto(target, source.mean(axes, keepdims=True))

    return [[block(part) for part in split(len(x), work.crew(x))]]


def build_lrn(stage: Stage, source: Shape, work: Workplace) -> list[Phase]:
    """Local response normalization; the power 3/4 is a square root times a fourth root, which are fast."""
    layer, x, out = stage.layer, work.view(stage.inputs[0]), work.view(stage.output)
    channels, first = x.shape[-1], layer.size // 2

    def block(part: tuple[slice, ...]) -> Block:
        values, target = x[part], out[part]

        def run() -> None:
            padded = work.scratch.take(*values.shape[:-1], channels + layer.size - 1)
            padded.fill(0)
            np.square(values, out=padded[..., first : first + channels])
            np.copyto(target, padded[..., :channels])
            for tap in range(1, layer.size):
                np.add(target, padded[..., tap : tap + channels], out=target)
            np.multiply(target, np.float32(layer.alpha / layer.size), out=target)
            np.add(target, np.float32(layer.k), out=target)
            if layer.beta == 0.75:
                root = np.sqrt(target)
                np.multiply(root, np.sqrt(root), out=target)
            else:
                np.power(target, np.float32(layer.beta), out=target)
            np.divide(values, target, out=target)

        return run

    return [[block(part) for part in pieces(out, work.crew(out))]]


def build_layernorm(stage: Stage, source: Shape, work: Workplace) -> list[Phase]:
    """Layer normalization over the channels of each place, which lie side by side."""
    layer, x, out = stage.layer, work.view(stage.inputs[0]), work.view(stage.output)
    if layer.over != "channels":
        return build_plain(stage, source, work)
    gain, bias = (work.tensors.get(stage.weights.get(name, "")) for name in ("weight", "bias"))
    channels = x.shape[-1]
    average = np.full(channels, 1 / channels, np.float32)

    def block(part: tuple[slice, ...]) -> Block:
        values, y = x[part], out[part]

        def run() -> None:
            np.subtract(values, (values @ average)[..., None], out=y)
            variance = np.einsum("...c,...c->...", y, y) / np.float32(channels)
            np.divide(y, np.sqrt(variance + np.float32(layer.eps))[..., None], out=y)
            if gain is not None:
                np.multiply(y, gain, out=y)
            if bias is not None:
                np.add(y, bias, out=y)

        return run

    return [[block(part) for part in pieces(out, work.crew(out))]]


def build_plain(stage: Stage, source: Shape, work: Workplace) -> list[Phase]:
    """Any other layer: the plain kernel, on views that stand channels first."""
    inputs = [np.moveaxis(work.view(name), -1, 1) for name in stage.inputs]
    out = np.moveaxis(work.view(stage.output), -1, 1)
    weights = {name: work.tensors[key] for name, key in keyword_names(stage.step).items()}
    shapes = tuple(work.memory.shapes[name] for name in stage.inputs)
    rule = rule_of(stage.step.layer)
    settings = rule.settings(stage.layer, *shapes)
    return [[lambda: np.copyto(out, rule.forward(*inputs, **weights, **settings))]]
