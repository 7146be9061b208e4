"""`cnnspec compile`: what its options stand for."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnnspec.cli.main import execute


@pytest.mark.parametrize(
    ("backend", "file", "same"),
    [
        ("torch", "net.py", ["--fold-batchnorm", "--channels-last"]),
        ("onnx", "net.onnx", ["--fold-batchnorm"]),
        ("numpy", "net.py", ["--fold-batchnorm"]),
    ],
)
def test_optimize_stands_for_what_makes_a_backend_fast(
    backend: str, file: str, same: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.cnn").write_text("net A { input 3x8x8; conv(4, 3) -> batchnorm -> relu }\n")
    written = []
    for options in (["--optimize"], same, []):
        command = ["compile", "a.cnn", "--backend", backend, "-o", file, *options]
        assert execute(command) == 0
        written.append(Path(file).read_bytes())
    assert written[0] == written[1] != written[2]
