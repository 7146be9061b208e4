"""Expressions of conditions over many settings at once: of `macs / params`, both are columns of numbers."""

from __future__ import annotations

import operator

import numpy as np

from cnnspec.elaborate.expressions.arithmetic import is_number
from cnnspec.syntax import tree
from cnnspec.typed import Any, Callable, Mapping

Column = Any
"""A number, or one for each setting."""
Known = Callable[[tree.Expression], Column | None]
"""What is known of a part of an expression: a figure, a parameter; None for any other."""
OPERATORS: Mapping[str, Callable[[Column, Column], Column]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
FUNCTIONS: Mapping[str, Callable[..., Column]] = {
    "abs": np.abs,
    "min": lambda *columns: np.minimum.reduce(np.broadcast_arrays(*columns)),
    "max": lambda *columns: np.maximum.reduce(np.broadcast_arrays(*columns)),
}


def column_of(expression: tree.Expression, known: Known) -> Column | None:
    """What an expression comes to for each setting; None where a part of it is no arithmetic."""
    found = known(expression)
    if found is not None:
        return found
    if isinstance(expression, tree.Literal):
        return expression.value if is_number(expression.value) else None
    if isinstance(expression, tree.Prefix) and set(expression.operators) <= {"-", "+"}:
        inner = column_of(expression.operand, known)
        return None if inner is None else inner * (-1) ** expression.operators.count("-")
    if isinstance(expression, tree.Arithmetic) and set(expression.operators) <= OPERATORS.keys():
        first, *others = [column_of(one, known) for one in expression.operands]
        for symbol, other in zip(expression.operators, others, strict=True):
            if first is None or other is None:
                return None
            with np.errstate(all="ignore"):
                first = OPERATORS[symbol](first, other)
        return first
    if isinstance(expression, tree.Call) and isinstance(expression.function, tree.Name):
        function = FUNCTIONS.get(expression.function.name)
        columns = [column_of(one.value, known) for one in expression.arguments if one.name is None]
        columns = [one for one in columns if one is not None]
        if function is not None and len(columns) == len(expression.arguments) > 0:
            return function(*columns)
    return None
