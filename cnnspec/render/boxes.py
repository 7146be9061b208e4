"""What stands in a box: its lines of text, its colour, its sign and its size in points."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from cnnspec.graph import Graph
from cnnspec.render.figures import Figures
from cnnspec.render.fold import DrawnPart
from cnnspec.render.taps import taps_of
from cnnspec.render.text import shorten, text_width, wrap
from cnnspec.render.theme import paint_family
from cnnspec.render.words import (
    ARROW,
    BAR,
    ArmWords,
    arms_of,
    describe_item,
    details_of,
    figure_words,
    followers,
    fork_of,
    full_title,
    has_gate,
    in_shortcut,
    is_join,
    label_words,
    main_layer,
    shape_change,
    starts_of,
    whole_label,
)

TITLE_SIZE, DETAIL_SIZE = 11.0, 10.0
ROW = 13.5
ARMS_ROW, ARM_HEIGHT = 24.0, 14.0
ARM_PAD, ARM_GAP, CHAIN_GAP = 4.0, 6.0, 13.0
MARGIN = 8.0
PADDING = 3.0
WIDEST = 340.0
NARROW = 150.0
MOST_LINES = 3
SIGN_ROOM = 18.0
LONGEST_SIGN = 3
JOIN_RADIUS, SMALLER = 9.0, 2.0
"""The radius of the circle of a join, and how much smaller it is behind a comb of arms, in points."""

Style = Literal["wide", "narrow", "plain"]
Sign = Literal["", "residual", "projection", "dense", "gate"]


class CombArm(NamedTuple):
    """An arm of a comb: words, colour (none where it passes its input on), whether a value goes in.

    A `chained` one is made of the arm before it.
    """

    words: str
    family: str
    fed: bool = True
    chained: bool = False

    @property
    def width(self) -> float:
        """Its width in points; one that passes its input on is a line."""
        return text_width(self.words, DETAIL_SIZE) + 2 * ARM_PAD if self.family else 8.0


@dataclass(frozen=True)
class TextLine:
    """A line of text in a box: `text`, `detail` after it in small type, `right` at the end of the line.

    Where there are `arms`, they are drawn as a comb in place of the text, with the sign of their `join` at
    the end. They are `together` where all start from the same value.
    """

    text: str
    size: float
    bold: bool = False
    detail: str = ""
    right: str = ""
    arms: tuple[CombArm, ...] = ()
    join: str = ""
    together: bool = True

    @property
    def detail_start(self) -> float:
        """Where the detail begins, from the start of the line, in points."""
        return text_width(self.text, self.size, self.bold) + 7.0

    @property
    def end(self) -> CombArm | None:
        """What the arms go into where that is a block, which has its name; None where it is a join."""
        return CombArm(self.join, "block") if len(self.join) > LONGEST_SIGN else None

    @property
    def join_room(self) -> float:
        """The room of the join behind its arms."""
        return ARM_GAP + (self.end.width if self.end else 2 * (join_radius(self.join) - SMALLER))

    def gap(self, place: int) -> float:
        """How far an arm stands from the one before it: an arrow needs more room."""
        if place == 0:
            return 0.0
        return CHAIN_GAP if self.arms[place].chained else ARM_GAP

    @property
    def height(self) -> float:
        return ARMS_ROW if self.arms else ROW

    @property
    def width(self) -> float:
        if self.arms:
            room = sum(arm.width + self.gap(place) for place, arm in enumerate(self.arms))
            return room + self.join_room
        width = text_width(self.text, self.size, self.bold)
        if self.detail:
            width = self.detail_start + text_width(self.detail, DETAIL_SIZE)
        return width + (14.0 + text_width(self.right, DETAIL_SIZE) if self.right else 0.0)


def join_radius(sign: str) -> float:
    """The radius of the circle around the sign of a join, in points: a word needs more than a letter."""
    return JOIN_RADIUS if len(sign) == 1 else 3.0 + text_width(sign, DETAIL_SIZE, True) / 2


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
        return 2 * join_radius(self.join) if self.join else sum(row.height for row in self.rows) + 2 * PADDING

    @property
    def sign_room(self) -> float:
        """The room that the arcs of a residual or dense block need at each side, in points."""
        return SIGN_ROOM if self.sign else 0.0

    @property
    def natural_width(self) -> float:
        if self.join:
            return 2 * join_radius(self.join)
        return max(row.width for row in self.rows) + 2 * MARGIN


def make_box(
    graph: Graph,
    item: DrawnPart,
    figures: dict[str, Figures],
    *,
    widest: float = WIDEST,
    style: Style = "wide",
) -> Box:
    """The box of a closed part, at most as wide as given.

    A wide box has its shapes and figures on one line, a narrow one a line for each, a plain one no figures.
    """
    note = describe_item(graph, item, figures)
    if is_join(graph, item):
        return Box((), "join", join=graph[item.nodes[-1]].layer.sign or "?", note=note)
    make = {"wide": wide_rows, "narrow": narrow_rows, "plain": plain_rows}[style]
    rows = tuple(make(graph, item, figures, widest - 2 * MARGIN))
    return Box(rows, family_of(graph, item), sign_of(graph, item), note=note)


def make_layer_box(graph: Graph, item: DrawnPart, figures: dict[str, Figures]) -> Box:
    """The box of a layer in the layers view: its label alone."""
    box = make_box(graph, item, figures)
    if box.join:
        return box
    lines = wrap(whole_label(graph, item.nodes[-1]).split(", "), ", ", WIDEST, TITLE_SIZE, bold=True)
    rows = tuple(TextLine(line, TITLE_SIZE, True) for line in lines)
    return Box(rows, box.family, note=box.note)


def wide_rows(graph: Graph, item: DrawnPart, figures: dict[str, Figures], room: float) -> Iterator[TextLine]:
    """The name of a part with what is in it, on one line where that fits; its shapes and figures."""
    label = shorten(label_words(graph, item), room / 2, DETAIL_SIZE)
    free = room - (text_width(label, DETAIL_SIZE) + 14 if label else 0)
    *above, last = title_lines(graph, item, free)
    yield from above
    title = replace(last, right=label)
    arms = arms_line(graph, item, room)
    lines = [] if arms else detail_lines(graph, item, room)
    behind = ", ".join(behind_arms(graph, item)) if arms else lines[0] if len(lines) == 1 else ""
    if behind and replace(title, detail=behind).width <= room:
        yield replace(title, detail=behind)
    else:
        yield title
        lines = lines or wrap([behind] if behind else [], "", room, DETAIL_SIZE)
        yield from (TextLine(line, DETAIL_SIZE) for line in lines)
    if arms:
        yield arms
    if not is_input(graph, item):
        yield from figure_lines(shape_change(graph, item), list(figure_words(item, figures)), room)


def title_lines(graph: Graph, item: DrawnPart, room: float) -> list[TextLine]:
    """The name of a part, on as many lines as it needs."""
    lines = wrap(full_title(graph, item).split(", "), ", ", room, TITLE_SIZE, bold=True)
    return [TextLine(line, TITLE_SIZE, True) for line in lines]


def figure_lines(shapes: str, figures: list[str], room: float) -> Iterator[TextLine]:
    """Shapes and figures on one line, or one below the other where that is too long."""
    line = TextLine(shapes, DETAIL_SIZE, right=" · ".join(figures))
    if line.width <= room:
        yield line
    else:
        yield TextLine(shorten(shapes, room, DETAIL_SIZE), DETAIL_SIZE)
        yield from (TextLine(text, DETAIL_SIZE) for text in wrap(figures, " · ", room, DETAIL_SIZE))


def detail_lines(graph: Graph, item: DrawnPart, room: float) -> list[str]:
    """What is in a part, in a few lines; the layers of a run are always named, in as many as needed."""
    added = followers(graph, item)
    for pieces in details_of(graph, item, chain=taps_of(graph, item) is None):
        lines = wrap(pieces, ARROW, room, DETAIL_SIZE)
        if len(lines) <= MOST_LINES:
            if not added:
                return lines
            joined = f"{lines[-1]}, {', '.join(added)}"
            if text_width(joined, DETAIL_SIZE) <= room:
                return [*lines[:-1], joined]
            return [*lines, *wrap(added, ", ", room, DETAIL_SIZE)]
    return wrap(added, ", ", room, DETAIL_SIZE)


def arms_line(graph: Graph, item: DrawnPart, room: float) -> TextLine | None:
    """The comb of a block that is a join of arms: their steps where they fit, or the last step of each."""
    fork = fork_of(graph, item)
    if fork is None:
        return taps_line(graph, item, room)
    arms, sign = arms_of(graph, fork), graph[fork.nodes[-1]].layer.sign

    def line(words: list[str]) -> TextLine:
        comb = tuple(CombArm(text, arm.family, arm.fed) for text, arm in zip(words, arms, strict=True))
        text = BAR.join(part or "identity" for part in words)
        together = len(starts_of(graph, fork)) == 1
        return TextLine(text, DETAIL_SIZE, arms=comb, join=sign, together=together)

    tries = (
        [arm.steps for arm in arms],
        [arm.brief for arm in arms],
        [_first_word(arm) for arm in arms],
    )
    return next((found for words in tries if (found := line(words)).width <= room), None)


def taps_line(graph: Graph, item: DrawnPart, room: float) -> TextLine | None:
    """The comb of a block that joins what is on its own way, where it fits."""
    taps = taps_of(graph, item)
    if taps is None:
        return None
    for last in (False, True):
        words = [ARROW.join(arm.steps[-1:] if last else arm.steps) for arm in taps.arms]
        pairs = zip(words, taps.arms, strict=True)
        comb = tuple(CombArm(word, arm.family, chained=arm.chained) for word, arm in pairs)
        line = TextLine(
            BAR.join(text or "identity" for text in words), DETAIL_SIZE, arms=comb, join=taps.join
        )
        if line.width <= room:
            return line
    return None


def behind_arms(graph: Graph, item: DrawnPart) -> list[str]:
    """What is said beside the comb of a block: what comes before the arms, what follows the join."""
    taps = taps_of(graph, item) if fork_of(graph, item) is None else None
    return [*(taps.around if taps else ()), *followers(graph, item)]


def _first_word(arm: ArmWords) -> str:
    """The window of an arm's last step; of an arm that ends in a join, those of its arms: 1x3 | 3x1."""
    steps = arm.brief.removeprefix("(").removesuffix(")").split(BAR)
    return BAR.join(step.partition(",")[0].partition(ARROW)[0] for step in steps)


