"""Nets of every kind under every command, with options and pairs of options."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from random import Random
from typing import NamedTuple

import click
import numpy as np

from cnnspec import SpecError, loads
from cnnspec.backends import safetensors
from cnnspec.backends.inputs import random_inputs
from cnnspec.backends.runs import seeded_weights
from cnnspec.cli.main import commands
from cross.judge import empty, judge, judge_summary, perform
from cross.random_nets import EVERY, LARGE, Drawn, draw

Values = tuple[tuple[str, ...], ...]
"""What may stand after an option: each a list of words, empty for a flag."""

SAMPLES: Mapping[str, tuple[str, ...]] = {
    "--set": ("width=3", "deep=false", "kernels=[3]", "nothing=1", "width=0", "=", "width=1/0"),
    "--input": ("3x8x8", "input=2x9", "x0=3x4x4", "3x0x8", "7", "nothing"),
    "-I": (".", "no/folder", "net.cnn"),
    "--limit": ("nodes=9", "nodes=1000000", "integer=5", "steps=10", "nodes=²", "nothing=1"),
    "--expand": ("stage", "nothing", "a.b", ""),
    "--block": ("stage", "nothing", "tower"),
    "--width": ("252pt", "84mm", "nothing", "-1pt", "0pt"),
    "--font-size": ("7pt", "3mm", "nothing"),
    "--weights": ("w.safetensors", "other.safetensors", "x.npy", "missing"),
    "--without": ("head", "stem", "nothing", "body.conv"),
    "--mean": ("0.5", "0.4,0.5,0.6", "1,2", "nothing", "1e400"),
    "--std": ("0.5", "0.4,0.5,0.6", "0", "nan"),
    "--classes": ("names.txt", "x.npy", "missing"),
    "--backends": ("numpy,torch", "numpy,onnx", "torch,onnx", "numpy", "numpy,nothing", ""),
    "--columns": ("layer,params,macs", "kernel,bytes,live,kept", "layer", "nothing", "", "macs,macs"),
    "--sort": ("params", "macs", "bytes", "nothing", ""),
    "--name": ("Small", "relu", "1x", ""),
    "--over": ("x.png", "x.npy", "missing"),
    "--at": ("0,0", "1,2", "nothing"),
    "--vary": ("width in 2..4", "width in [2, 3]", "kernels in [[3], [1]]", "nothing in 1..2", "width in"),
    "--maximize": ("params", "macs / params", "nothing", ""),
    "--minimize": ("macs", "abs(macs - 9k)", "output"),
    "--where": ("macs < 1M", "params > 10", "width > 2", "nothing", ""),
    "--storage": ("study.log", "no/folder/study.log", "nothing://here", "x.npy"),
    "--scheduler": ("nothing", "tcp://127.0.0.1:1"),
    "--edf": ("e.svg", "e.txt", "no/folder/e.svg"),
    "--chart": ("e.svg", "e.txt", "no/folder/e.svg"),
    "--config": ("net.cnn", "missing.toml"),
    "--select": ("shape-join,unused-parameter", "nothing"),
    "--ignore": ("unused-parameter", "nothing"),
}
"""Words after options that take any text, right ones and wrong ones."""
COUNTED = ("--set", "--input", "-I", "--limit", "--depth", "--inference", "--count")
"""Options of a summary that change its figures, in all its forms."""
OUT: Mapping[str, tuple[str, ...]] = {
    "render": ("a.svg", "a.png", "a.pdf", "a.dot", "a.mmd", "a.html", "a.gif", "no/folder/a.svg", "-"),
    "compile": ("a.py", "a.onnx", "a.txt", "no/folder/a.py", "run", "no/folder/run"),
    "summary": ("m.svg", "m.png", "m.pdf", "m.txt", "no/folder/m.svg"),
    "field": ("f.png", "f.svg", "no/folder/f.png"),
    "import": ("i.cnn", "no/folder/i.cnn"),
    "compare": ("c.svg", "c.png", "c.pdf", "c.txt", "no/folder/c.svg"),
    "diff": ("d.svg", "d.png", "d.pdf", "d.txt", "no/folder/d.svg"),
    "search": ("b.cnn", "no/folder/b.cnn"),
    "sample": ("s.csv", "no/folder/s.csv"),
    "solve": ("s.cnn", "s.json", "no/folder/s.cnn"),
    "run": ("y.npy", "y.txt", "no/folder/y.npy"),
    "weights": ("v.safetensors", "v.npz", "v.pth", "no/folder/v.npz"),
}
ARGUMENTS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "compare": (("net.cnn",), ("net.cnn", "lenet5"), ("net.cnn", "missing.cnn"), ("missing.cnn",)),
    "diff": (("net.cnn", "net.cnn"), ("net.cnn", "lenet5"), ("net.cnn", "missing.cnn")),
    "import": (("torch.nn:ReLU",), ("nothing:here",), ("json:loads",), ("broken.onnx",), ("missing.onnx",)),
    "explain": ((), ("shape-join",), ("nothing",)),
    "layers": ((), ("conv",), ("nothing",)),
    "solve": (
        *(("net.cnn", "--vary", "width in 2..4", "--maximize", "params"),) * 4,
        *(("net.cnn", "--vary", "width in 2..9", "--minimize", "macs"), ("net.cnn", "--maximize", "params")),
    ),
    "weights": (
        *(("show", "w.safetensors"), ("show", "x.npy"), ("match", "net.cnn", "w.safetensors")),
        *(("match", "net.cnn", "other.safetensors"), ("match", "net.cnn")),
        *(("convert", "net.cnn", "w.safetensors"),) * 3,
    ),
    "zoo": (*(("lenet5",), ("resnet",), ("nothing",)) * 30, ()),
}
"""What commands take that take no single spec."""
SLOW = {
    "render",
    "verify",
    "compile",
    "run",
    "diff",
    "compare",
    "sizes",
    "field",
    "sample",
    "solve",
    "search",
}
"""Commands that draw, run or compare each layer: nets of ten thousand go to the others alone."""
NETLESS = {"explain", "layers", "zoo", "import", "machine", "studio"}
"""Commands that take no net of a file, and the studio, whose engine is tested on nets of its own."""
ALONE = {"machine", "studio"}
"""Commands that are not run: one writes into the folder of whoever runs it, the other never ends."""


class Cell(NamedTuple):
    """An option of a command, on a kind of net."""

    command: str
    option: str
    kind: str


def options_of(command: click.Command) -> Iterator[click.Option]:
    """The options of a command but --help."""
    for parameter in command.params:
        if isinstance(parameter, click.Option) and "--help" not in parameter.opts:
            yield parameter


def values(command: str, option: click.Option) -> Values:
    """What to write for an option of a command. Raises KeyError where SAMPLES lacks it."""
    name = option.opts[-1]
    if option.is_flag:
        return ((),)
    if isinstance(option.type, click.Choice):
        return tuple((str(choice),) for choice in [*option.type.choices, "nothing"])
    if name == "--workers":
        # more of them are processes, whose searches have tests of their own
        return (("1",), ("0",), ("x",))
    if isinstance(option.type, (click.IntRange, click.types.IntParamType)):
        return (("1",), ("2",), ("7",), ("0",), ("-1",), ("x",))
    if name == "-o":
        return tuple((word,) for word in OUT[command])
    if command == "import" and name == "--weights":
        return (("i.safetensors",), ("no/folder/i.safetensors",))
    if command == "run" and name == "--input":
        return (("x.npy",), ("x.png",), ("input=x.npy",), ("missing",))
    return tuple((word,) for word in SAMPLES[name])


def option_names() -> list[tuple[str, str]]:
    """Every option of every command."""
    return [(name, option.opts[-1]) for name, command in commands().items() for option in options_of(command)]


def prepare(drawn: Drawn, folder: Path) -> None:
    """Write the net, weights that fit it and some that do not, input and names of classes."""
    from PIL import Image

    empty(folder)
    (folder / "net.cnn").write_text(drawn.text, encoding="utf-8")
    (folder / "names.txt").write_text("cat\ndog\n", encoding="utf-8")
    (folder / "evaluate.py").write_text("def evaluate(net, trial):\n    return net.macs\n", encoding="utf-8")
    (folder / "broken.onnx").write_bytes(b"\x08\x08\x3a\x02")
    safetensors.save(folder / "other.safetensors", {"conv.weight": np.ones((2, 2))})
    weights, x = {}, np.ones((3, 8, 8), np.float32)
    if drawn.kind != LARGE:
        try:
            graph = loads(drawn.text).ir
            weights, x = seeded_weights(graph), next(iter(random_inputs(graph).values()))[0]
        except SpecError:
            pass
    safetensors.save(folder / "w.safetensors", weights)
    np.save(folder / "x.npy", x)
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(folder / "x.png")


def needed(random: Random, command: str, net: str) -> list[str]:
    """What a command needs beside its options."""
    if command in ARGUMENTS:
        return list(random.choice(ARGUMENTS[command]))
    if command == "run":
        return [net, "--weights", "w.safetensors", "--input", "x.npy"]
    if command == "search":
        parameter = random.choice(("width", "width", "depth"))
        return [net, "evaluate.py", "--trials", "2", "--tries", "20", "--vary", f"{parameter} in 2..4"]
    return [net]


def chosen(random: Random, command: str, forced: str = "") -> list[tuple[str, list[str]]]:
    """Some options of a command with values; the forced one among them."""
    every = list(options_of(commands()[command]))
    count = random.randrange(2) if forced else random.choice((0, 1, 2, 2, 3, 4))
    picked = [option for option in every if option.opts[-1] == forced]
    picked += random.sample(
        [option for option in every if option not in picked], min(count, len(every) - len(picked))
    )
    found = []
    for option in picked:
        words = random.choice(values(command, option))
        found.append((option.opts[-1], [option.opts[-1], *words]))
    return found


def run_case(random: Random, folder: Path, cell: Cell | None = None) -> tuple[list[Cell], list[str]]:
    """Draw a net and a command, run and judge it; the cells that it fills, and the command. Raises Fault."""
    drawn = draw(random, cell.kind if cell else LARGE if random.random() < 0.003 else None)
    names = [name for name in commands() if name in NETLESS or not left_out(name, drawn.kind)]
    names = [name for name in names if name not in ALONE]
    command = cell.command if cell else random.choice(names)
    prepare(drawn, folder)
    spec = random.choice(["net.cnn"] * 8 + ["net.cnn:Net", "missing.cnn"])
    options = chosen(random, command, cell.option if cell else "")
    arguments = [command, *needed(random, command, spec), *(word for _, words in options for word in words)]
    before = os.getcwd()
    os.chdir(folder)
    try:
        judge(perform(arguments), folder)
        if command == "summary" and drawn.kind != LARGE:
            extra = [word for option, words in options if option in COUNTED for word in words]
            judge_summary([spec, *extra])
    finally:
        os.chdir(before)
    return [Cell(command, option, drawn.kind) for option, _ in options], arguments


def left_out(command: str, kind: str) -> str:
    """Why a command is not run on a kind of net; empty where it is."""
    if command in NETLESS:
        return "takes no net"
    return "takes minutes for so many layers" if kind == LARGE and command in SLOW else ""


def cells() -> Iterator[Cell]:
    """Every option on every kind of net, less those left out."""
    for (command, option), kind in product(option_names(), EVERY):
        if not left_out(command, kind):
            yield Cell(command, option, kind)
