"""Warnings about nets that work and could be better: each says what mending it would save or change.

Every lint is a function from a net's graph and figures to its warnings, linear in the number of layers.
A comment `# allow: code` silences one: on its line or at the end of its statement, there for a call that led
to it, or on the line of the net or of a net that it is given by.
"""

from __future__ import annotations

from itertools import pairwise
from math import prod

from cnnspec.caching import cached_property
from cnnspec.diagnostics.cures import before_brace
from cnnspec.diagnostics.report import Edit, Report
from cnnspec.graph import Block, Graph, Node
from cnnspec.layers.base import Layer, describe
from cnnspec.layers.conv import Conv, DepthwiseConv
from cnnspec.layers.dense import Flatten, Linear
from cnnspec.layers.join import Add
from cnnspec.layers.norm import BatchNorm
from cnnspec.named_tuples import NamedTuple
from cnnspec.passes.cost import Costs
from cnnspec.passes.memory import BYTES
from cnnspec.passes.receptive_field import Fields, last_map
from cnnspec.passes.stages import NetStage, stages
from cnnspec.records import dataclass
from cnnspec.source import Span
from cnnspec.typed import Any, Callable, Iterable, Iterator, TypeVar

MANY_WEIGHTS = 1_000_000
"""A linear layer of fewer weights than this is not worth a warning."""
SIDE_HEADS = ("aux", "side", "deep_supervision")
L = TypeVar("L", bound=Layer)


@dataclass(frozen=True, eq=False)
class Subject:
    """What lints look at: a net, what the passes have found of it, and the places where it is defined."""

    graph: Graph
    costs: Costs
    fields: Fields
    places: tuple[Span, ...] = ()

    @cached_property
    def by_class(self) -> dict[type[Layer], dict[int, list[Node]]]:
        """The nodes of each class of layer, those together that do the same: equal layers on equal shapes."""
        found: dict[type[Layer], dict[int, list[Node]]] = {}
        alike: dict[int, list[Node]] = {}
        for node, applied in zip(self.graph, self.graph.applied.values(), strict=True):
            nodes = alike.get(id(applied))
            if nodes is None:
                nodes = alike[id(applied)] = []
                found.setdefault(type(node.layer), {})[id(applied)] = nodes
            nodes.append(node)
        return found

    def of(self, *classes: type[L]) -> Iterator[tuple[list[Node], L]]:
        """The layers of some classes, each with the nodes where it is on equal shapes."""
        for cls in classes:
            for nodes in self.by_class.get(cls, {}).values():
                layer: Any = nodes[0].layer
                yield nodes, layer


def _each(found: Iterable[tuple[list[Node], L]]) -> Iterator[tuple[Node, L]]:
    """Each node by itself, with its layer."""
    return ((node, layer) for nodes, layer in found for node in nodes)


class Finding(NamedTuple):
    """What a lint has found, and at which node; with `outer`, in the call that led there from the net.

    `span` is the place where that is not the node's.
    """

    code: str
    node: Node
    message: str
    help: str
    outer: bool = False
    span: Span | None = None
    edits: tuple[Edit, ...] = ()


def lint(subject: Subject, report: Report) -> None:
    """Report every warning about a net."""
    for find in LINTS:
        for finding in find(subject):
            _report(finding, subject, report)


def _report(finding: Finding, subject: Subject, report: Report) -> None:
    code, node, message, cure, outer, span, edits = finding
    around = [block.span for block in node.block.ancestors()]
    if any(report.allows(place, code) for place in (*around, *subject.places)):
        return
    calls = [block.span for block in node.block.ancestors() if block.kind in ("def", "share")]
    if outer and calls:
        report.warning(code, calls[-1], message, help=cure)
    else:
        place = span or _in_own_files(node, calls, subject)
        made = edits if place in (node.span, span) else ()
        report.warning(code, place, message, help=cure, edits=made, trail=node.block.trail())


