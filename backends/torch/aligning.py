"""Blocks of one def that differ in what an `if` leaves out: places for what the shorter ones lack.

    def block(out, gated) {
        residual(shortcut=if_same) {
            unit(out, 3)
            if gated { squeeze_excite(4) }
            unit(out, 1)
        }
    }

                      gated               plain               of other channels
    unit1             unit                unit                unit
    squeeze_excite    squeeze_excite      absent              absent
    unit2             unit                unit                unit
    shortcut          absent              absent              absent
    add               +                   +                   absent

The longest of them is the pattern. Another has a place for each part that it lacks if what it has stands in
the pattern in the same order, made by the same lines of the spec. An absent part gives what it takes.
Activations of one line that differ are one part, `act`, of another type in each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from cnnspec.backends.torch.parts import Absent, Leaf, Part, Scope
from cnnspec.graph import Graph
from cnnspec.source import Span

SHORTCUT, SUM, ACTIVATION = "shortcut", "add", "act"
"""The segments of the shortcut of a residual, of what joins it, and of activations that differ."""
Step = tuple[str, Hashable]
"""The segment of a part, and where the spec has it."""


class BlockPattern(NamedTuple):
    """The parts that the longest of some blocks has, and the segments of those that another lacks.

    `activation` is the place of an activation that differs between them, None where there is none.
    """

    steps: tuple[Step, ...]
    optional: frozenset[str]
    activation: Hashable = None


Patterns = Mapping[Hashable, BlockPattern]
"""The pattern of each block of a spec of which some lack a part."""


def patterns(graph: Graph, scopes: Iterable[Scope]) -> Patterns:
    """The patterns of a net."""
    groups: dict[Hashable, list[Scope]] = defaultdict(list)
    for scope in scopes:
        if scope.form in ("class", "chain") and scope.block.parent is not None and not scope.promoted:
            groups[_origin(scope)].append(scope)
    found: dict[Hashable, BlockPattern] = {}
    for origin, group in groups.items():
        longest = max(group, key=lambda scope: len(scope.parts))
        place = _differing(graph, group)
        steps, may_lack = _steps(graph, longest, place), _may_lack(longest)
        if place is not None:
            may_lack.add(ACTIVATION)
        lacking = [
            set(steps) - set(theirs)
            for scope in group
            if _is_within(theirs := _steps(graph, scope, place), steps)
        ]
        optional = {segment for lacked in lacking for segment, _ in lacked} - {SHORTCUT}
        optional |= {ACTIVATION} if place is not None and ACTIVATION in dict(steps) else set()
        if optional and optional <= may_lack:
            found[origin] = BlockPattern(steps, frozenset(optional), place)
    return found


def align(graph: Graph, scopes: Iterable[Scope], known: Patterns) -> None:
    """Give the blocks of patterns a place for each part that they lack, and make classes of them."""
    for scope in scopes:
        pattern = known.get(_origin(scope))
        if pattern is None or scope.optional:
            continue
        steps = _steps(graph, scope, pattern.activation)
        missing = {segment for segment, _ in set(pattern.steps) - set(steps)} - {SHORTCUT}
        if not _is_within(steps, pattern.steps) or not missing <= pattern.optional:
            continue
        parts = {segment: part for (segment, _), part in zip(steps, scope.parts, strict=True)}
        if isinstance(part := parts.get(ACTIVATION), Leaf) and pattern.activation is not None:
            parts[ACTIVATION] = replace(part, segment=ACTIVATION)
        scope.parts = [parts.get(segment) or Absent(segment) for segment, _ in pattern.steps]
        scope.optional, scope.form = pattern.optional, "class"
        if SUM in pattern.optional:
            scope.linear = False


def _differing(graph: Graph, group: list[Scope]) -> Hashable:
    """The place of the activation that blocks of one kind have one each of, not all the same; None else."""
    found = [[part for part in scope.parts if _activation(graph, part)] for scope in group]
    places = {_made_by(graph, part) for parts in found for part in parts}
    names = {_activation(graph, part) for parts in found for part in parts}
    taken = any(part.segment == ACTIVATION for scope in group for part in scope.parts)
    is_one = len(places) == 1 and max(map(len, found)) == 1
    differs = len(names) > 1 or any(not parts for parts in found)
    return places.pop() if is_one and differs and not taken else None


def _activation(graph: Graph, part: Part) -> str:
    """The module of torch that an activation is, if it has neither weights nor settings; else nothing."""
    if not isinstance(part, Leaf) or part.lowered.module is None or part.node not in graph.nodes:
        return ""
    node, made = graph[part.node], part.lowered.module
    plain = all(slot.name == "inplace" or slot.value == slot.default for slot in made.slots)
    weights = node.layer.params(*graph.input_shapes(node))
    is_one = node.layer.family == "activation" and plain and not weights
    return made.name if is_one and made.name.startswith("nn.") else ""


def _origin(scope: Scope) -> Hashable:
    """Where the spec has a block: calls of one def are made from it, wherever they are."""
    block = scope.block
    return block.kind, block.title, _place(block.definition if block.kind in ("def", "share") else block.span)


def _place(span: Span | None) -> Hashable:
    return span and (span.source.name, span.start)


def _steps(graph: Graph, scope: Scope, activation: Hashable) -> tuple[Step, ...]:
    return tuple(_step(graph, part, activation) for part in scope.parts)


def _step(graph: Graph, part: Part, activation: Hashable) -> Step:
    place = _made_by(graph, part)
    is_act = activation is not None and place == activation and bool(_activation(graph, part))
    return ACTIVATION if is_act else part.segment, place


def _made_by(graph: Graph, part: Part) -> Hashable:
    if isinstance(part, Leaf):
        return _place(graph[part.node].span)
    return _place(part.block.span) if isinstance(part, Scope) and part.segment != SHORTCUT else ""


def _is_within(steps: tuple[Step, ...], pattern: tuple[Step, ...]) -> bool:
    """Whether the steps stand in the pattern in their order, each once."""
    rest = iter(pattern)
    return all(step in rest for step in steps) and len(set(pattern)) == len(pattern)


def _may_lack(scope: Scope) -> set[str]:
    """The segments of the parts that alone take the value before them, or are the sum of it and the input."""
    reads = [value for part in scope.parts if not isinstance(part, Absent) for value in part.inputs]
    reads += scope.outputs
    found, value = set[str](), scope.inputs[0] if len(scope.inputs) == 1 else ""
    for part in scope.parts:
        if isinstance(part, Absent):
            found.add(part.segment)
            continue
        if part.inputs == (value,) and len(part.outputs) == 1 and reads.count(value) == 1:
            found.add(part.segment)
        is_sum = isinstance(part, Leaf) and part.lowered.join == "+" and part.segment == SUM
        if (
            is_sum
            and part is scope.parts[-1]
            and part.inputs == (value, *scope.inputs)
            and reads.count(value) == 1
        ):
            found.add(part.segment)
        value = part.outputs[-1]
    return found
