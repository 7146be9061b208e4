"""Items of lists and of families of labels, and the names that lists are unpacked into."""

from __future__ import annotations

from cnnspec.diagnostics.cures import Cure
from cnnspec.diagnostics.report import Edit
from cnnspec.elaborate.context import Context
from cnnspec.elaborate.expressions.functions import as_list
from cnnspec.elaborate.module import BlockValue
from cnnspec.elaborate.values import UNKNOWN, Family, Mistake, Value, Variables, kind_of
from cnnspec.source import Span
from cnnspec.syntax import tree
from cnnspec.typed import Any, Iterator


class Doubtful(dict[tuple[int, ...], Value]):
    """A family of labels some of which a syntax error may have left undefined."""


def may_lack(family: Family, name: str, context: Context) -> Family:
    """A family of labels, marked where a syntax error may have left some undefined."""
    return Doubtful(family) if name in context.scope.suspected else family


def pick(target: Any, index: Any, span: Span) -> Any:
    """One item of a list or a family of labels; of a family with more indices, the part with the first ones.

    Raises Mistake.
    """
    if index is UNKNOWN or target is UNKNOWN:
        return UNKNOWN
    if isinstance(target, dict):
        if type(index) is int and index < 0:
            return pick(tuple(by_first_index(target).values()), index, span)
        key = index if isinstance(index, tuple) else (index,)
        if key in target:
            return target[key]
        if part := {k[len(key) :]: v for k, v in target.items() if k[: len(key)] == key}:
            return part
        if isinstance(target, Doubtful):
            return UNKNOWN
        have = ", ".join("[" + ", ".join(map(str, k)) + "]" for k in list(target)[:12])
        shown = ", ".join(map(str, key))
        raise Mistake("unknown-label", span, f"the label has no index [{shown}]", help=f"it has {have}")
    if isinstance(target, BlockValue):
        message, cure = f"`{target.name}` is a block, and has no items", _in_parentheses(target.name, span)
        raise Mistake("type", span, message, help=cure.help, edits=cure.edits)
    if not isinstance(target, tuple) or not isinstance(index, int) or isinstance(index, bool):
        raise Mistake(
            "type", span, f"`[ ]` takes an integer into a list, not {kind_of(index)} into {kind_of(target)}"
        )
    if not -len(target) <= index < len(target):
        raise Mistake("index", span, f"index {index} is outside the list, which has {len(target)} items")
    return target[index]


def _in_parentheses(name: str, span: Span) -> Cure:
    """The arguments of a call that is written `name[...]`, in parentheses."""
    source, start, end = span
    bracket = source.text.find("[", start, end)
    help = f"arguments stand in parentheses: {name}(...)"
    if span.text.count("[") != 1 or not span.text.endswith("]"):
        return Cure(help)
    opening, closing = Span(source, bracket, bracket + 1), Span(source, end - 1, end)
    return Cure(help, (Edit(opening, "("), Edit(closing, ")")))


def by_first_index(family: Family) -> dict[int, Value | Family]:
    """What a family has at each first index, in the order of labelling."""
    found: dict[int, Any] = {}
    for key, value in family.items():
        if len(key) == 1:
            found[key[0]] = value
        else:
            found.setdefault(key[0], {})[key[1:]] = value
    return found


def numbered(family: Family, span: Span) -> tuple[Value | Family, ...]:
    """A family as a list. Raises Mistake where its labels are not numbered 0, 1, 2 in order."""
    parts = by_first_index(family)
    if list(parts) != list(range(len(parts))):
        have = ", ".join(map(str, list(parts)[:12]))
        raise Mistake(
            "index",
            span,
            f"a slice is of labels numbered from 0 in order, these are {have}",
            help="list those that are meant: [y[2], y[4]]",
        )
    return tuple(parts.values())


def unpacked(
    names: tuple[tree.Target, ...], items: Any, span: Span, context: Context, outer: Variables
) -> Iterator[Variables]:
    """The variables of each turn of a loop over a list. Raises Mistake where an item does not unpack."""
    try:
        turns = as_list(items)
    except TypeError:
        raise Mistake(
            "type", span, f"`for` needs a list, this is {kind_of(items)}", help="range(n) counts from 0"
        ) from None
    for item in turns:
        context.builder.spend(span)
        yield {**outer, **unpack(names, item, span)}


def unpack(names: tuple[tree.Target, ...], item: Any, span: Span) -> Variables:
    """The variables that names get from an item: one name takes it whole. Raises Mistake."""
    if len(names) == 1:
        (name,) = names
        return {name.name: item} if isinstance(name, tree.Name) else unpack(name.names, item, span)
    if item is UNKNOWN:
        return {name.name: UNKNOWN for name in tree.flat_names(names)}
    if not isinstance(item, tuple) or len(item) != len(names):
        had = f"a list of {len(item)}" if isinstance(item, tuple) else kind_of(item)
        raise Mistake("unpack", span, f"{len(names)} names take a list of {len(names)} items, here is {had}")
    bound: Variables = {}
    for name, value in zip(names, item, strict=True):
        bound |= unpack((name,), value, span)
    return bound
