"""Makes the parser's tables of cnn.lark, where someone has changed it.

The one user of lark, which finds the states of the LALR(1) automaton and refuses a grammar with conflicts.
What is saved is cnnspec's own: words that tables.py reads, with rules and states numbered by what they are,
so that any version of lark writes the same file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lark import Lark
from lark.exceptions import LarkError
from lark.grammar import Rule, Symbol, Terminal
from lark.lexer import Lexer
from lark.parsers.lalr_analysis import Reduce, Shift

Actions = dict[str, tuple[Any, Any]]
States = dict[int, Actions]


class NoLexer(Lexer):
    """Tokens come from tokens.py."""

    def __init__(self, conf: object) -> None: ...

    def lex(self, lexer_state: object, parser_state: object) -> Iterator[Any]:
        raise NotImplementedError


def made(grammar: str, starts: Sequence[str]) -> str:
    """The words, rules and states of a grammar's tables. Raises ValueError, at a conflict for one."""
    options: Any = {"parser": "lalr", "lexer": NoLexer, "start": list(starts), "strict": True}
    try:
        lark = Lark(grammar, maybe_placeholders=False, **options)
    except LarkError as error:
        raise ValueError(str(error)) from error
    table: Any = lark.parser.parser._parse_table  # type: ignore[attr-defined]
    skip_unit_rules(table.states, "atom")
    kinds = {term.name: _kind(term) for term in lark.terminals} | {"_END": "END"}
    rules = sorted(
        {arg for row in table.states.values() for action, arg in row.values() if action is Reduce}, key=str
    )
    order = _order(table.states, [table.start_states[start] for start in starts])
    accepted = {table.end_states[start]: {"$END": 0} for start in starts}
    rows = [
        {
            kinds.get(symbol) or _plain(symbol): ~rules.index(arg) if action is Reduce else order[arg]
            for symbol, (action, arg) in sorted(table.states[state].items())
            if symbol != "$END" or action is Reduce
        }
        | accepted.get(state, {})
        for state in order
    ]
    words = sorted(kind for kind in set(kinds.values()) if kind.islower() and kind.isidentifier())
    parts = [f"words {' '.join(words)}", "\n".join(map(_rule, rules)), "\n".join(map(_row, rows))]
    return "\n\n".join(parts) + "\n"


def _kind(term: Any) -> str:
    """The kind of a terminal's tokens: a sign or word is itself."""
    return term.pattern.value if term.pattern is not None and term.pattern.type == "str" else term.name


def _plain(symbol: str) -> str:
    """The name of a symbol: what rules make stands in < >, for there is a rule and a word `net`."""
    return symbol if symbol.isupper() else f"<{symbol}>"


def _rule(rule: Rule) -> str:
    """A rule as a line: what it makes, its method in build.py, how many it takes, whether one alone is passed
    on, and the numbers of those that it keeps, or all; `+` says that the children of one take its place.
    """
    kept = [
        f"{number}{'+' * _is_list(symbol)}"
        for number, symbol in enumerate(rule.expansion)
        if rule.options.keep_all_tokens or not (isinstance(symbol, Terminal) and symbol.filter_out)
    ]
    plain = kept == [str(number) for number in range(len(rule.expansion))]
    passes = "yes" if rule.options.expand1 and not rule.alias else "no"
    words = [_plain(rule.origin.name), rule.alias or rule.origin.name, str(len(rule.expansion)), passes]
    return " ".join([*words, *(["all"] if plain else kept)])


def _row(row: dict[str, int]) -> str:
    return " ".join(f"{symbol} {step}" for symbol, step in row.items())


def _is_list(symbol: Symbol) -> bool:
    return not symbol.is_term and symbol.name.startswith("_")


def _order(states: States, starts: list[int]) -> dict[int, int]:
    """The number of each state: the order in which they are met from the first, by names of symbols."""
    order = {state: number for number, state in enumerate(starts)}
    waiting = list(starts)
    for state in waiting:
        for symbol in sorted(states.get(state, ())):
            action, arg = states[state][symbol]
            if action is Shift and symbol != "$END" and arg not in order:
                order[arg] = len(order)
                waiting.append(arg)
    return order


def skip_unit_rules(states: States, symbol: str) -> None:
    """Let the parser go past rules such as `?sum: product`, which pass on what they get, in one step.

    A number as an argument goes through twelve of them: what comes after it decides at once what it is. The
    state after `symbol` gets the actions of the states that unit rules would lead to (Anderson, Eve and
    Horning 1973, "Efficient LR(1) parsers"). The one state after an atom does

        at `[` and `.`   what the state after a postfix does: shift
        at `**`          what the state after an operand does: shift
        at `*`           what the state after a product does: shift
        at `)`           what the state after an expression does: the argument is whole
    """
    merged: dict[tuple[int, ...], int] = {}
    for state in [number for number in states if symbol in states[number]]:
        chain = _chain(states, state, symbol)
        if chain not in merged:
            merged[chain] = max(states) + 1
            states[merged[chain]] = _merge([states[number] for number in chain])
        states[state][symbol] = (Shift, merged[chain])


def _chain(states: States, state: int, symbol: str) -> tuple[int, ...]:
    """The state after a symbol, and those after the symbols that unit rules make of it."""
    found = [states[state][symbol][1]]
    while True:
        actions = states[found[-1]]
        units = {arg.origin.name for action, arg in actions.values() if action is Reduce and _is_unit(arg)}
        after = [states[state][name][1] for name in units if name in states[state]]
        if len(units) != 1 or not after or after[0] in found:
            return tuple(found)
        found.append(after[0])


def _is_unit(rule: Rule) -> bool:
    """Whether a rule does nothing but pass on one symbol."""
    one = len(rule.expansion) == 1 and not rule.expansion[0].is_term
    return one and rule.options.expand1 and not rule.alias


def _merge(chain: list[Actions]) -> Actions:
    """The actions of the first state; where it would apply a unit rule, those of the next."""
    first, *rest = chain
    if not rest:
        return dict(first)
    after = _merge(rest)
    own = {
        symbol: after.get(symbol, (action, arg)) if action is Reduce and _is_unit(arg) else (action, arg)
        for symbol, (action, arg) in first.items()
    }
    return {**{symbol: step for symbol, step in after.items() if symbol.islower()}, **own}
