"""Layers that ONNX needs several operations for: an example of each, with sizes that tell its arguments."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from math import isqrt
from typing import Any

import numpy as np

from cnnspec.backends.base import CompileError
from cnnspec.backends.onnx.reading import shortest
from cnnspec.backends.onnx.rules import RULES
from cnnspec.importing.onnx_spellings import spelled_template
from cnnspec.importing.onnx_templates import FoundTemplate, Template, formula_template, template
from cnnspec.importing.windows import NoLayer
from cnnspec.layers import activation, attention, dense, join, norm, pool, shape
from cnnspec.layers.base import REGISTRY, Layer, LayerError, Shape
from cnnspec.layers.following import CropLike, ResizeLike

MAPS: tuple[Shape, ...] = ((77,), (77, 10), (77, 10, 15), (77, 10, 15, 20))
"""The shapes that examples take, by rank: 7 divides the channels, 5 the axes."""
Guess = Callable[[FoundTemplate, tuple[Shape, ...]], Iterator[Layer]]


@dataclass(frozen=True, eq=False)
class Hole:
    """Where an argument of an example stands: in a constant, or an attribute of the node of `name`."""

    name: str
    attribute: str
    index: int

    def read(self, found: FoundTemplate, kind: type) -> Any:
        """The argument there. Raises NoLayer where nothing stands at its place."""
        if self.attribute:
            given: Any = found.nodes[self.name].attributes.get(self.attribute)
            values = given if isinstance(given, tuple) else (given,)
        else:
            values = found.constants[self.name].ravel()
        value: Any = values[self.index] if self.index < len(values) else None
        if value is None or not np.isfinite(value):
            raise NoLayer
        return shortest(float(value)) if kind is float else int(value)


@dataclass(frozen=True, eq=False)
class Pattern:
    """Operations and their wiring, as examples have them, and what else may be written so.

    `write` gives the operations of a layer for shapes, which are these but for arguments.
    """

    template: Template
    guesses: list[Guess]
    write: Callable[[Layer, tuple[Shape, ...]], Template]

    @property
    def size(self) -> int:
        return len({node.place for node in self.template.makers.values()})

    def layers(self, found: FoundTemplate, shapes: tuple[Shape, ...]) -> Iterator[Layer]:
        for guess in self.guesses:
            yield from guess(found, shapes)


@cache
def patterns() -> Mapping[str, Sequence[Pattern]]:
    """All patterns by their last operation, the largest first."""
    found: dict[Hashable, Pattern] = {}
    examples = [(template, *one) for one in _examples()]
    spelled = [(spelled_template, *one) for one in _examples()]
    formulas = [(formula_template, one, None) for one in _formulas()]
    for write, example, guess in [*examples, *spelled, *formulas]:
        for shapes in _shapes(example):
            try:
                made = write(example, shapes)
            except (LayerError, CompileError):
                continue
            wiring = tuple((node.op, node.inputs) for node in made.makers.values())
            if len(wiring) > 1:
                pattern = found.setdefault((write, wiring), Pattern(made, [], write))
                pattern.guesses.append(guess or _holes(example, made))
    by_last: dict[str, list[Pattern]] = defaultdict(list)
    for pattern in found.values():
        by_last[pattern.template.makers[pattern.template.result].op].append(pattern)
    return {op: sorted(some, key=lambda one: -one.size) for op, some in by_last.items()}


def _shapes(example: Layer) -> Iterator[tuple[Shape, ...]]:
    if isinstance(example, ResizeLike):
        yield from (((77, *one[1:]), (5, *other)) for one, other in LIKES)
    elif isinstance(example, CropLike):
        yield from (((77, *other), (5, *one[1:])) for one, other in LIKES)
    elif isinstance(example, pool.MaxUnpool):
        yield from (((77, *(size // 2 for size in one[1:])), one) for one in MAPS[1:])
    elif isinstance(example, join.MatMul):
        # rows and columns of the two fit, turned or not
        one, other = (11, 13), (13, 17)
        yield (
            one[::-1] if example.transpose_a else one,
            other[::-1] if example.transpose_b else other,
        )
    elif isinstance(example, (join.Mul, join.Sub, join.Div)):
        yield from ((MAPS[0], one) for one in MAPS[1:])
        yield from ((one, MAPS[0]) for one in MAPS[1:])
    else:
        yield from ((one,) for one in (MAPS[:3] if isinstance(example, attention.Attention) else MAPS))


LIKES = tuple((one, tuple(3 * size for size in one[1:])) for one in MAPS[1:])


def _holes(example: Layer, made: Template) -> Guess:
    """Layers with the arguments that stand where those of the example do."""
    holes = {
        one.name: (hole, type(value))
        for one in dataclasses.fields(example)
        if type(value := getattr(example, one.name)) in (int, float) and (hole := _hole(value, made))
    }

    def guess(found: FoundTemplate, shapes: tuple[Shape, ...]) -> Iterator[Layer]:
        yield dataclasses.replace(
            example, **{name: hole.read(found, kind) for name, (hole, kind) in holes.items()}
        )

    return guess


def _hole(value: float, made: Template) -> Hole | None:
    wanted = np.float32(value)
    for name, array in made.constants.items():
        places = np.flatnonzero(array.ravel() == wanted)
        if len(places):
            return Hole(name, "", int(places[0]))
    for name, node in made.makers.items():
        for key, given in node.chosen.items():
            numbers = given if isinstance(given, tuple) else (given,)
            for index, number in enumerate(numbers):
                if isinstance(number, (int, float)) and np.float32(number) == wanted:
                    return Hole(name, key, index)
    return None


EPS = 0.21875
"""The small number of examples: exact in float32, and nowhere else in them."""


def _examples() -> Iterator[tuple[Layer, Guess | None]]:
    """Examples, and how to guess arguments that do not stand in what is written."""
    for kind in REGISTRY.values():
        if kind.elementwise and kind not in RULES and kind not in (activation.GELU, activation.Softplus):
            yield kind(), None
    yield from ((activation.GELU(how), None) for how in ("none", "tanh"))
    yield from ((activation.Softplus(*given), None) for given in ((), (3.0,), (3.0, 17.0), (1.0, 17.0)))
    for kind, over, affine in product((norm.LayerNorm, norm.RMSNorm), ("channels", "all"), (True, False)):
        yield kind(over, EPS, affine), None
    for affine in (True, False):
        yield norm.InstanceNorm(EPS, affine), None
        yield norm.GroupNorm(7, EPS, affine), None
        yield norm.FilterResponseNorm(EPS, affine), None
    yield norm.GlobalResponseNorm(EPS), None
    yield norm.EvoNormS0(7, EPS), None
    yield norm.LocalResponseNorm(4, 0.375, 0.625, 2.75), None
    yield from ((attention.Reduce("std", over), None) for over in ("channels", "positions", "all"))
    yield attention.EfficientChannelAttention(7), None
    yield from ((activation.Softmax(over, 7), None) for over in ("groups", "channels", "positions"))
    yield activation.Softmax("positions"), None
    yield from _shape_examples()
    for bias, relative, window in product((True, False), ("none", "relative"), (None, 5)):
        yield attention.Attention(7, bias, window, bias=relative), _attentions
        if window is not None:
            yield attention.Attention(7, bias, window, shift=3, bias=relative), _attentions


def _formulas() -> Iterator[Layer]:
    """Elementwise layers that ONNX has an operation for, which older and other writers spell out."""
    yield from (kind() for kind in REGISTRY.values() if kind.elementwise and kind in RULES)


def _shape_examples() -> Iterator[tuple[Layer, Guess | None]]:
    yield shape.ChannelShuffle(7), None
    yield shape.PixelShuffle(7), None
    yield shape.PixelUnshuffle(5), None
    yield shape.Resize(7), _resized
    yield from ((ResizeLike(mode=mode), None) for mode in ("nearest", "bilinear"))
    yield from ((CropLike(at=at), None) for at in (None, 0))
    yield dense.LearnedConstant((5, 3)), _learned
    yield from ((dense.Affine(), _affine), (dense.Linear(7), _linear), (dense.Linear(7, bias=False), _linear))
    yield from ((join.MatMul(*turned), None) for turned in product((True, False), repeat=2))
    yield from ((kind(), None) for kind in (join.Mul, join.Sub, join.Div))
    for mode in ("zeros", "reflect", "replicate"):
        yield pool.BlurPool(7, 11, mode), None
    yield pool.AvgPool(7, 5, ceil=True), _averages
    yield pool.LpPool(5, 3.0, 7), None
    yield pool.MaxUnpool(pool.MaxPool(2)), _unpools


# ---- guesses


def _affine(found: FoundTemplate, shapes: tuple[Shape, ...]) -> Iterator[Layer]:
    sizes = {found.constants[f"layer.{name}"].size for name in ("weight", "bias")}
    yield dense.Affine(shared=sizes == {1} and shapes[0][0] > 1)


def _linear(found: FoundTemplate, shapes: tuple[Shape, ...]) -> Iterator[Layer]:
    yield dense.Linear(found.constants["layer.weight"].shape[0], "layer.bias" in found.values)


def _learned(found: FoundTemplate, shapes: tuple[Shape, ...]) -> Iterator[Layer]:
    for array in found.constants.values():
        if array.ndim == 1 and np.issubdtype(array.dtype, np.integer) and array.size:
            sizes = tuple(map(int, array))
            yield dense.LearnedConstant(sizes[0] if len(sizes) == 1 else sizes)


def _resized(found: FoundTemplate, shapes: tuple[Shape, ...]) -> Iterator[Layer]:
    sizes = [array.size for array in found.constants.values()]
    yield shape.Resize(sizes[0] if len(set(sizes)) == 1 else tuple(sizes))


def _averages(found: FoundTemplate, shapes: tuple[Shape, ...]) -> Iterator[Layer]:
    node = next(one for one in found.nodes.values() if one.op == "AveragePool")
    kernel, stride = (one_size(node.attributes[key]) for key in ("kernel_shape", "strides"))
    before = [array for array in found.constants.values() if array.size == 2 * len(shapes[0]) - 2]
    pads = one_size(tuple(map(int, before[0].ravel()[: len(shapes[0]) - 1]))) if before else 0
    for count in (True, False):
        yield pool.AvgPool(kernel, None if stride == kernel else stride, pads, True, count)


def _unpools(found: FoundTemplate, shapes: tuple[Shape, ...]) -> Iterator[Layer]:
    node = next(one for one in found.nodes.values() if one.op == "MaxPool")
    rank = len(shapes[0]) - 1
    given = {key: node.attributes.get(key, (1,) * rank) for key in ("kernel_shape", "strides", "dilations")}
    kernel, stride, dilation = map(one_size, map(tuple, given.values()))
    pads = one_size(tuple(node.attributes.get("pads", (0,) * rank))[:rank])
    for ceil in (False, True):
        of = pool.MaxPool(kernel, None if stride == kernel else stride, pads, dilation, ceil)
        yield pool.MaxUnpool(of)


def _attentions(found: FoundTemplate, shapes: tuple[Shape, ...]) -> Iterator[Layer]:
    """By the places of a window: 49 of them are 7x7, of a window, of one that is shifted, or of a grid."""
    parts = next((array.ravel() for array in found.constants.values() if array.size == 6), None)
    if parts is None or min(parts[4:]) < 1 or parts[2] < 1:
        return
    windows, places, heads, width = (int(parts[i]) for i in (1, 2, 4, 5))
    bias = "relative" if "layer.relative_position_bias_table" in found.values else "none"
    out = heads * width
    common: dict[str, Any] = {
        "heads": heads,
        "qkv_bias": "layer.qkv.bias" in found.values,
        "bias": bias,
        "out": None if out == shapes[0][0] else out,
    }
    if windows == 1:
        yield attention.Attention(**common)
    side = isqrt(places)
    for window in [side] if side * side == places and len(shapes[0]) == 3 else _sides(places, shapes[0]):
        yield attention.Attention(window=window, **common)
        smaller = window if isinstance(window, int) else min(window)
        yield attention.Attention(window=window, shift=smaller // 2, **common)
        yield attention.Attention(grid=window, **common)


def _sides(places: int, sizes: Shape) -> Iterator[int | tuple[int, ...]]:
    if len(sizes) == 2:
        yield places
    elif len(sizes) == 3:
        yield from (
            (height, places // height)
            for height in range(1, places + 1)
            if places % height == 0 and sizes[1] % height == 0 and sizes[2] % (places // height) == 0
        )


def one_size(sizes: tuple[int, ...]) -> int | tuple[int, ...]:
    """A size as one number where all axes agree."""
    return sizes[0] if len(set(sizes)) == 1 else sizes
