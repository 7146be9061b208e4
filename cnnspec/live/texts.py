"""The texts that an editor has open, each as it was last read."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from os.path import realpath
from pathlib import Path

from pygls.uris import to_fs_path

from cnnspec.live.document import Document, read
from cnnspec.live.preview import Preview
from cnnspec.live.symbols import home_of, homes
from cnnspec.session import Session
from cnnspec.source import Source


class Texts:
    """The texts that an editor has open, each as it was last read."""

    def __init__(self) -> None:
        self.unsaved: dict[str, str] = {}
        self.session = Session(texts=self.unsaved)
        self.show_costs = False
        self.preview: Preview | None = None
        self.previewed = self.shown = ""
        """The text whose net the preview draws, and the net."""
        self._changes = 0
        self._read: dict[str, tuple[int, Document]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    def configure(self, settings: object) -> None:
        """Take what an editor's settings say: {"showCosts": true}, alone or under "cnnspec"."""
        own = settings.get("cnnspec", settings) if isinstance(settings, Mapping) else {}
        self.show_costs = bool(own.get("showCosts")) if isinstance(own, Mapping) else False

    def hold(self, uri: str, text: str) -> Source:
        """A text as it is now, which hides what is on disk from the files that use it."""
        source = source_of(uri, text)
        if source.path is not None:
            self.unsaved[realpath(source.path)] = text
        return source

    async def reading(self, uri: str, text: str) -> Document:
        """A text, read; at once where it is the one last read, and so are those that it uses."""
        source = self.hold(uri, text)
        async with self._locks.setdefault(uri, asyncio.Lock()):
            changes, known = self._read.get(uri, (-1, None))
            if known is None or known.source.text != text or changes != self._changes or self._is_old(known):
                changes = self._changes
                known = await asyncio.to_thread(read, self.session, source, known)
                self._read[uri] = changes, known
            return known

    def _is_old(self, document: Document) -> bool:
        """Whether a file that a text uses, which is open too, has been changed since."""
        used = homes(document.analysis.module).items()
        return any(self.unsaved.get(home, module.source.text) != module.source.text for home, module in used)

    def users(self, uri: str) -> list[str]:
        """The other texts that use a file, directly or by way of others, as they were last read."""
        home = home_of(source_of(uri, ""))
        read = ((other, document) for other, (_, document) in self._read.items() if other != uri)
        return [other for other, document in read if home in homes(document.analysis.module)]

    def forget(self, uri: str) -> None:
        """Read a file from disk from here on."""
        self._read.pop(uri, None)
        self._locks.pop(uri, None)
        path = to_fs_path(uri)
        if path is not None:
            self.unsaved.pop(realpath(path), None)

    @property
    def open_uris(self) -> list[str]:
        return list(self._read)

    def read_anew(self) -> None:
        """Read every text once more when it is next asked for: a file that it uses may have changed."""
        self._changes += 1


def source_of(uri: str, text: str) -> Source:
    """The source of a text of an editor; it is named after its file."""
    path = to_fs_path(uri) if uri.startswith("file:") else None
    return Source(Path(path).name if path else uri, text, Path(path) if path else None)
