"""Syntax errors in single signs and words: what is no character, no number or no name of the language."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches

from cnnspec.diagnostics.cures import CHANNELS_IN, Cure, as_told
from cnnspec.diagnostics.report import Edit
from cnnspec.source import Span
from cnnspec.syntax.errors.expected import short
from cnnspec.syntax.errors.rewriting import dims_without_blanks, found_as, inserted, put, without_naming
from cnnspec.syntax.errors.unexpected import Answer, GiveUp, Unexpected
from cnnspec.syntax.statements import ITEMS, begins_space
from cnnspec.syntax.tokens import NUMBERS, RESERVED, WORDS, Token

SURE = 0.7
"""How like the word of a definition another is, from 0 to 1, that is a slip of it."""
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
MEANT = {"^": "**", "\u00a0": " ", "\u200b": "", "\ufeff": ""}
"""What stands for a sign whose cure says more."""


def characters(error: Unexpected) -> Answer | None:
    found = error.found
    if found.kind == "OPEN_STRING" and (len(found.text) < 2 or not found.text.endswith('"')):
        cure = Cure('write `"` at its end', _closed_text(error))
        return Answer(error.cured("unclosed", "a text is not closed", cure, label="begins here"))
    if found.kind == "OPEN_STRING":
        message, cure = "a text may not hold `\\`", "write the character itself"
        return Answer(error.say("character", message, help=cure))
    if found.text in SIGNS:
        named = f"`{found.text}`" if found.text.isprintable() else f"`U+{ord(found.text):04X}`"
        told = SIGNS[found.text]
        # what such a sign stands for is not known: what is left without it need be no better
        cure = Cure(told) if told == "remove it" else as_told(error.span(found), told)
        if found.text in MEANT:
            cure = Cure(told, found_as(MEANT[found.text])(error))
        elif found.text == "'":
            cure = Cure(told, _double_quotes(error))
        elif found.text == "\\":
            cure = Cure(told, _without_line_end(error))
        return Answer(error.cured("character", f"{named} means nothing here", cure))
    if found.kind == "CHARACTER" and not found.text.isprintable():
        message = f"U+{ord(found.text):04X} is not a character of the language"
        return Answer(error.say("character", message))
    if not found.text.isascii() and found.kind in ("CHARACTER", "UNKNOWN_WORD", "UNKNOWN_NUMBER"):
        shown = next(c for c in found.text if not c.isascii())
        named = f"`{shown}`" if shown.isprintable() else f"U+{ord(shown):04X}"
        is_word = found.kind == "UNKNOWN_WORD"
        cure = "names are made of the letters a-z, A-Z, digits and _" if is_word else ""
        return Answer(error.say("character", f"{named} is not a character of the language", help=cure))
    return None


def _closed_text(error: Unexpected) -> tuple[Edit, ...]:
    """A text of one word that is not closed ends where the word does."""
    start, word = error.found.start, re.match(r'"[\w./-]+(?=[\s,)\]}]|$)', error.found.text)
    return (Edit(Span(error.source, start + word.end(), start + word.end()), '"'),) if word else ()


def _without_line_end(error: Unexpected) -> tuple[Edit, ...]:
    """A backslash before the end of a line that goes on without it: in brackets, or before `-> ...`."""
    start, end, text = error.found.start, error.found.end, error.source.text
    rest = text[end:].lstrip(" \t\r")
    goes_on = rest[:1] == "\n" and (error.in_brackets or rest.lstrip().startswith("->"))
    blanks = len(text[:start]) - len(text[:start].rstrip(" \t"))
    return (Edit(Span(error.source, start - blanks, end), ""),) if goes_on else ()


def _double_quotes(error: Unexpected) -> tuple[Edit, ...]:
    """A word in single quotes stands in double ones."""
    word, closing = error.tokens[error.at + 1 : error.at + 3] or (error.found, error.found)
    if word.kind not in WORDS or closing.text != "'":
        return ()
    return (put(error, error.found.start, closing.end, f'"{word.text}"'),)


def numbers(error: Unexpected) -> Answer | None:
    found, before = error.found, error.before
    if found.text.startswith("..") and before.kind in WORDS | NUMBERS:
        after = error.tokens[error.at + 1]
        cure = f"write range({short(before.text)}, {short(after.text)})"
        listed = found.text == ".." and after.kind in WORDS | NUMBERS
        edits = (put(error, before.start, after.end, cure.removeprefix("write ")),) if listed else ()
        return Answer(error.cured("syntax", "`..` makes no list", Cure(cure, edits), before))
    if found.kind == "UNKNOWN_NUMBER" and not found.text.isdecimal():
        message = f"`{short(found.text)}` is not a number"
        cure = "numbers are written 64, 1_000, 0.5, 1e-5, 4.2G; dims 3x224x224"
        return Answer(error.say("syntax", message, help=cure))
    if found.text == "x" and before.kind in NUMBERS:
        cure = f"write {_dims(error)}, all in one"
        return Answer(
            error.cured("syntax", "dims are written without blanks", Cure(cure, dims_without_blanks(error)))
        )
    if found.kind == "." and "NUMBER" in error.accepts:
        cure = Cure("write 0.5, not .5", inserted("0")(error))
        return Answer(error.cured("syntax", "a number begins with a digit", cure))
    return None


def _dims(error: Unexpected) -> str:
    """The dims that a stretch of numbers and x's stands for."""
    number = error.at - 1
    while number >= 2 and error.tokens[number - 1].text == "x":
        number -= 2
    parts = []
    for token in error.tokens[number:]:
        if token.text != "x" and token.kind not in NUMBERS:
            break
        parts.append(token.text)
    return "".join(parts)


