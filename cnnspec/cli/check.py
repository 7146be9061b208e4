"""`cnnspec check`: every mistake of a spec, in one run."""

from __future__ import annotations

from pathlib import Path

import click

from cnnspec.cli import complete
from cnnspec.cli.checking import Checking, check_all
from cnnspec.cli.common import read_inputs, read_limits, read_settings
from cnnspec.cli.configuration import WORDS, choosing_options, keeping
from cnnspec.cli.options import format_option, json_option, spec_options
from cnnspec.cli.printing import say
from cnnspec.elaborate import Settings
from cnnspec.graph import Node
from cnnspec.layers.base import describe
from cnnspec.pipeline import PASSES, Compiled, Hook
from cnnspec.session import Session


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
    how = Checking(session, given, _hook(time_passes, dump_after), keeping(select, ignore), mend, show_diff)
    if not check_all(specs, how, "" if prints_text else form, deny == "warnings"):
        raise SystemExit(1)


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