def _in_own_files(node: Node, calls: list[Span | None], subject: Subject) -> Span | None:
    """The place of a node; that of the call which led there out of the files in which the net is defined."""
    own = {place.source.name for place in subject.places}
    return next((p for p in (node.span, *calls) if p is None or p.source.name in own), node.span)


def large_linear(subject: Subject) -> Iterator[Finding]:
    """One linear layer on a flattened map that holds most of the parameters."""
    graph, costs = subject.graph, subject.costs
    for node, layer in _each(subject.of(Linear)):
        params = costs.layers[node.name].params
        if params < max(MANY_WEIGHTS, costs.total.params / 2):
            continue
        shape = _flattened_map(graph, node)
        if shape is not None:
            saved = (prod(shape) - shape[0]) * layer.out
            yield Finding(
                "large-linear",
                node,
                f"one linear layer holds {100 * params // costs.total.params} % of the parameters: "
                f"{params:,}, {megabytes(params)} in fp32",
                f"gap before flatten would save {saved:,} parameters, {megabytes(saved)}",
            )


def megabytes(values: int) -> str:
    """The memory of so many values in fp32, in words."""
    return f"{values * BYTES / 1e6:,.0f} MB"


def _flattened_map(graph: Graph, node: Node) -> tuple[int, ...] | None:
    """The map that a linear layer gets flattened; None where it does not."""
    while node.inputs and not isinstance(node.layer, Flatten):
        node = graph[node.inputs[0]]
        if len(node.shape) > 1 or isinstance(node.layer, Linear):
            return None
    shape = graph[node.inputs[0]].shape if node.inputs else ()
    return shape if prod(shape[1:]) > 1 else None


def small_field(subject: Subject) -> Iterator[Finding]:
    """A net that pools features globally, each of which sees less than the image."""
    graph = subject.graph
    node = last_map(graph)
    if node is None or not node.inputs:
        return
    field, pool = subject.fields[node.name], _pool_after(graph, node)
    if field is None or pool is None:
        return
    image = graph[graph.inputs[0]].shape
    if len(image) == len(field.size) + 1 and any(
        seen < size for seen, size in zip(field.size, image[1:], strict=True)
    ):
        yield Finding(
            "small-field",
            pool,
            f"what the head gets sees {describe(field.size)} pixels of an image of {describe(image[1:])}",
            "the average sees all, its features do not: deepen the net, dilate convs, or downsample earlier",
        )


def _pool_after(graph: Graph, node: Node) -> Node | None:
    """The global pool that a map goes into, by way of layers that look at one pixel; None without."""
    for _ in range(len(graph)):
        users = graph.consumers[node.name]
        if not users:
            return None
        node = graph[users[0]]
        if node.layer.sees(*graph.input_shapes(node)) is None:
            return node if len(node.shape) > 1 and prod(node.shape[1:]) == 1 else None
    return None


def shrinking_stages(subject: Subject) -> Iterator[Finding]:
    """Widths and depths that shrink from one stage to the next. Radosavovic et al. 2020, section 3.3.

    The last stage may be shallower than the one before it, as it is in most published nets.
    """
    found = stages(subject.graph, subject.costs, subject.fields)
    for position, (before, stage) in enumerate(pairwise(found)):
        if stage.width < before.width:
            yield _shrinks("shrinking-width", "wide", before, stage, before.width, stage.width)
        is_last = position == len(found) - 2
        if not is_last and stage.depth < 0.75 * before.depth:
            yield _shrinks("shrinking-depth", "deep", before, stage, before.depth, stage.depth)


def _shrinks(code: str, what: str, before: NetStage, stage: NetStage, most: int, least: int) -> Finding:
    return Finding(
        code,
        stage.first,
        f"the stage at {describe(stage.size)} is {least} {what}, "
        f"the one before it, at {describe(before.size)}, {most}",
        "nets whose stages grow do better at equal cost: move layers or channels to the later stage",
        outer=True,
    )


