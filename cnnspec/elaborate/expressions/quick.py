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
from cnnspec.elaborate.values import UNKNOWN, Variables
from cnnspec.syntax import tree
from cnnspec.typed import Any, Callable, Iterable

SIMPLE = (tree.Literal, tree.Name)
"""What is as quick without."""
LEFT_OUT = frozenset(["split"])
"""Functions that add to a net."""
MAX_BITS = 64
TERMS = (int, float, tuple)
"""What numbers and lists are in Python."""
NEW_TERMS = (tree.Arithmetic, tree.Listing, tree.Comprehension)
"""What gives a number or a list, and nothing else."""


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
        """Its value, alone in a tuple; None where there is no quick one, as after a mistake."""
        if expression.__class__ in SIMPLE or builder.broken:
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
            given = [variables[name] for name in function.names]
            if UNKNOWN in given:
                return None
            value = function.call(*given, items)
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
    if isinstance(node.value, float) and not math.isfinite(node.value):  # 1e999 is written `inf`
        raise NotQuick
    return f"({node.value!r})"


def _name(writer: PythonWriter, node: tree.Name, bound: frozenset[str]) -> str:
    if node.name not in bound:
        writer.names[node.name] = None
    return f"v_{node.name}"


def _listing(writer: PythonWriter, node: tree.Listing, bound: frozenset[str]) -> str:
    return f"({', '.join(writer.all(node.items, bound))},)" if node.items else "()"


def _comprehension(writer: PythonWriter, node: tree.Comprehension, bound: frozenset[str]) -> str:
    clauses = ""
    later: set[str] = set()
    for clause in node.clauses:
        iterable = f"items({writer.write(clause.iterable, bound)})"
        shape = _shape(clause.names)
        if shape is not None:
            iterable = f"lists({iterable}, {shape!r})"
        names = {name.name for name in tree.flat_names(clause.names)}
        if clauses:
            # Python takes a name for the same variable in the whole comprehension, but for its first list
            if not names.isdisjoint(bound):
                raise NotQuick
            later |= names
        bound = bound | names
        clauses += f" for {_target(clause.names)} in {iterable}"
        clauses += "".join(f" if truth({text})" for text in writer.all(clause.conditions, bound))
    element = writer.write(node.element, bound)
    if not later.isdisjoint(writer.names):
        raise NotQuick
    return f"tuple([{element}{clauses}])"


def _target(names: tuple[tree.Target, ...]) -> str:
    written = [f"v_{n.name}" if isinstance(n, tree.Name) else f"({_target(n.names)})" for n in names]
    return ", ".join(written)


def _shape(names: tuple[tree.Target, ...]) -> tuple[Any, ...] | None:
    """The lists that names are taken from, one in another; None for one name, which takes its item whole."""
    if len(names) == 1:
        name = names[0]
        return None if isinstance(name, tree.Name) else _shape(name.names)
    return tuple([_shape((name,)) for name in names])


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
    # of 3 < 2 < 1 / 0 Python does not look at the last
    if "in" in node.operators or not all([part.__class__ in SIMPLE for part in node.operands[2:]]):
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
    result = texts[0] if node.operators[0] == "*" else _term(node.operands[0], texts[0])
    for sign, part, text in zip(node.operators, node.operands[1:], texts[1:], strict=True):
        result = f"times({result}, {text})" if sign == "*" else f"({result} {sign} {_term(part, text)})"
    return result


def _term(part: tree.Expression, text: str) -> str:
    """The text of what is added, divided and the like, held to numbers and lists where it may be more."""
    known = part.value.__class__ in TERMS if isinstance(part, tree.Literal) else isinstance(part, NEW_TERMS)
    return text if known else f"term({text})"


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


def term(value: Any) -> Any:
    """A number or a list: Python adds truth values and texts as well."""
    if value.__class__ in TERMS:
        return value
    raise NotQuick


def times(left: Any, right: Any) -> Any:
    """The product of two numbers: a list that is repeated may be larger than the bound."""
    return number(left) * number(right)


def power(base: Any, exponent: Any) -> Any:
    """A power that is not too large to be worked out."""
    if number(base) < 0 or abs(number(exponent)) * abs(math.log2(base or 1)) >= MAX_BITS:
        raise NotQuick
    whole = base.__class__ is int and exponent.__class__ is int and exponent >= 0
    return base**exponent if whole else float(base) ** exponent


def pick(items: Any, index: Any) -> Any:
    """An item of a list."""
    if items.__class__ is tuple and index.__class__ is int:
        return items[index]
    raise NotQuick


def lists(items: Any, shape: tuple[Any, ...]) -> Any:
    """Items that are lists, and lists in lists where the shape has them: Python unpacks texts as well."""
    for item in items:
        if item.__class__ is not tuple:
            raise NotQuick
        for part, inner in zip(item, shape, strict=True):
            if inner is not None:
                lists((part,), inner)
    return items


HELPERS = {
    "truth": truth,
    "number": number,
    "term": term,
    "times": times,
    "power": power,
    "pick": pick,
    "lists": lists,
    "tuple": tuple,
}
