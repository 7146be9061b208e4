"""The weights of a net as source: a line for each layer that has some, and loops where layers repeat.

    layer1.1.conv  64x64x3x3                for i in range(1, 4):
    layer1.2.conv  64x64x3x3     gives          yield f"layer1.{i}.conv", kernel_weights(64, 64, 3, 3)
    layer1.3.conv  64x64x3x3

The lines of a loop are the same but for one number in the paths, which counts the turns, and for sizes that
grow with it, as those of a dense block do: kernel_weights(128, 64 + 32 * i, 1, 1).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from math import prod
from typing import NamedTuple

from cnnspec.backends.numpy.statements import TURN, WIDTH, counted, numbered
from cnnspec.backends.python_source import literal
from cnnspec.backends.weights import declared
from cnnspec.graph import Graph
from cnnspec.layers.base import Weight

MOST_LINES = 40
"""The most lines of a loop."""
NUMBER = re.compile(r"(?<![\w.-])(\d+)(?![\w.])")

STARTS = '''
def starts() -> Iterator[tuple[str, dict[str, tuple]]]:
    """By the path of a layer its weights: shape and bound of a uniform start, or shape, 0 and a constant."""
{lines}


WEIGHTS = {{f"{{path}}.{{name}}": start for path, layer in starts() for name, start in layer.items()}}
'''

KERNEL = '''
def kernel_weights(*shape: int, bias: bool = True) -> dict[str, tuple]:
    """Of a convolution or a linear layer: uniform in +-1 / sqrt(fan in)."""
    bound = prod(shape[1:]) ** -0.5
    return {"weight": (shape, bound), "bias": (shape[:1], bound)} if bias else {"weight": (shape, bound)}
'''

NORM = '''
def norm_weights(channels: int, running: bool = True) -> dict[str, tuple]:
    """Of a normalization, which scales and moves nothing at first."""
    constants = {"weight": 1.0, "bias": 0.0} | ({"running_mean": 0.0, "running_var": 1.0} if running else {})
    return {name: ((channels,), 0.0, constant) for name, constant in constants.items()}
'''
NORMED = {"weight": 1.0, "bias": 0.0, "running_mean": 0.0, "running_var": 1.0}


class LayerStart(NamedTuple):
    """A layer, and its weights as they are written."""

    path: str
    text: str


class StartLoop(NamedTuple):
    """So many turns of some layers, counted from `first` on."""

    period: int
    turns: int
    first: int


def weights_table(graph: Graph) -> str:
    """The functions that say which weights a net has, and the table that they make."""
    layers = list(layer_starts(graph))
    if not layers:
        return "WEIGHTS = {}"
    lines = "\n".join(starting_lines(layers))
    helpers = [text for text in (KERNEL, NORM) if f"{text.split('(')[0].split()[1]}(" in lines]
    return "\n\n\n".join(part.strip("\n") for part in (*helpers, STARTS.format(lines=lines)))


def layer_starts(graph: Graph) -> Iterator[LayerStart]:
    """Each layer with its weights, in the order of the net's."""
    for path, group in groupby(declared(graph), key=lambda one: one[0].rpartition(".")[0]):
        weights = {key.rpartition(".")[2]: weight for key, weight, _ in group}
        yield LayerStart(path, weights_text(weights))


def weights_text(weights: dict[str, Weight]) -> str:
    """The weights of a layer as a call that gives them, or as they are."""
    given = {
        name: (weight.shape, weight.init.value)
        if weight.init.kind == "uniform"
        else (weight.shape, 0.0, weight.init.value)
        for name, weight in weights.items()
    }
    shape = next(iter(weights.values())).shape
    bound = prod(shape[1:]) ** -0.5
    kernel = {"weight": (shape, bound), "bias": (shape[:1], bound)}
    norm = {name: (shape[:1], 0.0, constant) for name, constant in NORMED.items()}
    for whole, count, call, without in (
        (kernel, 1, f"kernel_weights({', '.join(map(str, shape))}", "bias"),
        (norm, 2, f"norm_weights({', '.join(map(str, shape))}", "running"),
    ):
        if given == whole:
            return f"{call})"
        if given == dict(islice(whole.items(), count)):
            return f"{call}, {without}=False)"
    return f"{{{', '.join(f'{literal(name)}: {start!r}' for name, start in given.items())}}}"


