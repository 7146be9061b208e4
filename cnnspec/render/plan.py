"""All that is known of a drawing before it is laid out: boxes, titles, colours, links, spacing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cnnspec.graph import Graph
from cnnspec.render.boxes import Box, Row, make_box, make_layer_box
from cnnspec.render.figures import Figures, layer_figures, net_figures, total
from cnnspec.render.fold import Item
from cnnspec.render.options import Options, RenderError
from cnnspec.render.rising import rising_rows
from cnnspec.render.scene import Link, Scene, links, make_scene, visible
from cnnspec.render.text import short_number
from cnnspec.render.theme import THEMES, Theme, heat_color

FRAMED = frozenset({"section", "head", "label", "def", "share", "dense", "repeat"})
MOST_LAYERS = 3000
MOST_BOXES = 6000
LEAST_WIDTH, LEAST_LAYER_WIDTH = 190.0, 110.0


@dataclass(frozen=True, eq=False)
class Plan:
    """A drawing but for its layout; everything is keyed by the numbers of the scene's items.

    `boxes` are the closed items, `titles` the open ones that get a frame; `scale` is the largest value of a
    heat map, None without one. `rising` are the boxes of an upsampling path, which stands beside the
    downsampling one and is read upwards; `rows` are then the rows of all boxes.
    """

    scene: Scene
    options: Options
    theme: Theme
    boxes: dict[int, Box]
    titles: dict[int, str]
    colors: dict[int, str]
    links: tuple[Link, ...]
    figures: Figures
    scale: float | None
    rising: frozenset[int]
    rows: dict[int, int]

    @property
    def graph(self) -> Graph:
        return self.scene.graph

    @property
    def direction(self) -> str:
        return self.options.direction

    @property
    def rank_gap(self) -> float:
        """The least distance between a box and the next, in points."""
        return 14.0 if self.options.direction == "TB" else 26.0

    @property
    def side_gap(self) -> float:
        return 16.0

    def framed(self, number: int) -> bool:
        return number in self.titles

    def shapes_on(self, link: Link) -> bool:
        """Whether an edge carries the shape that flows along it."""
        return self.options.view == "layers" and link.shape != ()


def make_plan(graph: Graph, options: Options) -> Plan:
    """Decide all of a drawing but where things stand. Raises RenderError where there is too much to draw."""
    if options.view == "layers" and len(graph) > MOST_LAYERS:
        raise RenderError(
            f"{graph.name} has {len(graph):,} layers, and a layout of more than {MOST_LAYERS:,} would take "
            "minutes: use --view blocks"
        )
    theme = THEMES[options.theme]
    scene = make_scene(graph, options)
    owners, closed = visible(scene)
    figures = layer_figures(graph)
    make = make_layer_box if options.view == "layers" else make_box
    boxes = {number: make(graph, scene.items[number], figures) for number in closed}
    boxes = same_width(mark_training(scene, boxes), options)
    colors, scale = _heat(scene, closed, figures, options, theme)
    titles = {
        number: _frame_title(scene, number, figures)
        for number in sorted(scene.opened)
        if _has_frame(scene, number)
    }
    all_links = tuple(links(scene, owners))
    rising, rows = rising_rows(graph, scene, owners, closed, all_links)
    return Plan(
        scene,
        options,
        theme,
        boxes,
        titles,
        colors,
        all_links,
        net_figures(graph, figures),
        scale,
        rising,
        rows,
    )


def mark_training(scene: Scene, boxes: dict[int, Box]) -> dict[int, Box]:
    """The boxes with those that only training has dashed, and a closed head among them saying so."""
    return {
        number: replace(box, dashed=True, rows=_training_rows(scene.items[number], box))
        if number in scene.training
        else box
        for number, box in boxes.items()
    }


def _training_rows(item: Item, box: Box) -> tuple[Row, ...]:
    if item.kind != "head" or not box.rows:
        return box.rows
    return (replace(box.rows[0], right="training only"), *box.rows[1:])


def same_width(boxes: dict[int, Box], options: Options) -> dict[int, Box]:
    """The boxes with one width for all that have text, so that a column of them reads as one."""
    least = LEAST_LAYER_WIDTH if options.view == "layers" else LEAST_WIDTH
    widest = max((box.natural_width for box in boxes.values()), default=0.0)
    return {
        number: replace(box, width=box.natural_width if box.join else max(least, widest))
        for number, box in boxes.items()
    }


def _has_frame(scene: Scene, number: int) -> bool:
    item = scene.items[number]
    return number > 0 and item.kind in FRAMED and (item.kind in ("section", "head") or len(item.children) > 1)


def _frame_title(scene: Scene, number: int, figures: dict[str, Figures]) -> str:
    item = scene.items[number]
    words = [name_of(item)]
    if number in scene.training:
        words.append("training only")
    parts = total(figures[name] for name in item.all_nodes())
    if parts.params:
        words.append(f"{short_number(parts.params)} params")
    if parts.macs:
        words.append(f"{short_number(parts.macs)} MACs")
    return " · ".join(words)


def name_of(item: Item) -> str:
    """What a frame is called: its label and its word in the spec, and how often it is repeated."""
    times = f" x{item.times}" if item.times > 1 else ""
    label = f"{item.label}: " if item.label else ""
    return f"{label}{item.title}{times}"


def _heat(
    scene: Scene, closed: list[int], figures: dict[str, Figures], options: Options, theme: Theme
) -> tuple[dict[int, str], float | None]:
    """The colour of each box by its figure, and the figure of the hottest."""
    if options.color_by is None:
        return {}, None
    values = {
        number: total(figures[name] for name in scene.items[number].all_nodes()).value(options.color_by)
        for number in closed
    }
    largest = max(values.values(), default=0.0)
    return {number: heat_color(theme, value / (largest or 1.0)) for number, value in values.items()}, largest
