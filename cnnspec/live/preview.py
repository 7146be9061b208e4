"""The drawing beside the text: a page on this machine alone that changes as one writes.

    editor ──(reading, line of the cursor)──> Preview ──(server-sent events)──> the page in a browser
    editor <──(line of the block)──────────── Preview <──(a click)───────────── the page

Only programs of this machine reach it, and of those only who knows the address: it holds a token. A page of
another site cannot read it (its Origin is not this one) nor reach it under another name (nor is its Host).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from queue import Empty, Queue
from threading import Lock, Thread
from typing import Any

from cnnspec.graph import Graph

LOOPBACK = "127.0.0.1"
KEPT_ALIVE = 15.0
"""After how many quiet seconds a page is told that it is still heard."""
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; script-src 'unsafe-inline' 'wasm-unsafe-eval'; "
    "style-src 'unsafe-inline'; img-src data: blob:; connect-src 'self'",
}


class Preview:
    """A server of one drawing. `clicked` is called with the line (from 1) of a block that is clicked."""

    def __init__(self, clicked: Callable[[int], None]) -> None:
        self.clicked = clicked
        self.token = secrets.token_urlsafe(24)
        self.graph: Graph | None = None
        self._pages: set[Queue[tuple[str, str]]] = set()
        self._lock = Lock()
        handler = type("Handler", (PreviewHandler,), {"preview": self})
        self._server = ThreadingHTTPServer((LOOPBACK, 0), handler)
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def origin(self) -> str:
        return f"http://{LOOPBACK}:{self._server.server_port}"

    @property
    def address(self) -> str:
        """The address of the page, which is as secret as what it shows."""
        return f"{self.origin}/{self.token}/"

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
        self._server.shutdown()
        self._server.server_close()

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


class PreviewHandler(BaseHTTPRequestHandler):
    """Answers the page itself, and nobody else. A class of its own for each preview, which it belongs to."""

    preview: Preview

    def do_GET(self) -> None:
        path = self._path()
        if path == "":
            self._answer(200, self.preview.page().encode(), "text/html; charset=utf-8")
        elif path == "events":
            self._stream()
        else:
            self._answer(404)

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if self._path() != "show" or not length.isdecimal() or int(length) > 20:
            self._answer(404)
            return
        line = self.rfile.read(int(length)).decode("ascii", "replace")
        if line.isdecimal():
            self.preview.clicked(int(line))
        self._answer(204 if line.isdecimal() else 400)

    def _path(self) -> str | None:
        """What of the preview is asked for; None where the asker may not know that it is there."""
        known = {self.preview.origin, self.preview.origin.replace(LOOPBACK, "localhost")}
        origin, site = self.headers.get("Origin"), self.headers.get("Sec-Fetch-Site", "none")
        asked_here = f"http://{self.headers.get('Host', '')}" in known
        from_here = (origin is None or origin in known) and (site != "cross-site" or self.command == "GET")
        token, slash, path = self.path.removeprefix("/").partition("/")
        allowed = asked_here and from_here and slash and secrets.compare_digest(token, self.preview.token)
        return path if allowed else None

    def _answer(self, status: int, body: bytes = b"", kind: str = "text/plain") -> None:
        self.send_response(status)
        headers = {**HEADERS, "Content-Type": kind, "Content-Length": str(len(body))}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _stream(self) -> None:
        self.send_response(200)
        for name, value in {**HEADERS, "Content-Type": "text/event-stream"}.items():
            self.send_header(name, value)
        self.end_headers()
        events = self.preview.listen()
        try:
            while True:
                try:
                    event, data = events.get(timeout=KEPT_ALIVE)
                    self.wfile.write(f"event: {event}\ndata: {escape(data)}\n\n".encode())
                except Empty:
                    self.wfile.write(b": still here\n\n")
                self.wfile.flush()
        except OSError:
            self.preview.leave(events)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: standard output belongs to the protocol of the editor."""
