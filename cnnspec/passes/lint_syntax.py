"""Warnings about the text of a spec, whether or not a net uses it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from cnnspec import syntax
from cnnspec.diagnostics.report import Report
from cnnspec.source import Span


def lint_syntax(file: syntax.File, report: Report) -> None:
    """Report the parameters of defs and nets that nothing in them uses."""
    for item in file.items:
        if not isinstance(item, (syntax.Definition, syntax.Net)) or _has_broken(item.body):
            continue
        used = set(names_in((item.body, tuple(p.default for p in item.parameters))))
        for parameter in item.parameters:
            if parameter.name not in used:
                report.warning(
                    "unused-parameter",
                    parameter.span,
                    f"nothing in `{item.name}` uses its parameter `{parameter.name}`",
                    help="remove it: whoever gives it a value believes that it changes something",
                )


def names_in(tree: Any) -> Iterator[str]:
    """The names that expressions and calls in a part of the AST use."""
    for node in parts(tree):
        if isinstance(node, (syntax.Name, syntax.Reference)):
            yield node.name


def parts(tree: Any) -> Iterator[Any]:
    """A part of the AST and all that is in it."""
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, tuple) and not isinstance(node, Span):
            stack.extend(node)
        elif is_dataclass(node):
            yield node
            stack.extend(getattr(node, field.name) for field in fields(node) if field.compare)


def _has_broken(body: syntax.Body) -> bool:
    return any(isinstance(node, syntax.Broken) for node in parts(body))
