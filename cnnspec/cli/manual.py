"""`cnnspec explain`, `layers` and `zoo`: the manual on the command line."""

from __future__ import annotations

from pathlib import Path

import click

from cnnspec.cli import complete
from cnnspec.cli.options import json_option
from cnnspec.cli.printing import print_json
from cnnspec.layers import manual


@click.command()
@click.argument("code", required=False, shell_complete=complete.codes)
@json_option
def explain(code: str | None, as_json: bool) -> None:
    """Explain a diagnostic, with a wrong and a right example.

    Without a code, list them all.

    \b
    cnnspec explain shape-join
    """
    from cnnspec.diagnostics.explain import codes
    from cnnspec.diagnostics.explain import explain as page
    from cnnspec.elaborate.mistakes.suggest import suggest

    if code is not None and code not in codes():
        cure = suggest(code, list(codes()))
        raise click.UsageError(f"there is no diagnostic `{code}`" + (f"; {cure}" if cure else ""))
    if as_json:
        print_json({"codes": list(codes())} if code is None else {"code": code, "text": page(code)})
    else:
        click.echo("\n".join(codes()) if code is None else page(code))


@click.command()
@click.argument("name", required=False, shell_complete=complete.layers)
@json_option
def layers(name: str | None, as_json: bool) -> None:
    """List layers and blocks, or show the manual of one.

    The layers and forms of the language, and the blocks of std.

    \b
    cnnspec layers conv
    cnnspec layers bottleneck
    """
    from cnnspec import blocks_list as blocks

    known = [*manual.LAYERS, *blocks.pages()]
    if name is not None and name not in known:
        from cnnspec.elaborate.mistakes.suggest import suggest

        cure = suggest(name, known)
        raise click.UsageError(f"there is no layer `{name}`" + (f"; {cure}" if cure else ""))
    if as_json:
        listed = [manual.as_dict(one) if one in manual.LAYERS else blocks.as_dict(one) for one in known]
        print_json(listed[known.index(name)] if name else listed)
    elif name is None:
        click.echo(manual.index() + "\n" + blocks.index())
    else:
        click.echo(manual.page(name) if name in manual.LAYERS else blocks.page(name))


@click.command()
@click.argument("name", required=False, shell_complete=complete.nets)
@json_option
def zoo(name: str | None, as_json: bool) -> None:
    """List the nets that ship, and the spaces, or print the spec of one.

    `std` is the library of blocks.

    \b
    cnnspec zoo
    cnnspec zoo resnet50
    """
    from cnnspec.elaborate.module import STANDARD_LIBRARY
    from cnnspec.spec_files import plain_name, zoo_entry, zoo_spaces
    from cnnspec.zoo_list import Entry, as_text, entries, entry

    if name is None:
        found = entries()
        if as_json:
            print_json([one._asdict() for one in found])
        else:
            click.echo(as_text(found))
        return
    library = (Path(STANDARD_LIBRARY), "std") if name == "std" else None
    path, net = library or zoo_spaces().get(plain_name(name)) or zoo_entry(name)
    text = path.read_text(encoding="utf-8")
    if as_json:
        found = Entry("std", path.name, "", "library", None, None) if library else entry(path, net)
        print_json({**found._asdict(), "spec": text})
    else:
        click.echo(text, nl=False)
