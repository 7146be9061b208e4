"""What a mistake leaves undefined: the labels and values that a statement would have defined."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cnnspec.syntax import tree

LABEL = re.compile(r"\b([A-Za-z_]\w*+)\s*+(?:\[[^\[\]\n]{0,200}\]\s*+)?:")
BINDING = re.compile(r"\b(?:let|for|head|input)\s++([A-Za-z_]\w*+(?:\s*+,\s*+[A-Za-z_]\w*+)*+)")
NAMELESS = re.compile(r"(?:def|share|net|let)\b\s*[^\w\s]|use\b[^(]*\(\s*\)")
WORD = re.compile(r"[A-Za-z_]\w*")


def lost_names(statement: tree.Statement) -> frozenset[str]:
    """The names that a statement defines, and those that statements within it do."""
    return frozenset(_names(statement))


def broken_names(broken: tree.Broken) -> frozenset[str]:
    """The names that a statement with a syntax error may have been meant to define."""
    text = broken.span.text
    bound = [name for group in BINDING.findall(text) for name in WORD.findall(group)]
    return frozenset([*LABEL.findall(text), *bound])


def words_of(broken: tree.Broken) -> frozenset[str]:
    """All words of a statement with a syntax error."""
    return frozenset(WORD.findall(broken.span.text))


def may_define(broken: tree.Broken, name: str) -> bool:
    """Whether a definition with a syntax error may be that of a name: its header holds it, or none."""
    text = broken.span.text
    return name in text.partition("{")[0] or NAMELESS.match(text) is not None


def _names(statement: tree.Statement) -> Iterator[str]:
    stack: list[Any] = [statement]
    while stack:
        node = stack.pop()
        if isinstance(node, tree.Flow):
            stack += [unit.block for unit in node.units]
            if node.label is not None:
                yield node.label.name
        elif isinstance(node, tree.Body):
            stack += node.statements
        elif isinstance(node, tree.Arms):
            stack += [arm.flow for arm in node.arms]
        elif isinstance(node, tree.Branch):
            stack += [node.body, node.otherwise]
        elif isinstance(node, (tree.Loop, tree.Section)):
            stack.append(node.body)
        elif isinstance(node, tree.Let):
            yield from (name.name for name in node.names)
        elif isinstance(node, tree.Head) and node.name is not None:
            yield node.name.name
        elif isinstance(node, tree.InputDeclaration):
            yield node.name or "input"
        elif isinstance(node, tree.Broken):
            yield from broken_names(node)
