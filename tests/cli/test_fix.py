"""`cnnspec check --fix` and `--diff`: what they change, what they leave, and what they say."""

from __future__ import annotations

import json

import pytest
from cross.judge import perform

WRONG = """# a comment stays
net Small {
    input 3x16x16
    conv(16, 3, padd=0) -> rleu
    nothing_like_it
    head { gap -> flatten -> liner(10) }
}
"""
MENDED = WRONG.replace("padd", "pad").replace("rleu", "relu").replace("liner", "linear")


@pytest.fixture
def spec(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "small.cnn"
    path.write_bytes(WRONG.replace("\n", "\r\n").encode())
    return path


def run(*arguments, text=""):
    return perform(["check", *arguments], text)


def test_fix_writes_what_it_mends_and_tells_what_is_left(spec):
    found = run("--fix", "small.cnn")
    assert spec.read_bytes() == MENDED.replace("\n", "\r\n").encode()
    assert "mended 3 mistakes in small.cnn" in found.err
    assert "no layer, block or label `nothing_like_it`" in found.err and found.code == 1
    assert run("--fix", "small.cnn").err.count("mended") == 0


def test_diff_changes_nothing(spec):
    found = run("--diff", "--fix", "small.cnn")
    assert spec.read_bytes() == WRONG.replace("\n", "\r\n").encode()
    assert [line for line in found.text.splitlines() if line.startswith("-")] == [
        "--- small.cnn",
        "-    conv(16, 3, padd=0) -> rleu",
        "-    head { gap -> flatten -> liner(10) }",
    ]


def test_standard_input_is_written_to_standard_output():
    assert run("--fix", "-", text=WRONG).text == MENDED


def test_json_has_the_edits(spec):
    edits = [d["edits"] for d in json.loads(run("small.cnn", "--json").text)["diagnostics"]]
    place = {"file": "small.cnn", "line": 4, "column": 17, "end_line": 4, "end_column": 21}
    assert edits[0] == [{**place, "text": "pad"}]
    assert [len(made) for made in edits] == [1, 1, 0, 1]


def test_what_ships_with_the_package_is_not_mended():
    assert run("--fix", "resnet50").code == 2
    assert run("--fix", "-", "--json", text=WRONG).code == 2
