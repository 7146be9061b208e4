"""Text to tree: the tokens of a text, fed to an LALR(1) automaton, and whatever is wrong with it."""

from __future__ import annotations

from cnnspec.diagnostics.report import Diagnostic, Report
from cnnspec.garbage import without_garbage_collection
from cnnspec.records import dataclass
from cnnspec.source import Source, Span
from cnnspec.syntax import tree
from cnnspec.syntax.outline import notes_of
from cnnspec.syntax.reader import NestingError, Reader
from cnnspec.syntax.statements import braces_match
from cnnspec.syntax.tokens import Token, statements_of, tokenize

NUL = "\x00"


@dataclass(frozen=True)
class Parsed:
    """A text as it was read: all its tokens, comments too, its tree, and what is wrong with it.

    What is unknown on the lines of `suspects` is the doing of a syntax error.
    """

    source: Source
    tokens: tuple[Token, ...]
    tree: tree.File
    errors: tuple[Diagnostic, ...]
    suspects: tuple[Span, ...] = ()

    def told(self, report: Report) -> Parsed:
        """This, with its errors in a report, and what the report is to know of the text."""
        report.note(self.source, notes_of(self.source, self.tokens, self.tree))
        for error in self.errors:
            report.add(error)
        for span in self.suspects:
            report.suspect(span)
        return self


@without_garbage_collection
def parse(source: Source) -> Parsed:
    """A spec, read. Never raises: a statement with a syntax error is a `Broken` one, and the rest is read.

    What explains and repairs errors is loaded where there is one.
    """
    tokens = tokenize(source.text.replace(NUL, " "))
    code = statements_of(tokens, source.text)
    reader = Reader(source, code, "start") if braces_match(source.text, code) else None
    if reader is not None and _reads(reader):
        return Parsed(source, tuple(tokens), reader.stack.values[0], tuple(_nul(source)))
    from cnnspec.syntax.recover import read_on

    file, errors, suspects = read_on(source, code, reader)
    return Parsed(source, tuple(tokens), file, (*_nul(source), *errors), suspects)


def _reads(reader: Reader) -> bool:
    """Whether a text has no syntax error."""
    try:
        return reader.advance()
    except NestingError:
        return False


def parse_expression(source: Source, report: Report) -> tree.Expression | None:
    """The tree of a text that is one expression (a value of `--set`); None after an error."""
    tokens = statements_of(tokenize(source.text.replace(NUL, " ")), source.text)
    errors = _nul(source)
    reader = Reader(source, tokens, "alone")
    try:
        if not reader.advance():
            from cnnspec.syntax.errors import RULES_ALONE, explain

            errors.append(explain(reader, RULES_ALONE).diagnostic)
    except NestingError as error:
        errors.append(error.diagnostic)
    for error in errors:
        report.add(error)
    return None if errors else reader.stack.values[0]


def _nul(source: Source) -> list[Diagnostic]:
    """What is said of NULs, which are read as blanks."""
    at = source.text.find(NUL)
    if at < 0:
        return []
    message = "a NUL character cannot stand in a spec"
    return [Diagnostic("character", "error", message, Span(source, at, at + 1), help="is this a text file?")]
