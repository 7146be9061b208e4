"""The abstract syntax of a spec: data, and a way through it. Spans do not count when trees are compared."""

from __future__ import annotations

from cnnspec.caching import cache
from cnnspec.records import dataclass, field, fields, is_dataclass
from cnnspec.source import Span
from cnnspec.syntax.expressions import Argument as Argument
from cnnspec.syntax.expressions import Arithmetic as Arithmetic
from cnnspec.syntax.expressions import Attribute as Attribute
from cnnspec.syntax.expressions import Call as Call
from cnnspec.syntax.expressions import Choice as Choice
from cnnspec.syntax.expressions import Clause as Clause
from cnnspec.syntax.expressions import Comparison as Comparison
from cnnspec.syntax.expressions import Comprehension as Comprehension
from cnnspec.syntax.expressions import Expression as Expression
from cnnspec.syntax.expressions import Figure as Figure
from cnnspec.syntax.expressions import Index as Index
from cnnspec.syntax.expressions import Listing as Listing
from cnnspec.syntax.expressions import Literal as Literal
from cnnspec.syntax.expressions import Logic as Logic
from cnnspec.syntax.expressions import Name as Name
from cnnspec.syntax.expressions import Prefix as Prefix
from cnnspec.syntax.expressions import Slicing as Slicing
from cnnspec.syntax.expressions import Target as Target
from cnnspec.syntax.expressions import Unpacked as Unpacked
from cnnspec.syntax.expressions import flat_names as flat_names
from cnnspec.syntax.tokens import Token
from cnnspec.typed import Any, Iterator

# ---- statements


