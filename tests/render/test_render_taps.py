"""Combs whose arms stand one behind the other: blocks that join what is on their own way."""

from __future__ import annotations

import cnnspec
from cnnspec.render.fold import DrawnPart, fold_tree
from cnnspec.render.options import DrawingOptions
from cnnspec.render.plan import make_plan
from cnnspec.render.taps import Tap, Taps, taps_of


def block_of(body: str) -> tuple[cnnspec.Net, DrawnPart]:
    """A block `b` of a net, as drawings show it."""
    net = cnnspec.loads(f"def b {{ {body} }}\nnet N {{ input 8x16x16; b; gap -> flatten -> linear(2) }}")
    return net, next(part for part in fold_tree(net.ir).walk() if part.title == "b")


def taps(body: str) -> Taps | None:
    net, block = block_of(body)
    return taps_of(net.ir, block)


def test_a_block_that_is_made_of_another_is_chained_to_it():
    """The root of a tree of DLA: both blocks are joined, and the second is made of the first."""
    found = taps("one: conv(8, 3); two: conv(8, 5); concat(two, one) -> conv(8, 1)")
    assert found is not None
    assert found.arms == [Tap(["3x3, 8"], "conv", False), Tap(["5x5, 8"], "conv", True)]
    assert (found.join, found.before, found.behind) == ("C", [], ["1x1, 8"])
    assert found.around == ["then 1x1, 8"]


def test_what_all_arms_come_from_stands_before_the_comb():
    """Cross stages: a conv, half of whose channels go around a block."""
    found = taps("conv(8, 1); let a, b = split(prev, 2); c: b -> conv(4, 3); concat(a, b, c)")
    assert found is not None
    assert [(arm.steps, arm.chained) for arm in found.arms] == [([], False), ([], False), (["3x3, 4"], True)]
    assert found.around == ["after 1x1, 8"]


def test_chains_and_arms_from_one_value_have_no_taps():
    assert taps("conv(8, 3) -> relu -> conv(8, 3)") is None
    assert taps("concat { | conv(8, 3) | conv(8, 5) }") is None
    assert taps("residual { conv(8, 3) }") is None


def test_a_box_of_taps_says_no_chain():
    net, _ = block_of("one: conv(8, 3); two: conv(8, 5); concat(two, one) -> conv(8, 1)")
    boxes = make_plan(net.ir, DrawingOptions()).boxes.values()
    (row,) = (row for box in boxes for row in box.rows if row.arms)
    assert [(arm.words, arm.chained) for arm in row.arms] == [("3x3, 8", False), ("5x5, 8", True)]
    words = [line.text + line.detail for box in boxes for line in box.rows]
    assert not any("3x3, 8 → 5x5, 8" in text for text in words)


def test_values_that_go_into_a_block_are_its_arms():
    """A tree of two levels hands down what it was given, made small, to the tree of its second half."""
    plan = make_plan(cnnspec.zoo("dla34").ir, DrawingOptions())
    (box,) = (box for number, box in plan.boxes.items() if plan.scene.items[number].key == "body.level3")
    (row,) = (row for row in box.rows if row.arms)
    assert [arm.words for arm in row.arms] == ["maxpool", "tree"]
    assert row.end is not None and row.end.words == "tree"
