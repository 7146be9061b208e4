"""`cnnspec check --fix` and `--diff`: edits made in files, or shown."""

from __future__ import annotations

import difflib
import sys
from os.path import realpath
from pathlib import Path

import click

from cnnspec.cli.printing import say
from cnnspec.diagnostics.fixes import Read, fix
from cnnspec.files import write_whole
from cnnspec.source import Source
from cnnspec.spec_files import SPECS


def mended(source: Source, read: Read, show_diff: bool) -> Source:
    """A spec after its edits, written to its file or standard output; as it was where they are shown only.

    Raises click.UsageError for a file that ships with the package.
    """
    if source.path is not None and Path(SPECS) in Path(realpath(source.path)).parents and not show_diff:
        raise click.UsageError(f"{source.name} ships with cnnspec: copy it, and mend the copy")
    fixed = fix(source, read)
    if show_diff:
        show(difference(source, fixed.source.text, "mended"))
        return source
    if source.path is None:
        show(fixed.source.text)
    elif fixed.mended:
        write_whole(source.path, fixed.source.text)
        mistakes = f"{fixed.mended} mistake{'' if fixed.mended == 1 else 's'}"
        say(f"mended {mistakes} in {source.name}", err=True)
    return fixed.source


def difference(source: Source, text: str, what: str) -> str:
    """How a text differs from a source, as a unified diff."""
    old, new = source.text.splitlines(True), text.splitlines(True)
    return "".join(difflib.unified_diff(old, new, source.name, f"{source.name} ({what})"))


def show(text: str) -> None:
    """Print a text as it is to a file or a pipe, and to a terminal so that it does nothing there."""
    if sys.stdout.isatty():
        say(text.removesuffix("\n"))
    else:
        click.echo(text, nl=False)
