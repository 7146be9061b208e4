"""Steps of training cut into parts that fit the cache and run on several threads.

Four images, two at a time; what the parts find for a weight is summed in their order, so that the number of
threads changes no bit:

    x  0 1 | 2 3   ->   y  0 1 | 2 3          dy  0 1 | 2 3   ->   dx  0 1 | 2 3,   dw = dw(0 1) + dw(2 3)

The statistics of a batchnorm are of all images but of one channel, so it is cut by channels instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from math import ceil, prod
from operator import add
from typing import NamedTuple

import numpy as np

from cnnspec.backends.numpy.inference.common import split
from cnnspec.backends.numpy.inference.threads import single_threaded_blas, team
from cnnspec.backends.numpy.kernels.window import Array, Gradients
from cnnspec.backends.numpy.learning import batchnorm, runs
from cnnspec.backends.numpy.learning.memory import Pool
from cnnspec.backends.numpy.rules import KernelRule, Settings, rule_of
from cnnspec.backends.steps import Step
from cnnspec.layers.conv import Conv
from cnnspec.layers.norm import BatchNorm

PART = 2**19
"""Bytes of inputs and outputs that a part takes, about."""
FEWEST = 4
"""Parts of a step that is cut at all, so that several threads have work."""
PRODUCTS = 2**22
"""Multiply-accumulates from which a step is cut: they take some ten times as long as waking a thread."""
LEAST_SERVED = 16
"""Products that a weight takes part in, for each sum of its gradients."""


class Partition(NamedTuple):
    """Parts along an axis of the maps: 0 for images, 1 for channels."""

    axis: int
    parts: tuple[slice, ...]

    def of(self, x: Array, part: slice) -> Array:
        """A part of a map, as a view."""
        return x[part] if self.axis == 0 else x[:, part]

    def weights(self, weights: Mapping[str, Array], part: slice) -> dict[str, Array]:
        """The weights of a part, as views: of its channels, or all of them."""
        return {name: value[part] if self.axis else value for name, value in weights.items()}

    def settings(self, settings: Settings, part: slice) -> Settings:
        """The settings of a part: noise is drawn for each image."""
        return settings | {"noise": settings["noise"][part]} if "noise" in settings else settings


def forward(
    step: Step,
    inputs: tuple[Array, ...],
    weights: dict[str, Array],
    settings: Settings,
    threads: int,
    pool: Pool,
) -> Array:
    """The value of a step, as the `forward` of its rule gives it, in memory of the pool."""
    kernel, settings = fastest(step, settings)
    cut = partition(step, inputs, weights, settings)
    if cut is None:
        return kernel.forward(*inputs, **weights, **settings)
    y = pool.empty((len(inputs[0]), *step.layer.infer(*step.shapes)), inputs[0].dtype)

    def run(part: slice) -> None:
        sources = (cut.of(x, part) for x in inputs)
        cut.of(y, part)[...] = kernel.forward(
            *sources, **cut.weights(weights, part), **cut.settings(settings, part)
        )

    share_out(run, cut, threads)
    return y


def backward(
    step: Step,
    grad: Array,
    inputs: tuple[Array, ...],
    weights: dict[str, Array],
    settings: Settings,
    threads: int,
    pool: Pool,
    wanted: bool = True,
) -> Gradients:
    """The gradients of a step, as the `backward` of its rule gives them.

    Those of the inputs may be missing where they are not wanted.
    """
    kernel, settings = fastest(step, settings)
    if kernel.backward is runs.conv_backward:
        settings = settings | {"inputs": wanted}
    cut = partition(step, inputs, weights, settings)
    if cut is None:
        return kernel.backward(grad, *inputs, **weights, **settings)
    into = tuple([pool.empty(x.shape, x.dtype) for x in inputs]) if wanted else ()
    found: dict[int, dict[str, Array]] = {}

    def run(part: slice) -> None:
        sources = (cut.of(x, part) for x in inputs)
        slopes, found[part.start] = kernel.backward(
            cut.of(grad, part), *sources, **cut.weights(weights, part), **cut.settings(settings, part)
        )
        for whole, slope in zip(into, slopes, strict=wanted):
            cut.of(whole, part)[...] = slope

    share_out(run, cut, threads)
    ordered = [found[part.start] for part in cut.parts]
    gather = np.concatenate if cut.axis else lambda values: reduce(add, values)
    return into, {name: gather([values[name] for values in ordered]) for name in ordered[0]}


def share_out(run: Callable[[slice], None], cut: Partition, threads: int) -> None:
    """Run every part, on whichever thread is free."""
    with single_threaded_blas():
        team(threads).run([lambda part=part: run(part) for part in cut.parts])


def fastest(step: Step, settings: Settings) -> tuple[KernelRule, Settings]:
    """The kernels that a step trains with, and what they take of its settings."""
    rule = rule_of(step.layer)
    if isinstance(step.layer, Conv) and set(settings["stride"]) == {1}:
        others = {name: value for name, value in settings.items() if name != "stride"}
        return rule._replace(forward=runs.conv, backward=runs.conv_backward), others
    if isinstance(step.layer, BatchNorm) and "training" in settings:
        return rule._replace(forward=batchnorm.batchnorm, backward=batchnorm.batchnorm_backward), settings
    return rule, settings


def partition(
    step: Step, inputs: tuple[Array, ...], weights: Mapping[str, Array], settings: Settings
) -> Partition | None:
    """How a step is cut; None where that gains nothing.

    That is where the layer only moves values, where all fits a part and is soon computed, and where weights
    serve so few places that the sums of their gradients would take longer than the rest.
    """
    layer, (batch, *_), itemsize = step.layer, inputs[0].shape, inputs[0].itemsize
    products = layer.macs(*step.shapes) * batch
    if not products and not layer.operations(*step.shapes):
        return None
    values = sum(map(prod, (*step.shapes, layer.infer(*step.shapes)))) * batch * itemsize
    axis = 1 if settings.get("training") else 0
    count = max(FEWEST, ceil(values / PART))
    if not axis:
        sums = sum(weight.size for weight in weights.values())
        count = min(count, max(products, values // itemsize) // max(1, LEAST_SERVED * sums))
    parts = tuple(split(inputs[0].shape[axis], count))
    return Partition(axis, parts) if (values > PART or products > PRODUCTS) and len(parts) > 1 else None
