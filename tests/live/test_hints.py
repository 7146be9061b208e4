"""Hints: each is the shape after its line, as `summary --json` has it, and follows the text as one writes."""

from __future__ import annotations

from pathlib import Path

import pytest
from folders import SPECS

from cnnspec.live.document import Document, read
from cnnspec.report.data import as_dict
from cnnspec.session import Session
from cnnspec.source import Source

TEXT = """\
def block(out, stride=1) {
    residual(shortcut=project) {
        conv(out, 3, stride) -> relu
    } -> relu
}
net A {
    input 3x32x32
    x: conv(8, 3) -> relu
    block(8) * 2
    block(16, 2)
    block(32, 2)
    add {
        | conv(4, 1)
        | conv(4, 3) -> relu
    }
    gap -> flatten -> linear(10)    => 10
}
"""


def reading(text: str, before: Document | None = None, session: Session | None = None) -> Document:
    return read(session or Session(), Source("a.cnn", text), before)


def shown(document: Document) -> dict[int, str]:
    """The hints of a text by line."""
    return {hint.line: hint.text for hint in document.hints}


def test_the_shape_after_each_line() -> None:
    assert shown(reading(TEXT)) == {
        3: "8x32x32, 16x16x16, x3",
        4: "8x32x32, 16x16x16, x3",
        8: "8x32x32",
        9: "8x32x32",
        10: "16x16x16",
        11: "32x8x8",
        13: "4x8x8",
        14: "4x8x8",
        15: "4x8x8",
        16: "10",
    }


def test_costs_are_those_of_the_whole_line() -> None:
    (hint,) = (hint for hint in reading(TEXT).hints if hint.line == 8)
    assert hint.costs == "224 params, 221k MACs"
    (head,) = (hint for hint in reading(TEXT).hints if hint.line == 16)
    assert head.costs == "50 params, 40 MACs"


def test_an_accepted_hint_is_a_mark_that_is_checked() -> None:
    text = TEXT
    marks = [(hint.offset, hint.mark) for hint in reading(TEXT).hints if hint.mark]
    assert [mark for _, mark in marks] == [
        " => 8x32x32",
        " => 8x32x32",
        " => 16x16x16",
        " => 32x8x8",
        " => 4x8x8",
        " => 4x8x8",
        " => 4x8x8",
    ]
    for offset, mark in sorted(marks, reverse=True):
        text = text[:offset] + (mark or "") + text[offset:]
    again = reading(text)
    assert not again.analysis.has_errors and not any(hint.mark for hint in again.hints)
    broken = reading(text.replace("conv(8, 3)", "conv(9, 3)"))
    assert "shape-mark" in {one.code for one in broken.analysis.diagnostics}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("conv(8, 3)", "conv(8,", id="a call that is open"),
        pytest.param("x: conv", "x: convv", id="a word that is none"),
        pytest.param("    add {\n", "    add \n", id="a brace that is gone"),
        pytest.param("input 3x32x32", "input", id="no input"),
    ],
)
def test_after_an_error_the_lines_that_are_as_they_were_keep_their_hints(old: str, new: str) -> None:
    before = reading(TEXT)
    after = reading(TEXT.replace(old, new), before)
    assert after.analysis.has_errors
    changed = TEXT[: TEXT.index(old)].count("\n") + 1
    expected = {line: text for line, text in shown(before).items() if line != changed}
    assert shown(after) == expected


def test_lines_that_move_take_their_hints_along() -> None:
    before = reading(TEXT)
    after = reading("# a comment\n" + TEXT.replace("conv(8, 3)", "conv(8,"), before)
    assert shown(after)[10] == "8x32x32" and shown(after)[12] == "32x8x8"
    for hint in after.hints:
        assert after.source.position(hint.offset)[0] == hint.line


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.cnn")), ids=lambda path: path.stem)
def test_every_hint_of_the_zoo_is_a_shape_of_the_summary(path: Path) -> None:
    document = read(Session(), Source(path.name, path.read_text(encoding="utf-8"), path.resolve()))
    figures = {net.graph.name: as_dict(net) for net in document.nets}
    shapes = {
        name: {entry["name"]: tuple(entry["output"]) for entry in (*net["layers"], *net["blocks"])}
        for name, net in figures.items()
    }
    for hint in document.hints:
        assert hint.shapes
        for place in hint.made:
            assert shapes[place.net.graph.name][place.path] == place.shape
