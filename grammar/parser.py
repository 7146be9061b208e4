"""Text to AST: lark's LALR parser over cnn.lark, with the tables that ship beside it."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from threading import Lock

import lark
from lark import Lark, Token
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.lark import PostLex

from cnnspec import syntax
from cnnspec.diagnostics.report import Diagnostic, Report
from cnnspec.grammar.build import AstBuilder
from cnnspec.grammar.errors import BLANKED, syntax_error
from cnnspec.source import Source, Span

GRAMMAR = Path(__file__).with_name("cnn.lark")
TABLES = GRAMMAR.with_name("cnn.tables")
MAX_NESTING = 200
MAX_SYNTAX_ERRORS = 25
OPENING = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}


class NestingError(Exception):
    """Brackets are nested deeper than the bound; `start` is the offset of the first one beyond it."""

    def __init__(self, start: int) -> None:
        super().__init__(start)
        self.start = start


class LineEnds(PostLex):
    """Drops line ends inside ( ) and [ ], where they end no statement, and holds the bound on nesting."""

    always_accept = ("_SEP",)

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        open_brackets: list[str] = []
        for token in stream:
            if token.type in OPENING:
                if len(open_brackets) >= MAX_NESTING:
                    raise NestingError(token.start_pos or 0)
                open_brackets.append(token.type)
            elif token.type in OPENING.values():
                if open_brackets:
                    open_brackets.pop()
            elif token.type == "_SEP" and token != ";" and open_brackets and open_brackets[-1] != "LBRACE":
                continue
            yield token


class Parser:
    """The parser with the builder that it feeds; one parse at a time."""

    def __init__(self) -> None:
        self._builder = AstBuilder(Source("", ""))
        self._lark = _load(self._builder)
        self._lock = Lock()

    def parse(self, source: Source, text: str, start: str = "start") -> syntax.File | syntax.Expression:
        """The AST of `text`, with spans in `source`. Raises lark's UnexpectedInput, or NestingError."""
        with self._lock:
            self._builder.source = source
            return self._lark.parse(text, start=start)  # type: ignore[return-value]


def _load(builder: AstBuilder) -> Lark:
    """The parser from the saved tables, or made afresh where they are of another grammar or another lark."""
    saved = pickle.loads(TABLES.read_bytes())
    if saved["made_of"] == fingerprint():
        return Lark._load_from_dict(saved["data"], saved["memo"], transformer=builder, postlex=LineEnds())
    return generate(builder)


def fingerprint() -> str:
    """What the tables depend on: the grammar and the version of lark."""
    return f"lark {lark.__version__}, grammar {sha256(GRAMMAR.read_bytes()).hexdigest()}"


def generate(builder: AstBuilder | None = None, *, strict: bool = False) -> Lark:
    """The parser made afresh from cnn.lark, which takes a quarter of a second."""
    return Lark(
        GRAMMAR.read_text(encoding="utf-8"),
        parser="lalr",
        start=["start", "_expression"],
        postlex=LineEnds(),
        transformer=builder,
        maybe_placeholders=False,
        strict=strict,
    )


@cache
def parser() -> Parser:
    """The one parser of the process."""
    return Parser()


def parse(source: Source, report: Report) -> syntax.File:
    """The AST of a spec.

    Syntax errors go to the report; the statement they stand in is left out and the rest is read, so that one
    run finds them all.
    """
    text = source.text
    for _ in range(MAX_SYNTAX_ERRORS):
        try:
            return parser().parse(source, text)  # type: ignore[return-value]
        except (UnexpectedInput, NestingError) as error:
            diagnostic, text = _answer(error, source, text)
            report.add(diagnostic)
            if BLANKED not in text and not text.strip():
                break
    return syntax.File((), Span(source, 0, 0))


def parse_expression(source: Source, report: Report) -> syntax.Expression | None:
    """The AST of a text that is one expression (a value of `--set`); None after an error."""
    try:
        return parser().parse(source, source.text, start="_expression")  # type: ignore[return-value]
    except (UnexpectedInput, NestingError) as error:
        report.add(_answer(error, source, source.text)[0])
        return None


def _answer(error: UnexpectedInput | NestingError, source: Source, text: str) -> tuple[Diagnostic, str]:
    """The diagnostic of a syntax error, and the text without the statement it stands in."""
    if isinstance(error, NestingError):
        span = Span(source, error.start, error.start + 1)
        message = f"brackets are nested more than {MAX_NESTING} deep"
        diagnostic = Diagnostic(
            "bound-nesting", "error", message, span, help="name the inner parts with let or def"
        )
        return diagnostic, ""
    if isinstance(error, UnexpectedToken):
        token, allowed = error.token, error.accepts or error.expected
    elif isinstance(error, UnexpectedCharacters):
        start = error.pos_in_stream
        token, allowed = Token("", text[start], start, end_pos=start + 1), error.allowed or set()
    else:
        token, allowed = Token("$END", "", len(text), end_pos=len(text)), set()
    return syntax_error(source, text, token, frozenset(allowed))
