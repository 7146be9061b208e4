"""What notebooks and scripts use: load a spec, ask for its figures, turn it into something that runs."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnspec.check import pick_net, plain_name
from cnnspec.diagnostics.report import Diagnostic, Report, SpecError
from cnnspec.elaborate import Limits, Loader, Settings, decode, read_source
from cnnspec.elaborate.names import suggest
from cnnspec.elaborate.slips import mend_slips
from cnnspec.garbage import without_garbage_collection
from cnnspec.graph import Graph
from cnnspec.layers.base import Shape
from cnnspec.pipeline import Compiled, Hook, compile_net
from cnnspec.source import Source

if TYPE_CHECKING:
    import networkx

    from cnnspec.backends.match import Match
    from cnnspec.backends.numpy import Program
    from cnnspec.backends.torch import Module as TorchModule


SPECS = Path(__file__).parent / "specs"


class Net:
    """A checked net: its figures, its graph, and the ways out."""

    def __init__(self, compiled: Compiled, diagnostics: tuple[Diagnostic, ...]) -> None:
        self.compiled = compiled
        self.diagnostics = diagnostics

    def __repr__(self) -> str:
        return f"<cnnspec net {self.name}: {self.params:,} params, {self.macs:,} MACs>"

    @property
    def name(self) -> str:
        return self.ir.name

    @property
    def ir(self) -> Graph:
        """The graph as cnnspec holds it: nodes in order, and the tree of blocks."""
        return self.compiled.graph

    @cached_property
    def graph(self) -> networkx.DiGraph:
        """The networkx graph: a node per layer, its Node under the key `node`."""
        return self.ir.digraph

    @property
    def params(self) -> int:
        """Trainable values, training heads included."""
        assert self.compiled.costs is not None
        return self.compiled.costs.total.params

    @property
    def macs(self) -> int:
        """Multiply-accumulates of conv and linear layers for one sample in inference, bias not counted."""
        assert self.compiled.costs is not None
        return self.compiled.costs.inference.macs

    @property
    def inputs(self) -> dict[str, Shape]:
        """The shape of each input, per sample, channels first."""
        return {name: self.ir.nodes[name].shape for name in self.ir.inputs}

    @property
    def outputs(self) -> dict[str, Shape]:
        """The shape of each head, per sample."""
        return {head: self.ir.nodes[node].shape for head, node in self.ir.outputs.items()}

    def summary(self, depth: int | None = None, form: str = "text") -> None:
        """Print the summary: as a table, or in another form of `cnnspec summary --format`."""
        from cnnspec.report import FORMATS

        print(FORMATS[form](self.compiled, depth))

    def as_dict(self) -> dict[str, Any]:
        """The figures, layers and blocks as data, as `cnnspec summary --json` prints them."""
        from cnnspec.report import as_dict

        return as_dict(self.compiled)

    def _repr_html_(self) -> str:
        from cnnspec.report import as_html

        return self._repr_svg_() + as_html(self.compiled)

    def _repr_svg_(self) -> str:
        from cnnspec.render import to_svg

        return to_svg(self.ir)

    def render(self, path: str | Path, **options: Any) -> None:
        """Draw the net to a file (svg, png, pdf, dot, html, mmd); options as of `cnnspec render`."""
        from cnnspec.render import render

        render(self.ir, path, **options)

    def to_torch(self, **options: Any) -> TorchModule:
        """A torch module, ready to train; with `seed`, its weights are those of every backend."""
        from cnnspec.backends import torch as backend

        return backend.compile(self.ir, **options)

    def to_numpy(self, **options: Any) -> Program:
        """A numpy program; `seed` draws its weights, `weights` gives them, `dtype` is float32 or float64."""
        from cnnspec.backends import numpy as backend

        return backend.compile(self.ir, **options)

    def to_onnx(self, path: str | Path, weights: Mapping[str, Any] | None = None, seed: int = 0) -> None:
        """Write an ONNX model with these weights, or those of the seed."""
        from cnnspec.backends import onnx as backend
        from cnnspec.backends.weights import initialize

        backend.export(self.ir, Path(path), initialize(self.ir, seed) if weights is None else weights)


def load(
    path: str | Path,
    net: str | None = None,
    *,
    inputs: Mapping[str, Shape] | None = None,
    include: tuple[Path, ...] = (),
    limits: Limits | None = None,
    **parameters: Any,
) -> Net:
    """A net of a spec file; parameters of the net are given by name. Raises SpecError."""
    report, bounds = Report(), limits or Limits()
    source = read_source(Path(path), str(path), report, bounds)
    report.raise_errors()
    assert source is not None
    return _net(source, net, Settings(parameters, inputs or {}), report, bounds, include)


def loads(
    text: str,
    net: str | None = None,
    *,
    inputs: Mapping[str, Shape] | None = None,
    limits: Limits | None = None,
    **parameters: Any,
) -> Net:
    """A net of a spec given as text. Raises SpecError."""
    settings = Settings(parameters, inputs or {})
    return _net(Source("<text>", text), net, settings, Report(), limits or Limits(), ())


def load_weights(net: Net, tensors: Mapping[str, Any]) -> Match:
    """A checkpoint's weights for a net: its own, or of the same architecture under other names.

    Tensors are matched by order and shape; the result's `weights` go into `to_torch(weights=...)` and
    `to_numpy(weights=...)`, and its text says which tensor is which. Raises backends.match.MatchError where
    they do not fit, saying where the two part.
    """
    from cnnspec.backends.match import match

    return match(net.ir, tensors)


def zoo(name: str, *, inputs: Mapping[str, Shape] | None = None, **parameters: Any) -> Net:
    """A net that ships with the package, by name: zoo("resnet50"). Raises SpecError."""
    path, net = zoo_entry(name)
    report, bounds = Report(), Limits()
    source = read_source(path, path.name, report, bounds)
    report.raise_errors()
    assert source is not None
    return _net(source, net, Settings(parameters, inputs or {}), report, bounds, ())


def open_spec(
    spec: str,
    *,
    parameters: Mapping[str, Any] | None = None,
    inputs: Mapping[str, Shape] | None = None,
    include: tuple[Path, ...] = (),
    limits: Limits | None = None,
    hook: Hook | None = None,
) -> Net:
    """The net that a command line means: FILE, FILE:NET, `-` for standard input, or a net of the zoo.

    Raises SpecError.
    """
    report, bounds = Report(), limits or Limits()
    source, net = find_spec(spec, report, bounds)
    report.raise_errors()
    assert source is not None
    return _net(source, net, Settings(parameters or {}, inputs or {}), report, bounds, include, hook)


def find_spec(spec: str, report: Report, limits: Limits) -> tuple[Source | None, str | None]:
    """The source that a command line means and the net it picks; no source after an error."""
    file, colon, net = spec.rpartition(":")
    if not colon or (Path(spec).exists() and not Path(file).exists()):
        file, net = spec, ""
    if file == "-":
        data = sys.stdin.buffer.read(limits.file_size + 1)
        if len(data) > limits.file_size:
            report.error("file", None, f"standard input has more than {limits.file_size} bytes, the bound")
            return None, None
        return decode(data, "<stdin>", None, report), net or None
    if not colon and not Path(file).exists() and plain_name(file) in zoo_nets():
        path, name = zoo_entry(file)
        return read_source(path, path.name, report, limits), name
    if not Path(file).exists():
        if not file.endswith(".cnn"):
            zoo_entry(file)
        for name in (net, Path(file).stem):
            if plain_name(name) in zoo_nets():
                cure = f"a net of the zoo goes without a file: {plain_name(name)}"
                report.error("file", None, f"cannot read {file}: there is no such file", help=cure)
                return None, None
    return read_source(Path(file), file, report, limits), net or None


def zoo_entry(name: str) -> tuple[Path, str]:
    """The file of a net of the zoo, and the net's name as written there. Raises SpecError."""
    nets = zoo_nets()
    found = nets.get(plain_name(name))
    if found is None:
        known = [net for _, net in nets.values()]
        message = f"there is no file and no net of the zoo called `{name}`"
        cure = suggest(name, known) or "`cnnspec zoo` lists them"
        raise SpecError((Diagnostic("file", "error", message, help=cure),))
    return found


def zoo_nets() -> dict[str, tuple[Path, str]]:
    """The nets that ship: file and name, by their names in lower case without `_` and `-`."""
    found: dict[str, tuple[Path, str]] = {}
    for path in sorted(SPECS.glob("*.cnn")):
        for name in re.findall(r"^net\s+(\w+)", path.read_text(encoding="utf-8"), re.MULTILINE):
            found[plain_name(name)] = (path, name)
    return found


@without_garbage_collection()
def _net(
    source: Source,
    name: str | None,
    settings: Settings,
    report: Report,
    limits: Limits,
    include: tuple[Path, ...],
    hook: Hook | None = None,
) -> Net:
    module = Loader(report, limits, include).load(source)
    report.raise_errors()
    picked = pick_net(module, name, settings.parameters, report)
    report.raise_errors()
    before = report.saved()
    compiled = compile_net(picked, module, settings, report, limits, hook)
    if report.has_errors and mend_slips(module, report, before):
        compile_net(pick_net(module, name, settings.parameters, report), module, settings, report, limits)
    report.raise_errors()
    assert compiled is not None
    return Net(compiled, report.diagnostics)
