"""What mkdocs needs beside docs/: pages from the project's folder, and fences without words for the tests.

The studio opens the site, which finds what is searched for from a disk too.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

PROJECT = Path(__file__).parent.parent
PAGES = {
    "index.md": "README.md",
    "editors.md": "editors/README.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
    "CHANGELOG.md": "CHANGELOG.md",
}
"""The pages that lie outside of docs/, by what they are called on the site."""
LINKS = (
    ("](docs/", "]("),
    ('src="docs/', 'src="'),
    ("](../README.md", "](index.md"),
    ("](editors/README.md", "](editors.md"),
    ("](../CONTRIBUTING.md", "](CONTRIBUTING.md"),
    ("](../CHANGELOG.md", "](CHANGELOG.md"),
)
"""How links between the pages are written in the checkout, and on the site."""
FENCE = re.compile(r"^```(\w+)[ \t]+[^\n]*$", re.MULTILINE)
SHOT = re.compile(r"!\[([^\]]+)\]\(images/studio\.png\)")
STUDIO = "studio/index.html"
TRY = f"""<a href="{STUDIO}"><img alt="{{}}" src="images/studio.png"></a>

<a class="btn btn-neutral" href="{STUDIO}">Try it here</a> The compiler runs in your browser: there is nothing
to install, and what you write stays with you."""
LEFT_OUT = """<!doctype html><meta charset="utf-8"><title>cnnspec studio</title>
<p>The studio is not in this build of the documents: <code>make site</code> builds both. On your machine,
<code>cnnspec studio</code> opens it. <a href="../studio.html">About the studio</a></p>
"""
SEARCH = re.compile(r'<script src="([^"]*)search/main\.js"></script>')
OUTSIDE = re.compile(r"\[([^\]]+)\]\((?:\.\./)?(?:examples|editors|studio/README)[^)]*\)")


def on_files(files: Files, config: Any) -> Files:
    """Add README.md as the first page, and the pages for contributors."""
    for page, file in PAGES.items():
        files.append(File.generated(config, page, content=(PROJECT / file).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Drop what follows the language of a fence, and turn links between README and docs/ into the site's.

    What lies outside of docs/ is not on the site: such a link is left as its text. The picture of the studio
    on the first page leads to it.
    """
    text = FENCE.sub(r"```\1", markdown)
    for ours, on_the_site in LINKS:
        text = text.replace(ours, on_the_site)
    text = OUTSIDE.sub(r"\1", text)
    return (
        SHOT.sub(lambda shot: TRY.format(shot[1].replace("`", "")), text)
        if page.file.src_uri == "index.md"
        else text
    )


def on_post_build(config: Any) -> None:
    """Have the search work from a disk, and the studio's place say so where it is not built."""
    site = Path(config.site_dir)
    index = (site / "search" / "search_index.json").read_text(encoding="utf-8")
    (site / "search" / "search_index.js").write_text(f"window.searchIndex = {index};\n", encoding="utf-8")
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        page.write_text(
            SEARCH.sub(r'<script src="\1search_from_disk.js"></script>\g<0>', text), encoding="utf-8"
        )
    if not (site / STUDIO).exists():
        (site / STUDIO).parent.mkdir(exist_ok=True)
        (site / STUDIO).write_text(LEFT_OUT, encoding="utf-8")
