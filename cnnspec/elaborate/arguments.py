"""Arguments: how those of a call become the fields of a layer or the parameters of a def."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from cnnspec.diagnostics.cures import Cure
from cnnspec.diagnostics.report import Edit
from cnnspec.elaborate.context import CallSite, Context
from cnnspec.elaborate.expressions.evaluate import evaluate
from cnnspec.elaborate.mistakes.suggest import choose_near, left_out, nearest_parameter, suggest, suggest_at
from cnnspec.elaborate.module import BlockValue, DefinedBlock
from cnnspec.elaborate.values import UNKNOWN, FollowUp, LayerBlock, Mistake, Variables, has_unknown, kind_of
from cnnspec.layers.base import Layer, parameters
from cnnspec.layers.base import Parameter as LayerParameter
from cnnspec.layers.kinds import Kind
from cnnspec.source import Span
from cnnspec.syntax import tree

Note = Callable[[Mistake], None]
"""Takes a mistake that the call goes on after."""


LONGEST_SHOWN = 60
"""How long an argument may be, in characters, that a cure repeats."""
MAX_UNKNOWN = 10
"""A call with as many unknown arguments does not go on."""


def refuse(mistake: Mistake) -> None:
    """The note of a call that does not go on."""
    raise mistake


def match(
    arguments: tuple[tree.Argument, ...], names: tuple[str, ...], what: str, span: Span, note: Note = refuse
) -> dict[str, tree.Argument]:
    """Which argument goes to which parameter. Raises Mistake for one too many, or given twice.

    One that is unknown is noted and left out, unless its name is nearly that of a parameter: then it is taken
    for that.
    """
    found: dict[str, tree.Argument] = {}
    guessed: dict[str, tree.Argument] = {}
    unknown: list[str] = []
    for position, argument in enumerate(arguments):
        if argument.name is None:
            _check_position(arguments, position, names, what)
            name = names[position]
        elif argument.name in names:
            name = argument.name
        else:
            unknown.append(argument.name)
            (note if len(unknown) < MAX_UNKNOWN else refuse)(_unknown(arguments, position, names, what))
            guessed |= dict.fromkeys(nearest_parameter(argument.name, names)[:1], argument)
            continue
        if name in found:
            raise Mistake("argument-twice", argument.span, f"`{name}` is given twice")
        found[name] = argument
    return guessed | found if guessed else found


def _unknown(
    arguments: tuple[tree.Argument, ...], position: int, names: tuple[str, ...], what: str
) -> Mistake:
    argument = arguments[position]
    cure = _name_cure(arguments, position, names)
    message = f"`{what}` has no parameter `{argument.name}`"
    return Mistake("argument-name", argument.span, message, help=cure.help, edits=cure.edits)


def _name_cure(arguments: tuple[tree.Argument, ...], position: int, names: tuple[str, ...]) -> Cure:
    """The cure of an argument whose name is not known: another name, or to leave it out."""
    argument = arguments[position]
    name = argument.name or ""
    why = left_out(name)
    if why:
        edits = (_without(arguments, position),) if why.endswith("leave it out") else ()
        return Cure(why, edits)
    near = nearest_parameter(name, names)
    if not near:
        return Cure(f"it takes {', '.join(names)}" if names else "it takes none")
    start = argument.span.start
    cure = choose_near(Span(argument.span.source, start, start + len(name)), name, near)
    is_given = near[0] in {*names[: _positional(arguments)], *(one.name for one in arguments)}
    return Cure(cure.help) if is_given else cure


def _positional(arguments: tuple[tree.Argument, ...]) -> int:
    """How many arguments of a call go by their position."""
    return sum(argument.name is None for argument in arguments)


def _without(arguments: tuple[tree.Argument, ...], position: int) -> Edit:
    """The edit that leaves out an argument, and the comma that divides it from another one."""
    span = arguments[position].span
    if position:
        return Edit(Span(span.source, arguments[position - 1].span.end, span.end), "")
    if len(arguments) > 1:
        return Edit(Span(span.source, span.start, arguments[1].span.start), "")
    return Edit(span, "")


def _check_position(
    arguments: tuple[tree.Argument, ...], position: int, names: tuple[str, ...], what: str
) -> None:
    """Raise Mistake for an argument without a name that no parameter is for."""
    argument = arguments[position]
    if position and arguments[position - 1].name is not None:
        raise Mistake(
            "argument-order",
            argument.span,
            f"in `{what}`, an argument without a name stands after one with a name",
            help="write those without a name first",
        )
    if position >= len(names):
        takes = f"takes {len(names)} argument{'s' * (len(names) != 1)}" if names else "takes no arguments"
        listed = f": {', '.join(names)}" if names else ""
        cure = "" if names else _alone(argument, what)
        raise Mistake("argument-count", argument.span, f"`{what}` {takes}{listed}", help=cure)


def _alone(argument: tree.Argument, what: str) -> str:
    """The cure for an argument of a block that takes none, which may be a layer that should come before."""
    span = argument.span
    text = span.source.text[span.start : span.end]
    chained = isinstance(argument.value, tree.Call) and len(text) <= LONGEST_SHOWN
    return f"write {text} -> {what}" if chained else f"write {what} alone"


def missing(what: str, name: str, span: Span, doc: str = "") -> Mistake:
    """The mistake of a call that leaves out a required argument."""
    about = f" ({doc})" if doc else ""
    return Mistake(
        "argument-missing", span, f"`{what}` needs `{name}`{about}", help=f"write {what}({name}=...)"
    )


def layer_arguments(site: CallSite, block: LayerBlock) -> dict[str, Any] | None:
    """The fields of a layer from the arguments of a call; None where one is unknown. Raises Mistake."""
    cls, arguments = block.layer, site.arguments
    names, required = _signature(cls)
    given = match(arguments, names, cls.op, site.span, site.context.note) if arguments else {}
    values: dict[str, Any] = {}
    lost = False
    for parameter in parameters(cls) if given or required else ():
        name = parameter.name
        if name in given:
            values[name] = layer_argument(parameter, given[name], cls.op, site)
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


def layer_argument(parameter: LayerParameter, argument: tree.Argument, op: str, site: CallSite) -> Any:
    """One field of a layer; UNKNOWN where a part of it is. Raises Mistake where the value does not fit."""
    what = f"`{parameter.name}` of `{op}`"
    value = word_or_value(argument.value, parameter.kind.words, what, site.context, site.variables)
    if has_unknown(value):
        return UNKNOWN
    try:
        return parameter.kind.read(value)
    except ValueError as error:
        raise Mistake(
            "argument-value",
            argument.span,
            f"`{parameter.name}` of `{op}` must be {error}, here is {kind_of(value)}",
            help=_value_cure(parameter.kind, value),
        ) from None


def word_or_value(
    expression: tree.Expression, words: tuple[str, ...], what: str, context: Context, variables: Variables
) -> Any:
    """The value of an argument that may be one of a few bare words, though blocks have the same names.

    Raises Mistake, for a word that means nothing one that lists those that do.
    """
    if isinstance(expression, tree.Name) and expression.name in words and expression.name not in variables:
        return expression.name
    try:
        value = evaluate(expression, context, variables)
    except Mistake as mistake:
        if mistake.code != "unknown-name" or not words or not isinstance(expression, tree.Name):
            raise
        name = expression.name
        cure = suggest_at(expression.span, name, words, f"words that it takes: {', '.join(words)}")
        message = f"{what} does not take `{name}`"
        raise Mistake("argument-value", expression.span, message, help=cure.help, edits=cure.edits) from None
    if value is None and "none" in words:
        return "none"
    return value.name if isinstance(value, BlockValue) and value.name in words else value


def _value_cure(kind: Kind, value: Any) -> str:
    """What to write in the place of a value that does not fit; empty where that cannot be told."""
    return suggest(value, list(kind.words)) if isinstance(value, str) else kind.cure(value)


def bind_parameters(site: CallSite, block: DefinedBlock, callee: Context) -> Variables:
    """The variables of a def from a call; defaults are evaluated at the call, in the def's module.

    Raises Mistake.
    """
    known, arguments = block.definition.parameters, site.arguments
    given = match(arguments, tuple(p.name for p in known), block.name, site.span, site.context.note)
    bound: Variables = {}
    for parameter in known:
        argument = given.get(parameter.name)
        if argument is not None:
            bound[parameter.name] = evaluate(argument.value, site.context, site.variables)
        elif parameter.default is not None:
            bound[parameter.name] = evaluate(parameter.default, callee, bound)
        elif len(given) < len(arguments):
            raise FollowUp
        else:
            raise missing(block.name, parameter.name, site.span)
    return bound
