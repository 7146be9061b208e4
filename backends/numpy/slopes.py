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
        values = {p.name: chosen.get(p.name, Text(p.name)) for p in fields}
        slope = cls.formula(SimpleNamespace(**values), Dual("x", "1"), DUALS).slope  # type: ignore[arg-type]
        where = " and ".join(f"{name} == {literal(word)}" for name, word in chosen.items())
        result = f"return (grad * {wrapped(slope)},), {{}}"
        lines += [f"    if {where}:", f"        {result}"] if where else [f"    {result}"]
    return "\n".join(lines) + "\n"


class Text:
    """A number by its name: arithmetic writes expressions."""

    def __init__(self, text: str):
        self.text = text

    def __add__(self, other: Any) -> Any:
        return other + self if isinstance(other, Dual) else Text(plus(self.text, text_of(other)))

    __radd__ = __add__

    def __mul__(self, other: Any) -> Any:
        return other * self if isinstance(other, Dual) else Text(times(self.text, text_of(other)))

    __rmul__ = __mul__

    def __neg__(self) -> Text:
        return Text(f"-{wrapped(self.text)}")

    def __truediv__(self, other: Any) -> Text:
        return Text(f"{wrapped(self.text)} / {wrapped(text_of(other))}")


def text_of(value: Any) -> str:
    """A number as it is written."""
    return value.text if isinstance(value, Text) else repr(value)


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


class Dual:
    """A value u and its slope u', both as text; the rules are those of `formulas.Dual`."""

    def __init__(self, value: str, slope: str):
        self.value, self.slope = value, slope

    def __add__(self, other: Any) -> Dual:
        if isinstance(other, Dual):
            return Dual(plus(self.value, other.value), plus(self.slope, other.slope))
        return Dual(plus(self.value, text_of(other)), self.slope)

    __radd__ = __add__

    def __neg__(self) -> Dual:
        return Dual(minus("0", self.value), minus("0", self.slope))

    def __sub__(self, other: Any) -> Dual:
        if isinstance(other, Dual):
            return Dual(minus(self.value, other.value), minus(self.slope, other.slope))
        return Dual(minus(self.value, text_of(other)), self.slope)

    def __rsub__(self, other: Any) -> Dual:
        return Dual(minus(text_of(other), self.value), minus("0", self.slope))

    def __mul__(self, other: Any) -> Dual:
        if isinstance(other, Dual):
            slope = plus(times(self.slope, other.value), times(other.slope, self.value))
            return Dual(times(self.value, other.value), slope)
        return Dual(times(self.value, text_of(other)), times(self.slope, text_of(other)))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Dual:
        if not isinstance(other, Dual):
            divisor = wrapped(text_of(other))
            return Dual(f"{wrapped(self.value)} / {divisor}", f"{wrapped(self.slope)} / {divisor}")
        value, divisor = f"{wrapped(self.value)} / {wrapped(other.value)}", wrapped(other.value)
        return Dual(value, f"{wrapped(minus(self.slope, times(other.slope, value)))} / {divisor}")

    def __rtruediv__(self, other: Any) -> Dual:
        value = f"{wrapped(text_of(other))} / {wrapped(self.value)}"
        return Dual(value, f"{wrapped(times(self.slope, minus('0', value)))} / {wrapped(self.value)}")

    def __pow__(self, power: int) -> Dual:
        one_less = f"{wrapped(self.value)}**{power - 1}" if power > 2 else self.value
        return Dual(f"{wrapped(self.value)}**{power}", times(self.slope, times(str(power), one_less)))

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


class Duals:
    """The functions of a formula on texts: f(u)' = f'(u) u'."""

    def abs(self, x: Dual) -> Dual:
        return Dual(called("abs", x.value), times(x.slope, f"np.sign({x.value})"))

    def exp(self, x: Dual) -> Dual:
        return Dual(called("exp", x.value), times(x.slope, called("exp", x.value)))

    def expm1(self, x: Dual) -> Dual:
        return Dual(called("expm1", x.value), times(x.slope, called("exp", x.value)))

    def tanh(self, x: Dual) -> Dual:
        value = called("tanh", x.value)
        return Dual(value, times(x.slope, f"1 - {value}**2"))

    def erf(self, x: Dual) -> Dual:
        return Dual(
            called("erf", x.value), times(x.slope, f"2 / sqrt(pi) * np.exp(-({wrapped(x.value)}**2))")
        )

    def sigmoid(self, x: Dual) -> Dual:
        value = called("sigmoid", x.value)
        return Dual(value, times(x.slope, f"{value} * (1 - {value})"))

    def softplus(self, x: Dual) -> Dual:
        return Dual(called("softplus", x.value), times(x.slope, called("sigmoid", x.value)))

    def maximum(self, x: Dual, bound: Any) -> Dual:
        value = called("maximum", x.value, text_of(bound))
        return Dual(value, times(x.slope, f"({x.value} > {text_of(bound)})"))

    def minimum(self, x: Dual, bound: Any) -> Dual:
        value = called("minimum", x.value, text_of(bound))
        return Dual(value, times(x.slope, f"({x.value} <= {text_of(bound)})"))

    def clip(self, x: Dual, low: Any, high: Any) -> Dual:
        value = called("clip", x.value, text_of(low), text_of(high))
        inside = f"(({x.value} > {text_of(low)}) & ({x.value} < {text_of(high)}))"
        return Dual(value, times(x.slope, inside))

    def where(self, condition: str, x: Any, y: Any) -> Dual:
        values = (v.value if isinstance(v, Dual) else text_of(v) for v in (x, y))
        slopes = (v.slope if isinstance(v, Dual) else "0" for v in (x, y))
        return Dual(called("where", condition, *values), called("where", condition, *slopes))


DUALS: Any = Duals()
"""The functions that formulas of layers are written in, on texts."""
