"""The whole of compilation on one page: a spec's file goes in, a checked net with its figures comes out."""

from __future__ import annotations

from cnnspec.caching import cached_property, partial
from cnnspec.diagnostics.report import Report
from cnnspec.elaborate import Elaborated, Known, Limits, Module, Settings, elaborate
from cnnspec.elaborate.expect import check_budgets
from cnnspec.graph import Graph
from cnnspec.layers.shapes import Shape
from cnnspec.named_tuples import NamedTuple
from cnnspec.passes.cost import Costs, LayerCost, conventions, cost
from cnnspec.passes.depth import depth
from cnnspec.passes.lint import Subject, lint
from cnnspec.passes.memory import OPTIMIZERS, InferenceMemory, memory
from cnnspec.passes.receptive_field import Field, Fields, last_map, receptive_field
from cnnspec.records import dataclass, replace
from cnnspec.typed import TYPE_CHECKING, Any, Callable, Iterator, Mapping

if TYPE_CHECKING:  # what a check does not ask for is not loaded
    from cnnspec.passes.buffers import Timeline
    from cnnspec.passes.training_memory import TrainingMemory


@dataclass(frozen=True, eq=False)
class Compiled:
    """A net and its figures, each worked out when it is first asked for."""

    elaborated: Elaborated
    graph: Graph
    counting: str = "macs"
    """Which convention the summary's MACs follow: `macs`, or `all` (norms, activations, pools, joins too)."""

    @cached_property
    def costs(self) -> Costs:
        return cost(self.graph)

    @cached_property
    def fields(self) -> Fields:
        return receptive_field(self.graph)

    @cached_property
    def memory(self) -> InferenceMemory:
        return memory(self.graph, self.costs)

    @cached_property
    def timeline(self) -> Timeline:
        """The buffers of an inference of one sample, as a runtime for devices plans them."""
        from cnnspec.passes.buffers import buffers

        return buffers(self.graph)

    def training_memory(self, batch: int = 1, optimizer: str = "adam") -> TrainingMemory:
        """What a step of training holds. Raises KeyError for an optimizer that is unknown."""
        from cnnspec.passes.training_memory import training_memory

        return training_memory(self.graph, self.costs, batch, optimizer)

    @cached_property
    def depth(self) -> int:
        return depth(self.graph, self.costs)

    @property
    def subject(self) -> Subject:
        """The net as lints look at it."""
        return Subject(self.graph, self.costs, self.fields, self.elaborated.places)

    @property
    def receptive_field(self) -> Field | None:
        """That of the head's last spatial value; None where it sees the whole input, or there is none."""
        node = last_map(self.graph)
        return None if node is None else self.fields[node.name]

    def for_inference(self) -> Compiled:
        """The net without its training heads, and its figures."""
        return replace(self, graph=self.graph.inference())

    def counted(self, layer_cost: LayerCost) -> int:
        """The multiply-accumulates of a cost under the net's counting convention."""
        return layer_cost.macs + (layer_cost.operations if self.counting == "all" else 0)


class Pass(NamedTuple):
    """A step of compilation: the function of passes/ or elaborate/ that says what it does, and its call.

    One that `reports` may find something wrong; the others work out a figure, which may wait to be asked for.
    """

    name: str
    function: Callable[..., object]
    run: Callable[[Compiled, Report], object]
    reports: bool = False


PASSES = (
    Pass("cost", cost, lambda net, report: net.costs),
    Pass("receptive-field", receptive_field, lambda net, report: net.fields),
    Pass("memory", memory, lambda net, report: net.memory),
    Pass("depth", depth, lambda net, report: net.depth),
    Pass(
        "budgets",
        check_budgets,
        lambda net, report: check_budgets(net.elaborated, figures(net), more_figures(net), report),
        reports=True,
    ),
    Pass("lint", lint, lambda net, report: lint(net.subject, report), reports=True),
)
Hook = Callable[[str, Compiled], None]


def compile_net(
    name: str,
    module: Module,
    settings: Settings,
    report: Report,
    limits: Limits,
    hook: Hook | None = None,
    known: Known | None = None,
) -> Compiled | None:
    """Elaborate a net and run the passes that report; with a `hook`, which is called after each, all of them.

    `known` is what nets of the file before it have in common with it. None where the spec has errors, which
    are in the report.
    """
    elaborated = elaborate(name, module, settings, report, limits, known)
    if elaborated is None or elaborated.graph is None:
        return None
    net = Compiled(elaborated, elaborated.graph)
    if hook is not None:
        hook("elaborate", net)
    for step in PASSES:
        if step.reports or hook is not None:
            step.run(net, report)
        if hook is not None:
            hook(step.name, net)
    return net


