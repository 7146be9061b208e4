"""What a net, a space or a block of a file is made from: whether it is as it was when a file is read anew.

Of this file `Small` is made from its own lines and those of `block`, so that an edit of `Large` leaves it:

    def block(out) { conv(out, 3) -> relu }
    net Small { input 3x32x32; block(8) }
    net Large { input 3x64x64; block(8) }

Calls of `block` are kept as well: where `Large` is walked anew they are copied, as
`elaborate/building/reuse.py` says.
"""

from __future__ import annotations

from itertools import islice

from cnnspec.elaborate import Known, Module
from cnnspec.elaborate.module import DefinedBlock
from cnnspec.named_tuples import NamedTuple
from cnnspec.passes.lint_syntax import names_in
from cnnspec.records import dataclass, field
from cnnspec.source import Span
from cnnspec.syntax import tree
from cnnspec.typed import Any, TypeVar

LEAST_ROOM = 200
"""Of how many calls, layers and blocks something is kept at least from one reading of a file to the next."""
K = TypeVar("K")
V = TypeVar("V")
Place = tuple[str, int, int]
"""Where a line is: the file, its number and the offset of its first sign."""


class WrittenLines(NamedTuple):
    """The lines of a definition that are not empty: what they say, where, and the names in them."""

    texts: tuple[str, ...]
    places: tuple[Place, ...]
    stretches: tuple[Span, ...]
    names: tuple[str, ...]


Written = dict[int, WrittenLines]
"""What was found of definitions, by their identity."""


class Basis(NamedTuple):
    """All that a definition is made from: what is written, and where the lines of it are, in that order."""

    written: tuple[object, ...]
    places: tuple[Place, ...]
    stretches: tuple[Span, ...]


def basis_of(name: str, module: Module, written: Written) -> Basis:
    """What a definition is made from: its own lines, and those of all that it names in turn."""
    found: list[object] = []
    places: list[Place] = []
    stretches: list[Span] = []
    seen: set[tuple[int, str]] = set()
    open_names = [(name, module)]
    while open_names:
        name, module = open_names.pop()
        if (id(module), name) in seen:
            continue
        seen.add((id(module), name))
        net, home = module.net(name)
        value = module.lookup(name)
        definition = value.definition if isinstance(value, DefinedBlock) else None
        found += (name, exactly(value) if definition is None else None)
        space = module.spaces.get(name)
        for item, owner in ((net, home), (definition, getattr(value, "module", None)), (space, module)):
            if item is not None and owner is not None:
                if id(item) not in written:
                    written[id(item)] = lines_of(item)
                texts, at, lines, names = written[id(item)]
                found += (owner.source.name, texts)
                places += at
                stretches += lines
                open_names += [(used, owner) for used in names]
    return Basis(tuple(found), tuple(places), tuple(stretches))


def exactly(value: Any) -> object:
    """What is equal for values that are the same: 1, 1.0 and true are not."""
    return tuple(map(exactly, value)) if isinstance(value, tuple) else (value.__class__, value)


def whole(item: tree.Definition | tree.NetDefinition | tree.Given | tree.Space) -> Span:
    """Where a definition stands, from its name to the end of its body."""
    last = item.body or (item.arguments[-1:] or (item,))[0] if isinstance(item, tree.Given) else item.body
    return Span(item.span.source, item.span.start, last.span.end)


def lines_of(item: tree.Definition | tree.NetDefinition | tree.Given | tree.Space) -> WrittenLines:
    """The whole lines of a definition; how far they are indented and empty ones say nothing."""
    span = whole(item)
    source, first, last = span.source, span.line, span.end_line
    texts: list[str] = []
    stretches: list[Span] = []
    places: list[Place] = []
    start = source.line_starts[first - 1]
    end = source.line_starts[last] if last < len(source.line_starts) else len(source.text)
    for number, line in enumerate(source.text[start:end].split("\n"), first):
        if text := line.strip():
            begins = start + line.index(text)
            texts.append(text)
            places.append((source.name, number, begins))
            stretches.append(Span(source, begins, begins + len(text)))
        start += len(line) + 1
    return WrittenLines(tuple(texts), tuple(places), tuple(stretches), tuple(sorted(set(names_in(item)))))


@dataclass(eq=False, slots=True)
class Stamps:
    """Says what stands for a block in the keys of calls: one object for all readings where its basis is one.

    `by_basis` is of all readings, `written` and `found` of this one.
    """

    by_basis: dict[tuple[object, ...], object] = field(default_factory=dict)
    written: Written = field(default_factory=dict)
    found: dict[int, object] = field(default_factory=dict)

    def __call__(self, block: DefinedBlock) -> object:
        key = id(block.definition)
        stamp = self.found.get(key)
        if stamp is None:
            written, places, _ = basis_of(block.name, block.module, self.written)
            stamp = self.found[key] = self.by_basis.setdefault((written, places), object())
        return stamp


class Common(NamedTuple):
    """What the nets of a file have in common, in this reading of it and in those before.

    `room` says how many calls are kept: as many as its nets had layers, when they had most.
    """

    known: Known
    stamps: Stamps
    room: int

    def next(self, layers: int) -> Common:
        """The same for one more reading. What is here is left as it is: another thread may read it."""
        room = max(self.room, layers)
        stamps = Stamps(latest(self.stamps.by_basis, room))
        known = Known(latest(self.known.layers, room), latest(self.known.calls, room), stamp=stamps)
        return Common(known, stamps, room)


def nothing_in_common() -> Common:
    """What is known before a file is read."""
    stamps = Stamps()
    return Common(Known(stamp=stamps), stamps, LEAST_ROOM)


def latest(known: dict[K, V], room: int) -> dict[K, V]:
    """What was found last, so that it does not grow with the number of readings."""
    return dict(islice(known.items(), max(0, len(known) - room), None))
