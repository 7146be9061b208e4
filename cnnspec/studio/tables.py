"""Tables and charts as data: the summary, the memory over time, variants beside each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cnnspec.pipeline import Compiled
from cnnspec.report.columns import COLUMNS, View
from cnnspec.report.comparison import SHOWN, Compared, compare
from cnnspec.report.rows import SummaryRow, layer_rows, rows
from cnnspec.report.table import Column, Table, cell
from cnnspec.report.totals import totals
from cnnspec.studio.asked import Asked

SUMMARY = ("layer", "is", "output", "params", "macs", "share", "field", "live", "kept")
"""The columns of the table, by their names in `cnnspec summary --columns`."""


def table_view(net: Compiled, asked: Asked) -> dict[str, Any]:
    """The summary: columns, the rows of blocks, all layers under their whole names, and the totals."""
    view = View(net)
    columns = [COLUMNS[name][0] for name in SUMMARY]
    return {
        "columns": [column_data(column) for column in columns],
        "blocks": [_row(view, row) for row in rows(net)],
        "layers": [_row(view, row) for row in layer_rows(net)],
        "totals": totals(net),
    }


def column_data(column: Column) -> dict[str, Any]:
    """A column: its heading, what it holds, and whether it holds words."""
    return {"name": column.name, "heading": column.heading, "doc": column.doc, "words": column.form.words}


def _row(view: View, row: SummaryRow) -> dict[str, Any]:
    values = [COLUMNS[name][1](view, row) for name in SUMMARY]
    node, file = view.net.graph.nodes[row.names[0]], view.net.graph.file
    here = node.span is not None and node.span.source.name == file
    return {
        "level": row.level,
        "line": row.line if here and row.line else 0,
        "values": values,
        "texts": [cell(COLUMNS[name][0], value) for name, value in zip(SUMMARY, values, strict=True)],
    }


def memory_view(net: Compiled, asked: Asked) -> dict[str, Any]:
    """The buffers of a plan over time: their chart as SVG, and the steps as a table with its notes."""
    from cnnspec.passes.buffers import buffers
    from cnnspec.passes.training_memory import training_timeline
    from cnnspec.render.charts import memory_chart
    from cnnspec.render.svg import svg_source
    from cnnspec.report.memory import memory_table

    training = asked.plan == "training"
    timeline = training_timeline(net.graph) if training else buffers(net.graph, asked.plan)
    found = table_data(memory_table(net.graph, timeline))
    lines = [_line(net, names) for names in timeline.steps]
    for row, line in zip(found["rows"], lines, strict=True):
        row["line"] = line
    return {"chart": svg_source(memory_chart(net.graph.name, timeline)), "steps": found}


def _line(net: Compiled, names: Iterable[str]) -> int:
    """The line of the text in which the first layer of a step is written; 0 where it is of another file."""
    span = next((net.graph.nodes[n].span for n in names if n in net.graph.nodes), None)
    return span.line if span is not None and span.source.name == net.graph.file else 0


def table_data(table: Table) -> dict[str, Any]:
    """A table as data: values for sorting, texts for reading."""
    return {
        "title": table.title,
        "columns": [column_data(column) for column in table.columns],
        "rows": [
            {
                "level": table.level(number),
                "line": 0,
                "values": row,
                "texts": [cell(column, value) for column, value in zip(table.columns, row, strict=True)],
            }
            for number, row in enumerate(table.rows)
        ],
        "notes": table.notes,
    }


def comparison(variants: Iterable[Compared]) -> dict[str, Any]:
    """Variants beside each other, a row each."""
    return table_data(compare(list(variants), SHOWN))
