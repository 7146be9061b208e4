"""The backward pass of elementwise layers as Python text, for sources that train with numpy alone.

A formula is worked out on pairs of texts, a value and its slope, as `formulas.Dual` does it on arrays:

    x * sigmoid(x)      value   x * logistic(x)
                        slope   logistic(x) + logistic(x) * (1 - logistic(x)) * x
"""

from __future__ import annotations

from itertools import product
from types import SimpleNamespace
from typing import Any

from cnnspec.backends.numpy.formulas import NAMES
from cnnspec.backends.python_source import literal
from cnnspec.layers.base import Layer, parameters

Number = int | float


def backward_text(cls: type[Layer]) -> str:
    """The function `OP_backward` of an elementwise layer."""
    fields = parameters(cls)
    given = ", ".join(f"{p.name}: {type(p.default).__name__} = {literal(p.default)}" for p in fields)
    lines = [f"def {cls.op}_backward(grad: Array, x: Array{f', *, {given}' if given else ''}) -> Gradients:"]
    lines += ['    """dx = dy * f\'(x), the slope of the formula."""']
    worded = [p for p in fields if p.kind.words]
    for words in product(*(p.kind.words for p in worded)):
        chosen = dict(zip((p.name for p in worded), words, strict=True))
        values = {p.name: chosen.get(p.name, NumberText(p.name)) for p in fields}
        slope = cls.formula(SimpleNamespace(**values), TextDual("x", "1"), DUALS).slope  # type: ignore[arg-type]
        where = " and ".join(f"{name} == {literal(word)}" for name, word in chosen.items())
        result = f"return (grad * {wrapped(slope)},), {{}}"
        lines += [f"    if {where}:", f"        {result}"] if where else [f"    {result}"]
    return "\n".join(lines) + "\n"


class NumberText:
    """A number by its name: arithmetic writes expressions."""

    def __init__(self, text: str):
        self.text = text

    def __add__(self, other: Any) -> Any:
        return other + self if isinstance(other, TextDual) else NumberText(plus(self.text, text_of(other)))

    __radd__ = __add__

    def __mul__(self, other: Any) -> Any:
        return other * self if isinstance(other, TextDual) else NumberText(times(self.text, text_of(other)))

    __rmul__ = __mul__

    def __neg__(self) -> NumberText:
        return NumberText(f"-{wrapped(self.text)}")

    def __truediv__(self, other: Any) -> NumberText:
        return NumberText(f"{wrapped(self.text)} / {wrapped(text_of(other))}")


def text_of(value: Any) -> str:
    """A number as it is written."""
    return value.text if isinstance(value, NumberText) else repr(value)


def wrapped(text: str) -> str:
    """An expression that stands beside any operator: in brackets, unless it is a name, number or one call."""
    depth = 0
    for i, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if depth == 0 and (char == " " or (char == ")" and i < len(text) - 1) or (char == "-" and i == 0)):
            return f"({text})"
    return text


def plus(a: str, b: str) -> str:
    if "0" in (a, b):
        return b if a == "0" else a
    return f"{a} + {b}"


def minus(a: str, b: str) -> str:
    if b == "0":
        return a
    return f"-{wrapped(b)}" if a == "0" else f"{a} - {wrapped(b)}"


def times(a: str, b: str) -> str:
    if "0" in (a, b):
        return "0"
    if "1" in (a, b):
        return b if a == "1" else a
    return f"{wrapped(a)} * {wrapped(b)}"


