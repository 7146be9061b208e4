"""Source text in black's layout: what fits on a line stays on it, the rest is split at its outer brackets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

from cnnspec.backends.python_source import literal

WIDTH = 88
INDENT = 4


@dataclass(frozen=True)
class DocItem:
    """One element between brackets, with what stands before it (`name=`, `*`) and the comment after it."""

    doc: Doc
    prefix: str = ""
    comment: str = ""


@dataclass(frozen=True)
class Bracketed:
    """`opening item, item closing`; `tall` puts every item on a line of its own even where all would fit.

    Black leaves a lone item without a comma where it did not have to split it off: `last_comma` says which.
    """

    opening: str
    items: tuple[DocItem, ...]
    closing: str = ")"
    tall: bool = False
    last_comma: bool = True


@dataclass(frozen=True)
class Infix:
    """Operands joined by one operator."""

    operator: str
    operands: tuple[Doc, ...]


@dataclass(frozen=True)
class DocLoop:
    """`opening element for ... closing`."""

    opening: str
    element: Doc
    loop: str
    closing: str


@dataclass(frozen=True)
class Strings:
    """A text as a literal, which goes on in a further one where a line is full."""

    text: str


Doc = str | Bracketed | Infix | DocLoop | Strings


def call(name: str, items: Sequence[DocItem | str]) -> Bracketed:
    return Bracketed(f"{name}(", tuple(DocItem(item) if isinstance(item, str) else item for item in items))


def flat(doc: Doc) -> str:
    """The text on one line."""
    if isinstance(doc, str):
        return doc
    if isinstance(doc, Infix):
        return f" {doc.operator} ".join(map(operand, doc.operands))
    if isinstance(doc, Strings):
        return literal(doc.text)
    if isinstance(doc, DocLoop):
        return f"{doc.opening}{flat(doc.element)} {doc.loop}{doc.closing}"
    return doc.opening + ", ".join(item.prefix + flat(item.doc) for item in doc.items) + doc.closing


def operand(doc: Doc) -> str:
    return f"({flat(doc)})" if isinstance(doc, Infix) else flat(doc)


def fits(text: str, indent: int) -> bool:
    return indent + len(text) <= WIDTH


def must_split(doc: Doc) -> bool:
    """Whether a comment or a wish inside keeps it from standing on one line."""
    if not isinstance(doc, Bracketed):
        return isinstance(doc, DocLoop) and must_split(doc.element)
    return doc.tall or any(item.comment or must_split(item.doc) for item in doc.items)


def lines(doc: Doc, indent: int, before: str = "", after: str = "", comment: str = "") -> list[str]:
    """The lines of `before doc after  # comment`; a comment that would not fit is left out."""
    margin = " " * indent
    whole = before + flat(doc) + after
    if not must_split(doc) and fits(whole, indent):
        return [margin + with_comment(whole, comment, indent)]
    if isinstance(doc, Bracketed) and doc.items:
        return _split(doc, indent, before, after, comment)
    if isinstance(doc, DocLoop):
        inner = [*lines(doc.element, indent + INDENT), " " * (indent + INDENT) + doc.loop]
        return [
            margin + before + doc.opening,
            *inner,
            margin + with_comment(doc.closing + after, comment, indent),
        ]
    if isinstance(doc, Infix):
        return _stacked(doc, indent, before, after)
    if isinstance(doc, Strings):
        rows = wrap(doc.text, WIDTH - indent - 4)
        parts = [literal(f"{row} ") for row in rows[:-1]] + [literal(rows[-1]) + after]
        return [margin + part for part in parts]
    return [margin + whole]


def _split(doc: Bracketed, indent: int, before: str, after: str, comment: str) -> list[str]:
    margin = " " * indent
    opening = margin + before + doc.opening
    closing = margin + with_comment(doc.closing + after, comment, indent)
    body = ", ".join(item.prefix + flat(item.doc) for item in doc.items)
    is_literal = doc.opening in ("[", "{") and len(doc.items) > 1
    if not must_split(doc) and not is_literal and fits(body, indent + INDENT):
        return [opening, " " * (indent + INDENT) + body, closing]
    inner = [
        line
        for item in doc.items
        for line in lines(item.doc, indent + INDENT, item.prefix, "," if doc.last_comma else "", item.comment)
    ]
    return [opening, *inner, closing]


def _stacked(doc: Infix, indent: int, before: str, after: str) -> list[str]:
    """A long sum: one operand a line, in brackets."""
    margin, inner = " " * indent, " " * (indent + INDENT)
    first, *rest = map(operand, doc.operands)
    return [
        f"{margin}{before}(",
        inner + first,
        *(f"{inner}{doc.operator} {text}" for text in rest),
        f"{margin}){after}",
    ]


def with_comment(text: str, comment: str, indent: int) -> str:
    commented = f"{text}  # {comment}"
    return commented if comment and fits(commented, indent) else text
