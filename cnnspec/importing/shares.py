"""Which modules are called several times with one set of weights, and where a spec writes their `share`.

    gate     mul(x, sigmoid(add(mlp(gap(x)), mlp(gmp(x)))))       both calls of mlp stand in one module: its
                                                                  def has the share, and each gate its own
    heads    tower(p3), tower(p4), tower(p5)                      a share of the whole net

A call is a module whose weights are all those of another one, with the same layers wired the same way. Of
modules within one another the outermost counts, and of those that hold one module alone what they hold. A
layer outside such modules is a call by itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence

from cnnspec.importing.arrange import CONTAINERS, ChainUnit, Region
from cnnspec.importing.traced import ModuleScope, TracedLayer

Scopes = tuple[ModuleScope, ...]


def shared_modules(steps: Sequence[TracedLayer]) -> dict[Scopes, str]:
    """The modules that are called several times, each with the layer that owns its first weights."""
    owners = {step.weights_of for step in steps} - {""}
    if not owners:
        return {}
    modules: dict[Scopes, list[TracedLayer]] = defaultdict(list)
    for step in steps:
        for depth in range(1, len(step.scopes) + 1):
            modules[step.scopes[:depth]].append(step)
    alike: dict[tuple[tuple[str, ...], Hashable], list[Scopes]] = defaultdict(list)
    for scopes, inner in modules.items():
        weights = tuple([owner(step) for step in inner if step.layer.weighted])
        if weights and owners.issuperset(weights) and len(set(weights)) == len(weights):
            alike[weights, contents(inner)].append(scopes)
    found: dict[Scopes, str] = {}
    for (weights, _), calls in alike.items():
        named = [one for one in calls if one[-1].kind not in CONTAINERS] or calls
        inner = [one for one in named if not any(_lies_in(other, [one]) for other in named)]
        found.update(dict.fromkeys(inner, weights[0]) if len(inner) > 1 else {})
    return {scopes: name for scopes, name in found.items() if not _lies_in(scopes, found)}


def _lies_in(scopes: Scopes, modules: Iterable[Scopes]) -> bool:
    return any(len(outer) < len(scopes) and outer == scopes[: len(outer)] for outer in modules)


def owner(step: TracedLayer) -> str:
    """The layer whose weights a layer uses: another one, or itself."""
    return step.weights_of or step.name


def contents(steps: Sequence[TracedLayer]) -> Hashable:
    """Layers and how they are wired, as a key that equal modules have in common."""
    number = {step.name: place for place, step in enumerate(steps)}
    return tuple([(step.layer, tuple(number.get(name, -1) for name in step.inputs)) for step in steps])


def whole_contents(steps: Sequence[TracedLayer], depth: int) -> Hashable:
    """The same, with the modules from a depth on that the layers stand in, and whose weights they use."""
    number = {step.name: place for place, step in enumerate(steps)}
    around = [(tuple(scope.kind for scope in step.scopes[depth:]), step.weights_of) for step in steps]
    return contents(steps), tuple([(kinds, number.get(name, name)) for kinds, name in around])


def shared_calls(region: Region, home: Region) -> Iterator[tuple[Region, Region]]:
    """The calls of shared modules in one, each with the module whose spec writes it: not a container."""
    stack = [(unit, home) for unit in reversed(units_in(region))]
    while stack:
        unit, inside = stack.pop()
        stack += [(inner, inside) for arm in reversed(unit.arms) for inner in reversed(arm)]
        if unit.region is not None and unit.region.shared:
            yield inside, unit.region
        elif unit.region is not None:
            inside = inside if unit.region.holds else unit.region
            stack += [(inner, inside) for inner in reversed(units_in(unit.region))]


def units_in(region: Region) -> list[ChainUnit]:
    """The units of all statements of a module."""
    return [unit for statement in region.statements for unit in statement.chain]
