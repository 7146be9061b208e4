"""Texts of specs and names of files never act on what shows them: Markdown, HTML, a terminal."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from cnnspec.backends import safetensors
from cnnspec.cli.main import execute

PAYLOADS = [
    "<img src=x onerror=alert(1)>",
    "</td><script>alert(1)</script>",
    "&lt;b&gt;",
    "[a](javascript:alert(1))",
    "`code` | cell",
    "\x1b]0;owned\x07\x1b[31mred",
    "a\x9bb\u202ec\u2028d",
]
FORMS = ["text", "md", "csv", "latex", "html"]


class Tags(HTMLParser):
    """The tags that a text holds."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.found.append(tag)


def tags(text: str) -> list[str]:
    parser = Tags()
    parser.feed(text)
    return parser.found


def printable(text: str) -> bool:
    return all(line.isprintable() for line in text.split("\n"))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_summaries_hold_no_tag_and_no_control_character(
    payload: str,
    form: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    name = payload.replace("/", "_") + ".cnn"
    spec = f'def act(kind="relu") {{ relu }}\nnet A {{ input 3x8x8; act("{payload}") }}\n'
    Path(name).write_text(spec)
    assert execute(["summary", name, "--format", form]) == 0
    printed = capsys.readouterr()
    assert printable(printed.out)
    assert printable(printed.err)
    if form == "md":
        assert tags(printed.out) == []
        assert not re.search(r"\]\(", printed.out)
        cells = [line for line in printed.out.splitlines() if line.startswith("|")]
        assert {len(re.findall(r"(?<!\\)\|", line)) for line in cells} == {8}
    if form == "html":
        assert set(tags(printed.out)) <= {"div", "p", "b", "table", "thead", "tbody", "tr", "th", "td"}


@pytest.mark.parametrize("payload", PAYLOADS)
def test_other_commands_print_no_control_character(
    payload: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    name = payload.replace("/", "_") + ".cnn"
    Path(name).write_text(f"# {payload}\nnet A {{ input 1x2x2; flatten }}\n")
    np.save("x.npy", np.ones((1, 2, 2)))
    safetensors.save("w.safetensors", {payload: np.ones(2)})
    safetensors.save("none.safetensors", {})
    Path("names.txt").write_text(payload)
    ranked = ["--weights=none.safetensors", "--input=x.npy", "--top=1", "--classes=names.txt"]
    for arguments in (
        ["check", name],
        ["check", "--dump-after", "elaborate", name],
        ["check", payload],
        ["fmt", "--check", name],
        ["run", name, "--weights", "w.safetensors", "--input", "x.npy"],
        ["run", name, *ranked],
        ["compile", name, "-o", payload],
        ["explain", payload],
        [payload],
        ["render", name, "-o", f"{payload.replace('/', '_')}.svg"],
        ["compile", name, "-o", "a.txt"],
    ):
        execute(arguments)
        printed = capsys.readouterr()
        assert printable(printed.out), arguments
        assert printable(printed.err), arguments
