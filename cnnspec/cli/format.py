"""`cnnspec fmt`: the one layout of a spec."""

from __future__ import annotations

import difflib
from pathlib import Path

import click

from cnnspec.cli import complete
from cnnspec.cli.common import print_diagnostics
from cnnspec.diagnostics import Report
from cnnspec.elaborate import Limits
from cnnspec.files import write_whole
from cnnspec.spec_files import find_spec


@click.command()
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...", shell_complete=complete.specs)
@click.option(
    "--check", "only_check", is_flag=True, help="Change nothing; exit with 1 where a file would change."
)
@click.option("--diff", "show_diff", is_flag=True, help="Change nothing; show what would change.")
def fmt(specs: tuple[str, ...], only_check: bool, show_diff: bool) -> None:
    """Lay out specs in the one way; what they mean does not change.

    Standard input (-) is written to standard output.

    \b
    cnnspec fmt net.cnn
    cnnspec fmt --check specs/*.cnn
    """
    from cnnspec.format import format_text

    failed = False
    for spec in specs:
        report = Report()
        source, _ = find_spec(spec, report, Limits())
        text = format_text(source, report) if source is not None else ""
        if source is None or report.has_errors:
            print_diagnostics(report.diagnostics)
            failed = True
            continue
        changed = text != source.text
        failed = failed or (changed and only_check)
        if show_diff:
            lines = difflib.unified_diff(
                source.text.splitlines(True), text.splitlines(True), source.name, f"{source.name} (formatted)"
            )
            click.echo("".join(lines), nl=False)
        elif only_check and changed:
            click.echo(f"would change {source.name}", err=True)
        elif source.path is None:
            click.echo(text, nl=False)
        elif changed and not only_check:
            write_whole(Path(source.path), text)
            click.echo(f"wrote {source.name}", err=True)
    if failed:
        raise SystemExit(1)
