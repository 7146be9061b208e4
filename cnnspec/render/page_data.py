"""What the page's script knows of a net: the tree of parts, a drawing of every box, the links of the leaves.

The script lays out what is open by itself; `page` adds the first layout, which is there before Graphviz is. A
page that can ask for more, as that of the studio, is given the drawings of what it shows alone: most parts of
a net are folded away, and to draw all of them takes longer than to compile it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from cnnspec.graph import Graph
from cnnspec.render.boxes import DETAIL_SIZE, TITLE_SIZE
from cnnspec.render.draw_boxes import box_group
from cnnspec.render.figures import MEASURES, total
from cnnspec.render.fold import DrawnPart
from cnnspec.render.legend import MEASURE_WORDS, legend_marks, show_measure
from cnnspec.render.options import DrawingOptions, Standing
from cnnspec.render.plan import DrawingPlan, bare_plan, fill_plan, heat_of
from cnnspec.render.rising import rising_boxes
from cnnspec.render.scene import Arrow, Owner, Scene, links, opens_along, visible
from cnnspec.render.sheet import subtitle_of
from cnnspec.render.svg import element
from cnnspec.render.text import short_number, show_shape
from cnnspec.render.theme import Theme, heat_color, ink_on
from cnnspec.render.words import describe_item, frame_name

LEGEND_WIDTH = 960.0
HEAT_STEPS = 24


def page_plans(graph: Graph, options: DrawingOptions) -> tuple[DrawingPlan, DrawingPlan]:
    """The plan of all parts of a net, and that of those which the page shows first."""
    bare = _uncoloured_plan(graph, options)
    items = bare.scene.items
    everything = range(1, len(items))
    plan = fill_plan(bare, everything, (item for item in everything if items[item].children))
    boxes = {item: plan.boxes[item] for item in visible(bare.scene)[1]}
    titles = {item: title for item, title in plan.titles.items() if item in bare.scene.opened}
    return plan, replace(plan, boxes=boxes, titles=titles)


def shown_plan(graph: Graph, options: DrawingOptions, standing: Standing) -> DrawingPlan:
    """The plan of what a page shows; one that shows another net opens what it opens first."""
    bare = _uncoloured_plan(graph, options)
    if standing.title == graph.name:
        opened = frozenset(_opened(bare.scene, standing))
        bare = replace(bare, scene=replace(bare.scene, opened=opened))
    reached = _reached(bare.scene)
    frames = [number for number in reached if number in bare.scene.opened]
    return fill_plan(bare, (number for number in reached if number not in bare.scene.opened), frames)


def _uncoloured_plan(graph: Graph, options: DrawingOptions) -> DrawingPlan:
    """The plan without boxes: the page colours them itself, by what its reader chooses."""
    return replace(bare_plan(graph, options), scale=None)


def _opened(scene: Scene, standing: Standing) -> Iterator[int]:
    """The items that are open where a page stands so; of those that it does not know, the ones open first."""
    for number, item in enumerate(scene.items):
        path = path_of(item)
        was_open = path in standing.opened and bool(item.children)
        if number == 0 or ((number in scene.opened or was_open) and path not in standing.closed):
            yield number


def _reached(scene: Scene) -> list[int]:
    """The items around which all are open: boxes and frames, in the order of the spec."""
    reached = {0}
    for number, parent in enumerate(scene.parents):
        if parent in reached and parent in scene.opened:
            reached.add(number)
    return sorted(reached)


def net_data(graph: Graph, options: DrawingOptions, standing: Standing | None = None) -> dict[str, Any]:
    """All that a page which is open already needs to draw another net in the place of its own.

    Where it is said what the page shows, other parts than those have neither figures nor a box, and the page
    asks anew when it is to show one.
    """
    plan = page_plans(graph, options)[0] if standing is None else shown_plan(graph, options, standing)
    return {
        **page_data(plan, None if standing is None else frozenset(_reached(plan.scene))),
        "title": graph.name,
        "subtitle": subtitle_of(plan),
        "legend": legend_source(plan),
        "style": style_source(plan.theme),
    }


def page_data(plan: DrawingPlan, reached: frozenset[int] | None = None) -> dict[str, Any]:
    """What the script of the page needs to know, but for the layout of what it shows first.

    Figures are those of the parts that are `reached`, or of all.
    """
    theme = plan.theme
    owners, leaf_links = _leaves(plan)
    return {
        "rising": sorted(rising_boxes(plan.graph, owners)),
        "inputs": [owners[name].number for name in plan.graph.inputs],
        "items": [
            _item(plan, number, is_shown=reached is None or number in reached)
            for number in range(len(plan.scene.items))
        ],
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


def _item(plan: DrawingPlan, number: int, *, is_shown: bool) -> dict[str, Any]:
    """An item as the page knows it: its place in the tree, its line in the table, its drawing."""
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
    span = (item.block.span if item.kind != "layer" and item.block else None) or plan.graph[
        item.nodes[-1]
    ].span
    return {
        "parent": plan.scene.parents[number],
        "title": frame_name(plan.graph, item),
        "path": path_of(item),
        "head": item.kind == "head",
        "along": opens_along(plan.scene.items, plan.scene.parents, number),
        "training": number in plan.scene.training,
        "run": item.kind == "run",
        "main": item.main,
        "line": span.line if span else 0,
        "here": span is not None and span.source.name == plan.graph.file,
        **(_figures(plan, number) if is_shown else {}),
        **(_drawing(plan, number) if number in plan.boxes else {}),
    }


def path_of(item: DrawnPart) -> str:
    """The path of a part in the net; a run of layers has that of the one at its head."""
    return item.key.rstrip("+")


def _figures(plan: DrawingPlan, number: int) -> dict[str, Any]:
    """What the page says of an item: its frame, its tip, its line in the table."""
    item = plan.scene.items[number]
    parts = total(plan.figures[name] for name in item.all_nodes())
    last = plan.graph[list(item.all_nodes())[-1]]
    box = plan.boxes.get(number)
    return {
        "frame": plan.titles.get(number, ""),
        "note": box.note if box else describe_item(plan.graph, item, plan.figures),
        "output": show_shape(last.shape),
        "params": f"{parts.params:,}" if parts.params else "",
        "macs": short_number(parts.macs) if parts.macs else "",
        "field": show_shape(parts.field) if parts.field else "",
        "figures": (figures := {measure: heat_of(item, plan.figures, measure) for measure in MEASURES}),
        "said": {measure: show_measure(measure, value) for measure, value in figures.items()},
    }


def _drawing(plan: DrawingPlan, number: int) -> dict[str, Any]:
    """The box of an item, as SVG around the origin, and its size in points."""
    box = plan.boxes[number]
    width, height = plan.outer_size(box)
    return {
        "box": "".join(map(element, box_group(plan, number, box).marks)),
        "round": bool(box.join),
        "width": round(width, 2),
        "height": round(height, 2),
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
