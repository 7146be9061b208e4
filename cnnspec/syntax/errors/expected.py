"""What could stand at a place, in words."""

from __future__ import annotations

from cnnspec.syntax.pieces import Piece

EXPRESSION = frozenset(
    [
        "NUMBER",
        "DIMS",
        "STRING",
        "NAME",
        "LPAR",
        "LSQB",
        "TRUE",
        "FALSE",
        "NONE",
        "INPUT",
        "PLUS",
        "MINUS",
        "NOT",
    ]
)
STATEMENT = frozenset(
    ["NAME", "INPUT", "LBRACE", "FOR", "IF", "LET", "STEM", "BODY", "HEAD", "EXPECT", "BROKEN"]
)
ITEM = frozenset(["USE", "DEF", "SHARE", "NET", "LET", "BROKEN"])
OPERATORS = frozenset(
    [
        "PLUS",
        "MINUS",
        "STAR",
        "SLASH",
        "PERCENT",
        "__ANON_0",
        "AND",
        "OR",
        "NOT",
        "IN",
        "IF",
        "ELSE",
        "DOT",
        "LSQB",
        "LESSTHAN",
        "MORETHAN",
    ]
)
WORDS = {
    "LPAR": "`(`",
    "RPAR": "`)`",
    "LSQB": "`[`",
    "RSQB": "`]`",
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "COMMA": "`,`",
    "COLON": "`:`",
    "EQUAL": "`=`",
    "VBAR": "`|`",
    "_SEP": "the end of the line",
    "$END": "the end of the file",
    "NAME": "a name",
    "NUMBER": "a number",
    "DIMS": "dims such as 3x3",
    "MARK": "a shape such as 64x28x28",
    "STRING": "a text",
    "IN": "`in`",
    "TRAINING": "`training`",
}


def expected(found: Piece, before: Piece, accepts: frozenset[str]) -> str:
    """The message of a syntax error that nothing more precise is known of."""
    what = shown(found)
    after = f" after `{before.text}`" if before.text and before.kind != "end" else ""
    wanted = _listed(accepts)
    return f"expected {wanted}{after}, found {what}" if wanted else f"{what} cannot stand here{after}"


def shown(piece: Piece) -> str:
    """A piece in words."""
    if not piece.text:
        return "the end of the file"
    if piece.kind == "end" and piece.text != ";":
        return "the end of the line"
    text = short(piece.text)
    return f"`{text}`" if text.isprintable() else f"U+{ord(text[0]):04X}"


def short(text: str) -> str:
    """A text, cut to what a line of a message has room for."""
    return text if len(text) <= 40 else text[:37] + "..."


def _listed(accepts: frozenset[str]) -> str:
    rest = set(accepts)
    named = []
    if {"NUMBER", "NAME", "LPAR"} <= rest:
        named.append("an expression")
        rest -= EXPRESSION
    elif {"NAME", "LET", "FOR"} <= rest:
        named.append("a statement")
        rest -= STATEMENT
    elif {"DEF", "NET"} <= rest:
        named.append("a definition (def, net, share, use or let)")
        rest -= ITEM
    named += [WORDS[name] for name in sorted(rest & WORDS.keys() - OPERATORS)]
    if len(named) > 4:
        return ""
    return " or ".join(filter(None, [", ".join(named[:-1]), named[-1]])) if named else ""
