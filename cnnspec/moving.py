"""A net whose text has only moved: it is what it was, at other places.

Of this file, where somebody writes a line above `Small`, the net and `block` are moved, not compiled again:

    # a comment                                     new
    def block(out) { conv(out, 3) -> relu }         line 1 -> 2
                                                    new
    net Small { input 3x32x32; block(8) }           line 2 -> 4
"""

from __future__ import annotations

from bisect import bisect_right

from cnnspec.graph import Block, Node
from cnnspec.pipeline import Compiled
from cnnspec.records import dataclass, field, replace
from cnnspec.source import Source, Span
from cnnspec.typed import Iterable

FIGURES = ("costs", "fields", "memory", "depth")
OF_GRAPHS = ("applied", "consumers", "inference_nodes", "live_nodes", "training_nodes")
"""What a net and its graph keep once it is asked for, and which says nothing of places."""


def moved(net: Compiled, before: Iterable[Span], after: Iterable[Span]) -> Compiled | None:
    """A net where some lines of texts stand elsewhere now; None where it is made of others as well."""
    moves = Moves()
    for old, new in zip(before, after, strict=True):
        moves.add(old, new)
    try:
        graph = net.graph
        blocks = _blocks(graph.root, moves)
        nodes = {
            name: Node._make((name, layer, inputs, shape, blocks[block], span and moves.of(span), weights_of))
            for name, layer, inputs, shape, block, span, weights_of in graph.nodes.values()
        }
        places = tuple([moves.of(span) for span in net.elaborated.places])
    except KeyError:
        return None
    made = replace(graph, nodes=nodes, root=blocks[graph.root])
    made.__dict__.update({name: graph.__dict__[name] for name in OF_GRAPHS if name in graph.__dict__})
    elaborated = replace(net.elaborated, graph=made, expectations=(), places=places)
    found = replace(net, elaborated=elaborated, graph=made)
    found.__dict__.update({name: net.__dict__[name] for name in FIGURES if name in net.__dict__})
    return found


def _blocks(root: Block, moves: Moves) -> dict[Block, Block]:
    """A copy of the tree of blocks, at other places: each old block with its new one."""
    copies: dict[Block, Block] = {}
    for block in root.walk():
        parent = None if block.parent is None else copies[block.parent]
        span = block.span and moves.of(block.span)
        definition = block.definition and moves.of(block.definition)
        made = (block.arguments, block.call, block.index, block.segment, definition, block.path)
        copies[block] = Block(block.kind, block.title, parent, span, *made)
    for block, copy in copies.items():
        copy.children = [child if isinstance(child, str) else copies[child] for child in block.children]
    return copies


@dataclass(eq=False, slots=True)
class Moves:
    """Where lines of texts went. `known` are spans that were asked for: most nodes share theirs."""

    starts: dict[str, list[int]] = field(default_factory=dict)
    lines: dict[str, list[tuple[Span, Span]]] = field(default_factory=dict)
    known: dict[Span, Span] = field(default_factory=dict)

    def add(self, old: Span, new: Span) -> None:
        """Know where a line went."""
        starts = self.starts.setdefault(old.source.name, [])
        at = bisect_right(starts, old.start)
        starts.insert(at, old.start)
        self.lines.setdefault(old.source.name, []).insert(at, (old, new))

    def of(self, span: Span) -> Span:
        """Where a span went, of a line or of several. Raises KeyError where a line of it is not known."""
        found = self.known.get(span)
        if found is None:
            source, start = self._at(span, span.start)
            last = max(span.start, span.end - 1)
            found = self.known[span] = Span(source, start, self._at(span, last)[1] + span.end - last)
        return found

    def _at(self, span: Span, offset: int) -> tuple[Source, int]:
        name = span.source.name
        old, new = self.lines[name][bisect_right(self.starts[name], offset) - 1]
        if not old.start <= offset <= old.end:
            raise KeyError(span)
        return new.source, offset - old.start + new.start
