"""What every writer of Python source needs: names that shadow nothing, and values as they are written.

Whatever a spec names becomes an identifier, a quoted string or plain words in a comment, never code.
"""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from collections.abc import Iterable, Iterator
from math import isfinite
from typing import Any

UNCLEAR = frozenset({"l", "O", "I"})
"""Names that are ambiguous to the eye, and so to linters."""

RESERVED = frozenset({*keyword.kwlist, *keyword.softkwlist, *dir(builtins), *UNCLEAR})
"""What no name of generated source may be."""


class Namespace:
    """Hands out names: each once, and none that is reserved or taken."""

    def __init__(self, taken: Iterable[str] = ()):
        self.taken = {*taken, *RESERVED}

    def unique(self, wanted: str) -> str:
        """The wanted name as an identifier, or the first of name2, name3, ... that is free."""
        name = base = identifier(wanted)
        number = 2
        while name in self.taken:
            # conv1 is followed by conv1_2, not by conv12
            name, number = f"{base}{'_' if base[-1].isdigit() else ''}{number}", number + 1
        self.taken.add(name)
        return name


def identifier(text: str) -> str:
    """A text with underscores for what no ASCII identifier has: `layer1.0.conv` gives layer1_0_conv.

    It may be a keyword; a Namespace passes over those.
    """
    name = re.sub(r"[^0-9A-Za-z]+", "_", text).strip("_") or "x"
    return f"_{name}" if name[0].isdigit() else name


def class_name(text: str) -> str:
    """A text as the name of a class: conv_bn gives ConvBn. It may be reserved or taken."""
    words = [word for word in re.split(r"[^0-9A-Za-z]+", text) if word]
    name = "".join(word[0].upper() + word[1:] for word in words)
    return name if name[:1].isalpha() else f"Block{name}"


class TypeName(str):
    """The name of a type, which stands in source as it is."""


def literal(value: Any) -> str:
    """A number, flag, text, type, None or tuple of these as Python source, as black writes it."""
    if isinstance(value, TypeName):
        return value
    if isinstance(value, str):
        return '"' + value.encode("unicode_escape").decode("ascii").replace('"', '\\"') + '"'
    if isinstance(value, tuple):
        return "(" + ", ".join(map(literal, value)) + ("," if len(value) == 1 else "") + ")"
    if isinstance(value, float) and not isfinite(value):
        return f'float("{value}")'
    return repr(value)


def plain_words(text: str) -> str:
    """A text that is safe in a comment or docstring: at most 60 characters of ASCII, without quotes."""
    return re.sub(r"[^\w.:/ -]|[^\x20-\x7e]", "_", text)[:60]


def plain_reason(text: str) -> str:
    """A reason in one line of ASCII."""
    return re.sub(r"[^\x20-\x7e]", "_", text)


def module_names(text: str) -> Iterator[str]:
    """The names that a source defines or imports at its top."""
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            yield from ((alias.asname or alias.name).partition(".")[0] for alias in statement.names)
        elif isinstance(statement, ast.FunctionDef | ast.ClassDef):
            yield statement.name
        elif isinstance(statement, ast.Assign):
            yield from (target.id for target in statement.targets if isinstance(target, ast.Name))
