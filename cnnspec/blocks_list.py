"""The manual of what is called like a layer and is none: the forms of the language, the blocks of std."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from cnnspec.elaborate.module import STANDARD_LIBRARY
from cnnspec.source import Source
from cnnspec.syntax import parse, tree


class ManualPage(NamedTuple):
    """One entry: its family (`form` or `std`), how it is called, what it says, its parameters' defaults."""

    family: str
    signature: str
    text: str
    parameters: tuple[tuple[str, str | None], ...]


FORMS = {
    "residual": ManualPage(
        "form",
        "residual(shortcut=identity) { main path }  or  residual { | main path | shortcut }",
        "What flows in, added to what the main path makes of it.\n"
        'He et al. 2015, "Deep residual learning for image recognition".\n\n'
        "  shortcut  where shapes differ: identity (a mistake), project (1x1 convolution and batchnorm),\n"
        "            pad (every stride-th pixel, channels of zeros), if_same (no shortcut)",
        (("shortcut", "identity"),),
    ),
    "dense": ManualPage(
        "form",
        "dense(layers) { block }",
        "The block, repeated, each time on the concatenation of what came in and all it has made so far.\n"
        'Huang et al. 2017, "Densely connected convolutional networks".\n\n'
        "A fully connected layer is linear(10).",
        (("layers", None),),
    ),
}


@cache
def pages() -> dict[str, ManualPage]:
    """The forms, then the blocks of std in their order, by name."""
    path = Path(STANDARD_LIBRARY)
    source = Source(path.name, path.read_text(encoding="utf-8"))
    return {**FORMS, **dict(_blocks(source, parse(source).tree))}


def _blocks(source: Source, file: tree.File) -> Iterator[tuple[str, ManualPage]]:
    for item in file.items:
        if isinstance(item, tree.Definition):
            first, last = item.span.line, item.body.span.end_line
            lines = [*source.comment_above(first), *map(source.line_text, range(first, last + 1))]
            said = "\n".join((f"use std ({item.name})", "", *lines))
            defaults = tuple((p.name, p.default.span.text if p.default else None) for p in item.parameters)
            given = ", ".join(name if default is None else f"{name}={default}" for name, default in defaults)
            yield (
                item.name,
                ManualPage("std", f"{item.name}({given})" if given else item.name, said, defaults),
            )


def page(name: str) -> str:
    """The manual page of a form or a block of std."""
    found = pages()[name]
    return found.text if found.family == "std" else f"{found.signature}\n\n{found.text}"


def index() -> str:
    """All of them, a line each, the blocks of std under how to bring them in."""
    headings = {"form": "forms", "std": "blocks of the standard library: use std (name)"}
    lines: list[str] = []
    for family, heading in headings.items():
        lines += [
            "",
            heading,
            *(f"  {found.signature}" for found in pages().values() if found.family == family),
        ]
    return "\n".join(lines)


def as_dict(name: str) -> dict[str, Any]:
    """One entry as JSON-ready data; defaults as they are written."""
    found = pages()[name]
    return {
        "name": name,
        "family": found.family,
        "doc": found.text,
        "parameters": [
            {
                "name": parameter,
                "kind": "value",
                "required": default is None,
                "default": default,
                "words": [],
                "doc": "",
            }
            for parameter, default in found.parameters
        ],
    }
