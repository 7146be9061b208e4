"""A search whose trials run in other processes: of this machine, and of a cluster on loopback."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from interruptible import INTERRUPTIBLE

import cnnspec
from cnnspec.diagnostics import Refused
from cnnspec.searching import studies

pytest.importorskip("optuna")
pytest.importorskip("distributed")

TEXT = """\
use "parts.cnn" (part)
net Small(depth, width=8) { input 3x8x8; part(width) * depth; gap -> flatten -> linear(10) }
space Wide of Small { vary depth in 1..4; vary width in 8..64 step 8 log; where depth * width < 200 }
"""
EVALUATE = """\
import os
import time
from pathlib import Path

HERE = Path(__file__).parent


def evaluate(net, trial):
    (HERE / "trims.txt").write_text(os.environ.get("MALLOC_TRIM_THRESHOLD_", "as it likes"))
    member = str(sorted(trial.params.items()))
    with open(HERE / "ran.txt", "a+") as file:
        print(trial.number, os.getpid(), member, file=file, flush=True)
        file.seek(0)
        is_first = file.read().count(member) == 1
    if (HERE / f"kill-{trial.number}").exists():
        (HERE / f"kill-{trial.number}").unlink()
        os.kill(os.getpid(), 9)
    if is_first and (HERE / f"wait-{trial.number}").exists():
        (HERE / f"waits-{trial.number}").touch()
        time.sleep(600)
    for step in range(3):
        trial.report(net.params, step)
        if trial.should_prune():
            break
    return net.params
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "parts.cnn").write_text("def part(width) { conv(width, 3) -> relu }\n")
    (tmp_path / "small.cnn").write_text(TEXT)
    (tmp_path / "evaluate.py").write_text(EVALUATE)
    return tmp_path


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a scheduler on loopback with two workers of several threads each."""
    folder = tmp_path_factory.mktemp("cluster")
    log = folder / "scheduler.log"
    dask = [sys.executable, "-m", "dask"]
    with open(log, "w") as out:
        started = [
            subprocess.Popen(
                [*dask, "scheduler", "--host", "127.0.0.1", "--port", "0", "--dashboard-address", ":0"],
                cwd=folder,
                stderr=out,
            )
        ]
    try:
        wait_for(lambda: "Scheduler at:" in log.read_text())
        address = re.findall(r"tcp://127\.0\.0\.1:\d+", log.read_text())[0]
        for _ in range(2):
            command = [*dask, "worker", address, "--nthreads", "2", "--host", "127.0.0.1", "--no-dashboard"]
            started.append(subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL))
        yield address
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            process.wait(timeout=600)


def wait_for(done: Any) -> None:
    for _ in range(12_000):
        if done():
            return
        time.sleep(0.05)
    pytest.fail("what was waited for does not come")


def ran() -> list[list[str]]:
    """What was evaluated: the number of the trial, the process, the parameters."""
    path = Path("ran.txt")
    return [line.split(" ", 2) for line in path.read_text().splitlines()] if path.exists() else []


def waiting() -> set[str]:
    """The numbers of the trials that wait."""
    return {path.name.removeprefix("waits-") for path in Path().glob("waits-*")}


def search(*more: str) -> subprocess.Popen[str]:
    command = [*INTERRUPTIBLE, "search", "small.cnn:Wide", "evaluate.py", "--trials", "8"]
    return subprocess.Popen(
        [*command, "--storage", "study.log", *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def judge(killed: int) -> None:
    """Each member ran once, but for those of trials that were interrupted, which ran once more."""
    (study,) = studies("study.log")
    states = [trial.state for trial in study.trials]
    assert states.count("complete") + states.count("pruned") == 8
    assert states.count("interrupted") == killed and len(states) == 8 + killed
    tried = [line[2] for line in ran()]
    assert len(set(tried)) == 8 and len(tried) == 8 + killed
    once = [trial for trial in study.trials if trial.state != "interrupted"]
    assert len({str(trial.parameters) for trial in once}) == 8


@pytest.mark.posix
def test_workers_of_this_machine_one_of_which_dies(folder: Path) -> None:
    (folder / "kill-2").touch()
    out, err = search("--workers", "2").communicate(timeout=600)
    assert "Wide: " in out and "2 at a time" in err
    assert "trial 2 failed: its process died: it is run again" in err
    judge(killed=1)
    processes = {line[1] for line in ran()}
    assert len(processes) >= 2 and str(os.getpid()) not in processes
    assert Path("trims.txt").read_text() == "as it likes"


@pytest.mark.slow
@pytest.mark.posix
def test_a_cluster_survives_the_death_of_a_worker_and_of_the_search(folder: Path, scheduler: str) -> None:
    """Both trials that run when the search is killed are tried again; what is finished is not.

    The trial that killed its worker is not among them: a member that is interrupted twice is given up.
    """
    (folder / "kill-1").touch()
    for number in (5, 6, 7):
        (folder / f"wait-{number}").touch()
    process = search("--scheduler", scheduler)
    wait_for(lambda: len(waiting()) == 2)
    process.kill()
    process.communicate(timeout=600)
    for number in (5, 6, 7):
        (folder / f"wait-{number}").unlink()
    # the trials that nobody waits for any more keep their processes busy: their workers are started anew
    for line in ran():
        if line[0] in waiting():
            os.kill(int(line[1]), signal.SIGKILL)
    _, err = search("--scheduler", scheduler).communicate(timeout=600)
    assert "2 interrupted trials to run again" in err
    judge(killed=3)


@pytest.mark.slow
@pytest.mark.posix
def test_ctrl_c_keeps_what_there_is_and_ends_the_processes(folder: Path) -> None:
    for number in (3, 4, 5):
        (folder / f"wait-{number}").touch()
    process = search("--workers", "2")
    wait_for(lambda: len(ran()) == 5)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=600)
    assert process.returncode == 1 and "Traceback" not in err
    assert "Wide: 3 complete, 2 interrupted" in out and "ended early: interrupted" in err
    for line in ran():
        with pytest.raises(ProcessLookupError):
            os.kill(int(line[1]), 0)


@pytest.mark.parametrize("scheduler", ["tcp://127.0.0.1:1", "nothing"])
def test_a_scheduler_that_is_not_there_is_told_in_a_line(folder: Path, scheduler: str) -> None:
    with pytest.raises(
        Refused, match=f"^no scheduler answers at {scheduler}: start one with `dask scheduler`"
    ):
        cnnspec.search("small.cnn:Wide", "evaluate.py", 8, storage="study.log", scheduler=scheduler)
    assert not ran()
