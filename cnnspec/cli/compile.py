"""`cnnspec compile`: lowers a net with one of the backends, and runs it once or writes it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import click

from cnnspec.api import Net
from cnnspec.backends import base
from cnnspec.backends.base import Backend, Options, Runner
from cnnspec.cli import complete
from cnnspec.cli.common import open_net
from cnnspec.cli.options import batch_option, dtype_option, json_option, seed_option, spec_options
from cnnspec.cli.printing import print_json, say, wrote
from cnnspec.cli.training import train_files
from cnnspec.cli.weights_file import read_weights, weights_option
from cnnspec.diagnostics import InvalidValue
from cnnspec.files import write_whole
from cnnspec.graph import Graph
from cnnspec.layers.base import describe
from cnnspec.passes.cost import cost
from cnnspec.report import size_text
from cnnspec.report.numbers import time_text


class FileOption(click.Option):
    """The option -o, whose help names the kinds of files that backends write."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        kinds = [f"{suffix} ({', '.join(names)})" for suffix, names in base.suffixes().items()]
        self.help = f"Write the net to this file: {' or '.join(kinds)}; with --train, to this folder."
        return super().get_help_record(ctx)


@click.command("compile")
@click.argument("spec", shell_complete=complete.specs)
@spec_options
@click.option(
    "--backend",
    type=click.Choice(list(base.BACKENDS)),
    help="What to lower to: by default the first that writes the file of -o, or numpy.",
)
@click.option("-o", "out", cls=FileOption, type=click.Path(path_type=Path), help="Write this file.")
@seed_option()
@batch_option("Samples in the forward pass.")
@click.option(
    "--repeat",
    metavar="N",
    type=click.IntRange(1),
    default=5,
    help="Warm passes, whose median is told.",
)
@weights_option()
@click.option(
    "--init",
    type=click.Choice(["default", "he", "xavier", "zero-gamma"]),
    default="default",
    help="How weights start.",
)
@dtype_option(["float32", "float64", "bfloat16", "float16"], "The type of weights and values.")
@click.option("--fold-batchnorm", is_flag=True, help="Fold each batchnorm into the conv or linear before it.")
@click.option("--open-size", is_flag=True, help="onnx: leave the size of the inputs open.")
@click.option(
    "--opset", metavar="N", type=click.IntRange(1), help="onnx: the operator set, from 13 on; 18 by default."
)
@click.option("--channels-last", is_flag=True, help="torch: lay maps out as NHWC.")
@click.option("--optimize", is_flag=True, help="Fast inference: --fold-batchnorm, in torch --channels-last.")
@click.option("--train", is_flag=True, help="torch: write scripts that train the net, too.")
@json_option
def compile_command(
    spec: str,
    settings: tuple[str, ...],
    inputs: tuple[str, ...],
    include: tuple[Path, ...],
    bounds: tuple[str, ...],
    backend: str | None,
    out: Path | None,
    seed: int,
    batch: int,
    repeat: int,
    weights: str | None,
    init: str,
    dtype: str,
    fold_batchnorm: bool,
    channels_last: bool,
    optimize: bool,
    open_size: bool,
    opset: int | None,
    train: bool,
    as_json: bool,
) -> None:
    """Turn a net into numpy, torch or ONNX: run it once, or write it.

    \b
    cnnspec compile resnet18
    cnnspec compile resnet50 --backend torch -o resnet50.py
    cnnspec compile resnet50 -o resnet50.onnx
    cnnspec compile resnet18 --train -o run/
    """
    net = open_net(spec, settings, inputs, include, bounds)
    options = Options(dtype, init, spec, channels_last, open_size, opset)
    if train:
        written = train_files(net, backend, out, options, weights, fold_batchnorm, optimize)
        return print_json(written) if as_json else None
    chosen = choose(backend, out, weights, options)
    from cnnspec.backends.quiet import quiet

    click.get_current_context().with_resource(quiet())
    if optimize and "channels_last" in chosen.takes:
        options = replace(options, channels_last=True)
    graph, tensors = net.resizable, load_weights(net, weights, seed, init)
    if fold_batchnorm or optimize:
        graph, tensors = folded(graph, tensors)
    if out is not None:
        assert chosen.source is not None
        write_whole(out, chosen.source(graph, tensors, options))
        wrote(out, f"{net.name} for {chosen.name}")
        if as_json:
            print_json({"net": net.name, "backend": chosen.name, "wrote": str(out)})
        return
    report = forward(chosen.run(graph, tensors, options), graph, batch, seed, repeat, chosen.threads())
    if as_json:
        print_json({"net": net.name, "backend": chosen.name, **report._asdict()})
    else:
        say(as_text(net, chosen.name, batch, report))


