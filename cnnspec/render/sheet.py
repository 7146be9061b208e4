"""The sheet that a picture stands on: its title above, a note and the legend below, and its size in print."""

from __future__ import annotations

from collections.abc import Sequence

from cnnspec.render.canvas import Drawing, Mark, MarkGroup, Text
from cnnspec.render.legend import legend_marks
from cnnspec.render.plan import DrawingPlan
from cnnspec.render.text import short_number, show_shape, text_width, wrap

BORDER, TIGHT_BORDER = 14.0, 4.0
TITLE_SIZE, TEXT_SIZE = 15.0, 10.0
HEADER, LINE = 40.0, 13.0


def make_sheet(
    plan: DrawingPlan, body: Sequence[Mark], width: float, height: float, note: str = ""
) -> Drawing:
    """The drawing of a picture of some size, with what the options ask for around it."""
    options, theme, graph = plan.options, plan.theme, plan.graph
    # A picture fitted to a page has the margins of that.
    border = BORDER if (options.title or options.legend) and options.width is None else TIGHT_BORDER
    subtitle = subtitle_of(plan)
    least = text_width(graph.name, TITLE_SIZE, True) if options.title else 0.0
    inner = max(width, least, plan.least_width - 2 * border)
    marks: list[Mark] = []
    y = border
    if options.title:
        marks.append(Text(border, y + 13, graph.name, TITLE_SIZE, theme.text, bold=True))
        lines = wrap(subtitle.split(" · "), " · ", inner, TEXT_SIZE)
        for place, line in enumerate(lines):
            marks.append(Text(border, y + 28 + LINE * place, line, TEXT_SIZE, theme.muted))
        y += HEADER + LINE * (len(lines) - 1)
    marks.append(MarkGroup(tuple(body), border + (inner - width) / 2, y))
    y += height
    if options.legend:
        for line in wrap(note.split(" "), " ", inner, TEXT_SIZE) if note else ():
            y += LINE
            marks.append(Text(border, y, line, TEXT_SIZE, theme.muted))
        legend, legend_height = legend_marks(plan, inner)
        marks.append(MarkGroup(tuple(legend), border, y + 12))
        y += 12 + legend_height
    return Drawing(
        inner + 2 * border, y + border, tuple(marks), theme.background, graph.name, subtitle, plan.scene.notes
    )


def subtitle_of(plan: DrawingPlan) -> str:
    """The line under the title: inputs, params and MACs of the whole net."""
    graph, parts = plan.graph, plan.whole
    inputs = ", ".join(show_shape(graph[name].shape) for name in graph.inputs)
    params = f"{short_number(parts.params)} params"
    if graph.training_heads:
        running = sum(plan.figures[name].params for name in graph.inference_nodes)
        params += f", {short_number(running)} without training heads"
    return f"{inputs} · {params} · {short_number(parts.macs)} MACs"
