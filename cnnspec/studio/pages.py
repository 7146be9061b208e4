"""The files of the page, by name: scripts and styles as they are, the page itself for one of the engines."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

WEB = files("cnnspec.studio") / "web"
KINDS = {"html": "text/html", "js": "text/javascript", "css": "text/css", "txt": "text/plain"}
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; connect-src 'self'; frame-src 'self'; worker-src 'self'; base-uri 'none'; "
    "form-action 'none'"
)
"""What the page may do: it asks nobody but the place that it is from."""
INDEX, DRAWING = "index.html", "drawing.html"


@cache
def names() -> tuple[str, ...]:
    """The files of the page."""
    return (*sorted(file.name for file in WEB.iterdir() if file.is_file()), DRAWING)


def page(name: str, engine: str) -> bytes:
    """A file of the page, for the engine `local` or `browser`. Raises KeyError for one that there is not."""
    if name not in names():
        raise KeyError(name)
    if name == DRAWING:
        from cnnspec.render.page import frame_source

        return frame_source().encode()
    data = (WEB / name).read_bytes()
    return data.replace(b"@ENGINE@", engine.encode()).replace(b"@POLICY@", POLICY.encode())


def kind_of(name: str) -> str:
    """The media type of a file of the page."""
    return f"{KINDS[name.rpartition('.')[2]]}; charset=utf-8"
