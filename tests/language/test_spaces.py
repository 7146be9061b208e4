"""Spaces as text: their words are names elsewhere, a broken line leaves the others, intervals tell much."""

from __future__ import annotations

import pytest
from diagnose import codes_of, diagnose

from cnnspec.colours import roles
from cnnspec.session import Session
from cnnspec.source import Source
from cnnspec.syntax.tokens import tokenize

NET = "net A(depth, width=8) { input 3x8x8; for i in range(depth) { conv(width, 3) } }\n"
SOFT = ("space", "of", "vary", "where", "step", "log")


@pytest.mark.parametrize("word", SOFT)
def test_a_word_of_spaces_is_a_name_elsewhere(word: str) -> None:
    text = f"""\
def {word}(n) {{ conv(n, 3) }}
net {word}Net({word}2=4) {{
input 3x8x8
let {word} = 3
a: conv({word} * {word}2, 3)
}}
net Own({word}=4) {{
input 3x8x8
y: conv({word}, 3)
}}
net Labelled {{
input 3x8x8
{word}1: {word}(8) -> {word}(n=4)
{word}1
}}
"""
    analysis = Session().check(Source("a.cnn", text))
    assert not analysis.diagnostics
    assert [net.costs.total.params for net in analysis.nets] == [12 * 28, 4 * 28, 8 * 28 + 4 * 73]


@pytest.mark.parametrize(
    "broken", ["vary width in 8..", "vary width in [", "where", "vary", "depth", "where macs <"]
)
@pytest.mark.parametrize("brace", ["\n}", " }"])
def test_a_broken_line_leaves_the_others(broken: str, brace: str) -> None:
    first = f"space S of A {{\n    vary dept in 1..3\n    {broken}{brace}\n"
    text = f"{NET}{first}space T of A {{ vary depth in 3..1 }}\n"
    found = codes_of(text)
    assert found[0] == "unknown-parameter" and found[-1] == "vary-range" and len(found) == 3


def test_what_a_broken_line_may_say_is_not_missing() -> None:
    assert codes_of(NET + "space S of A {\n    vary depth on 1..3\n}\n") == ["syntax"]
    assert codes_of(NET + "space S of A {\n    vary depht in 1..3\n}\n") == ["unknown-parameter"]


def test_nothing_is_said_of_a_space_whose_net_is_lost() -> None:
    text = "net A(depth { input 3x8x8 }\nspace S of A { vary depth in 1..3 }\n"
    assert [d.span.line for d in diagnose(text) if d.span] == [1]


def test_what_one_condition_says_counts_for_the_next() -> None:
    """360M < macs, macs < 300M: the second can only be held where the first is not."""
    head = NET + "space S of A { vary depth in 2..4; vary width in 8..64; where "
    assert codes_of(head + "360M < macs, macs < 300M }") == ["where-never"]
    assert codes_of(head + "360M < macs, net.macs <= 360M }") == ["where-never"]
    assert codes_of(head + "depth * width >= 256, 2 * depth + width < 69 }") == []
    assert codes_of(head + "depth * width > 256 }") == ["where-never"]
    assert codes_of(head + "-depth < -4, 3 < min(depth, width) }") == ["where-never"]


def test_few_settings_are_tried_one_by_one() -> None:
    head = NET + "space S of A { vary depth in 2..4; vary width in 8..64 step 8 log; where "
    assert codes_of(head + "depth * width == 7 * 8 }") == ["where-never"]
    assert codes_of(head + "depth * width == 6 * 8 }") == []


@pytest.mark.parametrize(
    ("text", "coloured"),
    [
        ("space S of A { vary n in 1..log(8) step 2 log }", ["space", "of", "vary", "in", "step", "log"]),
        (
            "space S of A {\n  vary step in 1..3\n  where log(step) > 1\n}",
            ["space", "of", "vary", "in", "where"],
        ),
        (
            "space S of A {\n  where (a + 1) < 3\n}\nnet B {\n  where (3)\n}",
            ["space", "of", "where"],
        ),
        ("net step(log=2, of=log) { space: where(step) -> vary }", []),
    ],
)
def test_words_have_their_colour_where_they_are_words(text: str, coloured: list[str]) -> None:
    found = [token.text for token, role in roles(tokenize(text)) if role == "keyword"]
    assert found == coloured
