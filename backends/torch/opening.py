"""Which parameters of a net its constructor leaves open: `ResNet50(classes=10)`.

The net is opened with other values of each parameter, and these variants are further instances of its
classes. What follows from a parameter then differs between instances, and is written in terms of it like the
argument of any class:

                                net     classes=2000    classes=1001
    classes                     1000    2000            1001
    linear      in_features     2048    2048            2048            2048
                out_features    1000    2000            1001            classes

Each parameter is tried alone first; then those that this leaves are changed together. A parameter stays
closed where another value gives other layers, or numbers that follow from it in no simple way, as widths that
are rounded do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from cnnspec.backends.steps import lower
from cnnspec.backends.torch.classes import Prepared, classes, prepared_like
from cnnspec.backends.torch.expressions import is_same
from cnnspec.backends.torch.fields import GeneratedClass, arguments
from cnnspec.backends.torch.parameters import owner_of
from cnnspec.backends.torch.parts import Scope, scopes
from cnnspec.backends.torch.rules import known
from cnnspec.graph import Graph

MOST_VALUES = 1_000_000
"""Larger numbers are no sizes of a net."""


MOST_SMALL = 8
"""Up to this a parameter is tried at 1 too: what is at least 3, say, shows there."""


class Variant(NamedTuple):
    """The net with other values of some parameters."""

    names: frozenset[str]
    root: Scope
    graph: Graph


class OpenClasses(NamedTuple):
    """The classes of a net, its own last, and the net of each instance of that."""

    made: list[GeneratedClass]
    graphs: list[Graph]


def open_classes(graph: Graph, net: Prepared) -> OpenClasses:
    """The classes of a net, whose own takes the parameters that can stay open."""
    values = {name: tuple(others(value)) for name, value in graph.root.arguments}
    first = (islice(_alone(graph, net, name, values[name]), 1) for name in values)
    alone = [variant for found in first for variant in found]
    is_thorough = False
    while alone:
        names = dict.fromkeys(name for variant in alone for name in variant.names)
        together = _together(graph, net, {name: values[name] for name in names})
        made = classes(net.root, *(variant.root for variant in (*alone, *together)), equal=net.equal)
        guilty = blamed(made, net.root, alone)
        if not guilty and together and not blamed(made, net.root, together):
            return OpenClasses(made, [graph, *(variant.graph for variant in (*alone, *together))])
        if not guilty and is_thorough:
            guilty = set(alone[-1].names)
        elif not guilty:
            # one other value of each did not show that some of them, or several at once, cannot be open
            alone += [variant for name in names for variant in _alone(graph, net, name, values[name][1:])]
            is_thorough = True
        alone = [variant for variant in alone if not guilty & variant.names]
    return OpenClasses(classes(net.root, equal=net.equal), [graph])


def others(value: Any) -> Iterator[Any]:
    """Other values of a parameter to try: an odd one that is less, one more, and more; of a list, more."""
    if type(value) is int and 0 < value < MOST_VALUES:
        less = value // 2 | 1 if value > MOST_SMALL else 1
        yield from dict.fromkeys(other for other in (less, value + 1, 2 * value) if other != value)
    elif type(value) is float and value > 0:
        yield from (value / 2, value / 4)
    elif isinstance(value, tuple) and value and all(type(item) is int and item > 0 for item in value):
        # ever less of each, so that widths that double do so no longer, and a + b is no more 3 * a
        more = range(len(value) + 1, 1, -1)
        yield tuple(map(sum, zip(value, more, strict=True)))
        yield tuple(2 * item for item in value)


def _alone(graph: Graph, net: Prepared, name: str, values: Iterable[Any]) -> Iterator[Variant]:
    """The net with other values of one parameter, where the spec takes them."""
    return (found for value in values if (found := _variant(graph, net, {name: value})) is not None)


def _together(graph: Graph, net: Prepared, values: Mapping[str, tuple[Any, ...]]) -> list[Variant]:
    """The net with other values of several parameters: more of each, or where that is none, one more."""
    turns = [{name: tried[min(turn, len(tried) - 1)] for name, tried in values.items()} for turn in (2, 1)]
    found = (variant for given in turns if (variant := _variant(graph, net, given)) is not None)
    return list(islice(found, 1))


def _variant(graph: Graph, net: Prepared, values: Mapping[str, Any]) -> Variant | None:
    """The net with other values of its parameters; None where the spec does not take them."""
    found = graph.variant(values) if graph.variant else None
    if found is None:
        return None
    root = prepared_like(lower(found, known, "torch"), net)
    return None if root is None else Variant(frozenset(values), root, found)


def blamed(made: list[GeneratedClass], root: Scope, variants: Iterable[Variant]) -> set[str]:
    """The parameters whose variants are other classes, or move a number of the net that follows from none."""
    own = {id(scope) for scope in scopes(root)}
    foreign = {id(one.template) for one in made} - own
    names = {id(variant.root): sorted(variant.names) for variant in variants}
    guilty = {
        name
        for variant in variants
        if foreign and any(id(scope) in foreign for scope in scopes(variant.root, own))
        for name in variant.names
    }
    if made[-1].template is not root:
        return guilty
    moved = list(_moved(made[-1], names))
    guilty |= {found[0] for found in moved if len(found) == 1}
    # of several that move one number, the first to close is that of which the fewest follow
    follow = _uses(made[-1])
    return guilty or {min(found, key=lambda name: follow[name]) for found in moved}


def _uses(made: GeneratedClass) -> Counter[str]:
    """How many arguments follow from each parameter of a class."""
    found = (argument for field in made.fields for argument in arguments(field))
    terms = (term for argument in found for term in (argument.value, argument.step) if term is not None)
    return Counter(owner_of(name) for term in terms for name in term.names)


def _moved(net: GeneratedClass, names: Mapping[int, list[str]]) -> Iterator[list[str]]:
    """For each number of a net that follows from none of its parameters, the parameters that move it."""
    given = {name for name, _ in net.template.block.arguments}
    for parameter in net.parameters:
        if parameter.name not in given:
            column = zip(net.instances, parameter.column, strict=True)
            moving = [scope for scope, value in column if not is_same(value, parameter.column[0])]
            found = dict.fromkeys(name for scope in moving for name in names.get(id(scope), ()))
            if found:
                yield list(found)
