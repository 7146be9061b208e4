"""Syntax errors in single signs and words: what is no character, no number or no name of the language."""

from __future__ import annotations

import re
from difflib import get_close_matches

from cnnspec.diagnostics.report import Diagnostic
from cnnspec.syntax.errors.expected import short
from cnnspec.syntax.errors.fault import Answer, Error
from cnnspec.syntax.mend import ITEMS
from cnnspec.syntax.pieces import Piece, Place

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
    "@": "remove it",
    "$": "remove it",
    "`": 'texts stand in double quotes: "..."',
    "'": 'texts stand in double quotes: "..."',
    "“": 'texts stand in double quotes: "..."',
    "”": 'texts stand in double quotes: "..."',
    "\x00": "remove it; is this a text file?",
    "\u00a0": "this is a no-break space: write a plain one",
    "\u200b": "this is a space of width zero: remove it",
    "\ufeff": "this is a byte order mark: remove it",
}


NUMBER = re.compile(r"[0-9][0-9_]*(\.[0-9]+)?([eE][0-9]*)?[kKMGT]?|[0-9]+(x[0-9]+)+")
STRETCH = re.compile(r"(\w+) *\.\.+[<=]? *(\w+)")


def characters(error: Error) -> Diagnostic | None:
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


def numbers(error: Error) -> Diagnostic | None:
    found, before = error.found, error.before
    stretch = STRETCH.match(error.mended.text, found.start)
    if stretch is not None:
        return error.say("syntax", "`..` makes no list", help=f"write range({stretch[1]}, {stretch[2]})")
    if found.kind == "number" and not NUMBER.fullmatch(found.text):
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


CHANNELS_IN = "the channels that flow in are known: leave it out"


def keywords(error: Error) -> Diagnostic | None:
    found, before = error.found, error.before
    if found.text in (":", "=") and before is error.first and before.text in RESERVED | {"head", "input"}:
        return error.say(
            "reserved",
            f"`{before.text}` is a word of the language and names nothing else",
            before,
            help=_without_sign(error) or f"choose another name, such as `{before.text}1`",
        )
    if found.text == "else":
        return error.say("syntax", "`else` follows no `if`", help="write if c { } else { }")
    if found.text in ITEMS and found is error.first:
        return error.say("misplaced", f"`{found.text}` belongs at the top of a file, not in a block")
    if found.text in RESERVED and "NAME" in error.accepts:
        return error.say(
            "reserved",
            f"`{found.text}` is a word of the language and names nothing else",
            help=CHANNELS_IN if _is_argument(error) else f"choose another name, such as `{found.text}1`",
        )
    return None


def _without_sign(error: Error) -> str:
    """The cure for a section or an input that is written as if it were named."""
    if error.before.text == "input":
        return "write input 3x224x224"
    return f"write {error.before.text} {{ ... }}" if error.before.text in ("stem", "body", "head") else ""


def _is_argument(error: Error) -> bool:
    """Whether what was found is `in` as the name of an argument of a call."""
    after = error.pieces[error.place.at + 1 : error.place.at + 2]
    named = error.found.text == "in" and any(piece.text == "=" for piece in after)
    return named and error.first.text not in ITEMS


def at_top(error: Error) -> Answer | None:
    """Something other than a definition at the top of a file."""
    number = error.place.open[0].statement if error.place.open else error.place.statement
    first = error.pieces[number] if number < len(error.pieces) else error.first
    if first.text in ITEMS or not first.text or error.place.open[1:]:
        return None
    message = f"`{short(first.text)}` cannot stand at the top of a file"
    diagnostic = error.say("syntax", message, first, help=_instead(error.pieces[number : number + 3]))
    return diagnostic, error.mended.give_up(error.pieces, Place(error.place.at, number, ()))


def _instead(pieces: list[Piece]) -> str:
    """What to write in the place of a statement at the top of a file, by its first pieces."""
    if not pieces:
        return ""
    text = pieces[0].text.casefold()
    near = [text] if text in ITEMS else get_close_matches(text, ITEMS, n=1)
    after = [piece.text for piece in pieces[1:]]
    if near:
        return f"did you mean `{near[0]}`?"
    if text == "from":
        return "blocks are brought in with use: use std (bottleneck)"
    if after[:1] in (["="], [":"]):
        return f"a number is named with let: let {short(pieces[0].text)} = ..."
    if after[:1] == ["{"] or after[1:] in (["{"], ["("]):
        return "write `net` before the name of a net, `def` before that of a block"
    return "a file holds def, share, net, use and let"
