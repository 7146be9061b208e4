"""Text to AST: lark's LALR parser over cnn.lark, with the tables that ship beside it."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from threading import Lock

import lark
from lark import Lark, Token
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.lark import PostLex

from cnnspec.diagnostics.report import Diagnostic, Report
from cnnspec.files import shipped
from cnnspec.garbage import without_garbage_collection
from cnnspec.source import Source, Span
from cnnspec.syntax import tree
from cnnspec.syntax.braces import MAX_BRACES, balance
from cnnspec.syntax.build import AstBuilder
from cnnspec.syntax.errors.answer import answer
from cnnspec.syntax.errors.words import RESERVED
from cnnspec.syntax.lexer import Lexer
from cnnspec.syntax.mend import BROKEN, Mended, without_piece

GRAMMAR = shipped("grammar") / "cnn.lark"
TABLES = GRAMMAR.with_name("cnn.tables")
MAX_NESTING = 200
MAX_SYNTAX_ERRORS = 50
MAX_REREAD = 2**19
"""How many characters are read again after syntax errors, in all."""
OPENING = frozenset({"LPAR", "LSQB", "LBRACE"})
CLOSING = frozenset({"RPAR", "RSQB", "RBRACE"})
PLUGINS = {"ContextualLexer": Lexer}


class NestingError(Exception):
    """Brackets are nested deeper than the bound; `start` is the offset of the first one beyond it."""

    def __init__(self, start: int) -> None:
        super().__init__(start)
        self.start = start


class LineEnds(PostLex):
    """Drops line ends inside ( ) and [ ], where they end no statement; holds the bound on nesting.

    Words of the language are no names, wherever they stand. `mended` says where braces are missing.
    """

    always_accept = ("_SEP",)

    def __init__(self) -> None:
        self.mended = Mended("")

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        open_brackets: list[str] = []
        closing, opening = self.mended.closing, self.mended.opening
        for token in stream:
            if token.type == "NAME":
                if token in RESERVED:
                    token.type = "RESERVED"
            elif token.type in OPENING:
                if len(open_brackets) >= MAX_NESTING:
                    raise NestingError(token.start_pos or 0)
                open_brackets.append(token.type)
            elif token.type in CLOSING:
                if open_brackets:
                    open_brackets.pop()
            elif token.type == "_SEP" and token != ";" and open_brackets and open_brackets[-1] != "LBRACE":
                if token.start_pos in closing:
                    yield from self._close(token)
                continue
            if closing and token.start_pos in closing:
                yield from self._close(token)
            if opening and token.start_pos in opening:
                open_brackets.append("LBRACE")
                yield _brace("LBRACE", token.start_pos)
            yield token
        yield from [_brace("RBRACE", len(self.mended.text))] * closing.get(-1, 0)

    def _close(self, token: Token) -> Iterator[Token]:
        """The missing braces before a token, which is another brace or begins a statement."""
        start = token.start_pos or 0
        yield from [_brace("RBRACE", start)] * self.mended.closing[start]
        if token.type == "RESERVED":
            token.type = token.value.upper()
        if token.type != "_SEP" and token.value not in ("}", "->", "=>", "|", "else"):
            yield Token("_SEP", ";", start, end_pos=start)


def _brace(kind: str, offset: int) -> Token:
    return Token(kind, "{" if kind == "LBRACE" else "}", offset, end_pos=offset)


class Parser:
    """The parser with the builder that it feeds; one parse at a time."""

    def __init__(self) -> None:
        self._builder = AstBuilder(Source("", ""))
        self._line_ends = LineEnds()
        self._lark = _load(self._builder, self._line_ends)
        self._lock = Lock()

    def parse(self, source: Source, mended: Mended, start: str = "start") -> tree.File | tree.Expression:
        """The AST of a text, with spans in `source`. Raises lark's UnexpectedInput, or NestingError."""
        with self._lock, without_garbage_collection():
            self._builder.source = source
            self._line_ends.mended = mended
            return self._lark.parse(mended.text, start=start)  # type: ignore[return-value]


def _load(builder: AstBuilder, line_ends: LineEnds) -> Lark:
    """The parser from the saved tables, or made afresh where they are of another grammar or another lark."""
    saved = pickle.loads(TABLES.read_bytes())
    if saved["made_of"] == fingerprint():
        return Lark._load_from_dict(
            saved["data"], saved["memo"], transformer=builder, postlex=line_ends, _plugins=PLUGINS
        )
    return generate(builder, line_ends)


