"""`cnnspec studio` on this machine: the page, the engine, and the file on disk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from cnnspec.diagnostics import Refused, Report, SpecError
from cnnspec.files import read_source, write_whole
from cnnspec.limits import Limits
from cnnspec.live.loopback import NOT_THERE, WHOLE_PAGE, Loopback, Reply
from cnnspec.source import Source
from cnnspec.studio.engine import Engine
from cnnspec.studio.pages import DRAWING, INDEX, POLICY, kind_of, names, page

LARGEST = 4 * Limits().file_size
"""The bytes of a request: four texts to compare fit, or one with what has changed of it."""
FIRST_TEXT = """# A net for 32x32 colour images.
net Net(classes=10, width=32) {
    input 3x32x32
    body {
        conv(width, 3, bias=false) -> batchnorm -> relu -> maxpool(2)
        conv(2 * width, 3, bias=false) -> batchnorm -> relu -> maxpool(2)
        conv(4 * width, 3, bias=false) -> batchnorm -> relu -> maxpool(2)
    }
    head { flatten -> linear(classes) }
}
"""
"""What a file begins with that is not there yet."""


class Studio:
    """Serves one text. `path` is its file on disk; None for one that has none, such as a net of the zoo."""

    def __init__(self, source: Source, net: str | None, path: Path | None) -> None:
        self.source, self.net, self.path = source, net, path
        self.file = Path(source.name).name
        self.engine = Engine(source.path)
        self._lock = Lock()
        self._server = Loopback(self._respond, LARGEST)
        self.token, self.origin, self.address = self._server.token, self._server.origin, self._server.address

    def close(self) -> None:
        """End the server."""
        self._server.close()

    def _respond(self, method: str, path: str, body: bytes) -> Reply:
        name = path or INDEX
        if method == "GET" and name == "start":
            return self._json(self.start())
        if method == "GET" and name in names():
            return Reply(200, page(name, "local"), kind_of(name), WHOLE_PAGE if name == DRAWING else POLICY)
        if method == "POST" and name == "ask":
            with self._lock:
                return Reply(
                    200, self.engine.answer(body.decode("utf-8", "replace")).encode(), "application/json"
                )
        if method == "POST" and name == "save":
            try:
                wanted = json.loads(body)
                return self._json(self.save(str(wanted["text"]), str(wanted["before"])))
            except (ValueError, KeyError, TypeError):
                return Reply(400)
        return NOT_THERE

    def _json(self, data: Mapping[str, Any]) -> Reply:
        return Reply(200, json.dumps(data).encode(), "application/json", POLICY)

    def start(self) -> dict[str, Any]:
        """What the page begins with: the text, and where it has a file of the user, what is in that."""
        on_disk = None if self.path is None else text_on_disk(self.path) or ""
        text = on_disk or self.source.text
        return {"text": text, "file": self.file, "net": self.net or "", "on_disk": on_disk}

    def save(self, text: str, before: str) -> dict[str, str]:
        """Write the file where it still is what the page knows, `before`; else it is refused."""
        if self.path is None:
            return {"refused": f"{self.file} is no file of yours: save it as one"}
        with self._lock:
            try:
                if (text_on_disk(self.path) or "") not in (before, text):
                    said = f"{self.path.name} has changed on disk since it was read here: it is left as it is"
                    return {"refused": f"{said}. Reload the page, or save the spec as another file"}
                write_whole(self.path, text)
            except (OSError, Refused) as error:
                return {"refused": f"cannot write {self.path.name}: {error}"}
        return {"wrote": self.path.name}


def text_on_disk(path: Path) -> str | None:
    """The text of a file; None where there is none. Raises SpecError for what is no text."""
    if not path.exists():
        return None
    report = Report()
    source = read_source(path, path.name, report, Limits())
    if source is None:
        raise SpecError(tuple(report.diagnostics))
    return source.text


def new_file(path: Path) -> Source:
    """The source of a file that is not there yet: a small net to begin with."""
    return Source(path.name, FIRST_TEXT, path)
