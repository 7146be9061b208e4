"""The summary of a net: rows by block and layer, and totals, in each form that `summary` prints."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from itertools import groupby
from typing import Any

from cnnspec.graph import Block, Graph, Node
from cnnspec.graph import show_value as show
from cnnspec.layers.base import Layer, Shape, describe, parameters
from cnnspec.passes.cost import LayerCost, conventions, total, uncounted
from cnnspec.passes.receptive_field import Field
from cnnspec.pipeline import Compiled

SCREEN_ROWS = 40
DEPTHS = (3, 2, 1)


@dataclass(frozen=True)
class Row:
    """One row: a layer, a block, or several equal blocks after one another, whose costs are added up."""

    level: int
    name: str
    what: str
    shape: Shape
    cost: LayerCost
    field: Field | None
    share: float
    """The part of the net's MACs, from 0 to 1."""


# ---- rows


def rows(net: Compiled, depth: int | None = None) -> list[Row]:
    """The rows down to a depth of blocks; by default the deepest of 3, 2, 1 that fits a screen.

    Equal blocks after one another are folded into one row, unless the depth opens them to single layers.
    """
    if depth is not None:
        return list(_rows(net, net.graph.root, 0, depth))
    for tried in DEPTHS:
        found = list(_rows(net, net.graph.root, 0, tried))
        if len(found) <= SCREEN_ROWS:
            return found
    return found


def _rows(net: Compiled, block: Block, level: int, depth: int) -> Iterator[Row]:
    children = [child for child in block.children if isinstance(child, Block) or child in net.graph.nodes]
    for _, group in groupby(children, key=lambda child: _likeness(net, child)):
        same = list(group)
        yield _row(net, same, level)
        first = same[0]
        if isinstance(first, Block) and level + 1 < depth:
            yield from _rows(net, first, level + 1, depth)


def _likeness(net: Compiled, child: Block | str) -> Any:
    """A key that is equal for blocks of equal cost and shape under the same call; a layer is like none."""
    if isinstance(child, str) or child.index is None:
        return id(child) if isinstance(child, Block) else child
    return child.title, child.arguments, _cost(net, child), _shape(net.graph, child)


def _row(net: Compiled, same: list[Block | str], level: int) -> Row:
    first, last = same[0], same[-1]
    cost = total(_cost(net, child) for child in same)
    cost = cost._replace(macs=net.counted(cost))
    all_macs = net.counted(net.costs.inference) if net.costs else 0
    share = cost.macs / all_macs if all_macs else 0.0
    if isinstance(first, str) or isinstance(last, str):
        node = net.graph.nodes[str(first)]
        segment = node.name.rpartition(".")[2]
        return Row(level, segment, layer_text(node.layer), node.shape, cost, _field(net, node.name), share)
    name = first.segment if len(same) == 1 else f"{first.segment}-{last.segment}"
    what = first.describe() if first.kind in ("def", "share") else "" if first.title == name else first.title
    times = f"  x{len(same)}" if len(same) > 1 else ""
    return Row(
        level,
        name,
        f"{what}{times}".strip(),
        _shape(net.graph, last),
        cost,
        _field(net, _last(net.graph, last)),
        share,
    )


def _cost(net: Compiled, child: Block | str) -> LayerCost:
    assert net.costs is not None
    layers = net.costs.layers
    if isinstance(child, str):
        return layers[child]
    return total(layers[name] for name in child.nodes() if name in layers)


def _last(graph: Graph, block: Block) -> str:
    names = [name for name in block.nodes() if name in graph.nodes]
    return names[-1]


def _shape(graph: Graph, block: Block) -> Shape:
    return graph.nodes[_last(graph, block)].shape


def _field(net: Compiled, name: str) -> Field | None:
    return net.fields[name] if net.fields is not None else None


def layer_text(layer: Layer) -> str:
    """A layer as a spec would write it, with the arguments that are not at their defaults."""
    if layer.op == "input":
        return "input"
    given = []
    for position, parameter in enumerate(parameters(type(layer))):
        value = getattr(layer, parameter.name)
        if not parameter.required and value == parameter.default:
            continue
        text = describe(value) if isinstance(value, tuple) else show(value)
        given.append(text if parameter.required and position == len(given) else f"{parameter.name}={text}")
    return f"{layer.op}({', '.join(given)})" if given else layer.op


# ---- the table

HEADINGS = ("layer", "is", "output", "params", "MACs", "field", "MACs %")


def _cells(row: Row, indent: str) -> tuple[str, ...]:
    return (
        indent * row.level + row.name,
        row.what,
        describe(row.shape),
        f"{row.cost.params:,}",
        f"{row.cost.macs:,}",
        _size(row.field),
        f"{100 * row.share:.1f}",
    )


def _size(field: Field | None) -> str:
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


