"""Two nets side by side, boxes coloured by what became of them: what left, what came, what is otherwise.

ResNet50                  ResNet101
[bottleneck x5]           [bottleneck x22]  ~          - left   + came   ~ changed, or in part
                                                       ~ layer3: bottleneck(256) * 5 -> * 22
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from cnnspec.graph import Graph
from cnnspec.render.canvas import Drawing, Mark, MarkGroup, Rect, Text
from cnnspec.render.draw_boxes import ARROW
from cnnspec.render.fit import drawn, natural_layout, natural_rows
from cnnspec.render.options import DrawingOptions
from cnnspec.render.plan import make_plan
from cnnspec.render.sheet import BORDER, LINE, TEXT_SIZE
from cnnspec.render.text import text_width, wrap
from cnnspec.render.theme import THEMES

COLORS = {"-": "#f6c3ab", "+": "#a9dcc9", "~": "#f5e49c", "": "#f3f5f7"}
"""The colour of a box by its sign: tints of the palette of Okabe and Ito 2008, as those of families."""
WORDS = {"-": "left", "+": "came", "~": "changed, all or a part"}
GAP, SWATCH = 24.0, 16.0
MOST_CHANGES = 24
"""How many changes are told below the drawing."""

Side = tuple[Graph, Mapping[str, str]]
"""A net, and by the names of its nodes `-`, `+` or `~`, as for `cnnspec.difference.marked`."""


def two_nets(old: Side, new: Side, changes: Sequence[tuple[str, str]]) -> Drawing:
    """The drawing of a net and of what it became; below it the changes, each a sign and its words."""
    (left, ours), (right, theirs) = one_net(*old), one_net(*new)
    width = left.width + GAP + right.width
    theme, y = THEMES["light"], max(left.height, right.height)
    marks: list[Mark] = [MarkGroup(left.marks), MarkGroup(right.marks, left.width + GAP)]
    marks += legend(y, ours | theirs)
    y += 2 * LINE
    for sign, words in changes[:MOST_CHANGES]:
        marks.append(Text(BORDER, y, sign, TEXT_SIZE, theme.text, bold=True))
        for line in wrap(words.split(" "), " ", width - 2 * BORDER - SWATCH, TEXT_SIZE):
            marks.append(Text(BORDER + SWATCH, y, line, TEXT_SIZE, theme.text))
            y += LINE
    more = len(changes) - MOST_CHANGES
    if more > 0 or not changes:
        words = f"and {more} more changes" if more > 0 else "no difference"
        marks.append(Text(BORDER, y, words, TEXT_SIZE, theme.muted))
        y += LINE
    title = f"{old[0].name} -> {new[0].name}"
    return Drawing(width, y + BORDER, tuple(marks), theme.background, title, notes=left.notes + right.notes)


def one_net(graph: Graph, signs: Mapping[str, str]) -> tuple[Drawing, set[str]]:
    """A net whose boxes have the colours of their signs, and the signs that they have."""
    plan = make_plan(graph, DrawingOptions(legend=False))
    items = plan.scene.items
    found = {
        number: sign_of(signs.get(name, "") for name in items[number].all_nodes()) for number in plan.boxes
    }
    plan = replace(plan, colors={number: COLORS[sign] for number, sign in found.items()})
    plan, layout = natural_layout(plan)
    return drawn(plan, layout, natural_rows(plan, layout)), set(found.values())


def sign_of(signs: Iterable[str]) -> str:
    """The sign of a box: that of all that is in it, or `~` where some of it has another."""
    found = set(signs)
    return found.pop() if len(found) == 1 else "~"


def legend(y: float, used: set[str]) -> list[Mark]:
    """What the colours mean that are in the drawing."""
    theme, x = THEMES["light"], BORDER
    marks: list[Mark] = []
    for sign, words in WORDS.items():
        if sign in used:
            marks.append(Rect(x, y - LINE / 2 - 2, SWATCH, 10, COLORS[sign], theme.edge, radius=2))
            marks.append(Text(x + SWATCH + ARROW, y, words, TEXT_SIZE, theme.muted))
            x += SWATCH + ARROW + text_width(words, TEXT_SIZE) + GAP
    return marks
