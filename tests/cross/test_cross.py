"""The generators at small: `make cross` runs them at length."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from cnnspec import loads
from cnnspec.backends.numpy.learning import parts
from cross import agreement, commands, damage
from cross.judge import Done, Fault, judge, judge_summary, parse, strict
from cross.kinds import KINDS

COMMANDS, AGREEMENT, DAMAGE = 60, 80, 80
"""How many cases the suite runs of each."""


@pytest.mark.parametrize("start", range(0, COMMANDS, 10))
def test_commands(start: int, tmp_path: Path) -> None:
    for number in range(start, start + 10):
        commands.run_case(Random(number), tmp_path)


@pytest.mark.parametrize("start", range(0, AGREEMENT, 20))
def test_agreement(start: int) -> None:
    for number in range(start, start + 20):
        agreement.run_case(Random(number))


@pytest.mark.skipif(os.name == "nt", reason="links and fifos of POSIX")
@pytest.mark.parametrize("start", range(0, DAMAGE, 20))
def test_damage(start: int, tmp_path: Path) -> None:
    for number in range(start, start + 20):
        damage.run_case(Random(number), tmp_path)


def test_every_option_has_values() -> None:
    for name, command in commands.commands().items():
        for option in commands.options_of(command):
            assert commands.values(name, option), (
                f"say in SAMPLES what may stand after {name} {option.opts[-1]}"
            )


def test_what_the_judge_says_does_not_hang_on_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "20")
    for kind in ("training head", "share", "several heads", "dead layers and training heads"):
        Path("net.cnn").write_text(KINDS[kind])
        judge_summary(["net.cnn", "--depth", "9", "--count", "all"])


WRONG = [
    Done(("summary", "a.cnn"), 0, b"a\x1b[31m", ""),
    Done(("summary", "a.cnn"), 0, b"", "Traceback (most recent call last)"),
    Done(("summary", "a.cnn"), 0, b"", "error: nothing"),
    Done(("summary", "a.cnn"), 1, b"", "warning[a]: b"),
    Done(("summary", "a.cnn", "--json"), 0, b'{"net": NaN}', ""),
    Done(("summary", "a.cnn", "--json"), 0, b'{"net": "A"}', ""),
    Done(("check", "a.cnn", "--json"), 1, b'{"ok": true, "nets": [], "diagnostics": []}', "error"),
    Done(("render", "a.cnn", "-o", "a.svg"), 0, b"", ""),
    Done(("render", "a.cnn", "-o", "there.svg"), 1, b"", "error: a"),
    Done(("render", "a.cnn", "-o", "there.svg"), 0, b"", ""),
]


@pytest.mark.parametrize("done", WRONG, ids=map(str, range(len(WRONG))))
def test_the_judge_sees_faults(done: Done, tmp_path: Path) -> None:
    (tmp_path / "there.svg").write_text("<svg>")
    with pytest.raises(Fault):
        judge(done, tmp_path)


def test_the_judge_sees_temporary_files(tmp_path: Path) -> None:
    (tmp_path / ".0123456789abcdef.tmp").write_text("half")
    with pytest.raises(Fault, match="temporary"):
        judge(Done(("check", "a.cnn"), 0, b"", ""), tmp_path)


@pytest.mark.parametrize(
    "suffix", [".svg", ".png", ".pdf", ".dot", ".mmd", ".html", ".py", ".onnx", ".npy", ".txt"]
)
def test_the_judge_sees_cut_files(suffix: str) -> None:
    with pytest.raises(Fault):
        parse(suffix, b"(half")


@pytest.mark.parametrize("dtype", agreement.STEPS)
def test_results_agree_but_for_rounding(dtype: str) -> None:
    graph = loads("net A { input 4x3x3; head { layernorm } }").ir
    weights = agreement.seeded_weights(graph)
    inputs = {"input": np.random.default_rng(0).random((2, 4, 3, 3))}
    expected = agreement.exact(graph, weights, inputs)
    step = agreement.STEPS[dtype] * np.abs(expected).max()
    agreement.close(graph, weights, inputs, expected + 8 * step, dtype, "eight roundings")
    with pytest.raises(Fault, match="a thousand"):
        agreement.close(graph, weights, inputs, expected + 1000 * step, dtype, "a thousand")


@pytest.mark.parametrize("seed", range(5))
def test_a_norm_of_values_that_are_all_the_same(seed: int) -> None:
    """It gives zero but for rounding, which is infinitely far from zero."""
    pytest.importorskip("torch")
    graph = loads("net A { input 1; head { layernorm -> batchnorm(affine=false) } }").ir
    agreement.train(Random(seed), graph)


@pytest.mark.parametrize("op", ["layernorm", "instancenorm", "groupnorm(2)", "batchnorm", "rmsnorm"])
def test_a_wrong_gradient_of_a_norm_is_a_fault(op: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    graph = loads(f"net A {{ input 4x3x3; head {{ {op} }} }}").ir
    agreement.train(Random(0), graph)
    fastest = parts.fastest

    def wrong(*chosen: Any) -> Any:
        rule, settings = fastest(*chosen)

        def backward(*given: Any, **options: Any) -> Any:
            inputs, weights = rule.backward(*given, **options)
            return tuple(1.00001 * grad for grad in inputs), weights

        return rule._replace(backward=backward), settings

    monkeypatch.setattr(parts, "fastest", wrong)
    with pytest.raises(Fault, match="training differs"):
        agreement.train(Random(0), graph)


def test_one_value_is_json() -> None:
    assert strict("[1]") == [1]
    for text in ("[1] [2]", "{'a': 1}", "[Infinity]", ""):
        with pytest.raises(Fault):
            strict(text)
