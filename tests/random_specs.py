"""Random valid specs as text: every layer, join, residual, dense, repeat, def, share, label and head.

Shapes are followed while the text is drawn, by the layers' own rules, and arguments are drawn so that they
mostly fit; what does not fit a shape is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from math import prod
from typing import Any

from cross.random_layers import PLAIN, layer_on
from hypothesis import strategies as st

from cnnspec.layers.base import Layer, Shape, describe
from cnnspec.layers.pool import MaxPool
from cnnspec.layers.sequence import Permute
from cnnspec.layers.written import show_argument, show_value

Draw = Callable[[Any], Any]
Lines = list[str]

LARGEST = 1500
"""The most values that one sample of a value has."""


def specs() -> st.SearchStrategy[str]:
    """The text of a spec with one net, called Net."""
    return _spec()


@st.composite
def _spec(draw: Draw) -> str:
    return Writer(draw).write()


FLAG = st.booleans()
LAYERS = [op for op in PLAIN if op != "parameter"]
"""Layers of one value; after `parameter`, which begins a chain anew, what came before would be dead."""


def written(layer: Layer, draw: Draw) -> str:
    """A layer as a spec writes it: defaults left out, and the first arguments perhaps without names."""
    given = [(f.name, getattr(layer, f.name)) for f in fields(layer) if getattr(layer, f.name) != f.default]
    bare = 0
    if draw(FLAG):
        names = [f.name for f in fields(layer)]
        while bare < len(given) and given[bare][0] == names[bare]:
            bare += 1
    words = [
        value_text(value) if i < bare else f"{name}={value_text(value)}"
        for i, (name, value) in enumerate(given)
    ]
    if isinstance(layer, Permute):
        words = [show_value(layer.order)]
    return f"{layer.op}({', '.join(words)})" if words else layer.op


def value_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return show_argument(value) if isinstance(value, tuple) else str(value)


class Writer:
    """Draws a net statement by statement; `labels` are the values that later statements may name."""

    def __init__(self, draw: Draw):
        self.draw = draw
        self.definitions: Lines = []
        self.labels: dict[str, Shape] = {}
        self.count = 0

    def write(self) -> str:
        inputs, start, shape = self.inputs()
        body, shape = self.chain(shape, self.draw(st.integers(1, 5)), labelled=True)
        lines = [*inputs, *start, *body]
        if self.labels and self.draw(st.integers(0, 3)) == 0:
            lines += self.heads(shape)
        return "\n".join([*self.definitions, "net Net {", *indented(lines), "}"])

    def inputs(self) -> tuple[Lines, Lines, Shape]:
        """The inputs of the net, the statement that joins them, and the shape that it gives."""
        rank = self.draw(st.sampled_from([0, 1, 1, 2, 2, 2, 2, 3, 3]))
        sizes = tuple(self.draw(st.integers(1, {0: 0, 1: 12, 2: 8, 3: 5}[rank])) for _ in range(rank))
        first, second = ((self.draw(st.sampled_from([1, 2, 3, 4, 6])), *sizes) for _ in range(2))
        if self.draw(st.integers(0, 4)):
            return [f"input {describe(first)}"], [], first
        lines = [f"input left {describe(first)}", f"input right {describe(second)}"]
        return lines, ["concat(left, right)"], (first[0] + second[0], *sizes)

    def heads(self, shape: Shape) -> Lines:
        """The main head, and another from a label, which may be for training."""
        label = self.draw(st.sampled_from(sorted(self.labels)))
        main, _ = self.chain(shape, 1)
        side, _ = self.chain(self.labels[label], 1)
        role = self.draw(st.sampled_from(["", ", training"]))
        return [
            "head main {",
            *indented(main or ["identity -> relu"]),
            "}",
            f"head side from {label}{role} {{",
            *indented(side or ["relu"]),
            "}",
        ]

    def chain(self, shape: Shape, length: int, labelled: bool = False) -> tuple[Lines, Shape]:
        """Some statements one after the other."""
        lines: Lines = []
        for _ in range(length):
            statement, shape = self.statement(shape, labelled)
            lines += statement
            if labelled and statement and self.draw(st.integers(0, 2)) == 0:
                shape = self.label(lines, len(statement), shape)
        return lines, shape

    def label(self, lines: Lines, size: int, shape: Shape) -> Shape:
        """Label the last statement, or join its value with that of an earlier label."""
        same = [name for name, other in self.labels.items() if other == shape]
        alike = [name for name, other in self.labels.items() if other[1:] == shape[1:]]
        if same and self.draw(FLAG):
            join = self.draw(st.sampled_from(["add", "mul", "maximum"]))
            lines.append(f"{join}({self.draw(st.sampled_from(same))}, prev)")
        elif alike and self.draw(FLAG):
            name = self.draw(st.sampled_from(alike))
            lines.append(f"concat(prev, {name})")
            shape = (shape[0] + self.labels[name][0], *shape[1:])
        else:
            name = self.fresh("value")
            lines[-size] = f"{name}: {lines[-size]}"
            self.labels[name] = shape
        return shape

    def fresh(self, word: str) -> str:
        self.count += 1
        return f"{word}{self.count}"

    def statement(self, shape: Shape, nest: bool = True) -> tuple[Lines, Shape]:
        """A layer, or now and then a form with statements inside."""
        if not nest or self.draw(st.integers(0, 2)):
            return self.layer(shape)
        plain = [self.residual, self.project, self.same, self.concat, self.gate, self.dense, self.block]
        newer = [self.conditional, self.split, self.early, self.opened, self.own_share, self.loop, self.reach]
        form = self.draw(st.sampled_from([*plain, *newer, self.unpool, self.product]))
        lines, result = form(shape)
        return (lines, result) if prod(result) <= LARGEST else ([], shape)

    def layer(self, shape: Shape) -> tuple[Lines, Shape]:
        random = self.draw(st.randoms(use_true_random=False))
        for _ in range(4):
            layer = layer_on(random, self.draw(st.sampled_from(LAYERS)), shape)
            if layer is not None:
                return [written(layer, self.draw)], layer.infer(shape)
        return [], shape

    def inner(self, shape: Shape) -> tuple[Lines, Shape]:
        """A short chain without forms inside."""
        return self.chain(shape, self.draw(st.integers(1, 2)))

    def kept(self, shape: Shape) -> Lines:
        """A short chain that ends in the shape it starts from, and has at least one layer."""
        lines, end = self.inner(shape)
        return lines + fitted(end, shape) or [self.draw(st.sampled_from(["relu", "tanh", "sigmoid"]))]

    def residual(self, shape: Shape) -> tuple[Lines, Shape]:
        word = self.draw(
            st.sampled_from(["residual", "residual(shortcut=identity)", "residual(shortcut=if_same)"])
        )
        return [f"{word} {{", *indented(self.kept(shape)), "}"], shape

    def project(self, shape: Shape) -> tuple[Lines, Shape]:
        """A residual that halves the map or changes its channels."""
        if len(shape) == 1:
            out = self.draw(st.integers(1, 8))
            return ["residual(shortcut=project) {", f"    linear({out})", "}"], (out,)
        word = self.draw(st.sampled_from(["project", "pad"]))
        stride = self.draw(st.integers(1, 2))
        out = self.draw(st.integers(shape[0] if word == "pad" else 1, shape[0] + 3))
        main = [f"conv({out}, 3, stride={stride}) -> relu", "batchnorm"]
        sizes = ((size - 1) // stride + 1 for size in shape[1:])
        return [f"residual(shortcut={word}) {{", *indented(main), "}"], (out, *sizes)

    def same(self, shape: Shape) -> tuple[Lines, Shape]:
        """Arms of equal shapes, one of them perhaps empty."""
        join = self.draw(st.sampled_from(["add", "mul", "maximum"]))
        arms = [self.kept(shape) for _ in range(self.draw(st.integers(1, 2)))]
        arms += [["identity"]] * self.draw(st.integers(0, 1))
        return joined(join, arms), shape

    def concat(self, shape: Shape) -> tuple[Lines, Shape]:
        arms, channels = [], 0
        for _ in range(self.draw(st.integers(1, 3))):
            lines, end = self.inner(shape)
            target = (end[0], *shape[1:]) if len(end) == len(shape) else shape
            arms.append(lines + fitted(end, target) or ["identity"])
            channels += target[0]
        return joined("concat", arms), (channels, *shape[1:])

    def gate(self, shape: Shape) -> tuple[Lines, Shape]:
        """Squeeze and excitation, as a map of one pixel or as a vector."""
        if len(shape) == 1:
            return self.same(shape)
        squeeze = self.draw(
            st.sampled_from([f"gap -> conv({shape[0]}, 1)", f"gmp -> flatten -> linear({shape[0]})"])
        )
        return joined("mul", [["identity"], [f"{squeeze} -> sigmoid"]]), shape

    def dense(self, shape: Shape) -> tuple[Lines, Shape]:
        count = self.draw(st.integers(1, 3))
        grown, out = shape[0], self.draw(st.integers(1, 3))
        layer = f"linear({out}) -> tanh" if len(shape) == 1 else f"batchnorm -> relu -> conv({out}, 3)"
        return [f"dense({count}) {{ {layer} }}"], (grown + count * out, *shape[1:])

    def conditional(self, shape: Shape) -> tuple[Lines, Shape]:
        """A step under a condition that holds or not, perhaps with another one in its place."""
        (first, result), (second, other) = self.layer(shape), self.layer(shape)
        holds = self.draw(FLAG)
        condition = f"{first[0] if first else 'relu'} if {'true' if holds else 'channels < 1'}"
        if not second or self.draw(FLAG):
            return [condition], result if holds else shape
        return [f"{condition} else {second[0]}"], result if holds else other

    def split(self, shape: Shape) -> tuple[Lines, Shape]:
        """The parts of the channels, each on its way, and joined again."""
        if self.draw(FLAG):
            parts = self.draw(st.sampled_from([n for n in range(1, shape[0] + 1) if shape[0] % n == 0]))
            lines = [f"concat {{ | for part in split(prev, {parts}): part -> relu | identity }}"]
            return lines, (2 * shape[0], *shape[1:])
        if shape[0] == 1:
            return self.layer(shape)
        first = self.draw(st.integers(1, shape[0] - 1))
        one, other = self.fresh("part"), self.fresh("part")
        chain = self.kept((first, *shape[1:]))
        lines = [f"let {one}, {other} = split(prev, [{first}, {shape[0] - first}])", f"{one} -> {chain[0]}"]
        return grouped([*lines, *chain[1:], f"concat({other}, prev)"]), shape

    def early(self, shape: Shape) -> tuple[Lines, Shape]:
        """A layer with its arguments, given to a def."""
        name = self.fresh("block")
        self.definitions.append(f"def {name}(unit, act=relu) {{ unit -> act }}")
        given, result = self.layer(shape)
        act = self.draw(st.sampled_from(["", ", leaky_relu(0.25)", ", act=identity"]))
        return [f"{name}({given[0] if given else 'tanh'}{act})"], result

    def opened(self, shape: Shape) -> tuple[Lines, Shape]:
        """A label within a def, from outside, of the first call or of one like it."""
        name, label = self.fresh("block"), self.fresh("open")
        first, second = self.kept(shape), self.kept(shape)
        group = [f"first: {{ {'; '.join(first)} }}"]
        self.definitions += [f"def {name} {{", *indented([*group, *second]), "}"]
        before = self.draw(st.sampled_from([[], [name]]))
        lines = [*before, f"{label}: {name}", f"concat({label}.first, prev)"]
        return grouped(lines), (2 * shape[0], *shape[1:])

    def own_share(self, shape: Shape) -> tuple[Lines, Shape]:
        """A share in the body of a def, whose calls have weights of their own."""
        name = self.fresh("block")
        body = ["share own {", *indented(self.kept(shape)), "}", "own -> own"]
        self.definitions += [f"def {name} {{", *indented(body), "}"]
        return [self.draw(st.sampled_from([name, f"{name} * 2", f"{name} -> {name}"]))], shape

    def loop(self, shape: Shape) -> tuple[Lines, Shape]:
        """A loop with a label, whose items are unpacked twice."""
        label, turns = self.fresh("loop"), self.draw(st.integers(0, 2))
        lines = [
            f"{label}: for i, (a, b) in enumerate([[1, 2]] * {turns}) {{",
            *indented(self.kept(shape)),
            "}",
        ]
        return grouped(lines), shape

    def reach(self, shape: Shape) -> tuple[Lines, Shape]:
        """A residual whose shortcut is a block, or none at all."""
        out, stride = self.draw(st.integers(1, 8)), self.draw(st.integers(1, 2))
        if len(shape) == 1:
            word = self.draw(st.sampled_from(["linear", "linear(bias=false)", "none"]))
            return [f"residual(shortcut={word}) {{ linear({out}) }}"], (out,)
        word = self.draw(st.sampled_from(["conv(kernel=1)", "conv(kernel=3, bias=false)", "none"]))
        sizes = ((size - 1) // stride + 1 for size in shape[1:])
        return [f"residual(shortcut={word}) {{ conv({out}, 3, stride={stride}) }}"], (out, *sizes)

    def unpool(self, shape: Shape) -> tuple[Lines, Shape]:
        """A pool of maxima and its way back, with layers between."""
        if len(shape) == 1:
            return self.same(shape)
        label, pad = self.fresh("pool"), self.draw(st.sampled_from(["", ", ceil=true", ", pad=1, ceil=true"]))
        pooled = MaxPool(2, pad=1 if "pad" in pad else 0, ceil="ceil" in pad)
        if min(shape[1:]) < 2:
            return self.same(shape)
        back = self.kept(pooled.infer(shape))
        lines = [f"{label}: maxpool(2{pad})", *back, f"max_unpool(of={label})"]
        return grouped(lines), shape

    def product(self, shape: Shape) -> tuple[Lines, Shape]:
        """The products of a value with itself, as matrices, one or the other transposed."""
        if len(shape) == 1:
            return self.same(shape)
        first, label = self.draw(FLAG), self.fresh("matrix")
        turned = "transpose_a" if first else "transpose_b"
        size = shape[-1] if first else shape[-2]
        lines = [f"{label}: {self.draw(st.sampled_from(['tanh', 'relu', 'softmax']))}"]
        return grouped([*lines, f"matmul({label}, prev, {turned}=true)"]), (*shape[:-2], size, size)

    def block(self, shape: Shape) -> tuple[Lines, Shape]:
        """A def or a share, called a few times."""
        name = self.fresh("block")
        word = self.draw(st.sampled_from(["def", "share"]))
        self.definitions += [f"{word} {name} {{", *indented(self.kept(shape)), "}"]
        calls = self.draw(
            st.sampled_from([[name], [f"{name} * 2"], [f"{name} -> {name}"], [name, f"{name} * 0"]])
        )
        return list(calls), shape


def fitted(shape: Shape, target: Shape) -> Lines:
    """What makes a value of one shape one of another; nothing where they agree."""
    if shape == target:
        return []
    if len(shape) != len(target) or len(shape) == 1:
        lines = ["flatten"] if len(shape) > 1 else []
        lines.append(f"linear({prod(target)})")
        return lines if len(target) == 1 else [*lines, f"reshape({describe(target)})"]
    lines = [f"resize({describe(target[1:])})"] if shape[1:] != target[1:] else []
    return lines if shape[0] == target[0] else [*lines, f"conv({target[0]}, 1)"]


def joined(join: str, arms: list[Lines]) -> Lines:
    """A join of arms, each on one line."""
    return [f"{join} {{", *(f"    | {' -> '.join(arm)}" for arm in arms), "}"]


def grouped(lines: Lines) -> Lines:
    """Statements in braces, of which one may be labelled."""
    return ["{", *indented(lines), "}"]


def indented(lines: Lines) -> Lines:
    return ["    " + line for line in lines]
