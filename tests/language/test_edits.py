"""Edits: each that a diagnostic carries mends it, and `fix` leaves no spec worse than it was."""

from __future__ import annotations

import re

import pytest
from diagnose import diagnose
from folders import ERRORS, ROOT

from cnnspec.diagnostics.explain import codes, explain
from cnnspec.diagnostics.fixes import applied, fix, is_better
from cnnspec.session import Session
from cnnspec.source import Source

CASES = sorted(ERRORS.glob("*.cnn"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_edits_of_each_diagnostic_mend_it_and_nothing_new_is_wrong(path):
    text = path.read_text(encoding="utf-8")
    found = diagnose(text, path.name, path)
    for diagnostic in found:
        if diagnostic.edits:
            after = diagnose(applied(text, diagnostic.edits), path.name, path)
            assert is_better(found, after, [diagnostic]), (diagnostic, after)


def test_names_are_mended_together():
    text = """use std (botleneck)
net Small {
    input 3x32x32
    conv(16, kernal=3, bias=false) -> batchnorm -> rleu
    botleneck(8, stride=2)
    head { gap -> flatten -> linear(10) }
}
"""
    fixed = fix(Source("small.cnn", text), lambda source: Session().check(source).diagnostics)
    assert fixed.mended == 3
    assert [d.code for d in fixed.diagnostics if d.severity == "error"] == []
    assert "use std (bottleneck)" in fixed.source.text and "    bottleneck(8, stride=2)" in fixed.source.text
    assert "conv(16, kernel=3, bias=false) -> batchnorm -> relu" in fixed.source.text


def test_an_edit_that_brings_another_mistake_is_left_out():
    text = "net Small { input 3x8x8; conv(16, 3, padd=0); head { gap -> liner(10) } }"
    found = fix(Source("small.cnn", text), lambda source: Session().check(source).diagnostics)
    assert found.source.text == text.replace("padd", "pad") and found.mended == 1
    assert [d.code for d in found.diagnostics] == ["unknown-block"]


def test_a_name_with_two_meanings_is_left_to_a_person():
    (found,) = [d for d in diagnose("def f(wide, wade) { conv(wode, 3) }\n") if d.code == "unknown-name"]
    assert found.help == "did you mean `wide` or `wade`?" and found.edits == ()


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("conv(8, 3) |> relu", "conv(8, 3) -> relu"),
        ("conv(8, 3).relu", "conv(8, 3) -> relu"),
        ("conv(8, 3).relu.maxpool(2)", "conv(8, 3) -> relu -> maxpool(2)"),
        ("conv(8, 3).repeat(2)", "conv(8, 3) * 2"),
        ("[conv(8, 3), relu]", "{ conv(8, 3) -> relu }"),
        ("[relu, conv(8, 3), ] * 2", "{ relu -> conv(8, 3) } * 2"),
        ("2x conv(8, 3)", "conv(8, 3) * 2"),
        ("2 conv(8, 3)", "conv(8, 3) * 2"),
        ("conv(8, 3) x2", "conv(8, 3) * 2"),
        ("repeat(3) { conv(8, 3) -> relu }", "{ conv(8, 3) -> relu } * 3"),
        ("repeat 3 { { relu } }", "{ { relu } } * 3"),
        ("for 3 { relu }", "for i in range(3) { relu }"),
        ("x = conv(8, 3) -> relu", "x: conv(8, 3) -> relu"),
        ("n = 4", "let n = 4"),
        ("conv(8, 3) -> relu as x", "x: conv(8, 3) -> relu"),
        ("conv(8, 3, activation=relu)", "conv(8, 3) -> relu"),
        ("conv(8, 3, act=relu, bias=false) -> gap", "conv(8, 3, bias=false) -> relu -> gap"),
        ("gap -> flatten -> dense(10)", "gap -> flatten -> linear(10)"),
        ("stem: { relu }", "stem { relu }"),
        ("conv(8, kernel: 3)", "conv(8, kernel= 3)"),
        ("conv(8; 3)", "conv(8, 3)"),
        ("conv(8, 3", "conv(8, 3)"),
        ("conv(8, 3))", "conv(8, 3)"),
        ("conv(8, [3, 3)", "conv(8, [3, 3])"),
        ("conv(8, 3) // wide", "conv(8, 3) # wide"),
        ("relu ** 3", "relu * 3"),
        ("if true&&false { relu }", "if true and false { relu }"),
        ("if false { relu } elif true { gap }", "if false { relu } else if true { gap }"),
        ("conv 8, 3 -> relu", "conv(8, 3) -> relu"),
        ("3 * conv(8, 3) -> relu", "conv(8, 3) * 3 -> relu"),
        ("conv(8, 3) x 3", "conv(8, 3) * 3"),
        ("(conv(8, 3) -> relu) * 3", "{ conv(8, 3) -> relu } * 3"),
        ("conv(8, 3) => relu", "conv(8, 3) -> relu"),
        ("conv(8, 3) => 8, 62, 62", "conv(8, 3) => 8x62x62"),
        ("conv(8, 3) ->\n    relu", "conv(8, 3)\n    -> relu"),
        ("conv(8, 3 x 3)", "conv(8, 3x3)"),
        ("dropout(.5)", "dropout(0.5)"),
        ("dropout(50)", "dropout(0.5)"),
        ("conv(8, 3, bias=0)", "conv(8, 3, bias=false)"),
        ("relu(conv(8, 3))", "conv(8, 3) -> relu"),
        ("nn.conv(8, 3)", "conv(8, 3)"),
        ("return relu", "relu"),
        ("int n = 4", "let n = 4"),
        ('"a": relu', "a: relu"),
        ("conv[8, 3]", "conv(8, 3)"),
        ("conv(8, 3) \\\n    -> relu", "conv(8, 3)\n    -> relu"),
        ("conv(8, \\\n        3)", "conv(8,\n        3)"),
        ("relu  /* a comment */", "relu  # a comment"),
        ("/* a comment\n       of two lines */", "# a comment\n       # of two lines"),
        ("conv(8, 3) -> batchnorm(8)", "conv(8, 3) -> batchnorm"),
        ("conv(8, 3) -> batchnorm(8, momentum=0.2)", "conv(8, 3) -> batchnorm(momentum=0.2)"),
        ("expect params < 1M and macs < 2G and depth < 9", "expect params < 1M, macs < 2G, depth < 9"),
        ("conv{8, 3} -> relu", "conv(8, 3) -> relu"),
        ("gap -> linear(10)", "gap -> flatten -> linear(10)"),
        ("a: reshape([64, 192]); matmul(a, a)", "a: reshape([64, 192]); matmul(a, a, transpose_b=true)"),
        ("conv<8, 3>", "conv(8, 3)"),
        ("for (i in [1, 2]) { relu }", "for i in [1, 2] { relu }"),
        ("if true then { relu }", "if true { relu }"),
        ("if true: relu", "if true { relu }"),
        ("if (true) relu -> gelu  # both", "if (true) { relu -> gelu }  # both"),
        ("for i in [1, 2]: { relu }", "for i in [1, 2] { relu }"),
        ("stem conv(8, 3)", "stem { conv(8, 3) }"),
    ],
)
def test_signs_of_other_languages_are_written_as_here(wrong, right):
    text = "net Small {\n    input 3x64x64\n    {}\n}\n"
    before = text.replace("{}", wrong)
    found = [d for d in diagnose(before) if d.severity == "error"]
    (edits,) = [d.edits for d in found if d.edits]
    assert applied(before, edits) == text.replace("{}", right)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("def f n { conv(n, 3) }", "def f(n) { conv(n, 3) }"),
        ("def f(n): { conv(n, 3) }", "def f(n) { conv(n, 3) }"),
        ("def f(n) = conv(n, 3)", "def f(n) { conv(n, 3) }"),
        ("def f(n) -> conv(n, 3) -> relu", "def f(n) { conv(n, 3) -> relu }"),
        ("net B { input x: 3x8x8; relu }", "net B { input x 3x8x8; relu }"),
        ("net B { input: 3x8x8; relu }", "net B { input 3x8x8; relu }"),
        ("net B { input = 3x8x8; relu }", "net B { input 3x8x8; relu }"),
        ("model B { input 3x8x8; relu }", "net B { input 3x8x8; relu }"),
        ("function f(n) { conv(n, 3) }", "def f(n) { conv(n, 3) }"),
        (
            "space S of A { vary n in [1, 2]; where params = 2 }",
            "space S of A { vary n in [1, 2]; where params == 2 }",
        ),
        (
            "space S of A { vary n in [1, 2]; where n < 9 and macs < 9M }",
            "space S of A { vary n in [1, 2]; where n < 9, macs < 9M }",
        ),
    ],
)
def test_definitions_as_other_languages_write_them(wrong: str, right: str) -> None:
    net = "net A(n=1) { input 3x8x8; conv(n, 3) }\n"
    (edits,) = [d.edits for d in diagnose(net + wrong + "\n") if d.edits]
    assert applied(net + wrong + "\n", edits) == net + right + "\n"


