"""The outline of a text: its definitions, the sections, heads and labels in them; and what folds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cnnspec.source import Span
from cnnspec.syntax import Parsed, tree


class OutlineEntry(NamedTuple):
    """A part of a spec that has a name: `kind` is net, def, share, space, let, input, section, head,
    label or variable.

    `name_span` is its name, `span` the whole of it.
    """

    kind: str
    name: str
    detail: str
    name_span: Span
    span: Span
    inner: tuple[OutlineEntry, ...] = ()


def outline(parsed: Parsed) -> tuple[OutlineEntry, ...]:
    """The definitions of a file, in its order."""
    return tuple(entry for item in parsed.tree.items for entry in _item(item))


def _item(item: tree.Item) -> Iterator[OutlineEntry]:
    match item:
        case tree.Definition():
            kind = "share" if item.shared else "def"
            yield OutlineEntry(
                kind, item.name, _given(item), item.span, item.span.to(item.body.span), _body(item.body)
            )
        case tree.NetDefinition():
            yield OutlineEntry(
                "net", item.name, _given(item), item.span, item.span.to(item.body.span), _body(item.body)
            )
        case tree.Space(name, base, body):
            inner = [one for one in body.statements if isinstance(one, tree.Vary)]
            entries = tuple(
                OutlineEntry("variable", one.name.name, one.domain.span.text, one.name.span, one.span)
                for one in inner
            )
            whole = item.span.to(body.span)
            yield OutlineEntry("space", name, f"of {base.name}", item.span, whole, entries)
        case tree.Given():
            end = item.body.span if item.body is not None else item.span
            yield OutlineEntry("net", item.name, f"= {item.base.name}", item.span, item.span.to(end))
        case tree.Let():
            for name in tree.flat_names(item.names):
                yield OutlineEntry("let", name.name, "", name.span, item.span.to(name.span))
        case _:
            pass


def _given(item: tree.Definition | tree.NetDefinition) -> str:
    return f"({', '.join(parameter.name for parameter in item.parameters)})" if item.parameters else ""


def _body(body: tree.Body) -> tuple[OutlineEntry, ...]:
    return tuple(entry for statement in body.statements for entry in _statement(statement))


def _statement(statement: tree.Statement) -> Iterator[OutlineEntry]:
    match statement:
        case tree.InputDeclaration():
            yield OutlineEntry(
                "input", statement.name or "input", statement.span.text, statement.span, statement.span
            )
        case tree.Section(name, body):
            yield OutlineEntry(
                "section", name, "", statement.span, _over(statement.span, body.span), _body(body)
            )
        case tree.Head(name, _, training, body):
            title = name.span.text if name is not None else "head"
            detail = "training" if training else ""
            whole = _over(statement.span, body.span)
            yield OutlineEntry("head", title, detail, statement.span, whole, _body(body))
        case tree.Flow(label):
            inner = tuple(entry for unit in tree.units(statement) for entry in _unit(unit))
            if label is None:
                yield from inner
            else:
                yield OutlineEntry(
                    "label", label.span.text, "", label.span, _over(label.span, statement.span), inner
                )
        case tree.Labelled(label, inner):
            whole = _over(label.span, statement.span)
            yield OutlineEntry("label", label.span.text, "", label.span, whole, tuple(_statement(inner)))
        case tree.Definition():
            yield from _item(statement)
        case tree.Loop():
            yield from _body(statement.body)
        case tree.Branch():
            yield from _body(statement.body)
            if isinstance(statement.otherwise, tree.Body):
                yield from _body(statement.otherwise)
            elif statement.otherwise is not None:
                yield from _statement(statement.otherwise)
        case _:
            pass


def _unit(unit: tree.Unit) -> Iterator[OutlineEntry]:
    if isinstance(unit.block, tree.Body):
        yield from _body(unit.block)
    elif unit.block is not None:
        for arm in unit.block.arms:
            yield from _statement(arm.flow)


def _over(first: Span, other: Span) -> Span:
    return Span(first.source, min(first.start, other.start), max(first.end, other.end))


def folds(parsed: Parsed) -> list[tuple[int, int]]:
    """The first and last line (from 1) of each stretch that folds: blocks in braces, and runs of comments."""
    source = parsed.source
    found, runs = [], []
    for node in tree.parts(parsed.tree):
        if isinstance(node, (tree.Body, tree.Arms, tree.SpaceBody)):
            found.append((node.span.line, node.span.end_line))
    for token in parsed.tokens:
        if (
            token.kind == "COMMENT"
            and not source.line_text(line := source.position(token.start)[0]).split("#")[0].strip()
        ):
            if runs and runs[-1][1] == line - 1:
                runs[-1] = (runs[-1][0], line)
            else:
                runs.append((line, line))
    return sorted({(first, last) for first, last in (*found, *runs) if last > first})