class NetFigures(Mapping[str, Any]):
    """The figures of a net by name, each worked out when it is asked for."""

    def __init__(self, net: Compiled, rules: Mapping[str, Callable[[Compiled], Any]]) -> None:
        self._net, self._rules = net, rules

    def __getitem__(self, name: str) -> Any:
        return self._rules[name](self._net)

    def __contains__(self, name: object) -> bool:
        return name in self._rules

    def __iter__(self) -> Iterator[str]:
        return iter(self._rules)

    def __len__(self) -> int:
        return len(self._rules)


def figures(net: Compiled) -> Mapping[str, Any]:
    """The figures that `expect` may name, whatever else a spec calls so: those of its heads, and FIGURES."""
    heads = {head: partial(shape_of_head, head=head) for head in net.graph.outputs}
    return NetFigures(net, {**heads, **FIGURES})


def shape_of_head(net: Compiled, head: str) -> Shape:
    """The shape of a head."""
    return net.graph.nodes[net.graph.outputs[head]].shape


def more_figures(net: Compiled) -> Mapping[str, Any]:
    """The figures and functions that `expect` may name where a spec calls nothing else so: MORE_FIGURES."""
    return NetFigures(net, MORE_FIGURES)


def size_of_the_field(net: Compiled) -> int | tuple[int, ...]:
    """The receptive field, one number where all axes have the same."""
    field = net.receptive_field
    size: Any = field.size if field is not None else ()
    return size[0] if len(set(size)) == 1 else size


def output_shape(net: Compiled) -> Shape:
    """The shape of the first head that inference has."""
    graph = net.graph
    heads = (node for head, node in graph.outputs.items() if head not in graph.training_heads)
    return next((graph.nodes[node].shape for node in heads), ())


COUNTS = {"flops": "flops", "macs_with_bias": "macs+bias", "macs_fvcore": "fvcore", "operations": "all"}
"""The names of what other conventions count, with the convention."""


def convention(net: Compiled, name: str) -> int:
    """What a counting convention comes to."""
    return conventions(net.graph, net.costs)[name]


def params_of(net: Compiled, path: str) -> int:
    """The parameters of a layer or block, by its name in the summary. Raises KeyError."""
    return net.costs.of(nodes_at(net.graph, path)).params


def macs_of(net: Compiled, path: str) -> int:
    """The multiply-accumulates of a layer or block in inference, by its name. Raises KeyError."""
    running = net.graph.inference_nodes
    return net.costs.of(name for name in nodes_at(net.graph, path) if name in running).macs


def nodes_at(graph: Graph, path: str) -> list[str]:
    """The layer of a name, or those of the block. Raises KeyError where there is none."""
    found = [name for name in graph.nodes if f"{name}.".startswith(f"{path}.")]
    if not found:
        raise KeyError(f"the net has no layer or block `{path}`: the summary has their names")
    return found


PEAKS = {"peak": "float32", "peak_float16": "float16", "peak_int8": "int8"}
"""The names of the peak of activations in each type."""


def peak_bytes(net: Compiled, dtype: str) -> int:
    """The bytes of activations that a runtime for devices holds at once, of one sample."""
    from cnnspec.passes.buffers import BYTES

    return BYTES[dtype] * net.timeline.peak


def training_bytes(net: Compiled, batch: int = 1, optimizer: str = "adam") -> int:
    """The bytes that a step of training holds. Raises ValueError."""
    if not isinstance(batch, int) or isinstance(batch, bool) or batch < 1 or optimizer not in OPTIMIZERS:
        raise ValueError("training_memory takes a batch of at least 1, and sgd, momentum or adam")
    return net.training_memory(batch, optimizer).total


def optimizer_named(name: str) -> Callable[[Compiled], str]:
    """The rule of a word that training_memory takes: its name."""
    return lambda net: name


FIGURES: Mapping[str, Callable[[Compiled], Any]] = {
    "params": lambda net: net.costs.total.params,
    "inference_params": lambda net: net.costs.inference.params,
    "macs": lambda net: net.costs.inference.macs,
    "memory": lambda net: net.memory.weights_bytes + net.memory.peak_activation_bytes,
    "depth": lambda net: net.depth,
    "receptive_field": size_of_the_field,
    "output": output_shape,
}
MORE_FIGURES: Mapping[str, Callable[[Compiled], Any]] = {
    "buffers": lambda net: net.costs.total.buffers,
    "activations": lambda net: net.costs.inference.activations,
    "training_macs": lambda net: net.costs.training.macs,
    **{name: partial(convention, name=count) for name, count in COUNTS.items()},
    "params_of": lambda net: partial(params_of, net),
    "macs_of": lambda net: partial(macs_of, net),
    "weight_memory": lambda net: net.memory.weights_bytes,
    "activation_memory": lambda net: net.memory.peak_activation_bytes,
    **{name: partial(peak_bytes, dtype=dtype) for name, dtype in PEAKS.items()},
    **{optimizer: optimizer_named(optimizer) for optimizer in OPTIMIZERS},
    "training_memory": lambda net: partial(training_bytes, net),
}
"""What `expect` knows of a net, by name; a function of them is told the rest when it is called."""
