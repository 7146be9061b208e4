"""What mkdocs needs beside docs/: pages from the project's folder, and fences without words for the tests."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

PROJECT = Path(__file__).parent.parent
PAGES = {"index.md": "README.md", "CONTRIBUTING.md": "CONTRIBUTING.md", "CHANGELOG.md": "CHANGELOG.md"}
"""The pages that lie outside of docs/, by what they are called on the site."""
FENCE = re.compile(r"^```(\w+)[ \t]+[^\n]*$", re.MULTILINE)
OUTSIDE = re.compile(r"\[([^\]]+)\]\((?:\.\./)?(?:examples|editors)[^)]*\)")


def on_files(files: Files, config: Any) -> Files:
    """Add README.md as the first page, and the pages for contributors."""
    for page, file in PAGES.items():
        files.append(File.generated(config, page, content=(PROJECT / file).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Drop what follows the language of a fence, and turn links between README and docs/ into the site's.

    What lies outside of docs/ is not on the site: such a link is left as its text.
    """
    text = FENCE.sub(r"```\1", markdown)
    text = (
        text.replace("](docs/", "](").replace('src="docs/', 'src="').replace("](../README.md", "](index.md")
    )
    text = text.replace("](../CONTRIBUTING.md", "](CONTRIBUTING.md").replace(
        "](../CHANGELOG.md", "](CHANGELOG.md"
    )
    return OUTSIDE.sub(r"\1", text)
