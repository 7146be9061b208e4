"""Stages: layers merged with what can be done to their output, or their input, while it is in the cache."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cnnspec.backends.numpy.kernels.window import Array
from cnnspec.backends.numpy.steps import Step
from cnnspec.layers.base import Layer
from cnnspec.layers.conv import Conv
from cnnspec.layers.dense import LayerScale, Linear, Scale
from cnnspec.layers.join import Add
from cnnspec.layers.norm import BatchNorm


@dataclass
class Finish:
    """What is done to a value at once: activation(y * scale + shift + residual), parts of which may lack."""

    scale: Array | None = None
    shift: Array | None = None
    residual: str | None = None
    activation: Layer | None = None

    @property
    def open(self) -> bool:
        """Whether a scale and a shift can still be taken in."""
        return self.residual is None and self.activation is None

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

    Each builder knows the kind of its layer.
    """

    layer: Any
    inputs: list[str]
    output: str
    weights: dict[str, str]
    step: Step
    before: Finish | None = None
    finish: Finish = field(default_factory=Finish)

    @property
    def sources(self) -> list[str]:
        """All values that the stage reads."""
        return self.inputs + ([self.finish.residual] if self.finish.residual is not None else [])


def fuse(
    steps: Sequence[Step], tensors: Mapping[str, Array], heads: frozenset[str]
) -> tuple[list[Stage], dict[str, str]]:
    """The stages of an inference, and the values that are other values: batchnorm, scale, residual sum and
    activation are taken into the layer before them.

    A step is merged where it is the only user of what it reads and that is no head. Batchnorm becomes
    y * scale + shift with scale = gamma / sqrt(var + eps) and shift = beta - mean * scale.
    """
    alias: dict[str, str] = {}
    chosen = []
    for step in steps:
        inputs = tuple(alias.get(name, name) for name in step.inputs)
        if step.layer.silent:
            alias[step.value] = inputs[0]
        else:
            chosen.append(step._replace(inputs=inputs))
    kept = {alias.get(name, name) for name in heads}
    users: dict[str, int] = {}
    for step in chosen:
        for name in step.inputs:
            users[name] = users.get(name, 0) + 1
    single = {name for name, count in users.items() if count == 1} - kept

    maker: dict[str, tuple[int, Stage]] = {}
    stages: list[Stage] = []
    for step in chosen:
        stage = merge(step, maker, single, tensors)
        if stage is None:
            stage = start(step, tensors)
            maker[step.value] = (len(stages), stage)
            stages.append(stage)
        else:
            maker[step.value] = maker.pop(stage.output)
            stage.output = step.value
    return prefixed(stages, single), alias


def merge(
    step: Step, maker: dict[str, tuple[int, Stage]], single: set[str], tensors: Mapping[str, Array]
) -> Stage | None:
    """Take a step into the stage that makes its input, and give that stage; None where that cannot be."""
    if isinstance(step.layer, Add):
        return merge_sum(step, maker, single)
    name = step.inputs[0]
    if len(step.inputs) != 1 or name not in single or name not in maker:
        return None
    stage = maker[name][1]
    if not (isinstance(stage.layer, (Conv, Linear)) or stage.layer.rescales):
        return None
    if step.layer.rescales and stage.finish.open:
        stage.finish.multiply(*affine(step, tensors))
        return stage
    if step.layer.elementwise and stage.finish.activation is None:
        stage.finish.activation = step.layer
        return stage
    return None


def merge_sum(step: Step, maker: dict[str, tuple[int, Stage]], single: set[str]) -> Stage | None:
    """Take a sum of two into the later of the convs that make them; the other is added as a residual."""
    if len(step.inputs) != 2 or step.inputs[0] == step.inputs[1]:
        return None
    order = sorted(step.inputs, key=lambda name: maker[name][0] if name in maker else -1)
    other, name = order
    if name not in single or name not in maker:
        return None
    stage = maker[name][1]
    if not isinstance(stage.layer, (Conv, Linear)) or not stage.finish.open:
        return None
    stage.finish.residual = other
    return stage


def start(step: Step, tensors: Mapping[str, Array]) -> Stage:
    """A stage of one step; affine layers are all finish, and a bias is a shift."""
    stage = Stage(step.layer, list(step.inputs), step.value, step.weights, step)
    if step.layer.rescales:
        stage.finish.multiply(*affine(step, tensors))
    elif step.layer.elementwise:
        stage.finish.activation = step.layer
    elif isinstance(step.layer, (Conv, Linear)) and "bias" in step.weights:
        stage.finish.shift = tensors[step.weights["bias"]]
    return stage


def affine(step: Step, tensors: Mapping[str, Array]) -> tuple[Array, Array | None]:
    """A layer as y * scale + shift, per channel or with one scale for all."""
    weights = {name: tensors[key] for name, key in step.weights.items()}
    if isinstance(step.layer, Scale):
        return weights.get("weight", np.full(1, step.layer.by, np.float32)), None
    if isinstance(step.layer, LayerScale):
        return weights["weight"], None
    assert isinstance(step.layer, BatchNorm)
    scale = 1 / np.sqrt(weights["running_var"] + np.float32(step.layer.eps))
    if step.layer.affine:
        scale = scale * weights["weight"]
    shift = -weights["running_mean"] * scale
    return scale, shift + weights["bias"] if step.layer.affine else shift


def prefixed(stages: list[Stage], single: set[str]) -> list[Stage]:
    """Take an affine stage (batchnorm and relu of a DenseNet) into the conv that reads it."""
    maker = {stage.output: stage for stage in stages}
    gone: set[str] = set()
    for stage in stages:
        before = maker.get(stage.inputs[0]) if isinstance(stage.layer, Conv) else None
        if before is None or before.output not in single or not before.layer.rescales:
            continue
        if stage.layer.pad_mode != "zeros":
            continue
        stage.before = before.finish
        stage.inputs = before.inputs
        gone.add(before.output)
    return [stage for stage in stages if stage.output not in gone]
