"""What mkdocs needs beside the pages: README as the first page, and fences without words for the tests."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

README = Path(__file__).parent.parent / "README.md"
FENCE = re.compile(r"^```(\w+)[ \t]+[^\n]*$", re.MULTILINE)
OUTSIDE = re.compile(r"\[([^\]]+)\]\((?:\.\./)?(?:examples|editors)[^)]*\)")


def on_files(files: Files, config: Any) -> Files:
    """Add README.md as the first page."""
    files.append(File.generated(config, "index.md", content=README.read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Drop what follows the language of a fence, and turn links between README and docs/ into the site's.

    What lies outside of docs/ is not on the site: such a link is left as its text.
    """
    text = FENCE.sub(r"```\1", markdown)
    text = (
        text.replace("](docs/", "](").replace('src="docs/', 'src="').replace("](../README.md", "](index.md")
    )
    return OUTSIDE.sub(r"\1", text)
