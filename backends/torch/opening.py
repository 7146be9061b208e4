"""Which parameters of a net its constructor leaves open: `ResNet50(classes=10)`.

The net is opened with other values of each parameter, and these variants are further instances of its
classes. What follows from a parameter then differs between instances, and is written in terms of it like the
argument of any class:

                                net     classes=2000    classes=1001
    classes                     1000    2000            1001
    linear      in_features     2048    2048            2048            2048
                out_features    1000    2000            1001            classes

A parameter stays closed where another value gives other layers, or numbers that follow from it in no simple
way, as widths that are rounded do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnnspec.backends.steps import lower
from cnnspec.backends.torch.classes import classes, prepared
from cnnspec.backends.torch.fields import GeneratedClass
from cnnspec.backends.torch.parts import Scope, scopes
from cnnspec.backends.torch.rules import known
from cnnspec.graph import Graph

MOST_VALUES = 1_000_000
"""Larger numbers are no sizes of a net."""


def open_classes(graph: Graph, root: Scope) -> list[GeneratedClass]:
    """The classes of a net, whose own takes the parameters that can stay open."""
    made, variants, values = classes(root), [], {}
    for name, value in graph.root.arguments:
        tried = [variant for other in others(value) if (variant := _variant(graph, {name: other}))]
        if not tried:
            continue
        changed = {**values, name: next(iter(others(value)))}
        together = _variant(graph, changed) if values else None
        if values and together is None:
            continue
        tried += [together] if together else []
        attempt = classes(root, *variants, *tried)
        if is_open(attempt, root, graph):
            made, values = attempt, changed
            variants += tried
    return made


def others(value: Any) -> Iterator[Any]:
    """Other values of a parameter to try: more, a little more and less; of a list, of each element."""
    if type(value) is int and 0 < value < MOST_VALUES:
        yield from dict.fromkeys((2 * value, value + 1, max(1, value // 2)))
    elif type(value) is float and value > 0:
        yield from (value / 2, value / 4)
    elif isinstance(value, tuple) and value and all(type(item) is int and item > 0 for item in value):
        yield from (tuple(2 * item for item in value), tuple(item + 1 + i for i, item in enumerate(value)))


def _variant(graph: Graph, values: dict[str, Any]) -> Scope | None:
    """The net with other values of its parameters; None where the spec does not take them."""
    found = graph.variant(values) if graph.variant else None
    return None if found is None else prepared(lower(found, known, "torch"))


def is_open(made: list[GeneratedClass], root: Scope, graph: Graph) -> bool:
    """Whether all variants are instances of the net's classes, by the parameters of the net alone."""
    own = {id(scope) for scope in scopes(root)}
    names = {name for name, _ in graph.root.arguments}
    alike = all(id(one.template) in own for one in made)
    return alike and made[-1].template is root and {p.name for p in made[-1].parameters} <= names
