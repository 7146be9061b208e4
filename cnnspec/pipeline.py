"""The whole of compilation on one page: a spec's file goes in, a checked net with its figures comes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cnnspec.diagnostics.report import Report
from cnnspec.elaborate import Elaborated, Limits, Module, Settings, elaborate
from cnnspec.elaborate.budgets import check_budgets
from cnnspec.graph import Graph
from cnnspec.passes.cost import Costs, LayerCost, cost
from cnnspec.passes.depth import depth
from cnnspec.passes.lint import Subject, lint
from cnnspec.passes.memory import Memory, memory
from cnnspec.passes.receptive_field import Field, Fields, last_map, receptive_field


@dataclass(frozen=True, eq=False)
class Compiled:
    """A net and what the passes have found of it so far."""

    elaborated: Elaborated
    graph: Graph
    costs: Costs | None = None
    fields: Fields | None = None
    memory: Memory | None = None
    depth: int = 0
    counting: str = "macs"
    """Which convention the summary's MACs follow: `macs`, or `all` (norms, activations, pools, joins too)."""

    @property
    def receptive_field(self) -> Field | None:
        """That of the head's last spatial value; None where it sees the whole input, or there is none."""
        node = last_map(self.graph)
        return self.fields[node.name] if node is not None and self.fields is not None else None

    def for_inference(self) -> Compiled:
        """The net without its training heads, and its figures."""
        net = replace(self, graph=self.graph.inference())
        for _, run in ANALYSES:
            net = run(net, Report())
        return net

    def counted(self, layer_cost: LayerCost) -> int:
        """The multiply-accumulates of a cost under the net's counting convention."""
        return layer_cost.macs + (layer_cost.operations if self.counting == "all" else 0)


Pass = Callable[[Compiled, Report], Compiled]
Hook = Callable[[str, Compiled], None]


def _cost(net: Compiled, report: Report) -> Compiled:
    return replace(net, costs=cost(net.graph))


def _receptive_field(net: Compiled, report: Report) -> Compiled:
    return replace(net, fields=receptive_field(net.graph))


def _memory(net: Compiled, report: Report) -> Compiled:
    assert net.costs is not None
    return replace(net, memory=memory(net.graph, net.costs))


def _depth(net: Compiled, report: Report) -> Compiled:
    assert net.costs is not None
    return replace(net, depth=depth(net.graph, net.costs))


def _budgets(net: Compiled, report: Report) -> Compiled:
    if net.elaborated.expectations:
        check_budgets(net.elaborated, figures(net), report)
    return net


def _lint(net: Compiled, report: Report) -> Compiled:
    assert net.costs is not None and net.fields is not None
    lint(Subject(net.graph, net.costs, net.fields), report)
    return net


ANALYSES: tuple[tuple[str, Pass], ...] = (
    ("cost", _cost),
    ("receptive-field", _receptive_field),
    ("memory", _memory),
    ("depth", _depth),
)
PASSES: tuple[tuple[str, Pass], ...] = (*ANALYSES, ("budgets", _budgets), ("lint", _lint))


def compile_net(
    name: str,
    module: Module,
    settings: Settings,
    report: Report,
    limits: Limits,
    hook: Hook | None = None,
) -> Compiled | None:
    """Elaborate a net and run the passes; `hook` is called after each with its name.

    None where the spec has errors, which are in the report.
    """
    elaborated = elaborate(name, module, settings, report, limits)
    if elaborated is None or elaborated.graph is None:
        return None
    net = Compiled(elaborated, elaborated.graph)
    if hook is not None:
        hook("elaborate", net)
    for pass_name, run in PASSES:
        net = run(net, report)
        if hook is not None:
            hook(pass_name, net)
    return net


def figures(net: Compiled) -> Mapping[str, Any]:
    """The figures that `expect` may name."""
    assert net.costs is not None and net.memory is not None
    graph = net.graph
    heads = {head: graph.nodes[node].shape for head, node in graph.outputs.items()}
    main = next((shape for head, shape in heads.items() if head not in graph.training_heads), ())
    field = net.receptive_field
    size: Any = field.size if field is not None else ()
    return {
        **heads,
        "params": net.costs.total.params,
        "inference_params": net.costs.inference.params,
        "macs": net.costs.inference.macs,
        "memory": net.memory.weights_bytes + net.memory.peak_activation_bytes,
        "depth": net.depth,
        "receptive_field": size[0] if len(set(size)) == 1 else size,
        "output": main,
    }
