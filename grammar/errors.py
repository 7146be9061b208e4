"""What a syntax error says, and how reading goes on after it."""

from __future__ import annotations

from lark import Token

from cnnspec.diagnostics.report import Diagnostic
from cnnspec.source import Source, Span

BLANKED = "\x00"

SPELLINGS = {
    "LPAR": "(",
    "RPAR": ")",
    "LSQB": "[",
    "RSQB": "]",
    "LBRACE": "{",
    "RBRACE": "}",
    "COMMA": ",",
    "COLON": ":",
    "EQUAL": "=",
    "_SEP": "the end of the line",
    "$END": "the end of the file",
    "NAME": "a name",
    "NUMBER": "a number",
    "DIMS": "dims such as 3x3",
    "MARK": "a shape such as 64x28x28",
    "STRING": "a text",
}


def syntax_error(source: Source, text: str, token: Token, allowed: frozenset[str]) -> tuple[Diagnostic, str]:
    """The diagnostic for an unexpected token, and the text with the statement around it blanked.

    Braces are kept, so that the blocks around stay balanced: a group in braces is a statement by itself.
    """
    at_end = token.type == "$END"
    start = len(text.rstrip()) if at_end else token.start_pos or 0
    end = start + 1 if at_end else (token.end_pos or start + 1)
    found = (
        "the end of the file" if at_end else "the end of the line" if token.type == "_SEP" else f"`{token}`"
    )
    if token.type == "_SEP" and token != ";":
        end = start + 1
    span = Span(source, start, min(end, len(text)))
    expected = sorted({SPELLINGS.get(name, name.lower()) for name in allowed})
    help_text = f"here may stand: {', '.join(expected)}" if 0 < len(expected) <= 6 else ""
    diagnostic = Diagnostic("syntax", "error", f"{found} cannot stand here", span, help=help_text)
    return diagnostic, _blank_statement(text, start)


def _blank_statement(text: str, at: int) -> str:
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    end = end if end >= 0 else len(text)
    kept = "".join(c if c in "{}\n" else " " for c in text[start:end])
    if kept == text[start:end]:
        return ""
    return text[:start] + kept + text[end:]
