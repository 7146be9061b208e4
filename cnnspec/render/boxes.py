"""What stands in a box: its lines of text, its colour, its sign and its size in points."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from cnnspec.graph import Graph
from cnnspec.render.figures import Figures, total
from cnnspec.render.fold import GROUPS, Part
from cnnspec.render.labels import layer_label, short_label
from cnnspec.render.text import short_bytes, short_number, shorten, show_shape, text_width

TITLE_SIZE, DETAIL_SIZE = 11.0, 10.0
ROW = 13.5
MARGIN = 8.0
PADDING = 3.0
WIDEST = 340.0
ROOM = WIDEST - 2 * MARGIN
NARROW = 150.0
SIGN_ROOM = 18.0
JOIN_RADIUS = 9.0

Sign = Literal["", "residual", "dense"]


@dataclass(frozen=True)
class TextLine:
    """A line of text in a box: `text`, `detail` after it in small type, `right` at the end of the line."""

    text: str
    size: float
    bold: bool = False
    detail: str = ""
    right: str = ""

    @property
    def detail_start(self) -> float:
        """Where the detail begins, from the start of the line, in points."""
        return text_width(self.text, self.size, self.bold) + 7.0

    @property
    def width(self) -> float:
        width = text_width(self.text, self.size, self.bold)
        if self.detail:
            width = self.detail_start + text_width(self.detail, DETAIL_SIZE)
        return width + (14.0 + text_width(self.right, DETAIL_SIZE) if self.right else 0.0)


@dataclass(frozen=True)
class Box:
    """A box as it will be drawn: `family` gives its colour; a join is a circle with a sign in it."""

    rows: tuple[TextLine, ...]
    family: str
    sign: Sign = ""
    join: str = ""
    note: str = ""
    dashed: bool = False
    width: float = 0.0

    @property
    def height(self) -> float:
        return 2 * JOIN_RADIUS if self.join else len(self.rows) * ROW + 2 * PADDING

    @property
    def sign_room(self) -> float:
        """The room that the arcs of a residual or dense block need at each side, in points."""
        return SIGN_ROOM if self.sign in ("residual", "dense") else 0.0

    @property
    def natural_width(self) -> float:
        if self.join:
            return 2 * JOIN_RADIUS
        return min(WIDEST, max(row.width for row in self.rows) + 2 * MARGIN)


def make_box(graph: Graph, item: Part, figures: dict[str, Figures], narrow: bool = False) -> Box:
    """The box of a closed item; a narrow one has a line for each thing that it says."""
    note = describe_item(graph, item, figures)
    if is_join(graph, item):
        return Box((), "join", join=graph[item.nodes[-1]].layer.sign or "?", note=note)
    make = narrow_rows if narrow else wide_rows
    return Box(tuple(make(graph, item, figures)), family_of(graph, item), sign_of(graph, item), note=note)


def make_layer_box(graph: Graph, item: Part, figures: dict[str, Figures]) -> Box:
    """The box of a layer in the layers view: its label alone."""
    box = make_box(graph, item, figures)
    rows = tuple(replace(row, right="") for row in box.rows[:1])
    return Box(rows, box.family, join=box.join, note=box.note)


def wide_rows(graph: Graph, item: Part, figures: dict[str, Figures]) -> Iterator[TextLine]:
    """The name of an item with what is in it, on one line where that fits; its shapes and figures."""
    title = TextLine(full_title(graph, item), TITLE_SIZE, True, right=item.label)
    details = list(item_details(graph, item))
    on_line = next((detail for detail in details if replace(title, detail=detail).width <= ROOM), "")
    below = next((detail for detail in details if text_width(detail, DETAIL_SIZE) <= ROOM), "")
    room = ROOM - (text_width(item.label, DETAIL_SIZE) + 14 if item.label else 0)
    if on_line == below:
        yield replace(title, text=shorten(title.text, room, TITLE_SIZE, True), detail=on_line)
    else:
        yield replace(title, text=shorten(title.text, room, TITLE_SIZE, True))
        yield TextLine(below, DETAIL_SIZE)
    if not is_input(graph, item):
        yield TextLine(shape_change(graph, item), DETAIL_SIZE, right=" · ".join(figure_words(item, figures)))


def narrow_rows(graph: Graph, item: Part, figures: dict[str, Figures]) -> Iterator[TextLine]:
    """The name of an item, what is in it, its shapes and figures, one below the other."""
    yield TextLine(shorten(full_title(graph, item), NARROW, TITLE_SIZE, True), TITLE_SIZE, True)
    detail = next((text for text in item_details(graph, item) if text_width(text, DETAIL_SIZE) <= NARROW), "")
    if is_input(graph, item):
        return
    lines = (item.label, detail, shape_change(graph, item), *figure_words(item, figures))
    yield from (TextLine(line, DETAIL_SIZE) for line in lines if line)


def is_input(graph: Graph, item: Part) -> bool:
    return item.kind == "layer" and graph[item.nodes[0]].layer.family == "input"


def full_title(graph: Graph, item: Part) -> str:
    """The name of an item, and how often it is repeated."""
    return item_title(graph, item) + (f" x{item.times}" if item.times > 1 else "")


def is_join(graph: Graph, item: Part) -> bool:
    """Whether an item is drawn as a circle: a join, with nothing but crops and the like on its arms."""
    if item.kind not in ("layer", "join") or item.copies:
        return False
    *arms, last = (graph[name].layer for name in item.nodes)
    return last.family == "join" and all(layer.family == "shape" or layer.silent for layer in arms)


def item_title(graph: Graph, item: Part) -> str:
    """The name of an item: a layer's label, or the word in the spec."""
    head = item.children[0] if item.kind == "run" else item
    if head.kind == "layer":
        return node_label(graph, head.nodes[-1])
    if head.kind == "dense":
        return f"dense x{max((child.times for child in head.children), default=1)}"
    return head.title


