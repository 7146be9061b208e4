"""Two nets side by side: the colours that boxes have, and what stands below them."""

from __future__ import annotations

import pytest

import cnnspec
from cnnspec.difference import marked
from cnnspec.render.canvas import MarkGroup, Text
from cnnspec.render.charts import write_drawing
from cnnspec.render.svg import svg_source
from cnnspec.render.two_nets import COLORS, MOST_CHANGES, sign_of, two_nets

OLD = (
    "net Old { input 3x8x8; body { conv(8, 3) -> relu; maxpool(2) }; head { gap -> flatten -> linear(10) } }"
)
NEW = (
    "net New { input 3x8x8; body { conv(8, 5) -> relu; avgpool(2) }; head { gap -> flatten -> linear(10) } }"
)


def words(marks) -> list[str]:
    """The lines of text of a drawing."""
    found = []
    for mark in marks:
        found += (
            [mark.text]
            if isinstance(mark, Text)
            else words(mark.marks)
            if isinstance(mark, MarkGroup)
            else []
        )
    return found


def drawn(old: str, new: str, changes=()):
    one, other = cnnspec.loads(old).ir, cnnspec.loads(new).ir
    before, after = marked(one, other)
    return two_nets((one, before), (other, after), changes)


def test_boxes_have_the_colours_of_what_became_of_them(tmp_path):
    drawing = drawn(OLD, NEW, [("~", "body.conv: kernel 3 -> 5")])
    text = svg_source(drawing)
    assert all(text.count(COLORS[sign]) for sign in ("~", ""))
    said = words(drawing.marks)
    assert {"Old", "New", "body.conv: kernel 3 -> 5", "changed, all or a part"} <= set(said)
    for kind in ("svg", "png", "pdf"):
        write_drawing(drawing, tmp_path / f"d.{kind}")
        assert (tmp_path / f"d.{kind}").stat().st_size > 1_000


@pytest.mark.parametrize(
    "signs, sign",
    [(["", ""], ""), (["+", "+"], "+"), (["-"], "-"), (["", "+"], "~"), (["-", "~"], "~")],
)
def test_a_box_of_several_signs_has_changed_in_part(signs, sign):
    assert sign_of(signs) == sign


def test_equal_nets_and_very_many_changes():
    assert "no difference" in words(drawn(OLD, OLD).marks)
    many = [("+", f"layer{number}") for number in range(MOST_CHANGES + 3)]
    assert "and 3 more changes" in words(drawn(OLD, NEW, many).marks)
