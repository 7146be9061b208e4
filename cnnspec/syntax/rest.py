"""What is left of a statement with a syntax error: the parts that were whole before it."""

from __future__ import annotations

from cnnspec.records import dataclass
from cnnspec.source import Span
from cnnspec.syntax import tree
from cnnspec.syntax.tokens import Token
from cnnspec.typed import Any, Iterator


@dataclass(frozen=True)
class Rest:
    """What was read of a statement before its syntax error, where it stands."""

    span: Span
    blocks: tuple[tree.Body | tree.Arms, ...] = ()
    label: tree.Reference | None = None
    units: tuple[tree.Step, ...] = ()
    callee: tree.Reference | None = None
    arguments: tuple[tree.Argument, ...] = ()


def rest_of(taken: list[Any], span: Span) -> Rest:
    """What is left of a statement, from the values that were taken off the stack of the parser."""
    values = list(_flat(taken))
    units = tuple(value for value in values if isinstance(value, tree.Step))
    inside = tree.parts(units, without=(tree.Body, tree.Arms))
    blocks = [part.block for part in inside if isinstance(part, tree.Unit) and part.block is not None]
    blocks += [value for value in values if isinstance(value, (tree.Body, tree.Arms))]
    for value in values:
        if isinstance(value, tree.Broken):
            blocks += value.blocks
    label = values[0] if _is_label(values) else None
    callee, arguments = _call(values)
    return Rest(span, tuple(blocks), label, units, callee, arguments)


def _flat(values: list[Any]) -> Iterator[Any]:
    """Values, those in lists and tuples that are no nodes yet each by itself."""
    for value in values:
        if isinstance(value, Token) or not isinstance(value, (list, tuple)):
            yield value
        else:
            yield from _flat(list(value))


def _is_label(values: list[Any]) -> bool:
    """Whether a statement begins with a label; the colon is gone where the label is whole."""
    if len(values) < 2 or not isinstance(values[0], tree.Reference):
        return False
    return not isinstance(values[1], Token) or values[1].kind == ":"


def _call(values: list[Any]) -> tuple[tree.Reference | None, tuple[tree.Argument, ...]]:
    """The call that was open, and the arguments that it had."""
    for number in reversed(range(len(values))):
        value, after = values[number], values[number + 1 : number + 2]
        if isinstance(value, tree.Reference) and (number or not _is_label(values)):
            called = not after or isinstance(after[0], (tree.Argument, Token))
            arguments = tuple(v for v in values[number + 1 :] if isinstance(v, tree.Argument))
            return (value, arguments) if called else (None, ())
    return None, ()
