"""The lexer: lark's contextual one, by a shorter way.

It finds what lark's finds, by lark's own terminals in lark's own order, of which the state of the parser says
which may come. But blanks go in the same match as the token behind them, keywords are looked up and not
matched a second time, and lines are not counted, which sources do. Half of a parse went into these.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from lark import Token
from lark.common import LexerConf
from lark.lexer import ContextualLexer, LexerState

BLANKS = r"[ \t\f\r]*"


class Scan(NamedTuple):
    """What may come in one state of the parser: a pattern with a group a terminal, and the keywords."""

    pattern: re.Pattern[str]
    keywords: Mapping[str, str]


class Lexer:
    """A lexer that lark takes in the place of its own, and that leaves to its own what it cannot match."""

    def __init__(
        self, conf: LexerConf, states: dict[int, Collection[str]], always_accept: Collection[str] = ()
    ) -> None:
        self.lark = ContextualLexer(conf, states, always_accept)
        self.ignored = frozenset(conf.ignore)
        self.scans: dict[int, Scan] = {}

    def lex(self, state: LexerState, parser: Any) -> Iterator[Token]:
        """The tokens of a text, each found in the state that the ones before it led to.

        Raises lark's UnexpectedInput.
        """
        text, position = state.text.text, state.line_ctr.char_pos
        scans, ignored, stack = self.scans, self.ignored, parser.state_stack
        while True:
            pattern, keywords = scans.get(stack[-1]) or self._scan(stack[-1])
            found = pattern.match(text, position)
            if found is None:
                break
            kind = found.lastgroup or ""
            start, position = found.span(kind)
            if kind in ignored:
                continue
            value = found[kind]
            if kind == "NAME":
                kind = keywords.get(value, kind)
            yield Token(kind, value, start, None, None, None, None, position)
        state.line_ctr.char_pos = position
        yield from self.lark.lex(state, parser)

    def _scan(self, state: int) -> Scan:
        """What may come in a state. Keywords are names too: where a name may come, they are looked up."""
        terminals = self.lark.lexers[state].terminals  # type: ignore[attr-defined]
        named = any(terminal.name == "NAME" for terminal in terminals)
        keywords = {
            terminal.pattern.value: terminal.name
            for terminal in terminals
            if named and terminal.pattern.type == "str" and terminal.pattern.value.isidentifier()
        }
        groups = "|".join(
            f"(?P<{terminal.name}>{terminal.pattern.to_regexp()})"
            for terminal in terminals
            if terminal.name not in keywords.values()
        )
        scan = self.scans[state] = Scan(re.compile(f"{BLANKS}(?:{groups})"), keywords)
        return scan
