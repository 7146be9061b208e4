"""Expressions as functions of Python: what they give is what the rules of the language give, or nothing."""

from __future__ import annotations

from typing import Any

import pytest

from cnnspec.diagnostics import Report
from cnnspec.elaborate import Limits
from cnnspec.elaborate.building.builder import GraphBuilder
from cnnspec.elaborate.context import context_of_file
from cnnspec.elaborate.expressions.evaluate import evaluate
from cnnspec.elaborate.expressions.quick import Quick
from cnnspec.elaborate.module import Module
from cnnspec.elaborate.values import UNKNOWN, Mistake
from cnnspec.source import Source
from cnnspec.syntax.parse import parse, parse_expression

VARIABLES: dict[str, Any] = {
    "n": 3,
    "zero": 0,
    "half": 0.5,
    "yes": True,
    "text": "ab",
    "sizes": (1, 2, 3),
    "pairs": ((1, 2), (3, 4)),
    "texts": ("ab", "cd"),
    "mixed": ((1, "ab"), (2, "cd")),
    "nested": ((0, (1, 2)), (3, (4, 5))),
    "lost": UNKNOWN,
    "sqrt": 4,
}
"""`sqrt` is called as the function is, which it hides."""
NOTHING = parse(Source("nothing", ""))
MODULE = Module(NOTHING.source, NOTHING.tree, NOTHING.tokens)
QUICK = """
    n + 1; n - 1 - 1; n * 2 * half; 7 / 2; 7 // 2; 7 % n; -7 // 2; - -n; -half; +n; 6 / 3;
    2 ** 3 ** 2; n ** -1; half ** 2; 2 ** half; 0 ** 0; 0 ** half; 2 ** 52; sizes + [n]; n == 3;
    n != 3.0; n < 4; 1 < n <= 3; 3 < n < 2; n == 3 == n; text == n; sizes == [1, 2, 3];
    yes and n > 2; not yes; not not yes; yes or 1; n > 5 and 1; n > 5 or n > 1 and yes; []; [n];
    [n, [half, yes], text, none]; 3x3 == [3, 3]; [3x4, text]; sizes[0]; pairs[-1][0];
    1 if n > 2 else 2; 1 if n > 5 else 2 if n > 4 else half; 1 if n > 2 else 1 / zero;
    [k * n for k in sizes]; [k for k in sizes if k > 1 if k < 3]; [n for n in [n, n + 1]];
    [a + b for a, b in pairs]; [a for (a, b) in pairs]; [a + b * c for a, (b, c) in nested];
    [a for (a), b in pairs]; [k * j for k in sizes for j in range(k)];
    [b for a in pairs for b in a]; [[k for k in p if k > 1] for p in pairs];
    [b for a, b in texts + pairs if n < 0] if n < 0 else n; round(2.5); round(half / n, digits=2);
    max(sizes) + min(1, n); sum([len(p) for p in pairs]);
    [i + w for i, w in enumerate(sizes, start=1)]; zip(sizes, range(3)); make_divisible(n * 9, 8)
"""
"""What a function of Python gives as well."""
REFUSED = """
    n + nosuch; n / zero; n // 0; n % zero; zero ** -1; 3 < 2 < 1 / zero; n + text; text + text;
    yes + 1; yes - yes; 1 / yes; yes // 1; yes % 2; n + (n > 2); text % n; text * 2; yes * n;
    "a" + "b"; sizes - [1]; sizes + 1; none + 1; sizes + text; -yes; -text; -sizes; not n; yes ** 2;
    2 ** yes; 0 ** yes; text ** 2; 2 ** text; 2 ** 64; 2.0 ** 5000; 10 ** 10 ** 10; (-2) ** half;
    2 ** 53 + 1; -(2 ** 53) - 1; [2 ** 53 * 2]; 1e300 * 1e300; 1e999 + 1; n < text; sizes < 1;
    n and yes; yes and n; text or yes; 1 if n else 2; [k for k in sizes if k]; sizes[3]; sizes[-4];
    sizes[half]; sizes[yes]; n[0]; text[0]; [k for k in n]; [k for k in text];
    [a for a, b in sizes]; [a for a, b in texts]; [a for a, b, c in pairs]; [a for (a, b) in texts];
    [a for a, (b, c) in mixed]; [a for a, (b, c) in pairs]; [a for (a), b in texts];
    [a for a, b in nested[0]]; nosuch(n); sqrt(n); sqrt(-1) + n; log(zero); exp(n * 1000); max([]);
    round(text); len(n); round(n, nosuch=1); sum(texts); zip(sizes, pairs); range(10 ** 9);
    [k for k in range(10 ** 5 * 3)]
"""
"""What the language refuses."""
RULES_ALONE = """
    n; 3; text; 2 in sizes; sizes[1:]; 3 > 2 > 2 - 1; (-2) ** 2; sizes * 2; 2.0 ** 70;
    yes or nosuch; 1 if yes else nosuch; lost + 1; lost == 1; lost != lost; [lost]; 1e999 > n;
    [n for a in sizes for n in [n, a]]; [n for a in [1, 2] for n in ([0] if a == 1 else [n])];
    [a for a in sizes for b in [1] for a in [a, 9]]; [[n for b in [1] for n in [n]] for n in sizes];
    [a for a in sizes if n > 2 for n in [1, 2]]
"""
"""What the rules of the language give, and Python would not, or would give otherwise."""


def listed(text: str) -> list[str]:
    return [one.strip() for one in text.split(";")]


def both(text: str) -> tuple[tuple[Any] | None, tuple[Any] | None]:
    """The value by the rules and the quick one, each alone in a tuple; None where there is none."""
    report = Report()
    expression = parse_expression(Source("expression", text), report)
    assert expression is not None, text
    context = context_of_file(MODULE, report, Limits())
    try:
        ruled: tuple[Any] | None = (evaluate(expression, context, VARIABLES),)
    except Mistake:
        ruled = None
    quick = Quick()
    builder = GraphBuilder(report, Limits(), {})
    found = [quick(expression, VARIABLES, builder) for _ in range(2)]
    assert repr(found[0]) == repr(found[1])
    return ruled, found[0]


@pytest.mark.parametrize("text", listed(QUICK))
def test_quick_values_are_those_of_the_rules(text: str) -> None:
    """In writing, in which 1, 1.0 and true are not the same."""
    ruled, quick = both(text)
    assert ruled is not None and repr(quick) == repr(ruled)


@pytest.mark.parametrize("text", listed(REFUSED))
def test_what_the_language_refuses_has_no_quick_value(text: str) -> None:
    assert both(text) == (None, None)


@pytest.mark.parametrize("text", listed(RULES_ALONE))
def test_what_python_would_take_otherwise_is_left_to_the_rules(text: str) -> None:
    ruled, quick = both(text)
    assert ruled is not None and quick is None


@pytest.mark.parametrize("text", ["(" * 150 + "-n" + ")" * 150, "[" * 150 + "n" + "]" * 150])
def test_what_is_nested_too_deep_for_python_is_left_to_the_rules(text: str) -> None:
    ruled, quick = both(text)
    assert ruled is not None and quick in (None, ruled)


def test_after_a_mistake_there_are_no_quick_values() -> None:
    """What it left unknown may be an item of a list."""
    report = Report()
    expression = parse_expression(Source("expression", "sizes[0] == 1"), report)
    assert expression is not None
    builder = GraphBuilder(report, Limits(), {})
    quick = Quick()
    assert quick(expression, VARIABLES, builder) == (True,)
    builder.broken = True
    assert quick(expression, {"sizes": (UNKNOWN,)}, builder) is None
