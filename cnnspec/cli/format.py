"""`cnnspec fmt`: the one layout of a spec."""

from __future__ import annotations

from typing import Any, NamedTuple

import click

from cnnspec.cli import complete
from cnnspec.cli.fixing import difference, show
from cnnspec.cli.options import json_option
from cnnspec.cli.printing import print_diagnostics, print_json, say
from cnnspec.diagnostics import Diagnostic, Report, as_dict
from cnnspec.files import write_whole
from cnnspec.session import Session
from cnnspec.source import Source
from cnnspec.spec_files import expanded, find_spec


@click.command()
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...", shell_complete=complete.specs)
@click.option(
    "--check", "only_check", is_flag=True, help="Change nothing; exit with 1 where a file would change."
)
@click.option("--diff", "show_diff", is_flag=True, help="Change nothing; show what would change.")
@json_option
def fmt(specs: tuple[str, ...], only_check: bool, show_diff: bool, as_json: bool) -> None:
    """Lay out specs in the one way; what they mean does not change.

    Standard input (-) is written to standard output. A folder stands for the .cnn files in it.

    \b
    cnnspec fmt net.cnn
    cnnspec fmt --check specs/*.cnn
    """
    laid_out: list[LaidOut] = []
    diagnostics: list[Diagnostic] = []
    report = Report()
    for spec in expanded(specs, report):
        found = _lay_out(spec)
        if isinstance(found, LaidOut):
            laid_out.append(found)
            _write(found, only_check, show_diff, as_json)
        else:
            diagnostics += found
            print_diagnostics(found)
    diagnostics += report.diagnostics
    print_diagnostics(report.diagnostics)
    failed = bool(diagnostics) or (only_check and any(one.changed for one in laid_out))
    if as_json:
        kept = only_check or show_diff
        files = [one.as_dict(kept, show_diff) for one in laid_out]
        print_json({"ok": not failed, "files": files, "diagnostics": list(map(as_dict, diagnostics))})
    if failed:
        raise SystemExit(1)


class LaidOut(NamedTuple):
    """A spec and its layout."""

    source: Source
    text: str

    @property
    def changed(self) -> bool:
        return self.text != self.source.text

    @property
    def diff(self) -> str:
        return difference(self.source, self.text, "formatted")

    def as_dict(self, kept: bool, show_diff: bool) -> dict[str, Any]:
        """For JSON; `kept` says that nothing is written."""
        return {
            "file": self.source.name,
            "changed": self.changed,
            "wrote": self.changed and not kept and self.source.path is not None,
            "text": self.text if self.source.path is None else None,
            "diff": self.diff if show_diff else None,
        }


def _lay_out(spec: str) -> LaidOut | tuple[Diagnostic, ...]:
    """The layout of a spec, or what is wrong with it. Raises SpecError where there is no such spec."""
    from cnnspec.format import format_text

    report, session = Report(), Session()
    source, _ = find_spec(spec, report, session.limits)
    if source is None:
        return report.diagnostics
    parsed = session.parsed(source).told(report)
    return report.diagnostics if parsed.errors else LaidOut(source, format_text(parsed))


def _write(found: LaidOut, only_check: bool, show_diff: bool, as_json: bool) -> None:
    """Show or write one layout, as the options say."""
    source, text = found
    if show_diff:
        if not as_json:
            show(found.diff)
    elif only_check:
        if found.changed:
            say(f"would change {source.name}", err=True)
    elif source.path is None:
        if not as_json:
            show(text)
    elif found.changed:
        write_whole(source.path, text)
        say(f"wrote {source.name}", err=True)