@pytest.mark.parametrize(
    "text",
    [
        "[conv(8, 3) relu]",
        "[conv(8, 3), 4]",
        "conv(8, 3, activation=relu) * 2",
        "let b = conv(kernel=3, activation=relu)",
        "conv(8, 3, activation=0.2)",
        "conv(8, 3).relu.repeat(2)",
        "conv(8, 3) as",
        "conv(8, 3) as 4",
        "x: conv(8, 3) as y",
        "repeat(n, 2) { relu }",
        "repeat 3 relu",
        "x.y = conv(8, 3)",
        'x = "same"',
        "input: relu",
        "model",
    ],
)
def test_what_may_mean_two_things_is_left_to_a_person(text: str) -> None:
    found = diagnose(f"net Small {{\n    input 3x64x64\n    {text}\n}}\n")
    assert [one.code for one in found if one.severity == "error"] and not [one for one in found if one.edits]


def test_a_text_of_one_word_is_closed_where_the_word_ends() -> None:
    text = 'use "blocks.cnn (block)\nnet Small { input 3x8x8; block }\n'
    (edits,) = [d.edits for d in diagnose(text) if d.code == "unclosed"]
    assert applied(text, edits) == text.replace("blocks.cnn", 'blocks.cnn"')


def test_an_input_gets_its_channels_where_they_belong() -> None:
    text = "net A { input 64x32x3; conv(8, 3) }\nnet B = A { input 32x32 }\nnet C = A { input 5 }\n"
    found = [d for d in diagnose(text) if d.code in ("channels-last", "input-shape")]
    assert [applied(text, d.edits) for d in found] == [
        text.replace("64x32x3", "3x64x32"),
        text.replace("32x32 }", "64x32x32 }"),
        text,
    ]


