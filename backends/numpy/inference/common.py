"""What the builders of blocks share: views of a plan, scratch memory of threads, and how to cut work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import ceil, prod

import numpy as np

from cnnspec.backends.numpy.inference.activations import IN_PLACE
from cnnspec.backends.numpy.inference.fuse import Finish, Stage
from cnnspec.backends.numpy.inference.memory import Memory
from cnnspec.backends.numpy.kernels.window import Array, Sizes
from cnnspec.backends.numpy.rules import rule_of
from cnnspec.layers.activation import ReLU
from cnnspec.layers.base import Layer

Block = Callable[[], None]
Phase = list[Block]
"""Blocks that may run in any order, on several threads at once."""


ALL = slice(None)


class Scratch(threading.local):
    """Memory for a block while it runs, one a thread, as large as the largest block."""

    def __init__(self) -> None:
        self.array = np.empty(0, np.float32)

    def take(self, *shape: int) -> Array:
        """Uninitialized memory of this shape; the next `take` reuses it."""
        size = prod(shape)
        if self.array.size < size:
            self.array = np.empty(size, np.float32)
        return self.array[:size].reshape(shape)


@dataclass
class Workplace:
    """What a stage is built in: the memory of the plan, the weights and the number of threads."""

    memory: Memory
    tensors: Mapping[str, Array]
    threads: int
    made: dict[str, Array] = field(default_factory=dict)
    scratch: Scratch = field(default_factory=Scratch)
    spare: Scratch = field(default_factory=Scratch)
    zero: Array = field(default_factory=lambda: np.zeros(0, np.float32))

    def view(self, name: str) -> Array:
        return self.memory.view(name)

    def derived(self, key: str, make: Callable[[], Array]) -> Array:
        """What is computed from weights once, for all plans of a net."""
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]

    def crew(self, out: Array) -> int:
        """How many threads copying or combining values of this size is worth: waking one takes some 50 us."""
        return self.threads if out.size > 1 << 16 else 1

    def zeros(self, shape: Sizes) -> Array:
        """Zeros of this shape, all in the same memory; numpy's maximum is four times slower with a scalar."""
        size = prod(shape)
        if self.zero.size < size:
            self.zero = np.zeros(size, np.float32)
        return self.zero[:size].reshape(shape)

    def apply(self, finish: Finish, y: Array, residual: Array | None = None, columns: slice = ALL) -> None:
        """Apply a finish in place to a part of a value, of which `columns` are the channels."""
        if finish.scale is not None:
            np.multiply(y, finish.scale if finish.scale.size == 1 else finish.scale[columns], out=y)
        if finish.shift is not None:
            np.add(y, finish.shift[columns], out=y)
        if residual is not None:
            np.add(y, residual, out=y)
        if finish.activation is not None:
            self.activate(finish.activation, y)

    def activate(self, layer: Layer, y: Array) -> None:
        """Apply an activation in place."""
        if isinstance(layer, ReLU):
            np.maximum(y, self.zeros(y.shape), out=y)
        elif in_place := IN_PLACE.get(type(layer)):
            in_place(layer, y, self.spare.take(2, *y.shape))
        else:
            rule = rule_of(layer)
            np.copyto(y, rule.forward(y, **rule.settings(layer)))

    def transform(self, finish: Finish, x: Array, out: Array) -> None:
        """Apply a finish to a part of a value, with the result elsewhere."""
        if finish.scale is None:
            np.copyto(out, x)
            self.apply(finish, out)
        else:
            np.multiply(x, finish.scale, out=out)
            self.apply(replace(finish, scale=None), out)

    def residual(self, stage: Stage) -> Array | None:
        """The value that a stage adds to its output."""
        name = stage.finish.residual
        return None if name is None else self.view(name)


def cut(batch: int, rows: int, row_size: int, target: int, threads: int) -> Iterator[tuple[slice, slice]]:
    """Cut (batch, rows) into parts of about `target` positions: of several images, or of some rows of one.

    There are at least as many parts as threads where there are so many rows.
    """
    target = min(target, max(1, ceil(batch * rows * row_size / threads)))
    image = rows * row_size
    if image <= target:
        count = ceil(batch / max(1, target // image))
        for part in split(batch, count):
            yield part, slice(0, rows)
        return
    for n in range(batch):
        for part in split(rows, ceil(image / target)):
            yield slice(n, n + 1), part


def split(size: int, count: int) -> Iterator[slice]:
    """Cut a range into at most `count` parts of nearly equal size."""
    count = min(size, count)
    for i in range(count):
        yield slice(i * size // count, (i + 1) * size // count)


def window_view(x: Array, kernel: Sizes, stride: Sizes, dilation: Sizes) -> Array:
    """Every window of a padded channels-last map, as a view: (batch, *outputs, *kernel, channels)."""
    spatial = x.shape[1:-1]
    outputs = tuple(
        (h - d * (k - 1) - 1) // s + 1 for h, k, s, d in zip(spatial, kernel, stride, dilation, strict=True)
    )
    steps = x.strides[1:-1]
    strides = (
        x.strides[0],
        *(step * s for step, s in zip(steps, stride, strict=True)),
        *(step * d for step, d in zip(steps, dilation, strict=True)),
        x.strides[-1],
    )
    return np.lib.stride_tricks.as_strided(x, (len(x), *outputs, *kernel, x.shape[-1]), strides)
