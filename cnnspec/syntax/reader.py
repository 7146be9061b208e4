"""One way through the tokens of a text, up to the first that the parser does not take."""

from __future__ import annotations

from cnnspec.diagnostics.report import Diagnostic
from cnnspec.source import Source, Span
from cnnspec.syntax.build import TreeBuilder
from cnnspec.syntax.stack import Stack
from cnnspec.syntax.tables import tables
from cnnspec.syntax.tokens import CLOSES, OPENS, RESERVED, Token

MAX_NESTING = 200
EXTENTS = frozenset(["NUMBER", "DIMS", "PATTERN", "?"])
FITTING = frozenset([*CLOSES, "|"])
"""What is fed only where it fits: before it finds a token wrong, an LALR parser may apply rules, and less can
come then."""


class NestingError(Exception):
    """Brackets are nested deeper than the bound."""

    def __init__(self, span: Span) -> None:
        super().__init__(span.start)
        self.diagnostic = Diagnostic(
            "bound-nesting",
            "error",
            f"brackets are nested more than {MAX_NESTING} deep",
            span,
            help="name the inner parts with let or def",
        )


class Reader:
    """Feeds tokens to the stack. `at` is the next one, `opened` are the brackets around it, by number."""

    def __init__(self, source: Source, tokens: list[Token], start: str) -> None:
        self.source, self.tokens = source, tokens
        self.stack = Stack(start, TreeBuilder(source, tokens))
        self.at = 0
        self.opened: list[int] = []

    def advance(self) -> bool:
        """Read on to the end; False where the token `at` is not taken. Raises NestingError.

        A word is one of the grammar where such a one may come, else a name or reserved; sizes are a shape
        mark where one may come. An end of line within ( ) and [ ] ends no statement.
        """
        tokens, stack, opened, known = self.tokens, self.stack, self.opened, tables().words
        rows, states = stack.rows, stack.states
        while True:
            token = tokens[self.at]
            kind = token.kind
            if kind == "NAME":
                if token.text in known:
                    kind = _kind_of_word(token.text, rows[states[-1]])
            elif kind == "END" and opened and tokens[opened[-1]].kind != "{" and token.text != ";":
                self.at += 1
                continue
            elif kind in EXTENTS and "MARK" in rows[states[-1]] and is_mark(token):
                kind = "MARK"
            elif kind in OPENS and len(opened) >= MAX_NESTING:
                raise NestingError(Span(self.source, token.start, token.start + 1))
            elif kind in FITTING and not self._fits(kind):
                return False
            if not stack.feed(kind, token):
                return False
            if kind in OPENS:
                opened.append(self.at)
            elif kind in CLOSES:
                opened.pop()
            elif kind == "$END":
                return True
            self.at += 1

    def _fits(self, kind: str) -> bool:
        """Whether a closing bracket has its opening one, and a bar begins an arm."""
        if kind == "|":
            return self.stack.takes(kind)
        return bool(self.opened) and self.tokens[self.opened[-1]].kind == CLOSES[kind]


def is_mark(token: Token) -> bool:
    """Whether sizes, open ones among them, can stand after `=>`: no number but a plain one can."""
    return token.kind != "NUMBER" or token.text.isdecimal()


def _kind_of_word(word: str, row: dict[str, int]) -> str:
    if word in row:
        return word
    return "RESERVED" if word in RESERVED else "NAME"
