"""Warnings about the text of a spec, whether or not a net uses it."""

from __future__ import annotations

from collections.abc import Iterator
from keyword import iskeyword
from typing import Any

from cnnspec.diagnostics.report import Report
from cnnspec.syntax import tree


def lint_syntax(file: tree.File, report: Report) -> None:
    """Report parameters that nothing uses, and labels that are words of Python."""
    _unused_parameters(file, report)
    _python_words(file, report)


def _unused_parameters(file: tree.File, report: Report) -> None:
    for item in file.items:
        if not isinstance(item, (tree.Definition, tree.Net)):
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


def _python_words(file: tree.File, report: Report) -> None:
    """Report the labels and heads that generated code cannot write as an attribute."""
    for node in tree.parts(file.items):
        named = (
            node.label if isinstance(node, tree.Flow) else node.name if isinstance(node, tree.Head) else None
        )
        if named is not None and iskeyword(named.name):
            report.warning(
                "python-word",
                named.span,
                f"the label `{named.name}` is a word of Python",
                help="choose another: code that is made of this net cannot write it as an attribute",
            )


def names_in(part: Any) -> Iterator[str]:
    """The names that expressions and calls in a part of the AST use."""
    for node in tree.parts(part):
        if isinstance(node, (tree.Name, tree.Reference)):
            yield node.name
