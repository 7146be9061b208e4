"""Which blocks share a class, and what its constructor takes.

Blocks of one name whose layers and wiring agree share a class; what differs in numbers becomes its arguments.
Two are compared by a signature without numbers, of signatures.py: the rows of a block, and where each takes
its inputs from, as `passes/alike.py` finds it.

    residual of basic(32)                           residual of basic(64, stride=2)
    0 conv1     nn.Conv2d(in, out, ..)  of input    the same
    1 relu      F.relu                  of 0        the same
    ..
    4 shortcut  absent                  of input    a chain, of input: alike, since either may be there
    5 add       +                       of 3, 4     the same

Inner blocks are given their classes first, so that an outer signature names those of the inner ones.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from itertools import chain
from typing import Any, NamedTuple

from cnnspec.backends.python_source import class_name
from cnnspec.backends.steps import LoweredGraph
from cnnspec.backends.torch.aligning import Patterns, align, patterns
from cnnspec.backends.torch.collect import Collector, Uneven
from cnnspec.backends.torch.fields import GeneratedClass
from cnnspec.backends.torch.parameters import parameters
from cnnspec.backends.torch.parts import (
    Absent,
    Part,
    Scope,
    scopes,
)
from cnnspec.backends.torch.signatures import Equal, Signatures
from cnnspec.backends.torch.structure import Builder

MOST_WORDS = 3
"""How many layers the name of a class lists."""


class Prepared(NamedTuple):
    """The modules of a net, what recurs among them as classes, and what is known of which are alike."""

    builder: Builder
    patterns: Patterns
    signatures: Signatures
    equal: Equal

    @property
    def root(self) -> Scope:
        return self.builder.root


def prepared(lowered: LoweredGraph) -> Prepared:
    """The modules of a net, what recurs among them as classes."""
    builder = Builder(lowered)
    every = list(scopes(builder.root))
    made = Prepared(builder, patterns(lowered.graph, every), Signatures(), Equal())
    align(lowered.graph, every, made.patterns)
    promote_repeated(made.root, made.signatures)
    return made


def prepared_like(lowered: LoweredGraph, known: Prepared) -> Scope | None:
    """The modules of a net, those that are as in another net taken from there.

    None where some of those would be classes here, and are not there, or the other way round.
    """
    root = Builder(lowered, known.builder).root
    settled = {id(scope) for scope in scopes(known.root)}
    align(lowered.graph, scopes(root, settled), known.patterns)
    return root if promote_repeated(root, known.signatures, settled) else None


def classes(root: Scope, *variants: Scope, equal: Equal | None = None) -> list[GeneratedClass]:
    """The classes of a net, each after those that it uses; the net's own comes last.

    `variants` are the net with other values of its parameters, as further instances of its classes. `equal`
    keeps what is found of them for the next time.
    """
    return Resolver(root, *variants, equal=equal or Equal()).resolve()


def promote_repeated(root: Scope, signatures: Signatures, settled: Collection[int] = ()) -> bool:
    """Make a class of the chains that recur in a class, the outermost first.

    Those whose ids are `settled` stay as they are; returns whether all of them may.
    """
    for scope in reversed(list(scopes(root, settled))):
        signatures.of(scope)
    pending = [root]
    while pending:
        outer = pending.pop()
        count = Counter(signatures.of(inner) for inner in first_frame(outer) if may_recur(inner))
        stack = list(reversed(outer.parts))
        while stack:
            part = stack.pop()
            if not isinstance(part, Scope):
                continue
            recurs = may_recur(part) and count[signatures.of(part)] > 1
            if id(part) in settled:
                if recurs != part.promoted:
                    return False
            elif recurs:
                part.form, part.promoted = "class", True
            if part.form == "class":
                pending.append(part)
            else:
                stack.extend(reversed(part.parts))
    return True


def may_recur(scope: Scope) -> bool:
    """Whether a scope is worth a class if it recurs."""
    is_chain = scope.form == "chain" or scope.promoted
    return is_chain and len(scope.parts) > 1 and scope.block.kind not in ("arm", "shortcut")


def first_frame(scope: Scope) -> Iterator[Scope]:
    """The scopes that belong to one class before any is promoted; those of another net may be already."""
    stack = [scope]
    while stack:
        inner = stack.pop()
        yield inner
        stack += [
            part
            for part in inner.parts
            if isinstance(part, Scope) and (part.form != "class" or part.promoted)
        ]


class Resolver:
    """Groups scopes into classes, inner ones first."""

    def __init__(self, root: Scope, *variants: Scope, equal: Equal):
        self.roots, self.equal = (root, *variants), equal
        self.shown = {id(part) for scope in scopes(root) for part in (scope, *scope.parts)}
        self.class_of: dict[int, GeneratedClass] = {}
        self.values: dict[int, tuple[Any, ...]] = {}
        self.made: list[GeneratedClass] = []
        self.places: dict[int, list[Scope]] = {}

    def resolve(self) -> list[GeneratedClass]:
        # inner classes first: an outer signature names them, and its arguments hold theirs
        for level in self._levels():
            self.places = defaultdict(list)
            for scope in level:
                self.places[self.equal.of(scope)].append(scope)
            groups: dict[int, list[Scope]] = defaultdict(list)
            signatures = Signatures(self.equal, self.class_of)
            for first, *_ in self.places.values():
                groups[signatures.of(first)].append(first)
            for group in groups.values():
                for alike in self._split_by_shortcut(group):
                    self._make(alike)
        return self.made

    def _levels(self) -> list[list[Scope]]:
        """The scopes that are classes, by how deep classes nest in them."""
        height: dict[int, int] = {}
        levels: dict[int, list[Scope]] = defaultdict(list)
        for root in self.roots:
            order = [scope for scope in scopes(root, height)]
            for scope in reversed(order):
                inner = [
                    height[id(part)] + (part.form == "class")
                    for part in scope.parts
                    if isinstance(part, Scope)
                ]
                height[id(scope)] = max(inner, default=0)
            for scope in order:
                if scope.form == "class":
                    levels[height[id(scope)]].append(scope)
        return [levels[number] for number in sorted(levels)]

    def _split_by_shortcut(self, group: list[Scope]) -> list[list[Scope]]:
        """Groups whose shortcuts are alike where there are any."""
        signatures = Signatures(self.equal, self.class_of, strict=True)
        merged: list[tuple[list[int | None], list[Scope]]] = []
        for scope in group:
            mine = [None if part is None else signatures.of_part(part, scope) for part in _may_lack(scope)]
            for kinds, members in merged:
                if all(a is None or b is None or a == b for a, b in zip(kinds, mine, strict=True)):
                    kinds[:] = [b if a is None else a for a, b in zip(kinds, mine, strict=True)]
                    members.append(scope)
                    break
            else:
                merged.append((mine, [scope]))
        return [members for _, members in merged]

    def _make(self, group: list[Scope]) -> None:
        try:
            self._make_class(group)
        # lists of different lengths have no form in common: exact signatures make a class of each length
        except Uneven:
            signatures = Signatures(self.equal, self.class_of, strict=True)
            exact: dict[int, list[Scope]] = defaultdict(list)
            for scope in group:
                exact[signatures.of(scope)].append(scope)
            for same in exact.values():
                self._make_class(same)

    def _make_class(self, group: list[Scope]) -> None:
        template = max(group, key=lambda scope: sum(part is not None for part in _may_lack(scope)))
        group = [template, *(scope for scope in group if scope is not template)]
        places = [self.places[self.equal.of(scope)] for scope in group]
        made = GeneratedClass(len(self.made), class_title(list(chain(*places))), group, template)
        collector = Collector(self.class_of, self.values, made.instances, self.shown)
        made.fields = collector.fields()
        made.functions, made.fixed_shapes = frozenset(collector.functions), frozenset(collector.fixed_shapes)
        counts = [sum(id(scope) in self.shown for scope in equal) for equal in places]
        made.parameters = parameters(group, counts, made.fields, made.template is self.roots[0])
        for index, equal in enumerate(places):
            values = tuple(parameter.column[index] for parameter in made.parameters)
            for scope in equal:
                self.class_of[id(scope)], self.values[id(scope)] = made, values
        self.made.append(made)


def _may_lack(scope: Scope) -> list[Part | None]:
    """The places of one class for parts that some blocks lack, in order; None where this instance does."""
    found: list[Part | None] = []
    stack: list[tuple[Part, bool]] = [
        (part, part.segment in scope.optional) for part in reversed(scope.parts)
    ]
    while stack:
        part, is_optional = stack.pop()
        if isinstance(part, Absent):
            found.append(None)
        elif is_optional or (isinstance(part, Scope) and part.block.kind == "shortcut"):
            found.append(part)
        elif isinstance(part, Scope) and part.form != "class":
            stack += [(inner, inner.segment in part.optional) for inner in reversed(part.parts)]
    return found


def class_title(group: list[Scope]) -> str:
    """What the spec calls the block; for a part of one, what it is of it; else the names of its layers."""
    first = group[0]
    block = first.block
    if block.kind in ("def", "share", "net") and not first.promoted:
        return class_name(block.title or first.segment)
    labels = {scope.segment.rstrip("0123456789_") for scope in group}
    label = labels.pop() if len(labels) == 1 else ""
    if first.promoted and label in ("", "group"):
        label = "_".join(part.segment.rstrip("0123456789_") for part in first.parts[:MOST_WORDS])
    around = [
        outer for outer in block.ancestors() if outer.kind in ("def", "share", "section", "head", "net")
    ]
    named = around[0] if around[0] is not block else around[1]
    if first.promoted or (named.kind == "net" and block.kind in ("label", "section", "head")):
        return class_name(label or block.title)
    return class_name(f"{named.title or named.segment}_{label or block.title or first.segment}")
