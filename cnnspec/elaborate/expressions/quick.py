"""Expressions as functions of Python, for whoever evaluates the same ones many times with other values.

    [round_to(w0 * wm**k, 8) for k in powers]

is written, once, as

    lambda v_w0, v_wm, v_powers, items:
        tuple([f_round_to(times(v_w0, power(v_wm, v_k)), 8) for v_k in items(v_powers)])

What the language refuses raises there too, or gives what no number of the language is: then, as for all that
has no rule here, there is no quick value, and the rules of `evaluate` say what is wrong. Bounds are held on
items of lists and on results, not on the numbers between: whoever relies on quick values evaluates once more
at the end.
"""

from __future__ import annotations

import math

from cnnspec.elaborate.building.builder import GraphBuilder
from cnnspec.elaborate.expressions.functions import FUNCTIONS
from cnnspec.elaborate.values import Variables
from cnnspec.syntax import tree
from cnnspec.typed import Any, Callable, Iterable

SIMPLE = (tree.Literal, tree.Name)
"""What is as quick without."""
LEFT_OUT = frozenset(["split"])
"""Functions that add to a net."""
MAX_BITS = 64


class NotQuick(Exception):
    """What is asked for has no rule here, or no value."""


class QuickFunction:
    """A function of Python, the variables that it takes, and the functions of the language that it calls."""

    def __init__(self, expression: tree.Expression) -> None:
        writer = PythonWriter()
        text = writer.write(expression, frozenset())
        self.names = tuple(writer.names)
        self.functions = frozenset(writer.functions)
        given = ", ".join([*(f"v_{name}" for name in self.names), "items"])
        known = {f"f_{name}": FUNCTIONS[name] for name in self.functions}
        self.call = eval(f"lambda {given}: {text}", {**known, **HELPERS, "__builtins__": {}})
        self.expression = expression


class Quick:
    """The functions of expressions, each written when it is first asked for."""

    def __init__(self) -> None:
        self._known: dict[int, QuickFunction | None] = {}

    def __call__(
        self, expression: tree.Expression, variables: Variables, builder: GraphBuilder
    ) -> tuple[Any] | None:
        """The value of an expression, alone in a tuple; None where there is no quick one."""
        if expression.__class__ in SIMPLE:
            return None
        key = id(expression)
        if key not in self._known:
            self._known[key] = _written(expression)
        function = self._known[key]
        if function is None or not function.functions.isdisjoint(variables):
            return None

        def items(values: Any) -> Any:
            if values.__class__ is not tuple:
                raise NotQuick
            builder.spend(expression.span, len(values))
            return values

        try:
            value = function.call(*[variables[name] for name in function.names], items)
        except (NotQuick, TypeError, ValueError, ArithmeticError, LookupError):
            return None
        return (value,) if _is_value(value, builder.limits.integer) else None


def _written(expression: tree.Expression) -> QuickFunction | None:
    try:
        return QuickFunction(expression)
    # Python nests less deeply than the language
    except (NotQuick, SyntaxError, RecursionError, MemoryError):
        return None


def _is_value(value: Any, limit: int) -> bool:
    """Whether a result is one that the language may have."""
    kind = value.__class__
    if kind is int:
        return -limit <= value <= limit
    if kind is float:
        return math.isfinite(value)
    if kind is tuple:
        return all([_is_value(item, limit) for item in value])
    return True


class PythonWriter:
    """Writes expressions as Python; `names` are the variables and `functions` the functions that they use."""

    def __init__(self) -> None:
        self.names: dict[str, None] = {}
        self.functions: set[str] = set()

    def write(self, node: tree.Expression, bound: frozenset[str]) -> str:
        """The text of an expression, in which some names are bound. Raises NotQuick."""
        rule = RULES.get(node.__class__)
        if rule is None:
            raise NotQuick
        return rule(self, node, bound)

    def all(self, nodes: Iterable[tree.Expression], bound: frozenset[str]) -> list[str]:
        """The texts of several."""
        return [self.write(node, bound) for node in nodes]


def _literal(writer: PythonWriter, node: tree.Literal, bound: frozenset[str]) -> str:
    return f"({node.value!r})"


def _name(writer: PythonWriter, node: tree.Name, bound: frozenset[str]) -> str:
    if node.name not in bound:
        writer.names[node.name] = None
    return f"v_{node.name}"


def _listing(writer: PythonWriter, node: tree.Listing, bound: frozenset[str]) -> str:
    return f"({', '.join(writer.all(node.items, bound))},)" if node.items else "()"


