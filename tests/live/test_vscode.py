"""The extension of VS Code: it lints and packs, and starts the command that there is."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from folders import ROOT

from cnnspec.cli.main import HOMES
from cnnspec.live.language_server import PREVIEW

FOLDER = ROOT / "editors" / "vscode"
MANIFEST = json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))
SCRIPT = (FOLDER / "extension.js").read_text(encoding="utf-8")


def test_it_starts_a_command_that_there_is() -> None:
    name, command = MANIFEST["contributes"]["configuration"]["properties"]["cnnspec.command"]["default"]
    assert name == "cnnspec" and command in HOMES
    assert f'command: "{PREVIEW}"' in SCRIPT


def test_every_command_is_registered() -> None:
    for command in MANIFEST["contributes"]["commands"]:
        assert f'registerCommand("{command["command"]}"' in SCRIPT


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("npm") is None, reason="there is no Node.js here")
def test_it_lints_and_packs(tmp_path: Path) -> None:
    folder = tmp_path / "vscode"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("node_modules", "*.vsix"))
    for command in ("npm install --no-audit --no-fund", "npm run lint", "npm run package"):
        done = subprocess.run(command.split(), cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert (folder / f"cnnspec-{MANIFEST['version']}.vsix").exists()
