"""What is missing between two things, and what could stand at a place, in words."""

from __future__ import annotations

from dataclasses import replace

from cnnspec.syntax.errors.unexpected import Answer, GiveUp, Replace, Unexpected
from cnnspec.syntax.statements import WITH_BLOCKS, statement_start
from cnnspec.syntax.tokens import ENDS, NUMBERS, STRINGS, WORDS, Token, added

LONGEST_SHOWN = 60
"""How long a text may be, in characters, that a cure repeats."""
EXPRESSION = frozenset(
    ["NUMBER", "DIMS", "STRING", "NAME", "(", "[", "true", "false", "none", "input", "net", "+", "-", "not"]
)
STATEMENT = frozenset(
    ["NAME", "input", "{", "for", "if", "let", "share", "stem", "body", "head", "expect", "BROKEN"]
)
ITEM = frozenset(["use", "def", "share", "net", "space", "let", "BROKEN"])
NAMED = {
    **{
        sign: f"`{sign}`"
        for sign in (
            "(",
            "[",
            "{",
            ")",
            "]",
            "}",
            ",",
            ":",
            "=",
            "|",
            "in",
            "of",
            "..",
            "vary",
            "where",
            "training",
        )
    },
    "NAME": "a name",
    "NUMBER": "a number",
    "DIMS": "dims such as 3x3",
    "MARK": "a shape such as 64x28x28",
    "STRING": "a text",
    "END": "the end of the line",
    "$END": "the end of the file",
}
"""What is worth naming of what could stand at a place; operators go on with almost anything."""
OPERATORS = frozenset(["in", "["])


def comma(error: Unexpected) -> Answer | None:
    """A comma that is missing in brackets."""
    if not (error.between_two and error.in_brackets and "," in error.accepts):
        return None
    message = f"a comma is missing between `{error.before.text}` and `{error.found.text}`"
    return Answer(error.say("syntax", message, label="write `,` before this"))


def separators(error: Unexpected) -> Answer | None:
    """What is missing between two statements or arms."""
    found, before = error.found, error.before
    if found.kind in WORDS and error.between_two and "->" in error.accepts:
        message = f"an arrow or the end of the line is missing between `{before.text}` and `{found.text}`"
        return Answer(error.say("syntax", message, label="write `->` before this"))
    if error.accepts <= {"}", "END"} and error.at == error.first_at and found.kind not in ENDS:
        message = "an arm begins with `|`, and this line is among arms"
        cure = "write | before it, or -> where the line before goes on"
        diagnostic = error.say("syntax", message, help=cure)
        return Answer(diagnostic, Replace(0, (added("|", found.start),)))
    if found.kind == "|" and "|" not in error.accepts and error.opened:
        message = "`|` begins an arm, and this block does not begin with one"
        cure = "write | before each arm, the first too: concat { | a | b }"
        around = GiveUp(around=error.opened[-1], blocks=False)
        return Answer(error.say("syntax", message, help=cure), GiveUp() if _in_header(error) else around)
    return None


def _in_header(error: Unexpected) -> bool:
    """Whether the block around is not that of a join, but of a definition, section, loop or condition."""
    first = statement_start(error.tokens, error.opened[-1], error.opened[:-1])
    return error.tokens[first].text in WITH_BLOCKS


def after_value(error: Unexpected) -> Answer | None:
    """Something after a value that stands alone."""
    if "$END" not in error.accepts:
        return None
    if error.found.kind not in WORDS | NUMBERS | STRINGS and error.found.kind != ",":
        return Answer(error.say("syntax", f"{shown(error.found)} cannot stand in a value"))
    text = error.source.text.strip()
    example = f": [{text}]" if "," in text and len(text) <= LONGEST_SHOWN else ""
    return Answer(error.say("syntax", "another value begins here", help=f"a list stands in [ ]{example}"))


def anything(error: Unexpected) -> Answer:
    """The message of a syntax error that nothing more precise is known of."""
    what, before = shown(error.found), error.before
    after = f" after `{before.text}`" if before.kind not in ENDS else ""
    wanted = _listed(error.accepts)
    message = f"expected {wanted}{after}, found {what}" if wanted else f"{what} cannot stand here{after}"
    return Answer(error.say("syntax", message))


def anything_alone(error: Unexpected) -> Answer:
    """The same for a value that stands alone."""
    said = anything(error).diagnostic
    return Answer(replace(said, message=said.message.replace(NAMED["$END"], "its end")))


def shown(token: Token) -> str:
    """A token in words."""
    if token.kind in ENDS and token.text != ";":
        return NAMED[token.kind]
    text = short(token.text)
    return f"`{text}`" if text.isprintable() else f"U+{ord(text[0]):04X}"


def short(text: str) -> str:
    """A text, cut to what a line of a message has room for."""
    return text if len(text) <= 40 else text[:37] + "..."


def _listed(accepts: frozenset[str]) -> str:
    rest = set(accepts)
    named = []
    if {"NUMBER", "NAME", "("} <= rest:
        named.append("an expression")
        rest -= EXPRESSION
    elif {"NAME", "let", "for"} <= rest:
        named.append("a statement")
        rest -= STATEMENT
    elif {"def", "net"} <= rest:
        named.append("a definition (def, net, share, space, use or let)")
        rest -= ITEM
    named += [NAMED[kind] for kind in NAMED if kind in rest - OPERATORS]
    if len(named) > 4:
        return ""
    return " or ".join(filter(None, [", ".join(named[:-1]), named[-1]])) if named else ""