def _comprehension(writer: PythonWriter, node: tree.Comprehension, bound: frozenset[str]) -> str:
    clauses = ""
    for clause in node.clauses:
        iterable = writer.write(clause.iterable, bound)
        bound = bound | {name.name for name in tree.flat_names(clause.names)}
        clauses += f" for {_target(clause.names)} in items({iterable})"
        clauses += "".join(f" if truth({text})" for text in writer.all(clause.conditions, bound))
    return f"tuple([{writer.write(node.element, bound)}{clauses}])"


def _target(names: tuple[tree.Target, ...]) -> str:
    written = [f"v_{n.name}" if isinstance(n, tree.Name) else f"({_target(n.names)},)" for n in names]
    return ", ".join(written)


def _choice(writer: PythonWriter, node: tree.Choice, bound: frozenset[str]) -> str:
    *values, last = writer.all(node.values, bound)
    pairs = zip(values, writer.all(node.conditions, bound), strict=True)
    return f"({''.join(f'{value} if truth({held}) else ' for value, held in pairs)}{last})"


def _logic(writer: PythonWriter, node: tree.Logic, bound: frozenset[str]) -> str:
    held = [f"truth({text})" for text in writer.all(node.operands, bound)]
    return f"({f' {node.operator} '.join(held)})"


def _prefix(writer: PythonWriter, node: tree.Prefix, bound: frozenset[str]) -> str:
    inner = writer.write(node.operand, bound)
    if node.operators[0] == "not":
        return f"({'not ' * len(node.operators)}truth({inner}))"
    return f"({' '.join(node.operators)} number({inner}))"


def _comparison(writer: PythonWriter, node: tree.Comparison, bound: frozenset[str]) -> str:
    if "in" in node.operators:
        raise NotQuick
    first, *rest = writer.all(node.operands, bound)
    return f"({first}{''.join(f' {sign} {one}' for sign, one in zip(node.operators, rest, strict=True))})"


def _arithmetic(writer: PythonWriter, node: tree.Arithmetic, bound: frozenset[str]) -> str:
    texts = writer.all(node.operands, bound)
    if node.operators[0] == "**":
        result = texts[-1]
        for base in reversed(texts[:-1]):
            result = f"power({base}, {result})"
        return result
    result = texts[0]
    for sign, text in zip(node.operators, texts[1:], strict=True):
        result = f"times({result}, {text})" if sign == "*" else f"({result} {sign} {text})"
    return result


def _index(writer: PythonWriter, node: tree.Index, bound: frozenset[str]) -> str:
    return f"pick({writer.write(node.target, bound)}, {writer.write(node.index, bound)})"


def _call(writer: PythonWriter, node: tree.Call, bound: frozenset[str]) -> str:
    function = node.function
    if not isinstance(function, tree.Name) or function.name not in FUNCTIONS.keys() - bound - LEFT_OUT:
        raise NotQuick
    writer.functions.add(function.name)
    given = [
        f"{argument.name}={text}" if argument.name else text
        for argument, text in zip(
            node.arguments, writer.all([one.value for one in node.arguments], bound), strict=True
        )
    ]
    return f"f_{function.name}({', '.join(given)})"


RULES: dict[type, Callable[[PythonWriter, Any, frozenset[str]], str]] = {
    tree.Literal: _literal,
    tree.Name: _name,
    tree.Listing: _listing,
    tree.Comprehension: _comprehension,
    tree.Choice: _choice,
    tree.Logic: _logic,
    tree.Prefix: _prefix,
    tree.Comparison: _comparison,
    tree.Arithmetic: _arithmetic,
    tree.Index: _index,
    tree.Call: _call,
}


# ---- what Python would do otherwise than the language


def truth(value: Any) -> bool:
    """A truth value, and nothing else."""
    if value is True or value is False:
        return value
    raise NotQuick


def number(value: Any) -> Any:
    """A number, and nothing else."""
    if value.__class__ is int or value.__class__ is float:
        return value
    raise NotQuick


def times(left: Any, right: Any) -> Any:
    """The product of two numbers: a list that is repeated may be larger than the bound."""
    return number(left) * number(right)


def power(base: Any, exponent: Any) -> Any:
    """A power that is not too large to be worked out."""
    if number(base) < 0 or (base and abs(number(exponent)) * abs(math.log2(base)) >= MAX_BITS):
        raise NotQuick
    whole = base.__class__ is int and exponent.__class__ is int and exponent >= 0
    return base**exponent if whole else float(base) ** exponent


def pick(items: Any, index: Any) -> Any:
    """An item of a list."""
    if items.__class__ is tuple and index.__class__ is int:
        return items[index]
    raise NotQuick


HELPERS = {"truth": truth, "number": number, "times": times, "power": power, "pick": pick, "tuple": tuple}
