"""The explanation pages: one for each code, with an example that is wrong so and one that is right."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import NamedTuple

PAGES = Path(__file__).parent / "pages"
FENCE = re.compile(r"^```cnn (wrong|right)(.*)\n((?s:.*?))^```$", re.MULTILINE)


class Example(NamedTuple):
    """A spec on a page: whether it is right, the options it is checked with, and its text."""

    right: bool
    options: tuple[str, ...]
    text: str


def codes() -> tuple[str, ...]:
    """All codes, in alphabetical order."""
    return tuple(sorted(page.stem for page in PAGES.glob("*.md")))


def explain(code: str) -> str:
    """The page of a code. Raises KeyError where there is none."""
    if code not in codes():
        raise KeyError(code)
    return (PAGES / f"{code}.md").read_text(encoding="utf-8")


def examples(code: str) -> tuple[Example, ...]:
    """The examples on the page of a code. Raises KeyError where there is none."""
    return tuple(
        Example(kind == "right", tuple(shlex.split(options)), text)
        for kind, options, text in FENCE.findall(explain(code))
    )
