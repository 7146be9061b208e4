"""Every code has a page, every page a code that is emitted, and the examples do what the pages say."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from diagnose import shown, with_options

import cnnspec.backends
from cnnspec.diagnostics.explain import codes, examples, explain

REPORTERS = {"error", "warning", "Mistake", "LayerError", "BoundExceeded", "Diagnostic"}
REPORTERS |= {"say", "Finding", "_shrinks", "cured"}
CODE = re.compile(r"[a-z]+(?:-[a-z]+)*")
PACKAGES = [Path(str(package.__file__)).parent for package in (cnnspec, cnnspec.backends)]
WITHOUT_EXAMPLE = {code for code in codes() if "There is no example:" in explain(code)}


def emitted() -> Iterator[str]:
    """The codes that the package reports: the first argument of whatever makes a diagnostic."""
    for folder in PACKAGES:
        for file in folder.resolve().rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and node.args and called(node.func) in REPORTERS:
                    yield from texts(node.args[0])


def called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def texts(code: ast.expr) -> Iterator[str]:
    choices = [code.body, code.orelse] if isinstance(code, ast.IfExp) else [code]
    for choice in choices:
        if isinstance(choice, ast.Constant) and CODE.fullmatch(str(choice.value)):
            yield str(choice.value)


def test_codes_and_pages_are_the_same() -> None:
    assert set(emitted()) == set(codes())


def test_explain_shows_the_page() -> None:
    assert explain("shape-mark").startswith("# shape-mark\n")


def test_explain_refuses_what_is_no_code() -> None:
    with pytest.raises(KeyError):
        explain("../pages/shape-mark")


@pytest.mark.parametrize("code", codes())
def test_a_page_has_a_title_and_says_something(code: str) -> None:
    title, blank, first, *_ = explain(code).split("\n")
    assert title == f"# {code}" and not blank and len(first) > 40


@pytest.mark.parametrize("code", sorted(set(codes()) - WITHOUT_EXAMPLE))
def test_examples(code: str, tmp_path: Path) -> None:
    wrong, right = examples(code)
    path = tmp_path / "example.cnn"
    path.write_text(wrong.text, encoding="utf-8")
    found = with_options(wrong.text, path, wrong.options)
    assert [d.code for d in found] == [code], shown(found)
    path.write_text(right.text, encoding="utf-8")
    found = with_options(right.text, path, right.options)
    assert right.right and not found, shown(found)


def test_few_pages_have_no_example() -> None:
    assert {"encoding", "file"} == WITHOUT_EXAMPLE
