"""`cnnspec verify`: one set of weights and inputs through every backend."""

from __future__ import annotations

from pathlib import Path

import click

from cnnspec.backends.base import BACKENDS, find
from cnnspec.cli import complete
from cnnspec.cli.common import open_net
from cnnspec.cli.options import batch_option, dtype_option, json_option, seed_option, spec_options
from cnnspec.cli.printing import print_json, say
from cnnspec.diagnostics import InvalidValue

NAMES = ",".join(BACKENDS)


@click.command()
@click.argument("spec", shell_complete=complete.specs)
@spec_options
@click.option(
    "--backends",
    metavar="NAMES",
    default=NAMES,
    help=f"Which to compare; {NAMES} by default, the first is the reference.",
)
@click.option("--train", is_flag=True, help="Compare gradients and running statistics too.")
@click.option("--reference", is_flag=True, help="Compare to the plain kernels, numpy's fast ones as well.")
@dtype_option(
    ["float32", "float64"], "The type of all values; one step of training is always compared in float64."
)
@batch_option("Samples in the batch.", default=2)
@seed_option()
@json_option
def verify(
    spec: str,
    settings: tuple[str, ...],
    inputs: tuple[str, ...],
    include: tuple[Path, ...],
    bounds: tuple[str, ...],
    backends: str,
    train: bool,
    reference: bool,
    dtype: str,
    batch: int,
    seed: int,
    as_json: bool,
) -> None:
    """Send one set of weights through every backend and compare.

    \b
    cnnspec verify lenet5 --train
    """
    names = tuple(name.strip() for name in backends.split(","))
    try:
        for name in names:
            find(name)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    net = open_net(spec, settings, inputs, include, bounds)
    from cnnspec.backends import verify as comparison
    from cnnspec.backends.quiet import quiet

    click.get_current_context().with_resource(quiet())
    try:
        result = comparison.verify(
            net.resizable, names, seed=seed, dtype=dtype, train=train, batch=batch, reference=reference
        )
    except InvalidValue as error:
        raise click.UsageError(str(error)) from error
    if as_json:
        print_json(result.as_dict())
    else:
        say(result.as_text())
    if not result.ok:
        raise SystemExit(1)
