"""Memory: every value of an inference has its place in one arena, planned by liveness.

Values are stored channels last. A concatenation costs nothing where its parts are computed in place: each
part is a range of channels of the buffer of the whole. A buffer is free for others after the last stage that
reads it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from math import prod
from typing import NamedTuple

import numpy as np

from cnnspec.backends.numpy.inference.fuse import Stage
from cnnspec.backends.numpy.kernels.window import Array
from cnnspec.layers.base import Shape
from cnnspec.layers.dense import Flatten
from cnnspec.layers.join import Concat
from cnnspec.layers.shape import Slice

ALIGNMENT = 16
"""Floats in a cache line: where buffers begin."""


class Place(NamedTuple):
    """Where a value lies: in the buffer of `root`, from channel `offset` on."""

    root: str
    offset: int


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
        self.places = place(stages, shapes, inputs, heads)
        sizes = {root: batch * prod(shapes[root]) for root in {p.root for p in self.places.values()}}
        spans = lifetimes(stages, inputs, heads, self.places, temporaries.keys())
        for i, stage in enumerate(stages):
            if stage.output in temporaries:
                name = temporary(stage.output)
                sizes[name], spans[name] = prod(temporaries[stage.output]), (2 * i, 2 * i + 1)
        self.temporaries = temporaries
        self.offsets, size = arrange(sizes, spans)
        self.arena = np.empty(size, np.float32)

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


def temporary(name: str) -> str:
    # a bar cannot stand in the name of a value
    return f"{name}|temporary"


def place(
    stages: Sequence[Stage], shapes: Mapping[str, Shape], inputs: Sequence[str], heads: frozenset[str]
) -> dict[str, Place]:
    """The place of every value, found from the last stage on: parts in wholes, results over operands."""
    users: dict[str, int] = {}
    for stage in stages:
        for name in stage.sources:
            users[name] = users.get(name, 0) + 1
    views = {stage.output for stage in stages if is_view(stage, shapes)}
    fixed = views | set(inputs)
    # values that others than the next stage read: nothing may be written over them
    kept = heads | {name for name, count in users.items() if count > 1}
    places: dict[str, Place] = {}
    overwritten: set[str] = set()
    for stage in reversed(stages):
        if isinstance(stage.layer, Concat):
            taken = fixed | kept if stage.output in overwritten else fixed
            parts = place_parts(stage, shapes, places, taken)
            if stage.output in overwritten:
                overwritten |= parts
        elif stage.output in views:
            continue
        elif stage.layer.elementwise or stage.layer.rescales:
            (source,) = stage.inputs
            if source not in fixed | kept and source not in places:
                places[source] = places.setdefault(stage.output, Place(stage.output, 0))
                overwritten.add(source)
    for name in inputs:
        places.setdefault(name, Place(name, 0))
    for stage in stages:
        if stage.output in views and stage.output not in places:
            root, offset = places[stage.inputs[0]]
            start = stage.layer.start if isinstance(stage.layer, Slice) else 0
            places[stage.output] = Place(root, offset + start)
        places.setdefault(stage.output, Place(stage.output, 0))
    return places


def is_view(stage: Stage, shapes: Mapping[str, Shape]) -> bool:
    """Whether a stage only looks at its input in another way."""
    if isinstance(stage.layer, Flatten):
        return prod(shapes[stage.inputs[0]][1:]) == 1
    return isinstance(stage.layer, Slice)


def place_parts(
    stage: Stage, shapes: Mapping[str, Shape], places: dict[str, Place], fixed: Set[str]
) -> set[str]:
    """Put the parts of a concatenation into the whole, or find the whole where its parts already lie.

    Gives the parts that were put there; those in `fixed` are not.
    """
    starts = np.cumsum([0, *(shapes[name][0] for name in stage.inputs)]).tolist()
    if stage.output not in places and all(name in places for name in stage.inputs):
        root, first = places[stage.inputs[0]]
        wanted = [Place(root, first + start) for start in starts[:-1]]
        if [places[name] for name in stage.inputs] == wanted and shapes[root][1:] == shapes[stage.output][1:]:
            places[stage.output] = Place(root, first)
            return set()
    root, offset = places.setdefault(stage.output, Place(stage.output, 0))
    put = set()
    for name, start in zip(stage.inputs, starts, strict=False):
        if name not in places and name not in fixed:
            places[name] = Place(root, offset + start)
            put.add(name)
    return put


def lifetimes(
    stages: Sequence[Stage],
    inputs: Sequence[str],
    heads: frozenset[str],
    places: Mapping[str, Place],
    with_temporary: Set[str],
) -> dict[str, tuple[int, int]]:
    """For each buffer the first time that it is written and the last that it is needed.

    A stage takes two times. One with a temporary copies its input there in the first, and writes its output,
    maybe over that input, in the second.
    """
    spans: dict[str, tuple[int, int]] = {places[name].root: (-1, -1) for name in inputs}

    def touch(name: str, i: int) -> None:
        root = places[name].root
        first, last = spans.get(root, (i, i))
        spans[root] = (min(first, i), max(last, i))

    for i, stage in enumerate(stages):
        copied = stage.output in with_temporary
        touch(stage.inputs[0], 2 * i if copied else 2 * i + 1)
        for name in stage.sources[1:]:
            touch(name, 2 * i + 1)
        touch(stage.output, 2 * i + 1 if copied else 2 * i)
    for name in heads:
        touch(name, 2 * len(stages))
    return spans


def arrange(sizes: Mapping[str, int], spans: Mapping[str, tuple[int, int]]) -> tuple[dict[str, int], int]:
    """Offsets of buffers in an arena, and its size: each goes into the smallest gap that holds it."""
    offsets: dict[str, int] = {}
    gaps: list[tuple[int, int]] = []
    living: list[str] = []
    end = 0
    for name in sorted(sizes, key=lambda name: spans[name]):
        begin = spans[name][0]
        for other in [other for other in living if spans[other][1] < begin]:
            living.remove(other)
            gaps.append((offsets[other], padded(sizes[other])))
        gaps, end = merged(gaps, end)
        size = padded(sizes[name])
        fitting = [gap for gap in gaps if gap[1] >= size]
        if fitting:
            gap = min(fitting, key=lambda gap: gap[1])
            gaps.remove(gap)
            if gap[1] > size:
                gaps.append((gap[0] + size, gap[1] - size))
            offsets[name] = gap[0]
        else:
            offsets[name], end = end, end + size
        living.append(name)
    return offsets, max((offsets[name] + padded(sizes[name]) for name in sizes), default=0)


def merged(gaps: list[tuple[int, int]], end: int) -> tuple[list[tuple[int, int]], int]:
    """Gaps that touch as one, and the end of the arena moved back over a gap before it."""
    result: list[tuple[int, int]] = []
    for start, size in sorted(gaps):
        if result and sum(result[-1]) == start:
            result[-1] = (result[-1][0], result[-1][1] + size)
        else:
            result.append((start, size))
    if result and sum(result[-1]) == end:
        end = result.pop()[0]
    return result, end


def padded(size: int) -> int:
    """A size rounded up to whole cache lines."""
    return -(-size // ALIGNMENT) * ALIGNMENT
