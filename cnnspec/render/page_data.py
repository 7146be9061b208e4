"""What the page's script knows of a net: the tree of parts, a drawing of every box, the links of the leaves.

The script lays out what is open by itself; `page` adds the first layout, which is there before Graphviz is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cnnspec.graph import Graph
from cnnspec.render.boxes import DETAIL_SIZE, TITLE_SIZE
from cnnspec.render.draw_boxes import box_group
from cnnspec.render.figures import MEASURES, total
from cnnspec.render.legend import MEASURE_WORDS, legend_marks, show_measure
from cnnspec.render.options import DrawingOptions
from cnnspec.render.plan import DrawingPlan, fill_plan, heat_of, make_plan
from cnnspec.render.rising import rising_boxes
from cnnspec.render.scene import Arrow, Owner, links, opens_along, visible
from cnnspec.render.sheet import subtitle_of
from cnnspec.render.svg import element
from cnnspec.render.text import short_number, show_shape
from cnnspec.render.theme import Theme, heat_color, ink_on
from cnnspec.render.words import frame_name

LEGEND_WIDTH = 960.0
HEAT_STEPS = 24


def page_plans(graph: Graph, options: DrawingOptions) -> tuple[DrawingPlan, DrawingPlan]:
    """The plan of all parts of a net, and that of those which the page shows first."""
    # The page colours boxes itself, by what its reader chooses.
    first = replace(make_plan(graph, options), scale=None, colors={})
    everything = range(1, len(first.scene.items))
    plan = fill_plan(first, everything, (item for item in everything if first.scene.items[item].children))
    titles = {item: plan.titles[item] for item in first.titles}
    return plan, replace(plan, boxes={item: plan.boxes[item] for item in first.boxes}, titles=titles)


def net_data(graph: Graph, options: DrawingOptions) -> dict[str, Any]:
    """All that a page which is open already needs to draw another net in the place of its own."""
    plan, _ = page_plans(graph, options)
    return {
        **page_data(plan),
        "title": graph.name,
        "subtitle": subtitle_of(plan),
        "legend": legend_source(plan),
        "style": style_source(plan.theme),
    }


def page_data(plan: DrawingPlan) -> dict[str, Any]:
    """What the script of the page needs to know, but for the layout of what it shows first."""
    theme = plan.theme
    owners, leaf_links = _leaves(plan)
    return {
        "rising": sorted(rising_boxes(plan.graph, owners)),
        "inputs": [owners[name].number for name in plan.graph.inputs],
        "items": [_item(plan, number) for number in range(len(plan.scene.items))],
        "links": [
            {"source": link.source, "target": link.target, "skip": link.skip, "training": link.training,
             "words": link.words}
            for link in leaf_links
        ],
        "open": sorted(plan.scene.opened),
        "direction": plan.direction,
        "rankGap": plan.rank_gap,
        "sideGap": plan.side_gap,
        "titleSize": TITLE_SIZE,
        "detailSize": DETAIL_SIZE,
        "colourBy": plan.options.color_by or "",
        "heat": [{"fill": fill, "ink": ink_on(fill)} for fill in _heat_colors(theme)],
        "measures": MEASURE_WORDS,
        "colors": {
            "text": theme.text, "muted": theme.muted, "edge": theme.edge, "skip": theme.skip,
            "background": theme.background, "frame": theme.cluster.fill, "frameLine": theme.cluster.stroke,
        },
    }  # fmt: skip


def _heat_colors(theme: Theme) -> list[str]:
    """The colours of a heat map, from nothing to the most."""
    return [heat_color(theme, step / (HEAT_STEPS - 1)) for step in range(HEAT_STEPS)]


def _leaves(plan: DrawingPlan) -> tuple[dict[str, Owner], list[Arrow]]:
    """Which items without others in them show which layers, and the links between those.

    The links of any state of the page are these, seen from further away.
    """
    containers = frozenset(number for number, item in enumerate(plan.scene.items) if item.children)
    scene = replace(plan.scene, opened=containers)
    owners, _ = visible(scene)
    return owners, links(scene, owners)


def _item(plan: DrawingPlan, number: int) -> dict[str, Any]:
    """An item as the page knows it: its place in the tree, its drawing, its line in the table."""
    item = plan.scene.items[number]
    if number == 0:
        return {
            "parent": -1,
            "title": item.title,
            "note": "",
            "path": "",
            "frame": "",
            "output": "",
            "params": "",
            "figures": {},
        }
    box = plan.boxes[number]
    parts = total(plan.figures[name] for name in item.all_nodes())
    span = (item.block.span if item.kind != "layer" and item.block else None) or plan.graph[
        item.nodes[-1]
    ].span
    width, height = plan.outer_size(box)
    last = plan.graph[list(item.all_nodes())[-1]]
    return {
        "parent": plan.scene.parents[number],
        "title": frame_name(plan.graph, item),
        "path": item.key.rstrip("+"),
        "frame": plan.titles.get(number, ""),
        "head": item.kind == "head",
        "along": opens_along(plan.scene.items, plan.scene.parents, number),
        "training": number in plan.scene.training,
        "box": "".join(map(element, box_group(plan, number, box).marks)),
        "round": bool(box.join),
        "width": round(width, 2),
        "height": round(height, 2),
        "note": box.note,
        "run": item.kind == "run",
        "main": item.main,
        "line": span.line if span else 0,
        "here": span is not None and span.source.name == plan.graph.file,
        "output": show_shape(last.shape),
        "params": f"{parts.params:,}" if parts.params else "",
        "macs": short_number(parts.macs) if parts.macs else "",
        "field": show_shape(parts.field) if parts.field else "",
        "figures": (figures := {measure: heat_of(item, plan.figures, measure) for measure in MEASURES}),
        "said": {measure: show_measure(measure, value) for measure, value in figures.items()},
    }


def legend_source(plan: DrawingPlan) -> str:
    """The legend as SVG, for all that the page can show."""
    marks, height = legend_marks(plan, LEGEND_WIDTH)
    body = "".join(map(element, marks))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="Legend" '
        f'width="{LEGEND_WIDTH:g}" height="{height:g}" viewBox="0 0 {LEGEND_WIDTH:g} {height:g}">{body}</svg>'
    )


def style_source(theme: Theme) -> str:
    """The theme as variables of the style sheet."""
    values = {
        "background": theme.background, "panel": theme.cluster.fill, "line": theme.cluster.stroke,
        "text": theme.text, "muted": theme.muted, "chosen": theme.paint("block").fill, "focus": theme.skip,
    }  # fmt: skip
    return ":root { " + " ".join(f"--{name}: {value};" for name, value in values.items()) + " }"
