"""Nets that go down and come up again (U-Net): the upsampling half is drawn as the other arm of a U.

Ronneberger, Fischer and Brox 2015, "U-Net", figure 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter

from cnnspec.graph import Graph
from cnnspec.render.scene import Arrow, Owner, Scene


def rising_rows(
    graph: Graph, scene: Scene, owners: dict[str, Owner], boxes: Iterable[int], links: tuple[Arrow, ...]
) -> tuple[frozenset[int], dict[int, int]]:
    """The boxes from the first upsampling on, and the row of every box, counted from the top.

    Both are empty where there is no U: fewer than two skip connections across, several heads, or a knot.
    """
    rising = rising_boxes(graph, owners)
    crossing = [link for link in links if link.target in rising and link.source not in rising]
    if sum(link.skip for link in crossing) < 2:
        return frozenset(), {}
    inputs = [owners[name].number for name in graph.inputs]
    try:
        return rising, _rows(scene, boxes, links, crossing, rising, inputs)
    except CycleError:
        return frozenset(), {}


def rising_boxes(graph: Graph, owners: dict[str, Owner]) -> frozenset[int]:
    """The boxes from the first upsampling on; none in a net of several heads, which has no one way up."""
    rising: set[int] = set()
    for node in graph if len(graph.outputs) == 1 else ():
        number = owners[node.name].number
        if node.layer.upsamples or any(owners[name].number in rising for name in node.inputs):
            rising.add(number)
    return frozenset(rising)


def _rows(
    scene: Scene,
    boxes: Iterable[int],
    links: tuple[Arrow, ...],
    crossing: list[Arrow],
    rising: frozenset[int],
    inputs: list[int],
) -> dict[int, int]:
    """Rows with skip connections level, one arm running down and the other up, inputs above the body.

    Raises CycleError where no such rows exist.
    """
    level = {number: number for number in boxes}

    def row_of(number: int) -> int:
        while level[number] != number:
            number = level[number]
        return number

    skipped = {link.target for link in crossing if link.skip}
    # the way up may begin at the end of a skip connection, as in SegNet: then it comes from below
    climbing = [link for link in crossing if not link.skip and link.target in skipped]
    for link in crossing:
        if link not in climbing:
            level[row_of(link.target)] = row_of(link.source)
    above: dict[int, set[int]] = {row_of(number): set() for number in level}
    for link in links:
        up = link.source in rising or link in climbing
        upper, lower = (link.target, link.source) if up else (link.source, link.target)
        if row_of(upper) != row_of(lower) or link not in crossing:
            above[row_of(lower)].add(row_of(upper))
    for number in level:
        if number not in inputs and scene.items[scene.parents[number]].kind != "head":
            above[row_of(number)].update(map(row_of, inputs))
    rows: dict[int, int] = {}
    for row in TopologicalSorter(above).static_order():
        rows[row] = max((rows[upper] + 1 for upper in above[row]), default=0)
    return {number: rows[row_of(number)] for number in level}
