"""The parser's tables, as saved in grammar/cnn.tables by generate.py: read here, without lark.

A state of the automaton is a row: what to do at each kind of token, and where to go after each symbol. Steps
are numbers: n >= 0 goes to state n, ~n applies rule n. At $END, n >= 0 accepts the text.
"""

from __future__ import annotations

from binascii import crc32
from functools import cache
from json import loads
from typing import Any, NamedTuple

from cnnspec.files import shipped

GRAMMAR = shipped("grammar") / "cnn.lark"
TABLES = GRAMMAR.with_name("cnn.tables")
FORMAT = 1
"""The form of the saved tables, raised by whoever changes how generate.py writes and this file reads them."""
STARTS = ("start", "alone")
"""What a text may be: a file, or one expression alone."""


class StaleTables(Exception):
    """The saved tables are not those of the grammar beside them."""


class Rule(NamedTuple):
    """A rule of the grammar: `symbol` is made of `size` others.

    `method` names what builds the node. `kept` says which of the others it gets, all without it; what is
    `inline` in it is a list whose items take its place. With `passes`, one alone is passed on as it is.
    """

    symbol: str
    method: str
    size: int
    kept: tuple[tuple[int, bool], ...] | None
    passes: bool


class Tables(NamedTuple):
    """The automaton: its rules, its rows, the number of the state that a text of each kind begins in."""

    rules: tuple[Rule, ...]
    states: list[dict[str, int]]
    starts: dict[str, int]


def fingerprint() -> str:
    """What the tables depend on, and no version of a library."""
    return f"{crc32(GRAMMAR.read_bytes()):08x}"


@cache
def tables() -> Tables:
    """The saved tables. Raises StaleTables where they do not fit the grammar: someone has changed it."""
    data: dict[str, Any] = loads(TABLES.read_bytes())
    if data["format"] != FORMAT or data["grammar"] != fingerprint():
        raise StaleTables("grammar/cnn.lark has changed: run python -m cnnspec.syntax.generate")
    rules = tuple(
        Rule(symbol, method, size, _pairs(kept), bool(passes))
        for symbol, method, size, kept, passes in data["rules"]
    )
    return Tables(rules, data["states"], data["starts"])


def _pairs(kept: list[list[int]] | None) -> tuple[tuple[int, bool], ...] | None:
    return None if kept is None else tuple((number, bool(inline)) for number, inline in kept)
