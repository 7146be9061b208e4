"""The table of options and kinds of nets that `make cross` has run is that of the options there are."""

from __future__ import annotations

import json

from folders import ROOT

from cross.commands import NETLESS, left_out, option_names
from cross.random_nets import EVERY

DATA = json.loads((ROOT / "tests" / "cross" / "table.json").read_text(encoding="utf-8"))
CURE = "run: python -m tests.cross commands --every --count 0 --table tests/cross/table.json"


def test_every_option_has_its_row() -> None:
    expected = {f"{command} {option}" for command, option in option_names() if command not in NETLESS}
    assert set(DATA["counts"]) == expected, CURE
    assert DATA["kinds"] == list(EVERY), CURE


def test_no_cell_is_empty_without_a_reason() -> None:
    empty = [
        (option, kind)
        for option, counts in DATA["counts"].items()
        for kind, count in zip(EVERY, counts, strict=True)
        if not count and not left_out(option.partition(" ")[0], kind)
    ]
    assert empty == [], CURE


def test_the_last_run_had_no_fault() -> None:
    assert DATA["faults"] == 0
