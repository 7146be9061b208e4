"""Cures: the help line of a diagnostic, and where the cure is mechanical, the edits that are it.

The two are made together, so that what is said is what `check --fix` does.
"""

from __future__ import annotations

from cnnspec.diagnostics.report import Edit
from cnnspec.named_tuples import NamedTuple
from cnnspec.source import Span
from cnnspec.typed import Iterable

CHANNELS_IN = "the channels that flow in are known: leave it out"
"""For `in=`, `in_channels=` and a first argument that gives them."""
FOREIGN = {
    "elif": "write `else if`",
    "return": "nothing is returned: the value of a def is that of its last statement",
    "import": "blocks are brought in with use: use std (bottleneck)",
    "while": "loops run over lists: for i in range(n) { ... }",
    "function": "blocks are defined with def: def NAME(...) { ... }",
    "func": "blocks are defined with def: def NAME(...) { ... }",
    "fn": "blocks are defined with def: def NAME(...) { ... }",
    "class": "blocks are defined with def, nets with net: net NAME { ... }",
    "module": "nets are defined with net: net NAME { ... }",
    "network": "nets are defined with net: net NAME { ... }",
    "model": "nets are defined with net: net NAME { ... }",
    "var": "numbers are named with let: let n = 4",
    "const": "numbers are named with let: let n = 4",
    "repeat": "a repeat is a factor: block(64) * 3",
    "neck": "a net has the sections stem and body, and heads",
    "then": "write if c { ... }",
    "include": "blocks are brought in with use: use std (bottleneck)",
    "as": "a value is named before it: name: conv(8, 3)",
}
"""Words of other languages, each with how this one says it."""


class Cure(NamedTuple):
    """What is said of how to mend a mistake, and the edits that do it; none where a person must decide."""

    help: str = ""
    edits: tuple[Edit, ...] = ()


def offer(names: Iterable[str]) -> str:
    """A help line that offers names; empty where there are none."""
    listed = " or ".join(f"`{name}`" for name in names)
    return f"did you mean {listed}?" if listed else ""


def choose(span: Span, names: Iterable[str]) -> Cure:
    """The names that may stand in the place of a span; it is mechanical where there is one."""
    known = list(names)
    edits = (Edit(span, known[0]),) if len(known) == 1 else ()
    return Cure(offer(known), edits)


def as_told(span: Span, help: str) -> Cure:
    """The cure that a row of a table tells of what stands at a span.

    It is mechanical where it is no more than "write `X`" or "remove it". A word gets blanks around it, where
    it would run together with what is beside it.
    """
    import re

    told = re.fullmatch(r"write `([^`]+)`|remove it", help)
    if told is None:
        return Cure(help)
    text = told[1] or ""
    if text[:1].isalpha():
        whole = span.source.text
        before, after = whole[: span.start][-1:], whole[span.end : span.end + 1]
        text = " " * (not before.isspace()) + text + " " * (not after.isspace())
    return Cure(help, (Edit(span, text),))


def write_after(span: Span, text: str) -> Cure:
    """A text after a span, which is said by what stands there."""
    return Cure(f"write `{text}` after `{span.text}`", (Edit(Span(span.source, span.end, span.end), text),))


def before_brace(header: Span | None, text: str) -> tuple[Edit, ...]:
    """A text before the `{` that follows a header; none where there is no such place."""
    brace = -1 if header is None else header.source.text.find("{", header.end)
    if header is None or brace < 0:
        return ()
    end = header.end + len(header.source.text[header.end : brace].rstrip())
    return (Edit(Span(header.source, end, end), text),)
