"""Names and values of generated source: valid, unique, shadowing nothing, and what they stand for."""

from __future__ import annotations

import ast
import keyword
from dataclasses import replace
from math import inf, nan
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cnnspec
from cnnspec.backends import numpy as backend
from cnnspec.backends.python_source import (
    RESERVED,
    Namespace,
    class_name,
    identifier,
    literal,
    module_names,
    plain_words,
)

NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans()
SCALARS = st.text() | NUMBERS | st.none()


@given(st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3).map(tuple), max_leaves=8))
def test_a_literal_is_its_value(value: Any) -> None:
    text = literal(value)
    assert text.isascii() and "\n" not in text
    found = ast.literal_eval(text)
    assert found == value and type(found) is type(value)


def test_floats_that_are_no_numbers_are_written_as_calls() -> None:
    assert [literal(value) for value in (inf, -inf, nan)] == ['float("inf")', 'float("-inf")', 'float("nan")']


@given(st.lists(st.text(max_size=6), max_size=12))
def test_names_are_identifiers_unique_and_not_reserved(wanted: list[str]) -> None:
    names = Namespace({"x", "taken"})
    made = [names.unique(text) for text in [*wanted, "taken", "x", "class", "print"]]
    assert len(set(made)) == len(made) and not set(made) & {"x", "taken", *RESERVED}
    assert all(name.isidentifier() and name.isascii() and not keyword.iskeyword(name) for name in made)


@pytest.mark.parametrize(
    ("wanted", "made"),
    [
        (["conv", "conv", "conv"], ["conv", "conv2", "conv3"]),
        (["conv1", "conv1"], ["conv1", "conv1_2"]),
        (["layer1.0.conv", "3x3", "", "été"], ["layer1_0_conv", "_3x3", "x", "t"]),
        (["lambda", "l"], ["lambda2", "l2"]),
    ],
)
def test_names(wanted: list[str], made: list[str]) -> None:
    names = Namespace()
    assert [names.unique(text) for text in wanted] == made


@given(st.text())
def test_any_text_gives_an_identifier_a_class_and_plain_words(text: str) -> None:
    assert identifier(text).isidentifier() and class_name(text).isidentifier()
    words = plain_words(text)
    assert words.isascii() and not set(words) & set("\n\r\"'\\{}")


def test_the_names_of_a_module() -> None:
    text = "import a.b, c as d\nfrom e import f as g, h\nK = T = 1\ndef fn(): inner = 2\nclass C: pass\n"
    assert sorted(module_names(text)) == ["C", "K", "T", "a", "d", "fn", "g", "h"]


SPEC = """
net Plain {
    input 3x8x8
    conv(4, 3, stride=2) -> batchnorm -> gelu -> lrn -> maxpool(3, 2, 1) -> gap -> flatten -> linear(2)
}
"""
GRAPH = cnnspec.loads(SPEC).ir
SOURCE = backend.source(GRAPH)
USED = {node.id for node in ast.walk(ast.parse(SOURCE)) if isinstance(node, ast.Name)}
WORDS = {"None", "class", "match", "self", "super", "type", "object", "conv", "ValueError", "l"}


def run(text: str) -> np.ndarray:
    """The output of generated numpy source for an image of ones."""
    module = ModuleType("generated")
    exec(compile(text, "generated.py", "exec"), module.__dict__)
    net = next(value for value in reversed(vars(module).values()) if isinstance(value, type))
    return net(seed=3)(np.ones((1, 3, 8, 8), np.float32))


@pytest.mark.parametrize("name", sorted({*USED, *WORDS, *module_names(SOURCE)}))
def test_a_net_may_be_called_like_anything_that_its_source_uses(name: str) -> None:
    np.testing.assert_array_equal(run(backend.source(replace(GRAPH, name=name))), run(SOURCE))


def test_source_defines_nothing_but_what_is_there() -> None:
    assigned = [node for node in ast.parse(SOURCE).body if isinstance(node, ast.Assign)]
    assert not [ast.unparse(node) for node in assigned if ast.unparse(node.value) == "None"]
