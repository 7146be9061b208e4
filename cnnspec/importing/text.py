"""The spec of a net that was found, laid out, and held against it: the same layers, wired the same way."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from cnnspec.difference.changes import diff
from cnnspec.difference.same import same_nodes
from cnnspec.format import format_text
from cnnspec.importing.arrange import ChainUnit, Region
from cnnspec.importing.definitions import BlockDefinitions
from cnnspec.importing.lines import lines, repeated
from cnnspec.importing.regions import growing, region_of
from cnnspec.importing.shortcuts import leaves
from cnnspec.importing.structures import units_of
from cnnspec.importing.traced import ImportRefused, Traced, as_graph
from cnnspec.importing.words import TAKEN
from cnnspec.layers.base import describe
from cnnspec.passes.cost import cost
from cnnspec.pipeline import Compiled
from cnnspec.session import Analysis, Session
from cnnspec.source import Source
from cnnspec.syntax import parse

Line = tuple[str, bool]
"""A line of the net, and whether it is a block: these make the body."""


def spec_of(traced: Traced, name: str) -> tuple[Analysis, dict[str, str]]:
    """The spec of a net, read once more, and which node of it each step is.

    Raises ImportRefused where the two are not the same: that would be a fault of this package.
    """
    traced = growing(traced)
    net = _with_open_head(region_of(traced))
    definitions = BlockDefinitions(net)
    costs = cost(as_graph(traced))
    heads = dict(zip(traced.outputs, _head_names(traced), strict=True)) if len(traced.outputs) > 1 else {}
    found, ends = _top(net, definitions, list(traced.inputs), heads)
    body = _sections(found)
    expect = f"expect params == {costs.total.params:_}, macs == {costs.inference.macs:_}"
    inputs = [
        f"input {'' if title == 'input' else title + ' '}{describe(shape)}"
        for title, shape in traced.inputs.items()
    ]
    defs = [f"{definition}\n" for definition in definitions]
    text = "\n".join([*defs, f"net {name} {{", *inputs, *body, *ends, expect, "}", ""])
    text = format_text(parse(Source("imported.cnn", text)))
    analysis, graph = Session().open(Source("imported.cnn", text)), as_graph(traced)
    became = same_nodes(graph, analysis.net.graph)
    if became is None:
        difference = diff(Compiled(analysis.net.elaborated, graph), analysis.net)
        raise ImportRefused(f"the spec would not be the net:\n{difference}")
    return analysis, became


def _head_names(traced: Traced) -> list[str]:
    """Names for several outputs, as words of a spec."""
    words = [re.sub(r"\W+", "_", name).strip("_") for name in traced.heads]
    good = all(re.match(r"[A-Za-z_]", word) and word not in TAKEN for word in words)
    if good and len(set(words)) == len(traced.outputs) and not set(words) & traced.inputs.keys():
        return words
    return [f"output{number}" for number in range(1, len(traced.outputs) + 1)]


def _top(
    net: Region, definitions: BlockDefinitions, inputs: Sequence[str], heads: Mapping[str, str]
) -> tuple[list[Line], list[str]]:
    """The lines of a net, and its heads where it has several."""
    chain = net.chain
    if chain is None or heads or len(inputs) > 1:
        found = definitions.statements(net, {name: name for name in inputs}, heads)
        return [(line, True) for line in found.lines], found.heads
    lines_of_net: list[Line] = []
    labels: set[str] = set()
    units = units_of(_opened(chain, _size(net)), open_containers=False)
    for is_container, some in groupby(units, key=lambda unit: unit.region is not None and unit.region.holds):
        if is_container:
            lines_of_net += [line for unit in some for line in _lines(unit, definitions, labels)]
        else:
            lines_of_net += _single(list(some), definitions)
    return lines_of_net, []


def _with_open_head(net: Region) -> Region:
    """A net whose last module, where it pools all of the map, is what stands in it: the head."""
    chain = net.chain
    last = chain[-1].region if chain else None
    if chain is None or last is None or last.chain is None or last.shared:
        return net
    first = next(leaves(last.chain))
    if first.layer is None or first.layer.op not in HEAD:
        return net
    ends = replace(chain[-1], region=replace(last, kind="Module"))
    (statement,) = net.statements
    return replace(net, statements=(replace(statement, chain=(*chain[:-1], ends)),))


def _opened(chain: Sequence[ChainUnit], whole: int) -> list[ChainUnit]:
    """Units with a container that is most of the net, such as `features`, as what stands in it."""
    found: list[ChainUnit] = []
    for unit in chain:
        inner = unit.region
        opens = inner is not None and not inner.shared and _is_most(inner, whole, len(chain))
        if inner is not None and inner.chain is not None and opens:
            found += _opened(inner.chain, whole)
        else:
            found.append(unit)
    return found


def _is_most(inner: Region, whole: int, among: int) -> bool:
    """Whether a module is the net but for a few layers: a container of different things, or all there is."""
    kinds = {unit.region.kind if unit.region is not None else "" for unit in inner.chain or ()}
    mixed = inner.holds and (len(kinds) > 1 or "" in kinds)
    return 2 * _size(inner) > whole and (mixed or among == 1)


def _single(units: Sequence[ChainUnit], definitions: BlockDefinitions) -> list[Line]:
    """Layers and blocks as lines."""
    found: list[Line] = []
    at = 0
    for call, count in definitions.line(units):
        found.append((call, units[at].region is not None or bool(units[at].arms)))
        at += count
    return found


def _lines(unit: ChainUnit, definitions: BlockDefinitions, labels: set[str]) -> list[Line]:
    """A container as lines: its blocks under its name, where that is none of the labels so far."""
    units = units_of([unit])
    calls = [call for call, _ in definitions.line(units)]
    inner = unit.region
    assert inner is not None
    if all(one.region is None and not one.arms for one in units):
        return [(call, False) for call in calls]
    found = repeated(lines(calls))
    label = re.sub(r"\W", "_", inner.segment)
    if not re.match(r"[A-Za-z_]", label) or label in definitions.words | labels:
        return [(line, True) for line in found]
    labels.add(label)
    return [(f"{label}: {found[0]}" if len(found) == 1 else f"{label}: {{ {'; '.join(found)} }}", True)]


def _size(region: Region) -> int:
    count = 0
    stack: list[ChainUnit] = [unit for statement in region.statements for unit in statement.chain]
    while stack:
        unit = stack.pop()
        count += unit.step is not None
        stack += [inner for arm in unit.arms for inner in arm]
        if unit.region is not None:
            stack += [inner for statement in unit.region.statements for inner in statement.chain]
    return count


HEAD = ("gap", "gmp", "adaptive_avgpool", "adaptive_maxpool", "flatten")


def _sections(found: Sequence[Line]) -> list[str]:
    """Lines in stem, body and head: the body from the first block to the last."""
    blocks = [number for number, (_, is_block) in enumerate(found) if is_block]
    calls = [line for line, _ in found]
    ends = [
        number for number, call in enumerate(calls) if re.match(r"\w+", call) and call.split("(")[0] in HEAD
    ]
    if blocks:
        first, last = blocks[0], blocks[-1] + 1
    else:
        first, last = 0, ends[0] if ends else len(calls)
    last = next((end for end in ends if end >= last), len(calls)) if ends else last
    parts = [("stem", calls[:first]), ("body", calls[first:last]), ("head", calls[last:])]
    return [f"{name} {{\n{chr(10).join(repeated(lines(part)))}\n}}" for name, part in parts if part]
