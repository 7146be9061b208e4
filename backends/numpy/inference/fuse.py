"""Stages: layers merged with what can be done to their output, or their input, while it is in the cache.

The second half of a residual block becomes one stage, which goes over memory once:

    conv2      y = conv2(x)
    batchnorm  y = y * c + (beta - mean * c)      c = gamma / sqrt(var + eps)
    add        y = y + shortcut
    relu       y = max(y, 0)                      each in place, on a block of the conv's output at a time

Which layers run in one go is a matter of traits (passes/fusion.py); here the weights are at hand, and factors
are multiplied together: a batchnorm after a scale is one factor and one summand a channel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cnnspec.backends.numpy.kernels.window import Array
from cnnspec.backends.steps import Step
from cnnspec.layers.base import Layer
from cnnspec.layers.dense import Affine, LayerScale, Scale
from cnnspec.layers.norm import BatchNorm
from cnnspec.passes import fusion


@dataclass
class Finish:
    """What is done to a value at once: activation(y * scale + shift + residual), parts of which may lack."""

    scale: Array | None = None
    shift: Array | None = None
    residual: str | None = None
    activation: Layer | None = None

    def take(self, step: Step, tensors: Mapping[str, Array]) -> None:
        """Take in a step that rescales or activates; a sum is taken in by its residual."""
        if step.layer.rescales:
            self.multiply(*affine(step, tensors))
        elif step.layer.elementwise:
            self.activation = step.layer

    def multiply(self, scale: Array, shift: Array | None) -> None:
        """Apply y * scale + shift after what is there."""
        self.scale = scale if self.scale is None else self.scale * scale
        if self.shift is not None:
            self.shift = self.shift * scale
        if shift is not None:
            self.shift = shift if self.shift is None else self.shift + shift


@dataclass
class Stage:
    """A layer with what is merged into it: `before` works on its input, `finish` on its output.

    `members` are the steps that run in one go, in order. Each builder knows the kind of its layer.
    """

    layer: Any
    inputs: list[str]
    output: str
    weights: dict[str, str]
    step: Step
    before: Finish | None = None
    finish: Finish = field(default_factory=Finish)
    members: tuple[str, ...] = ()

    @property
    def sources(self) -> list[str]:
        """All values that the stage reads."""
        return self.inputs + ([self.finish.residual] if self.finish.residual is not None else [])


def fuse(
    steps: Sequence[Step], tensors: Mapping[str, Array], heads: frozenset[str]
) -> tuple[list[Stage], Mapping[str, str]]:
    """The stages of an inference, and the values that are other values: batchnorm, scale, residual sum and
    activation are taken into the layer before them, as `passes.fusion` says.

    Batchnorm becomes y * scale + shift with scale = gamma / sqrt(var + eps) and shift = beta - mean * scale.
    """
    made = {step.value: step for step in steps}
    groups, alias = fusion.fuse((fusion.Operation(s.value, s.layer, s.inputs) for s in steps), heads)
    return [_stage(group, made, tensors) for group in groups], alias


def _stage(group: fusion.Fused, made: Mapping[str, Step], tensors: Mapping[str, Array]) -> Stage:
    """A group with its arithmetic: what runs on the input, the layer, what runs on the output."""
    start = len(group.before)
    own, *after = (made[name] for name in group.members[start:])
    stage = Stage(own.layer, list(group.inputs), group.output, own.weights, own)
    stage.members = tuple(group.members)
    if group.before:
        stage.before = Finish()
        for step in (made[name] for name in group.before):
            stage.before.take(step, tensors)
    if group.works:
        stage.finish.shift = tensors[own.weights["bias"]] if "bias" in own.weights else None
    else:
        stage.finish.take(own, tensors)
    for step in after:
        stage.finish.take(step, tensors)
    stage.finish.residual = group.residual
    return stage


def affine(step: Step, tensors: Mapping[str, Array]) -> tuple[Array, Array | None]:
    """A layer as y * scale + shift, per channel or with one scale for all."""
    weights = {name: tensors[key] for name, key in step.weights.items()}
    if isinstance(step.layer, Scale):
        return weights.get("weight", np.full(1, step.layer.by, np.float32)), None
    if isinstance(step.layer, LayerScale):
        return weights["weight"], None
    if isinstance(step.layer, Affine):
        return weights.get("weight", np.ones(1, np.float32)), weights.get("bias")
    assert isinstance(step.layer, BatchNorm)
    scale = 1 / np.sqrt(weights["running_var"] + np.float32(step.layer.eps))
    if step.layer.affine:
        scale = scale * weights["weight"]
    shift = -weights["running_mean"] * scale
    return scale, shift + weights["bias"] if step.layer.affine else shift
