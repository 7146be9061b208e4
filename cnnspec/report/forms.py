"""The summary as text, Markdown, CSV, LaTeX and HTML."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from html import escape

from cnnspec.graph import Graph
from cnnspec.layers.base import describe
from cnnspec.passes.receptive_field import Field
from cnnspec.pipeline import Compiled
from cnnspec.report.rows import Row, rows
from cnnspec.report.totals import totals
from cnnspec.source import plain

HEADINGS = ("layer", "is", "output", "params", "MACs", "field", "MACs %")


def _cells(row: Row, indent: str) -> tuple[str, ...]:
    return (
        indent * row.level + row.name,
        row.what,
        describe(row.shape),
        f"{row.cost.params:,}",
        f"{row.cost.macs:,}",
        size_of_field(row.field),
        f"{100 * row.share:.1f}",
    )


def size_of_field(field: Field | None) -> str:
    if field is None:
        return "-"
    return str(field.size[0]) if len(set(field.size)) == 1 else describe(field.size)


def as_text(net: Compiled, depth: int | None = None) -> str:
    """The summary for a terminal: the table, then the totals."""
    table = [HEADINGS, *(_cells(row, "  ") for row in rows(net, depth))]
    widths = [max(len(line[column]) for line in table) for column in range(len(HEADINGS))]
    widths[1] = min(widths[1], 40)
    lines = [_heading(net), ""]
    for line in table:
        cells = [
            _fit(cell, width, column) for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    lines.insert(3, "-" * max(map(len, lines)))
    width = max(len(name) for name, _ in totals(net))
    return "\n".join([*lines, "", *(f"{name:<{width}}  {text}" for name, text in totals(net))])


def _heading(net: Compiled) -> str:
    graph = net.graph
    inputs = ", ".join(f"{name} {describe(graph.nodes[name].shape)}" for name in graph.inputs)
    return f"{graph.name} ({graph.file}): {inputs} -> {_outputs(graph)}"


def _outputs(graph: Graph) -> str:
    marks = {head: " (training)" for head in graph.training_heads}
    return ", ".join(
        f"{h} {describe(graph.nodes[n].shape)}{marks.get(h, '')}" for h, n in graph.outputs.items()
    )


def _fit(cell: str, width: int, column: int) -> str:
    cell = cell if len(cell) <= width else cell[: width - 1] + "…"
    return f"{cell:<{width}}" if column < 3 else f"{cell:>{width}}"


def as_markdown(net: Compiled, depth: int | None = None) -> str:
    """The summary as a Markdown table, and the totals as a list."""

    def line(cells: tuple[str, ...], level: int = 0) -> str:
        return f"| {'&nbsp;&nbsp;' * level}" + " | ".join(map(_in_markdown, cells)) + " |"

    aligned = "| --- | --- | --- | ---: | ---: | ---: | ---: |"
    table = [line(HEADINGS), aligned, *(line(_cells(row, ""), row.level) for row in rows(net, depth))]
    figures = (f"- {name}: {_in_markdown(text)}" for name, text in totals(net))
    return "\n".join([f"**{_in_markdown(_heading(net))}**", "", *table, "", *figures])


MARKDOWN = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "\\|", "`": "\\`", "\\": "\\\\"})


def _in_markdown(text: str) -> str:
    """Text of a spec, or the name of its file, as Markdown shows it: no tag, no cell, no link of its own."""
    return plain(text).translate(MARKDOWN).replace("](", "]\\(")


def as_csv(net: Compiled, depth: int | None = None) -> str:
    """The rows as CSV, numbers plain."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("level", "layer", "is", "output", "params", "macs", "field", "share"))
    for row in rows(net, depth):
        writer.writerow(
            (
                row.level,
                row.name,
                row.what,
                describe(row.shape),
                row.cost.params,
                row.cost.macs,
                size_of_field(row.field),
                f"{row.share:.4f}",
            )
        )
    return out.getvalue().rstrip("\n")


LATEX = {c: f"\\{c}" for c in "&%$#_{}"} | {
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\\": r"\textbackslash{}",
}


def as_latex(net: Compiled, depth: int | None = None) -> str:
    """The rows as a LaTeX tabular, for booktabs."""

    def line(cells: tuple[str, ...]) -> str:
        return " & ".join("".join(LATEX.get(c, c) for c in cell) for cell in cells) + r" \\"

    def indented(row: Row) -> str:
        return rf"\hspace{{{row.level}em}}" + line(_cells(row, ""))

    body = [indented(row) for row in rows(net, depth)]
    return "\n".join(
        [
            r"\begin{tabular}{lllrrrr}",
            r"\toprule",
            line(HEADINGS),
            r"\midrule",
            *body,
            r"\bottomrule",
            r"\end{tabular}",
        ]
    )


def as_html(net: Compiled, depth: int | None = None) -> str:
    """The summary as an HTML table, for notebooks."""

    def line(cells: tuple[str, ...], tag: str) -> str:
        sides = ["left"] * 3 + ["right"] * (len(cells) - 3)
        styled = (
            f'<{tag} style="text-align:{side};white-space:pre">{escape(cell)}</{tag}>'
            for side, cell in zip(sides, cells, strict=True)
        )
        return f"<tr>{''.join(styled)}</tr>"

    table = "".join(line(_cells(row, "  "), "td") for row in rows(net, depth))
    figures = "".join(
        f"<tr><th style='text-align:left'>{escape(n)}</th><td style='text-align:left'>{escape(t)}</td></tr>"
        for n, t in totals(net)
    )
    return (
        f"<div class='cnnspec'><p><b>{escape(_heading(net))}</b></p>"
        f"<table><thead>{line(HEADINGS, 'th')}</thead><tbody>{table}</tbody></table>"
        f"<table>{figures}</table></div>"
    )


FORMATS: dict[str, Callable[[Compiled, int | None], str]] = {
    "text": as_text,
    "md": as_markdown,
    "csv": as_csv,
    "latex": as_latex,
    "html": as_html,
}
