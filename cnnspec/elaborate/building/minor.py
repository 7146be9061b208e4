"""Parameters of a def that become minor arguments of layers, and nothing else: rates of dropout and the like.

    def block(out, drop) { residual { conv(out, 3) -> droppath(drop) } }

`block(16, 0.1)` and `block(16, 0.2)` add equal nodes but for the rate of one layer. So a call is copied from
one with another `drop`, and the layer that takes it is made anew. Nothing more is read of such a parameter:
it stands alone, as an argument of a layer of the language, wherever the def names it.
"""

from __future__ import annotations

from cnnspec.elaborate.module import DefinedBlock
from cnnspec.elaborate.values import LayerBlock, Variables
from cnnspec.layers.base import Layer, Parameter, parameters
from cnnspec.layers.first_names import is_newer
from cnnspec.named_tuples import NamedTuple
from cnnspec.source import Span
from cnnspec.syntax import tree
from cnnspec.typed import Any, Iterator


class MinorUse(NamedTuple):
    """Where a parameter of a def is an argument of a layer: the call, and what the layer calls it."""

    name: str
    call: Span
    argument: Parameter


def minor_uses(block: DefinedBlock) -> tuple[MinorUse, ...]:
    """The uses of those parameters of a def that become minor arguments of layers alone."""
    definition = block.definition
    own = {parameter.name for parameter in definition.parameters}
    inside = list(tree.parts((definition.parameters, definition.body)))
    if any(isinstance(part, tree.Broken) for part in inside):
        return ()
    named = {part.name for part in inside if isinstance(part, (tree.Name, tree.Definition))} | own
    uses: list[MinorUse] = []
    plain: set[int] = set()
    for unit in inside:
        if isinstance(unit, tree.Unit) and unit.arguments and _is_layer(unit.target, named, block):
            for argument, parameter in _given(unit, block):
                if parameter.minor and isinstance(argument.value, tree.Name) and argument.value.name in own:
                    uses.append(MinorUse(argument.value.name, unit.span, parameter))
                    plain.add(id(argument.value))
    read = {
        part.name
        for part in inside
        if isinstance(part, (tree.Name, tree.Reference)) and id(part) not in plain
    }
    return tuple(use for use in uses if use.name not in read)


def _is_layer(target: tree.Reference | None, named: set[str], block: DefinedBlock) -> bool:
    """Whether a call is that of a layer of the language, which nothing in the def hides."""
    if target is None or target.indices or target.members or target.name in named or is_newer(target.name):
        return False
    return isinstance(block.module.lookup(target.name), LayerBlock)


def _given(unit: tree.Unit, block: DefinedBlock) -> Iterator[tuple[tree.Argument, Parameter]]:
    """The arguments of a call of a layer, each with the parameter that it is for."""
    assert unit.target is not None
    known = parameters(block.module.lookup(unit.target.name).layer)
    by_name = {parameter.name: parameter for parameter in known}
    for position, argument in enumerate(unit.arguments or ()):
        if argument.name in by_name:
            yield argument, by_name[argument.name]
        elif argument.name is None and position < len(known):
            yield argument, known[position]


def fitting(uses: tuple[MinorUse, ...], bound: Variables) -> frozenset[str]:
    """Of these parameters those whose values are numbers that every layer takes."""
    refused: set[str] = set()
    for name, _, argument in uses:
        value = bound[name]
        try:
            if value.__class__ is not int and value.__class__ is not float:
                raise ValueError
            argument.kind.read(value)
        except ValueError:
            refused.add(name)
    return frozenset([use.name for use in uses if use.name not in refused])


def with_argument(layer: Layer, argument: Parameter, value: Any) -> dict[str, Any]:
    """The arguments of a layer, one of them with another value."""
    known = {parameter.name: getattr(layer, parameter.name) for parameter in parameters(type(layer))}
    return {**known, argument.name: argument.kind.read(value)}
