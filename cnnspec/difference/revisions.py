"""Specs as they were: `REV:PATH` and `REV:PATH:NET` name a file of a git revision, with all that it uses."""

from __future__ import annotations

import io
import posixpath
import re
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from cnnspec.diagnostics import Diagnostic, SpecError
from cnnspec.elaborate.mistakes.suggest import suggest

SPEC = ".cnn"
STEPS = re.compile(r"[~^@]")
"""Begins what counts revisions back from one: HEAD~3."""
SHOWN = 6
"""How many specs of a revision are named where the one that is asked for is none of them."""


class Revision(NamedTuple):
    """A spec file of a revision, by its path from the root of the repository, and the net that is picked.

    `label` is how it was written, without the net.
    """

    name: str
    path: PurePosixPath
    net: str | None
    label: str


def revision(spec: str) -> Revision | None:
    """The revision that a text names; None where it names none. A file that exists is never one.

    Raises SpecError where it can mean nothing else, and there is no such revision or no such file in it.
    """
    name, colon, rest = spec.partition(":")
    if not name or not colon or name.startswith("-") or rest.startswith(("/", "\\")):
        return None
    file, _, net = rest.rpartition(":")
    choices = [(rest, None), (file, net or None)] if file else [(rest, None)]
    prefix = _git("rev-parse", "--show-prefix").decode().strip()
    for path, picked in choices:
        for inside in dict.fromkeys(map(posixpath.normpath, (prefix + path, path))):
            if rest and _git("cat-file", "-t", f"{name}:{inside}").strip() == b"blob":
                return Revision(name, PurePosixPath(inside), picked, f"{name}:{path}")
    said = next((path for path, _ in choices if path.endswith(SPEC)), "")
    if said or _is_revision(name):
        message, cure = _what_is_missing(name, said or rest)
        raise SpecError((Diagnostic("file", "error", message, help=cure),))
    return None


def _is_revision(name: str) -> bool:
    return bool(_git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"))


def _what_is_missing(name: str, path: str) -> tuple[str, str]:
    """Why a file of a revision is none, and what to do about it: git, the repository, revision or file."""
    if not _git("--version"):
        return f"{name}:{path} would be a file of a git revision, and git is not there", "install git"
    if not _git("rev-parse", "--git-dir"):
        cure = "stand in the repository, or name two files"
        return f"{name}:{path} would be a file of a git revision, and this folder is in no repository", cure
    if not _is_revision(name):
        if _git("rev-parse", "--is-shallow-repository").strip() == b"true":
            cure = "the clone is shallow: `git fetch --unshallow` brings the revisions before"
        else:
            names = ["HEAD", *_git("for-each-ref", "--format=%(refname:short)").decode().split()]
            near = "" if STEPS.split(name)[0] in names else suggest(name, names)
            cure = near or "`git log --oneline --all` lists revisions"
        return f"git knows no revision `{name}`", cure
    specs = _specs(name)
    if not path:
        example = f"{name}:{specs[0] if specs else 'net.cnn'}"
        return f"`{name}` is a git revision, and a net is in a file of it", f"name one, as in {example}"
    cure = suggest(path, specs) or (f"its specs: {', '.join(specs[:SHOWN])}" if specs else "it has no specs")
    return f"the revision `{name}` has no file `{path}`", cure + ", ..." * (len(specs) > SHOWN)


def _specs(name: str) -> list[str]:
    """The specs of a revision, by their paths from the root of the repository."""
    files = _git("ls-tree", "-r", "-z", "--full-tree", "--name-only", name).decode().split("\0")
    return [path for path in files if path.endswith(SPEC)]


@contextmanager
def checked_out(found: Revision) -> Iterator[Path]:
    """A folder that holds all specs of a revision as the repository does, and goes afterwards."""
    from tempfile import TemporaryDirectory

    root = _git("rev-parse", "--show-toplevel").decode().strip()
    # git refuses a pattern that no file has
    wanted = [f":(literal){found.path}", *[f":(glob)**/*{SPEC}"][: len(_specs(found.name))]]
    archive = _git("archive", "--format=tar", found.name, "--", *wanted, cwd=root)
    with TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(folder, filter=_inside)
        yield Path(folder)


def _inside(member: tarfile.TarInfo, folder: str) -> tarfile.TarInfo | None:
    """A file as it may be unpacked; None for a link that leads out of the folder, which is left out."""
    try:
        return tarfile.data_filter(member, folder)
    except tarfile.FilterError:
        return None


def there(folder: Path, include: tuple[Path, ...]) -> tuple[Path, ...]:
    """Folders to take files from, those of the repository as they are in a revision that is checked out."""
    root = Path(_git("rev-parse", "--show-toplevel").decode().strip()).resolve()
    whole = [path.resolve() for path in include]
    return tuple(folder / path.relative_to(root) if path.is_relative_to(root) else path for path in whole)


def _git(*arguments: str, cwd: str | None = None) -> bytes:
    """What git prints; nothing where it fails, or is not there."""
    try:
        done = subprocess.run(["git", *arguments], cwd=cwd, capture_output=True, check=False)
    except OSError:
        return b""
    return done.stdout if done.returncode == 0 else b""
