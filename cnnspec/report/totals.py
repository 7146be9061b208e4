"""The totals under a summary: figures of the whole net, in words."""

from __future__ import annotations

from cnnspec.layers.base import describe
from cnnspec.passes.buffers import BYTES, weight_bytes
from cnnspec.passes.cost import conventions, uncounted
from cnnspec.passes.receptive_field import last_map
from cnnspec.passes.training_memory import TrainingMemory
from cnnspec.pipeline import Compiled
from cnnspec.report.numbers import same_on_all, size_text


def totals(net: Compiled) -> list[tuple[str, str]]:
    """The totals as names and texts, one line each."""
    whole, inference, training = net.costs.total, net.costs.inference, net.costs.training
    memory = net.memory
    different = net.counted(training) != net.counted(inference)
    more = f" ({net.counted(training):,} in training)" if different else ""
    counts = conventions(net.graph, net.costs)
    left_out = f" ({inference.params:,} {_which(net)})" if inference.params != whole.params else ""
    others = ", ".join(f"{name} {count:,}" for name, count in counts.items() if name != net.counting)
    return [
        ("params", f"{whole.params:,}{left_out}"),
        ("buffers", f"{whole.buffers:,}"),
        ("MACs", f"{net.counted(inference):,}{more}"),
        ("other counts", others),
        ("layers not counted", f"{len(uncounted(net.graph))}"),
        ("activations", f"{inference.activations:,}"),
        (
            "memory",
            f"weights {size_text(memory.weights_bytes)}, activations at most "
            f"{size_text(memory.peak_activation_bytes)} (at {memory.peak_at}), fp32, one sample",
        ),
        ("on a device", _on_a_device(net)),
        ("training", _training(net.training_memory())),
        ("receptive field", _field_text(net)),
        ("depth", f"{net.depth} layers with multiplications on the longest path"),
    ]


def _on_a_device(net: Compiled) -> str:
    """Weights and peak of activations as a runtime for devices holds them, for each type."""
    sizes = [
        f"{size_text(weight_bytes(net.graph, dtype))} + {size_text(size * net.timeline.peak)} in {dtype}"
        for dtype, size in BYTES.items()
    ]
    return f"weights + activations, batchnorm folded, in place: {', '.join(sizes)}"


def _training(memory: TrainingMemory) -> str:
    return (
        f"{size_text(memory.saved)} kept for the backward pass of {memory.batch} sample"
        f"{'' if memory.batch == 1 else 's'}, {size_text(memory.total)} with weights, gradients and "
        f"the state of {memory.optimizer}"
    )


def _which(net: Compiled) -> str:
    """What of a net inference runs, in words."""
    graph = net.graph
    dead = len(graph.live_nodes) < len(graph)
    return "in inference" if dead else "without training heads"


def _field_text(net: Compiled) -> str:
    """The field of the head's last map: along its spatial path, and whether it sees all besides."""
    node = last_map(net.graph)
    field = None if node is None else net.fields.along(node.name)
    if node is None or field is None:
        return "the whole input"
    stride, padding = same_on_all(field.stride), same_on_all(field.padding)
    text = f"{describe(field.size)}, stride {stride}, left padding {padding}"
    return f"{text}; and the whole input, by way of a gate" if net.fields.sees_all(node.name) else text
