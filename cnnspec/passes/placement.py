"""Placement: where every value of an inference lies in one arena, and when it is needed.

A buffer holds one value, or several that are parts of a whole or follow one another in place:

    relu(x), where nothing else reads x       written over x
    concat(a, b)                              a and b are made in the buffer of the whole, side by side
    slice, and flatten of one pixel           views of the buffer

It is free for others after the last layer that reads it. Values are stored channels last, so that the parts
of a concatenation are ranges of channels.

Where buffers lie is a packing of rectangles that may move up and down alone. Four, of 3, 1, 4 and 2 values:

    offset              by size: 6 values           by time: 8 values
         7                                            . . c c .
         6                                            . . c c .
         5              . . . d d                     . . c c .
         4              . b b d d                     . . c c .
         3              . . c c .                     . b b . .
         2              a a c c .                     a a . . .
         1              a a c c .                     a a . d d
         0              a a c c .                     a a . d d
    moment              0 1 2 3 4                     0 1 2 3 4

By size c comes first, then a, d, b, each as low as what lives with it lets it. By time a comes first: c finds
no gap of four, for b lies above that of a.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from itertools import accumulate
from math import prod
from typing import NamedTuple, Protocol

from cnnspec.layers.base import Layer, Shape
from cnnspec.layers.dense import Flatten
from cnnspec.layers.join import Concat
from cnnspec.layers.shape import Slice


class Task(Protocol):
    """What runs in one go, its `members` in order: it makes `output` of `sources`.

    The first of the sources is the layer's own input.
    """

    @property
    def layer(self) -> Layer: ...
    @property
    def sources(self) -> Sequence[str]: ...
    @property
    def inputs(self) -> Sequence[str]: ...
    @property
    def output(self) -> str: ...
    @property
    def members(self) -> Sequence[str]: ...


class Location(NamedTuple):
    """Where a value lies: in the buffer of `root`, from channel `offset` on."""

    root: str
    offset: int


def locate(
    tasks: Sequence[Task],
    shapes: Mapping[str, Shape],
    inputs: Sequence[str],
    heads: Set[str],
    wholes: bool = True,
) -> dict[str, Location]:
    """The place of every value, found from the last task on: results over operands, parts in wholes.

    Without `wholes` parts lie apart: a whole then lives from where it is made on, not from its first part on.
    """
    readers = Counter(name for task in tasks for name in task.sources)
    views = {task.output for task in tasks if is_view(task, shapes)}
    fixed = views | set(inputs)
    # values that others than the next task read: nothing may be written over them
    kept = heads | {name for name, count in readers.items() if count > 1}
    found: dict[str, Location] = {}
    overwritten: set[str] = set()
    # From the last on: a whole has its place before its parts are put there, and a whole that is itself a
    # part before its own. What is found first stays.
    for task in reversed(tasks):
        if wholes and isinstance(task.layer, Concat) and task.layer.over == "channels":
            # the whole will be written over: a part that is read later must not lie in it
            taken = fixed | kept if task.output in overwritten else fixed
            parts = place_parts(task, shapes, found, taken)
            if task.output in overwritten:
                overwritten |= parts
        elif task.output in views:
            continue
        elif task.layer.elementwise or task.layer.rescales:
            (source,) = task.inputs
            # y = relu(x) over x, where nobody else needs x
            if source not in fixed | kept and source not in found:
                found[source] = found.setdefault(task.output, Location(task.output, 0))
                overwritten.add(source)
    for name in inputs:
        found.setdefault(name, Location(name, 0))
    # views come last and in order: each needs the place of what it looks at
    for task in tasks:
        if task.output in views and task.output not in found:
            root, offset = found[task.inputs[0]]
            start = task.layer.start if isinstance(task.layer, Slice) else 0
            found[task.output] = Location(root, offset + start)
        found.setdefault(task.output, Location(task.output, 0))
    return found


def is_view(task: Task, shapes: Mapping[str, Shape]) -> bool:
    """Whether a task only looks at its input in another way."""
    if isinstance(task.layer, Flatten):
        return prod(shapes[task.inputs[0]][1:]) == 1
    return isinstance(task.layer, Slice)


def place_parts(
    task: Task, shapes: Mapping[str, Shape], found: dict[str, Location], fixed: Set[str]
) -> set[str]:
    """Put the parts of a concatenation into the whole, or find the whole where its parts already lie.

    Gives the parts that were put there; those in `fixed` are not.
    """
    starts = list(accumulate((shapes[name][0] for name in task.inputs), initial=0))
    if task.output not in found and all(name in found for name in task.inputs):
        root, first = found[task.inputs[0]]
        wanted = [Location(root, first + start) for start in starts[:-1]]
        if [found[name] for name in task.inputs] == wanted and shapes[root][1:] == shapes[task.output][1:]:
            found[task.output] = Location(root, first)
            return set()
    root, offset = found.setdefault(task.output, Location(task.output, 0))
    put = set()
    for name, start in zip(task.inputs, starts, strict=False):
        if name not in found and name not in fixed:
            found[name] = Location(root, offset + start)
            put.add(name)
    return put


def lifetimes(
    tasks: Sequence[Task],
    inputs: Sequence[str],
    heads: Set[str],
    found: Mapping[str, Location],
    with_temporary: Set[str] = frozenset(),
) -> dict[str, tuple[int, int]]:
    """For each buffer the first time that it is written and the last that it is needed.

    A task takes two times. One with a temporary copies its input there in the first, and writes its output,
    maybe over that input, in the second.
    """
    spans: dict[str, tuple[int, int]] = {found[name].root: (-1, -1) for name in inputs}

    def touch(name: str, time: int) -> None:
        root = found[name].root
        first, last = spans.get(root, (time, time))
        spans[root] = (min(first, time), max(last, time))

    for i, task in enumerate(tasks):
        copied = task.output in with_temporary
        touch(task.sources[0], 2 * i if copied else 2 * i + 1)
        for name in task.sources[1:]:
            touch(name, 2 * i + 1)
        touch(task.output, 2 * i + 1 if copied else 2 * i)
    for name in heads:
        touch(name, 2 * len(tasks))
    return spans


Spans = Mapping[str, tuple[int, int]]
Arena = tuple[dict[str, int], int]
"""The offset of each buffer, and the size of the whole."""
MANY = 2000
"""Buffers from which on only the way whose time is linear in them is tried."""


def arrange(sizes: Mapping[str, int], spans: Spans, alignment: int = 1) -> Arena:
    """Offsets of buffers in an arena, and its size: the smaller of two ways to find them.

    Buffers begin at multiples of the alignment, and take whole ones. The least arena is hard to find (it is
    dynamic storage allocation); by size comes within some percent of the peak mostly.
    """
    padded = {name: -(-size // alignment) * alignment for name, size in sizes.items()}
    ways = [by_time] if len(sizes) > MANY else [by_size, by_time]
    return min((way(padded, spans) for way in ways), key=lambda arena: arena[1])


def by_size(sizes: Mapping[str, int], spans: Spans) -> Arena:
    """The largest first, each at the lowest offset where nothing lies that lives with it.

    Pisarchyk and Lee 2020, "Efficient memory management for deep neural net inference", section 5.
    """
    offsets: dict[str, int] = {}
    for name in sorted(sizes, key=lambda name: (-sizes[name], spans[name])):
        first, last = spans[name]
        # only those that live at some moment of its life are in the way
        others = [(offsets[other], sizes[other]) for other in offsets if meet(spans[other], (first, last))]
        offset = 0
        for start, size in sorted(others):
            if start - offset >= sizes[name]:
                break
            offset = max(offset, start + size)
        offsets[name] = offset
    return offsets, extent_of(offsets, sizes)


def meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two spans of time have a moment in common."""
    return one[0] <= other[1] and other[0] <= one[1]


def extent_of(offsets: Mapping[str, int], sizes: Mapping[str, int]) -> int:
    """Where the last buffer ends."""
    return max((offsets[name] + sizes[name] for name in sizes), default=0)


def by_time(sizes: Mapping[str, int], spans: Spans) -> Arena:
    """The earliest first, each in the smallest gap that holds it."""
    offsets: dict[str, int] = {}
    gaps: list[tuple[int, int]] = []
    living: list[str] = []
    end = 0
    for name in sorted(sizes, key=lambda name: spans[name]):
        begin, size = spans[name][0], sizes[name]
        # in the order of their beginning, so that what has ended stays free for all that come
        for other in [other for other in living if spans[other][1] < begin]:
            living.remove(other)
            gaps.append((offsets[other], sizes[other]))
        gaps, end = merged(gaps, end)
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
    return offsets, extent_of(offsets, sizes)


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