def starting_lines(layers: Sequence[LayerStart]) -> Iterator[str]:
    """A line for each layer, or for those of one turn of a loop."""
    at = 0
    while at < len(layers):
        loop = loop_at(layers, at)
        if loop is None:
            yield from line("    ", literal(layers[at].path), layers[at].text)
            at += 1
            continue
        counter = f"{loop.first}, {loop.first + loop.turns}" if loop.first else str(loop.turns)
        yield f"    for i in range({counter}):"
        for one, other in ((layers[n], layers[n + loop.period]) for n in range(at, at + loop.period)):
            yield from line("        ", turning_path(one, other), turning_text(one, other, loop.first))
        at += loop.period * loop.turns


def line(indent: str, path: str, text: str) -> Iterator[str]:
    """A layer's line, or where it is too long one for the path and one for the weights."""
    if len(f"{indent}yield {path}, {text}") <= WIDTH:
        yield f"{indent}yield {path}, {text}"
        return
    yield from (f"{indent}yield (", f"{indent}    {path},", f"{indent}    {text},", f"{indent})")


def loop_at(layers: Sequence[LayerStart], at: int) -> StartLoop | None:
    """The loop from a layer on that saves most lines."""
    most = min(MOST_LINES, (len(layers) - at) // 2)
    loops = (loop for period in range(1, most + 1) if (loop := loop_of(layers, at, period)) is not None)
    found = max(loops, key=lambda loop: loop.period * (loop.turns - 1), default=None)
    return found if found is not None and found.period * (found.turns - 1) > 1 else None


def loop_of(layers: Sequence[LayerStart], at: int, period: int) -> StartLoop | None:
    """The turns of so many layers; None where the next ones are no second turn."""
    first, turns = None, 1
    while (found := turn_number(layers, at, period, turns)) is not None and first in (None, found):
        first, turns = found, turns + 1
    # any two numbers lie on a line
    if turns == 2 and any(layers[at + j].text != layers[at + period + j].text for j in range(period)):
        return None
    return None if first is None else StartLoop(period, turns, first)


def turn_number(layers: Sequence[LayerStart], at: int, period: int, turn: int) -> int | None:
    """The number of the first turn if the layers of a turn follow from the first two; None if they do not."""
    first: int | None = None
    if at + (turn + 1) * period > len(layers):
        return None
    for one in range(at, at + period):
        mine, its = layers[one], layers[one + turn * period]
        found = counted(mine.path, its.path, turn)
        if (
            found is None
            or first not in (None, found[0])
            or not follows(mine, layers[one + period], its, turn)
        ):
            return None
        first = found[0]
    return first


def follows(first: LayerStart, second: LayerStart, its: LayerStart, turn: int) -> bool:
    """Whether the sizes of a turn have grown at each turn as they do from the first to the second."""
    texts = [NUMBER.split(layer.text) for layer in (first, second, its)]
    if len({(len(text), *text[::2]) for text in texts}) > 1:
        return False
    numbers = (map(int, text[1::2]) for text in texts)
    return all(c - a == turn * (b - a) for a, b, c in zip(*numbers, strict=True))


def turning_path(one: LayerStart, other: LayerStart) -> str:
    """The path of a layer with the number of the turn in it."""
    found = counted(one.path, other.path, 1)
    assert found is not None
    doubled = numbered(one.path, found[1]).replace("{", "{{").replace("}", "}}")
    return "f" + literal(doubled).replace(literal(TURN)[1:-1], "{i}")


def turning_text(one: LayerStart, other: LayerStart, first: int) -> str:
    """The weights of a layer, with sizes that grow from turn to turn."""
    parts, others = NUMBER.split(one.text), NUMBER.split(other.text)
    for place in range(1, len(parts), 2):
        size, step = int(parts[place]), int(others[place]) - int(parts[place])
        if step:
            start = f"{size - step * first} + " if size != step * first else ""
            parts[place] = f"{start}{step} * i"
    return "".join(parts)