def narrow_rows(
    graph: Graph, item: DrawnPart, figures: dict[str, Figures], room: float
) -> Iterator[TextLine]:
    """The name of a part, what is in it, its shapes and figures, one below the other."""
    room = min(room, NARROW)
    yield from title_lines(graph, item, room)
    if is_input(graph, item):
        return
    if label := label_words(graph, item):
        yield TextLine(shorten(label, room, DETAIL_SIZE), DETAIL_SIZE)
    arms = arms_line(graph, item, room)
    if arms:
        yield arms
    added = wrap(behind_arms(graph, item), ", ", room, DETAIL_SIZE)
    lines = added if arms else detail_lines(graph, item, room)
    shapes = wrap(shape_change(graph, item).split(ARROW), ARROW, room, DETAIL_SIZE)
    yield from (TextLine(line, DETAIL_SIZE) for line in (*lines, *shapes, *figure_words(item, figures)))


def plain_rows(graph: Graph, item: DrawnPart, figures: dict[str, Figures], room: float) -> Iterator[TextLine]:
    """The name of a part and the shape that comes out; what is in it behind the name, or below."""
    arms = arms_line(graph, item, room)
    behind = ", ".join(behind_arms(graph, item)) if arms else " ".join(detail_lines(graph, item, room))
    behind = ", ".join(filter(None, (behind, label_words(graph, item) if item.parallel else "")))
    shape = "" if is_input(graph, item) else shape_change(graph, item).rpartition(ARROW)[2]
    *above, last = title_lines(graph, item, room)
    yield from above
    if replace(last, detail=behind, right=shape).width <= room:
        yield replace(last, detail=behind, right=shape)
    elif replace(last, right=shape).width <= room:
        yield replace(last, right=shape)
        yield from (TextLine(line, DETAIL_SIZE) for line in wrap(behind.split(), " ", room, DETAIL_SIZE))
    else:
        yield last
        below = [*([behind] if behind else []), shape]
        yield from (TextLine(line, DETAIL_SIZE) for line in wrap(below, "; ", room, DETAIL_SIZE))
    if arms:
        yield arms


def is_input(graph: Graph, item: DrawnPart) -> bool:
    return item.kind == "layer" and graph[item.nodes[0]].layer.family == "input"


def family_of(graph: Graph, item: DrawnPart) -> str:
    """The family that colours a box: that of its one main layer; else it is a block."""
    main = main_layer(graph, item)
    return paint_family(graph[main].layer) if main else "block"


def sign_of(graph: Graph, item: DrawnPart) -> Sign:
    """How values run in a block: past its layers to a sum, from each layer to all later ones, to a gate."""
    if item.kind == "group" and item.title == "dense":
        return "dense"
    joins = {graph[name].block for name in item.all_nodes() if graph[name].layer.family == "join"}
    level = [item]
    while level:
        for part in level:
            if part.kind == "dense":
                return "dense"
            if part.kind == "residual" and part.block in joins:
                projected = any(in_shortcut(graph, child) for child in part.children)
                return "projection" if projected else "residual"
        level = [child for part in level for child in part.children]
    return "gate" if has_gate(graph, item) and fork_of(graph, item) is None else ""
