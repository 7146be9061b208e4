"""A token that the parser did not take, as the rules that explain it see it, and what they answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cnnspec.diagnostics.cures import Cure
from cnnspec.diagnostics.report import Diagnostic
from cnnspec.records import dataclass
from cnnspec.source import Source, Span
from cnnspec.syntax.tokens import ENDS, NUMBERS, STRINGS, WORDS, Token


@dataclass(frozen=True)
class GiveUp:
    """The statement is broken: it ends at token `until`, or where statements end.

    With `around`, it is the statement that opens that bracket; `blocks` says that blocks in it are read.
    """

    until: int | None = None
    around: int | None = None
    blocks: bool = True


@dataclass(frozen=True)
class Replace:
    """In the place of `count` tokens stand others, or none, and the statement goes on."""

    count: int
    by: tuple[Token, ...] = ()


@dataclass(frozen=True)
class CloseBrackets:
    """The brackets that are open in the statement are closed before token `before`."""

    before: int


@dataclass(frozen=True)
class OpenBlock:
    """A block opens here, and is closed before token `end`, or where a brace says so."""

    end: int | None


Repair = GiveUp | Replace | CloseBrackets | OpenBlock


@dataclass(frozen=True)
class Answer:
    """What is said of a syntax error, and how reading goes on after it."""

    diagnostic: Diagnostic
    repair: Repair = GiveUp()


@dataclass(frozen=True)
class Unexpected:
    """Token `at` was not taken: `accepts` would have been. Tokens are named by number.

    `first` begins the statement, `opened` are the brackets around.
    """

    source: Source
    tokens: Sequence[Token]
    at: int
    first_at: int
    opened: tuple[int, ...]
    accepts: frozenset[str]

    @property
    def found(self) -> Token:
        return self.tokens[self.at]

    @property
    def before(self) -> Token:
        return self.tokens[self.at - 1] if self.at else self.tokens[-1]

    @property
    def first(self) -> Token:
        return self.tokens[self.first_at]

    @property
    def innermost(self) -> Token | None:
        """The innermost bracket that is open."""
        return self.tokens[self.opened[-1]] if self.opened else None

    @property
    def in_brackets(self) -> bool:
        """Whether this stands in ( ) or [ ]."""
        return self.innermost is not None and self.innermost.kind != "{"

    @property
    def between_two(self) -> bool:
        """Whether one thing has ended and another one begins."""
        things = WORDS | NUMBERS | STRINGS
        starts = self.found.kind in things or self.found.kind in ("(", "[")
        return starts and (self.before.kind in things or self.before.kind in (")", "]"))

    def span(self, token: Token) -> Span:
        """Where a token stands; an end of line is one character."""
        end = token.start + 1 if token.kind in ENDS else token.end
        length = len(self.source.text)
        return Span(self.source, min(token.start, length), min(max(end, token.start), length))

    def say(
        self, code: str, message: str, token: Token | None = None, *, label: str = "", help: str = ""
    ) -> Diagnostic:
        return self.cured(code, message, Cure(help), token, label=label)

    def cured(
        self, code: str, message: str, cure: Cure, token: Token | None = None, *, label: str = ""
    ) -> Diagnostic:
        """A diagnostic with a cure, which may have edits."""
        span = self.span(token or self.found)
        return Diagnostic(code, "error", message, span, label, cure.help, edits=cure.edits)


SyntaxRule = Callable[[Unexpected], Answer | None]
"""Says what it knows of a syntax error; None where it is not one of its own."""
