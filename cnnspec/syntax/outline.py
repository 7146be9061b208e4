"""The outline of a text: the definitions that it begins, the warnings that its lines allow."""

from __future__ import annotations

from itertools import pairwise

from cnnspec.diagnostics.report import TextNotes
from cnnspec.named_tuples import NamedTuple
from cnnspec.source import Source
from cnnspec.syntax import tree
from cnnspec.syntax.statements import begins_space
from cnnspec.syntax.tokens import Token, tokenize
from cnnspec.typed import Iterable, Iterator, Mapping

DEFINING = frozenset(["def", "share", "net", "space"])
ALLOW = "allow:"
STRETCHES = (*tree.Statement.__args__, *tree.Item.__args__, tree.Where, tree.Arm, tree.Body, tree.Arms)
"""What may go over several lines; the span of a call alone is its head, that of its braces is the rest."""


class Heading(NamedTuple):
    """The beginning of a definition at the margin: `word` (def, share, net, space) and its name."""

    word: str
    name: str


def headings(text: str) -> Iterator[Heading]:
    """The definitions that a text begins, whatever stands in them."""
    tokens = tokenize(text)
    for number, (word, name) in enumerate(pairwise(tokens)):
        is_head = word.text != "space" or begins_space(tokens[number : number + 3])
        if word.text in DEFINING and name.kind == "NAME" and _at_margin(text, word) and is_head:
            yield Heading(word.text, name.text)


def notes_of(source: Source, tokens: Iterable[Token], file: tree.File) -> TextNotes:
    """What a report is to know of a text: where definitions begin, which warnings its lines allow.

    A comment behind the end of a statement allows on all its lines, so that it can be broken over several.
    """
    starts: list[int] = []
    allowed: dict[int, frozenset[str]] = {}
    for token in tokens:
        if token.kind == "COMMENT":
            if codes := _allowed(token.text):
                allowed[source.position(token.start)[0]] = codes
        elif token.text in DEFINING and _at_margin(source.text, token):
            starts.append(token.start)
    return TextNotes(tuple(starts), _on_whole_statements(allowed, file) if allowed else allowed)


def _on_whole_statements(allowed: Mapping[int, frozenset[str]], file: tree.File) -> dict[int, frozenset[str]]:
    """What lines allow, with what is allowed at the end of the statements that they are in."""
    spread = dict(allowed)
    for node in tree.parts(file.items):
        if isinstance(node, STRETCHES) and (codes := allowed.get(node.span.end_line)):
            for line in range(node.span.line, node.span.end_line):
                spread[line] = spread.get(line, frozenset()) | codes
    return spread


def _at_margin(text: str, token: Token) -> bool:
    return text[token.start - 1 : token.start] in ("", "\n")


def _allowed(comment: str) -> frozenset[str]:
    """The codes in `# allow: code, code`, which another comment may stand before, and words after it."""
    parts = [part.strip() for part in comment.split("#")]
    lists = [part.removeprefix(ALLOW) for part in parts if part.startswith(ALLOW)]
    return frozenset(words[0] for listed in lists for part in listed.split(",") if (words := part.split()))
