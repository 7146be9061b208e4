"""The drawing beside the text: a page on this machine alone that changes as one writes.

    editor ──(reading, line of the cursor)──> Preview ──(server-sent events)──> the page in a browser
    editor <──(line of the block)──────────── Preview <──(a click)───────────── the page

Who reaches it, says `loopback`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from html import escape
from importlib.resources import files
from queue import Empty, Queue
from threading import Lock

from cnnspec.graph import Graph
from cnnspec.live.loopback import NOT_THERE, Loopback, Reply

KEPT_ALIVE = 15.0
"""After how many quiet seconds a page is told that it is still heard."""
LONGEST_LINE_NUMBER = 20
"""In digits."""


class Preview:
    """A server of one drawing. `clicked` is called with the line (from 1) of a block that is clicked."""

    def __init__(self, clicked: Callable[[int], None]) -> None:
        self.clicked = clicked
        self.graph: Graph | None = None
        self._pages: set[Queue[tuple[str, str]]] = set()
        self._lock = Lock()
        self._server = Loopback(self._respond, LONGEST_LINE_NUMBER)
        self.token, self.origin, self.address = self._server.token, self._server.origin, self._server.address

    def show(self, graph: Graph) -> None:
        """Draw a net; the pages that are open do so at once."""
        if graph is not self.graph:
            self.graph = graph
            self._tell("changed", graph.name)

    def point(self, line: int) -> None:
        """Mark what is written on a line (from 1)."""
        self._tell("line", str(line))

    def close(self) -> None:
        """End the server and the pages that hang on it."""
        self._tell("closed", "")
        self._server.close()

    def page(self) -> str:
        """The page of the net that is shown, or one that waits for it."""
        from cnnspec.render import to_html

        script = (files("cnnspec.live") / "live.js").read_text(encoding="utf-8")
        if self.graph is None:
            empty = "<!doctype html><title>cnnspec</title><p>There is no net to draw yet.</p>"
            return f"{empty}<script>{script}</script>"
        page = to_html(self.graph)
        head, body, rest = page.rpartition("</body>")
        return f"{head}<script>{script}</script>{body}{rest}"

    def listen(self) -> Queue[tuple[str, str]]:
        """The events of a page, from here on."""
        events: Queue[tuple[str, str]] = Queue()
        with self._lock:
            self._pages.add(events)
        return events

    def leave(self, events: Queue[tuple[str, str]]) -> None:
        """Forget a page that has been closed."""
        with self._lock:
            self._pages.discard(events)

    def _tell(self, event: str, data: str) -> None:
        with self._lock:
            for events in self._pages:
                events.put((event, data))

    def _respond(self, method: str, path: str, body: bytes) -> Reply:
        if method == "GET" and path == "":
            return Reply(200, self.page().encode(), "text/html; charset=utf-8")
        if method == "GET" and path == "events":
            return Reply(200, self._stream(self.listen()), "text/event-stream")
        if method == "POST" and path == "show":
            line = body.decode("ascii", "replace")
            if line.isdecimal():
                self.clicked(int(line))
            return Reply(204 if line.isdecimal() else 400)
        return NOT_THERE

    def _stream(self, events: Queue[tuple[str, str]]) -> Generator[bytes, None, None]:
        try:
            while True:
                try:
                    event, data = events.get(timeout=KEPT_ALIVE)
                    yield f"event: {event}\ndata: {escape(data)}\n\n".encode()
                except Empty:
                    yield b": still here\n\n"
        finally:
            self.leave(events)
