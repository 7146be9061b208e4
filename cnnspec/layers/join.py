"""Joins: concat, add, mul and maximum take any number of values, from one up; sub, div and matmul two."""

from __future__ import annotations

from math import prod

from cnnspec.layers.base import ANY_BATCH, FLOAT, Layer, LayerError, Saved, Shape, argument, describe, layer
from cnnspec.layers.kinds import FLAG, words
from cnnspec.layers.window import ratio


def passed_alone(self: Layer, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
    """The rule of a join that keeps nothing: one input alone it gives as it is."""
    return Saved(view=len(shapes) == 1)


@layer("concat", family="join")
class Concat(Layer):
    """The channels of all inputs, one after the other; sizes must agree.

    over=positions joins sequences end to end, where channels must agree.
    Szegedy et al. 2014, "Going deeper with convolutions".
    """

    arity = None
    moves = True
    sign = "C"

    over: str = argument(
        words("channels", "positions"), "what is put one after the other", default="channels"
    )

    def infer(self, *shapes: Shape) -> Shape:
        if self.over == "positions":
            return self.end_to_end(*shapes)
        for shape in shapes[1:]:
            if shape[1:] != shapes[0][1:]:
                raise unequal("concat", shapes[0], shape, "everything but their channels")
        return sum(shape[0] for shape in shapes), *shapes[0][1:]

    def end_to_end(self, *shapes: Shape) -> Shape:
        """The shape of sequences put end to end."""
        for shape in shapes:
            if len(shape) != 2:
                raise LayerError(
                    "shape-rank",
                    f"`concat` over positions joins sequences such as 64x49, here is {describe(shape)}",
                    help="put tokens after a map, which makes a sequence of it",
                )
            if shape[0] != shapes[0][0]:
                raise unequal("concat", shapes[0], shape, "their channels")
        return shapes[0][0], sum(shape[1] for shape in shapes)

    saved = passed_alone


@layer("add", family="join")
class Add(Layer):
    """The sum of equal shapes. He et al. 2015, "Deep residual learning for image recognition"."""

    arity = None
    commutes = True
    keeps_layout = True
    sign = "+"

    def infer(self, *shapes: Shape) -> Shape:
        return equal_shape("add", shapes)

    def operations(self, *shapes: Shape) -> int:
        return (len(shapes) - 1) * prod(shapes[0])

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """Nothing."""
        return Saved(view=len(shapes) == 1, transparent=True)


@layer("mul", family="join")
class Mul(Layer):
    """The product, value by value; axes of size 1 are repeated, and a vector C counts as Cx1x1.

    A gate Cx1x1 scales channels (Hu et al. 2017, "Squeeze-and-excitation networks"), a mask 1xHxW places.
    """

    arity = None
    commutes = True
    keeps_layout = True
    sign = "x"

    def infer(self, *shapes: Shape) -> Shape:
        return repeated("mul", shapes)

    def operations(self, *shapes: Shape) -> int:
        return (len(shapes) - 1) * prod(self.infer(*shapes))

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """Each factor where the gradient of another is wanted, and the products of all but the last."""
        kept, own, product = set(), 0, shapes[0]
        for i, shape in enumerate(shapes[1:], start=1):
            if any(wanted[:i]):
                kept.add(i)
            if wanted[i]:
                kept |= {0} if i == 1 else set()
                own += FLOAT * prod(product) if i > 1 else 0
            product = self.infer(product, shape)
        return Saved(tuple(sorted(kept)), per_sample=own, view=len(shapes) == 1)


@layer("sub", family="join")
class Sub(Layer):
    """The first value less the second; axes of size 1 are repeated, and a vector C counts as Cx1x1.

    Highway networks carry x * (1 - t): Srivastava et al. 2015, "Training very deep networks".
    """

    arity = None
    sign = "-"

    def infer(self, *shapes: Shape) -> Shape:
        return repeated("sub", two("sub", shapes))

    def operations(self, *shapes: Shape) -> int:
        return prod(self.infer(*shapes))

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """Nothing: both gradients are that of the output."""
        return Saved()


@layer("div", family="join")
class Div(Layer):
    """The first value by the second; axes of size 1 are repeated, and a vector C counts as Cx1x1.

    Response norms divide by what they measure: Woo et al. 2023, "ConvNeXt V2", section 3.
    """

    arity = None
    sign = "/"

    def infer(self, *shapes: Shape) -> Shape:
        return repeated("div", two("div", shapes))

    def operations(self, *shapes: Shape) -> int:
        return prod(self.infer(*shapes))

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """What is divided by, and where its gradient is wanted what is divided.

        That gradient is -grad * ((a / b) / b): four maps, before the gradient of a is made.
        """
        return Saved((0, 1), work=4 * FLOAT * prod(self.infer(*shapes))) if wanted[1] else Saved((1,))


@layer("matmul", family="join")
class MatMul(Layer):
    """The product of two values as matrices, over their last two axes; the axes before them must agree.

    Of sequences CxL the rows are the channels, of maps CxHxW each channel is a matrix. Wang et al. 2018,
    "Non-local neural networks"; Vaswani et al. 2017, "Attention is all you need".
    """

    arity = None
    aligns = False
    sign = "@"

    transpose_a: bool = argument(FLAG, "takes the first with rows and columns exchanged", default=False)
    transpose_b: bool = argument(FLAG, "takes the second with rows and columns exchanged", default=False)

    def infer(self, *shapes: Shape) -> Shape:
        for shape in two("matmul", shapes):
            if len(shape) < 2:
                raise LayerError(
                    "shape-rank",
                    f"`matmul` multiplies matrices, over two axes, and {describe(shape)} is a vector",
                    help=f"reshape({describe(shape)}x1) makes a matrix of it",
                )
        first, second = self.matrices(*shapes)
        if not multiply(first, second):
            raise LayerError(
                "shape-join",
                f"`matmul` cannot multiply {describe(first)} and {describe(second)}: the last axis of the "
                "first must be the last but one of the second, and the axes before agree",
                label=f"{describe(shapes[0])} and {describe(shapes[1])}",
                help=matrix_cure(*shapes),
            )
        return *first[:-1], second[-1]

    def matrices(self, *shapes: Shape) -> tuple[Shape, Shape]:
        """The shapes as they are multiplied."""
        first, second = ((*shape[:-2], shape[-1], shape[-2]) for shape in shapes)
        return first if self.transpose_a else shapes[0], second if self.transpose_b else shapes[1]

    def macs(self, *shapes: Shape) -> int:
        return prod(self.infer(*shapes)) * self.matrices(*shapes)[0][-1]

    def sees(self, *shapes: Shape) -> None:
        return None

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """Each factor where the gradient of the other is wanted; maps one channel after the other."""
        kept = tuple([number for number in (0, 1) if wanted[1 - number]])
        return Saved(kept, by_channel=len(shapes[0]) > 2, first_below=ANY_BATCH)


@layer("maximum", family="join")
class Maximum(Layer):
    """The largest of the inputs, value by value. Goodfellow et al. 2013, "Maxout networks"."""

    arity = None
    commutes = True
    keeps_layout = True
    sign = "max"

    def infer(self, *shapes: Shape) -> Shape:
        return equal_shape("maximum", shapes)

    def operations(self, *shapes: Shape) -> int:
        return (len(shapes) - 1) * prod(shapes[0])

    def saved(self, shapes: tuple[Shape, ...], wanted: tuple[bool, ...]) -> Saved:
        """The two of each comparison whose gradient is wanted: inputs, and the maxima of all but the last."""
        if len(shapes) == 1:
            return Saved(view=True)
        first = next(i for i, one in enumerate(wanted) if one)
        kept = range(len(shapes)) if first < 2 else range(first, len(shapes))
        own = len(shapes) - max(first, 1) - (first < 2)
        return Saved(tuple(kept), per_sample=FLOAT * own * prod(shapes[0]))


def aligned(shapes: tuple[Shape, ...]) -> tuple[Shape, ...]:
    """The shapes as `mul`, `sub` and `div` pair their axes: beside maps, a vector C is Cx1x1."""
    rank = max(map(len, shapes))
    return tuple(shape + (1,) * (rank - 1) if len(shape) == 1 else shape for shape in shapes)


def repeated(op: str, shapes: tuple[Shape, ...]) -> Shape:
    """The shape of values whose axes of size 1 are repeated. Raises LayerError where others differ."""
    first, *others = aligned(shapes)
    for shape in others:
        if len(shape) != len(first) or not all(
            a == b or 1 in (a, b) for a, b in zip(first, shape, strict=True)
        ):
            raise unequal(op, first, shape, "each axis, or have size 1 there")
        first = tuple(map(max, first, shape))
    return first


def multiply(first: Shape, second: Shape) -> bool:
    """Whether two shapes multiply as matrices."""
    return first[:-2] == second[:-2] and first[-1] == second[-2]


def matrix_cure(*shapes: Shape) -> str:
    """Which transpositions would make two shapes multiply, or what makes other matrices."""
    for a, b in ((False, False), (False, True), (True, False), (True, True)):
        if len(shapes[0]) == len(shapes[1]) and multiply(*MatMul(a, b).matrices(*shapes)):
            turned = [f"transpose_{name}=true" for name, on in (("a", a), ("b", b)) if on]
            return f"write matmul({', '.join(['a', 'b', *turned])})"
    return "tokens makes sequences of maps; reshape and permute make other matrices"


def two(op: str, shapes: tuple[Shape, ...]) -> tuple[Shape, ...]:
    """The shapes of two inputs. Raises LayerError where there are more or fewer."""
    if len(shapes) != 2:
        raise LayerError(
            "argument-count",
            f"`{op}` takes two values, here {'is' if len(shapes) == 1 else 'are'} {len(shapes)}",
            label=", ".join(map(describe, shapes)),
            help=f"write {op}(a, prev)",
        )
    return shapes


def equal_shape(op: str, shapes: tuple[Shape, ...]) -> Shape:
    """The one shape of all inputs. Raises LayerError where two differ."""
    for shape in shapes[1:]:
        if shape != shapes[0]:
            raise unequal(op, shapes[0], shape, "channels and sizes")
    return shapes[0]


def unequal(op: str, first: Shape, second: Shape, what: str) -> LayerError:
    """The error of two shapes that a join cannot take."""
    return LayerError(
        "shape-join",
        f"`{op}` cannot join {describe(first)} and {describe(second)}: they must agree in {what}",
        label=f"{describe(first)} and {describe(second)}",
        help=cure(op, first, second),
    )


def cure(op: str, first: Shape, second: Shape) -> str:
    """What would make two shapes agree."""
    if len(first) != len(second):
        fewer = min(first, second, key=len)
        return f"flatten the others, or reshape {describe(fewer)} to {max(len(first), len(second))} axes"
    advice = []
    differ = [
        a != b and not (op in ("mul", "sub", "div") and 1 in (a, b))
        for a, b in zip(first, second, strict=True)
    ]
    if any(differ[1:]):
        advice.append(size_cure(first, second))
    if op == "mul" and differ[0] and is_gate(first, second):
        gate, gated = sorted((first, second), key=lambda shape: prod(shape[1:]))
        advice.append(
            f"end the gate in conv({gated[0]}, 1): in it `channels` is the width there, {gate[0]}; "
            "let c = channels before the join names that of what flows in"
        )
    elif op != "concat" and differ[0]:
        change = "linear({})" if len(first) == 1 else "conv({}, 1)"
        advice.append(
            f"{change.format(first[0])} after {describe(second)}, or {change.format(second[0])} after "
            f"{describe(first)}, makes channels agree"
        )
    return "; ".join(advice)


def is_gate(first: Shape, second: Shape) -> bool:
    """Whether one of two maps is a pixel that scales the channels of the other."""
    pixels = [prod(shape[1:]) for shape in (first, second)]
    return len(first) > 1 and min(pixels) == 1 < max(pixels)


def size_cure(first: Shape, second: Shape) -> str:
    """What makes the sizes of two maps agree: a stride where one divides the other, else a resize."""
    large, small = (first, second) if prod(first[1:]) >= prod(second[1:]) else (second, first)
    ratios = {ratio(b, s) for b, s in zip(large[1:], small[1:], strict=True)}
    if len(ratios) == 1 and (times := ratios.pop()).denominator == 1:
        return (
            f"stride={times} on the path to {describe(large)}, or upsample({times}) after {describe(small)}, "
            "makes sizes agree"
        )
    return f"check pad and stride on both paths, or put resize({describe(small[1:])}) after {describe(large)}"
