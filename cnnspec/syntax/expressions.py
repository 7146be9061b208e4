"""The abstract syntax of expressions, and of the names that values are unpacked into."""

from __future__ import annotations

from cnnspec.records import dataclass, field
from cnnspec.source import Span
from cnnspec.typed import Iterator


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a text, a truth value, `none`, or dims (a tuple of integers)."""

    value: int | float | str | bool | tuple[int, ...] | None
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Name:
    name: str
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Listing:
    """`[a, b]`, or `(a, b)`, which is the same."""

    items: tuple[Expression, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Unpacked:
    """`(a, b)` among the names of a `let` or `for`: the names of the parts of one item."""

    names: tuple[Target, ...]
    span: Span = field(compare=False, repr=False)


Target = Name | Unpacked


@dataclass(frozen=True, slots=True)
class Clause:
    """`for names in iterable if condition ...` of a comprehension."""

    names: tuple[Target, ...]
    iterable: Expression
    conditions: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Comprehension:
    element: Expression
    clauses: tuple[Clause, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """`a if c else b if d else e`: the values in turn, each but the last with its condition."""

    values: tuple[Expression, ...]
    conditions: tuple[Expression, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Logic:
    """`a and b and c`, or the same with `or`."""

    operator: str
    operands: tuple[Expression, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Prefix:
    """`not`, `-` or `+`, any number of times, before an operand."""

    operators: tuple[str, ...]
    operand: Expression
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Comparison:
    """`a < b <= c`: true where every neighbour holds."""

    operators: tuple[str, ...]
    operands: tuple[Expression, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Operators of one precedence, from left to right; `**` from right to left."""

    operators: tuple[str, ...]
    operands: tuple[Expression, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Index:
    target: Expression
    index: Expression
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Slicing:
    """`target[start:stop]`."""

    target: Expression
    start: Expression | None
    stop: Expression | None
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Attribute:
    target: Expression
    name: str
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Figure:
    """`net.depth` in `where`: a figure of the members of a space, whatever parameters are called."""

    name: str
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a call, positional where `name` is None."""

    name: str | None
    value: Expression
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    function: Expression
    arguments: tuple[Argument, ...]
    span: Span = field(compare=False, repr=False)


Expression = (
    Literal
    | Name
    | Listing
    | Comprehension
    | Choice
    | Logic
    | Prefix
    | Comparison
    | Arithmetic
    | Index
    | Slicing
    | Attribute
    | Figure
    | Call
)


def flat_names(names: tuple[Target, ...]) -> Iterator[Name]:
    """The names that items are unpacked into, those in parentheses among them."""
    for name in names:
        if isinstance(name, Name):
            yield name
        else:
            yield from flat_names(name.names)
