"""Memory: every value of an inference has its place in one arena, as `passes.placement` plans it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from math import prod

import numpy as np

from cnnspec.backends.numpy.inference.fuse import Stage
from cnnspec.backends.numpy.kernels.window import Array
from cnnspec.layers.base import Shape
from cnnspec.passes.buffers import temporary, timeline
from cnnspec.passes.placement import locate

ALIGNMENT = 16
"""Floats in a cache line: where buffers begin."""


class Memory:
    """The arena and the views of all values in it."""

    def __init__(
        self,
        stages: Sequence[Stage],
        shapes: Mapping[str, Shape],
        inputs: Sequence[str],
        heads: frozenset[str],
        temporaries: Mapping[str, Shape],
        batch: int,
    ):
        """`temporaries` are the shapes (batch first) of what a stage needs for itself, by its output."""
        self.shapes, self.batch = shapes, batch
        self.places = locate(stages, shapes, inputs, heads)
        self.timeline = timeline(
            "numpy",
            stages,
            shapes,
            inputs,
            heads,
            self.places,
            {name: prod(shape) for name, shape in temporaries.items()},
            batch,
            ALIGNMENT,
        )
        self.temporaries = temporaries
        self.offsets = {buffer.name: buffer.offset for buffer in self.timeline.buffers}

    @cached_property
    def arena(self) -> Array:
        """The memory of all values, allocated when the first of them is asked for."""
        return np.empty(self.timeline.arena, np.float32)

    def view(self, name: str) -> Array:
        """A value as (batch, *spatial, channels), in the arena."""
        root, offset = self.places[name]
        shape = self.shapes[root]
        start = self.offsets[root]
        whole = self.arena[start : start + self.batch * prod(shape)].reshape(self.batch, *shape[1:], shape[0])
        part = whole[..., offset : offset + self.shapes[name][0]]
        # a flattened 1x1 map shares its place with the map
        return part.reshape(self.batch, *self.shapes[name][1:], self.shapes[name][0])

    def temporary(self, stage: Stage) -> Array:
        """What a stage asked for, for itself."""
        shape = self.temporaries[stage.output]
        start = self.offsets[temporary(stage.output)]
        return self.arena[start : start + prod(shape)].reshape(shape)
