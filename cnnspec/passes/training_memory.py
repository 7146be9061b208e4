"""Training memory: what the backward pass needs of the forward pass, with weights, gradients and optimizer.

What each layer keeps is its own rule (`Layer.saved`), held against torch's saved tensors to the byte. A value
that several layers keep is one tensor, and so is a view of it:

    conv -> batchnorm -> relu -> conv        kept: the input of the net (by the first conv), the conv's output
                                             (by batchnorm), relu's output (by relu and by the second conv)
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from cnnspec.graph import Graph
from cnnspec.layers.base import FLOAT, Saved
from cnnspec.passes.buffers import Buffer, Timeline
from cnnspec.passes.cost import Costs
from cnnspec.passes.memory import OPTIMIZERS
from cnnspec.passes.placement import arrange
from cnnspec.passes.strides import StridedView, reads_groups, strided_views
from cnnspec.records import dataclass


@dataclass(frozen=True)
class TrainingMemory:
    """Bytes at fp32 that one step of training holds when its forward pass is done.

    `kept` is what the backward pass needs of each layer: its output where a layer keeps that (its own or
    one after it), and what it makes for itself; `kept_by` names the layers that keep a node's output.
    Gradients of values, and what kernels need while they run, come on top.
    """

    batch: int
    optimizer: str
    weights: int
    buffers: int
    gradients: int
    optimizer_state: int
    kept: Mapping[str, int]
    kept_by: Mapping[str, tuple[str, ...]]

    @property
    def saved(self) -> int:
        """All that the backward pass needs of the forward pass."""
        return sum(self.kept.values())

    @property
    def total(self) -> int:
        return self.weights + self.buffers + self.gradients + self.optimizer_state + self.saved


def training_memory(graph: Graph, costs: Costs, batch: int = 1, optimizer: str = "adam") -> TrainingMemory:
    """The memory of a step of training with a batch; training heads included.

    Raises KeyError for an optimizer that is not in OPTIMIZERS.
    """
    states = OPTIMIZERS[optimizer]
    kept, kept_by = saved_values(graph, batch)
    weights, buffers = FLOAT * costs.total.params, FLOAT * costs.total.buffers
    # dead layers have weights, but no gradient
    gradients = FLOAT * costs.training.params
    return TrainingMemory(batch, optimizer, weights, buffers, gradients, states * gradients, kept, kept_by)


def saved_values(
    graph: Graph, batch: int, input_gradients: bool = False
) -> tuple[dict[str, int], dict[str, tuple[str, ...]]]:
    """The bytes that the backward pass needs of each node, and the layers that keep the node's output.

    `input_gradients` asks for the gradients of the net's inputs too.
    """
    wanted, lying = gradients_wanted(graph, input_gradients), strided_views(graph, batch)
    kept = dict.fromkeys(graph.nodes, 0)
    keepers: dict[str, list[str]] = {}
    for name, applied in graph.applied.items():
        if name not in graph.live_nodes or not wanted[name]:
            continue
        node = graph[name]
        saved = applied.layer.saved(applied.shapes, tuple([wanted[source] for source in node.inputs]))
        kept[name] += batch * saved.per_sample + saved.fixed
        copied = [i for i in range(len(node.inputs)) if is_copied(saved, i, lying[node.inputs[i]])]
        kept[name] += batch * FLOAT * sum([prod(applied.shapes[i]) for i in copied])
        read = saved.inputs if saved.groups else [i for i in saved.inputs if i not in copied]
        for value in [node.inputs[i] for i in read] + [name] * saved.output:
            keepers.setdefault(lying[value].root, []).append(name)
    for root in keepers:
        if graph[root].layer.constant:
            # every sample has the weight itself
            continue
        kept[root] += batch * FLOAT * prod(graph[root].shape)
    return kept, {root: tuple(names) for root, names in keepers.items()}


def is_copied(saved: Saved, number: int, view: StridedView) -> bool:
    """Whether a layer keeps a copy of an input that does not lie in memory as it reads it."""
    if number not in (saved.inputs or (0,)):
        return False
    if saved.by_channel:
        return not view.in_order
    if number:
        return False
    if saved.by_place:
        # which those of one pixel, or of one channel, do
        return not view.channels_last and min(view.sizes[1], prod(view.sizes[2:])) > 1
    if saved.densely:
        return not view.is_dense
    return saved.groups > 0 and not reads_groups(view, saved.groups)


def gradients_wanted(graph: Graph, of_inputs: bool = False) -> dict[str, bool]:
    """Whether the backward pass needs the gradient of each value: it leads back to a weight, or to an input
    whose gradient is wanted."""
    wanted: dict[str, bool] = {}
    for node in graph:
        trained = any(not weight.buffer for weight in node.layer.params(*graph.input_shapes(node)))
        before = any(wanted[source] for source in node.inputs)
        wanted[node.name] = trained or before or (of_inputs and not node.inputs)
    return wanted


def training_timeline(graph: Graph, batch: int = 1) -> Timeline:
    """The buffers of a step of training over time: first every layer forward, then every layer backward.

        conv | relu | linear | linear back | relu back | conv back
        conv====                                                       read by relu, which keeps its output
               relu============================                        kept for the backward passes of both
                               relu's grad=====
                                    linear's weight grad============== stays for the optimizer

    A value is held to its last reader, and what is kept to the backward pass of its first keeper; a gradient
    from the backward pass of its last reader to that of its maker. Weights and optimizer state come on top,
    and what kernels need while they run. Sizes are in values of four bytes.
    """
    order = [node for node in graph if node.name in graph.live_nodes and node.inputs]
    forward = {node.name: i for i, node in enumerate(order)}
    backward = {node.name: 2 * len(order) - 1 - i for i, node in enumerate(order)}
    lives = _spans_of_values(graph, forward, backward, batch)
    lives |= _spans_of_gradients(graph, forward, backward, batch)
    sizes = {name: size for name, (size, _, _) in lives.items() if size}
    spans = {name: (lives[name][1], lives[name][2]) for name in sizes}
    offsets, arena = arrange(sizes, spans)
    steps = [(node.name,) for node in order] + [(f"{node.name} (backward)",) for node in reversed(order)]
    return Timeline(
        "training",
        tuple(steps),
        tuple(
            Buffer(name, sizes[name], *spans[name], (name,), offsets[name])
            for name in sorted(spans, key=lambda name: spans[name])
        ),
        arena,
    )


Lives = dict[str, tuple[int, int, int]]
"""A size in values, and the first and the last moment, by the name of a buffer."""


def _spans_of_values(
    graph: Graph, forward: Mapping[str, int], backward: Mapping[str, int], batch: int
) -> Lives:
    kept, kept_by = saved_values(graph, batch)
    roots = strided_views(graph, batch)
    ends = {roots[name].root for name in graph.outputs.values()}
    views: dict[str, list[str]] = {}
    for name, view in roots.items():
        views.setdefault(view.root, []).append(name)
    lives: Lives = {}
    for name in (name for name in views if name in graph.live_nodes):
        step = forward.get(name, -1)
        readers = [forward[user] for view in views[name] for user in graph.consumers[view] if user in forward]
        last = max([step, *readers, *(backward[keeper] for keeper in kept_by.get(name, ()))])
        last = max(last, len(forward) if name in ends else last)
        size = batch * prod(graph[name].shape)
        lives[name] = (size, 2 * step, 2 * last + 1)
        own = kept[name] // FLOAT - (size if name in kept_by else 0)
        if own and name in backward:
            lives[f"{name}, kept"] = (own, 2 * step, 2 * backward[name] + 1)
    return lives


def _spans_of_gradients(
    graph: Graph, forward: Mapping[str, int], backward: Mapping[str, int], batch: int
) -> Lives:
    lives: Lives = {}
    wanted = gradients_wanted(graph)
    shared: dict[str, tuple[int, int]] = {}
    homes = gradient_homes(graph, backward, wanted)
    for name, (root, start) in homes.items():
        node, step = graph[name], backward[name]
        size, first, last = lives.get(f"{root}, gradient", (0, 2 * start, 0))
        size = max(size, batch * prod(node.shape))
        lives[f"{root}, gradient"] = (size, min(first, 2 * start), max(last, 2 * step + 1))
        params = sum(w.size for w in node.layer.params(*graph.input_shapes(node)) if not w.buffer)
        if params:
            before = shared.get(node.weights_of, (params, step))
            shared[node.weights_of] = (params, min(before[1], step))
        asked = tuple([wanted[source] for source in node.inputs])
        if work := node.layer.saved(tuple(graph.input_shapes(node)), asked).work // FLOAT:
            begun = sum([prod(graph[i].shape) for i in node.inputs if homes.get(i, ("", 0))[1] == step])
            lives[f"{name}, work"] = (batch * max(0, work - begun), 2 * step, 2 * step + 1)
    for owner, (params, step) in shared.items():
        lives[f"{owner}, weight gradient"] = (params, 2 * step, 4 * len(forward) - 1)
    return lives


def gradient_homes(
    graph: Graph, backward: Mapping[str, int], wanted: Mapping[str, bool]
) -> dict[str, tuple[str, int]]:
    """The value in whose gradient that of each value lies, and the step from which it does.

    What comes back through a sum or a view is the same tensor, to which a second reader adds its own, unless
    another value still holds it:

        a -> conv -> add        the gradients of add, conv and a are one, since that of conv has been read
        a ---------> add        when the one that comes through conv is added to it
    """
    found: dict[str, tuple[str, int]] = {}
    for name in sorted((name for name in backward if wanted[name]), key=backward.__getitem__):
        readers = {user for user in graph.consumers[name] if user in backward and wanted[user]}
        order = sorted(readers, key=backward.__getitem__)
        if not order:
            # a head, whose gradient is there when the backward pass begins
            found[name] = (name, len(backward))
            continue
        first, start = order[0], backward[order[0]]
        found[name] = (found[first][0] if _is_transparent(graph, first, name) else name, start)
        if found[name][0] != name and len(order) > 1:
            again = backward[order[1]]
            beside = (source for source in graph[first].inputs if source != name and wanted[source])
            if any(backward.get(source, 0) > again for source in beside):
                found[name] = (name, again)
    return found


def _is_transparent(graph: Graph, name: str, source: str) -> bool:
    """Whether the gradient of a layer's output is that of one of its inputs as well."""
    applied = graph.applied[name]
    saved = applied.layer.saved(applied.shapes, (True,) * len(applied.shapes))
    return (saved.transparent or saved.view) and prod(graph[name].shape) == prod(graph[source].shape)
