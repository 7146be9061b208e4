"""What tokens tell of a text without its tree: the definitions it begins, the warnings it allows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from cnnspec.diagnostics.report import TextNotes
from cnnspec.source import Source
from cnnspec.syntax.tokens import Token, tokenize

DEFINING = frozenset(["def", "share", "net"])
ALLOW = "allow:"


class Heading(NamedTuple):
    """The beginning of a definition at the margin: `word` (def, share, net) and its name."""

    word: str
    name: str


def headings(text: str) -> Iterator[Heading]:
    """The definitions that a text begins, whatever stands in them."""
    tokens = tokenize(text)
    for word, name in pairwise(tokens):
        if word.text in DEFINING and name.kind == "NAME" and _at_margin(text, word):
            yield Heading(word.text, name.text)


def notes_of(source: Source, tokens: Iterable[Token]) -> TextNotes:
    """What a report is to know of a text: where definitions begin, which warnings its lines allow."""
    starts: list[int] = []
    allowed: dict[int, frozenset[str]] = {}
    for token in tokens:
        if token.kind == "COMMENT":
            if codes := _allowed(token.text):
                allowed[source.position(token.start)[0]] = codes
        elif token.text in DEFINING and _at_margin(source.text, token):
            starts.append(token.start)
    return TextNotes(tuple(starts), allowed)


def _at_margin(text: str, token: Token) -> bool:
    return text[token.start - 1 : token.start] in ("", "\n")


def _allowed(comment: str) -> frozenset[str]:
    """The codes in `# allow: code, code`, which another comment may stand before, and words after it."""
    parts = [part.strip() for part in comment.split("#")]
    lists = [part.removeprefix(ALLOW) for part in parts if part.startswith(ALLOW)]
    return frozenset(words[0] for listed in lists for part in listed.split(",") if (words := part.split()))
