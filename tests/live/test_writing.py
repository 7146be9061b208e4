"""What is offered while one writes: completion, signatures; and the outline, folds and figures on hover."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from cnnspec.live import completion, figures, miniature, outline, signatures
from cnnspec.live.document import read
from cnnspec.live.places import places
from cnnspec.pipeline import FIGURES, MORE_FIGURES
from cnnspec.session import Session
from cnnspec.source import Source

HEAD = """\
use std (bottleneck)
def block(out, stride=1) { conv(out, 3, stride) }
net A(classes=10) {
    input 3x32x32
    x: conv(8, 3)
    @
}
"""


def offered(written: str, text: str = HEAD) -> list[str]:
    """What is offered after something is written at the `@` of a text."""
    before, _, after = text.partition("@")
    module, _ = Session().load(Source("a.cnn", before + written + after))
    return [offer.text for offer in completion.offers(module, len(before + written))]


def test_a_step() -> None:
    found = offered("")
    assert {"conv", "residual", "block", "bottleneck", "x", "classes", "head", "expect"} <= set(found)
    assert found.index("x") < found.index("block") < found.index("conv")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("conv(", ["out=", "kernel=", "stride="]),
        ("conv(8, ", ["kernel=", "stride="]),
        ("conv(8, kernel=3, ", ["out=", "stride=", "pad="]),
        ("conv(8, 3, pad=", ["half", "valid", "same"]),
        ("block(", ["out=", "stride="]),
        ("block(out=3, ", ["stride="]),
    ],
)
def test_arguments_come_first(written: str, expected: list[str]) -> None:
    assert offered(written)[: len(expected)] == expected


def test_arguments_of_a_net() -> None:
    text = HEAD.replace("    @\n", "") + "net B = A(@)\n"
    assert offered("", text)[0] == "classes="


@pytest.mark.parametrize("text", ["# a comment @\n", "def @\n", "net @\n", "let @\n"])
def test_where_nothing_is_offered(text: str) -> None:
    assert offered("", text) == []


def test_at_the_margin_definitions_begin() -> None:
    assert offered("", "@") == ["net", "def", "share", "space", "use", "let"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("", ["vary", "where"]),
        ("vary ", ["width"]),
        ("vary width ", ["in"]),
        ("vary width in 8..16 ", ["step", "log"]),
        ("vary width in 8..16; ", ["vary", "where"]),
        ("where ", ["depth", "width", "params"]),
        ("where macs < 3M, ", ["depth", "width", "params"]),
        ("where net.", ["params"]),
    ],
)
def test_what_a_space_holds(written: str, expected: list[str]) -> None:
    space = "net A(depth, width) { input 3x8x8 }\nspace S of A {\n    vary depth in 1..3\n    @\n}\n"
    assert offered(written, space)[: len(expected)] == expected
    assert offered("", space.replace("A {\n", "@")) == ["A"]


def test_use_of_the_library() -> None:
    assert {"basic", "bottleneck"} <= set(offered("", "use std (@)\n"))
    found = offered("", "use std (basic, @)\n")
    assert "bottleneck" in found and "basic" not in found


@pytest.mark.parametrize(
    ("written", "active"),
    [("conv(", "out"), ("conv(8, ", "kernel"), ("conv(8, stride=", "stride"), ("block(1, ", "stride")],
)
def test_the_argument_that_is_being_written(written: str, active: str) -> None:
    before, _, after = HEAD.partition("@")
    module, _ = Session().load(Source("a.cnn", before + written + after))
    found = signatures.signature(module, len(before + written))
    assert found is not None and found.arguments[found.active].name == active


def test_there_is_no_signature_outside_of_a_call() -> None:
    module, _ = Session().load(Source("a.cnn", HEAD))
    assert signatures.signature(module, HEAD.index("input")) is None


def test_the_outline() -> None:
    text = """\
