"""Random nets of every kind, as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import NamedTuple

from cnnspec.layers import Layer, parameters
from cnnspec.layers.base import Shape, describe
from cnnspec.layers.written import show_value
from cross.kinds import KINDS
from cross.random_layers import PLAIN, layer_on, shape_of_rank

LARGE = "ten thousand layers"
SLOW_IN_NETS = ("pad", "reshape", "resize", "upsample")
"""Layers that grow what follows them."""


class Drawn(NamedTuple):
    """A net: its kind, and its spec."""

    kind: str
    text: str


def draw(random: Random, kind: str | None = None) -> Drawn:
    """A net of a kind, or of any: the fixed one, or one with random layers."""
    kind = kind or random.choice([*MAKERS, *KINDS])
    if kind in MAKERS and (kind not in KINDS or random.random() < 0.7):
        return Drawn(kind, MAKERS[kind](random))
    return Drawn(kind, KINDS[kind])


def written(layer: Layer) -> str:
    """A layer as a spec writes it."""
    given = []
    for parameter in parameters(type(layer)):
        value = getattr(layer, parameter.name)
        if parameter.required or value != parameter.default:
            given.append(f"{parameter.name}={show_value(value)}")
    return f"{layer.op}({', '.join(given)})" if given else layer.op


def body(random: Random, shape: Shape, length: int) -> tuple[list[str], Shape]:
    """Layers one after the other on a shape, and the shape that they end in."""
    lines = []
    for _ in range(length):
        op = random.choice(PLAIN)
        layer = None if op in SLOW_IN_NETS and random.random() < 0.7 else layer_on(random, op, shape)
        if layer is not None:
            lines.append(written(layer))
            shape = layer.infer(shape)
    return lines, shape


def chain(lines: list[str]) -> str:
    return " -> ".join(lines or ["identity"])


def to_head(shape: Shape, out: int) -> str:
    """What makes a vector of classes of anything."""
    return f"flatten -> linear({out})" if len(shape) > 1 else f"linear({out})"


def of_rank(rank: int) -> Callable[[Random], str]:
    def make(random: Random) -> str:
        shape = shape_of_rank(random, rank)
        lines, last = body(random, shape, random.randint(1, 7))
        head = f"\n    {to_head(last, 3)}" if random.random() < 0.5 else ""
        return f"net Net {{\n    input {describe(shape)}\n    {chain(lines)}{head}\n}}\n"

    return make


def residual(random: Random, shape: Shape) -> str:
    """A residual whose main path keeps the shape, or one with a projection."""
    channels, rank = shape[0], len(shape) - 1
    if not rank:
        return f"residual {{ linear({channels}) -> relu }}"
    stride = random.choice((1, 1, 2))
    return f"residual(shortcut=project) {{ conv({channels}, 3, stride={stride}) -> batchnorm }}"


def heads(training: bool) -> Callable[[Random], str]:
    """Several heads on values along a chain; with `training`, some of them left out by inference."""

    def make(random: Random) -> str:
        shape = shape_of_rank(random, random.choice((1, 2, 2, 3)))
        lines = [
            "share tower { conv(3, 3) -> batchnorm -> relu }",
            "net Net {",
            f"    input {describe(shape)}",
        ]
        first = random.randrange(3)
        for number in range(3):
            more, shape = body(random, shape, random.randint(1, 3))
            lines.append(f"    m{number}: {chain(more)}")
            is_training = training and number != first
            tower = "conv(3, 1) -> tower -> " if len(shape) > 1 and random.random() < 0.6 else ""
            kept = (3, *shape[1:]) if tower else shape
            mark = ", training" if is_training else ""
            lines.append(f"    head h{number} from m{number}{mark} {{ {tower}{to_head(kept, 2)} }}")
        return "\n".join([*lines, "}", ""])

    return make


def shares(random: Random) -> str:
    shape = shape_of_rank(random, random.choice((1, 2, 3)))
    lines, last = body(random, shape, random.randint(1, 4))
    inputs = [f"    input x{i} {describe(shape)}\n    y{i}: x{i} -> eye" for i in range(random.randint(2, 3))]
    names = ", ".join(f"y{i}" for i in range(len(inputs)))
    join = random.choice(("concat", "add", "mul", "maximum"))
    return "\n".join(
        [
            f"share eye {{ {chain(lines)} }}",
            "net Net {",
            *inputs,
            f"    {join}({names}) -> {to_head(last, 2)}",
            "}",
            "",
        ]
    )


def nested(random: Random) -> str:
    shape = shape_of_rank(random, 2)
    unit = random.choice((f"conv({shape[0]}, 3) -> batchnorm", residual(random, (shape[0], 1, 1)), "relu"))
    text = f"{unit}; relu"
    for _ in range(random.randint(1, 4)):
        text = f"{{ {text} }} * {random.randint(1, 3)}"
        if random.random() < 0.3:
            text = f"{{ {text}; identity }}"
    return f"def stage() {{ {text} }}\nnet Net {{\n    input {describe(shape)}\n    stage * 2; gap\n}}\n"


def dead(random: Random) -> str:
    shape = shape_of_rank(random, 2)
    lines, _ = body(random, shape, 4)
    more, last = body(random, shape, 3)
    chains = f"x -> {chain(lines)}\n    x -> {chain(more)}"
    return f"net Net {{\n    input x {describe(shape)}\n    {chains}\n    {to_head(last, 2)}\n}}\n"


def family(random: Random) -> str:
    width = random.randint(1, 6)
    return (
        f"net Net(width={width}, deep=true, kernels=[1, 3]) {{\n    input 3x9x9\n"
        "    for k in kernels { conv(width, k) -> relu }\n    if deep { conv(2 * width, 3) * 2 }\n"
        "    gap -> flatten -> linear(4)\n    expect params < 1M\n}\n"
    )


def wrong(random: Random) -> str:
    """A spec with a mistake in it."""
    text = of_rank(2)(random)
    place = random.randrange(len(text))
    mistakes = (
        text[:place] + random.choice('{}()->,;=%"') + text[place:],
        text[:place] + text[place + 3 :],
        text.replace("input", "inputs", 1),
        text.replace("Net", "relu", 1),
        text + "net Net { input 3x8x8; conv(5, groups=2, nothing=1); linear(2) }\n",
    )
    return random.choice(mistakes)


def large(random: Random) -> str:
    unit = random.choice(("conv(2, 1)", "conv(2, 1) -> relu", "residual { conv(2, 1) }"))
    layers = 1 + unit.count("->") + unit.startswith("residual")
    return f"net Net {{\n    input 2x2x2\n    {{ {unit} }} * {10_000 // layers}\n}}\n"


MAKERS: Mapping[str, Callable[[Random], str]] = {
    "vector": of_rank(0),
    "sequence": of_rank(1),
    "chain": of_rank(2),
    "volume": of_rank(3),
    "training head": heads(training=True),
    "several heads": heads(training=False),
    "share": shares,
    "nested groups": nested,
    "dead layers": dead,
    "family": family,
    "mistake": wrong,
    LARGE: large,
}
EVERY = tuple(dict.fromkeys([*KINDS, *MAKERS]))
"""The names of all kinds."""
