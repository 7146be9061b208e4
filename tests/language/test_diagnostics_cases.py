"""tests/cases/err: each spec names its mistakes on the lines where they are, and all of them are found."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from diagnose import diagnose, shown
from folders import ERRORS, GOLDEN

from cnnspec.syntax.errors.habits import HABITS, Habit

CASES = sorted(path.name for path in ERRORS.glob("*.cnn"))
SPECS = sorted((ERRORS.parent.parent.parent / "specs").glob("*.cnn"))
EXPECTED = re.compile(r"# (?:error|warning): (.*)")


@pytest.mark.parametrize("name", CASES)
def test_all_mistakes_are_found_where_they_are(name: str, golden: Callable[[str, str], None]) -> None:
    text = (ERRORS / name).read_text(encoding="utf-8")
    found = diagnose(text, name, ERRORS / name)
    golden(f"err/{name.removesuffix('.cnn')}.txt", shown(found))
    assert [(d.span.line if d.span else 0, d.code) for d in found] == list(expected(text))


def expected(text: str) -> list[tuple[int, str]]:
    """The line and code of each mistake that a spec names."""
    return [
        (number, code.strip())
        for number, line in enumerate(text.split("\n"), 1)
        for codes in EXPECTED.findall(line)
        for code in codes.split(",")
    ]


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.name)
def test_there_is_nothing_to_say_about_the_zoo(path: Path) -> None:
    found = diagnose(path.read_text(encoding="utf-8"), path.name, path)
    assert not found, shown(found)


def shape_of(template: str) -> str:
    """A pattern for what a template of a message makes."""
    parts = re.split(r"\{\w+\}", template.replace("{{", "\0").replace("}}", "\1"))
    return ".*".join(re.escape(part.replace("\0", "{").replace("\1", "}")) for part in parts)


@pytest.mark.parametrize("habit", HABITS, ids=lambda habit: f"{habit.message}, {habit.here}")
def test_every_habit_has_a_case(habit: Habit) -> None:
    answers = "\n".join(path.read_text(encoding="utf-8") for path in (GOLDEN / "err").glob("*.txt"))
    one = rf"error\[syntax\]: {shape_of(habit.message)}\n(?:[^\n]*\n){{5}} *= help: {shape_of(habit.cure)}\n"
    assert re.search(one, answers)
