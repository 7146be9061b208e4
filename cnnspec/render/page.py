"""The interactive page: the tree of blocks, a drawing of every box, the first layout, and Graphviz itself.

Everything is in the one file: nothing is fetched, and it works from a disk.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from dataclasses import replace
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from cnnspec.graph import Graph
from cnnspec.render.boxes import DETAIL_SIZE, TITLE_SIZE
from cnnspec.render.dot import dot_source
from cnnspec.render.draw_boxes import box_group
from cnnspec.render.embedded import program
from cnnspec.render.figures import MEASURES, total
from cnnspec.render.layout import Layout, lay_out
from cnnspec.render.legend import MEASURE_WORDS, legend_marks, show_measure
from cnnspec.render.options import DrawingOptions, RenderError
from cnnspec.render.plan import DrawingPlan, fill_plan, heat_of, make_plan
from cnnspec.render.rising import rising_boxes
from cnnspec.render.scene import Arrow, Owner, links, opens_along, visible
from cnnspec.render.sheet import subtitle_of
from cnnspec.render.svg import clean_raw, element
from cnnspec.render.text import short_number, show_shape
from cnnspec.render.theme import Theme, heat_color, ink_on
from cnnspec.render.words import frame_name

LEGEND_WIDTH = 960.0
HEAT_STEPS = 24


def page_source(graph: Graph, options: DrawingOptions) -> str:
    """The whole page. Raises RenderError for the volumes view, which has no blocks to open."""
    if options.view == "volumes":
        raise RenderError("the volumes view has no html form: it is drawn as svg, png or pdf")
    # The page colours boxes itself, by what its reader chooses.
    first = replace(make_plan(graph, options), scale=None, colors={})
    everything = range(1, len(first.scene.items))
    plan = fill_plan(first, everything, (item for item in everything if first.scene.items[item].children))
    shown = replace(plan, boxes={item: plan.boxes[item] for item in first.boxes})
    parts = {
        "TITLE": escape(clean_raw(graph.name)),
        "SUBTITLE": escape(subtitle_of(plan)),
        "COLORS": _colors(plan.theme),
        "STYLE": _asset("page.css"),
        "LEGEND": _legend(plan),
        "DATA": _script_safe(_data(plan, lay_out(dot_source(shown)))),
        "ENGINE": _engine(),
        "SCRIPT": "\n".join(map(_asset, ("layout.js", "page.js", "actions.js"))),
    }
    pieces = re.split("@([A-Z]+)@", _asset("page.html"))
    return "".join(parts[piece] if place % 2 else piece for place, piece in enumerate(pieces))


def _data(plan: DrawingPlan, layout: Layout) -> dict[str, Any]:
    """What the script of the page needs to know."""
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
        "layout": _layout(layout),
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
        "output": show_shape(last.shape),
        "params": f"{parts.params:,}" if parts.params else "",
        "macs": short_number(parts.macs) if parts.macs else "",
        "field": show_shape(parts.field) if parts.field else "",
        "figures": (figures := {measure: heat_of(item, plan.figures, measure) for measure in MEASURES}),
        "said": {measure: show_measure(measure, value) for measure, value in figures.items()},
    }


def _layout(layout: Layout) -> dict[str, Any]:
    """A layout as the script of the page keeps it."""
    return {
        "width": layout.width,
        "height": layout.height,
        "boxes": layout.boxes,
        "frames": {
            number: (frame.x, frame.y, frame.width, frame.height) for number, frame in layout.frames.items()
        },
        "routes": {
            f"{source}-{target}": {"points": route.points, "tip": route.tip, "label": route.label}
            for (source, target), route in layout.routes.items()
        },
    }


def _legend(plan: DrawingPlan) -> str:
    """The legend as SVG, for all that the page can show."""
    marks, height = legend_marks(plan, LEGEND_WIDTH)
    body = "".join(map(element, marks))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="Legend" '
        f'width="{LEGEND_WIDTH:g}" height="{height:g}" viewBox="0 0 {LEGEND_WIDTH:g} {height:g}">{body}</svg>'
    )


def _colors(theme: Theme) -> str:
    """The theme as variables of the style sheet."""
    values = {
        "background": theme.background, "panel": theme.cluster.fill, "line": theme.cluster.stroke,
        "text": theme.text, "muted": theme.muted, "chosen": theme.paint("block").fill, "focus": theme.skip,
    }  # fmt: skip
    return ":root { " + " ".join(f"--{name}: {value};" for name, value in values.items()) + " }"


def _script_safe(data: dict[str, Any]) -> str:
    """JSON that cannot end the script element that it stands in."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _asset(name: str) -> str:
    return (files("cnnspec.render") / "web" / name).read_text(encoding="utf-8").rstrip("\n")


@cache
def _engine() -> str:
    """Graphviz for WebAssembly, packed and in base64."""
    return base64.b64encode(gzip.compress(program().read_bytes(), 9, mtime=0)).decode()
