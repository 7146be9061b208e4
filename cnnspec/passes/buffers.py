"""Memory over time: which buffers live when, in inference, and where the peak is.

    moment      buffers that live                        live
    conv1       input=====  conv1==========              20
    conv2                   conv1====== conv2=====       24   <- peak: conv1 waits for the sum
    conv3+sum               conv1====== conv2== conv3    ...

`plain` runs layer by layer, every value in memory of its own, as torch's eager mode does. `fused` does what a
runtime for devices does: batchnorm folded, activations and sums in the same go (fusion.py), results in place,
parts of concatenations in the whole where that takes no more memory (placement.py). Sizes are counted in
values: the type says the bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from math import prod

from cnnspec.graph import Graph
from cnnspec.layers.base import Shape
from cnnspec.passes.fold_batchnorm import foldable
from cnnspec.passes.fusion import Fused, fuse, operations
from cnnspec.passes.placement import Location, Task, arrange, lifetimes, locate
from cnnspec.records import dataclass

BYTES = {"float32": 4, "float16": 2, "int8": 1}
"""Bytes of a value."""
BIAS_BYTES = {"float32": 4, "float16": 2, "int8": 4}
"""Bytes of a value of a bias: 32 bits beside 8-bit weights (Jacob et al. 2018, section 2.2)."""
PLANS = ("fused", "plain")


@dataclass(frozen=True)
class Buffer:
    """A stretch of memory: its size in values, and from which moment to which it is needed.

    Each layer that runs takes two moments, 2i and 2i + 1; -1 is before the first. `values` are the names of
    what lies in it, one after another or side by side. `offset` is its place in the arena.
    """

    name: str
    size: int
    first: int
    last: int
    values: tuple[str, ...]
    offset: int

    def lives(self, moment: int) -> bool:
        return self.first <= moment <= self.last


@dataclass(frozen=True, eq=False)
class Timeline:
    """The buffers of an inference; `steps` are the layers that run in one go, `arena` is the size of all."""

    plan: str
    steps: tuple[tuple[str, ...], ...]
    buffers: tuple[Buffer, ...]
    arena: int

    def __repr__(self) -> str:
        counts = f"{len(self.steps)} steps, {len(self.buffers)} buffers"
        return f"<{self.plan} plan: {counts}, peak {self.peak:,} values, arena {self.arena:,}>"

    @cached_property
    def moments(self) -> tuple[int, ...]:
        """How many values live at each moment, from the first step on; one moment of a net without steps."""
        count = max(1, 2 * len(self.steps))
        changes = [0] * (count + 2)
        for buffer in self.buffers:
            changes[max(0, buffer.first)] += buffer.size
            changes[min(buffer.last + 1, len(changes) - 1)] -= buffer.size
        live, total = [], 0
        for change in changes[:count]:
            total += change
            live.append(total)
        return tuple(live)

    def live(self, step: int) -> int:
        """How many values live while a step runs, at most."""
        return max(self.moments[2 * step : 2 * step + 2])

    @property
    def peak(self) -> int:
        """The most values that live at once: no arena is smaller."""
        return max(self.moments)

    @property
    def peak_moment(self) -> int:
        return self.moments.index(self.peak)

    @property
    def peak_step(self) -> int:
        """The step at which most values live; the first of several."""
        return self.peak_moment // 2

    def at_peak(self) -> tuple[Buffer, ...]:
        """The buffers that live at the peak, the largest first."""
        held = [buffer for buffer in self.buffers if buffer.lives(self.peak_moment)]
        return tuple(sorted(held, key=lambda buffer: -buffer.size))


def buffers(graph: Graph, plan: str = "fused", batch: int = 1) -> Timeline:
    """The memory of an inference over time, by one of PLANS."""
    if plan not in PLANS:
        raise ValueError(f"a plan is one of {', '.join(PLANS)}, not {plan!r}")
    running = graph.inference()
    shapes = {node.name: node.shape for node in running}
    heads = frozenset(running.outputs.values())
    if plan == "plain":
        tasks = [Fused(op.layer, op.inputs, op.value, [op.value]) for op in operations(graph)]
        found = {name: Location(name, 0) for name in shapes}
        return timeline(plan, tasks, shapes, running.inputs, heads, found, batch=batch)
    groups, alias = fuse(operations(graph), heads)
    ends = frozenset(alias.get(name, name) for name in heads)
    ways = [locate(groups, shapes, running.inputs, ends, wholes) for wholes in (True, False)]
    found = [timeline(plan, groups, shapes, running.inputs, ends, way, batch=batch) for way in ways]
    return min(found, key=lambda one: (one.arena, one.peak))


def timeline(
    plan: str,
    tasks: Sequence[Task],
    shapes: Mapping[str, Shape],
    inputs: Sequence[str],
    heads: frozenset[str],
    found: Mapping[str, Location],
    temporaries: Mapping[str, int] | None = None,
    batch: int = 1,
    alignment: int = 1,
) -> Timeline:
    """The buffers of tasks whose values have their places.

    `temporaries` are sizes (of the batch) of what a task needs for itself, by the name of its output.
    """
    extra = temporaries or {}
    spans = lifetimes(tasks, inputs, heads, found, extra.keys())
    sizes = {root: batch * prod(shapes[root]) for root in spans}
    values: dict[str, list[str]] = {root: [] for root in spans}
    for name, location in found.items():
        if location.root in values:
            values[location.root].append(name)
    for i, task in enumerate(tasks):
        if task.output in extra:
            name = temporary(task.output)
            sizes[name], spans[name], values[name] = extra[task.output], (2 * i, 2 * i + 1), [name]
    offsets, arena = arrange(sizes, spans, alignment)
    made = {name: i for i, name in enumerate(shapes)}
    return Timeline(
        plan,
        tuple(tuple(task.members) for task in tasks),
        tuple(
            Buffer(
                name,
                sizes[name],
                *spans[name],
                tuple(sorted(values[name], key=lambda value: made.get(value, 0))),
                offsets[name],
            )
            for name in sorted(spans, key=lambda name: spans[name])
        ),
        arena,
    )


def temporary(name: str) -> str:
    """The name of what a task needs for itself; a bar cannot stand in the name of a value."""
    return f"{name}|temporary"


def weight_bytes(graph: Graph, dtype: str = "float32") -> int:
    """Bytes of the weights that inference reads, batchnorms folded into the layers before them."""
    running = graph.inference()
    folded = foldable(running)
    biased = set(folded.values())
    total = 0
    counted: set[str] = set()
    for node in running:
        if node.weights_of in counted or node.name in folded:
            continue
        counted.add(node.weights_of)
        weights = node.layer.params(*running.input_shapes(node))
        biases = sum(weight.size for weight in weights if weight.name == "bias")
        if node.name in biased and not biases:
            biases = node.shape[0]
        others = sum(weight.size for weight in weights if weight.name != "bias")
        total += BYTES[dtype] * others + BIAS_BYTES[dtype] * biases
    return total


def in_one_go(steps: Iterable[Sequence[str]]) -> dict[str, int]:
    """The number of the step in which each layer runs."""
    return {name: i for i, names in enumerate(steps) for name in names}
