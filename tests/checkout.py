"""Copies of the checkout: with its link, and as it is without (Windows, an unpacked archive)."""

from __future__ import annotations

import os
import subprocess
import sysconfig
from fnmatch import fnmatch
from pathlib import Path

from folders import ROOT

LINK = Path("cnnspec/backends")
"""The one link: a text file with the path it leads to, where there are no links."""


def tracked(*folders: str) -> list[Path]:
    """The files of the project as paths from its root; in an unpacked archive, all but those ignored."""
    if (ROOT / ".git").exists():
        command = ["git", "ls-files", "-z", "--", *folders]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        found = [Path(name) for name in listed.split("\0") if name]
    else:
        found = [
            path.relative_to(ROOT) for folder in folders or (".",) for path in (ROOT / folder).rglob("*")
        ]
    return sorted(path for path in found if (ROOT / path).is_file() and not ignored(path))


def ignored(path: Path) -> bool:
    """Whether a line of .gitignore names the file or a folder it is in."""
    patterns = [line.strip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").split()]
    return any(fnmatch(part, pattern) for part in path.parts for pattern in patterns)


def copy_of_checkout(folder: Path, links: bool = True) -> Path:
    """The project's files in a new folder, so that a build leaves nothing in the checkout.

    Without `links`, as `git clone -c core.symlinks=false` and unpacking an archive write them.
    """
    copy = folder / "checkout"
    for path in [*tracked(), LINK]:
        source, target = ROOT / path, copy / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if path != LINK:
            target.write_bytes(source.read_bytes())
        elif links:
            target.symlink_to("../backends")
        else:
            target.write_text("../backends", encoding="utf-8")
    return copy


def environment() -> dict[str, str]:
    """The variables of this process without the paths that lead to this checkout's packages."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def libraries() -> str:
    """The folder of the packages of this environment, whose .pth files another one does not read."""
    return sysconfig.get_path("purelib")
