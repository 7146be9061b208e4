"""What sums and concatenations are in the words of the language: `residual`, and turns of `dense`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from cnnspec.importing.arrange import ChainUnit, Region
from cnnspec.layers import conv, join, norm
from cnnspec.layers.base import Layer


def is_dense(unit: ChainUnit) -> bool:
    """Whether a join concatenates a value with what one module makes of it."""
    return isinstance(unit.layer, join.Concat) and len(unit.arms) == 2 and not unit.arms[0]


def main_of(unit: ChainUnit) -> tuple[ChainUnit, ...]:
    """The main path of a residual sum: the longer of its arms, the first of two as long."""
    return max(unit.arms, key=_length)


def _length(chain: tuple[ChainUnit, ...]) -> int:
    return sum(
        sum(map(_length, unit.arms)) + (_region_length(unit.region) if unit.region is not None else 1)
        for unit in chain
    )


def _region_length(region: Region) -> int:
    return sum(_length(statement.chain) for statement in region.statements)


def shortcut_of(unit: ChainUnit) -> str:
    """The word for the shortcut of a sum that `residual` says; empty where there is none."""
    if not isinstance(unit.layer, join.Add) or len(unit.arms) != 2 or not main_of(unit):
        return ""
    first = main_of(unit)[0].layer
    if first is not None and first.constant:
        return ""
    shortcut = min(reversed(unit.arms), key=_length)
    if not shortcut:
        return "if_same" if unit.optional else "identity"
    flat = list(leaves(shortcut))
    if len(flat) != 2 or flat[0].layer is None or unit.given == flat[0].taken:
        return ""
    first, second = flat[0].layer, flat[1].layer
    if isinstance(first, conv.Conv) and second == norm.BatchNorm():
        plain = conv.Conv(first.out, 1, first.stride, bias=False)
        return "project" if first == plain else ""
    return ""


def leaves(chain: Iterable[ChainUnit]) -> Iterator[ChainUnit]:
    for unit in chain:
        if unit.region is not None and unit.region.chain is not None and not unit.region.shared:
            yield from leaves(unit.region.chain)
        else:
            yield unit


def turns(units: Sequence[ChainUnit]) -> list[ChainUnit]:
    """Units with the turns of a dense block, equal ones after one another, as one unit with their number."""
    found: list[ChainUnit] = []
    for unit in units:
        last = found[-1] if found else None
        if unit.repeat or not is_dense(unit):
            found.append(unit)
        elif last is not None and last.repeat and _layers(last.arms[1]) == _layers(unit.arms[1]):
            found[-1] = replace(last, given=unit.given, repeat=last.repeat + 1)
        else:
            found.append(replace(unit, repeat=1))
    return [replace(unit, repeat=0) if unit.repeat == 1 else unit for unit in found]


def _layers(chain: Iterable[ChainUnit]) -> list[Layer | str | None]:
    return [unit.layer if unit.region is None else unit.region.shared for unit in leaves(chain)]