def even_kernel(subject: Subject) -> Iterator[Finding]:
    """An even kernel with the padding that is made for odd ones."""
    for nodes, layer in subject.of(Conv, DepthwiseConv):
        if layer.pad != "half":
            continue
        kernel = layer.kernel if isinstance(layer.kernel, tuple) else (layer.kernel,)
        if any(k % 2 == 0 for k in kernel):
            for node in nodes:
                yield Finding(
                    "even-kernel",
                    node,
                    f"the kernel {describe(kernel)} is even, and half its size is no whole margin",
                    "write the padding: pad=same keeps the size, pad=0 adds nothing; or take an odd kernel",
                )


def bias_before_batchnorm(subject: Subject) -> Iterator[Finding]:
    """A bias that the batchnorm after it takes away again."""
    graph = subject.graph
    heads = set(graph.outputs.values())
    weighted = [cls for cls in subject.by_class if cls.weighted]
    for node, layer in _each(at for at in subject.of(*weighted) if getattr(at[1], "bias", False)):
        users = graph.consumers[node.name]
        if users and node.name not in heads and all(isinstance(graph[u].layer, BatchNorm) for u in users):
            yield Finding(
                "bias-before-batchnorm",
                node,
                f"the batchnorm after this `{layer.op}` takes its bias away with the mean",
                f"bias=false would save {node.shape[0]:,} parameters",
                edits=_without_bias(node, graph[users[0]]),
            )


def _without_bias(node: Node, after: Node) -> tuple[Edit, ...]:
    """The edit that leaves out a bias, where the batchnorm is written right behind the call.

    Elsewhere the norm may be an argument of the block around, and another one in another call.
    """
    span, other = node.span, after.span
    if span is None or other is None or not span.text.startswith(f"{node.layer.op}("):
        return ()
    if other.source is not span.source or span.source.text[span.end : other.start].strip() != "->":
        return ()
    return () if "bias" in span.text else (Edit(span._replace(start=span.end - 1), ", bias=false)"),)


def stride_over_map(subject: Subject) -> Iterator[Finding]:
    """Downsampling by more than the map allows."""
    strided = [cls for cls in subject.by_class if "stride" in cls.__match_args__]
    for nodes, layer in subject.of(*strided):
        layer: Any
        stride = layer.stride or layer.kernel
        if stride == 1 or layer.upsamples:
            continue
        sizes = subject.graph[nodes[0].inputs[0]].shape[1:]
        steps = stride if isinstance(stride, tuple) else (stride,) * len(sizes)
        if any(step > size for step, size in zip(steps, sizes, strict=True)):
            for node in nodes:
                yield Finding(
                    "stride-over-map",
                    node,
                    f"a stride of {describe(steps)} on a map of {describe(sizes)} "
                    "has nothing left to step over",
                    "downsample less before it, or give the net a larger input",
                )


def side_head(subject: Subject) -> Iterator[Finding]:
    """A head that by its name is for training, and that inference would run."""
    graph = subject.graph
    for head, name in graph.outputs.items():
        if len(graph.outputs) > 1 and head not in graph.training_heads and head.startswith(SIDE_HEADS):
            nodes = [node for node in graph if node.name.startswith(f"{head}.")]
            saved, place = sum(subject.costs.layers[node.name].macs for node in nodes), _head_of(graph, head)
            yield Finding(
                "side-head",
                nodes[0] if nodes else graph[name],
                f"head `{head}` is for training by its name, and inference runs it",
                f"head {head} ..., training {{ }} would save {saved:,} multiply-accumulates in inference",
                span=place,
                edits=before_brace(place, ", training"),
            )


def _head_of(graph: Graph, head: str) -> Span | None:
    """Where a head is written."""
    blocks = (child for child in graph.root.children if isinstance(child, Block) and child.kind == "head")
    return next((block.span for block in blocks if block.path == head), None)


