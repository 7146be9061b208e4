"""Attention channels last, in three phases over memory that holds q, k, v and what proj reads, side by side.

    rows of places      q | k | v = x W^T + b, and q / sqrt(d)
    windows of a head   read = softmax(q k^T + b) v
    rows of places      y = read W^T + b

Places stand in the order of their windows there: the first phase gathers them, the last one puts them back.
A block of the second phase has so many windows that their scores stay in the cache.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np

from cnnspec.backends.numpy.inference.common import Block, Phase, Workplace, split
from cnnspec.backends.numpy.inference.fuse import Stage
from cnnspec.backends.numpy.kernels.attention import relative_index, shift_mask, window_order
from cnnspec.backends.numpy.kernels.window import Array
from cnnspec.backends.numpy.rules import Settings, attention_settings, keyword_names
from cnnspec.layers.base import Shape

SCORES = 1 << 17
"""Floats that the scores of one block may take: 512 KiB."""

ROWS = 256
"""Places in a block of the products with weights."""


def attention_temporary(stage: Stage, source: Shape, batch: int) -> Shape:
    """q, k, v and what proj reads of each place."""
    return batch, prod(source[1:]), 4 * stage.layer.width(source)


def build_attention(stage: Stage, source: Shape, work: Workplace) -> list[Phase]:
    """The phases of attention, over windows or the whole map."""
    settings = attention_settings(stage.layer, source)
    order = window_order(source[1:], settings["window"], settings["shift"], settings["grid"])
    held = work.memory.temporary(stage)
    width = stage.layer.width(source)
    weights = {name: work.tensors[key] for name, key in keyword_names(stage.step).items()}
    gather = build_gather(stage, source, order, held, weights, work)
    read = build_read(source, order, held, settings, weights, work)
    return [gather, read, build_proj(stage, order, held[..., 3 * width :], weights, work)]


def row_blocks(batch: int, places: int, threads: int) -> list[tuple[int, slice]]:
    """Places of each image, in blocks of about ROWS."""
    count = max(-(-places // ROWS), -(-threads // batch))
    return [(image, part) for image in range(batch) for part in split(places, count)]


def build_gather(
    stage: Stage, source: Shape, order: Array, held: Array, weights: dict[str, Array], work: Workplace
) -> Phase:
    """q, k and v of the places, in the order of the windows."""
    width = held.shape[-1] // 4
    x = work.view(stage.inputs[0]).reshape(len(held), order.size, -1)
    factor, bias = weights["qkv_weight"].T, weights.get("qkv_bias")
    scale = np.float32((width // stage.layer.heads) ** -0.5)
    places = order.ravel()

    def block(image: int, part: slice) -> Block:
        rows, qkv = x[image], held[image, part, : 3 * width]
        chosen = part if len(order) == 1 else places[part]

        def run() -> None:
            np.matmul(rows[chosen], factor, out=qkv)
            if bias is not None:
                np.add(qkv, bias, out=qkv)
            np.multiply(qkv[:, :width], scale, out=qkv[:, :width])

        return run

    return [block(*one) for one in row_blocks(len(held), order.size, work.threads)]


def build_read(
    source: Shape,
    order: Array,
    held: Array,
    settings: Settings,
    weights: dict[str, Array],
    work: Workplace,
) -> Phase:
    """What each place of a window reads of the others, for each head."""
    count, places = order.shape
    heads = settings["heads"]
    parts = held.reshape(len(held), count, places, 4, heads, -1)
    q, k, v, result = (parts[:, :, :, which] for which in range(4))
    added = added_to_scores(source, order, settings, weights, work)

    def block(image: int, chosen: slice, head: int) -> Block:
        queries, keys, values, y = (one[image, chosen, :, head] for one in (q, k, v, result))
        extra = added(chosen, head)

        def run() -> None:
            scores = work.scratch.take(len(queries), places, places)
            np.matmul(queries, keys.swapaxes(1, 2), out=scores)
            for one in extra:
                np.add(scores, one, out=scores)
            np.subtract(scores, scores.max(-1, keepdims=True), out=scores)
            np.exp(scores, out=scores)
            np.matmul(scores, values, out=y)
            np.divide(y, scores.sum(-1, keepdims=True), out=y)

        return run

    cuts = list(split(count, -(-count * places * places // SCORES)))
    return [
        block(image, chosen, head) for image in range(len(held)) for chosen in cuts for head in range(heads)
    ]


def added_to_scores(
    source: Shape, order: Array, settings: Settings, weights: dict[str, Array], work: Workplace
) -> Callable[[slice, int], list[Array]]:
    """What is added to the scores of some windows of a head: learned values, and where no one may look."""
    table, shift, window = weights.get("relative_position_bias_table"), settings["shift"], settings["window"]
    learned = None if table is None else np.ascontiguousarray(table.T[:, relative_index(window)])
    mask = None
    if shift is not None:
        key = f"shift mask {source[1:]} {window} {shift}"
        mask = work.derived(key, lambda: shift_mask(order, source[1:], shift)[:, 0].astype(np.float32))

    def added(chosen: slice, head: int) -> list[Array]:
        found = [] if learned is None else [learned[head]]
        return found if mask is None else [*found, mask[chosen]]

    return added


def build_proj(stage: Stage, order: Array, read: Array, weights: dict[str, Array], work: Workplace) -> Phase:
    """The linear layer after it, each place put back where it stood."""
    out = work.view(stage.output).reshape(len(read), order.size, -1)
    factor, bias, places = weights["proj_weight"].T, weights["proj_bias"], order.ravel()

    def block(image: int, part: slice) -> Block:
        source, target = read[image, part], out[image]
        chosen = part if len(order) == 1 else places[part]

        def run() -> None:
            y = work.scratch.take(len(source), out.shape[-1])
            np.matmul(source, factor, out=y)
            np.add(y, bias, out=y)
            target[chosen] = y

        return run

    return [block(*one) for one in row_blocks(len(read), order.size, work.threads)]
