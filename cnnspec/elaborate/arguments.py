"""Arguments: how those of a call become the fields of a layer or the parameters of a def."""

from __future__ import annotations

from cnnspec.caching import cache
from cnnspec.elaborate.context import CallSite, Context
from cnnspec.elaborate.expressions.early import layer_argument
from cnnspec.elaborate.expressions.evaluate import evaluate
from cnnspec.elaborate.expressions.matching import match, missing
from cnnspec.elaborate.module import DefinedBlock
from cnnspec.elaborate.values import UNKNOWN, FollowUp, LayerBlock, Variables
from cnnspec.layers.base import Layer, parameters
from cnnspec.syntax import tree
from cnnspec.typed import Any


def layer_arguments(site: CallSite, block: LayerBlock) -> dict[str, Any] | None:
    """The fields of a layer from the arguments of a call; None where one is unknown. Raises Mistake."""
    cls, arguments, early = block.layer, site.arguments, dict(site.early)
    names, required = _signature(cls)
    given = match(arguments, names, cls.op, site.span, site.context.note, early) if arguments else {}
    values: dict[str, Any] = {}
    lost = False

    def here(expression: tree.Expression) -> Any:
        return evaluate(expression, site.context, site.variables)

    for parameter in parameters(cls) if given or required or early else ():
        name = parameter.name
        if name in early:
            values[name] = early[name]
        elif name in given:
            values[name] = layer_argument(parameter, given[name], cls.op, site.variables, here)
            lost = lost or values[name] is UNKNOWN
        elif name in required:
            if len(given) < len(arguments):
                raise FollowUp
            raise missing(cls.op, name, site.span, parameter.doc)
    return None if lost else values


@cache
def _signature(cls: type[Layer]) -> tuple[tuple[str, ...], frozenset[str]]:
    """The names of a layer's parameters, and of those that must be given."""
    known = parameters(cls)
    return tuple(p.name for p in known), frozenset(p.name for p in known if p.required)


def bind_parameters(site: CallSite, block: DefinedBlock, callee: Context) -> Variables:
    """The variables of a def from a call; defaults are evaluated at the call, in the def's module.

    Raises Mistake.
    """
    known, arguments, early = block.definition.parameters, site.arguments, dict(site.early)
    names = tuple(p.name for p in known)
    given = match(arguments, names, block.name, site.span, site.context.note, early)
    bound: Variables = {}
    around = block.around or {}
    for parameter in known:
        argument = given.get(parameter.name)
        if parameter.name in early:
            bound[parameter.name] = early[parameter.name]
        elif argument is not None:
            bound[parameter.name] = evaluate(argument.value, site.context, site.variables)
        elif parameter.default is not None:
            seen = {**around, **bound} if around else bound
            bound[parameter.name] = evaluate(parameter.default, callee, seen)
        elif len(given) < len(arguments):
            raise FollowUp
        else:
            raise missing(block.name, parameter.name, site.span)
    return bound
