"""What a shell offers after TAB: specs, nets of the zoo, parameters, blocks, codes and layers."""

from __future__ import annotations

import os
from pathlib import Path

import click


def specs(context: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
    """The .cnn files, folders and nets of the zoo that begin so; after `FILE.cnn:` the nets of the file."""
    return _specs(typed, ("net",))


def spaces(context: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
    """As `specs`; after `FILE.cnn:` the spaces of the file, and its nets, which --vary makes spaces of."""
    return _specs(typed, ("space", "net"))


def _specs(typed: str, words: tuple[str, ...]) -> list[str]:
    from cnnspec.spec_files import zoo_nets

    file, _, net = typed.rpartition(":")
    if file.endswith(".cnn"):
        return [f"{file}:{name}" for word in words for name in names_in_file(Path(file), word, net)]
    folder, start = os.path.split(typed)
    try:
        entries = sorted(entry.name for entry in os.scandir(folder or "."))
    except OSError:
        entries = []
    paths = [os.path.join(folder, name) for name in entries if name.startswith(start)]
    files = [path for path in paths if path.endswith(".cnn")]
    folders = [path + os.sep for path in paths if os.path.isdir(path) and not path.startswith(".")]
    return [*files, *folders, *(name for name in zoo_nets() if name.startswith(typed))]


def names_in_file(path: Path, word: str, typed: str) -> list[str]:
    """The nets of a file, or its spaces, that begin so, in upper or lower case."""
    from cnnspec.syntax.outline import headings

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    names = [heading.name for heading in headings(text) if heading.word == word]
    return [name for name in names if name.lower().startswith(typed.lower())]


def nets(context: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
    """The nets of the zoo that begin so."""
    from cnnspec.spec_files import zoo_nets

    return [name for name in zoo_nets() if name.startswith(typed)]


def parameters(context: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
    """The parameters of the net on the line that begin so, with the `=` that is to follow."""
    from cnnspec.diagnostics import Refused, Report
    from cnnspec.elaborate import written_values
    from cnnspec.session import Session, pick_net
    from cnnspec.spec_files import find_spec

    session, report = Session(), Report()
    try:
        source, net = find_spec(spec_on_line(context), report, session.limits)
    except Refused:
        return []
    if source is None:
        return []
    module, _ = session.load(source)
    meant = pick_net(module, net, {}, Report()) or list(module.nets)
    names = dict.fromkeys(name for one in meant for name in written_values(one, module))
    return [f"{name}=" for name in names if name.startswith(typed)]


def blocks(context: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
    """The paths of blocks that begin so, a level at a time, of the net on the line; after a comma anew."""
    from cnnspec.api import open_spec
    from cnnspec.diagnostics import Refused
    from cnnspec.render.options import DrawingOptions
    from cnnspec.render.scene import make_scene

    before, comma, start = typed.rpartition(",")
    try:
        items = make_scene(open_spec(spec_on_line(context)).ir, DrawingOptions()).items
    except Refused:
        return []
    keys = [key for item in items if item.children for key in item.keys if key.startswith(start)]
    ends = [(key + ".").index(".", len(start)) for key in keys]
    levels = dict.fromkeys(key[:end].rstrip("+") for key, end in zip(keys, ends, strict=True))
    return [f"{before}{comma}{path}" for path in levels if path]


def spec_on_line(context: click.Context) -> str:
    """The spec that stands before an option whose value is typed; none reads as one that there is not."""
    given = context.params.get("spec") or context.params.get("specs") or context.args
    return given if isinstance(given, str) else next(iter(given), "")


def layers(context: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
    """The layers, forms and blocks of std that begin so."""
    from cnnspec.blocks_list import pages
    from cnnspec.layers import REGISTRY

    return [name for name in (*REGISTRY, *pages()) if name.startswith(typed)]


def codes(context: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
    """The codes of diagnostics that begin so."""
    from cnnspec.diagnostics.explain import codes as every

    return [code for code in every() if code.startswith(typed)]
