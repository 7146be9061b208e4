"""A search in one process: what is chosen, what is kept, what is told of failures, and how it goes on."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from interruptible import INTERRUPTIBLE

import cnnspec
from cnnspec.cli.main import execute
from cnnspec.diagnostics import InvalidValue, Refused, SpecError
from cnnspec.searching import studies

optuna = pytest.importorskip("optuna")

TEXT = """\
use std (basic, conv_bn_relu)

net Small(depth, width=8, block=basic, widths=[8, 8]) {
    input 3x16x16
    conv(width, 3)
    for i in range(depth) { block(width) }
    for w in widths { conv(w, 1) }
    gap -> flatten -> linear(10)
}

space Wide of Small {
    vary depth in 1..4
    vary width in 8..64 step 8 log
    vary block in [conv_bn_relu(3), basic]
    vary widths[2] in 1..9
    where widths == sorted(widths), macs < 9M
}
net Plain(a, b) { input 3x4x4; conv(a, 1) -> conv(b, 1) }
space Rate of Plain { vary a in 1..64; vary b in 1..64; where a * b > 500 }
space Tiny of Small { vary depth in [1, 2]; vary width in [8, 16] }
"""
COUNTING = """\
import os


def evaluate(net, trial):
    with open("ran.txt", "a") as file:
        print(trial.number, sorted(trial.params.items()), file=file)
    if len(open("ran.txt").readlines()) == 4:
        {at_the_fourth}
    return net.params / 1e6
