"""The one layout of a spec: comments stay, meaning stays, and laying out twice changes nothing more.

Read `entries` (the tokens of a text as statements and blocks), `spacing` (a statement on one line), `lines`
(marks and comments in columns) and `layout` (statements over lines).
"""

from __future__ import annotations

from cnnspec.format.entries import read
from cnnspec.format.layout import layout
from cnnspec.source import Source
from cnnspec.syntax import Parsed, parse
from cnnspec.syntax.tree import same

__all__ = ["format_text"]


def format_text(parsed: Parsed) -> str:
    """The text of a spec in its one layout; as it is where it has syntax errors."""
    source = parsed.source
    if parsed.errors:
        return source.text
    text = layout(read(parsed.tokens))
    # a layout that read otherwise would be a fault of this package: the spec is then left alone
    return text if same(parse(Source(source.name, text)).tree, parsed.tree) else source.text
