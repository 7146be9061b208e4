"""Conditions of a space: what they name, and whether they hold of a member."""

from __future__ import annotations

from cnnspec.caching import partial
from cnnspec.elaborate import Mistake, Module, net_parameters
from cnnspec.elaborate.context import Context
from cnnspec.elaborate.expect import EXAMPLES, apart, names_in, plain
from cnnspec.elaborate.expressions.arithmetic import compare
from cnnspec.elaborate.expressions.evaluate import NET, evaluate
from cnnspec.elaborate.values import UNKNOWN, Variables, has_unknown
from cnnspec.pipeline import FIGURES, MORE_FIGURES
from cnnspec.space.definition import Condition, NumberRange, SpaceVariable
from cnnspec.syntax import tree
from cnnspec.typed import Any, Iterator, Mapping


def condition_of(
    expression: tree.Expression,
    net: str,
    module: Module,
    variables: Mapping[str, SpaceVariable | None],
    context: Context,
) -> Condition:
    """A condition, with what it hangs on. Raises Mistake for what is none, or names what is unknown.

    In it a name is a parameter before it is a figure of the net, and that before anything of the file.
    """
    if not isinstance(expression, tree.Comparison):
        cure = apart(expression, "where macs < 400M")
        raise Mistake("type", expression.span, "`where` takes comparisons", help=cure.help, edits=cure.edits)
    figures = dict.fromkeys([*_heads(net, module), *FIGURES], UNKNOWN)
    more = {name: UNKNOWN for name in MORE_FIGURES if context.lookup(name) is None}
    first = {name: None if one is None else _example(one) for name, one in variables.items()}
    known: Variables = {**more, **figures, **{n: UNKNOWN if v is None else v for n, v in first.items()}}
    known[NET] = {**dict.fromkeys(MORE_FIGURES, UNKNOWN), **figures}
    fixed = [name for name in net_parameters(net, module) if name not in variables]
    known |= dict.fromkeys(fixed, UNKNOWN)
    for operand in expression.operands:
        evaluate(operand, context, known)
    asked = tuple(_figures(expression, {*figures, *more} - {*variables, *fixed}))
    roots = [getattr(one, "function", one) for one in asked]
    of_net = frozenset(one.name for one in roots if isinstance(one, tree.Figure))
    alone = frozenset(one.name for one in roots if isinstance(one, tree.Name))
    return Condition(expression, asked, alone, of_net, frozenset(names_in(expression) & {*variables, *fixed}))


def _example(variable: SpaceVariable) -> Any:
    """The first value of a variable, to try conditions with."""
    domain = variable.domain
    first = domain.low if isinstance(domain, NumberRange) else domain.values[0]
    return first if variable.length is None else (first,) * variable.length


def _heads(net: str, module: Module) -> Iterator[str]:
    """The heads of a net, which are figures too: their shapes."""
    item, home = module.net(net)
    while isinstance(item, tree.Given):
        item, home = home.net(item.base.name)
    for node in tree.parts(item.body) if item is not None else ():
        if isinstance(node, tree.Head):
            yield "head" if node.name is None else node.name.name


def _figures(expression: tree.Expression, known: set[str]) -> Iterator[tree.Expression]:
    """The parts of a condition that are figures: `macs`, `net.depth`, `params_of("head")`."""
    called: set[int] = set()
    for node in tree.parts(expression):
        function = getattr(node, "function", None)
        if isinstance(function, tree.Figure) or (isinstance(function, tree.Name) and function.name in known):
            called.add(id(function))
            yield node
        elif id(node) not in called and (
            isinstance(node, tree.Figure) or (isinstance(node, tree.Name) and node.name in known)
        ):
            yield node


def variables_of(
    condition: Condition, parameters: Variables, figures: Mapping[str, Any] | None = None
) -> Variables:
    """What the names in a condition stand for: parameters, and figures of a net where there is one."""
    if figures is None:
        return parameters
    of_net = {name: figures[name] for name in condition.of_net}
    return {**{name: figures[name] for name in condition.plain}, **parameters, NET: of_net}


def holds(condition: Condition, context: Context, variables: Variables) -> bool | None:
    """Whether a condition holds, with these variables and figures; None where it hangs on an unknown one.

    Raises Mistake where its values cannot be compared.
    """
    expression = condition.expression
    values = [plain(evaluate(operand, context, variables)) for operand in expression.operands]
    if has_unknown(tuple(values)):
        return None
    for operand, value in zip(expression.operands, values, strict=True):
        if isinstance(value, partial):
            name = operand.span.text
            cure = f"say of what, as in {name}({EXAMPLES.get(name, '...')})"
            raise Mistake("type", operand.span, f"`{name}` is a function, and no figure", help=cure)
    pairs = zip(expression.operators, values, values[1:], strict=False)
    return all(compare(symbol, left, right, expression.span) for symbol, left, right in pairs)
