"""The summary of a net as a table, and in every form that a table has."""

from __future__ import annotations

from collections.abc import Iterable

from cnnspec.graph import Graph
from cnnspec.layers.base import describe
from cnnspec.passes.roofline import total_time
from cnnspec.pipeline import Compiled
from cnnspec.report.columns import COLUMNS, DEFAULT, View, chosen
from cnnspec.report.numbers import time_text
from cnnspec.report.rows import SummaryRow, layer_rows, rows
from cnnspec.report.table import Table
from cnnspec.report.totals import totals


def summary(
    net: Compiled,
    depth: int | None = None,
    columns: Iterable[str] = DEFAULT,
    sort: str | None = None,
    view: View | None = None,
) -> Table:
    """The table of a net: rows of blocks, or with `sort` all layers by a column, the largest first.

    Raises ValueError for a column that there is not.
    """
    view = view or View(net)
    names = chosen(columns)
    found = rows(net, depth) if sort is None else sorted_layers(view, sort)
    return Table(
        tuple(COLUMNS[name][0] for name in names),
        tuple(tuple(COLUMNS[name][1](view, row) for name in names) for row in found),
        tuple(row.level for row in found) if sort is None else (),
        heading(net.graph),
        (*totals(net), *_time(view)),
    )


def _time(view: View) -> list[tuple[str, str]]:
    """The predicted time of the whole net, where a machine is known."""
    if view.machine is None:
        return []
    samples = "1 sample" if view.batch == 1 else f"{view.batch} samples"
    threads = f"{view.machine.threads} thread{'' if view.machine.threads == 1 else 's'}"
    return [("time, predicted", f"{time_text(total_time(view.times))} for {samples}, {threads}, fp32")]


def sorted_layers(view: View, name: str) -> list[SummaryRow]:
    """All layers under their whole names, by the values of a column, the largest first."""
    chosen([name])
    value = COLUMNS[name][1]
    found = [(value(view, row), row) for row in layer_rows(view.net)]
    words = any(isinstance(one, str) for one, _ in found)
    known = [(one, row) for one, row in found if one is not None]
    unknown = [row for one, row in found if one is None]
    return [*(row for _, row in sorted(known, key=lambda pair: pair[0], reverse=not words)), *unknown]


def heading(graph: Graph) -> str:
    """The net, its file, and what goes in and out."""
    inputs = ", ".join(f"{name} {describe(graph.nodes[name].shape)}" for name in graph.inputs)
    return f"{graph.name} ({graph.file}): {inputs} -> {_outputs(graph)}"


def _outputs(graph: Graph) -> str:
    marks = {head: " (training)" for head in graph.training_heads}
    return ", ".join(
        f"{h} {describe(graph.nodes[n].shape)}{marks.get(h, '')}" for h, n in graph.outputs.items()
    )
