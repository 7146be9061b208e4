"""What the formula of an elementwise layer is written in.

A layer says its function of one value once, in operators and in the functions of `m`:

    def formula(self, x, m):                        # silu
        return x * m.sigmoid(x)

What `x` and `m` are, decides what comes of it:

    numpy arrays and their functions        the value of the layer
    pairs of a value and its slope          the derivative, for the backward pass
    names of values of an ONNX graph        its nodes
    the text of the formula itself          a kernel of numpy source, a module of torch source

So a formula holds nothing but `x`, `m`, the layer's arguments (`self.slope`), numbers, constants of its file,
`+ - * / **` and comparisons, and `if` and conditional expressions on arguments alone.
"""

from __future__ import annotations

from cnnspec.typed import Any, Callable, Protocol


class Functions(Protocol):
    """The functions of a formula. Bounds and the value of `clip` are numbers, all others are values.

    Where a function has a kink, its slope there is torch's: that of max(x, 0) is 0 at 0, that of min(x, 0) is
    1, those of clip at its bounds and of abs at 0 are 0.
    """

    def abs(self, x: Any) -> Any: ...

    def exp(self, x: Any) -> Any: ...

    def expm1(self, x: Any) -> Any:
        """exp(x) - 1, exact near 0."""

    def tanh(self, x: Any) -> Any: ...

    def erf(self, x: Any) -> Any:
        """The error function, 2/sqrt(pi) times the integral of exp(-t^2) from 0 to x."""

    def sigmoid(self, x: Any) -> Any:
        """1 / (1 + exp(-x)), without overflow."""

    def softplus(self, x: Any) -> Any:
        """log(1 + exp(x)), without overflow."""

    def maximum(self, x: Any, bound: float) -> Any: ...

    def minimum(self, x: Any, bound: float) -> Any: ...

    def clip(self, x: Any, low: float, high: float) -> Any:
        """min(max(x, low), high)."""

    def where(self, condition: Any, x: Any, y: Any) -> Any:
        """x where a comparison holds, else y; either may be a number."""


class Calls:
    """The functions of a formula for numbers, of which `count` are exponentials, logarithms and the like."""

    def __init__(self) -> None:
        self.count = 0

    def abs(self, x: float) -> float:
        return abs(x)

    def exp(self, x: float) -> float:
        self.count += 1
        return x

    expm1 = tanh = erf = sigmoid = exp

    def softplus(self, x: float) -> float:
        self.count += 2
        return x

    def maximum(self, x: float, bound: float) -> float:
        return max(x, bound)

    def minimum(self, x: float, bound: float) -> float:
        return min(x, bound)

    def clip(self, x: float, low: float, high: float) -> float:
        return min(max(x, low), high)

    def where(self, condition: bool, x: float, y: float) -> float:
        return x if condition else y


def calls_of(formula: Callable[[Any, Functions], Any]) -> int:
    """How many exponentials, logarithms and the like a formula takes for one value."""
    calls = Calls()
    formula(0.5, calls)
    return calls.count