def item_details(graph: Graph, item: Part) -> Iterator[str]:
    """What is in an item, in words, the best first: its layers, its arguments, its blocks."""
    if item.kind == "layer":
        return
    if item.kind == "run":
        head, *others = item.children
        followers = ", ".join(node_label(graph, other.nodes[-1]) for other in others)
        for detail in item_details(graph, head):
            yield f"{detail}, {followers}"
        yield followers
        return
    blocks = [f"{child.title} x{child.times}" if child.times > 1 else child.title for child in item.children]
    grouped = item.kind in GROUPS and any(child.kind in ("def", "share") for child in item.children)
    steps = _weighty(graph, item)
    if steps and len(steps) <= 5 and not (grouped and len(steps) > 3):
        yield " → ".join(steps)
    arguments = _arguments(item)
    if arguments:
        yield arguments
    if len(item.nodes) == 1:
        yield node_label(graph, item.nodes[-1])
    if 1 < len(blocks) <= 5:
        yield " → ".join(blocks)
    if item.kind in GROUPS:
        yield f"{sum(1 for _ in item.all_nodes())} layers"


def _weighty(graph: Graph, item: Part) -> list[str]:
    """The labels of the conv and linear layers of a block's main path; none where the path forks."""
    if item.kind == "layer":
        layer = graph[item.nodes[-1]].layer
        return [short_label(layer, _rank(graph, item.nodes[-1]))] if layer.weighted else []
    if item.kind == "join" and len(item.children) > 1:
        return []
    found = []
    for child in item.children:
        if child.kind == "shortcut" or _in_shortcut(graph, child):
            continue
        steps = _weighty(graph, child)
        if child.times > 1 and steps and item.kind != "dense":
            times = f" x{child.times}"
            steps = [steps[0] + times] if len(steps) == 1 else [f"({' → '.join(steps)}){times}"]
        if not steps and any(part.kind == "join" and len(part.children) > 1 for part in child.walk()):
            return []
        found.extend(steps)
    return found


