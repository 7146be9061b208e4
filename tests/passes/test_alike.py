"""Equal blocks: the same layers wired the same way within, whatever they read and whatever their rates."""

from __future__ import annotations

import cnnspec
from cnnspec.passes.alike import alike, single, wire
from cnnspec.report.rows import rows


def classes(body: str, *paths: str) -> list[int]:
    graph = cnnspec.loads(f"net N {{ input 8x16x16\n {body}\n }}").ir
    numbers = {block.path: number for block, number in alike(graph).blocks.items()}
    return [numbers[path] for path in paths]


def test_turns_of_a_repeat_are_equal():
    one, two, three = classes("residual { conv(8, 3) -> relu } * 3", *(f"residual.{n}" for n in range(3)))
    assert one == two == three


def test_other_arguments_or_other_wiring_make_another_class():
    one, other = classes("residual { conv(8, 3) }\n residual { conv(8, 5) }", "residual1", "residual2")
    assert one != other
    one, other = classes(
        "a: conv(8, 3)\n add { | a | relu }\n b: conv(8, 3)\n add { | a | b -> relu }", "add1", "add2"
    )
    assert one != other


def test_rates_do_not_tell_blocks_apart():
    body = "residual { conv(8, 3) -> droppath(0.1) }\n residual { conv(8, 3) -> droppath(0.2) }"
    one, other = classes(body, "residual1", "residual2")
    assert one == other


def test_a_summary_folds_what_a_drawing_folds():
    names = [row.name for row in rows(cnnspec.zoo("convnext_tiny").compiled, 3)]
    assert names.count("0-2") == 3 and names.count("0-8") == 1


def test_a_value_taken_twice_is_not_two_values():
    body = "a: conv(8, 3)\n b: relu\n mul(a, a)\n mul(a, b)\n mul(b, a)"
    numbers = alike(cnnspec.loads(f"net N {{ input 8x16x16\n {body}\n }}").ir).nodes
    assert numbers["mul1"] != numbers["mul2"] == numbers["mul3"]


def test_parts_that_read_each_other_alike_have_equal_rows():
    chain = [single("conv", ("b",), ("a",)), single("add", ("c",), ("b", "a"))]
    moved = [single("conv", ("y",), ("x",)), single("add", ("z",), ("y", "x"))]
    other = [single("conv", ("b",), ("a",)), single("add", ("c",), ("b", "b"))]
    assert wire(chain).rows == wire(moved).rows != wire(other).rows
    assert wire(chain).reads == ("a",) and wire(chain).names == ("b", "c")
