"""A small drawing of a step, for a hover: its parts side by side, as tall as their maps, as wide as channels.

residual { conv(8, 3) -> relu }        3x32x32 -> conv 8x32x32 -> relu -> add     as a line of text
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from math import log2, prod
from typing import NamedTuple

from cnnspec.graph import Block, Graph
from cnnspec.layers.base import Shape, describe
from cnnspec.live.places import Place
from cnnspec.render.theme import LIGHT, paint_family
from cnnspec.report.rows import last_node

MOST_PARTS = 12
"""How many parts of a step are drawn; of more, the first and the last are."""
HEIGHT = 74
GAP = 6


class Part(NamedTuple):
    """A part of a step: what it is called, the shape after it, and the family of its colour.

    `begins` is true where it does not take what the part before it gives: another path begins.
    """

    title: str
    shape: Shape
    family: str
    begins: bool = False


def as_text(place: Place) -> str:
    """The parts of a step in a line, each with its shape where that changes, and `|` between paths."""
    said = ""
    shape: Shape = ()
    for part in parts(place):
        word = part.title if part.shape == shape else f"{part.title} {describe(part.shape)}".strip()
        said += f" | {word}" if part.begins else f" -> {word}" if said else word
        shape = part.shape
    return said


def as_line(place: Place) -> str:
    """The parts of a step as a line of code in Markdown, for editors that show no images."""
    return f"`{as_text(place)}`"


def as_image(place: Place) -> str:
    """The parts of a step as an image in Markdown, which holds its own SVG."""
    data = b64encode(as_svg(place).encode()).decode()
    return f"![{as_text(place)}](data:image/svg+xml;base64,{data})"


def as_svg(place: Place) -> str:
    """The parts of a step as SVG, legible on dark and on light ground."""
    boxes, left = [], 1.0
    found = parts(place)
    for part in found:
        left += 2 * GAP * part.begins
        fill, outline = LIGHT.paint(part.family)
        channels, *sizes = part.shape or (1,)
        wide, tall = 4 + 3 * log2(1 + channels), 8 + 5 * log2(prod(sizes) ** (1 / max(len(sizes), 1)))
        box = f'x="{left:.1f}" y="{HEIGHT - 14 - tall:.1f}" width="{wide:.1f}" height="{tall:.1f}"'
        title = f"<title>{part.title} {describe(part.shape)}</title>"
        boxes.append(f'<rect {box} rx="1" fill="{fill}" stroke="{outline}">{title}</rect>')
        left += wide + GAP
    width = max(left, 7.0 * sum(len(describe(part.shape)) for part in (found[0], found[-1])))
    text = f'y="{HEIGHT - 2}" font-family="sans-serif" font-size="11" fill="#808890"'
    ends = f'<text x="1" {text}>{describe(found[0].shape)}</text>'
    if len(found) > 1:
        ends += f'<text x="{width:.0f}" {text} text-anchor="end">{describe(found[-1].shape)}</text>'
    size = f'width="{width:.0f}" height="{HEIGHT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(boxes)}{ends}</svg>'


def parts(place: Place) -> list[Part]:
    """What flows in, and the parts of a step, those of the blocks in it among them where there are few."""
    graph = place.net.graph
    children: Sequence[Block | str] = [place.made] if isinstance(place.made, str) else place.made.children
    while len(children) == 1 and isinstance(children[0], Block):
        children = children[0].children
    opened = [inner for child in children for inner in _opened(child)]
    shown = _parts(graph, opened if len(opened) <= MOST_PARTS else children)
    if len(shown) > MOST_PARTS:
        half = MOST_PARTS // 2
        shown = [*shown[:half], Part("...", shown[half].shape, "block"), *shown[-half:]]
    return [*_taken(graph, place), *shown]


def _opened(child: Block | str) -> Sequence[Block | str]:
    return [child] if isinstance(child, str) else child.children


def _taken(graph: Graph, place: Place) -> list[Part]:
    """What flows into a step: the first input of it that is none of its own."""
    names = [place.made] if isinstance(place.made, str) else list(place.made.nodes())
    own = set(names)
    sources = (source for name in names for source in graph.nodes[name].inputs if source not in own)
    source = next(sources, None)
    return [] if source is None else [Part("", graph.nodes[source].shape, "input")]


def _parts(graph: Graph, children: Sequence[Block | str]) -> list[Part]:
    found: list[Part] = []
    before = ""
    for child in children:
        own = [child] if isinstance(child, str) else list(child.nodes())
        takes = {source for name in own for source in graph.nodes[name].inputs}
        last = graph.nodes[last_node(child)]
        title = last.layer.op if isinstance(child, str) else child.title
        found.append(Part(title, last.shape, paint_family(last.layer), bool(before) and before not in takes))
        before = last.name
    return found
