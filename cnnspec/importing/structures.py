"""Which modules are one def: those of one class that hold the same operations, wired the same way.

Arguments of layers do not count, for they become parameters. What does is which value each chain begins with:

    a: conv(8, 3)                  a: conv(8, 3)
    b: conv(8, 3)                  b: conv(8, 3)
    a -> conv(8, 3)                b -> conv(8, 3)          two defs
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace

from cnnspec.importing.arrange import ChainUnit, LabelledChain, Region
from cnnspec.importing.shortcuts import main_of, shortcut_of, turns
from cnnspec.importing.traced import TracedLayer
from cnnspec.layers import join
from cnnspec.passes.alike import Contents, single, wire

ANY = "block"
"""The class of modules that are only counted, in files that say no classes."""


class Structures:
    """The structure of each of some modules, as a key that those have in common that are one def."""

    def __init__(self, regions: Sequence[Region], shared: Mapping[Region, str]) -> None:
        """`shared` are the calls of modules that are written as `share`, with their words."""
        self._shared = shared
        self._if_same: set[Hashable] = set()
        self._kinds: dict[Hashable, str] = {}
        self._find_kinds(regions)
        self._find_optional(regions)
        self._find_kinds(regions)

    def of(self, region: Region) -> tuple[str, Hashable]:
        """The class of a module, and what stands in it. One without a class has that of its equals."""
        inner = self._inner(region)
        return self._kinds.get(inner, ANY) if region.kind == ANY else region.kind, inner

    def body(self, region: Region) -> list[ChainUnit]:
        """The units of a module that is one chain; as a sum, where others of its kind are."""
        units = units_of(region.chain or ())
        if (region.kind, self._chain(units)) not in self._if_same:
            return units
        total = TracedLayer(region.exit, join.Add(), (), region.given)
        return [ChainUnit(region.taken, region.given, total, arms=(tuple(units), ()), optional=True)]

    def _find_kinds(self, regions: Sequence[Region]) -> None:
        """Find the class of what stands in each module that has one."""
        for region in regions:
            if region.kind != ANY:
                self._kinds.setdefault(self._inner(region), region.kind)

    def _find_optional(self, regions: Sequence[Region]) -> None:
        """Find the modules that add their input where shapes agree, and do not where they cannot.

        In a stage of MobileNetV2 the first block changes the shape and has no sum, the others have one. They
        are one class in torch, and so one def here: `residual(shortcut=if_same)`.
        """
        plain: dict[Hashable, list[Region]] = {}
        sums: set[Hashable] = set()
        for region in regions:
            if region.chain is None:
                continue
            units = units_of(region.chain)
            if len(units) == 1 and shortcut_of(units[0]) == "identity":
                sums.add((region.kind, self._chain(units_of(main_of(units[0])))))
            else:
                plain.setdefault((region.kind, self._chain(units)), []).append(region)
        for key in sums & plain.keys():
            if all(region.taken != region.given for region in plain[key]):
                self._if_same.add(key)

    def _inner(self, region: Region) -> Hashable:
        if region.chain is not None:
            return self._chain(self.body(region))
        wiring = wire(map(self._statement, region.statements))
        # equal rows are not enough: which of the values is what flows in, and which goes on, may differ
        return wiring.rows, wiring.places.get(region.entry), wiring.places[region.exit]

    def _statement(self, statement: LabelledChain) -> Contents:
        """A chain as those that read its value see it; one without a source begins with a join of several."""
        reads = statement.chain[0].named if statement.source is None else (statement.source,)
        return single(self._chain(units_of(statement.chain)), (statement.value,), reads)

    def _chain(self, units: Iterable[ChainUnit]) -> Hashable:
        return tuple([self._unit(unit) for unit in units])

    def _unit(self, unit: ChainUnit) -> Hashable:
        if unit.region is not None and unit.region in self._shared:
            return "share", self._shared[unit.region], self._inner(unit.region)
        if unit.region is not None:
            return self.of(unit.region)
        assert unit.layer is not None
        if shortcut_of(unit):
            return "residual", self._chain(units_of(main_of(unit)))
        if unit.repeat:
            return "dense", self._chain(units_of(unit.arms[1]))
        return unit.layer.op, tuple([self._chain(units_of(arm)) for arm in unit.arms]), len(unit.named)


def units_of(chain: Sequence[ChainUnit], open_containers: bool = True) -> list[ChainUnit]:
    """The units of a chain: containers opened, and turns of a dense block as one."""
    found: list[ChainUnit] = []
    for unit in chain:
        inner = unit.region
        if open_containers and inner is not None and inner.holds and inner.chain is not None:
            found += units_of(inner.chain)
        else:
            found.append(unit)
    return _runs(turns(found))


def _runs(units: Sequence[ChainUnit]) -> list[ChainUnit]:
    """Units with equal blocks after one another as one that stands for all of them."""
    found: list[ChainUnit] = []
    for unit in units:
        last = found[-1] if found else None
        if last is not None and _is_again(unit, last):
            found[-1] = replace(last, times=last.times + unit.times)
        else:
            found.append(unit)
    return found


def _is_again(unit: ChainUnit, last: ChainUnit) -> bool:
    one, other = last.region, unit.region
    if one is None or other is None or one.holds or other.holds or one.shared or other.shared:
        return False
    return one.contents == other.contents and last.taken == last.given == unit.taken
