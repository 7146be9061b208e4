"""Elementwise layers in numpy: from the formula of a layer to its kernel and its slope.

The kernel is a function made of the formula's text, so that the source that `compile -o net.py` writes holds
the very code that runs here:

    def leaky_relu(x: Array, *, slope: float) -> Array:
        return np.where(x > 0, x, slope * x)

The slope is found by forward differentiation: the formula is worked out on pairs of a value and its slope.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable
from functools import cache, cached_property
from math import pi, sqrt
from textwrap import indent
from typing import Any

import numpy as np

from cnnspec.backends.formula import formula_lines
from cnnspec.backends.numpy.kernels import functions
from cnnspec.backends.numpy.kernels.window import Array
from cnnspec.docstrings import docstring
from cnnspec.layers.base import Layer, parameters

NAMES = {
    "abs": "np.abs",
    "exp": "np.exp",
    "expm1": "np.expm1",
    "tanh": "np.tanh",
    "erf": "erf",
    "sigmoid": "logistic",
    "softplus": "log1pexp",
    "maximum": "np.maximum",
    "minimum": "np.minimum",
    "clip": "np.clip",
    "where": "np.where",
}
"""The functions of a formula by what they are called in numpy and in kernels/functions.py."""

BLOCK = 1 << 17
"""Values in one block of a backward pass: 512 KiB in float32."""


@cache
def kernel(cls: type[Layer]) -> Callable[..., Array]:
    """The function of an elementwise layer: of an array, and by keyword of the layer's arguments."""
    given = ", ".join(f"{p.name}: {type(p.default).__name__} = {p.default!r}" for p in parameters(cls))
    doc = docstring(cls) or cls.op
    body = [f'"""{doc}' + ('\n"""' if "\n" in doc else '"""'), *formula_lines(cls, NAMES, "{}")]
    head = f"def {cls.op}(x: Array{f', *, {given}' if given else ''}) -> Array:"
    text = head.replace("'", '"') + "\n" + indent("\n".join(body), "    ") + "\n"
    file = f"<formula of {cls.op}>"
    # so that inspect, which the writer of sources asks, finds the text
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    space = dict(vars(functions))
    exec(compile(text, file, "exec"), space)
    return space[cls.op]


def backward(layer: Layer, grad: Array, x: Array) -> Array:
    """The gradient of the input of an elementwise layer: dy * f'(x), by blocks that stay in the cache."""
    result = np.empty(x.shape, x.dtype)
    grads, values, results = (array.reshape(-1) for array in (grad, x, result))
    for start in range(0, x.size, BLOCK):
        part = slice(start, start + BLOCK)
        block = values[part]
        slope = layer.formula(Dual(lambda value=block: value, x.dtype.type(1)), DUALS).slope
        np.multiply(grads[part], slope, out=results[part])
    return result


class Dual:
    """A value u and its slope u'; the value is worked out only if something asks for it.

    (u + v)' = u' + v', (u v)' = u' v + u v', (u / v)' = (u' - (u / v) v') / v, (u^n)' = n u^(n-1) u'.
    """

    def __init__(self, value: Callable[[], Array], slope: Array | float):
        self._value, self.slope = value, slope

    @cached_property
    def value(self) -> Array:
        return self._value()

    def __add__(self, other: Dual | float) -> Dual:
        slope = self.slope + other.slope if isinstance(other, Dual) else self.slope
        return Dual(lambda: self.value + value_of(other), slope)

    __radd__ = __add__

    def __neg__(self) -> Dual:
        return Dual(lambda: -self.value, -self.slope)

    def __sub__(self, other: Dual | float) -> Dual:
        return self + -other

    def __rsub__(self, other: float) -> Dual:
        return -self + other

    def __mul__(self, other: Dual | float) -> Dual:
        if isinstance(other, Dual):
            slope = times(self.slope, other.value) + times(other.slope, self.value)
        else:
            slope = self.slope * other
        return Dual(lambda: self.value * value_of(other), slope)

    __rmul__ = __mul__

    def __truediv__(self, other: Dual | float) -> Dual:
        if not isinstance(other, Dual):
            return Dual(lambda: self.value / other, self.slope / other)
        value = self.value / other.value
        return Dual(lambda: value, (self.slope - times(other.slope, value)) / other.value)

    def __rtruediv__(self, other: float) -> Dual:
        value = other / self.value
        return Dual(lambda: value, times(self.slope, -value / self.value))

    def __pow__(self, power: int) -> Dual:
        return Dual(lambda: self.value**power, times(self.slope, power * self.value ** (power - 1)))

    def __gt__(self, bound: float) -> Array:
        return self.value > bound

    def __ge__(self, bound: float) -> Array:
        return self.value >= bound

    def __lt__(self, bound: float) -> Array:
        return self.value < bound

    def __le__(self, bound: float) -> Array:
        return self.value <= bound


def value_of(x: Dual | float) -> Array | float:
    return x.value if isinstance(x, Dual) else x


def times(slope: Array | float, factor: Array) -> Array:
    """A product with a slope, which is often that of x itself."""
    return factor if np.ndim(slope) == 0 and slope == 1 else slope * factor


class Duals:
    """The functions of a formula on a value and its slope: f(u)' = f'(u) u'."""

    def abs(self, x: Dual) -> Dual:
        return Dual(lambda: np.abs(x.value), times(x.slope, np.sign(x.value)))

    def exp(self, x: Dual) -> Dual:
        value = np.exp(x.value)
        return Dual(lambda: value, times(x.slope, value))

    def expm1(self, x: Dual) -> Dual:
        return Dual(lambda: np.expm1(x.value), times(x.slope, np.exp(x.value)))

    def tanh(self, x: Dual) -> Dual:
        value = np.tanh(x.value)
        return Dual(lambda: value, times(x.slope, 1 - value * value))

    def erf(self, x: Dual) -> Dual:
        slope = 2 / sqrt(pi) * np.exp(-(x.value * x.value))
        return Dual(lambda: functions.erf(x.value), times(x.slope, slope))

    def sigmoid(self, x: Dual) -> Dual:
        value = functions.logistic(x.value)
        return Dual(lambda: value, times(x.slope, value * (1 - value)))

    def softplus(self, x: Dual) -> Dual:
        return Dual(lambda: functions.log1pexp(x.value), times(x.slope, functions.logistic(x.value)))

    def maximum(self, x: Dual, bound: float) -> Dual:
        return Dual(lambda: np.maximum(x.value, bound), slope_where(x.value > bound, x))

    def minimum(self, x: Dual, bound: float) -> Dual:
        return Dual(lambda: np.minimum(x.value, bound), slope_where(x.value <= bound, x))

    def clip(self, x: Dual, low: float, high: float) -> Dual:
        inside = (x.value > low) & (x.value < high)
        return Dual(lambda: np.clip(x.value, low, high), slope_where(inside, x))

    def where(self, condition: Array, x: Dual | float, y: Dual | float) -> Dual:
        slopes = (v.slope if isinstance(v, Dual) else 0.0 for v in (x, y))
        return Dual(lambda: np.where(condition, value_of(x), value_of(y)), np.where(condition, *slopes))


def slope_where(condition: Array, x: Dual) -> Array:
    """The slope of x where a condition holds, else 0."""
    return times(x.slope, condition.astype(x.value.dtype))


DUALS: Any = Duals()
