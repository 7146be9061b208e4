"""Syntax errors in single signs and words: what other languages write, and what this one keeps for itself."""

from __future__ import annotations

from cnnspec.diagnostics.report import Diagnostic
from cnnspec.grammar.fault import Error
from cnnspec.grammar.mend import ITEMS
from cnnspec.grammar.pieces import Piece

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


def keywords(error: Error) -> Diagnostic | None:
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


def at_top(error: Error) -> Diagnostic | None:
    """Something other than a definition at the top of a file."""
    if error.place.open or error.first.text in ITEMS or error.first.text in FOREIGN or not error.first.text:
        return None
    return error.say(
        "syntax",
        f"`{error.first.text}` cannot stand at the top of a file",
        error.first,
        help="a file holds def, share, net, use and let",
    )


def foreign(error: Error) -> Diagnostic | None:
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
