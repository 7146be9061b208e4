"""Specs as they were: `REV:PATH` and `REV:PATH:NET` name a file of a git revision, with all that it uses."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import NamedTuple


class Revision(NamedTuple):
    """A spec file of a revision, by its path from the root of the repository, and the net that is picked."""

    name: str
    path: PurePosixPath
    net: str | None


def revision(spec: str) -> Revision | None:
    """The revision that a text names; None where it names none. A file that exists is never one."""
    name, _, rest = spec.partition(":")
    if not name or not rest or name.startswith("-"):
        return None
    file, _, net = rest.rpartition(":")
    choices = [(rest, None), (file, net or None)] if file else [(rest, None)]
    prefix = _git("rev-parse", "--show-prefix").decode().strip()
    for path, picked in choices:
        for inside in dict.fromkeys((prefix + path, path)):
            if _git("cat-file", "-t", f"{name}:{inside}").strip() == b"blob":
                return Revision(name, PurePosixPath(inside), picked)
    return None


@contextmanager
def checked_out(found: Revision) -> Iterator[Path]:
    """The file of a revision, in a folder that holds all specs of that revision and goes afterwards."""
    from tempfile import TemporaryDirectory

    root = _git("rev-parse", "--show-toplevel").decode().strip()
    archive = _git("archive", "--format=tar", found.name, "--", ":(glob)**/*.cnn", str(found.path), cwd=root)
    with TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(folder, filter="data")
        yield Path(folder, found.path)


def _git(*arguments: str, cwd: str | None = None) -> bytes:
    """What git prints; nothing where it fails, or is not there."""
    try:
        done = subprocess.run(["git", *arguments], cwd=cwd, capture_output=True, check=False)
    except OSError:
        return b""
    return done.stdout if done.returncode == 0 else b""
