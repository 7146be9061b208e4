"""What a syntax error says, and how reading goes on after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from cnnspec.diagnostics.report import Diagnostic
from cnnspec.grammar.expected import expected
from cnnspec.grammar.mend import ITEMS, Mended, innermost
from cnnspec.grammar.pieces import CLOSES, Piece, Place, find_place, first_on_line, indent
from cnnspec.source import Source, Span

OPENS = {opening: closing for closing, opening in CLOSES.items()}
RESERVED = frozenset(
    [
        "def",
        "share",
        "net",
        "use",
        "let",
        "for",
        "if",
        "else",
        "and",
        "or",
        "not",
        "true",
        "false",
        "none",
        "in",
        "stem",
        "body",
        "expect",
    ]
)
FOREIGN = {
    "elif": "write `else if`",
    "return": "nothing is returned: the value of a def is that of its last statement",
    "import": "blocks are brought in with use: use std (bottleneck)",
    "while": "loops run over lists: for i in range(n) { ... }",
    "function": "blocks are defined with def: def NAME(...) { ... }",
    "func": "blocks are defined with def: def NAME(...) { ... }",
    "class": "blocks are defined with def, nets with net: net NAME { ... }",
    "module": "nets are defined with net: net NAME { ... }",
    "network": "nets are defined with net: net NAME { ... }",
    "model": "nets are defined with net: net NAME { ... }",
    "var": "numbers are named with let: let n = 4",
    "const": "numbers are named with let: let n = 4",
    "repeat": "a repeat is a factor: block(64) * 3",
    "neck": "a net has the sections stem and body, and heads",
}
SIGNS = {
    "&&": "write `and`",
    "&": "write `and`",
    "||": "write `or`",
    "!": "write `not`",
    "^": "write `**` for a power",
    "\\": "a line goes on inside brackets, or where the next one begins with `->`",
    "→": "write `->`",
    "⇒": "write `=>`",
    "×": "write `x` in dims, `*` in products",
    "÷": "write `/` or `//`",
    "−": "write `-`",
    "–": "write `-`",
    "≤": "write `<=`",
    "≥": "write `>=`",
    "≠": "write `!=`",
    "'": 'texts stand in double quotes: "..."',
    "“": 'texts stand in double quotes: "..."',
    "”": 'texts stand in double quotes: "..."',
    "\x00": "remove it; is this a text file?",
    "\u00a0": "this is a no-break space: write a plain one",
    "\u200b": "this is a space of width zero: remove it",
    "\ufeff": "this is a byte order mark: remove it",
}


@dataclass(frozen=True)
class Error:
    """A syntax error: the piece that the parser did not take, the one before it, its place, what fits."""

    source: Source
    mended: Mended
    pieces: list[Piece]
    place: Place
    found: Piece
    before: Piece
    first: Piece
    accepts: frozenset[str]

    @property
    def at_end(self) -> bool:
        return self.found.kind == "end" or not self.found.text

    def span(self, piece: Piece) -> Span:
        """Where a piece stands; an end of line is one character."""
        end = piece.start + 1 if piece.kind == "end" else piece.end
        length = len(self.source.text)
        return Span(self.source, min(piece.start, length), min(max(end, piece.start), length))

    def say(
        self, code: str, message: str, piece: Piece | None = None, *, label: str = "", help: str = ""
    ) -> Diagnostic:
        return Diagnostic(code, "error", message, self.span(piece or self.found), label, help)


Answer = tuple[Diagnostic, Mended]


def answer(source: Source, mended: Mended, offset: int, accepts: frozenset[str]) -> Answer:
    """The diagnostic for what the parser did not take at an offset, and the text with it mended."""
    pieces = mended.pieces()
    place = find_place(pieces, offset)
    end = len(mended.text.rstrip())
    nothing = Piece("end", "", end, end)
    found = pieces[place.at] if place.at < len(pieces) else nothing
    before = pieces[place.at - 1] if place.at else nothing
    first = pieces[place.statement] if place.statement < len(pieces) else nothing
    error = Error(source, mended, pieces, place, found, before, first, accepts)
    for rule in RULES:
        result = rule(error)
        if isinstance(result, Diagnostic):
            return result, mended.give_up(pieces, place)
        if result is not None:
            return result
    return error.say("syntax", expected(found, before, accepts)), mended.give_up(pieces, place)


# ---- brackets


def _brackets(error: Error) -> Diagnostic | Answer | None:
    """A bracket that is not closed, or closes nothing."""
    opened = innermost(error.place)
    if opened is not None and opened.piece.text in "([":
        return _parenthesis(error, opened.piece)
    at_top = not error.place.open
    if error.found.text in (")", "]") or (error.found.text == "}" and at_top):
        diagnostic = error.say("unopened", f"`{error.found.text}` closes nothing", help="remove it")
        return diagnostic, error.mended.erase(error.found.start, error.found.end)
    return None


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
        named = f"write {error.before.text}=..."
        return error.say("syntax", "arguments are given with `=`, not with `:`", help=named)
    if error.found.text == ";":
        return error.say("syntax", "`;` ends a statement, and stands in brackets here", help="write `,`")
    return None


# ---- single signs and words


def _characters(error: Error) -> Diagnostic | Answer | None:
    found = error.found
    if found.kind == "text" and (len(found.text) < 2 or not found.text.endswith('"')):
        return error.say("unclosed", "a text is not closed", label="begins here", help='write `"` at its end')
    if found.kind == "text" and "\\" in found.text:
        return error.say("character", "a text may not hold `\\`", help="write the character itself")
    if found.text in SIGNS:
        shown = found.text if found.text.isprintable() else f"U+{ord(found.text):04X}"
        return error.say("character", f"`{shown}` means nothing here", help=SIGNS[found.text])
    if found.text == "|" and error.before.text == "|" and error.accepts & {"NUMBER"}:
        return error.say("character", "`||` means nothing here", help=SIGNS["||"])
    if found.kind == "sign" and not found.text.isprintable():
        return error.say("character", f"U+{ord(found.text):04X} is not a character of the language")
    if not found.text.isascii() and found.kind in ("word", "sign", "number"):
        shown = next(c for c in found.text if not c.isascii())
        named = f"`{shown}`" if shown.isprintable() else f"U+{ord(shown):04X}"
        return error.say("character", f"{named} is not a character of the language", help=_ascii_help(found))
    return None


def _ascii_help(found: Piece) -> str:
    return "names are made of the letters a-z, A-Z, digits and _" if found.kind == "word" else ""


def _numbers(error: Error) -> Diagnostic | None:
    found, before = error.found, error.before
    if found.kind == "number" and not any(name in error.accepts for name in ("COMMA", "RPAR", "STAR")):
        return error.say(
            "syntax",
            f"`{found.text}` is not a number",
            help="numbers are written 64, 1_000, 0.5, 1e-5, 4.2G; dims 3x224x224",
        )
    if found.text == "x" and before.kind == "number":
        return error.say(
            "syntax", "dims are written without blanks", help=f"write {_dims(error)}, all in one"
        )
    if found.text == "." and error.accepts & {"NUMBER"}:
        return error.say("syntax", "a number begins with a digit", help="write 0.5, not .5")
    return None


def _dims(error: Error) -> str:
    """The dims that a stretch of numbers and x's stands for."""
    number = error.place.at - 1
    while number >= 2 and error.pieces[number - 1].text == "x":
        number -= 2
    parts = []
    for piece in error.pieces[number:]:
        if piece.text != "x" and piece.kind != "number":
            break
        parts.append(piece.text)
    return "".join(parts)


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