def _in_shortcut(graph: Graph, item: Part) -> bool:
    return any(block.kind == "shortcut" for block in graph[item.nodes[-1]].block.ancestors())


def _arguments(item: Part) -> str:
    """The arguments of a call, as the spec writes them; none where equal calls write different ones."""
    calls = {part.block.describe() for part in (item, *item.copies) if part.block}
    return calls.pop().removeprefix(item.title) if len(calls) == 1 and item.kind in ("def", "share") else ""


def figure_words(item: Part, figures: dict[str, Figures]) -> Iterator[str]:
    """The params and MACs of an item with its copies, where it has any."""
    parts = total(figures[name] for name in item.all_nodes())
    if parts.params:
        yield f"{short_number(parts.params)} params"
    if parts.macs:
        yield f"{short_number(parts.macs)} MACs"


def shape_change(graph: Graph, item: Part) -> str:
    """The shapes that go in and come out: 64x56x56 → 256x56x56."""
    nodes = list(item.all_nodes())
    inside = set(nodes)
    outer = (graph[source].shape for name in nodes for source in graph[name].inputs if source not in inside)
    before, after = show_shape(next(outer, ())), show_shape(graph[nodes[-1]].shape)
    return after if before in ("", after) else f"{before} → {after}"


def family_of(graph: Graph, item: Part) -> str:
    """The family that colours a box: that of its one main layer; else it is a block."""
    main = main_layer(graph, item)
    head = item.children[0] if item.kind == "run" else item
    return graph[main or head.nodes[-1]].layer.family if main or head.kind == "layer" else "block"


def main_layer(graph: Graph, item: Part) -> str | None:
    """The only layer of an item, norms, activations and the like aside; None where there are more or none."""
    head = item.children[0] if item.kind == "run" else item
    if len(head.nodes) == 1:
        return head.nodes[0]
    layers = [(name, graph[name].layer) for name in head.nodes]
    main = [name for name, layer in layers if not layer.follows]
    return main[0] if len(main) == 1 else None


def sign_of(graph: Graph, item: Part) -> Sign:
    """How values run in a block: past its layers to a sum, or from each layer to all later ones."""
    around = list(item.block.ancestors())[:3] if item.block and item.copies else []
    if any(block.kind == "dense" for block in around):
        return "dense"
    joins = [name for name in item.all_nodes() if graph[name].layer.family == "join"]
    level = [item]
    while level:
        for part in level:
            if part.kind == "dense":
                return "dense"
            if part.kind == "residual" and any(graph[name].block is part.block for name in joins):
                return "residual"
        level = [child for part in level for child in part.children]
    return ""


def describe_item(graph: Graph, item: Part, figures: dict[str, Figures]) -> str:
    """The tooltip of an item: its path, shapes, figures and its place in the spec."""
    nodes = tuple(item.all_nodes())
    parts = total(figures[name] for name in nodes)
    lines = [item.key.rstrip("+") or item.title]
    if item.kind == "layer":
        lines.append(node_label(graph, nodes[-1]))
    lines.append(shape_change(graph, item))
    lines.append(f"{parts.params:,} params, {parts.macs:,} MACs, {short_bytes(parts.memory)}")
    if parts.field:
        lines.append(f"receptive field {show_shape(parts.field)}")
    span = item.block.span if item.block and item.kind != "layer" else graph[nodes[-1]].span
    if span:
        lines.append(f"{span.source.name}:{span.line}: {span.source.line_text(span.line).strip()}")
    return "\n".join(lines)


def node_label(graph: Graph, name: str) -> str:
    """The label of a layer."""
    return layer_label(graph[name].layer, _rank(graph, name))


def _rank(graph: Graph, name: str) -> int:
    node = graph[name]
    return len(graph[node.inputs[0]].shape) - 1 if node.inputs else len(node.shape) - 1
