"""What notebooks and scripts use: load a spec, ask for its figures, turn it into something that runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnspec.diagnostics.report import Diagnostic, Report, SpecError
from cnnspec.elaborate import Limits, Loader, Module, Settings, open_parameters, read_source
from cnnspec.elaborate.evaluate import suggest
from cnnspec.graph import Graph
from cnnspec.layers.base import Shape
from cnnspec.pipeline import Compiled, Hook, compile_net
from cnnspec.source import Source

if TYPE_CHECKING:
    import networkx
    import torch

    from cnnspec.backends.numpy.program import Program

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


def zoo(name: str, *, inputs: Mapping[str, Shape] | None = None, **parameters: Any) -> Net:
    """A net that ships with the package, by name: zoo("resnet50"). Raises SpecError."""
    path, net = zoo_entry(name)
    report, bounds = Report(), Limits()
    source = read_source(path, path.name, report, bounds)
    report.raise_errors()
    assert source is not None
    return _net(source, net, Settings(parameters, inputs or {}), report, bounds, ())


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


def plain_name(name: str) -> str:
    """A name as it is compared: lower case, without `_` and `-`."""
    return name.lower().replace("_", "").replace("-", "")


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
    compiled = compile_net(picked, module, settings, report, limits, hook)
    report.raise_errors()
    assert compiled is not None
    return Net(compiled, report.diagnostics)


def closed_nets(module: Module, parameters: Mapping[str, Any]) -> list[str]:
    """The nets of a file that leave no parameter open."""
    return [name for name in module.nets if set(open_parameters(name, module)) <= set(parameters)]


def pick_net(module: Module, name: str | None, parameters: Mapping[str, Any], report: Report) -> str:
    """The net that is meant: the one named, the only one, or the one called like the file; "" after an error."""
    nets = list(module.nets)
    if name is not None:
        by_plain = {plain_name(net): net for net in nets}
        found = name if name in module.nets else by_plain.get(plain_name(name), "")
        if not found:
            cure = suggest(name, nets) or ("its nets: " + ", ".join(nets) if nets else "")
            report.error("unknown-net", None, f"{module.source.name} has no net `{name}`", help=cure)
        return found
    closed = closed_nets(module, parameters)
    if len(closed) == 1:
        return closed[0]
    stem = plain_name(module.source.path.stem) if module.source.path else ""
    for net in closed or nets:
        if plain_name(net) == stem:
            return net
    if not nets:
        report.error(
            "no-net", None, f"{module.source.name} defines no net", help="write net NAME { input ... }"
        )
    else:
        listed = ", ".join(closed or nets)
        report.error(
            "pick-net",
            None,
            f"{module.source.name} has several nets",
            help=f"pick one, as in {module.source.name}:{(closed or nets)[0]}; nets: {listed}",
        )
    return ""
