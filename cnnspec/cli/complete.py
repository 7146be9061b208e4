"""What a shell offers after TAB: specs, nets of the zoo, codes and layers."""

from __future__ import annotations

import os
from pathlib import Path

import click


def specs(context: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
    """The .cnn files, folders and nets of the zoo that begin so; after `FILE.cnn:` the nets of the file."""
    from cnnspec.spec_files import zoo_nets

    file, _, net = typed.rpartition(":")
    if file.endswith(".cnn"):
        return [f"{file}:{name}" for name in nets_of(Path(file), net)]
    folder, start = os.path.split(typed)
    try:
        entries = sorted(entry.name for entry in os.scandir(folder or "."))
    except OSError:
        entries = []
    paths = [os.path.join(folder, name) for name in entries if name.startswith(start)]
    files = [path for path in paths if path.endswith(".cnn")]
    folders = [path + os.sep for path in paths if os.path.isdir(path) and not path.startswith(".")]
    return [*files, *folders, *(name for name in zoo_nets() if name.startswith(typed))]


def nets_of(path: Path, typed: str) -> list[str]:
    """The nets of a file that begin so, in upper or lower case."""
    from cnnspec.syntax.outline import headings

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    names = [heading.name for heading in headings(text) if heading.word == "net"]
    return [name for name in names if name.lower().startswith(typed.lower())]


def nets(context: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
    """The nets of the zoo that begin so."""
    from cnnspec.spec_files import zoo_nets

    return [name for name in zoo_nets() if name.startswith(typed)]


def layers(context: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
    """The layers, forms and blocks of std that begin so."""
    from cnnspec.blocks_list import pages
    from cnnspec.layers import REGISTRY

    return [name for name in (*REGISTRY, *pages()) if name.startswith(typed)]


def codes(context: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
    """The codes of diagnostics that begin so."""
    from cnnspec.diagnostics.explain import codes as every

    return [code for code in every() if code.startswith(typed)]
