"""`cnnspec check --format`, folders, `--select`, `--ignore`, and `[tool.cnnspec]` of pyproject.toml."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from cross.judge import perform
from folders import ERRORS

from cnnspec import __version__

SCHEMA = json.loads((Path(__file__).parent / "sarif-2.1.0.json").read_text(encoding="utf-8"))
WRONG = "net A {\n    input 3x32x32\n    conv(8, 3) -> rleu\n    head { gap -> flatten -> linear(10) }\n}\n"
RIGHT = "net B {\n    input 3x16x16\n    conv(8, 3) -> relu\n    head { gap -> flatten -> linear(10) }\n}\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with specs/a b.cnn, which is wrong, and specs/deep/right.cnn, which has a warning."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specs" / "deep").mkdir(parents=True)
    (tmp_path / "specs" / "a b.cnn").write_text(WRONG)
    (tmp_path / "specs" / "deep" / "right.cnn").write_text(RIGHT)
    (tmp_path / "specs" / "notes.txt").write_text("not a spec")
    return tmp_path


def run(*arguments, text=""):
    return perform(["check", *arguments], text)


def codes(*arguments):
    found = run(*arguments, "--format", "json")
    assert found.code in (0, 1), found.err
    return [diagnostic["code"] for diagnostic in json.loads(found.text)["diagnostics"]]


def test_github_gets_a_line_with_file_line_and_columns():
    found = run("specs", "--format", "github", "--select", "unknown-block")
    place = "file=specs/a b.cnn,line=3,endLine=3,col=19,endColumn=23,title=cnnspec (unknown-block)"
    said = "there is no layer, block or label `rleu`%0Ahelp: did you mean `relu`?"
    assert found.text == f"::error {place}::{said}\n" and found.code == 1


def test_concise_is_a_line_for_each_finding_with_file_line_and_column():
    found = run("specs", "--format", "concise", "--select", "unknown-block,small-field")
    unknown = "specs/a b.cnn:3:19: unknown-block there is no layer, block or label `rleu`"
    first, second = found.text.splitlines()
    assert first == unknown and found.code == 1
    assert second.startswith("specs/deep/right.cnn:4:12: small-field ")


def test_concise_has_no_place_for_a_spec_that_is_not_there():
    lines = run("gone.cnn", "--format", "concise").text.splitlines()
    assert lines == ["file cannot read gone.cnn: there is no such file"]


def test_what_ends_a_command_of_github_is_escaped(folder):
    (folder / "100%,a:b.cnn").write_text(WRONG)
    found = run("100%,a:b.cnn", "--format", "github")
    assert found.text.startswith("::error file=100%25%2Ca%3Ab.cnn,line=3,")


def test_github_takes_no_columns_of_a_place_on_several_lines():
    text = "net A {\n    input 3x8x8\n    conv(8, 3,\n        kernl=3, wdth=\n        4)\n    gap\n}\n"
    lines = run("-", "--format", "github", text=text).text.splitlines()
    assert [("endLine=5" in line, "col=" in line) for line in lines if "wdth" in line] == [(True, False)]


def test_sarif_validates_and_tells_places_cures_and_rules():
    found = run("specs", "--format", "sarif")
    log = json.loads(found.text)
    jsonschema.validate(log, SCHEMA)
    (made,) = log["runs"]
    assert made["tool"]["driver"]["version"] == __version__ and found.code == 1
    result = next(one for one in made["results"] if one["ruleId"] == "unknown-block")
    assert made["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "unknown-block"
    region = {"startLine": 3, "startColumn": 19, "endLine": 3, "endColumn": 23}
    place = {"artifactLocation": {"uri": "specs/a%20b.cnn"}, "region": region}
    assert result["locations"] == [{"physicalLocation": place}]
    (change,) = result["fixes"][0]["artifactChanges"]
    assert change["replacements"] == [{"deletedRegion": region, "insertedContent": {"text": "relu"}}]


def test_sarif_of_every_case_validates():
    cases = [str(path) for path in sorted(ERRORS.glob("*.cnn"))]
    for arguments in (cases, ["missing.cnn"], ["-"]):
        log = json.loads(run(*arguments, "--format", "sarif", text=WRONG).text)
        jsonschema.validate(log, SCHEMA)
        assert log["runs"][0]["results"]


def test_the_schema_refuses_what_is_no_sarif():
    log = json.loads(run("specs", "--format", "sarif").text)
    log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(log, SCHEMA)


def test_a_folder_stands_for_all_specs_in_it(folder):
    assert codes("specs") == ["unknown-block", "small-field"]
    (folder / "specs" / ".hidden").mkdir()
    (folder / "specs" / ".hidden" / "c.cnn").write_text(WRONG)
    assert codes("specs") == ["unknown-block", "small-field"]
    (folder / "empty").mkdir()
    assert codes("empty") == ["file"]


def test_fmt_takes_folders(folder):
    assert perform(["fmt", "--check", "specs"]).code == 0
    (folder / "specs" / "deep" / "right.cnn").write_text(RIGHT.replace("conv(8, 3)", "conv(8,3)"))
    found = perform(["fmt", "--check", "specs"])
    assert found.code == 1 and Path("specs/deep/right.cnn").name in found.err
    (folder / "empty").mkdir()
    assert perform(["fmt", "empty"]).code == 1


def test_json_is_the_same_in_both_spellings():
    assert run("specs", "--json").text == run("specs", "--format", "json").text


def test_codes_that_are_not_asked_for_do_not_count():
    assert codes("specs", "--select", "small-field") == ["small-field"]
    assert run("specs", "--ignore", "unknown-block").code == 0
    assert codes("specs", "--ignore", "unknown-block,small-field") == []
    assert "did you mean `unknown-block`?" in run("specs", "--select", "unknown-blok").err


def test_a_code_that_is_left_out_is_not_mended(folder):
    run("specs", "--fix", "--ignore", "unknown-block")
    assert (folder / "specs" / "a b.cnn").read_text() == WRONG


@pytest.mark.parametrize("name", ["pyproject.toml", "other.toml"])
def test_settings_are_read_from_a_table(folder, monkeypatch, name):
    (folder / name).write_text('[tool.cnnspec]\nignore = ["unknown-block"]\ndeny = "warnings"\n')
    named = () if name == "pyproject.toml" else ("--config", name)
    assert codes("specs", *named) == ["small-field"] and run("specs", *named).code == 1
    assert codes("specs", *named, "--ignore", "small-field") == ["unknown-block"]
    if not named:
        monkeypatch.chdir(folder / "specs" / "deep")
        assert run("right.cnn").code == 1


@pytest.mark.parametrize(
    "text",
    [
        'selct = ["unknown-block"]',
        'select = "unknown-block"',
        'select = ["unknown-blok"]',
        "format = 3",
        "deny = ",
    ],
)
def test_a_setting_that_there_is_not_is_wrong_usage(folder, text):
    (folder / "pyproject.toml").write_text(f"[tool.cnnspec]\n{text}\n")
    assert run("specs").code == 2


def test_a_table_of_another_folder_names_folders_beside_it(folder, monkeypatch):
    (folder / "blocks").mkdir()
    (folder / "blocks" / "parts.cnn").write_text("def unit { conv(8, 3) -> relu }\n")
    (folder / "pyproject.toml").write_text('[tool.cnnspec]\ninclude = ["blocks"]\n')
    text = RIGHT.replace("conv(8, 3) -> relu", "unit")
    (folder / "specs" / "deep" / "right.cnn").write_text(f'use "parts.cnn" (unit)\n{text}')
    monkeypatch.chdir(folder / "specs")
    assert codes("deep/right.cnn") == ["small-field"]