IN_CHAINS = {
    "if": "one step under a condition is -> relu if c; more of them stand in braces: -> { if c { ... } }",
    "for": "put it into braces: -> { for i in range(3) { ... } }",
}
"""How statements stand in a chain after all."""


def keywords(error: Unexpected) -> Answer | None:
    found, before, head = error.found, error.before, error.tokens[error.first_at : error.first_at + 3]
    is_named = found.kind in (":", "=") and error.at == error.first_at + 1
    if is_named and before.text in RESERVED | {"head", "input"}:
        message = f"`{before.text}` is a word of the language and names nothing else"
        cure = _without_sign(before)
        other = f"choose another name, such as `{before.text}1`"
        edits = without_naming(error) if cure else ()
        return Answer(error.cured("reserved", message, Cure(cure or other, edits), before))
    if before.text == "net" and error.accepts == {"."}:
        message = "`net` is a word of the language and names nothing else"
        cure = "choose another name, such as `net1`; in `where`, net.depth is a figure"
        return Answer(error.say("reserved", message, before, help=cure))
    if error.first.text == "space" and error.at == error.first_at + 1 and begins_space(head):
        message = "`space` belongs at the top of a file, not in a block"
        return Answer(error.say("misplaced", message, error.first), GiveUp(blocks=False))
    if found.text == "else":
        return Answer(error.say("syntax", "`else` follows no `if`", help="write if c { } else { }"))
    if found.text in ITEMS and error.at == error.first_at:
        message = f"`{found.text}` belongs at the top of a file, not in a block"
        return Answer(error.say("misplaced", message))
    if found.text in IN_CHAINS and before.text == "->":
        message = f"`{found.text}` begins a statement: it is no step of a chain"
        return Answer(error.say("syntax", message, help=IN_CHAINS[found.text]))
    if found.text in RESERVED and "NAME" in error.accepts:
        message = f"`{found.text}` is a word of the language and names nothing else"
        cure = CHANNELS_IN if _is_argument(error) else f"choose another name, such as `{found.text}1`"
        return Answer(error.say("reserved", message, help=cure))
    return None


def _without_sign(word: Token) -> str:
    """The cure for a section or an input that is written as if it were named."""
    if word.text == "input":
        return "write input 3x224x224"
    return f"write {word.text} {{ ... }}" if word.text in ("stem", "body", "head") else ""


def _is_argument(error: Unexpected) -> bool:
    """Whether what was found is `in` as the name of an argument of a call."""
    named = error.found.text == "in" and error.tokens[error.at + 1].kind == "="
    return named and error.first.text not in ITEMS


def at_top(error: Unexpected) -> Answer | None:
    """Something other than a definition at the top of a file."""
    if error.opened or error.at != error.first_at or not error.first.text:
        return None
    first = error.first
    message = f"`{short(first.text)}` cannot stand at the top of a file"
    cure = Cure(_instead(error.tokens[error.at : error.at + 3]), _item_edits(error))
    return Answer(error.cured("syntax", message, cure))


def _item_edits(error: Unexpected) -> tuple[Edit, ...]:
    """The word of a definition as it is spelt, or `let` before a number that is named without."""
    text, after = error.found.text.casefold(), error.tokens[error.at + 1]
    near = [text] if text in ITEMS else get_close_matches(text, ITEMS, n=1, cutoff=SURE)
    if near and after.kind in WORDS:
        return found_as(near[0])(error)
    return inserted("let ")(error) if not near and after.kind == "=" else ()


def _instead(tokens: Sequence[Token]) -> str:
    """What to write in the place of a statement at the top of a file, by its first tokens."""
    text = tokens[0].text.casefold()
    near = [text] if text in ITEMS else get_close_matches(text, ITEMS, n=1)
    after = [token.text for token in tokens[1:]]
    if near:
        return f"did you mean `{near[0]}`?"
    if text == "from":
        return "blocks are brought in with use: use std (bottleneck)"
    if after[:1] in (["="], [":"]):
        return f"a number is named with let: let {short(tokens[0].text)} = ..."
    if after[:1] == ["{"] or after[1:] in (["{"], ["("]):
        return "write `net` before the name of a net, `def` before that of a block"
    return "a file holds def, share, net, space, use and let"
