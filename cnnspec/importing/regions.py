"""The tree of modules: each that has one way in and one way out is a region, arranged by itself.

A module that several values enter or leave is taken apart: its layers stand in the module around it. A join
of values that all come from outside belongs outside, as the concatenations that a dense layer begins with.

    traced, by module                                  regions
    net                                                net
      stem    a = conv; b = conv of a                    conv, conv      both a and b are read: taken apart
      gate    mul of b, sigmoid of .. of b               gate            one value in, one out: a region
      up, cat of a, up; last                             up, cat, last

`growing` is for dense blocks. A dense layer joins all values before it, so a value is joined again and again;
here each join takes the one before it and what came new, which is a turn of `dense`:

    c1 = cat(x, y1)            c1 = cat(x, y1)
    c2 = cat(x, y1, y2)        c2 = cat(c1, y2)
    c3 = cat(x, y1, y2, y3)    c3 = cat(c2, y3)
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from cnnspec.importing.arrange import ChainUnit, LabelledChain, Piece, Region, arrange
from cnnspec.importing.shares import Scopes, owner, shared_modules, whole_contents
from cnnspec.importing.traced import Traced, TracedLayer
from cnnspec.layers import join
from cnnspec.passes.alike import Numbers, number_of

FEW = 3
"""The most layers of a module that is no block where there is no other of its kind."""


def region_of(traced: Traced) -> Region:
    """A net as the region of its outermost module."""
    steps = without_small(_hoisted(traced.steps))
    shapes = traced.shapes
    builder = _Builder(shapes, steps)
    return builder.region(steps, 0, "", traced.name, tuple(traced.outputs))


def growing(traced: Traced) -> Traced:
    """A net whose concatenations of an earlier one with more values are that one with these.

    A dense layer concatenates all values before it; a dense block is said as one value that grows.
    """
    known: dict[tuple[str, ...], str] = {}
    found = []
    for step in traced.steps:
        if isinstance(step.layer, join.Concat):
            # the longest beginning that is a concatenation already; what is left is what the turn has added
            ends = range(len(step.inputs) - 1, 1, -1)
            end = next((end for end in ends if step.inputs[:end] in known), 0)
            known.setdefault(step.inputs, step.name)
            if end:
                step = replace(step, inputs=(known[step.inputs[:end]], *step.inputs[end:]))
        found.append(step)
    return replace(traced, steps=tuple(found))


def _hoisted(steps: Sequence[TracedLayer]) -> list[TracedLayer]:
    """Joins of what comes from outside a module, outside it."""
    scopes = {step.name: step.scopes for step in steps}
    found = []
    for step in steps:
        inner = step.scopes
        if len(step.inputs) > 1:
            while inner and not any(scopes.get(name, ())[: len(inner)] == inner for name in step.inputs):
                inner = inner[:-1]
        scopes[step.name] = inner
        found.append(replace(step, scopes=inner))
    return found


def without_small(steps: Sequence[TracedLayer]) -> list[TracedLayer]:
    """Layers without the modules that hold a few of them in a row, and have no equal."""
    modules: dict[Scopes, list[TracedLayer]] = defaultdict(list)
    for step in steps:
        for depth in range(1, len(step.scopes) + 1):
            modules[step.scopes[:depth]].append(step)
    kinds = {
        scopes: (scopes[-1].kind, tuple([step.layer.op for step in inner]))
        for scopes, inner in modules.items()
    }
    counts = Counter(kinds.values())
    small = {scopes for scopes in kinds if counts[kinds[scopes]] == 1 and _is_few(modules[scopes])}
    found = []
    for step in steps:
        outer = [scope for at, scope in enumerate(step.scopes) if step.scopes[: at + 1] not in small]
        found.append(replace(step, scopes=tuple(outer)))
    return found


def _is_few(inner: Sequence[TracedLayer]) -> bool:
    """Whether a module holds a few layers in a row."""
    in_row = all(after.inputs == (before.name,) for before, after in pairwise(inner))
    return len(inner) <= FEW and in_row and len(inner[0].inputs) == 1


class _Builder:
    def __init__(self, shapes: dict[str, tuple[int, ...]], steps: Sequence[TracedLayer]) -> None:
        self.shapes = shapes
        self.owners = {step.weights_of for step in steps} - {""}
        self.shared = shared_modules(steps)
        self.numbers: Numbers = {}

    def region(
        self,
        steps: Sequence[TracedLayer],
        depth: int,
        segment: str,
        kind: str,
        exits: tuple[str, ...],
        shared: str = "",
        in_share: bool = False,
    ) -> Region:
        within = in_share or bool(shared)
        pieces = sorted(self.pieces(steps, depth, set(exits), within), key=lambda entry: entry[0])
        made = {piece.value for _, piece in pieces}
        entries = [name for _, piece in pieces for name in piece.reads if name not in made]
        statements = arrange([piece for _, piece in pieces], exits)
        shapes = self.shapes[entries[0]], self.shapes[exits[-1]]
        number = number_of((kind, whole_contents(steps, depth)), self.numbers)
        return Region(segment, kind, statements, entries[0], exits[-1], *shapes, shared, number)

    def pieces(
        self, steps: Sequence[TracedLayer], depth: int, exits: set[str], in_share: bool
    ) -> Iterator[tuple[int, Piece]]:
        """The layers and modules that stand directly in a module, each with the place of its last layer."""
        place = {step.name: number for number, step in enumerate(steps)}
        groups: dict[tuple[object, ...], list[TracedLayer]] = {}
        for step in steps:
            inner = tuple((scope.segment, scope.call) for scope in step.scopes[depth : depth + 1])
            groups.setdefault(inner or ("", step.name), []).append(step)
        for key, group in groups.items():
            if key[0] == "":
                yield place[group[0].name], self.leaf(group[0], in_share)
                continue
            reads, gives = _borders(group, steps, exits)
            if len(reads) == 1 and len(gives) == 1:
                scope = group[0].scopes[depth]
                shared = "" if in_share else self.shared.get(group[0].scopes[: depth + 1], "")
                called = scope.segment, scope.kind, (gives[0],)
                inner = self.region(group, depth + 1, *called, shared, in_share)
                unit = ChainUnit(self.shapes[reads[0]], self.shapes[gives[0]], region=inner)
                yield place[gives[0]], Piece(unit, (reads[0],), gives[0])
            else:
                # places of the outer list, for what is taken apart stands among the layers around the module
                places = {number: place[step.name] for number, step in enumerate(group)}
                for number, piece in self.pieces(group, depth + 1, set(gives), in_share):
                    yield places[number], piece

    def leaf(self, step: TracedLayer, in_share: bool) -> Piece:
        taken = self.shapes[step.inputs[0]] if step.inputs else step.shape
        named = step.inputs if len(step.inputs) > 1 else ()
        unit = ChainUnit(taken, step.shape, step, named=named)
        if owner(step) in self.owners and not in_share and len(step.inputs) == 1:
            chain = LabelledChain(step.inputs[0], (unit,), step.name)
            word = owner(step).rpartition(".")[2].rstrip("_")
            shapes = unit.taken, unit.given
            inner = Region(word, "Module", (chain,), step.inputs[0], step.name, *shapes, owner(step))
            unit = ChainUnit(*shapes, region=inner)
        return Piece(unit, step.inputs, step.name)


def _borders(
    group: Sequence[TracedLayer], around: Sequence[TracedLayer], exits: set[str]
) -> tuple[list[str], list[str]]:
    """The values that a module reads from outside, and those of its own that are read outside."""
    own = {step.name for step in group}
    reads = dict.fromkeys(name for step in group for name in step.inputs if name not in own)
    outside = exits | {name for step in around if step.name not in own for name in step.inputs}
    return list(reads), [step.name for step in group if step.name in outside]
