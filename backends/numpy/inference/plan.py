"""Plans: a net made ready for fast inference on inputs of one shape and batch.

Stages become phases, one after the other; a phase is cut into blocks, which threads take as they come. Blocks
are cut so that what one works on stays in the cache, and that there is one for each thread. Of a conv with
64 channels and 3x3 taps, whose columns are 576 values for each output: 455 outputs a block, at most.

    outputs of one image of 56x56                outputs of four images of 7x7, two threads

    rows  0 to 7      block 1                    images 0, 1     block 1, all rows
    rows  8 to 15     block 2                    images 2, 3     block 2, all rows
    ..
    rows 48 to 55     block 7, 448 outputs

A block is a function of no arguments that holds views of its input and output; to run a plan is to call them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from cnnspec.backends.numpy.inference import attention, conv, pointwise, window
from cnnspec.backends.numpy.inference.common import Phase, Workplace
from cnnspec.backends.numpy.inference.fuse import Stage, fuse
from cnnspec.backends.numpy.inference.memory import Memory
from cnnspec.backends.numpy.inference.threads import team
from cnnspec.backends.numpy.kernels.window import Array
from cnnspec.backends.steps import Step, settled
from cnnspec.layers.attention import Attention
from cnnspec.layers.base import Layer, Shape
from cnnspec.layers.conv import Conv
from cnnspec.layers.dense import Flatten, Linear
from cnnspec.layers.join import Add, Concat, Maximum, Mul
from cnnspec.layers.norm import LayerNorm, LocalResponseNorm
from cnnspec.layers.pool import AvgPool, GlobalAvgPool, MaxPool
from cnnspec.layers.shape import Slice

Builder = Callable[[Stage, Shape, Workplace], list[Phase]]

BUILDERS: dict[type[Layer], Builder] = {
    Conv: conv.build_conv,
    MaxPool: window.build_pool,
    AvgPool: window.build_pool,
    GlobalAvgPool: pointwise.build_gap,
    LayerNorm: pointwise.build_layernorm,
    LocalResponseNorm: pointwise.build_lrn,
    Attention: attention.build_attention,
    Linear: conv.build_linear,
    Flatten: pointwise.build_flatten,
    Slice: pointwise.build_slice,
    Concat: pointwise.build_concat,
    Add: pointwise.build_sum,
    Maximum: pointwise.build_maximum,
    Mul: pointwise.build_product,
}
"""The layers that have a fast form."""


def builder(layer: Layer) -> Builder:
    """What writes the phases of a layer; one without a fast form runs by its plain kernel."""
    if layer.elementwise or layer.rescales:
        return pointwise.build_affine
    if isinstance(layer, Concat) and layer.over == "positions":
        return pointwise.build_plain
    return BUILDERS.get(type(layer), pointwise.build_plain)


TEMPORARIES: dict[type[Layer], Callable[[Stage, Shape, int], Shape | None]] = {
    Conv: conv.conv_temporary,
    Attention: attention.attention_temporary,
    MaxPool: window.pool_temporary,
    AvgPool: window.pool_temporary,
}


class MemoryLayout(NamedTuple):
    """The stages of an inference, the values that the heads end in, and the memory of all values."""

    stages: list[Stage]
    heads: dict[str, str]
    memory: Memory


def lay_out(
    steps: Sequence[Step],
    tensors: Mapping[str, Array],
    inputs: Mapping[str, Shape],
    heads: Mapping[str, str],
    batch: int,
) -> MemoryLayout:
    """Merge steps into stages and plan their memory; none is taken yet."""
    steps = settled(steps, inputs)
    stages, alias = fuse(steps, tensors, frozenset(heads.values()))
    ends = {head: alias.get(name, name) for head, name in heads.items()}
    shapes = dict(inputs)
    for step in steps:
        shapes[step.value] = step.layer.infer(*(shapes[name] for name in step.inputs))
    temporaries: dict[str, Shape] = {}
    for stage in stages:
        ask = TEMPORARIES.get(type(stage.layer))
        shape = ask(stage, shapes[stage.inputs[0]], batch) if ask else None
        if shape is not None:
            temporaries[stage.output] = shape
    return MemoryLayout(
        stages, ends, Memory(stages, shapes, tuple(inputs), frozenset(ends.values()), temporaries, batch)
    )


class Plan:
    """The phases of an inference, bound to their memory; `run` may be called again and again."""

    def __init__(
        self,
        steps: Sequence[Step],
        tensors: Mapping[str, Array],
        inputs: Mapping[str, Shape],
        heads: Mapping[str, str],
        batch: int,
        threads: int,
        derived: dict[str, Array],
    ):
        """`inputs` are shapes per sample, `heads` the names of the values they end in.

        `derived` holds what plans compute from weights, for all plans of a net.
        """
        stages, self.heads, self.memory = lay_out(steps, tensors, inputs, heads, batch)
        shapes = self.memory.shapes
        self.team = team(threads)
        work = Workplace(self.memory, tensors, threads, derived)
        self.inputs = {name: self.memory.view(name) for name in inputs}
        self.phases: list[Phase] = []
        for stage in stages:
            self.phases += [
                phase for phase in builder(stage.layer)(stage, shapes[stage.inputs[0]], work) if phase
            ]

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """The outputs by head, for inputs channels first of the batch the plan is made for."""
        for name, place in self.inputs.items():
            np.copyto(np.moveaxis(place, -1, 1), inputs[name])
        for phase in self.phases:
            if len(phase) == 1:
                phase[0]()
            else:
                self.team.run(phase)
        views = {head: self.memory.view(name) for head, name in self.heads.items()}
        return {head: np.array(np.moveaxis(view, -1, 1), order="C") for head, view in views.items()}
