"""Blocks with arguments given early: `bottleneck(64, act=gelu)` where a value is expected.

The arguments are evaluated where they are written; those of a later call fill what is still open:

    let wide = conv(64, bias=false)         PartialBlock(conv, out=64, bias=false)
    wide(3) -> wide(kernel=1)               conv(64, 3, bias=false), conv(64, 1, bias=false)
"""

from __future__ import annotations

from cnnspec.diagnostics.cures import CHANNELS_IN, Cure
from cnnspec.diagnostics.report import Edit
from cnnspec.elaborate.context import Context
from cnnspec.elaborate.expressions.functions import MAX_ITEMS
from cnnspec.elaborate.expressions.matching import match
from cnnspec.elaborate.expressions.names import unknown_function
from cnnspec.elaborate.mistakes.suggest import suggest_at
from cnnspec.elaborate.module import BlockValue, DefinedBlock, PartialBlock, block_of
from cnnspec.elaborate.values import (
    UNKNOWN,
    BoundExceeded,
    LayerBlock,
    Mistake,
    Variables,
    has_unknown,
    kind_of,
)
from cnnspec.layers.base import Parameter, parameters
from cnnspec.layers.kinds import Kind
from cnnspec.source import Span
from cnnspec.syntax import tree
from cnnspec.typed import Any, Callable

Evaluate = Callable[[tree.Expression], Any]
"""Gives the value of an expression where it stands."""
MAX_DEPTH = 30
"""How deep blocks with arguments, and lists, may be nested in the arguments of others."""


def give_early(
    block: Any, call: tree.Call, name: str, context: Context, variables: Variables, evaluate: Evaluate
) -> Any:
    """A block with the arguments of a call given; UNKNOWN where one is.

    Raises Mistake, for what is no block too.
    """
    before, whole = block_of(block)
    early = dict(before)
    if isinstance(whole, LayerBlock) and whole.layer.arity is not None:
        known: dict[str, Parameter | None] = {p.name: p for p in parameters(whole.layer)}
    elif isinstance(whole, DefinedBlock):
        known = dict.fromkeys(p.name for p in whole.definition.parameters)
    else:
        raise unknown_function(name, call.function.span, block)
    given = match(call.arguments, tuple(known), whole.name, call.span, context.note, early, is_step=False)
    for argument_name, argument in given.items():
        parameter = known[argument_name]
        if parameter is None:
            early[argument_name] = evaluate(argument.value)
        else:
            early[argument_name] = layer_argument(parameter, argument, whole.name, variables, evaluate)
    if any(map(has_unknown, early.values())):
        return UNKNOWN
    return bounded(PartialBlock(whole, tuple([(n, early[n]) for n in known if n in early])), call.span)


def bounded(block: PartialBlock, span: Span) -> PartialBlock:
    """A block, if what is given to it is not nested too deep or too large. Raises BoundExceeded."""
    if block.depth > MAX_DEPTH or block.size > MAX_ITEMS:
        raise BoundExceeded(
            "bound-nesting",
            span,
            f"blocks are given to each other more than {MAX_DEPTH} deep, or with more than {MAX_ITEMS} parts",
            help="does a def give a block to a block at each call?",
        )
    return block


def layer_argument(
    parameter: Parameter, argument: tree.Argument, op: str, variables: Variables, evaluate: Evaluate
) -> Any:
    """One field of a layer; UNKNOWN where a part of it is. Raises Mistake where the value does not fit."""
    what = f"`{parameter.name}` of `{op}`"
    value = word_or_value(argument.value, parameter.kind.words, what, variables, evaluate)
    if has_unknown(value):
        return UNKNOWN
    try:
        return parameter.kind.read(value)
    except ValueError as error:
        cure = _value_cure(parameter.kind, value, argument.value)
        raise Mistake(
            "argument-value",
            argument.span,
            f"`{parameter.name}` of `{op}` must be {error}, here is {kind_of(value)}",
            help=cure.help,
            edits=cure.edits,
        ) from None


def word_or_value(
    expression: tree.Expression, words: tuple[str, ...], what: str, variables: Variables, evaluate: Evaluate
) -> Any:
    """The value of an argument that may be one of a few bare words, though blocks have the same names.

    Raises Mistake, for a word that means nothing one that lists those that do.
    """
    if isinstance(expression, tree.Name) and expression.name in words and expression.name not in variables:
        return expression.name
    try:
        value = evaluate(expression)
    except Mistake as mistake:
        if mistake.code != "unknown-name" or not words or not isinstance(expression, tree.Name):
            raise
        name = expression.name
        cure = suggest_at(expression.span, name, words, f"words that it takes: {', '.join(words)}")
        message = f"{what} does not take `{name}`"
        raise Mistake("argument-value", expression.span, message, help=cure.help, edits=cure.edits) from None
    if value is None and "none" in words:
        return "none"
    if isinstance(value, PartialBlock) or not isinstance(value, BlockValue):
        return value
    return value.name if value.name in words else value


def _value_cure(kind: Kind, value: Any, written: tree.Expression) -> Cure:
    """What to write in the place of a value that does not fit; empty where that cannot be told.

    It is mechanical where the value is written out, and one other is meant.
    """
    if isinstance(value, str):
        cure = suggest_at(written.span, value, kind.words)
        return cure if isinstance(written, tree.Literal) else Cure(cure.help)
    told = kind.cure(value)
    if told == CHANNELS_IN and isinstance(written, tree.Literal):
        return Cure(told, _without_first(written.span))
    instead = told.removeprefix("write ").partition(":")[0]
    plain = isinstance(written, tree.Literal) and told.startswith("write ")
    return Cure(told, (Edit(written.span, instead),) if plain else ())


def _without_first(argument: Span) -> tuple[Edit, ...]:
    """A call without its first argument, and without parentheses where there is no other."""
    source, start, end = argument
    if source.text[start - 1] != "(":
        return ()
    following = source.text[end : end + 1]
    if following == ")":
        return (Edit(Span(source, start - 1, end + 1), ""),)
    if following != ",":
        return ()
    after = len(source.text[end + 1 :]) - len(source.text[end + 1 :].lstrip(" "))
    return (Edit(Span(source, start, end + 1 + after), ""),)
