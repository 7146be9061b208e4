"""`cnnspec import MODULE:NAME`: what a module does that cannot be imported or made is told as its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cnnspec.cli.main import execute

pytest.importorskip("torch")


@pytest.mark.parametrize(
    "code, asked, told, exit_code",
    [
        ("raise RuntimeError('no operator')", "Net", "{0} cannot be imported: RuntimeError: no operator", 1),
        ("import sys\nsys.exit(0)", "Net", "{0} cannot be imported: SystemExit: 0", 1),
        ("import missing_library", "Net", "{0} cannot be imported: No module named 'missing_library'", 1),
        ("def Net(:\n", "Net", "{0} cannot be imported: SyntaxError: invalid syntax", 1),
        ("def Net(): raise KeyError('x')", "Net", "{0}:Net cannot be made: KeyError: 'x'", 1),
        ("def Net(): raise SystemExit(3)", "Net", "{0}:Net cannot be made: SystemExit: 3", 1),
        ("def Net(): return 3", "Net", "{0}:Net gives a int, not a torch module", 2),
        ("class Net: pass", "Nett", "{0} has no Nett; did you mean `Net`?", 2),
        (None, "Net", "there is no Python module {0}", 2),
    ],
)
def test_a_module_that_fails_is_no_fault_of_cnnspec(
    code: str | None,
    asked: str,
    told: str,
    exit_code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    module = f"module_{tmp_path.name}"  # one that no other case has imported
    if code is not None:
        Path(f"{module}.py").write_text(code)
    assert execute(["import", f"{module}:{asked}", "--input", "3x8x8"]) == exit_code
    assert told.format(module) in capsys.readouterr().err
