"""No test passes or fails by the clock: how long something takes says how busy the machine is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from checkout import tracked
from folders import ROOT

LEAST = 600
"""Seconds after which a process that hangs is given up; nothing takes so long, on a busy machine either."""
CLOCKS = {"time", "monotonic", "perf_counter", "process_time", "thread_time"}
FILES = [path for path in tracked("tests") if path.suffix == ".py"]


def faults(tree: ast.AST, is_test: bool) -> Iterator[str]:
    """What in a file may hang on the clock: short timeouts, and in tests any look at one."""
    for node in ast.walk(tree):
        match node:
            case ast.keyword(arg="timeout", value=ast.Constant(value=int(seconds))) if seconds < LEAST:
                yield f"line {node.value.lineno}: a timeout of {seconds} s"
            case ast.Attribute(value=ast.Name(id="time"), attr=clock) if is_test and clock in CLOCKS:
                yield f"line {node.lineno}: time.{clock}"


@pytest.mark.parametrize("path", FILES, ids=str)
def test_nothing_hangs_on_the_clock(path: Path) -> None:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    assert list(faults(tree, path.name.startswith("test_"))) == []


def test_what_hangs_on_the_clock_is_found() -> None:
    text = "run(timeout=60)\nstart = time.perf_counter()\nrun(timeout=600)\ntime.sleep(1)\n"
    assert list(faults(ast.parse(text), True)) == ["line 1: a timeout of 60 s", "line 2: time.perf_counter"]


def test_properties_have_no_deadline() -> None:
    assert hypothesis.settings().deadline is None
