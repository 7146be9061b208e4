"""What the steps of a spec became: the blocks and layers of nets, by where they are written.

def block(out) { conv(out, 3) -> relu }        conv(out, 3): a layer of each of three calls
net A { input 3x32x32; block(8) * 2            block(8): one repeat of two
        block(16) }
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from cnnspec.graph import Block
from cnnspec.layers.base import Shape
from cnnspec.passes.cost import LayerCost
from cnnspec.pipeline import Compiled
from cnnspec.report.rows import cost_of, shape_of
from cnnspec.source import Source, Span
from cnnspec.syntax import tree


class Place(NamedTuple):
    """One block or layer (by name) that a step became, and its net."""

    net: Compiled
    made: Block | str

    @property
    def path(self) -> str:
        """Its name, as `summary` and `render` take it."""
        return self.made if isinstance(self.made, str) else self.made.path

    @property
    def shape(self) -> Shape:
        """The shape after it, without the batch."""
        graph = self.net.graph
        return graph.nodes[self.made].shape if isinstance(self.made, str) else shape_of(graph, self.made)

    @property
    def cost(self) -> LayerCost:
        """What inference runs of it, and all its weights."""
        return cost_of(self.net, self.made)


def places(nets: Iterable[Compiled], source: Source) -> Mapping[int, tuple[Place, ...]]:
    """What every step of a text became, by the offset where the step begins.

    Of a block and what is in it and begins at the same place (a repeat and its turns) only the outermost
    counts.
    """
    found: dict[int, list[Place]] = {}
    for net in nets:
        for block in net.graph.root.walk():
            begins = _start(block.span, source)
            for child in block.children:
                span = net.graph.nodes[child].span if isinstance(child, str) else child.span
                start = _start(span, source)
                if start is not None and start != begins and (isinstance(child, str) or child.children):
                    found.setdefault(start, []).append(Place(net, child))
    return {start: tuple(made) for start, made in found.items()}


def _start(span: Span | None, source: Source) -> int | None:
    """Where a span begins, if it is one of this text or of what the text was before."""
    if span is None or (span.source.name, span.source.path) != (source.name, source.path):
        return None
    return span.start


class WrittenStep(NamedTuple):
    """A step of a flow: from the first character of its call to the last of its block and repeat."""

    unit: tree.Unit
    start: int
    end: int
    ends_flow: bool
    """Whether a shape mark may be written behind it: nothing of its flow follows, no mark is there."""


def steps(file: tree.File) -> Iterator[WrittenStep]:
    """Every step that is written in a text, in no order."""
    for flow in tree.parts(file):
        if isinstance(flow, tree.Flow):
            for unit in tree.units(flow):
                inner = (part.span.end for part in (unit.block, unit.repeat) if part is not None)
                last = unit is flow.units[-1] and flow.mark is None
                yield WrittenStep(unit, unit.span.start, max(unit.span.end, *inner, 0), last)