def choose(name: str | None, out: Path | None, weights: str | None, options: Options) -> Backend:
    """The backend of a name, or the first that writes the file.

    Raises click.UsageError where it does not write such a file, or for options that would have no effect.
    """
    try:
        if name is None and out is not None:
            backend = base.writer(out)
        else:
            backend = base.find(name or next(iter(base.BACKENDS)))
        base.check_options(backend, options, writing=out is not None)
    except InvalidValue as error:
        raise click.UsageError(str(error)) from error
    if out is not None and out.suffix.lower() not in backend.suffixes:
        kinds = " and ".join(backend.suffixes) or "no"
        raise click.UsageError(f"the {backend.name} backend writes {kinds} files, not {out.name}")
    if out is not None and weights is not None and not backend.keeps_weights:
        raise click.UsageError(f"{out.name} would hold no weights: it loads them by name, from any file")
    return backend


class Forward(NamedTuple):
    """What forward passes showed: `seconds` is the median of warm ones.

    The peak of memory is of the whole process, None where not told.
    """

    outputs: dict[str, tuple[int, ...]]
    params: int
    seconds: float
    fastest: float
    slowest: float
    passes: int
    threads: int
    peak_memory_bytes: int | None


def load_weights(net: Net, given: str | None, seed: int, init: str) -> Mapping[str, Any]:
    """The weights of a file, or those of a seed. Raises WeightsError, MatchError."""
    from cnnspec.backends.weights import initialize

    return initialize(net.ir, seed, init) if given is None else read_weights(net, given)


def folded(graph: Graph, tensors: Mapping[str, Any]) -> tuple[Graph, Mapping[str, Any]]:
    """What inference runs, and its weights, with batch norms folded. Raises WeightsError."""
    from cnnspec.backends.weights import fitting
    from cnnspec.passes.fold_batchnorm import fold_batchnorm

    return fold_batchnorm(graph, fitting(graph, tensors))


def forward(
    program: Runner, graph: Graph, batch: int, seed: int, repeat: int = 1, threads: int = 1
) -> Forward:
    """Run a program on seeded input: once to warm up, then so many times that are timed."""
    from cnnspec.backends.inputs import random_inputs
    from cnnspec.backends.timing import timed

    values = random_inputs(graph, seed, batch)
    outputs = program(values)
    timing = timed(lambda: program(values), repeat)
    shapes = {head: tuple(value.shape) for head, value in outputs.items()}
    return Forward(shapes, cost(graph).total.params, *timing, threads, peak_memory())


def peak_memory() -> int | None:
    """The most memory this process has held, in bytes; None where the system does not tell."""
    status = Path("/proc/self/status")
    if status.exists():
        # Linux tells this program's own; what getrusage tells begins at that of whoever started it
        return 1024 * int(status.read_text(encoding="utf-8").partition("VmHWM:")[2].split()[0])
    try:
        from resource import RUSAGE_SELF, getrusage
    except ImportError:
        return None
    peak = getrusage(RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def as_text(net: Net, backend: str, batch: int, report: Forward) -> str:
    """What a forward pass showed, in words."""
    inputs = ", ".join(f"{name} {describe((batch, *shape))}" for name, shape in net.inputs.items())
    outputs = ", ".join(f"{head} {describe(shape)}" for head, shape in report.outputs.items())
    lines = [
        f"{net.name} on {backend}",
        f"inputs       {inputs}",
        f"outputs      {outputs}",
        f"params       {report.params:,}",
        f"forward      {time_text(report.seconds)}, median of {report.passes} warm passes "
        f"({time_text(report.fastest)} to {time_text(report.slowest)}), "
        f"{report.threads} thread{'' if report.threads == 1 else 's'}",
    ]
    if report.peak_memory_bytes is not None:
        lines.append(f"peak memory  {size_text(report.peak_memory_bytes)} (the whole process)")
    return "\n".join(lines)
