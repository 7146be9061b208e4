"""What a command does when something goes wrong that nobody wrote a diagnostic for."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from interruptible import INTERRUPTIBLE

from cnnspec.cli import failures
from cnnspec.cli.main import command, execute

SPEC = "net A { input 3x8x8; conv(4, 3) -> relu -> gap -> flatten -> linear(2) }\n"
COMMAND = [sys.executable, "-m", "cnnspec"]


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder with a spec, where `summary` has a fault."""

    def fault(**options: object) -> None:
        raise ZeroDivisionError("by nothing\nat all")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.delenv("CNNSPEC_DEBUG", raising=False)
    monkeypatch.setattr(command("summary"), "callback", fault)
    (tmp_path / "a.cnn").write_text(SPEC)
    return tmp_path


def test_a_fault_is_one_line_and_exit_code_70(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["summary", "a.cnn"]) == failures.FAULT == 70
    printed = capsys.readouterr()
    assert printed.out == ""
    (written,) = broken.glob("cnnspec-fault-*.txt")
    assert printed.err == (
        "error: a fault of cnnspec: ZeroDivisionError: by nothing; "
        f"report it with the spec and the details in {written}\n"
    )
    details = written.read_text()
    assert "Traceback" in details
    assert "arguments: ['summary', 'a.cnn']" in details
    assert "cnnspec 0." in details


def test_a_fault_shows_its_traceback_when_debugging(
    broken: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNNSPEC_DEBUG", "1")
    assert execute(["summary", "a.cnn"]) == 70
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_a_fault_without_a_place_for_its_details_says_how_to_see_them(
    broken: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(broken / "nowhere"))
    assert execute(["summary", "a.cnn"]) == 70
    assert "CNNSPEC_DEBUG=1 shows the details" in capsys.readouterr().err


def test_a_fault_is_json_where_json_was_asked_for(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["summary", "a.cnn", "--json"]) == 70
    found = json.loads(capsys.readouterr().out)
    assert (found["ok"], found["error"]["kind"]) == (False, "fault")


@pytest.mark.parametrize(
    ("arguments", "code", "kind"),
    [
        (["summary", "nothing.cnn", "--json"], 1, "spec"),
        (["summary", "--json", "--depth", "zero", "a.cnn"], 2, "usage"),
        (["run", "a.cnn", "--json", "--weights", "none", "--input", "none"], 1, "file"),
        (["run", "a.cnn", "--json", "--weights", "a.cnn", "--input", "a.cnn"], 1, "refused"),
    ],
)
def test_every_failure_is_json_where_json_was_asked_for(
    arguments: list[str],
    code: int,
    kind: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.cnn").write_text(SPEC)
    assert execute(arguments) == code
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert found["error"]["kind"] == kind
    assert found["error"]["message"]
    assert bool(found["diagnostics"]) == (kind == "spec")
    assert "rror" in printed.err


def shell(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", line.replace("cnnspec", f"{sys.executable} -m cnnspec")],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=600,
        # Python writes at the end what is left to write, as it does for users
        env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
    )


@pytest.mark.posix
@pytest.mark.parametrize(
    ("line", "code", "err"),
    [
        ("cnnspec check - <&-", 1, "error: standard input is closed\n"),
        ("cnnspec check a.cnn >&-", 1, "error: standard output is closed\n"),
        ("cnnspec summary a.cnn >&-", 1, "error: standard output is closed\n"),
        ("cnnspec summary a.cnn --json >&-", 1, "error: standard output is closed\n"),
        ("cnnspec summary a.cnn 2>&-", 0, ""),
        ("cnnspec check a.cnn 2>&-", 0, ""),
        ("cnnspec summary missing.cnn 2>&-", 1, ""),
        ("cnnspec render a.cnn -o a.svg <&- >&- 2>&-", 0, ""),
        ("cnnspec summary a.cnn >/dev/full", 1, "error: standard output: No space left on device\n"),
        ("cnnspec fmt - <&- >&- 2>&-", 1, ""),
    ],
)
def test_closed_streams(line: str, code: int, err: str, tmp_path: Path) -> None:
    (tmp_path / "a.cnn").write_text(SPEC + "# allow: small-field\n")
    done = shell(line, tmp_path)
    assert done.returncode == code, done.stderr
    told = [text for text in done.stderr.splitlines(keepends=True) if text.startswith(("error", "Trace"))]
    assert "".join(told) == err
    if "render" in line:
        assert (tmp_path / "a.svg").read_text().rstrip().endswith("</svg>")


class Interrupting:
    """An attribute whose class is interrupted while it is made."""

    def __set_name__(self, owner: type, name: str) -> None:
        raise KeyboardInterrupt


def test_an_interruption_that_python_wraps_is_one(
    broken: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        command("summary"), "callback", lambda **options: type("A", (), {"x": Interrupting()})
    )
    assert execute(["summary", "a.cnn"]) == 1
    assert capsys.readouterr().err.strip() == "Aborted!"
    assert list(broken.glob("cnnspec-fault-*")) == []


@pytest.mark.posix
@pytest.mark.parametrize("delay", [0.02, 0.05, 0.1, 0.2, 0.4])
def test_an_interruption_ends_quietly(delay: float, tmp_path: Path) -> None:
    (tmp_path / "a.cnn").write_text("net A { input 3x64x64; conv(64, 3) * 20000 }")
    process = subprocess.Popen(
        [*INTERRUPTIBLE, "check", "a.cnn"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=600)
    assert "Traceback" not in err
    # a fast machine has checked the net before
    assert (process.returncode, err.strip()) in ((1, "Aborted!"), (0, "0 errors, 0 warnings"), (0, ""))


@pytest.mark.posix
def test_a_signal_leaves_no_half_written_file(tmp_path: Path) -> None:
    code = """
import os, signal, sys
from pathlib import Path
from cnnspec.cli.process import prepare_signals
from cnnspec.files import write_whole
prepare_signals()
def chunks():
    yield b"half"
    os.kill(os.getpid(), signal.SIGTERM)
    yield b"whole"
write_whole(Path("a.txt"), chunks())
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (128 + signal.SIGTERM, "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("environment", "printed"),
    [
        ({"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}, "# größe →\n".encode()),
        ({"PYTHONIOENCODING": "cp1252"}, "# größe \\u2192\n".encode("cp1252")),
    ],
    ids=["a pipe is UTF-8", "an encoding that is asked for"],
)
def test_any_character_is_printed_whatever_the_system_prefers(
    environment: dict[str, str], printed: bytes
) -> None:
    text = "# größe →\nnet A { input 3x8x8; conv(8, 3) }\n".encode()
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONIOENCODING"}
    done = subprocess.run([*COMMAND, "fmt", "-"], input=text, env=kept | environment, capture_output=True)
    assert done.stderr == b"" and done.stdout.replace(b"\r", b"").startswith(printed)
