"""All that is known of a drawing before it is laid out: boxes, titles, colours, links, spacing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from cnnspec.graph import Graph
from cnnspec.render.boxes import DETAIL_SIZE, WIDEST, Box, Style, TextLine, make_box, make_layer_box
from cnnspec.render.figures import Figures, layer_figures, net_figures, total
from cnnspec.render.fold import DrawnPart
from cnnspec.render.options import DrawingOptions, RenderError
from cnnspec.render.pyramid import is_pyramid
from cnnspec.render.rising import rising_rows
from cnnspec.render.scene import FORMS, Arrow, Scene, links, make_scene, visible
from cnnspec.render.spine import spine_of
from cnnspec.render.text import show_shape, text_width
from cnnspec.render.theme import THEMES, Theme, heat_color
from cnnspec.render.words import figure_words, frame_name, heat_words

FRAMED = frozenset({"section", "head", "label", "def", "share", "dense", "repeat"})
MOST_LAYERS = 3000
LEAST_WIDTH, LEAST_LAYER_WIDTH = 190.0, 110.0
NARROW_BELOW, ASIDE = 200.0, 166.0
"""Boxes that may not be as wide as this, in points, have a line for each thing that they say; those
that stand aside are no wider than the other."""


@dataclass(frozen=True, eq=False)
class DrawingPlan:
    """A drawing but for its layout; everything is keyed by the numbers of the scene's items.

    `boxes` are the closed items, `titles` the open ones that get a frame; `figures` are those of each layer,
    `whole` those of the net; `scale` is the largest value of a heat map, None without one. `rising` are the
    boxes of an upsampling path, which stands beside the downsampling one and is read upwards; `rows` are then
    the rows of all boxes. `spine` are the boxes that all values pass. `widest` is how wide a box may be,
    `least_width` how wide the sheet is at least, `plain` whether figures are left out, `gridded` whether
    boxes stand in rows by the sizes of maps, `upright` whether those rows are turned into columns.
    """

    scene: Scene
    options: DrawingOptions
    theme: Theme
    boxes: dict[int, Box]
    titles: dict[int, str]
    colors: dict[int, str]
    links: tuple[Arrow, ...]
    figures: dict[str, Figures]
    whole: Figures
    scale: float | None
    rising: frozenset[int]
    rows: dict[int, int]
    spine: tuple[int, ...] = ()
    widest: float = WIDEST
    least_width: float = 0.0
    plain: bool = False
    gridded: bool = False
    upright: bool = False

    @property
    def graph(self) -> Graph:
        return self.scene.graph

    @property
    def direction(self) -> str:
        return self.options.direction

    @property
    def rank_gap(self) -> float:
        """The least distance between a box and the next, in points."""
        return 12.0 if self.direction == "TB" else 24.0

    @property
    def side_gap(self) -> float:
        return 16.0

    def outer_size(self, box: Box) -> tuple[float, float]:
        """The width and height of a box with room for its arcs: beside it, or above in a row."""
        room = 2 * box.sign_room
        return (box.width + room, box.height) if self.direction == "TB" else (box.width, box.height + room)

    def framed(self, number: int) -> bool:
        return number in self.titles

    def goes_around(self, link: Arrow) -> bool:
        """Whether an edge between two boxes of the spine goes around others on it."""
        if self.rows or not {link.source, link.target} <= set(self.spine):
            return False
        return self.spine.index(link.target) != self.spine.index(link.source) + 1

    def words_on(self, link: Arrow) -> str:
        """What stands on an arrow: a layer without a box, or, in the layers view, the shape that flows."""
        return show_shape(link.shape) if self.options.view == "layers" else link.words


def make_plan(graph: Graph, options: DrawingOptions) -> DrawingPlan:
    """Decide all of a drawing but where things stand. Raises RenderError where there is too much to draw."""
    plan = bare_plan(graph, options)
    return fill_plan(plan, visible(plan.scene)[1], sorted(plan.scene.opened))


def bare_plan(graph: Graph, options: DrawingOptions) -> DrawingPlan:
    """The plan without boxes and frames, to be filled. Raises RenderError where there is too much to draw."""
    if options.view == "layers" and len(graph) > MOST_LAYERS:
        raise RenderError(
            f"{graph.name} has {len(graph):,} layers, and a layout of more than {MOST_LAYERS:,} would take "
            "minutes: use --view blocks"
        )
    scene = make_scene(graph, options)
    owners, closed = visible(scene)
    figures = layer_figures(graph)
    all_links = tuple(links(scene, owners))
    rising, rows = rising_rows(graph, scene, owners, closed, all_links)
    if gridded := not rows and _wants_grid(graph, options):
        scene = make_scene(graph, options, joins_closed=True)
        owners, closed = visible(scene)
        all_links = tuple(links(scene, owners))
    return DrawingPlan(
        scene, options, THEMES[options.theme], {}, {}, {}, all_links, figures, net_figures(graph, figures),
        _largest(scene, closed, figures, options.color_by), rising, rows,
        spine_of(graph, scene, closed, all_links), gridded=gridded,
    )  # fmt: skip


def _wants_grid(graph: Graph, options: DrawingOptions) -> bool:
    """Whether blocks stand on a grid: those of nets of several scales, where no other shape is asked for."""
    asked = options.view != "blocks" or options.direction != "TB" or options.depth is not None
    return not (asked or options.expand or options.rows) and is_pyramid(graph)


def fill_plan(plan: DrawingPlan, closed: Iterable[int], opened: Iterable[int]) -> DrawingPlan:
    """The plan with boxes for some items and frames for others."""
    scene, options = plan.scene, plan.options
    boxes = {number: _box(plan, scene.items[number]) for number in closed}
    titles = {
        number: _frame_title(plan, number)
        for number in opened
        if _has_frame(scene, number, options.view == "layers")
    }
    colors = {
        number: heat_color(plan.theme, _value(plan, number) / (plan.scale or 1.0))
        for number in boxes
        if plan.scale is not None
    }
    return replace(
        plan,
        boxes=same_width(mark_training(scene, boxes), options, plan.widest, _frame_room(titles)),
        titles=titles,
        colors=colors,
    )


def _box(plan: DrawingPlan, item: DrawnPart) -> Box:
    """The box of a part; coloured by a figure that boxes do not tell, it has a line for that."""
    box, words = _plain_box(plan, item), heat_words(item, plan.figures, plan.options.color_by or "")
    return replace(box, rows=(*box.rows, TextLine(words, DETAIL_SIZE))) if words and box.rows else box


def _plain_box(plan: DrawingPlan, item: DrawnPart) -> Box:
    if plan.options.view == "layers":
        return make_layer_box(plan.graph, item, plan.figures)
    aside = item.kind == "head" and not any(name in plan.graph.inference_nodes for name in item.nodes)
    narrow = plan.direction == "LR" or plan.widest < NARROW_BELOW or aside
    style: Style = "plain" if plan.plain else "narrow" if narrow else "wide"
    room = min(plan.widest, ASIDE) if aside else plan.widest
    return make_box(plan.graph, item, plan.figures, widest=room, style=style)


def _value(plan: DrawingPlan, number: int) -> float:
    """The figure that a part has in a heat map."""
    return heat_of(plan.scene.items[number], plan.figures, plan.options.color_by or "")


def heat_of(item: DrawnPart, figures: dict[str, Figures], measure: str) -> float:
    """The figure of a part; of equal ones in a row that of the costliest, so many cheap ones stay cheap."""
    turns = (item, *item.copies)
    return max(total(figures[name] for name in turn.nodes).value(measure) for turn in turns)


def _largest(
    scene: Scene, closed: list[int], figures: dict[str, Figures], measure: str | None
) -> float | None:
    if measure is None:
        return None
    return max((heat_of(scene.items[number], figures, measure) for number in closed), default=0.0)


def mark_training(scene: Scene, boxes: dict[int, Box]) -> dict[int, Box]:
    """The boxes with those that only training has dashed, and a closed head among them saying so."""
    return {
        number: replace(box, dashed=True, rows=_training_rows(scene.items[number], box))
        if number in scene.training
        else box
        for number, box in boxes.items()
    }


def _training_rows(item: DrawnPart, box: Box) -> tuple[TextLine, ...]:
    if item.kind != "head" or not box.rows:
        return box.rows
    return (box.rows[0], TextLine("training only", DETAIL_SIZE), *box.rows[1:])


def _frame_room(titles: dict[int, str]) -> float:
    """How wide boxes are to be for the figures of frames to stand right of an edge down the middle."""
    figures = (title.partition(" · ")[2] for title in titles.values())
    return max((2 * text_width(words, DETAIL_SIZE) for words in figures), default=0.0)


def same_width(
    boxes: dict[int, Box], options: DrawingOptions, room: float = WIDEST, framed: float = 0.0
) -> dict[int, Box]:
    """The boxes with one width for all that have text, so that a column of them reads as one.

    Heads for training, which stand aside, are as wide as they need to be; `framed` is what frames need.
    """
    wide = options.view != "layers" and options.direction == "TB"
    least = min(room, max(LEAST_WIDTH, framed) if wide else LEAST_LAYER_WIDTH)
    widest = max((box.natural_width for box in boxes.values() if not box.dashed), default=0.0)
    return {
        number: replace(box, width=box.natural_width if box.join or box.dashed else max(least, widest))
        for number, box in boxes.items()
    }


def _has_frame(scene: Scene, number: int, layers: bool) -> bool:
    """Open sections, heads, repeated parts and what holds more than one thing have a frame.

    In the layers view, where all is open, blocks of nothing but layers have none; nor has a repeated part
    that fills a dense block, whose frame says how often.
    """
    item = scene.items[number]
    if item.times > 1:
        around = scene.items[scene.parents[number]]
        return around.kind != "dense" or len(around.children) > 1
    if number == 0 or item.kind not in FRAMED or _repeats_frame(scene, number):
        return False
    if layers and item.kind == "def" and all(child.kind == "layer" for child in item.children):
        return False
    return (
        item.kind in ("section", "head")
        or len(item.children) > 1
        or any(child.kind in FORMS or child.times > 1 for child in item.children)
    )


def _repeats_frame(scene: Scene, number: int) -> bool:
    """Whether a frame would hold just what the frame around it holds, whose title then names both."""
    item, around = scene.items[number], scene.items[scene.parents[number]]
    return item.kind in ("label", "def", "share") and item.times == 1 and _filled_by_one(around)


def _filled_by_one(item: DrawnPart) -> bool:
    return (
        len(item.children) == 1
        and item.times == 1
        and item.kind in ("section", "head", "label", "def", "share")
    )


def _frame_title(plan: DrawingPlan, number: int) -> str:
    """What stands in a frame's first line; in the layers view, whose frames are narrow, the name alone."""
    item, child = plan.scene.items[number], number + 1
    words = [frame_name(plan.graph, item)]
    while (
        child in plan.scene.opened
        and plan.scene.parents[child] == child - 1
        and _repeats_frame(plan.scene, child)
    ):
        words[0] += f": {frame_name(plan.graph, plan.scene.items[child])}"
        child += 1
    if number in plan.scene.training:
        words.append("training only")
    if plan.options.view != "layers" and not plan.plain:
        words.extend(figure_words(item, plan.figures))
    return " · ".join(words)
