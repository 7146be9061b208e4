"""What a syntax error says, and how reading goes on after it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from cnnspec.diagnostics.report import Diagnostic
from cnnspec.source import Source
from cnnspec.syntax.errors.expected import expected, shown
from cnnspec.syntax.errors.fault import Answer, Error
from cnnspec.syntax.errors.habits import comments, foreign, habits
from cnnspec.syntax.errors.words import at_top, characters, keywords, numbers
from cnnspec.syntax.mend import Mended, innermost
from cnnspec.syntax.pieces import CLOSES, Piece, Place, find_place, first_on_line, indent

LONGEST_SHOWN = 60
"""How long a text may be, in characters, that a cure repeats."""
OPENS = {opening: closing for closing, opening in CLOSES.items()}


def answer(
    source: Source, mended: Mended, offset: int, accepts: frozenset[str], *, alone: bool = False
) -> Answer:
    """The diagnostic for what the parser did not take at an offset, and the text with it mended.

    The text is a spec, or one expression that stands `alone`.
    """
    pieces = mended.pieces()
    place = find_place(pieces, offset)
    end = len(mended.text.rstrip())
    nothing = Piece("end", "", end, end)
    found = pieces[place.at] if place.at < len(pieces) else nothing
    before = pieces[place.at - 1] if place.at else nothing
    first = pieces[place.statement] if place.statement < len(pieces) else nothing
    error = Error(source, mended, pieces, place, found, before, first, accepts)
    for rule in RULES_ALONE if alone else RULES:
        result = rule(error)
        if isinstance(result, Diagnostic):
            return result, mended.give_up(pieces, place)
        if result is not None:
            return result
    message = expected(found, before, accepts)
    message = message.replace("the end of the file", "its end") if alone else message
    return error.say("syntax", message), mended.give_up(pieces, place)


def _brackets(error: Error) -> Diagnostic | Answer | None:
    """A bracket that is not closed, or closes nothing."""
    opened = innermost(error.place)
    if error.found.text in ("(", "[") and not _is_closed(error):
        message = f"`{error.found.text}` is not closed, and cannot stand here"
        diagnostic = error.say("unclosed", message, help="remove it")
        return diagnostic, error.mended.erase(error.found.start, error.found.end)
    if opened is not None and opened.piece.text in "([":
        return _parenthesis(error, opened.piece)
    at_top = not error.place.open
    if error.found.text in (")", "]") or (error.found.text == "}" and at_top):
        diagnostic = error.say("unopened", f"`{error.found.text}` closes nothing", help="remove it")
        return diagnostic, error.mended.erase(error.found.start, error.found.end)
    return None


def _is_closed(error: Error) -> bool:
    """Whether the bracket that was found is closed on its line, and before a brace."""
    depth = 0
    for piece in error.pieces[error.place.at :]:
        depth += (piece.text in ("(", "[")) - (piece.text in (")", "]"))
        if depth == 0 or piece.kind == "end" or piece.text in ("{", "}"):
            break
    return depth == 0


def _parenthesis(error: Error, opening: Piece) -> Diagnostic | Answer | None:
    """A parenthesis or square bracket that is open where something stands that it cannot hold."""
    closing = OPENS[opening.text]
    wrong = error.found.text in CLOSES and error.found.text not in (closing, "}")
    if wrong:
        message = f"`{error.found.text}` cannot close `{opening.text}`"
        return error.say("unclosed", message, help=f"write `{closing}`")
    last = _last_inside(error, opening)
    if last is None:
        return None
    diagnostic = error.say(
        "unclosed",
        f"`{opening.text}` is not closed",
        opening,
        label="opened here",
        help=f"write `{closing}` after `{last.text}`",
    )
    braces = tuple(o for o in error.place.open if o.piece.text == "{")
    place = Place(error.place.at, error.place.statement, braces)
    end = None if last is error.before and "\n" not in between(error, last) else last.end
    return diagnostic, error.mended.give_up(error.pieces, place, end)


def between(error: Error, last: Piece) -> str:
    """The text between a piece and what the parser did not take."""
    return error.mended.text[last.end : error.found.start]


def _last_inside(error: Error, opening: Piece) -> Piece | None:
    """The piece after which a bracket should have been closed; None where that is not what is wrong.

    A line that is indented no deeper than that of the bracket is not inside it.
    """
    text = error.mended.text
    outer = indent(text, opening.start)
    start = error.pieces.index(opening)
    inside = [piece for piece in error.pieces[start : error.place.at + 1] if piece.kind != "end"]
    for before, piece in pairwise(inside):
        no_deeper = first_on_line(text, piece.start) and indent(text, piece.start) <= outer
        if no_deeper and piece.text not in CLOSES:
            return before
    if not error.found.text or error.found.text in ("}", "{", "->", "=>"):
        closes = {"RPAR", "RSQB"} & error.accepts
        return error.before if closes and error.before is not opening else None
    return None


def _in_brackets(error: Error) -> Diagnostic | None:
    """A sign that does not separate arguments."""
    opened = innermost(error.place)
    if opened is None or opened.piece.text not in "([":
        return None
    if error.found.text == ":" and error.before.kind == "word":
        if error.first.text in ("def", "share", "net"):
            return error.say("syntax", "a parameter has no type", help="remove it; a default is written n=4")
        named = f"write {error.before.text}=..."
        return error.say("syntax", "arguments are given with `=`, not with `:`", help=named)
    if error.found.text == ";":
        return error.say("syntax", "`;` ends a statement, and stands in brackets here", help="write `,`")
    return None


def _no_block(error: Error) -> Answer | None:
    """A header without its brace, where what follows is indented as its block."""
    at = error.found.start
    line = error.mended.text[at + 1 :].lstrip("\r\n")
    deeper = len(line) - len(line.lstrip(" \t")) > indent(error.mended.text, error.first.start)
    if error.found.kind != "end" or error.found.text == ";" or "LBRACE" not in error.accepts or not deeper:
        return None
    message = f"a block is missing after `{error.before.text}`"
    diagnostic = error.say("syntax", message, help="write `{` at the end of the line")
    end = _end_of_block(error)
    mended = error.mended.open(at)
    return diagnostic, mended if end is None else mended.close(end)


def _end_of_block(error: Error) -> int | None:
    """Where a block without braces ends, by its indentation; None where a brace ends it."""
    text, outer = error.mended.text, indent(error.mended.text, error.first.start)
    for before, piece in pairwise(error.pieces[error.place.at :]):
        ends_before = before.kind == "end" and first_on_line(text, piece.start)
        if ends_before and indent(text, piece.start) <= outer:
            return None if piece.text == "}" else before.start
    return len(text)


def _comma(error: Error) -> Diagnostic | None:
    """A comma that is missing in brackets."""
    opened = innermost(error.place)
    if not (
        _between_two(error) and opened is not None and opened.piece.text in "([" and "COMMA" in error.accepts
    ):
        return None
    message = f"a comma is missing between `{error.before.text}` and `{error.found.text}`"
    return error.say("syntax", message, label="write `,` before this")


def _between_two(error: Error) -> bool:
    """Whether one thing has ended and another one begins."""
    starts = error.found.kind in ("word", "number", "text") or error.found.text in ("(", "[")
    return starts and (error.before.kind in ("word", "number", "text") or error.before.text in (")", "]"))


def _separators(error: Error) -> Diagnostic | Answer | None:
    """What is missing between two statements or arms."""
    found, before, opened = error.found, error.before, innermost(error.place)
    if found.kind == "word" and _between_two(error) and "MINUSGREATERTHAN" in _names(error.accepts):
        return error.say(
            "syntax",
            f"an arrow or the end of the line is missing between `{before.text}` and `{found.text}`",
            label="write `->` before this",
        )
    if error.accepts <= {"RBRACE", "_SEP"} and found is error.first and found.kind != "end":
        message = "an arm begins with `|`, and this line is among arms"
        diagnostic = error.say(
            "syntax", message, help="write | before it, or -> where the line before goes on"
        )
        return (diagnostic, error.mended.put("|", found.start - 1)) if found.kind == "word" else diagnostic
    if found.text == "|" and "VBAR" not in error.accepts and opened is not None:
        diagnostic = error.say(
            "syntax",
            "`|` begins an arm, and this block does not begin with one",
            help="write | before each arm, the first too: concat { | a | b }",
        )
        around = Place(error.pieces.index(opened.piece), opened.statement, error.place.open[:-1])
        return diagnostic, error.mended.give_up(error.pieces, around, keep=False)
    return None


def _names(accepts: frozenset[str]) -> frozenset[str]:
    return accepts | ({"MINUSGREATERTHAN"} if any("MORETHAN" in name for name in accepts) else set())


def _after_value(error: Error) -> Diagnostic | None:
    """Something after a value that stands alone."""
    if "$END" not in error.accepts:
        return None
    if error.found.kind not in ("word", "number", "text") and error.found.text != ",":
        return error.say("syntax", f"{shown(error.found)} cannot stand in a value")
    text = error.mended.text.strip()
    example = f": [{text}]" if "," in text and len(text) <= LONGEST_SHOWN else ""
    return error.say("syntax", "another value begins here", help=f"a list stands in [ ]{example}")


Rule = Callable[[Error], Diagnostic | Answer | None]
RULES: tuple[Rule, ...] = (
    characters,
    comments,
    _in_brackets,
    _brackets,
    _no_block,
    keywords,
    foreign,
    at_top,
    habits,
    numbers,
    _comma,
    _separators,
)
RULES_ALONE: tuple[Rule, ...] = (characters, _in_brackets, _brackets, numbers, _comma, _after_value)
