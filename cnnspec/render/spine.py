"""The spine of a drawing: the boxes that every value passes, which stand in one line below each other.

  input
    |           Of a block with arms the box before it and the join behind it are on the spine, the arms are
  pool          not; of a residual its main path is. Edges around others say nothing here: those of
 /  |  \\        shortcuts, those into heads for training, and those beside which a longer way joins the
a   b   c       same boxes.
 \\  |  /
    C
"""

from __future__ import annotations

from collections.abc import Iterable

from cnnspec.graph import Graph
from cnnspec.render.scene import Arrow, Scene


def spine_of(graph: Graph, scene: Scene, boxes: Iterable[int], links: tuple[Arrow, ...]) -> tuple[int, ...]:
    """The boxes that all values pass, in order: from the last input on, those that no edge leaves out."""
    places = {name: place for place, name in enumerate(graph.nodes)}
    ends = {box: max(places[name] for name in scene.items[box].all_nodes()) for box in boxes}
    order = sorted((box for box in ends if box not in scene.training), key=ends.__getitem__)
    rank = {box: place for place, box in enumerate(order)}
    fed, used = {link.target for link in links}, {link.source for link in links if not link.training}
    reach = max((place for place, box in enumerate(order) if box not in fed), default=0)
    farthest: dict[int, int] = {}
    for source, target in main_links(order, links):
        farthest[source] = max(farthest.get(source, 0), rank[target])
    found = []
    for place, box in enumerate(order):
        if reach <= place:
            found.append(box)
        # behind one of several heads there is nothing that all values pass
        reach = max(reach, farthest.get(box, 0) if box in used else len(order))
    return tuple(found)


def main_links(order: list[int], links: tuple[Arrow, ...]) -> list[tuple[int, int]]:
    """The edges that are no shortcut, and beside which no longer way leads from the one box to the other."""
    rank = {box: place for place, box in enumerate(order)}
    flow = [link for link in links if not link.training and {link.source, link.target} <= rank.keys()]
    before: dict[int, list[int]] = {box: [] for box in order}
    for link in flow:
        before[link.target].append(link.source)
    # the boxes above each, as the bits of a number: a set for each would take memory with the square
    above: dict[int, int] = {}
    for box in order:
        above[box] = 0
        for source in before[box]:
            above[box] |= above.get(source, 0) | 1 << rank[source]
    return [
        (link.source, link.target)
        for link in flow
        if not link.skip
        and not any(above.get(other, 0) >> rank[link.source] & 1 for other in before[link.target])
    ]
