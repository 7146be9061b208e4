"""`cnnspec check`: every mistake of a spec, in one run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cnnspec.cli import complete
from cnnspec.cli.common import (
    json_option,
    print_diagnostics,
    print_json,
    read_inputs,
    read_limits,
    read_settings,
    say,
    spec_options,
)
from cnnspec.diagnostics import Report, SpecError, as_dict
from cnnspec.elaborate import Settings
from cnnspec.graph import Node
from cnnspec.layers.base import describe
from cnnspec.pipeline import PASSES, Compiled, Hook
from cnnspec.session import Session
from cnnspec.spec_files import find_spec


@click.command()
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...", shell_complete=complete.specs)
@spec_options
@click.option("--deny", type=click.Choice(["warnings"]), help="Let warnings count as errors.")
@click.option("--time-passes", is_flag=True, help="Say how long each pass took.")
@click.option(
    "--dump-after",
    type=click.Choice(["elaborate", *(step.name for step in PASSES)]),
    help="Print the graph after a pass.",
)
@json_option
def check(
    specs: tuple[str, ...],
    settings: tuple[str, ...],
    inputs: tuple[str, ...],
    include: tuple[Path, ...],
    bounds: tuple[str, ...],
    deny: str | None,
    time_passes: bool,
    dump_after: str | None,
    as_json: bool,
) -> None:
    """Find every mistake: syntax, shapes, shape marks, budgets, lints.

    All nets of a file are checked that leave no parameter open.

    \b
    cnnspec check net.cnn
    cnnspec check net.cnn:Wide --set classes=10 --input 3x64x64
    """
    given = Settings(read_settings(settings), read_inputs(inputs))
    session = Session(include=include, limits=read_limits(bounds))
    hook = _hook(time_passes, dump_after)
    report = Report()
    nets: list[dict[str, Any]] = []
    for spec in specs:
        for net in _check(spec, given, session, report, hook):
            nets.append(_figures(net))
            if not as_json:
                say("{net}: {params:,} params, {macs:,} MACs".format(**nets[-1]))
    found = report.diagnostics
    failed = report.has_errors or bool(deny and found)
    if as_json:
        print_json({"ok": not failed, "nets": nets, "diagnostics": [as_dict(d) for d in found]})
    else:
        print_diagnostics(found)
        errors = sum(d.severity == "error" for d in found)
        say(f"{_count(errors, 'error')}, {_count(len(found) - errors, 'warning')}", err=True)
    if failed:
        raise SystemExit(1)


def _check(
    spec: str, settings: Settings, session: Session, report: Report, hook: Hook | None
) -> tuple[Compiled, ...]:
    try:
        source, picked = find_spec(spec, report, session.limits)
    except SpecError as error:
        for diagnostic in error.diagnostics:
            report.add(diagnostic)
        return ()
    if source is None:
        return ()
    analysis = session.check(source, settings, picked, hook)
    for diagnostic in analysis.diagnostics:
        report.add(diagnostic)
    return analysis.nets


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
