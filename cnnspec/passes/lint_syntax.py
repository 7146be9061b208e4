"""Warnings about the text of a spec, whether or not a net uses it."""

from __future__ import annotations

from collections.abc import Iterator
from keyword import iskeyword
from typing import Any

from cnnspec import syntax
from cnnspec.diagnostics.report import Report


def lint_syntax(file: syntax.File, report: Report) -> None:
    """Report parameters that nothing uses, and labels that are words of Python."""
    _unused_parameters(file, report)
    _python_words(file, report)


def _unused_parameters(file: syntax.File, report: Report) -> None:
    for item in file.items:
        if not isinstance(item, (syntax.Definition, syntax.Net)):
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


def _python_words(file: syntax.File, report: Report) -> None:
    """Report the labels and heads that generated code cannot write as an attribute."""
    for node in syntax.parts(file.items):
        named = (
            node.label
            if isinstance(node, syntax.Flow)
            else node.name
            if isinstance(node, syntax.Head)
            else None
        )
        if named is not None and iskeyword(named.name):
            report.warning(
                "python-word",
                named.span,
                f"the label `{named.name}` is a word of Python",
                help="choose another: code that is made of this net cannot write it as an attribute",
            )


def names_in(tree: Any) -> Iterator[str]:
    """The names that expressions and calls in a part of the AST use."""
    for node in syntax.parts(tree):
        if isinstance(node, (syntax.Name, syntax.Reference)):
            yield node.name
