"""`cnnspec diff REV:PATH NEW`: specs as they were in git, with the files that they used then."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

from cnnspec.cli.main import execute

BLOCKS = "def block(out) { conv(out, 3) -> relu }\n"
NET = 'use "parts/blocks.cnn" (block)\nnet A { input 3x8x8; block(8) }\n'


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two revisions of a net whose block gets another activation."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "specs"
    (folder / "parts").mkdir(parents=True)
    (folder / "net.cnn").write_text(NET)
    for activation in ("relu", "gelu"):
        (folder / "parts" / "blocks.cnn").write_text(BLOCKS.replace("relu", activation))
        git("init", "-q")
        commit(activation)
    return folder


def git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True)


def commit(message: str) -> None:
    git("add", ".")
    git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", message)


@pytest.mark.parametrize(
    "old, code",
    [
        ("HEAD~1:specs/net.cnn", 1),
        ("HEAD~1:specs/net.cnn:A", 1),
        ("HEAD:specs/net.cnn", 0),
        ("HEAD:specs/missing.cnn", 2),
        ("HEAD~7:specs/net.cnn", 2),
        ("HEAD:specs/net.cnn:B", 2),
    ],
)
def test_a_file_of_a_revision_uses_what_it_used_then(repository, old, code, capsys):
    assert execute(["diff", old, "specs/net.cnn"]) == code
    printed = capsys.readouterr()
    assert ("relu -> gelu" in printed.out) == (code == 1)
    assert bool(printed.err) == (code == 2)


def test_paths_are_those_of_the_folder_one_stands_in(repository, monkeypatch, capsys):
    monkeypatch.chdir(repository)
    assert execute(["diff", "HEAD~1:net.cnn", "net.cnn"]) == 1
    assert "relu -> gelu" in capsys.readouterr().out


def test_a_file_of_the_name_of_a_revision_wins(repository, capsys):
    Path("HEAD:specs").mkdir()
    Path("HEAD:specs/net.cnn").write_text("net A { input 3x8x8; tanh }")
    assert execute(["diff", "HEAD:specs/net.cnn", "HEAD:specs/net.cnn"]) == 0
    assert execute(["diff", "HEAD:specs/net.cnn", "specs/net.cnn"]) == 1
    assert "tanh" in capsys.readouterr().out


def test_a_budget_that_does_not_hold_is_no_hindrance(tmp_path, capsys):
    spec = tmp_path / "net.cnn"
    spec.write_text("net A { input 3x8x8; conv(8, 3); expect params < 10 }")
    assert execute(["diff", str(spec), str(spec)]) == 0


def test_without_git_a_revision_is_no_file(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "")
    assert execute(["diff", "HEAD:net.cnn", "resnet18"]) == 2


@pytest.mark.parametrize(
    "spec, said",
    [
        ("HAED:specs/net.cnn", ["no revision `HAED`", "did you mean `HEAD`?"]),
        ("HAED:specs/net.cnn:A", ["no revision `HAED`", "did you mean `HEAD`?"]),
        ("HEAD~7:specs/net.cnn", ["no revision `HEAD~7`", "git log"]),
        ("HEAD:specs/nett.cnn", ["`HEAD` has no file `specs/nett.cnn`", "did you mean `specs/net.cnn`?"]),
        (
            "HEAD:old.cnn:A",
            ["`HEAD` has no file `old.cnn`", "its specs: specs/net.cnn, specs/parts/blocks.cnn"],
        ),
        ("HEAD:specs/net", ["`HEAD` has no file `specs/net`"]),
        ("HEAD:", ["is a git revision", "HEAD:specs/net.cnn"]),
        ("HEAD", ["no net of the zoo called `HEAD`"]),
        ("HEAD:specs/net.cnn:B", ["HEAD:specs/net.cnn has no net `B`"]),
    ],
)
def test_what_is_missing_is_named_with_a_cure(repository, spec, said, capsys):
    assert execute(["diff", spec, "resnet18"]) == 2
    printed = capsys.readouterr().err
    assert all(words in printed for words in said), printed


def test_the_cure_of_a_shallow_clone_is_to_fetch(repository, tmp_path, monkeypatch, capsys):
    git("clone", "-q", "--depth=1", f"file://{tmp_path}", "shallow")
    monkeypatch.chdir("shallow")
    assert execute(["diff", "HEAD~1:specs/net.cnn", "specs/net.cnn"]) == 2
    assert "git fetch --unshallow" in capsys.readouterr().err


def test_outside_a_repository_it_is_said_so(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert execute(["diff", "HEAD:net.cnn", "resnet18"]) == 2
    assert "in no repository" in capsys.readouterr().err


def test_mistakes_of_a_revision_are_placed_in_its_file(repository, capsys):
    Path("specs/net.cnn").write_text(NET.replace("block(8)", "conv(8, 3) -> linear(4)"))
    commit("wrong")
    assert execute(["diff", "HEAD:specs/net.cnn:A", "HEAD~1:specs/net.cnn"]) == 2
    assert "--> HEAD:specs/net.cnn:2:36" in capsys.readouterr().err


def test_links_and_files_of_other_names_are_taken(repository, capsys):
    Path("outside.cnn").symlink_to("/etc/hostname")
    Path("nowhere.cnn").symlink_to("missing.cnn")
    Path("net.txt").write_text("net A { input 3x8x8; tanh }")
    commit("links")
    assert execute(["diff", "HEAD:net.txt", "HEAD:specs/../net.txt"]) == 0
    assert execute(["diff", "HEAD:specs/net.cnn", "HEAD~1:specs/net.cnn"]) == 0
    assert execute(["diff", "HEAD:outside.cnn", "net.txt"]) == 2
    assert "cannot read HEAD:outside.cnn" in capsys.readouterr().err


def test_folders_to_take_files_from_are_those_of_the_revision(repository, capsys):
    Path("specs/net.cnn").write_text(NET.replace("parts/", ""))
    commit("from a folder")
    Path("specs/parts/blocks.cnn").write_text(BLOCKS.replace("relu", "silu"))
    assert execute(["diff", "HEAD:specs/net.cnn", "specs/net.cnn", "-I", "specs/parts"]) == 1
    assert "gelu -> silu" in capsys.readouterr().out


@pytest.mark.parametrize("ending", ["x.foo", "missing/x.svg"])
def test_a_drawing_that_cannot_be_written_is_no_difference(repository, ending):
    assert execute(["diff", "HEAD~1:specs/net.cnn", "specs/net.cnn", "-o", ending]) == 2


def test_a_table_is_printed_beside_a_drawing(repository, capsys):
    old, new = "HEAD~1:specs/net.cnn", "specs/net.cnn"
    assert execute(["diff", old, new, "-o", "x.svg", "--format", "md"]) == 1
    printed = capsys.readouterr().out
    assert Path("x.svg").read_text().startswith("<svg")
    assert "**A**" in printed and "| | before | after | |" in printed


def test_every_kind_of_side_meets_every_other(tmp_path, monkeypatch, capsys):
    """Sides that are one of two nets, in every form: the code, and what the changes add up to."""
    monkeypatch.chdir(tmp_path)
    bodies = {8: "conv(8, 3) => 8x8x8", 9: "conv(9, 3) -> relu => 8x8x8; expect params < 10"}
    for out, body in bodies.items():
        broken = "net Broken { input 3x8x8; conv(4, 3) -> linear(x); nope(3) }"
        Path("many.cnn").write_text(f"net A {{ input 3x8x8; {body} }}\n{broken}\n")
        Path("one.cnn").write_text(f"net Another {{ input 3x8x8; {body} }}\n")
        Path(f"renamed{out}.cnn").write_text('use "one.cnn" (Another)\nnet Same = Another\n')
        git("init", "-q")
        commit(str(out))
    sides = {
        "HEAD~1:many.cnn:A": 8,
        "HEAD~1:one.cnn": 8,
        "HEAD~1:renamed8.cnn": 8,
        "HEAD:many.cnn:A": 9,
        "many.cnn:A": 9,
        "one.cnn:Another": 9,
        "renamed9.cnn": 9,
        "lenet5": 5,
    }
    for old, new in product(sides, sides):
        differ = sides[old] != sides[new]
        assert execute(["diff", old, new, "--json"]) == differ, (old, new)
        found = json.loads(capsys.readouterr().out)
        assert found["equal"] == (not differ)
        before, after = found["figures"]["params"]
        assert sum(change["params"] for change in found["changes"]) == after - before


BEFORE = """net Small { input 3x8x8; conv(8, 3) -> relu }
net Plain { input 3x8x8; conv(4, 1) }
net Gone { input 3x8x8; tanh }
net Open(width) { input 3x8x8; conv(width, 1) }
"""
AFTER = BEFORE.replace("relu", "gelu").replace("net Gone", "net Came")


@pytest.mark.parametrize(
    "old, new, code, told",
    [
        (BEFORE, BEFORE, 0, ["no difference: Small, Plain, Gone"]),
        (BEFORE, AFTER, 1, ["relu -> gelu", "- net Gone", "+ net Came", "no difference: Plain"]),
        # one net that the file before has alone, of the several there are now
        ("net Small { input 3x8x8; conv(8, 3) -> relu }", AFTER, 1, ["relu -> gelu", "+ net Plain"]),
        (BEFORE, BEFORE.replace("conv(4, 1)", "linear(4)"), 2, []),
        # none of a name in both: one has to say which are meant
        (BEFORE, "net A { input 3x8x8; tanh }\nnet B { input 3x8x8; tanh }", 2, []),
        # a net that is called as its file is the one that is meant, in both
        (
            BEFORE.replace("Small", "Nets"),
            AFTER.replace("Small", "Nets"),
            1,
            ["Nets -> Nets", "relu -> gelu"],
        ),
    ],
)
def test_files_of_several_nets_are_compared_net_by_net(old, new, code, told, repository, capsys):
    for text in (old, new):
        Path("nets.cnn").write_text(text)
        git("add", ".")
        git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "nets")
    for form in ([], ["--format", "md"], ["--json"]):
        assert execute(["diff", "HEAD~1:nets.cnn", "nets.cnn", *form]) == code
        printed = capsys.readouterr()
        assert bool(printed.err) == (code == 2)
        if not form:
            assert all(words in printed.out for words in told), printed.out
        if form == ["--json"] and code < 2:
            assert json.loads(printed.out)["equal"] == (code == 0)


def test_nets_that_are_named_are_compared_alone(repository, capsys):
    Path("nets.cnn").write_text(BEFORE)
    Path("other.cnn").write_text(AFTER)
    assert execute(["diff", "nets.cnn:Plain", "other.cnn:Plain"]) == 0
    assert execute(["diff", "nets.cnn:Small", "other.cnn"]) == 2
    assert "has several nets" in capsys.readouterr().err
    assert execute(["diff", "nets.cnn", "other.cnn", "-o", "x.svg"]) == 2
    assert "as in other.cnn:Small" in capsys.readouterr().err
    # a net that is open without it is compared with it
    assert execute(["diff", "nets.cnn", "other.cnn", "--set", "width=4"]) == 1
    assert "no difference: Plain, Open" in capsys.readouterr().out


def test_the_text_conversion_of_the_page_never_stops_git(repository):
    """A spec is shown as its figures; one that has errors or several nets as its lines."""
    page = (Path(__file__).parents[2] / "docs" / "diff.md").read_text(encoding="utf-8")
    (conversion,) = re.findall(r"git config diff.cnn.textconv '(.*)'", page)
    git("config", "diff.cnn.textconv", conversion.replace("cnnspec", f"{sys.executable} -m cnnspec"))
    Path(".gitattributes").write_text("*.cnn diff=cnn\n")
    for relu in ("relu", "gelu"):
        Path("net.cnn").write_text(f"net A {{ input 3x8x8; conv(9, 3) -> {relu} }}\n")
        Path("wrong.cnn").write_text(f"net A {{ input 3x8x8; linear(9) -> {relu} }}\n")
        commit(relu)
    shown = subprocess.run(
        ["git", "diff", "HEAD~1", "HEAD"], capture_output=True, text=True, check=True
    ).stdout
    assert re.search(r"^\+gelu +gelu +9x8x8", shown, re.MULTILINE)
    assert "+net A { input 3x8x8; linear(9) -> gelu }" in shown