def totals(net: Compiled) -> list[tuple[str, str]]:
    """The totals as names and texts, one line each."""
    assert net.costs is not None and net.memory is not None
    whole, inference, memory = net.costs.total, net.costs.inference, net.memory
    counts = conventions(net.graph, net.costs)
    left_out = f" ({inference.params:,} without training heads)" if inference.params != whole.params else ""
    others = ", ".join(f"{name} {count:,}" for name, count in counts.items() if name != net.counting)
    return [
        ("params", f"{whole.params:,}{left_out}"),
        ("buffers", f"{whole.buffers:,}"),
        ("MACs", f"{net.counted(inference):,}"),
        ("other counts", others),
        ("not counted", f"{len(uncounted(net.graph))} layers"),
        ("activations", f"{inference.activations:,}"),
        (
            "memory",
            f"weights {size_text(memory.weights_bytes)}, activations at most "
            f"{size_text(memory.peak_activation_bytes)} (at {memory.peak_at}), fp32, one sample",
        ),
        ("receptive field", _field_text(net.receptive_field)),
        ("depth", f"{net.depth} layers with multiplications on the longest path"),
    ]


def _field_text(field: Field | None) -> str:
    if field is None:
        return "the whole input"
    return f"{describe(field.size)}, stride {_plain(field.stride)}, left padding {_plain(field.padding)}"


def _plain(values: tuple[Any, ...]) -> str:
    return str(values[0]) if len(set(values)) == 1 else "x".join(map(str, values))


def size_text(count: int) -> str:
    """A number of bytes in MB (10**6 bytes), or kB or GB where that reads better."""
    if count < 10**6:
        return f"{count / 10**3:.1f} kB"
    return f"{count / 10**6:.1f} MB" if count < 10**9 else f"{count / 10**9:.2f} GB"


def as_markdown(net: Compiled, depth: int | None = None) -> str:
    """The summary as a Markdown table, and the totals as a list."""

    def line(cells: tuple[str, ...]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    aligned = "| --- | --- | --- | ---: | ---: | ---: | ---: |"
    table = [line(HEADINGS), aligned, *(line(_cells(row, "&nbsp;&nbsp;")) for row in rows(net, depth))]
    return "\n".join(
        [f"**{_heading(net)}**", "", *table, "", *(f"- {name}: {text}" for name, text in totals(net))]
    )


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
                _size(row.field),
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
        styled = (
            f'<{tag} style="text-align:{"left" if column < 3 else "right"};white-space:pre">{escape(cell)}</{tag}>'
            for column, cell in enumerate(cells)
        )
        return f"<tr>{''.join(styled)}</tr>"

    table = "".join(line(_cells(row, "  "), "td") for row in rows(net, depth))
    figures = "".join(
        f"<tr><th style='text-align:left'>{escape(n)}</th><td style='text-align:left'>{escape(t)}</td></tr>"
        for n, t in totals(net)
    )
    return (
        f"<div class='cnnspec'><p><b>{escape(_heading(net))}</b></p>"
        f"<table><thead>{line(HEADINGS, 'th')}</thead><tbody>{table}</tbody></table><table>{figures}</table></div>"
    )


FORMATS: dict[str, Callable[[Compiled, int | None], str]] = {
    "text": as_text,
    "md": as_markdown,
    "csv": as_csv,
    "latex": as_latex,
    "html": as_html,
}


# ---- JSON


def as_dict(net: Compiled) -> dict[str, Any]:
    """The summary as JSON-ready data: figures, every layer, every block."""
    assert net.costs is not None and net.memory is not None
    graph, costs = net.graph, net.costs
    return {
        "net": graph.name,
        "file": graph.file,
        "inputs": {name: list(graph.nodes[name].shape) for name in graph.inputs},
        "outputs": {head: list(graph.nodes[node].shape) for head, node in graph.outputs.items()},
        "training_heads": sorted(graph.training_heads),
        "params": costs.total.params,
        "params_inference": costs.inference.params,
        "buffers": costs.total.buffers,
        "activations": costs.inference.activations,
        "macs": net.counted(costs.inference),
        "count": net.counting,
        "counts": conventions(graph, costs),
        "layers_not_counted": len(uncounted(graph)),
        "memory": net.memory._asdict(),
        "receptive_field": _field_dict(net.receptive_field),
        "depth": net.depth,
        "layers": [_layer_dict(net, node) for node in graph],
        "blocks": [_block_dict(net, block) for block in graph.root.walk() if block is not graph.root],
    }


def _field_dict(field: Field | None) -> dict[str, list[int | float]] | None:
    if field is None:
        return None
    return {name: [_number(value) for value in values] for name, values in field._asdict().items()}


def _number(value: int | Fraction) -> int | float:
    return int(value) if value == int(value) else float(value)


def _layer_dict(net: Compiled, node: Node) -> dict[str, Any]:
    cost = _cost(net, node.name)
    field = _field(net, node.name)
    return {
        "name": node.name,
        "op": node.layer.op,
        "inputs": list(node.inputs),
        "output": list(node.shape),
        "attrs": dataclasses.asdict(node.layer),
        "params": cost.params,
        "buffers": cost.buffers,
        "macs": net.counted(cost),
        "receptive_field": list(field.size) if field else None,
        "weights_of": node.weights_of,
        "line": node.span.line if node.span else None,
    }


def _block_dict(net: Compiled, block: Block) -> dict[str, Any]:
    cost = _cost(net, block)
    return {
        "name": block.path,
        "kind": block.kind,
        "title": block.title,
        "params": cost.params,
        "macs": net.counted(cost),
        "output": list(_shape(net.graph, block)),
    }