@dataclass(frozen=True, slots=True)
class Member:
    """A label within what a label names: `.p[3]` of `pyramid.p[3]`."""

    name: str
    indices: tuple[tuple[Expression, ...], ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Reference:
    """A name with its indices: `conv`, `skip[i]`, `y[stage, branch]`, `pyramid.p[3]`."""

    name: str
    indices: tuple[tuple[Expression, ...], ...]
    span: Span = field(compare=False, repr=False)
    members: tuple[Member, ...] = ()


@dataclass(frozen=True, slots=True)
class Body:
    statements: tuple[Statement, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Guard:
    """`for names in value:` or `if value:` before an arm; `names` is empty for `if`."""

    names: tuple[Target, ...]
    value: Expression
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Broken:
    """A statement with a syntax error, which has been reported: the blocks in it, for they may be right.

    `tokens` are all of its own. Of what stands before the error, `label`, whole `units`, and of a call that
    is not whole its `callee` and `arguments` are kept for who looks at one place of a text; they are in no
    walk.
    """

    blocks: tuple[Body | Arms, ...]
    span: Span = field(compare=False, repr=False)
    tokens: tuple[Token, ...] = field(default=(), compare=False, repr=False)
    label: Reference | None = field(default=None, compare=False)
    units: tuple[Step, ...] = field(default=(), compare=False)
    callee: Reference | None = field(default=None, compare=False)
    arguments: tuple[Argument, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Arm:
    guards: tuple[Guard, ...]
    flow: Flow | Broken
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Arms:
    arms: tuple[Arm, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Unit:
    """One step of a flow: a call, a label, or (with `target` None) a group in braces; maybe repeated.

    `arguments` is None where no parentheses are written.
    """

    target: Reference | None
    arguments: tuple[Argument, ...] | None
    block: Body | Arms | None
    repeat: Expression | None
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Conditional:
    """`unit if condition`, left out where it does not hold, or `unit if condition else otherwise`."""

    unit: Unit
    condition: Expression
    otherwise: Unit | None
    span: Span = field(compare=False, repr=False)


Step = Unit | Conditional


@dataclass(frozen=True, slots=True)
class Mark:
    """A shape mark; None stands for `?`."""

    extents: tuple[Expression | None, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Flow:
    label: Reference | None
    units: tuple[Step, ...]
    mark: Mark | None
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Let:
    names: tuple[Target, ...]
    value: Expression
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Loop:
    names: tuple[Target, ...]
    iterable: Expression
    body: Body
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Branch:
    condition: Expression
    body: Body
    otherwise: Body | Branch | None
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Labelled:
    """`label: for ... { }` or `label: if ... { }`: names the value that it ends in."""

    label: Reference
    statement: Loop | Branch
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class InputDeclaration:
    name: str | None
    extents: tuple[Expression, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Section:
    name: str
    body: Body
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Head:
    name: Reference | None
    source: Reference | None
    training: bool
    body: Body
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Expect:
    conditions: tuple[Expression, ...]
    span: Span = field(compare=False, repr=False)


# ---- a file


@dataclass(frozen=True, slots=True)
class Use:
    """`use std (a, b)`, or `use "blocks.cnn" (a, b)` with `is_path`."""

    origin: str
    is_path: bool
    names: tuple[Name, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ParameterDefinition:
    name: str
    default: Expression | None
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Definition:
    """A def; with `shared`, all its calls use one set of weights. A share may stand in a body as well."""

    name: str
    parameters: tuple[ParameterDefinition, ...]
    body: Body
    shared: bool
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class NetDefinition:
    name: str
    parameters: tuple[ParameterDefinition, ...]
    body: Body
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Given:
    """`net NAME = base(arguments) { expect ... }`; the body holds `expect` and nothing else."""

    name: str
    base: Name
    arguments: tuple[Argument, ...]
    body: Body | None
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Domain:
    """`low..high step n log`, both ends in it; without `high`, the list that `low` gives, to choose from."""

    low: Expression
    high: Expression | None
    step: Expression | None
    log: bool
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Vary:
    """`vary NAME in domain`, or `vary NAME[count] in domain` for a list of as many."""

    name: Name
    count: Expression | None
    domain: Domain
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Where:
    """What must hold of the members of a space."""

    conditions: tuple[Expression, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class SpaceBody:
    statements: tuple[Restriction, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Space:
    """`space NAME of base { ... }`."""

    name: str
    base: Name
    body: SpaceBody
    span: Span = field(compare=False, repr=False)


Statement = (
    Flow | Labelled | Loop | Branch | Let | Definition | InputDeclaration | Section | Head | Expect | Broken
)
Restriction = Vary | Where | Broken
"""What stands in the body of a space."""
Item = Use | Definition | NetDefinition | Given | Space | Let | Broken


@dataclass(frozen=True, slots=True)
class File:
    items: tuple[Item, ...]
    span: Span = field(compare=False, repr=False)


def parts(root: Any, without: tuple[type, ...] = ()) -> Iterator[Any]:
    """A part of the AST and all that is in it, but for parts of some kinds."""
    stack = [root]
    while stack:
        node = stack.pop()
        kind = node.__class__
        if kind is tuple:
            stack.extend(node)
        elif (names := INNER[kind]) is not None and kind not in without:
            yield node
            for name in names:
                stack.append(getattr(node, name))


def units(flow: Flow) -> Iterator[Unit]:
    """The units of a flow, those under a condition and those in their place among them."""
    for step in flow.units:
        if isinstance(step, Unit):
            yield step
        else:
            yield step.unit
            if step.otherwise is not None:
                yield step.otherwise


LEAVES = frozenset(["str", "bool", "str | None"])
"""The types of fields, as they are written above, that hold no node."""


class InnerFields(dict[type, "tuple[str, ...] | None"]):
    """The fields of each kind of node that may hold nodes; None for what is no node."""

    def __missing__(self, kind: type) -> tuple[str, ...] | None:
        found = self[kind] = _children(kind, leaves=False)
        return found


INNER = InnerFields()


@cache
def _children(kind: type, leaves: bool = True) -> tuple[str, ...] | None:
    """The fields of a kind of node, those that hold none among them; None for what is no node."""
    if not is_dataclass(kind):
        return None
    return tuple(f.name for f in fields(kind) if f.compare and (leaves or f.type not in LEAVES))


def same(first: Any, second: Any) -> bool:
    """Whether two parts of an AST are equal; unlike `==`, however deep they are nested."""
    stack = [(first, second)]
    while stack:
        one, other = stack.pop()
        if one.__class__ is not other.__class__:
            return False
        if isinstance(one, tuple):
            if len(one) != len(other):
                return False
            stack.extend(zip(one, other, strict=True))
        elif (names := _children(type(one))) is not None:
            stack.extend((getattr(one, name), getattr(other, name)) for name in names)
        elif one != other:
            return False
    return True
