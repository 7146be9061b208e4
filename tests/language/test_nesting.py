"""What is nested up to the bounds fits on the stack that Python allows, in any thread; the rest is told."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

import cnnspec
from cnnspec.format import format_text
from cnnspec.source import Source
from cnnspec.syntax import parse

DEPTH = 190
FRAMES_OF_A_CALLER = 200


def nested(opening: str, middle: str, closing: str, depth: int = DEPTH) -> str:
    return f"net A {{\n    input 8x4x4\n    {opening * depth}{middle}{closing * depth}\n    tanh\n}}\n"


def nested_value(opening: str, middle: str, closing: str, depth: int = DEPTH) -> str:
    return f"let a = {opening * depth}{middle}{closing * depth}\n" + nested("", "relu", "")


WITHIN = {
    "groups": nested("{ relu\n", "relu", "}"),
    "labels": nested("residual { relu -> { relu\n", "relu", "}}", DEPTH // 2),
    "residuals": nested("residual { relu\n", "relu", "}"),
    "joins": nested("concat { | relu -> ", "relu", "}"),
    "branches": nested("if true { ", "relu", "}"),
    "loops": nested("for i in [1] { ", "relu", "}"),
    "dense": nested("dense(1) { ", "relu", "}"),
    "calls": "def f(n) { relu; if n > 0 { f(n - 1) } }\n" + nested("", "f(94)", ""),
    "lists": nested_value("[", "1", "]"),
    "functions": nested_value("min(", "1", ", 2)"),
    "sums": nested_value("(1 + ", "1", ")"),
    "indices": nested_value("[0][", "0", "]"),
    "choices": nested_value("(1 if 1 < ", "2", " else 1)", 95),
    "comprehensions": nested_value("[x for x in ", "[1]", "]", 95),
}
LADDER = "1 if not 1 < 1 + 1 * -1 ** ("
BEYOND = {
    "operators": nested_value(LADDER, "1", ") else 1"),
    "comprehensions": nested_value("[x for x in ", "[1]", "]"),
    "clauses": f"let a = [1 {'for i in [1] ' * 300}]\n" + nested("", "relu", ""),
    "guards": nested("", f"concat {{ | {'for i in [1]: ' * 300}relu | relu }}", ""),
    "calls": "def f(n) { relu; if n > 0 { f(n - 1) } }\n" + nested("", "f(150)", ""),
}


def below(frames: int, function: Callable[[str], int | list[str]], text: str) -> int | list[str]:
    """What a function gives where it is called by that many others."""
    return function(text) if frames == 0 else below(frames - 1, function, text)


def answer(text: str) -> int | list[str]:
    """How many layers a net has, or what is wrong with it."""
    try:
        return len(cnnspec.loads(text).ir)
    except cnnspec.SpecError as error:
        return [diagnostic.code for diagnostic in error.diagnostics]


def laid_out(text: str) -> int | list[str]:
    """How long the one layout of a text is, or what is wrong with it."""
    parsed = parse(Source("a", text))
    return [diagnostic.code for diagnostic in parsed.errors] or len(format_text(parsed))


@pytest.mark.parametrize("name", WITHIN)
def test_nesting_up_to_the_bounds(name):
    layers = below(FRAMES_OF_A_CALLER, answer, WITHIN[name])
    assert isinstance(layers, int) and layers > 1


@pytest.mark.parametrize("name", ["joins", "branches", "functions"])
def test_nesting_up_to_the_bounds_is_laid_out(name):
    length = below(FRAMES_OF_A_CALLER, laid_out, WITHIN[name])
    assert isinstance(length, int) and length > len(WITHIN[name])


@pytest.mark.parametrize("name", BEYOND)
def test_nesting_over_the_bounds(name):
    assert below(FRAMES_OF_A_CALLER, answer, BEYOND[name]) == ["bound-nesting"]


def test_sixteen_threads_elaborate_at_once():
    before, switch = sys.getrecursionlimit(), sys.getswitchinterval()
    texts = [*WITHIN.values(), *BEYOND.values()]
    wanted = [answer(text) for text in texts]
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(16) as pool:
            found = list(pool.map(answer, texts * 2))
    finally:
        sys.setswitchinterval(switch)
    assert found == wanted * 2
    assert sys.getrecursionlimit() == before
