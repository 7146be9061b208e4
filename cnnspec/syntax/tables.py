"""Saves the parser's tables: run `python -m cnnspec.syntax.tables` after a change of cnn.lark."""

from __future__ import annotations

import pickle
from typing import Any

from lark.grammar import Rule
from lark.lexer import TerminalDef
from lark.parsers.lalr_analysis import Reduce, Shift

from cnnspec.syntax.parse import TABLES, fingerprint, generate

Actions = dict[str, tuple[Any, Any]]
States = dict[int, Actions]


def main() -> None:
    """Write cnn.tables for the grammar as it stands."""
    made = generate()
    skip_unit_rules(made.parser.parser._parse_table.states, "atom")
    data, memo = made.memo_serialize([TerminalDef, Rule])
    options = {
        name: value
        for name, value in data["options"].items()
        if name not in ("postlex", "transformer", "_plugins")
    }
    _store_equal_steps_once(data["parser"]["parser"]["states"])
    saved = {"made_of": fingerprint(), "data": {**data, "options": options}, "memo": memo}
    TABLES.write_bytes(pickle.dumps(saved, protocol=5))
    print(f"wrote {TABLES.name}")


def skip_unit_rules(states: States, symbol: str) -> None:
    """Let the parser go past rules such as `?sum: product`, which pass on what they get, in one step.

    A number as an argument goes through twelve of them: what comes after it decides at once what it is. The
    state after `symbol` gets the actions of the states that unit rules would lead to (Anderson, Eve and
    Horning 1973, "Efficient LR(1) parsers").
    """
    merged: dict[tuple[int, ...], int] = {}
    for state in [number for number in states if symbol in states[number]]:
        chain = _chain(states, state, symbol)
        if chain not in merged:
            merged[chain] = max(states) + 1
            states[merged[chain]] = _merge([states[number] for number in chain])
        states[state][symbol] = (Shift, merged[chain])


def _store_equal_steps_once(states: dict[int, dict[int, Any]]) -> None:
    """Let equal steps be one object, which is saved and read once."""
    known: dict[str, Any] = {}
    for steps in states.values():
        for symbol, step in steps.items():
            steps[symbol] = known.setdefault(repr(step), step)


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


if __name__ == "__main__":
    main()
