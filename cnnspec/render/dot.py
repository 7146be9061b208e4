"""The DOT of a scene: boxes of fixed sizes, open blocks as clusters, links as edges."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from cnnspec.render.boxes import TITLE_SIZE
from cnnspec.render.plan import DrawingPlan
from cnnspec.render.scene import Arrow

if TYPE_CHECKING:  # a browser, which lays out by itself, has no such package
    import graphviz

POINTS = 72.0


def dot_source(plan: DrawingPlan, heights: Mapping[int, float] = MappingProxyType({})) -> str:
    """The DOT text of a plan; node n7 is item 7, cluster_7 is item 7 opened.

    `heights` are those, in points, of boxes that are to be laid out as if they were of another height.
    """
    import graphviz

    theme = plan.theme
    graph = graphviz.Digraph(comment=None)
    graph.attr(
        "graph", rankdir=plan.direction, ranksep=inches(plan.rank_gap), nodesep=inches(plan.side_gap),
        splines="spline", fontname="Helvetica", fontsize=f"{TITLE_SIZE:g}", labeljust="l",
        bgcolor=theme.background, fontcolor=theme.text, outputorder="edgesfirst",
    )  # fmt: skip
    graph.attr(
        "node", shape="box", style="filled,rounded", fontname="Helvetica", fontsize="10", fixedsize="true"
    )
    graph.attr(
        "edge", color=theme.edge, fontname="Helvetica", fontsize="9", fontcolor=theme.muted, arrowsize="0.6"
    )
    _add_items(graph, plan, heights)
    for link in plan.links:
        _add_link(graph, plan, link)
    _keep_inputs_on_top(graph, plan)
    return graph.source


def _add_items(graph: graphviz.Digraph, plan: DrawingPlan, heights: Mapping[int, float]) -> None:
    """Boxes and clusters as the tree has them."""
    import graphviz

    def fill(graph: graphviz.Digraph, number: int) -> None:
        for child in plan.scene.children(number):
            if child in plan.boxes:
                _add_box(graph, plan, child, heights)
            elif plan.framed(child):
                cluster = graphviz.Digraph(name=f"cluster_{child}")
                _name_cluster(cluster, plan, child)
                fill(cluster, child)
                graph.subgraph(cluster)
            else:
                fill(graph, child)

    fill(graph, 0)


def _name_cluster(cluster: graphviz.Digraph, plan: DrawingPlan, number: int) -> None:
    style = "rounded,filled,dashed" if number in plan.scene.training else "rounded,filled"
    cluster.attr(
        label=quote(plan.titles[number]), style=style, color=plan.theme.cluster.stroke,
        fillcolor=plan.theme.cluster.fill, margin="10" if plan.direction == "TB" else "14",
    )  # fmt: skip


def _add_box(graph: graphviz.Digraph, plan: DrawingPlan, number: int, heights: Mapping[int, float]) -> None:
    box = plan.boxes[number]
    paint, color = plan.theme.paint(box.family), plan.colors.get(number)
    width, height = plan.outer_size(box)
    height = heights.get(number, height)
    text = box.join or "\n".join(f"{row.text}   {row.right}".rstrip() for row in box.rows)
    column = ("up" if number in plan.rising else "down") if plan.rows else None
    if number in plan.spine and not plan.rows:
        column = "spine"
    graph.node(
        f"n{number}", label=quote(text), width=inches(width), height=inches(height),
        group=column, fillcolor=color or paint.fill, color=paint.stroke,
        shape="circle" if box.join else "box",
        tooltip=quote(box.note),
    )  # fmt: skip


def _add_link(graph: graphviz.Digraph, plan: DrawingPlan, link: Arrow) -> None:
    """An edge; along a rising path it points upwards, and into one it keeps to its rank.

    One that goes around boxes of the spine pulls at neither end: the spine stays straight.
    """
    words = plan.words_on(link)
    label = quote(words) if words else None
    upwards = link.source in plan.rising or (
        bool(plan.rows) and plan.rows[link.target] < plan.rows[link.source]
    )
    across = link.target in plan.rising and not upwards
    ends = (link.target, link.source) if upwards else (link.source, link.target)
    rows = plan.rows[ends[1]] - plan.rows[ends[0]] if plan.rows else 1
    # a layer of a shortcut stands beside the end of what the shortcut goes around
    aside = link.training or (link.skip and not across and (link.source in plan.spine or bool(plan.rows)))
    weight = "0" if plan.goes_around(link) else "1" if aside else "8"
    graph.edge(
        f"n{ends[0]}", f"n{ends[1]}", label=label, weight=weight,
        color=plan.theme.skip if link.skip else None, style="dashed" if link.training else None,
        dir="back" if upwards else None, minlen=None if rows == 1 else str(rows),
    )  # fmt: skip


def _keep_inputs_on_top(graph: graphviz.Digraph, plan: DrawingPlan) -> None:
    """Beside a rising path, whose end is at the top, inputs stand above both arms."""
    inputs = [number for number in plan.rows if plan.scene.items[number].key in plan.graph.inputs]
    for number in inputs:
        for box in sorted(plan.rising):
            if plan.rows[box] == plan.rows[number] + 1:
                graph.edge(f"n{number}", f"n{box}", style="invis")


def quote(text: str) -> str:
    r"""A text that DOT shows as it is: no HTML label, no escapes but \n.

    An empty line gets a blank: the embedded Graphviz fails on a long label that begins with an empty one.
    """
    import graphviz

    lines = "".join(c if c >= " " or c == "\n" else " " for c in text).split("\n")
    return graphviz.nohtml(r"\n".join(graphviz.escape(line or " ") for line in lines))


def inches(points: float) -> str:
    """A length in inches, as DOT wants it."""
    return f"{points / POINTS:.4f}"
