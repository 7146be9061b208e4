"""The joins, of named values or of arms: concat, add, mul and maximum."""

from __future__ import annotations

from cnnspec.elaborate.arguments import layer_arguments
from cnnspec.elaborate.context import CallSite, Context, Visit, Visits
from cnnspec.elaborate.expressions.evaluate import evaluate, truth
from cnnspec.elaborate.expressions.items import unpacked
from cnnspec.elaborate.expressions.names import unknown_function
from cnnspec.elaborate.module import PartialBlock
from cnnspec.elaborate.values import LOST, UNKNOWN, LayerBlock, Mistake, Value, Variables, kind_of
from cnnspec.layers.base import parameters
from cnnspec.records import replace
from cnnspec.source import Span
from cnnspec.syntax import tree
from cnnspec.typed import Any, Generator, Iterator

ARMS = "an arm begins with `|`: {} {{ | a | b }}"


def join(site: CallSite, block: LayerBlock) -> Visits:
    """A join of arms, `concat { | a | b }`, or of named values, `concat(skip[2], prev)`."""
    unit, context, op = site.unit, site.context, block.name
    fields, site = _fields(site, block)
    if unit.block is not None and site.unit.arguments:
        raise Mistake("arms", unit.span, f"`{op}` joins either named values or arms, not both")
    if unit.block is None:
        values = tuple(_named_values(op, site))
        if not values:
            raise Mistake(
                "join-empty",
                unit.span,
                f"`{op}` is given a list without values: there is nothing to join",
                help=f"join it to a value that is always there, such as `prev`: {op}(prev, ...)",
            )
        context.value = context.add(block.layer, fields, values, unit.span, site.segment)
        return
    if isinstance(unit.block, tree.Body):
        context.note(Mistake("arms", unit.span, f"`{op}` has no arms here", help=ARMS.format(op)))
    inner = context.opened("join", op, unit.span, site.segment)
    values = tuple((yield from arms(unit.block, inner, site.variables)))
    if not values:
        cure = "an arm is `| chain`; identity is the empty one"
        raise Mistake("arms", unit.span, f"`{op}` has no arms here", help=cure)
    context.value = inner.add(block.layer, fields, values, unit.span)


def _fields(site: CallSite, block: LayerBlock) -> tuple[dict[str, Any], CallSite]:
    """The options of a join, which stand by name beside its values, and the call without them."""
    arguments = site.unit.arguments or ()
    named = tuple(one for one in arguments if one.name is not None)
    if not named or not parameters(block.layer):
        return {}, site
    fields = layer_arguments(site._replace(unit=replace(site.unit, arguments=named)), block)
    rest = tuple(one for one in arguments if one.name is None)
    return fields or {}, site._replace(unit=replace(site.unit, arguments=rest))


def _named_values(op: str, site: CallSite) -> Iterator[Value]:
    if not site.arguments:
        raise Mistake(
            "arms",
            site.span,
            f"`{op}` has nothing to join",
            help=f"write {op}(a, prev), or arms: {op} {{ | a | b }}",
        )
    for argument in site.arguments:
        if argument.name is not None:
            raise Mistake("argument-name", argument.span, f"`{op}` takes values of the net, without names")
        found = evaluate(argument.value, site.context, site.variables)
        if isinstance(found, PartialBlock):
            called = argument.value.function if isinstance(argument.value, tree.Call) else argument
            raise unknown_function(found.name, called.span, found)
        yield from _values(found, argument.span, op)


def _values(found: Any, span: Span, op: str) -> Iterator[Value]:
    if found is UNKNOWN:
        yield LOST
    elif isinstance(found, Value):
        yield found
    elif isinstance(found, (tuple, dict)):
        for item in found.values() if isinstance(found, dict) else found:
            yield from _values(item, span, op)
    else:
        raise Mistake("not-a-label", span, f"`{op}` joins values of the net, this is {kind_of(found)}")


def arms(
    block: tree.Body | tree.Arms, context: Context, variables: Variables
) -> Generator[Visit, None, list[Value]]:
    """The values of the arms, each of which starts from the value that flows in; a plain body is one arm."""
    start = context.value
    if isinstance(block, tree.Body):
        yield Visit(block, context, variables)
        return [context.flowing(block.span)]
    values: list[Value] = []
    for arm in block.arms:
        for inner in _guarded(arm.guards, context, variables):
            inside = context.opened("arm", "arm", arm.span, f"arm{len(values) + 1}")
            inside.value = start
            yield Visit(tree.Body((arm.flow,), arm.span), inside, inner)
            values.append(inside.flowing(arm.span))
    return values


def _guarded(guards: tuple[tree.Guard, ...], context: Context, variables: Variables) -> Iterator[Variables]:
    """The variables that an arm sees: once for each turn of its loops whose conditions hold."""
    if not guards:
        yield variables
        return
    guard, *rest = guards
    value = evaluate(guard.value, context, variables, len(rest))
    if value is UNKNOWN:
        context.taint()
    elif guard.names:
        for inner in unpacked(guard.names, value, guard.value.span, context, variables):
            yield from _guarded(tuple(rest), context, inner)
    elif truth(value, guard.value.span):
        yield from _guarded(tuple(rest), context, variables)
