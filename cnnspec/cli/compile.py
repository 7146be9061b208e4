"""`cnnspec compile`: lowers a net to numpy, torch or ONNX, and runs it once or writes it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import click

from cnnspec.api import Net
from cnnspec.cli import complete
from cnnspec.cli.common import json_option, open_net, print_json, spec_options, wrote
from cnnspec.files import write_whole
from cnnspec.graph import Graph
from cnnspec.layers.base import describe
from cnnspec.passes.cost import cost
from cnnspec.report import size_text

SUFFIXES = {"numpy": ".py", "torch": ".py", "onnx": ".onnx"}


@click.command("compile")
@click.argument("spec", shell_complete=complete.specs)
@spec_options
@click.option(
    "--backend",
    type=click.Choice(list(SUFFIXES)),
    help="What to lower to; numpy by default, onnx for a file .onnx.",
)
@click.option(
    "-o", "out", type=click.Path(path_type=Path), help="Write source (.py) or a model (.onnx) to this file."
)
@click.option("--seed", metavar="N", type=int, default=0, help="The seed of weights and input.")
@click.option("--batch", metavar="N", type=click.IntRange(1), default=1, help="Samples in the forward pass.")
@click.option("--weights", type=click.Path(path_type=Path), help="A safetensors file of weights.")
@click.option(
    "--init",
    type=click.Choice(["default", "he", "xavier", "zero-gamma"]),
    default="default",
    help="How weights start.",
)
@click.option(
    "--dtype",
    type=click.Choice(["float32", "float64", "bfloat16", "float16"]),
    default="float32",
    help="The type of weights and values.",
)
@click.option("--fold-batchnorm", is_flag=True, help="Fold each batchnorm into the conv or linear before it.")
@click.option("--channels-last", is_flag=True, help="torch: lay maps out as NHWC.")
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
    weights: Path | None,
    init: str,
    dtype: str,
    fold_batchnorm: bool,
    channels_last: bool,
    as_json: bool,
) -> None:
    """Turn a net into numpy, torch or ONNX: run it once, or write it.

    \b
    cnnspec compile resnet18
    cnnspec compile resnet50 --backend torch -o resnet50.py
    cnnspec compile resnet50 -o resnet50.onnx
    """
    net = open_net(spec, settings, inputs, include, bounds)
    backend = backend or ("onnx" if out is not None and out.suffix == SUFFIXES["onnx"] else "numpy")
    refuse(backend, out, weights, dtype, channels_last)
    graph, tensors = net.ir, load_weights(net.ir, weights, seed, init)
    if fold_batchnorm:
        graph, tensors = folded(graph, tensors)
    if out is None:
        program = build(graph, backend, tensors, dtype, channels_last)
        report = forward(program, graph, batch, seed)
        if as_json:
            print_json({"net": net.name, "backend": backend, **report._asdict()})
        else:
            click.echo(as_text(net, backend, batch, report))
        return
    if backend == "onnx":
        from cnnspec.backends import onnx

        onnx.export(graph, out, tensors)
    else:
        write_whole(out, source(graph, backend, spec, init, dtype, channels_last))
    wrote(out, f"{net.name} for {backend}")


def refuse(backend: str, out: Path | None, weights: Path | None, dtype: str, channels_last: bool) -> None:
    """Raise click.UsageError for options that would have no effect together."""
    if out is not None and out.suffix != SUFFIXES[backend]:
        raise click.UsageError(f"the {backend} backend writes {SUFFIXES[backend]} files, not {out.name}")
    if out is not None and out.suffix == ".py" and weights is not None:
        raise click.UsageError(f"{out.name} would hold no weights: it loads them by name, from any file")
    if backend == "onnx" and dtype != "float32":
        raise click.UsageError(f"the onnx backend runs in float32, not {dtype}")
    if backend != "torch" and channels_last:
        raise click.UsageError(f"--channels-last is for torch, not for {backend}")


class Forward(NamedTuple):
    """What one forward pass showed; the peak of memory is of the whole process, None where not told."""

    outputs: dict[str, tuple[int, ...]]
    params: int
    seconds: float
    peak_memory_bytes: int | None


def load_weights(graph: Graph, path: Path | None, seed: int, init: str) -> Mapping[str, Any]:
    """The weights of a file, or those of a seed. Raises WeightsError."""
    from cnnspec.backends import safetensors
    from cnnspec.backends.weights import initialize

    return initialize(graph, seed, init) if path is None else safetensors.load(path)


def folded(graph: Graph, tensors: Mapping[str, Any]) -> tuple[Graph, Mapping[str, Any]]:
    """What inference runs, and its weights, with batch norms folded. Raises WeightsError."""
    from cnnspec.backends.weights import fitting
    from cnnspec.passes.fold_batchnorm import fold_batchnorm

    return fold_batchnorm(graph, fitting(graph, tensors))


def source(graph: Graph, backend: str, spec: str, init: str, dtype: str, channels_last: bool) -> str:
    """The source file of a net for numpy or torch."""
    if backend == "numpy":
        from cnnspec.backends import numpy

        return numpy.source(graph)
    from cnnspec.backends import torch

    return torch.source(graph, spec=spec, init=init, dtype=dtype, channels_last=channels_last)


def build(
    graph: Graph, backend: str, tensors: Mapping[str, Any], dtype: str, channels_last: bool
) -> Callable[..., Any]:
    """Something that takes arrays by input name and gives arrays by head name, or one array."""
    if backend == "numpy":
        from cnnspec.backends import numpy

        return numpy.compile(graph, weights=tensors, dtype=dtype)
    if backend == "onnx":
        from cnnspec.backends import onnx

        return onnx.compile(graph, tensors)
    from cnnspec.backends import torch

    return torch.runner(graph, tensors, dtype=dtype, channels_last=channels_last)


def forward(program: Callable[..., Any], graph: Graph, batch: int, seed: int) -> Forward:
    """Run a program once on seeded input."""
    from cnnspec.backends.inputs import random_inputs

    values = random_inputs(graph, seed, batch)
    start = perf_counter()
    result = program(values)
    seconds = perf_counter() - start
    outputs = result if isinstance(result, dict) else {next(iter(graph.inference().outputs)): result}
    shapes = {head: tuple(value.shape) for head, value in outputs.items()}
    return Forward(shapes, cost(graph).total.params, seconds, peak_memory())


def peak_memory() -> int | None:
    """The most memory this process has held, in bytes; None where the system does not tell."""
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
        f"forward      {1000 * report.seconds:.1f} ms",
    ]
    if report.peak_memory_bytes is not None:
        lines.append(f"peak memory  {size_text(report.peak_memory_bytes)} (the whole process)")
    return "\n".join(lines)
