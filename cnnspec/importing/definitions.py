"""Equal modules as one def, whose parameters are what they differ in.

    Bottleneck(64,  stride=1)   conv(64, 1)   conv(64, 3, 1)   conv(256, 1)
    Bottleneck(128, stride=2)   conv(128, 1)  conv(128, 3, 2)  conv(512, 1)
    Bottleneck(128, stride=1)   conv(128, 1)  conv(128, 3, 1)  conv(512, 1)

Each argument of each layer is a column over all modules of one structure. A column of one value is a
constant. One that is so many times the channels that flow in is said so; one that is a multiple of a column
before it is said in terms of that one. What is left is a parameter: here width (64, 128, 128), of which 256,
512, 512 is 4 * width, and stride.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from cnnspec.importing.arrange import CONTAINERS, ChainUnit, Region
from cnnspec.importing.columns import CHANNELS, ArgumentColumn, multiples, parameter_name
from cnnspec.importing.lines import WrittenCall, counted, lines, text
from cnnspec.importing.schedules import counted_loops, loops
from cnnspec.importing.shares import shared_calls
from cnnspec.importing.shortcuts import main_of, shortcut_of
from cnnspec.importing.structures import Structures, units_of
from cnnspec.importing.words import TAKEN, free, labels_of, reads_of, word_of
from cnnspec.layers import join
from cnnspec.layers.base import Layer, parameters
from cnnspec.layers.shape import Slice


@dataclass(eq=False)
class BlockDefinition:
    """A def: the modules that it stands for, its parameters with a default where there is one, its body.

    `taken_is_read` is for a body that needs the channels that flow into the block further down, as `c`. With
    the keyword `share` it is one whose calls all have the weights of the first.
    """

    name: str
    regions: list[Region]
    keyword: str = "def"
    parameters: dict[str, Any] = field(default_factory=dict)
    columns: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    body: str = ""
    taken_is_read: bool = False

    def called(self, words: Mapping[str, str]) -> WrittenCall:
        """The call with these words for its parameters; one that has its default is left out."""
        given = self.parameters.items()
        required = [("", words[name]) for name, default in given if default is None]
        named = [(name, words[name]) for name, d in given if d is not None and words[name] != text(d)]
        return WrittenCall(self.name, (*required, *named))

    def __str__(self) -> str:
        required = [name for name, default in self.parameters.items() if default is None]
        optional = [f"{n}={text(d)}" for n, d in self.parameters.items() if d is not None]
        taken = ["c=channels"] if self.taken_is_read else []
        written = ", ".join([*required, *optional, *taken])
        head = f"({written})" if written else ""
        return f"{self.keyword} {self.name}{head} {{\n{self.body}\n}}"


class NetStatements(NamedTuple):
    """The lines of a net, and its heads."""

    lines: list[str]
    heads: list[str]


class BlockDefinitions:
    """All defs of a net, innermost first."""

    def __init__(self, net: Region) -> None:
        self.found: dict[Hashable, BlockDefinition] = {}
        self.shared: dict[Region, str] = {}
        self.shares: dict[Region, dict[str, Region]] = defaultdict(dict)
        self._find_shares(net)
        kinds = [region for region in _regions(net) if not region.holds and region is not net]
        regions = [region for region in kinds if not region.shared]
        self.structures = Structures(regions, self.shared)
        for region in regions:
            key = self.structures.of(region)
            if key not in self.found:
                taken = {*self.shared.values(), *(one.name for one in self.found.values())}
                self.found[key] = BlockDefinition(free(word_of(key[0]), taken), [])
            self.found[key].regions.append(region)
        for word, region in self.shares.pop(net, {}).items():
            self.found[word] = BlockDefinition(word, [region], "share")
        for definition in self.found.values():
            self._infer(definition)

    def __iter__(self) -> Iterator[BlockDefinition]:
        return iter(self.found.values())

    def _find_shares(self, net: Region) -> None:
        """Find a word for each module that is called several times, and which one writes it: the only one
        that calls it, or the net.
        """
        calls: dict[str, list[tuple[Region, Region]]] = defaultdict(list)
        for home, region in shared_calls(net, net):
            calls[region.shared].append((home, region))
        for found in calls.values():
            (home, first), homes = found[0], {home for home, _ in found}
            home = home if len(homes) == 1 else net
            kind = first.segment if first.kind in CONTAINERS else first.kind
            # those of two defs may be called alike
            taken = self.shared.values() if home is net else {*self.shares[home], *self.shares[net]}
            word = free(word_of(kind), taken)
            self.shares[home][word] = first
            self.shared.update((region, word) for _, region in found)

    def of(self, region: Region) -> BlockDefinition | None:
        """The def of a module; None for a container, which is what stands in it."""
        if region.holds:
            return None
        return self.found.get(self.structures.of(region))

    # ---- parameters

    def _infer(self, definition: BlockDefinition) -> None:
        """Find the parameters and the body."""
        rows = [list(self._arguments(region)) for region in definition.regions]
        columns = [
            ArgumentColumn(
                cells[0][0], cells[0][1], tuple(cell[2] for cell in cells), tuple(cell[3] for cell in cells)
            )
            for cells in zip(*rows, strict=True)
        ]
        said: list[str] = []
        given = tuple(region.given[0] for region in definition.regions)
        for column in columns:
            said.append(self._expression(column, definition, given))
        writer = _Writer(self, iter(said))
        definition.body = writer.region(definition.regions[0])

    def _expression(self, column: ArgumentColumn, definition: BlockDefinition, given: tuple[int, ...]) -> str:
        values, known = column.values, definition.columns
        if column.name == "shortcut":
            return next((word for word in ("project", "if_same") if word in values), "identity")
        taken = tuple(region.taken[0] for region in definition.regions)
        if column.counts and values in (column.channels, taken):
            definition.taken_is_read |= values != column.channels
            return "channels" if values == column.channels else "c"
        if len(set(map(repr, values))) == 1 and column.name not in ("start", "stop"):
            return text(values[0])
        if column.counts and any(values):
            for said in multiples("channels", column.channels, values, column.most_parts):
                return said
            for name, others in known.items():
                if name.rstrip("0123456789") in CHANNELS:
                    for said in multiples(name, others, values, column.most_parts):
                        return said
        if len(set(map(repr, values))) == 1:
            return text(values[0])
        for name, others in known.items():
            if others == values and name.rstrip("0123456789") == column.name:
                return name
        name = parameter_name(column, known, given)
        known[name] = values
        definition.parameters[name] = column.default if column.default in values else None
        return name

    def _arguments(self, region: Region) -> Iterator[tuple[str, Any, Any, int]]:
        """All arguments in a body in order: name, default, value, and the channels that flow in."""
        for inner in self.shares.get(region, {}).values():
            yield from self._arguments(inner)
        if region.chain is not None:
            yield from self._of_chain(self.structures.body(region))
        else:
            for statement in region.statements:
                yield from self._of_chain(units_of(statement.chain))

    def _of_chain(self, units: Iterable[ChainUnit]) -> Iterator[tuple[str, Any, Any, int]]:
        for unit in units:
            channels = unit.taken[0]
            if unit.region is not None and unit.region in self.shared:
                continue
            if unit.region is not None:
                inner = self.of(unit.region)
                assert inner is not None
                number = next(i for i, known in enumerate(inner.regions) if known is unit.region)
                for name, default in inner.parameters.items():
                    yield name, default, inner.columns[name][number], channels
                yield "depth", 1, unit.times, channels
            elif shortcut := shortcut_of(unit):
                yield "shortcut", None, shortcut, channels
                yield from self._of_chain(units_of(main_of(unit)))
            elif unit.repeat:
                yield "count", None, unit.repeat, channels
                yield from self._of_chain(units_of(unit.arms[1]))
            elif unit.layer is not None and not unit.layer.undoes:
                for parameter in parameters(type(unit.layer)):
                    default = None if parameter.required else parameter.default
                    yield parameter.name, default, getattr(unit.layer, parameter.name), channels
                for arm in unit.arms:
                    yield from self._of_chain(units_of(arm))

    def statements(self, net: Region, inputs: Mapping[str, str], heads: Mapping[str, str]) -> NetStatements:
        """The statements of a net whose values several places read.

        `inputs` are the names of its inputs, `heads` those of its outputs, where it has several.
        """
        read = {name for statement in net.statements for name in reads_of(statement)}
        last = {one.value: one for one in net.statements if one.value in heads and one.value not in read}
        ends = [last[name] for name in heads if name in last]
        body = [one for one in net.statements if one not in ends]
        ordered = replace(net, statements=(*body, *ends))
        needed = [name for one in ends for name in reads_of(one)] + [name for name in heads if name in read]
        names = {**self.labels(replace(net, statements=tuple(body)), needed), **inputs}
        writer = _Writer(self, iter([text(value) for _, _, value, _ in self._arguments(ordered)]))
        # with several inputs nothing flows in by itself: even the first statement says which one it reads
        entry = net.entry if len(inputs) == 1 else ""
        lines = list(writer.labelled(replace(net, statements=tuple(body), entry=entry), names))
        found = []
        for name, head in heads.items():
            source, chain = names.get(name, ""), "identity"
            if (one := last.get(name)) is not None:
                source = names[one.source or one.chain[0].named[0]]
                chain = " -> ".join(writer.chain(units_of(one.chain), names))
            found.append(f"head {head} from {source} {{ {chain} }}")
        return NetStatements(lines, found)

    def labels(self, region: Region, more: Sequence[str] = ()) -> dict[str, str]:
        """Names for the values of a region that more than the next statement reads, and for some more."""
        return labels_of(region, self.words, more)

    @property
    def words(self) -> AbstractSet[str]:
        """Words that no label can be: they name something already."""
        return TAKEN | {definition.name for definition in self.found.values()} | set(self.shared.values())

    def line(self, units: Sequence[ChainUnit]) -> list[tuple[str, int]]:
        """The units of a chain outside all defs as a spec writes them, each line with how many it is."""
        cells = [text(value) for _, _, value, _ in self._of_chain(units)]
        return counted_loops(_Writer(self, iter(cells)).calls(units))


class _Writer:
    """Writes bodies, taking the words for each argument in order."""

    def __init__(self, definitions: BlockDefinitions, said: Iterator[str]) -> None:
        self.definitions, self.said = definitions, said

    def region(self, region: Region) -> str:
        """The lines of a body, the shares that it writes first."""
        shares = self.definitions.shares.get(region, {})
        written = [f"share {word} {{ {'; '.join(self.body(inner))} }}" for word, inner in shares.items()]
        return "\n".join([*written, *self.body(region)])

    def body(self, region: Region) -> Iterable[str]:
        if region.chain is not None:
            return lines(loops(self.calls(self.definitions.structures.body(region))))
        return self.statements(region)

    def statements(self, region: Region) -> Iterator[str]:
        """The statements of a body with labels."""
        names = self.definitions.labels(region)
        if region.entry in names:
            yield f"{names[region.entry]}: identity"
        yield from self.labelled(region, names)

    def labelled(self, region: Region, names: Mapping[str, str]) -> Iterator[str]:
        """The statements of a body or a net, whose values have these names."""
        before = region.entry
        for statement in region.statements:
            units = units_of(statement.chain)
            chain = self.chain(units, names)
            if statement.source not in (None, before):
                chain = [f"{names[statement.source or '']} -> {chain[0]}", *chain[1:]]
            *parts, last = lines(chain)
            label = names.get(statement.value)
            yield from parts
            yield f"{label}: {last}" if label else last
            before = statement.value

    def chain(self, units: Sequence[ChainUnit], names: Mapping[str, str] | None = None) -> list[str]:
        return [str(call) for call in self.calls(units, names)]

    def calls(
        self, units: Sequence[ChainUnit], names: Mapping[str, str] | None = None
    ) -> list[WrittenCall | str]:
        return [self.unit(unit, names or {}) for unit in units]

    def unit(self, unit: ChainUnit, names: Mapping[str, str]) -> WrittenCall | str:
        if unit.region is not None and unit.region in self.definitions.shared:
            return self.definitions.shared[unit.region]
        if unit.region is not None:
            inner = self.definitions.of(unit.region)
            assert inner is not None
            call = inner.called({name: next(self.said) for name in inner.parameters})
            times = next(self.said)
            return call if times == "1" else f"{call} * {times}"
        if shortcut_of(unit):
            shortcut = next(self.said)
            given = () if shortcut == "identity" else (("shortcut", shortcut),)
            body = "; ".join(lines(self.chain(units_of(main_of(unit)))))
            return WrittenCall("residual", given, body)
        if unit.repeat:
            count = next(self.said)
            body = "; ".join(lines(self.chain(units_of(unit.arms[1]))))
            return WrittenCall("dense", (("", count),), body)
        assert unit.layer is not None
        if unit.layer.undoes:
            value, undone = unit.named
            flow = f"{names[value]} -> " if value in names else ""
            return f"{flow}{unit.layer.op}(of={names[undone]})"
        call = WrittenCall(unit.layer.op, self.arguments(unit.layer))
        if unit.arms:
            arms = [" -> ".join(counted(self.chain(units_of(arm)))) or "identity" for arm in unit.arms]
            sums = isinstance(unit.layer, join.Add) and len(arms) == 2 and not _of_equals(unit)
            return replace(
                call, name="residual" if sums else call.name, body=" ".join(f"| {arm}" for arm in arms)
            )
        if unit.named:
            return WrittenCall(call.name, tuple(("", names.get(value, "prev")) for value in unit.named))
        return call

    def arguments(self, layer: Layer) -> tuple[tuple[str, str], ...]:
        """The arguments that are not at their defaults, by position as far as that goes."""
        found: list[tuple[str, str]] = []
        by_name = False
        for parameter in parameters(type(layer)):
            word = next(self.said)
            if not parameter.required and word == text(parameter.default):
                by_name = True
                continue
            short = not by_name and (parameter.required or parameter.name in ("kernel", "stride"))
            found.append(("" if short else parameter.name, word))
        return tuple(found)


def _of_equals(unit: ChainUnit) -> bool:
    """Whether neither arm of a sum is a shortcut around the other: parts of the channels, arms of one length
    that end alike, a value and a learned constant.
    """
    firsts = [arm[0].layer for arm in unit.arms if arm]
    lasts = {arm[-1].region.kind if arm[-1].region is not None else arm[-1].layer for arm in unit.arms if arm}
    if len({len(arm) for arm in unit.arms}) == len(lasts) == 1:
        return True
    parts = len(firsts) == len(unit.arms) and all(isinstance(first, Slice) for first in firsts)
    return parts or any(first is not None and first.constant for first in firsts)


def _regions(net: Region) -> Iterator[Region]:
    """All regions within one, inner ones first."""
    for statement in net.statements:
        yield from _in_chain(statement.chain)
    yield net


def _in_chain(chain: Iterable[ChainUnit]) -> Iterator[Region]:
    for unit in chain:
        for arm in unit.arms:
            yield from _in_chain(arm)
        if unit.region is not None:
            yield from _regions(unit.region)
