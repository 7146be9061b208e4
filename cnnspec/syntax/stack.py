"""The stack of the LALR(1) parser: states, and beside each the token or node that led to it.

A token is shifted, or rules are applied first that make nodes of the topmost values:

    read      values on the stack
    net A {   net A {
    conv      net A { conv
    (         net A { Reference (             a rule made conv a Reference; then `(` was shifted
    64        net A { Reference ( 64
    ,         net A { Reference ( Argument ,  two rules made 64 a Literal, and that an Argument

The state on top says which tokens may come, and which rule is first. Recovery takes values off.
"""

from __future__ import annotations

from cnnspec.caching import cache
from cnnspec.syntax.build import TreeBuilder
from cnnspec.syntax.tables import STARTS, Rule, tables
from cnnspec.syntax.tokens import Token
from cnnspec.typed import Any, Callable

Build = Callable[[list[Any]], Any]
Applied = tuple[str, int, tuple[tuple[int, bool], ...] | None, bool, Build | None]
"""A rule as it is applied: its symbol and size, what it keeps, whether it passes on, what builds its node."""


class Stack:
    """What is read of a text so far, and what may come next."""

    def __init__(self, start: str, builder: TreeBuilder) -> None:
        self.rows = tables().states
        self.rules = AppliedRules(builder)
        self.states: list[int] = [STARTS.index(start)]
        self.values: list[Any] = []

    def feed(self, kind: str, value: Any) -> bool:
        """Take a token of a kind; False where it cannot come next."""
        rows, states = self.rows, self.states
        # below zero is a rule to apply first, `~step`; from zero on the state that the token leads to
        step = rows[states[-1]].get(kind)
        while step is not None and step < 0:
            self._apply(~step)
            step = rows[states[-1]].get(kind)
        if step is None:
            return False
        states.append(step)
        self.values.append(value)
        return True

    def _apply(self, number: int) -> None:
        """Apply a rule: its node takes the place of what it is made of."""
        symbol, size, kept, passes, build = self.rules[number]
        states, values = self.states, self.values
        # the value stays where it is: only the state above it is another one
        if build is None:
            states.pop()
        else:
            start = len(values) - size
            children = values[start:]
            del values[start:], states[start + 1 :]
            if kept is not None:
                children = _kept(children, kept)
            values.append(children[0] if passes and len(children) == 1 else build(children))
        states.append(self.rows[states[-1]][symbol])

    def takes(self, kind: str, without: int = 0) -> bool:
        """Whether a token of a kind can come next, rules applied first, were so many values taken off."""
        # Rules are applied on a stack of states beside the real one, which begins at `below`: most kinds that
        # are asked about do not come, and the nodes need not be made.
        above: list[int] = []
        below = len(self.states) - without
        while True:
            top = above[-1] if above else self.states[below - 1]
            step = self.rows[top].get(kind)
            if step is None or step >= 0:
                return step is not None
            symbol, size, *_ = self.rules[~step]
            below -= max(0, size - len(above))
            del above[max(0, len(above) - size) :]
            above.append(self.rows[above[-1] if above else self.states[below - 1]][symbol])

    def settle(self) -> None:
        """Make nodes of what is whole: a block that is closed, a label, an argument, a step of a chain.

        The rules are those that what may come next would have applied.
        """
        # a block is whole with its brace, whatever follows; what END would apply makes its node
        if self.values and isinstance(self.values[-1], Token) and self.values[-1].kind == "}":
            self._apply(~self.rows[self.states[-1]]["END"])
        kind = next(filter(self.takes, (",", ")", "->", "NAME")), "")
        while (step := self.rows[self.states[-1]].get(kind, 0)) < 0:
            self._apply(~step)

    def expected(self) -> frozenset[str]:
        """The kinds of tokens that can come next."""
        return frozenset(kind for kind in self.rows[self.states[-1]] if self.takes(kind))

    def pop(self) -> Any:
        """Take the topmost value off."""
        self.states.pop()
        return self.values.pop()


class AppliedRules(dict[int, Applied]):
    """The rules as they are applied, by number, each made when it is first met."""

    def __init__(self, builder: TreeBuilder) -> None:
        self.builder = builder

    def __missing__(self, number: int) -> Applied:
        rule = tables().rules[number]
        build = _builds(rule, self.builder)
        applied = self[number] = (rule.symbol, rule.size, rule.kept, rule.passes, build)
        return applied


def _builds(rule: Rule, builder: TreeBuilder) -> Build | None:
    """What makes the node of a rule; None where the one value that it takes is passed on."""
    if rule.symbol.startswith("<_"):
        return _list
    if rule.passes and rule.size == 1 and rule.kept is None:
        return None
    return getattr(builder, rule.method)


def _list(children: list[Any]) -> list[Any]:
    """The items of a list as they are: a copy for each that is added would take quadratic time."""
    return children


def _kept(children: list[Any], kept: tuple[tuple[int, bool], ...]) -> list[Any]:
    """The children that a rule keeps, lists among them opened; the first one grows, for linear time."""
    found: list[Any] | None = None
    for number, inline in kept:
        if not inline:
            found = [] if found is None else found
            found.append(children[number])
        elif found is None:
            found = children[number]
        else:
            found += children[number]
    return found or []


@cache
def broken_states() -> frozenset[int]:
    """The states within a broken statement: after what is left of it, or a block in it."""
    rows = tables().states.all()
    begun = {row["BROKEN"] for row in rows if row.get("BROKEN", -1) >= 0}
    after = {rows[state][block] for state in begun for block in ("<body>", "<arms>") if block in rows[state]}
    return frozenset(begun | after)


def is_end(value: Any) -> bool:
    """Whether a value is the end of a statement."""
    return isinstance(value, Token) and value.kind == "END"
