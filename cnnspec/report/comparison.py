"""Several nets in one table: a row a net, and the figures that one asks for as columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cnnspec.layers.base import describe
from cnnspec.passes.buffers import BYTES, weight_bytes
from cnnspec.passes.receptive_field import last_map
from cnnspec.passes.roofline import Machine, total_time
from cnnspec.pipeline import Compiled
from cnnspec.report.columns import View
from cnnspec.report.numbers import size_of_field
from cnnspec.report.table import BYTES as SIZE
from cnnspec.report.table import COUNT, NUMBER, TEXT, TIME, WORD, Column, Table


@dataclass(frozen=True)
class Compared:
    """A net of a comparison under its label; None with a note where there is none, for the reason noted.

    `settings` are the parameters that tell it from others of one spec.
    """

    label: str
    net: Compiled | None
    settings: Mapping[str, str] = field(default_factory=dict)
    note: str = ""


Figure = Callable[[View], Any]


def _shapes(view: View, names: Iterable[str]) -> str:
    return ", ".join(describe(view.net.graph[name].shape) for name in names)


def _outputs(view: View) -> str:
    graph = view.net.graph
    return _shapes(view, [node for head, node in graph.outputs.items() if head not in graph.training_heads])


def _macs(view: View) -> int:
    return view.net.counted(view.net.costs.inference)


def _peak(view: View) -> int:
    return BYTES[view.dtype] * view.batch * view.net.timeline.peak


def _field(view: View) -> str:
    node = last_map(view.net.graph)
    if node is None:
        return size_of_field(None)
    fields = view.net.fields
    size = size_of_field(fields.along(node.name))
    return f"{size} +all" if size != size_of_field(None) and fields.sees_all(node.name) else size


FIGURES: Mapping[str, tuple[Column, Figure]] = {
    column.name: (column, value)
    for column, value in (
        (Column("input", "input", TEXT, "input shapes"), lambda v: _shapes(v, v.net.graph.inputs)),
        (Column("output", "output", TEXT, "output shapes"), _outputs),
        (Column("params", "params", COUNT, "trainable values"), lambda v: v.net.costs.total.params),
        (Column("macs", "MACs", COUNT, "multiply-accumulates"), _macs),
        (
            Column("activations", "activations", COUNT, "output values of conv and linear layers"),
            lambda v: v.net.costs.inference.activations,
        ),
        (Column("layers", "layers", COUNT, "layers"), lambda v: sum(1 for n in v.net.graph if n.inputs)),
        (Column("depth", "depth", NUMBER, "layers in depth"), lambda v: v.net.depth),
        (Column("field", "field", WORD, "receptive field"), _field),
        (
            Column("weights", "weights", SIZE, "bytes of weights"),
            lambda v: weight_bytes(v.net.graph, v.dtype),
        ),
        (Column("memory", "memory", SIZE, "bytes of activations at their peak"), _peak),
        (
            Column("training_memory", "training", SIZE, "bytes of a step of training"),
            lambda v: v.training.total,
        ),
        (Column("time", "time", TIME, "seconds, predicted"), lambda v: total_time(v.times)),
    )
}
"""The figures of a net, by the names of their columns; bytes are of the batch, in the type of the view."""
SHOWN = ("params", "macs", "memory", "training_memory", "field", "depth")


def compare(
    nets: Sequence[Compared],
    columns: Iterable[str] = SHOWN,
    sort: str | None = None,
    *,
    batch: int = 1,
    dtype: str = "float32",
    optimizer: str = "adam",
    machine: Machine | None = None,
) -> Table:
    """The table of several nets; `sort` puts the largest of a column first, nets without it last.

    `machine` is what times are predicted of. Raises ValueError for a column that there is not.
    """
    names = tuple(dict.fromkeys(columns))
    for name in (*names, *([sort] if sort is not None else [])):
        if name not in FIGURES and name != "net":
            raise ValueError(f"there is no column {name!r}: columns are {', '.join(FIGURES)}")
    chosen = [FIGURES[name] for name in names if name in FIGURES]
    varied = list(dict.fromkeys(name for one in nets for name in one.settings))
    views = {id(one): View(one.net, batch, dtype, optimizer, machine) for one in nets if one.net is not None}
    noted = any(one.note for one in nets)
    head = (
        Column("net", "net", TEXT, "the net", 12),
        *(Column(name, name, WORD, "a parameter of the net") for name in varied),
        *(column for column, _ in chosen),
        *([Column("note", "note", TEXT, "what is wrong with it", under=True)] if noted else []),
    )
    rows = tuple(
        (
            one.label,
            *(one.settings.get(name) for name in varied),
            *(value(views[id(one)]) if one.net is not None else None for _, value in chosen),
            *([one.note or None] if noted else []),
        )
        for one in ordered(nets, views, sort)
    )
    samples = "1 sample" if batch == 1 else f"{batch} samples"
    count = "1 net" if len(nets) == 1 else f"{len(nets)} nets"
    return Table(head, rows, (), f"{count}, {dtype}, {samples}, {optimizer}")


def ordered(nets: Sequence[Compared], views: Mapping[int, View], sort: str | None) -> list[Compared]:
    """The nets as they come, or by a column."""
    if sort is None:
        return list(nets)
    if sort == "net":
        return sorted(nets, key=lambda one: one.label)
    value = FIGURES[sort][1]
    known = [(value(views[id(one)]), one) for one in nets if one.net is not None]
    words = any(isinstance(one, str) for one, _ in known)
    found = [one for _, one in sorted(known, key=lambda pair: pair[0], reverse=not words)]
    return [*found, *(one for one in nets if one.net is None)]


def points(table: Table) -> tuple[list[tuple[str, float, float]], str, str]:
    """The nets with their first two figures that are numbers, and the headings of those.

    Raises ValueError where a table has no two.
    """
    numeric = [
        column
        for column in table.columns
        if column.name in FIGURES and column.form in (COUNT, SIZE, NUMBER, TIME)
    ]
    if len(numeric) < 2:
        raise ValueError("a chart needs two columns of numbers, such as --columns params,macs")
    across, up = numeric[:2]
    varied = [column.name for column in table.columns[1:] if column.name not in (*FIGURES, "note")]
    found = []
    for row in (row for row in table if row[across.name] is not None):
        label = " ".join([str(row["net"]), *(f"{name}={row[name]}" for name in varied if row[name])])
        found.append((label, row[across.name], row[up.name]))
    return found, across.doc, up.doc
