"""`cnnspec studio`: a spec and its net side by side, in the browser."""

from __future__ import annotations

from pathlib import Path
from time import sleep

import click

from cnnspec.cli import complete
from cnnspec.cli.printing import say
from cnnspec.diagnostics import Report
from cnnspec.limits import Limits
from cnnspec.spec_files import find_spec, zoo_files

BEAT = 3600.0


@click.command()
@click.argument("spec", shell_complete=complete.specs)
@click.option("--no-browser", is_flag=True, help="Print the address, and open no browser.")
def studio(spec: str, no_browser: bool) -> None:
    """Write a spec and see its net, in the browser.

    The page is served on this machine alone, at an address that holds a token, until Ctrl-C ends it. The file
    is written when it is saved there; one that does not exist yet begins as a small net.

    \b
    cnnspec studio net.cnn
    cnnspec studio resnet50
    """
    from cnnspec.studio.server import Studio, new_file

    report, path = Report(), Path(spec)
    if path.suffix == ".cnn" and not path.exists() and path.parent.is_dir() and ":" not in spec:
        source, net = new_file(path), None
    else:
        source, net = find_spec(spec, report, Limits())
    report.raise_errors()
    assert source is not None
    own = source.path is not None and Path(source.path) not in zoo_files()
    served = Studio(source, net, Path(source.path) if own and source.path is not None else None)
    say(f"{served.address}  (Ctrl-C ends it)")
    if not no_browser:
        import webbrowser

        webbrowser.open(served.address)
    try:
        while True:
            sleep(BEAT)
    except KeyboardInterrupt:
        served.close()
