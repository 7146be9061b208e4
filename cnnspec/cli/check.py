"""`cnnspec check`: every mistake of a spec, in one run."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from cnnspec.cli import complete
from cnnspec.cli.common import print_diagnostics, print_json, read_inputs, read_limits, read_settings, say
from cnnspec.cli.configuration import WORDS, Keeps, choosing_options, keeping
from cnnspec.cli.options import format_option, json_option, spec_options
from cnnspec.diagnostics import Diagnostic, Report, SpecError, as_dict
from cnnspec.elaborate import Settings
from cnnspec.graph import Node
from cnnspec.layers.base import describe
from cnnspec.named_tuples import NamedTuple
from cnnspec.pipeline import PASSES, Compiled, Hook
from cnnspec.records import replace
from cnnspec.session import Session
from cnnspec.source import Source
from cnnspec.spec_files import expanded, find_spec
from cnnspec.typed import Any


class Checking(NamedTuple):
    """How specs are checked: what is given from outside, what is told, and whether they are mended first."""

    session: Session
    settings: Settings
    hook: Hook | None
    keeps: Keeps
    mend: bool
    show_diff: bool


@click.command()
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...", shell_complete=complete.specs)
@spec_options
@choosing_options
@click.option("--fix", "mend", is_flag=True, help="Mend what can be mended, and check what is left.")
@click.option("--diff", "show_diff", is_flag=True, help="Change nothing; show what --fix would change.")
@click.option("--deny", type=click.Choice(["warnings"]), help="Let warnings count as errors.")
@click.option("--time-passes", is_flag=True, help="Say how long each pass took.")
@click.option(
    "--dump-after",
    type=click.Choice(["elaborate", *(step.name for step in PASSES)]),
    help="Print the graph after a pass.",
)
@format_option(WORDS["format"], "How to print what is found.")
@json_option
def check(
    specs: tuple[str, ...],
    settings: tuple[str, ...],
    inputs: tuple[str, ...],
    include: tuple[Path, ...],
    bounds: tuple[str, ...],
    select: frozenset[str],
    ignore: frozenset[str],
    mend: bool,
    show_diff: bool,
    deny: str | None,
    time_passes: bool,
    dump_after: str | None,
    form: str,
    as_json: bool,
) -> None:
    """Find every mistake: syntax, shapes, shape marks, budgets, lints.

    All nets of a file are checked that leave no parameter open. --fix mends misspelt names and the like,
    where no new error comes of it; of standard input (-) it prints the mended text. A folder stands for the
    .cnn files in it. [tool.cnnspec] in pyproject.toml may set select, ignore, include, deny and format.

    \b
    cnnspec check net.cnn
    cnnspec check --fix net.cnn
    cnnspec check specs --format github
    cnnspec check net.cnn:Wide --set classes=10 --input 3x64x64
    """
    form = "json" if as_json else form
    prints_text = show_diff or (mend and any(spec.partition(":")[0] == "-" for spec in specs))
    if prints_text and form != "text":
        raise click.UsageError(f"--diff, and --fix of -, print text, not {form}")
    given = Settings(read_settings(settings), read_inputs(inputs))
    session = Session(include=include, limits=read_limits(bounds))
    keeps = keeping(select, ignore)
    how = Checking(session, given, _hook(time_passes, dump_after), keeps, mend, show_diff)
    report = Report()
    nets: list[dict[str, Any]] = []
    for spec in expanded(specs, report):
        for net in _check(spec, how, report):
            nets.append(_figures(net))
            if form == "text" and not prints_text:
                say("{net}: {params:,} params, {macs:,} MACs".format(**nets[-1]))
    found = report.diagnostics
    failed = report.has_errors or bool(deny and found)
    _print(form, failed, nets, found)
    if failed:
        raise SystemExit(1)


def _print(form: str, failed: bool, nets: list[dict[str, Any]], found: tuple[Diagnostic, ...]) -> None:
    """Print what was found in a form, and where people read it, how much that is."""
    if form == "json":
        print_json({"ok": not failed, "nets": nets, "diagnostics": [as_dict(d) for d in found]})
        return
    if form == "sarif":
        from cnnspec import __version__
        from cnnspec.diagnostics.annotations import as_sarif

        print_json(as_sarif(found, __version__))
    elif form == "github":
        from cnnspec.diagnostics.annotations import as_github

        for diagnostic in found:
            say(as_github(diagnostic))
    else:
        print_diagnostics(found)
    errors = sum(d.severity == "error" for d in found)
    say(f"{_count(errors, 'error')}, {_count(len(found) - errors, 'warning')}", err=True)


def _check(spec: str, how: Checking, report: Report) -> tuple[Compiled, ...]:
    """Check one spec; the nets of it that compile."""
    try:
        source, picked = find_spec(spec, report, how.session.limits)
    except SpecError as error:
        _add(error.diagnostics, how, report)
        return ()
    if source is None:
        return ()
    if how.mend or how.show_diff:
        from cnnspec.cli.fixing import mended

        source = mended(source, lambda text: _told(text, picked, how), how.show_diff)
    analysis = how.session.check(source, how.settings, picked, how.hook)
    _add(analysis.diagnostics, how, report)
    return analysis.nets


def _told(source: Source, picked: str | None, how: Checking) -> tuple[Diagnostic, ...]:
    """What is told of a source while it is mended: what is left out has no edits, and counts all the same."""
    found = how.session.check(source, how.settings, picked).diagnostics
    return tuple(one if how.keeps(one) else replace(one, edits=()) for one in found)


def _add(found: Iterable[Diagnostic], how: Checking, report: Report) -> None:
    """Add to a report what is asked for."""
    for diagnostic in found:
        if how.keeps(diagnostic):
            report.add(diagnostic)


def _figures(net: Compiled) -> dict[str, Any]:
    name = f"{net.graph.file}:{net.graph.name}"
    return {"net": name, "params": net.costs.total.params, "macs": net.costs.inference.macs}


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _hook(time_passes: bool, dump_after: str | None) -> Hook | None:
    if not time_passes and dump_after is None:
        return None
    from time import perf_counter

    last = [perf_counter()]

    def hook(name: str, net: Compiled) -> None:
        if time_passes:
            say(f"{net.graph.name}: {name} {1000 * (perf_counter() - last[0]):.2f} ms", err=True)
        if name == dump_after:
            for node in net.graph:
                say(as_line(node), err=True)
        last[0] = perf_counter()

    return hook


def as_line(node: Node) -> str:
    """A node as a dump shows it: its name, what flows in, its layer and its shape."""
    from cnnspec.report import layer_text

    flow = [", ".join(node.inputs)] if node.inputs else []
    return f"{node.name} = {' -> '.join([*flow, layer_text(node.layer)])} => {describe(node.shape)}"