"""


def params(net: Any, trial: Any) -> float:
    """A value that is known without training."""
    return net.params


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "small.cnn"
    path.write_text(TEXT, encoding="utf-8")
    return path


def parameters(found: Any) -> list[dict[str, str]]:
    return [trial.parameters for trial in found.trials]


def test_members_that_are_tried_hold_the_conditions_and_are_distinct(spec: Path) -> None:
    found = cnnspec.search(f"{spec}:Wide", params, 20)
    tried = parameters(found)
    assert len(tried) == len({tuple(one.values()) for one in tried}) == 20
    for trial in found.trials:
        net = found.net(trial)
        assert trial.values == (net.params,) and trial.state == "complete"
        assert trial.figures == {"params": net.params, "macs": net.macs} and net.macs < 9_000_000
        first, second = json.loads(trial.parameters["widths"])
        assert first <= second and int(trial.parameters["width"]) % 8 == 0
    assert found.best[0].values[0] == min(trial.values[0] for trial in found.trials)


def test_the_first_members_are_those_that_sample_draws(spec: Path) -> None:
    drawn = [
        {name: cnnspec.space.definition.written(value) for name, value in member.parameters.items()}
        for member in cnnspec.sample(f"{spec}:Wide", 12, seed=3)
    ]
    assert parameters(cnnspec.search(f"{spec}:Wide", params, 10, seed=3)) == drawn[:10]
    assert parameters(cnnspec.search(f"{spec}:Wide", params, 12, seed=3, sampler="random")) == drawn


def test_the_same_seed_chooses_the_same(spec: Path) -> None:
    first, again, other = (cnnspec.search(f"{spec}:Wide", params, 16, seed=seed) for seed in (1, 1, 2))
    assert parameters(first) == parameters(again) != parameters(other)


def test_optuna_finds_better_members_than_chance(spec: Path) -> None:
    """Of the members that Optuna chooses more are small than of those that are drawn."""
    chosen, drawn = (cnnspec.search(f"{spec}:Rate", params, 30, sampler=one) for one in ("tpe", "random"))
    assert sorted(one.values[0] for one in chosen.trials[10:]) < sorted(
        one.values[0] for one in drawn.trials[10:]
    )


def test_a_space_that_has_no_more_ends_the_search(spec: Path) -> None:
    found = cnnspec.search(f"{spec}:Tiny", params, 100)
    assert len(found.trials) == 4 and found.why_ended == "there are no other members"


def test_a_space_without_members_is_refused_with_the_reason(spec: Path) -> None:
    with pytest.raises(Refused, match=r"no member of Tiny .*: of \d+ settings drawn 4 params < 1k"):
        cnnspec.search(f"{spec}:Tiny", params, 3, where=["params < 1k"])


@pytest.mark.parametrize("wrong", [{"vary": ["depth in 3..1"]}, {"where": ["mcas < 3M"]}])
def test_what_is_wrong_with_a_space_is_a_diagnostic(spec: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(SpecError):
        cnnspec.search(f"{spec}:Small", params, 3, **wrong)


@pytest.mark.parametrize(
    "wrong", [{"direction": "down"}, {"sampler": "best"}, {"pruner": "no"}, {"trials": 0}]
)
def test_what_is_no_option_is_an_invalid_value(spec: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        cnnspec.search(f"{spec}:Tiny", params, **wrong)


def test_several_values_have_a_front(spec: Path) -> None:
    found = cnnspec.search(
        f"{spec}:Wide",
        lambda net, trial: (net.params, net.compiled.depth),
        12,
        direction=("minimize", "maximize"),
    )
    front = [trial.values for trial in found.best]
    for params, depth in [trial.values for trial in found.trials]:
        assert any(a <= params and b >= depth for a, b in front)
    assert len(found.text().rpartition("net Best_1")[2].splitlines()) == len(front)


def test_the_best_member_is_a_net_of_a_spec(spec: Path, capsys: Any) -> None:
    (spec.parent / "evaluate.py").write_text("def evaluate(net, trial):\n    return net.params\n")
    assert execute(["search", "small.cnn:Wide", "evaluate.py", "--trials", "3", "-o", "best.cnn"]) == 0
    capsys.readouterr()
    assert execute(["check", "best.cnn:Best"]) == 0
    params = int(capsys.readouterr().out.split()[1].replace(",", ""))
    assert params == min(one.values[0] for one in cnnspec.search(f"{spec}:Wide", "evaluate.py", 3).trials)


# ---- evaluate


def test_a_trial_that_is_worse_than_the_median_is_pruned(spec: Path) -> None:
    steps: list[int] = []

    def evaluate(net: Any, trial: Any) -> float:
        step = 0
        for step in range(4):
            trial.report(net.params, step)
            if trial.should_prune():
                break
        steps.append(step)
        return float(net.params)

    found = cnnspec.search(f"{spec}:Wide", evaluate, 14)
    assert {trial.state for trial in found.trials} == {"complete", "pruned"}
    for trial, step in zip(found.trials, steps, strict=True):
        assert (trial.state == "pruned") == (step < 3)
    steps.clear()
    assert {one.state for one in cnnspec.search(f"{spec}:Wide", evaluate, 14, pruner="none").trials} == {
        "complete"
    }


FAILURES: dict[str, tuple[str, str, int]] = {
    "an error": ("    return 1 / 0", r"ZeroDivisionError: division by zero \(.*evaluate.py:2\)", 3),
    "an end": ("    raise SystemExit('no data')", r"SystemExit: no data", 3),
    "not a number": ("    return float('nan')", "evaluate gave nan", 3),
    "nothing": ("    pass", "evaluate gave None", 1),
    "a text": ("    return 'good'", "evaluate gave 'good'", 1),
    "two values": ("    return 1, 2", "evaluate gave 2 values, and the search has 1", 1),
    "what cannot be imported": ("    pass\nimport nothing_here", r"No module named .*evaluate.py:3", 1),
}


@pytest.mark.parametrize("name", FAILURES)
def test_what_evaluate_gets_wrong_is_told_with_its_place_and_ends_a_search_that_has_nothing(
    spec: Path, name: str, capsys: Any
) -> None:
    body, message, count = FAILURES[name]
    (spec.parent / "evaluate.py").write_text(f"def evaluate(net, trial):\n{body}\n")
    assert execute(["search", "small.cnn:Wide", "evaluate.py", "--trials", "9"]) == 1
    printed = capsys.readouterr()
    assert printed.err.count("failed: ") == count
    assert re.search(message, printed.err)
    assert "error: no trial of Wide has come to a value" in printed.err
    assert ("Traceback" in printed.err) == ("evaluate gave" not in printed.err)


def test_a_search_goes_on_where_some_trials_fail(spec: Path) -> None:
    def evaluate(net: Any, trial: Any) -> float:
        if trial.number % 2:
            raise ValueError("an odd one")
        return float(net.params)

    found = cnnspec.search(f"{spec}:Wide", evaluate, 8)
    assert [trial.state for trial in found.trials] == ["complete", "failed"] * 4
    assert "an odd one" in found.trials[1].error and f"{__file__}:" in found.trials[1].error


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1", "has no function `evaluate`"),
        ("def evaluate(net): return 1", ":1: `evaluate` takes a net and a trial"),
        ("def evaluate(net, trial, more): return 1", ":1: `evaluate` takes a net and a trial"),
        ("def evaluate(net, *, trial): return 1", ":1: `evaluate` takes a net and a trial"),
        ("\nx = (", ":2: '\\(' was never closed"),
    ],
)
def test_a_file_that_cannot_evaluate_is_refused_before_anything_runs(
    spec: Path, text: str, message: str
) -> None:
    (spec.parent / "evaluate.py").write_text(text)
    with pytest.raises(Refused, match=message):
        cnnspec.search(f"{spec}:Tiny", "evaluate.py", 3)


@pytest.mark.parametrize(
    "text",
    [
        "def evaluate(net, trial=None, more=1): return 1",
        "def evaluate(*given): return 1",
        "from other import evaluate",
        "evaluate = lambda net, trial: 1",
        "from __future__ import annotations\nfrom dataclasses import dataclass\n@dataclass\nclass A:\n"
        "    b: int\ndef evaluate(net, trial): return A(1).b",
    ],
)
def test_files_that_evaluate_in_other_words(spec: Path, text: str) -> None:
    (spec.parent / "other.py").write_text("def evaluate(net, trial): return 1")
    (spec.parent / "evaluate.py").write_text(text)
    assert [one.values for one in cnnspec.search(f"{spec}:Tiny", "evaluate.py", 1).trials] == [(1,)]


def test_what_evaluate_prints_does_not_stand_in_the_result(spec: Path, capsys: Any) -> None:
    (spec.parent / "evaluate.py").write_text("def evaluate(net, trial):\n    print('epoch 1')\n    return 1")
    command = ["search", "small.cnn:Tiny", "evaluate.py", "--trials", "1", "--json"]
    for more, shown in (([], 0), (["--verbose"], 1)):
        assert execute([*command, *more]) == 0
        printed = capsys.readouterr()
        assert json.loads(printed.out)["studies"][0]["space"] == "Tiny"
        assert printed.err.count("epoch 1") == shown


# ---- the study


def test_a_study_goes_on_in_its_storage_and_other_tools_read_it(spec: Path) -> None:
    first = cnnspec.search(f"{spec}:Wide", params, 4, storage="study.log")
    found = cnnspec.search(f"{spec}:Wide", params, 6, storage="study.log")
    assert parameters(found)[:4] == parameters(first)
    assert parameters(found) == parameters(cnnspec.search(f"{spec}:Wide", params, 6))
    storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend("study.log"))
    study = optuna.load_study(study_name="Wide", storage=storage)
    assert [trial.value for trial in study.trials] == [trial.values[0] for trial in found.trials]
    assert study.best_trial.user_attrs["figures"]["params"] == found.best[0].values[0]
    program = "import sys; from optuna.cli import main; sys.exit(main())"
    command = ["trials", "--storage", "study.log", "--study-name", "Wide", "-f", "json"]
    listed = subprocess.run(
        [sys.executable, "-c", program, *command], capture_output=True, text=True, check=True
    )
    assert len(json.loads(listed.stdout)) == 6


def test_a_storage_may_be_a_url_of_optuna(spec: Path) -> None:
    for trials in (2, 3):
        found = cnnspec.search(f"{spec}:Tiny", params, trials, storage="sqlite:///study.db")
        assert len(found.trials) == trials
    assert [study.name for study in studies("sqlite:///study.db")] == ["Tiny"]


def test_a_study_of_another_space_is_refused(spec: Path) -> None:
    cnnspec.search(f"{spec}:Tiny", params, 1, storage="study.log")
    with pytest.raises(Refused, match="minimize"):
        cnnspec.search(f"{spec}:Tiny", params, 2, storage="study.log", direction="maximize")
    spec.write_text(TEXT.replace("width in [8, 16] }", "width in [8, 16, 24] }"))
    with pytest.raises(Refused, match="other values, as width in"):
        cnnspec.search(f"{spec}:Tiny", params, 2, storage="study.log")
    Path("study.log").write_text("no study\nat all\n")
    with pytest.raises(Refused, match=r"study\.log"):
        cnnspec.search(f"{spec}:Tiny", params, 2, storage="study.log")


def test_one_search_at_a_time_writes_to_a_storage(spec: Path) -> None:
    def evaluate(net: Any, trial: Any) -> float:
        with pytest.raises(Refused, match="another search writes"):
            cnnspec.search(f"{spec}:Tiny", params, 1, storage="study.log")
        return 1.0

    assert cnnspec.search(f"{spec}:Tiny", evaluate, 1, storage="study.log").trials[0].values == (1.0,)


def test_half_a_line_and_a_lock_that_a_killed_search_has_left_are_taken_away(spec: Path) -> None:
    cnnspec.search(f"{spec}:Tiny", params, 2, storage="study.log")
    with open("study.log", "a") as file:
        file.write('{"op_code":5,"wor')
    os.symlink("study.log", "study.log.lock")
    assert len(cnnspec.search(f"{spec}:Tiny", params, 3, storage="study.log").trials) == 3
    assert len(studies("study.log")[0].trials) == 3


def run_search(*more: str) -> subprocess.Popen[str]:
    command = [*INTERRUPTIBLE, "search", "small.cnn:Wide", "evaluate.py", "--trials", "6"]
    return subprocess.Popen(
        [*command, "--storage", "study.log", *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def ran() -> list[str]:
    """What was evaluated, in order: the parameters."""
    path = Path("ran.txt")
    return [line.split(" ", 1)[1] for line in path.read_text().splitlines()] if path.exists() else []


def wait_for(done: Callable[[], bool]) -> None:
    for _ in range(12_000):
        if done():
            return
        time.sleep(0.05)
    pytest.fail("what was waited for does not come")


@pytest.mark.posix
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT], ids=["kill -9", "Ctrl-C"])
def test_a_search_that_is_interrupted_goes_on_and_runs_nothing_finished_again(
    spec: Path, sent: signal.Signals
) -> None:
    """The fourth trial is interrupted: it is marked failed, and its member is tried once more."""
    (spec.parent / "evaluate.py").write_text(COUNTING.format(at_the_fourth="import time; time.sleep(600)"))
    process = run_search()
    wait_for(lambda: len(ran()) == 4)
    process.send_signal(sent)
    out, err = process.communicate(timeout=600)
    assert "Traceback" not in err
    if sent == signal.SIGINT:
        assert process.returncode == 1 and "Wide: 3 complete, 1 interrupted" in out
        assert "ended early: interrupted: the study is in study.log, and the same command goes on" in err
    out, err = run_search().communicate(timeout=600)
    assert "Wide: 6 complete, 1 interrupted" in out
    tried = ran()
    assert len(tried) == 7 and tried[3] == tried[4] and len(set(tried)) == 6
    (study,) = studies("study.log")
    assert [trial.state for trial in study.trials] == ["complete"] * 3 + ["interrupted"] + ["complete"] * 3
    assert [one.parameters for one in study.trials][3] == [one.parameters for one in study.trials][4]


@pytest.mark.posix
def test_a_member_that_kills_the_search_twice_is_not_tried_again(spec: Path) -> None:
    kill = "os.kill(os.getpid(), 9)"
    text = COUNTING.format(at_the_fourth=kill).replace("== 4", "in (4, 5)")
    (spec.parent / "evaluate.py").write_text(text)
    for code in (-signal.SIGKILL, -signal.SIGKILL, 0):
        process = run_search()
        out, _ = process.communicate(timeout=600)
        assert process.returncode == code
    assert "Wide: 5 complete, 1 failed, 1 interrupted" in out
    tried = ran()
    assert len(tried) == 7 and tried[3] == tried[4] and len(set(tried)) == 6


# ---- the report


def test_the_report_has_the_studies_of_a_storage_and_their_pictures(spec: Path, capsys: Any) -> None:
    for space in ("Wide", "Tiny"):
        cnnspec.search(f"{spec}:{space}", params, 4, storage="study.log")
    pictures = ["--edf", "edf.svg", "--chart", "chart.svg"]
    assert execute(["search", "--report", "--storage", "study.log", *pictures]) == 0
    printed = capsys.readouterr()
    assert [line.split(":")[0] for line in printed.out.splitlines() if "complete" in line] == ["Tiny", "Wide"]
    drawn = Path("edf.svg").read_text()
    assert "Wide (4 nets)" in drawn and "Tiny (4 nets)" in drawn and Path("chart.svg").exists()
    assert execute(["search", "Tiny", "--report", "--storage", "study.log", "--json"]) == 0
    assert [one["space"] for one in json.loads(capsys.readouterr().out)["studies"]] == ["Tiny"]
    assert execute(["search", "Other", "--report", "--storage", "study.log"]) == 1
    assert "it has Tiny, Wide" in capsys.readouterr().err


def test_the_cost_is_said_before_a_search_starts_where_it_is_known(spec: Path, capsys: Any) -> None:
    (spec.parent / "evaluate.py").write_text("def evaluate(net, trial):\n    return net.params")
    for trials in ("2", "5"):
        assert (
            execute(["search", "small.cnn:Wide", "evaluate.py", "--trials", trials, "--storage", "s.log"])
            == 0
        )
    first, second = (line for line in capsys.readouterr().err.splitlines() if line.startswith("Wide: "))
    drawn = [member.figures["macs"] for member in cnnspec.sample(f"{spec}:Wide", 10)]
    from cnnspec.report.numbers import short_count

    nets = f"nets of {short_count(min(drawn))} to {short_count(max(drawn))} MACs"
    assert first == f"Wide: 2 trials of {nets}, one at a time; kept in s.log"
    assert second == f"Wide: 3 trials after 2 before of {nets}, one at a time; kept in s.log"
