"""`cnnspec sizes`: the sizes of its input that a net takes."""

from __future__ import annotations

from pathlib import Path

import click

from cnnspec.cli import complete
from cnnspec.cli.common import open_net
from cnnspec.cli.options import json_option, spec_options
from cnnspec.cli.printing import print_json, say


@click.command()
@click.argument("spec", shell_complete=complete.specs)
@spec_options
@click.option(
    "--up-to",
    "limit",
    metavar="N",
    type=click.IntRange(2, 65536),
    default=1024,
    help="The largest size that is tried.",
)
@json_option
def sizes(
    spec: str,
    settings: tuple[str, ...],
    inputs: tuple[str, ...],
    include: tuple[Path, ...],
    bounds: tuple[str, ...],
    limit: int,
    as_json: bool,
) -> None:
    """Say which input sizes a net takes, and where pixels are lost.

    A size is valid where every layer of inference fits, with the weights of the declared size.

    \b
    cnnspec sizes unet
    cnnspec sizes net.cnn --up-to 512 --json
    """
    net = open_net(spec, settings, inputs, include, bounds)
    from cnnspec.report.sizes import sizes_data, sizes_text

    try:
        found = net.sizes(limit)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if as_json:
        print_json(sizes_data(net.name, found))
    else:
        say(sizes_text(net.name, found))