def _ends_residual(node: Node) -> bool:
    """Whether a sum is that of a residual, and not one within its main path."""
    return node.block.kind == "residual" and node.block.children[-1] == node.name


def residual_empty(subject: Subject) -> Iterator[Finding]:
    """A residual without a main path: what flows in is added to itself."""
    for node, _ in _each(subject.of(Add)):
        if _ends_residual(node) and len(set(node.inputs)) == 1:
            yield Finding(
                "residual-empty",
                node,
                "the main path of this residual is empty: it doubles what flows in",
                "write in its braces what is to be added: residual { conv(64, 3) -> relu -> conv(64, 3) }",
            )


def residual_activation(subject: Subject) -> Iterator[Finding]:
    """A main path that is never negative, so that the sum can only grow. He et al. 2016, section 4.1."""
    for node, _ in _each(subject.of(Add)):
        if _ends_residual(node):
            main = subject.graph[node.inputs[0]]
            if len(set(node.inputs)) > 1 and main.layer.nonnegative and _is_within(main, node):
                yield Finding(
                    "residual-activation",
                    main,
                    f"the main path of this residual ends in `{main.layer.op}`: it can only add",
                    f"put `{main.layer.op}` behind the residual",
                )


def _is_within(node: Node, add: Node) -> bool:
    return any(block is add.block for block in node.block.ancestors())


def activation_twice(subject: Subject) -> Iterator[Finding]:
    """An activation of what the same one gives, mostly behind a block that ends in it."""
    graph = subject.graph
    activations = [cls for cls in subject.by_class if cls.family == "activation"]
    for node, layer in _each(subject.of(*activations)):
        before = graph[node.inputs[0]]
        if before.layer == layer and _is_within(before, node):
            inner = before.block if before.block is not node.block and before.block.kind == "def" else None
            cure = f"leave it out: `{inner.title}` ends in one" if inner else "leave one of them out"
            yield Finding("activation-twice", node, f"`{layer.op}` of what `{layer.op}` gives", cure)


def batchnorm_on_pixel(subject: Subject) -> Iterator[Finding]:
    """A batchnorm that has one value of each channel in a sample."""
    for nodes, _ in subject.of(BatchNorm):
        shape = nodes[0].shape
        if 1 < len(shape) == 1 + shape[1:].count(1):
            for node in nodes:
                yield Finding(
                    "batchnorm-on-pixel",
                    node,
                    f"batchnorm on {describe(shape)}: each statistic is over one value of each sample",
                    "leave it out, or use layernorm: "
                    "with one sample in the batch there is no variance at all",
                )


def dead_layers(subject: Subject) -> Iterator[Finding]:
    """Layers, mostly behind a label that nothing names, that no head needs."""
    graph = subject.graph
    heads = set(graph.outputs.values())
    dead = [graph[name] for name, users in graph.consumers.items() if not users and name not in heads]
    needed = graph.leading_to(*heads) if dead else set[str]()
    for node in dead:
        lost = _only_for(graph, node, needed)
        params = subject.costs.of(lost).params
        weights = f", and it holds {params:,} parameters" if params else ""
        yield Finding(
            "dead-layer",
            node,
            f"nothing uses what flows out of `{node.name}`",
            f"nothing runs it{weights}: leave it out, or name it in a join or head",
        )


def _only_for(graph: Graph, node: Node, needed: set[str]) -> list[str]:
    """The layers that lead to a dead end and to no head."""
    found, stack = {node.name}, [node.name]
    while stack:
        for name in graph[stack.pop()].inputs:
            if name not in needed and name not in found:
                found.add(name)
                stack.append(name)
    return list(found)


LINTS: tuple[Callable[[Subject], Iterator[Finding]], ...] = (
    large_linear,
    small_field,
    shrinking_stages,
    even_kernel,
    bias_before_batchnorm,
    stride_over_map,
    side_head,
    residual_empty,
    residual_activation,
    activation_twice,
    batchnorm_on_pixel,
    dead_layers,
)