def _keywords(error: Error) -> Diagnostic | None:
    found, before = error.found, error.before
    if found.text in (":", "=") and before is error.first and before.text in RESERVED | {"head", "input"}:
        return error.say(
            "reserved",
            f"`{before.text}` is a word of the language and names nothing else",
            before,
            help=f"choose another name, such as `{before.text}1`",
        )
    if found.text == "else":
        return error.say("syntax", "`else` follows no `if`", help="write if c { } else { }")
    if found.text in ITEMS and found is error.first:
        return error.say("misplaced", f"`{found.text}` belongs at the top of a file, not in a block")
    if found.text in RESERVED and "NAME" in error.accepts:
        return error.say(
            "reserved",
            f"`{found.text}` is a word of the language and names nothing else",
            help=f"choose another name, such as `{found.text}1`",
        )
    return None


def _at_top(error: Error) -> Diagnostic | None:
    """Something other than a definition at the top of a file."""
    if error.place.open or error.first.text in ITEMS or error.first.text in FOREIGN or not error.first.text:
        return None
    return error.say(
        "syntax",
        f"`{error.first.text}` cannot stand at the top of a file",
        error.first,
        help="a file holds def, share, net, use and let",
    )


def _foreign(error: Error) -> Diagnostic | None:
    """Habits of other languages."""
    found, before, first = error.found, error.before, error.first
    for piece in (first, before, found):
        if piece.text in FOREIGN and "EQUAL" not in error.accepts:
            return error.say("syntax", f"there is no `{piece.text}` here", piece, help=FOREIGN[piece.text])
    if found.text == ":" and "LBRACE" in error.accepts:
        return error.say("syntax", "a block stands in braces, not after `:`", help="write { ... }")
    if found.text == "=" and before is first and error.place.open:
        return error.say(
            "syntax",
            f"`{first.text} =` names nothing",
            help=f"a value of the net is named by `{first.text}: ...`, a number by `let {first.text} = ...`",
        )
    return None


def _separators(error: Error) -> Diagnostic | Answer | None:
    """What is missing between two things, or at the end of a line."""
    found, before = error.found, error.before
    starts = found.kind in ("word", "number", "text") or found.text in ("(", "[")
    ended = before.kind in ("word", "number", "text") or before.text in (")", "]")
    opened = innermost(error.place)
    if starts and ended and opened is not None and opened.piece.text in "([" and "COMMA" in error.accepts:
        return error.say(
            "syntax",
            f"a comma is missing between `{before.text}` and `{found.text}`",
            label="write `,` before this",
        )
    if error.first.text == "input" and found.text == ",":
        return error.say("syntax", "a shape is written with `x`, not with commas", help="input 3x224x224")
    if found.kind == "word" and ended and "MINUSGREATERTHAN" in _names(error.accepts):
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


RULES: tuple[Callable[[Error], Diagnostic | Answer | None], ...] = (
    _characters,
    _in_brackets,
    _brackets,
    _no_block,
    _keywords,
    _foreign,
    _at_top,
    _numbers,
    _separators,
)
