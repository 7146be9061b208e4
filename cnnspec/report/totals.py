"""The totals under a summary: figures of the whole net, in words."""

from __future__ import annotations

from typing import Any

from cnnspec.layers.base import describe
from cnnspec.passes.cost import conventions, uncounted
from cnnspec.passes.receptive_field import Field
from cnnspec.pipeline import Compiled


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
        ("receptive field", _field_text(net.receptive_field)),
        ("depth", f"{net.depth} layers with multiplications on the longest path"),
    ]


def _which(net: Compiled) -> str:
    """What of a net inference runs, in words."""
    graph = net.graph
    dead = len(graph.live_nodes) < len(graph)
    return "in inference" if dead else "without training heads"


def _field_text(field: Field | None) -> str:
    if field is None:
        return "the whole input"
    return f"{describe(field.size)}, stride {_plain(field.stride)}, left padding {_plain(field.padding)}"


def _plain(values: tuple[Any, ...]) -> str:
    return str(values[0]) if len(set(values)) == 1 else "x".join(map(str, values))


def size_text(count: int) -> str:
    """A number of bytes in MB (10**6 bytes), or kB or GB where that reads better."""
    if count < 10**6:
        return f"{count / 10**3:.1f} kB"
    return f"{count / 10**6:.1f} MB" if count < 10**9 else f"{count / 10**9:.2f} GB"
