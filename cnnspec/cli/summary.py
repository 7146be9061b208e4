"""`cnnspec summary`: the table of a net, and its memory over time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from cnnspec.api import Net
from cnnspec.cli import complete
from cnnspec.cli.common import open_net
from cnnspec.cli.options import (
    columns_option,
    json_option,
    memory_options,
    out_option,
    spec_options,
    table_options,
)
from cnnspec.cli.printing import print_json, print_table, wrote
from cnnspec.comparing import known_machine
from cnnspec.passes.buffers import PLANS, Timeline, buffers
from cnnspec.passes.training_memory import training_timeline
from cnnspec.report import FORMATS, as_dict
from cnnspec.report import summary as table_of
from cnnspec.report.columns import COLUMNS, DEFAULT, PREDICTED, TIMED, View
from cnnspec.report.memory import memory_data, memory_table

KINDS = (*PLANS, "numpy", "training")


class OneNet(click.Command):
    """A command of one net, which says what takes several."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            if "extra argument" not in error.message:
                raise
            several = f"{error.message}: `cnnspec compare` puts several nets side by side"
            raise click.UsageError(several, ctx) from error


@click.command(cls=OneNet)
@click.argument("spec", shell_complete=complete.specs)
@spec_options
@click.option(
    "--depth", metavar="N", type=click.IntRange(1), help="Open N levels of blocks; a large N opens all."
)
@columns_option(COLUMNS, DEFAULT)
@click.option("--sort", metavar="COLUMN", help="List all layers by a column, the largest first.")
@table_options(FORMATS)
@click.option("--inference", is_flag=True, help="Leave out the heads marked `training`.")
@click.option(
    "--count",
    type=click.Choice(["macs", "all"]),
    default="macs",
    help="all: norms, activations, pools and joins as well (docs/counting.md).",
)
@click.option("--time", "predict", is_flag=True, help="Predict times; measure with `cnnspec machine` first.")
@click.option("--memory", is_flag=True, help="Show which buffers live when, and where the peak is.")
@click.option(
    "--plan",
    type=click.Choice(KINDS),
    default="fused",
    help="With --memory: as a runtime for devices, layer by layer, the numpy backend, or a step of training.",
)
@memory_options
@out_option("With --memory: draw it to .svg, .png, .pdf.")
@json_option
def summary(
    spec: str,
    settings: tuple[str, ...],
    inputs: tuple[str, ...],
    include: tuple[Path, ...],
    bounds: tuple[str, ...],
    depth: int | None,
    columns: tuple[str, ...],
    sort: str | None,
    form: str,
    width: int | None,
    inference: bool,
    count: str,
    predict: bool,
    memory: bool,
    plan: str,
    dtype: str,
    batch: int,
    optimizer: str,
    out: Path | None,
    as_json: bool,
) -> None:
    """Count layers and blocks: shapes, params, MACs, fields, memory.

    \b
    cnnspec summary resnet50
    cnnspec summary resnet50 --sort params --columns kernel,input,output,params
    cnnspec summary resnet50 --memory --dtype int8 -o memory.svg
    cnnspec summary net.cnn --depth 9 --format csv
    """
    if out is not None and not memory:
        raise click.UsageError("-o draws the memory: give --memory as well")
    net = open_net(spec, settings, inputs, include, bounds)
    if memory:
        show_memory(net, plan, dtype, batch, form, width, out, as_json)
        return
    compiled = net.compiled.for_inference() if inference else net.compiled
    compiled = replace(compiled, counting=count)
    try:
        predict = predict or not PREDICTED.isdisjoint((*columns, sort))
        columns = TIMED if predict and columns == DEFAULT else columns
        view = View(compiled, batch, dtype, optimizer, known_machine() if predict else None)
        table = table_of(compiled, depth, columns, sort, view)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if as_json:
        print_json(as_dict(compiled, view))
    else:
        print_table(table, form, width)


def show_memory(
    net: Net, plan: str, dtype: str, batch: int, form: str, width: int | None, out: Path | None, as_json: bool
) -> None:
    """Print or draw the memory of a net over time."""
    found = timeline(net, plan, batch)
    if plan == "training" and dtype != "float32":
        raise click.UsageError(f"training is counted in float32, not in {dtype}")
    if out is not None:
        from cnnspec.render.charts import memory_chart, write_drawing

        write_drawing(memory_chart(net.name, found, dtype), out)
        wrote(out, f"memory of {net.name}")
    if out is not None and not as_json:
        return
    # what runs on this machine, beside what a device needs
    numpy = timeline(net, "numpy", batch) if (plan, dtype) == ("fused", "float32") else None
    if as_json:
        print_json(memory_data(net.ir, found, dtype, batch, numpy))
    else:
        print_table(memory_table(net.ir, found, dtype, batch, numpy), form, width)


def timeline(net: Net, plan: str, batch: int) -> Timeline:
    """The buffers of a net over time, by the name of a plan."""
    if plan == "training":
        return training_timeline(net.ir, batch)
    if plan == "numpy":
        from cnnspec.backends.numpy import planned_memory

        return planned_memory(net.ir, batch)
    return buffers(net.ir, plan, batch)