def block(out) { y: conv(out, 3) }
net A {
    input 3x8x8
    stem { conv(4, 3) }
    body {
        x: block(4)
        add { | z: relu | relu }
    }
    head aux from x, training { gap }
}
net B = A
space S of A { vary n in 1..3; where params > 3 }
"""
    found = outline.outline(Session().parsed(Source("a.cnn", text)))
    assert [(e.kind, e.name, [i.name for i in e.inner]) for e in found] == [
        ("def", "block", ["y"]),
        ("net", "A", ["input", "stem", "body", "aux"]),
        ("net", "B", []),
        ("space", "S", ["n"]),
    ]
    body = found[1].inner[2]
    assert [entry.name for entry in body.inner] == ["x", "z"]
    for entry in (*found, *found[1].inner, *body.inner):
        assert entry.span.start <= entry.name_span.start and entry.name_span.end <= entry.span.end


def test_folds() -> None:
    parsed = Session().parsed(Source("a.cnn", "# one\n# two\nnet A {\n    input 4\n    relu\n}\n"))
    assert outline.folds(parsed) == [(1, 2), (3, 6)]


def test_a_small_drawing_shows_the_parts_of_a_step() -> None:
    text = "net A {\n    input 3x8x8\n    residual(shortcut=project) { conv(8, 3, stride=2) -> relu }\n}\n"
    document = read(Session(), Source("a.cnn", text))
    (place,) = places(document.nets, document.source)[text.index("residual")]
    assert miniature.as_text(place) == "3x8x8 -> conv 8x4x4 -> relu | conv -> batchnorm -> add"
    drawing = ElementTree.fromstring(miniature.as_svg(place))
    boxes = drawing.findall("{http://www.w3.org/2000/svg}rect")
    assert [box[0].text for box in boxes] == [
        " 3x8x8", "conv 8x4x4", "relu 8x4x4", "conv 8x4x4", "batchnorm 8x4x4", "add 8x4x4"
    ]  # fmt: skip
    wide, tall = (float(boxes[0].get(side, "")) for side in ("width", "height"))
    assert float(boxes[1].get("width", "")) > wide and float(boxes[1].get("height", "")) < tall


def hovered(text: str, marked: str) -> str:
    document = read(Session(), Source("a.cnn", text))
    found = figures.hover(document, text.index(marked) + len(marked))
    return found[0] if found else ""


def test_hover_over_a_step_tells_its_figures() -> None:
    text = HEAD.replace("@", "block(8)\n    block(16, 2)\n    expect params < 2000")
    assert "| A | 2 | 8x32x32 ... 16x16x16 | 1,752 |" in hovered(text, "out, stride=1) { conv")
    assert "def block(out, stride=1)" in hovered(text, "    block")


def test_hover_over_an_argument_and_a_figure() -> None:
    text = HEAD.replace("@", "conv(8, 3, dilation=2)\n    expect params < 2000")
    assert hovered(text, "dilation") == (
        "`dilation` of `conv`: distance between kernel taps, in pixels (extent; default 1)"
    )
    assert hovered(text, "params <") == "`params` of A is 808"


def test_hover_over_a_form_and_over_a_figure_that_gives_way() -> None:
    text = HEAD.replace("@", "residual(shortcut=identity) { conv(8, 3) }\n    expect flops < 10M")
    assert "residual(shortcut=identity)" in hovered(text, "    residual")
    assert hovered(text, "(shortcut").startswith("`shortcut` of `residual`: where shapes differ: identity")
    assert hovered(text, "flops <") == "`flops` of A is 1,622,016"


def test_after_the_dot_of_a_label_come_the_labels_of_its_def_and_its_shape() -> None:
    text = """\
def towers(n) { a: conv(n, 3); b: conv(n, 1); add(a, b) }
let width = 8
net A {
    input 3x8x8
    t: towers(width)
    t.@
}
"""
    found = offered("", text)
    assert set(found[:2]) == {"a", "b"} and {"channels", "height", "width"} <= set(found[2:])
    assert "width" in offered("", text.replace("t.@", "@"))


def test_after_use_comes_the_library() -> None:
    assert offered("", "use @\n") == ["std"]


def test_a_net_given_by_another_has_its_arguments_and_a_shortcut_its_words() -> None:
    text = HEAD.replace("    @\n", "") + "net B = A(classes=3)\nnet C = B(@)\n"
    assert offered("", text)[0] == "classes="
    assert {"none", "identity", "project"} & set(offered("residual(shortcut=")[:5])


def test_every_figure_is_offered() -> None:
    assert {*FIGURES, *MORE_FIGURES} <= set(offered(""))
