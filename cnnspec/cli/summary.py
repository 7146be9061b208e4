"""`cnnspec summary`: the table of a net."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from cnnspec.cli import complete
from cnnspec.cli.common import json_option, open_net, print_json, say, spec_options
from cnnspec.report import FORMATS, as_dict


@click.command()
@click.argument("spec", shell_complete=complete.specs)
@spec_options
@click.option(
    "--depth", metavar="N", type=click.IntRange(1), help="Open N levels of blocks; a large N opens all."
)
@click.option(
    "--format", "form", type=click.Choice(list(FORMATS)), default="text", help="How to print the table."
)
@click.option("--inference", is_flag=True, help="Leave out the heads marked `training`.")
@click.option(
    "--count",
    type=click.Choice(["macs", "all"]),
    default="macs",
    help="all: norms, activations, pools and joins as well (docs/counting.md).",
)
@json_option
def summary(
    spec: str,
    settings: tuple[str, ...],
    inputs: tuple[str, ...],
    include: tuple[Path, ...],
    bounds: tuple[str, ...],
    depth: int | None,
    form: str,
    inference: bool,
    count: str,
    as_json: bool,
) -> None:
    """Count layers and blocks: shapes, params, MACs, receptive fields.

    \b
    cnnspec summary resnet50
    cnnspec summary net.cnn --depth 9 --format csv
    """
    net = open_net(spec, settings, inputs, include, bounds)
    compiled = net.compiled.for_inference() if inference else net.compiled
    compiled = replace(compiled, counting=count)
    if as_json:
        print_json(as_dict(compiled))
    else:
        say(FORMATS[form](compiled, depth))