def fingerprint() -> str:
    """What the tables depend on: the grammar and the version of lark."""
    return f"lark {lark.__version__}, grammar {sha256(GRAMMAR.read_bytes()).hexdigest()}"


def generate(
    builder: AstBuilder | None = None, line_ends: LineEnds | None = None, *, strict: bool = False
) -> Lark:
    """The parser made afresh from cnn.lark, which takes a quarter of a second."""
    return Lark(
        GRAMMAR.read_text(encoding="utf-8"),
        parser="lalr",
        start=["start", "alone"],
        postlex=line_ends or LineEnds(),
        transformer=builder,
        maybe_placeholders=False,
        strict=strict,
        _plugins=PLUGINS,
    )


@cache
def parser() -> Parser:
    """The one parser of the process."""
    return Parser()


def parse(source: Source, report: Report) -> tree.File:
    """The AST of a spec.

    Syntax errors go to the report; the statement they stand in is left out and the rest is read, so that one
    run finds them all.
    """
    mended = _without_nul(source, report)
    try:
        return parser().parse(source, mended)  # type: ignore[return-value]
    except NestingError as error:
        report.add(_too_deep(source, error))
    except UnexpectedInput:
        return _parse_mended(source, mended, report)
    return _nothing(source)


def _parse_mended(source: Source, mended: Mended, report: Report) -> tree.File:
    """The AST of a spec with syntax errors. What is known of a line but that its braces are wrong is said."""
    mended, braces = balance(source, mended)
    found: list[Diagnostic] = []
    most = MAX_SYNTAX_ERRORS if len(braces) < MAX_BRACES else 1
    file = _parse_around(source, mended, found, most)
    lines = {diagnostic.span.line for diagnostic in found if diagnostic.span}
    for diagnostic in [*found, *(d for d in braces if d.span and d.span.line not in lines)]:
        report.add(diagnostic)
        if diagnostic.code == "unopened" and diagnostic.span:
            report.suspect(diagnostic.span)
    return file


def _parse_around(source: Source, mended: Mended, found: list[Diagnostic], most: int) -> tree.File:
    """The AST of a spec, each statement with an error left out once its diagnostic is in `found`."""
    last = -1
    for _ in range(min(most, 1 + MAX_REREAD // (len(source.text) + 1))):
        try:
            return parser().parse(source, mended)  # type: ignore[return-value]
        except NestingError as error:
            found.append(_too_deep(source, error))
            break
        except UnexpectedInput as error:
            offset, accepts = _where(error, mended.text)
            if offset == last or mended.text.startswith(BROKEN, offset):
                mended = without_piece(mended, offset)
                continue
            last = offset
            diagnostic, mended = answer(source, mended, offset, accepts)
            found.append(diagnostic)
    return _nothing(source)


def _nothing(source: Source) -> tree.File:
    """What is read of a spec that has too many errors."""
    return tree.File((tree.Broken((), Span(source, 0, len(source.text))),), Span(source, 0, 0))


def parse_expression(source: Source, report: Report) -> tree.Expression | None:
    """The AST of a text that is one expression (a value of `--set`); None after an error."""
    mended = _without_nul(source, report)
    try:
        return parser().parse(source, mended, start="alone")  # type: ignore[return-value]
    except NestingError as error:
        report.add(_too_deep(source, error))
    except UnexpectedInput as error:
        report.add(answer(source, mended, *_where(error, mended.text), alone=True)[0])
    return None


def _without_nul(source: Source, report: Report) -> Mended:
    """The text without NULs, which are reported: they stand for broken statements from here on."""
    at = source.text.find(BROKEN)
    if at >= 0:
        message = "a NUL character cannot stand in a spec"
        report.error("character", Span(source, at, at + 1), message, help="is this a text file?")
    return Mended(source.text.replace(BROKEN, " "))


def _too_deep(source: Source, error: NestingError) -> Diagnostic:
    return Diagnostic(
        "bound-nesting",
        "error",
        f"brackets are nested more than {MAX_NESTING} deep",
        Span(source, error.start, error.start + 1),
        help="name the inner parts with let or def",
    )


def _where(error: UnexpectedInput, text: str) -> tuple[int, frozenset[str]]:
    """The offset of what the parser did not take, and the tokens that it would have."""
    if isinstance(error, UnexpectedToken):
        accepts = frozenset(error.accepts or error.expected)
        return len(text) if error.token.type == "$END" else error.token.start_pos or 0, accepts
    if isinstance(error, UnexpectedCharacters):
        return error.pos_in_stream, frozenset(error.allowed or ())
    return len(text), frozenset()
