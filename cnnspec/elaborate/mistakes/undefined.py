"""What a mistake leaves undefined: the labels and values that a statement would have defined."""

from __future__ import annotations

from itertools import takewhile

from cnnspec.syntax import tree
from cnnspec.syntax.tokens import NUMBERS, WORDS, Token
from cnnspec.typed import Any, Iterator, Sequence

BINDING = frozenset(["let", "for", "head", "input"])
"""Words that the names which they bind follow at once."""
NAMED = frozenset(["def", "share", "net", "let"])


def lost_names(statement: tree.Statement) -> frozenset[str]:
    """The names that a statement defines, and those that statements within it do."""
    return frozenset(_names(statement))


def broken_names(broken: tree.Broken) -> frozenset[str]:
    """The names that a statement with a syntax error may have been meant to define."""
    return frozenset([*_labels(broken.tokens), *_bound(broken.tokens)])


def words_of(broken: tree.Broken) -> frozenset[str]:
    """All words of a statement with a syntax error."""
    return frozenset(token.text for token in broken.tokens if token.kind == "NAME")


def may_define(broken: tree.Broken, name: str) -> bool:
    """Whether a definition with a syntax error may be that of a name: its header holds it, or none."""
    header = [token.text for token in takewhile(lambda token: token.kind != "{", broken.tokens)]
    return name in header or _is_nameless(broken.tokens)


def _is_nameless(tokens: Sequence[Token]) -> bool:
    """Whether a definition lacks its name, or `use` what it brings."""
    kinds = [token.kind for token in tokens if token.kind != "END"]
    first = tokens[0].text if tokens else ""
    if first == "use":
        return "(" in kinds and kinds[kinds.index("(") + 1 :][:1] == [")"]
    return first in NAMED and len(kinds) > 1 and kinds[1] not in WORDS | NUMBERS


def _labels(tokens: Sequence[Token]) -> Iterator[str]:
    """The names before a colon, with indices or without."""
    opened: list[int] = []
    labelled: Token | None = None
    for number, token in enumerate(tokens):
        if token.kind == ":" and labelled is not None:
            yield labelled.text
        if token.kind == "[":
            opened.append(number)
        start = opened.pop() - 1 if token.kind == "]" and opened else number
        labelled = tokens[start] if start >= 0 and tokens[start].kind == "NAME" else None


def _bound(tokens: Sequence[Token]) -> Iterator[str]:
    """The names after `let`, `for`, `head` and `input`, with commas between them."""
    for number, token in enumerate(tokens):
        at = number + 1
        while token.text in BINDING and at < len(tokens) and tokens[at].kind == "NAME":
            yield tokens[at].text
            at += 2 if tokens[at + 1 : at + 2] and tokens[at + 1].kind == "," else len(tokens)


def _names(statement: tree.Statement) -> Iterator[str]:
    stack: list[Any] = [statement]
    while stack:
        node = stack.pop()
        if isinstance(node, tree.Flow):
            stack += node.units
            if node.label is not None:
                yield node.label.name
        elif isinstance(node, tree.Unit):
            stack.append(node.block)
        elif isinstance(node, tree.Conditional):
            stack += [node.unit, node.otherwise]
        elif isinstance(node, tree.Labelled):
            stack.append(node.statement)
            yield node.label.name
        elif isinstance(node, tree.Definition):
            yield node.name
        elif isinstance(node, tree.Body):
            stack += node.statements
        elif isinstance(node, tree.Arms):
            stack += [arm.flow for arm in node.arms]
        elif isinstance(node, tree.Branch):
            stack += [node.body, node.otherwise]
        elif isinstance(node, (tree.Loop, tree.Section)):
            stack.append(node.body)
        elif isinstance(node, tree.Let):
            yield from (name.name for name in tree.flat_names(node.names))
        elif isinstance(node, tree.Head) and node.name is not None:
            yield node.name.name
        elif isinstance(node, tree.InputDeclaration):
            yield node.name or "input"
        elif isinstance(node, tree.Broken):
            yield from broken_names(node)
