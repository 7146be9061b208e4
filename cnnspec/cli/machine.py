"""`cnnspec machine`: the two numbers of this machine that `summary --time` predicts from."""

from __future__ import annotations

from dataclasses import asdict

import click

from cnnspec.cli.options import json_option
from cnnspec.cli.printing import print_json, say, wrote


@click.command()
@json_option
def machine(as_json: bool) -> None:
    """Measure this machine once, for summary --time.

    The fastest of a few matrix products and copies in numpy, at fp32, on all threads or as many as
    OMP_NUM_THREADS says.

    \b
    cnnspec machine --json
    """
    from cnnspec.backends.timing import measured, remember

    found = measured()
    path = remember(found)
    if as_json:
        print_json(asdict(found))
    else:
        threads = "1 thread" if found.threads == 1 else f"{found.threads} threads"
        say(
            f"{found.macs_per_second / 1e9:.1f} G multiply-accumulates a second, "
            f"{found.bytes_per_second / 1e9:.1f} GB a second, {threads}"
        )
    wrote(path, "the numbers of this machine")
