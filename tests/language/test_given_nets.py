"""Nets given by other nets: what they state of themselves, and bases from other files."""

from __future__ import annotations

from pathlib import Path

import pytest
from diagnose import codes_of

import cnnspec

FAMILY = """
def layer_of(n) { conv(n, 3, bias=false) }
net Family(n, act, classes=10) {
    input 3x8x8
    layer_of(n) -> act      => (n, 8, 8)
    head { gap -> flatten -> linear(classes, bias=false) }
}
net Small = Family(4, relu) { expect params == 27 * 4 + 40 }
net Wrong = Family(4, relu) { expect params == 1 }
net Again = Wrong
net Other = Family(4, relu) { relu }
"""


def codes(text: str, net: str, **options: object) -> list[str]:
    """The codes of the errors of a net."""
    with pytest.raises(cnnspec.SpecError) as caught:
        cnnspec.loads(text, net, **options)  # type: ignore[arg-type]
    return [found.code for found in caught.value.diagnostics if found.severity == "error"]


def test_a_given_net_is_held_to_what_it_states() -> None:
    assert cnnspec.loads(FAMILY, "Small").params == 27 * 4 + 40
    assert codes_of(FAMILY).count("budget") == 1


def test_statements_are_of_the_net_that_makes_them() -> None:
    assert cnnspec.loads(FAMILY, "Again").params == 27 * 4 + 40


def test_what_is_set_from_outside_is_another_net() -> None:
    assert cnnspec.loads(FAMILY, "Wrong", classes=2).params == 27 * 4 + 8
    assert cnnspec.loads(FAMILY, "Wrong", inputs={"input": (3, 9, 7)}).macs == 63 * 27 * 4 + 40


def test_marks_are_of_the_inputs_as_written() -> None:
    marked = "net Marked { input 3x8x8; maxpool(2) => 3x4x4 }"
    assert cnnspec.loads(marked, inputs={"input": (3, 6, 6)}).outputs == {"output": (3, 3, 3)}
    assert codes("net Marked { input 3x8x8; maxpool(2) => 3x3x3 }", "Marked") == ["shape-mark"]
    assert codes("net Marked { input 3x8x8; maxpool(2) => 3x3x3 }", "Marked", inputs={"input": (3, 8, 8)})


def test_only_expectations_stand_in_the_braces_of_a_given_net() -> None:
    assert codes(FAMILY, "Other") == ["misplaced"]


def test_a_file_gives_parameters_to_nets_of_another(tmp_path: Path) -> None:
    (tmp_path / "family.cnn").write_text(FAMILY)
    (tmp_path / "mine.cnn").write_text(
        'use "family.cnn" (Family, Small)\n'
        "def leaky { leaky_relu(0.2) }\n"
        "net Mine = Family(6, leaky) { expect params == 27 * 6 + 60 }\n"
        "net Wider = Small\n"
    )
    (tmp_path / "third.cnn").write_text('use "mine.cnn" (Mine)\nnet Third = Mine(classes=3)\n')
    mine = cnnspec.load(tmp_path / "mine.cnn", "Mine")
    assert [node.layer.op for node in mine.ir][2] == "leaky_relu"
    assert cnnspec.load(tmp_path / "mine.cnn", "Wider", n=5).params == 27 * 5 + 50
    assert cnnspec.load(tmp_path / "third.cnn").params == 27 * 6 + 18


def test_a_used_net_is_no_net_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "family.cnn").write_text(FAMILY)
    (tmp_path / "mine.cnn").write_text('use "family.cnn" (Family)\nnet Mine = Family(2, relu)\n')
    assert cnnspec.load(tmp_path / "mine.cnn").name == "Mine"
    with pytest.raises(cnnspec.SpecError, match="Family"):
        cnnspec.load(tmp_path / "mine.cnn", "Family")


def test_the_name_of_a_used_net_is_taken(tmp_path: Path) -> None:
    (tmp_path / "family.cnn").write_text(FAMILY)
    (tmp_path / "mine.cnn").write_text('use "family.cnn" (Small)\nnet Small { input 3x8x8; relu }\n')
    with pytest.raises(cnnspec.SpecError, match="defined twice"):
        cnnspec.load(tmp_path / "mine.cnn", "Small")


def test_a_used_net_is_no_block_either(tmp_path: Path) -> None:
    (tmp_path / "family.cnn").write_text(FAMILY)
    (tmp_path / "mine.cnn").write_text('use "family.cnn" (Small)\nnet Mine { input 3x8x8; Small }\n')
    with pytest.raises(cnnspec.SpecError, match=r"a net cannot stand in another one|Small"):
        cnnspec.load(tmp_path / "mine.cnn", "Mine")
