"""What a net costs: parameters, multiply-accumulates and other operations, per layer and in all."""

from __future__ import annotations

from cnnspec.caching import lru_cache
from cnnspec.graph import MOST_KNOWN, Applied, Graph, Node
from cnnspec.layers.base import Layer
from cnnspec.named_tuples import NamedTuple
from cnnspec.records import dataclass
from cnnspec.typed import Iterable, Mapping


class LayerCost(NamedTuple):
    """The cost of one layer for one sample.

    `params` and `buffers` count values, 0 where the weights are another call's; `macs` are
    multiply-accumulates of conv and linear layers, bias not counted; `activations` the output elements of
    those; `operations` what else there is to compute, by the rules of docs/counting.md; `bias` the additions
    of a bias among them.
    """

    params: int = 0
    buffers: int = 0
    macs: int = 0
    activations: int = 0
    operations: int = 0
    bias: int = 0

    def __add__(self, other: LayerCost) -> LayerCost:  # type: ignore[override]
        return LayerCost(*map(sum, zip(self, other, strict=True)))

    def weights_alone(self) -> LayerCost:
        """The cost of a layer that has weights and does not run."""
        return LayerCost(params=self.params, buffers=self.buffers)


@dataclass(frozen=True)
class Costs:
    """The cost of every layer, and the sums: `total` over all, `inference` over what inference runs,
    `training` over what training runs: its heads too.

    Figures that users compare (MACs, activations, operations) are of `inference`, parameters of `total`.
    Weights that several layers share are counted once, at the first of them that a sum has.
    """

    layers: Mapping[str, LayerCost]
    total: LayerCost
    inference: LayerCost
    training: LayerCost

    def of(self, names: Iterable[str]) -> LayerCost:
        """The sum over some layers."""
        return total(self.layers[name] for name in names)


def total(costs: Iterable[LayerCost]) -> LayerCost:
    """The sum of costs, column by column."""
    rows = list(costs)
    return LayerCost(*map(sum, zip(*rows, strict=True))) if rows else LayerCost()


def cost(graph: Graph) -> Costs:
    """The costs of a graph; layers that are equal on equal shapes are counted once and looked up."""
    known: dict[int, LayerCost] = {}
    applied = graph.applied
    for one in applied.values():
        if id(one) not in known:
            known[id(one)] = layer_cost(one)
    layers = {name: known[id(one)] for name, one in applied.items()}
    shared = len({node.weights_of for node in graph}) < len(graph)
    once = _once(graph, layers) if shared else layers
    whole = total(once.values())
    sums = [
        whole
        if len(running) == len(graph)
        else total(_once((node for node in graph if node.name in running), layers).values())
        for running in (graph.inference_nodes, graph.live_nodes)
    ]
    return Costs(once, whole, *sums)


def _once(nodes: Iterable[Node], layers: Mapping[str, LayerCost]) -> dict[str, LayerCost]:
    """The costs of nodes, weights that several share at the first of them alone."""
    counted: set[str] = set()
    found: dict[str, LayerCost] = {}
    for node in nodes:
        shared = node.weights_of in counted
        counted.add(node.weights_of)
        found[node.name] = layers[node.name]._replace(params=0, buffers=0) if shared else layers[node.name]
    return found


@lru_cache(maxsize=MOST_KNOWN)
def layer_cost(applied: Applied) -> LayerCost:
    """What a layer costs on these shapes. The nets of a file mostly have the same ones."""
    layer, shapes = applied
    weights = layer.params(*shapes)
    return LayerCost(
        params=sum(w.size for w in weights if not w.buffer),
        buffers=sum(w.size for w in weights if w.buffer),
        macs=layer.macs(*shapes),
        activations=layer.activations(*shapes),
        operations=layer.operations(*shapes),
        bias=layer.additions(*shapes),
    )


def uncounted(graph: Graph) -> list[str]:
    """The nodes whose layer has no rule for its cost and is not one that costs nothing: inputs, what moves
    values, and what inference leaves out."""
    rules = (Layer.macs, Layer.operations)
    return [
        node.name
        for node in graph
        if (type(node.layer).macs, type(node.layer).operations) == rules
        and not (node.layer.elementwise or node.layer.moves or node.layer.silent or node.layer.arity == 0)
    ]


def conventions(graph: Graph, costs: Costs) -> dict[str, int]:
    """The net's cost under each counting convention in use, by its name in the summary.

    `macs` is cnnspec's own and that of published tables; `macs+bias` adds a bias as one more accumulation
    (torchinfo's mult-adds are this and the weights of norms, once); `fvcore` adds batchnorm at 2 and other
    norms at 5 per element and adaptive average pooling at 1 per input element; `flops` is 2 x MAC, as torch's
    FlopCounterMode; `all` adds every operation of docs/counting.md.
    """
    inference = costs.inference
    running = graph.inference_nodes
    extra = sum(
        costs.layers[node.name].operations
        for node in graph
        if node.name in running and node.layer.counted_by_fvcore
    )
    return {
        "macs": inference.macs,
        "macs+bias": inference.macs + inference.bias,
        "fvcore": inference.macs + extra,
        "flops": 2 * inference.macs,
        "all": inference.macs + inference.operations,
    }