class TextDual:
    """A value u and its slope u', both as text; the rules are those of `formulas.Dual`."""

    def __init__(self, value: str, slope: str):
        self.value, self.slope = value, slope

    def __add__(self, other: Any) -> TextDual:
        if isinstance(other, TextDual):
            return TextDual(plus(self.value, other.value), plus(self.slope, other.slope))
        return TextDual(plus(self.value, text_of(other)), self.slope)

    __radd__ = __add__

    def __neg__(self) -> TextDual:
        return TextDual(minus("0", self.value), minus("0", self.slope))

    def __sub__(self, other: Any) -> TextDual:
        if isinstance(other, TextDual):
            return TextDual(minus(self.value, other.value), minus(self.slope, other.slope))
        return TextDual(minus(self.value, text_of(other)), self.slope)

    def __rsub__(self, other: Any) -> TextDual:
        return TextDual(minus(text_of(other), self.value), minus("0", self.slope))

    def __mul__(self, other: Any) -> TextDual:
        if isinstance(other, TextDual):
            slope = plus(times(self.slope, other.value), times(other.slope, self.value))
            return TextDual(times(self.value, other.value), slope)
        return TextDual(times(self.value, text_of(other)), times(self.slope, text_of(other)))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> TextDual:
        if not isinstance(other, TextDual):
            divisor = wrapped(text_of(other))
            return TextDual(f"{wrapped(self.value)} / {divisor}", f"{wrapped(self.slope)} / {divisor}")
        value, divisor = f"{wrapped(self.value)} / {wrapped(other.value)}", wrapped(other.value)
        return TextDual(value, f"{wrapped(minus(self.slope, times(other.slope, value)))} / {divisor}")

    def __rtruediv__(self, other: Any) -> TextDual:
        value = f"{wrapped(text_of(other))} / {wrapped(self.value)}"
        return TextDual(value, f"{wrapped(times(self.slope, minus('0', value)))} / {wrapped(self.value)}")

    def __pow__(self, power: int) -> TextDual:
        one_less = f"{wrapped(self.value)}**{power - 1}" if power > 2 else self.value
        return TextDual(f"{wrapped(self.value)}**{power}", times(self.slope, times(str(power), one_less)))

    def __gt__(self, bound: Any) -> str:
        return f"{self.value} > {text_of(bound)}"

    def __ge__(self, bound: Any) -> str:
        return f"{self.value} >= {text_of(bound)}"

    def __lt__(self, bound: Any) -> str:
        return f"{self.value} < {text_of(bound)}"

    def __le__(self, bound: Any) -> str:
        return f"{self.value} <= {text_of(bound)}"


def called(name: str, *given: str) -> str:
    return f"{NAMES[name]}({', '.join(given)})"


class TextDuals:
    """The functions of a formula on texts: f(u)' = f'(u) u'."""

    def abs(self, x: TextDual) -> TextDual:
        return TextDual(called("abs", x.value), times(x.slope, f"np.sign({x.value})"))

    def exp(self, x: TextDual) -> TextDual:
        return TextDual(called("exp", x.value), times(x.slope, called("exp", x.value)))

    def expm1(self, x: TextDual) -> TextDual:
        return TextDual(called("expm1", x.value), times(x.slope, called("exp", x.value)))

    def tanh(self, x: TextDual) -> TextDual:
        value = called("tanh", x.value)
        return TextDual(value, times(x.slope, f"1 - {value}**2"))

    def erf(self, x: TextDual) -> TextDual:
        return TextDual(
            called("erf", x.value), times(x.slope, f"2 / sqrt(pi) * np.exp(-({wrapped(x.value)}**2))")
        )

    def sigmoid(self, x: TextDual) -> TextDual:
        value = called("sigmoid", x.value)
        return TextDual(value, times(x.slope, f"{value} * (1 - {value})"))

    def softplus(self, x: TextDual) -> TextDual:
        return TextDual(called("softplus", x.value), times(x.slope, called("sigmoid", x.value)))

    def maximum(self, x: TextDual, bound: Any) -> TextDual:
        value = called("maximum", x.value, text_of(bound))
        return TextDual(value, times(x.slope, f"({x.value} > {text_of(bound)})"))

    def minimum(self, x: TextDual, bound: Any) -> TextDual:
        value = called("minimum", x.value, text_of(bound))
        return TextDual(value, times(x.slope, f"({x.value} <= {text_of(bound)})"))

    def clip(self, x: TextDual, low: Any, high: Any) -> TextDual:
        value = called("clip", x.value, text_of(low), text_of(high))
        inside = f"(({x.value} > {text_of(low)}) & ({x.value} < {text_of(high)}))"
        return TextDual(value, times(x.slope, inside))

    def where(self, condition: str, x: Any, y: Any) -> TextDual:
        values = (v.value if isinstance(v, TextDual) else text_of(v) for v in (x, y))
        slopes = (v.slope if isinstance(v, TextDual) else "0" for v in (x, y))
        return TextDual(called("where", condition, *values), called("where", condition, *slopes))


DUALS: Any = TextDuals()
"""The functions that formulas of layers are written in, on texts."""
