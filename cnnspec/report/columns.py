"""The columns of a summary: what each says of a layer, of a block, or of several equal blocks together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

from cnnspec.passes.buffers import BYTES
from cnnspec.passes.roofline import LayerTime, Machine, layer_times
from cnnspec.passes.training_memory import TrainingMemory
from cnnspec.pipeline import Compiled
from cnnspec.report.numbers import size_of_field
from cnnspec.report.rows import SummaryRow
from cnnspec.report.table import BYTES as SIZE
from cnnspec.report.table import COUNT, NUMBER, SHAPE, SHARE, TEXT, TIME, WORD, Column


@dataclass(frozen=True, eq=False)
class View:
    """A net, and under which conditions its figures are asked for."""

    net: Compiled
    batch: int = 1
    dtype: str = "float32"
    optimizer: str = "adam"
    machine: Machine | None = None

    @cached_property
    def times(self) -> dict[str, LayerTime]:
        """The predicted time of each layer that does the work of what runs in one go."""
        if self.machine is None:
            raise ValueError("times are predicted of a machine, and none is given")
        return layer_times(self.net.graph, self.net.costs, self.machine, self.batch)

    @cached_property
    def training(self) -> TrainingMemory:
        return self.net.training_memory(self.batch, self.optimizer)

    @cached_property
    def live(self) -> dict[str, int]:
        """The bytes that live while each layer runs."""
        timeline = self.net.timeline
        size = BYTES[self.dtype] * self.batch
        return {name: size * timeline.live(i) for i, names in enumerate(timeline.steps) for name in names}


Value = Callable[[View, SummaryRow], Any]


def _kernel(view: View, row: SummaryRow) -> Any:
    kernel = getattr(row.node.layer, "kernel", None) if row.node else None
    rank = len(row.shape) - 1
    return (kernel,) * rank if isinstance(kernel, int) else kernel


def _input(view: View, row: SummaryRow) -> Any:
    if row.node is None:
        return None
    shapes = view.net.graph.input_shapes(row.node)
    return ", ".join("x".join(map(str, shape)) for shape in shapes) or None


def _stride(view: View, row: SummaryRow) -> Any:
    if row.field is None:
        return None
    return "x".join(map(str, dict.fromkeys(row.field.field.stride)))


def _field(view: View, row: SummaryRow) -> str:
    if row.field is None:
        return size_of_field(None)
    return size_of_field(row.field.field) + (" +all" if row.field.all_besides else "")


def _live(view: View, row: SummaryRow) -> Any:
    return max((view.live[name] for name in row.names if name in view.live), default=None)


def _out_bytes(view: View, row: SummaryRow) -> int:
    return BYTES[view.dtype] * view.batch * prod(row.shape)


def _time(view: View, row: SummaryRow) -> float | None:
    found = [view.times[name].seconds for name in row.names if name in view.times]
    return sum(found) if found else None


def _bound(view: View, row: SummaryRow) -> str | None:
    """What bounds most of the time of a row."""
    sums: dict[str, float] = {}
    for name in row.names:
        if name in view.times:
            seconds, bound = view.times[name]
            sums[bound] = sums.get(bound, 0.0) + seconds
    return max(sums, key=lambda bound: sums[bound]) if sums else None


def _kept(view: View, row: SummaryRow) -> int:
    return sum(view.training.kept[name] for name in row.names)


COLUMNS: Mapping[str, tuple[Column, Value]] = {
    column.name: (column, value)
    for column, value in (
        (Column("layer", "layer", TEXT, "the name, as its path ends", 14), lambda view, row: row.name),
        (Column("is", "is", TEXT, "the layer or the call that made the block"), lambda view, row: row.what),
        (Column("kernel", "kernel", SHAPE, "the kernel of a layer, in pixels"), _kernel),
        (Column("input", "input", TEXT, "the shapes that come in"), _input),
        (Column("output", "output", SHAPE, "the shape that goes out"), lambda view, row: row.shape),
        (Column("params", "params", COUNT, "trainable values"), lambda view, row: row.cost.params),
        (Column("buffers", "buffers", COUNT, "running statistics"), lambda view, row: row.cost.buffers),
        (Column("macs", "MACs", COUNT, "multiply-accumulates of a sample"), lambda view, row: row.cost.macs),
        (Column("share", "MACs %", SHARE, "the part of the net's MACs"), lambda view, row: row.share),
        (
            Column("activations", "activations", COUNT, "output values of conv and linear layers"),
            lambda view, row: row.cost.activations,
        ),
        (
            Column("field", "field", WORD, "the receptive field, in input pixels", 5),
            _field,
        ),
        (Column("stride", "stride", WORD, "input pixels from one output pixel to the next", 3), _stride),
        (Column("bytes", "out bytes", SIZE, "the output, in bytes of the batch"), _out_bytes),
        (Column("live", "live", SIZE, "all buffers that live while it runs, planned as for a device"), _live),
        (Column("kept", "kept", SIZE, "what the backward pass needs of it, in bytes of the batch"), _kept),
        (Column("time", "time", TIME, "predicted by --time, for the batch"), _time),
        (Column("bound", "bound by", WORD, "what bounds the time: compute or memory", 7), _bound),
        (Column("line", "line", NUMBER, "where it stands in the spec"), lambda view, row: row.line),
    )
}
PREDICTED = frozenset({"time", "bound"})
"""The columns that need the numbers of a machine."""
TIMED = ("layer", "is", "output", "macs", "time", "bound")
DEFAULT = ("layer", "is", "output", "params", "macs", "field", "share")


def chosen(names: Iterable[str]) -> tuple[str, ...]:
    """Names of columns, each once and `layer` first. Raises ValueError for one that there is not."""
    wanted = dict.fromkeys(("layer", *names))
    unknown = [name for name in wanted if name not in COLUMNS]
    if unknown:
        raise ValueError(f"there is no column {unknown[0]!r}: columns are {', '.join(COLUMNS)}")
    return tuple(wanted)