def test_a_head_for_training_is_kept_out_of_inference() -> None:
    text = "net A { input 3x64x64; x: conv(8, 7, 4) -> conv(8, 7, 4); head { gap -> flatten -> linear(2) }\n"
    text += "    head aux from x { conv(8, 3) -> gap -> flatten -> linear(2) } }\n"
    (found,) = [d for d in diagnose(text) if d.code == "side-head"]
    assert applied(text, found.edits) == text.replace("aux from x {", "aux from x, training {")


def test_the_page_lists_the_codes_that_have_edits_and_the_others_say_why_not():
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[^|]*`) \|", page.partition("| codes |")[2].partition("\n\n")[0], re.M)
    texts = [path.read_text(encoding="utf-8") for path in CASES]
    texts += ["net A { input 4x8x8; relu }\nnet B = A { input 9x9 }\n"]
    texts.append("net Small(n) { input 3x8x8; conv(n, 3) }\nnet Wide = Small(n=8)\nnet Slim = Smal(n=2)\n")
    texts.append("net Deep { input 3x8x8; flatten -> dense(10) }\n")
    found = {d.code for text in texts for d in diagnose(text) if d.edits}
    assert {code for row in rows for code in re.findall(r"`([^`]+)`", row)} == found
    assert {code for code in codes() if "There is no edit: " not in explain(code)} == found
