"""A server for pages on this machine: only programs of this machine reach it, and of those only who knows it.

Its address holds a token. A page of another site cannot read it (its Origin is not this one) nor reach it
under another name (nor is its Host).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, NamedTuple

LOOPBACK = "127.0.0.1"
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
WHOLE_PAGE = (
    "default-src 'none'; script-src 'unsafe-inline' 'wasm-unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data: blob:; connect-src 'self'"
)
"""What a page may do that is in one file, its scripts and styles included."""


class Reply(NamedTuple):
    """What is answered: a body, or one that goes on for as long as somebody listens."""

    status: int
    body: bytes | Generator[bytes, None, None] = b""
    kind: str = "text/plain"
    policy: str = WHOLE_PAGE


NOT_THERE = Reply(404)
Respond = Callable[[str, str, bytes], Reply]
"""From a method, a path behind the token, and a body to an answer."""


class Loopback:
    """A server on a free port. Requests with a body of more than `largest` bytes find nothing."""

    def __init__(self, respond: Respond, largest: int) -> None:
        self.respond = respond
        self.largest = largest
        self.token = secrets.token_urlsafe(24)
        handler = type("Handler", (LoopbackHandler,), {"loopback": self})
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

    def close(self) -> None:
        """End the server."""
        self._server.shutdown()
        self._server.server_close()


class LoopbackHandler(BaseHTTPRequestHandler):
    """Answers the page itself, and nobody else. A class of its own for each server, which it belongs to."""

    loopback: Loopback

    def do_GET(self) -> None:
        path = self._path()
        self._send(NOT_THERE if path is None else self.loopback.respond("GET", path, b""))

    def do_POST(self) -> None:
        path, length = self._path(), self.headers.get("Content-Length", "")
        if path is None or not length.isdecimal() or int(length) > self.loopback.largest:
            self._send(NOT_THERE)
        else:
            self._send(self.loopback.respond("POST", path, self.rfile.read(int(length))))

    def _path(self) -> str | None:
        """What is asked for; None where the asker may not know that it is there."""
        origin = self.loopback.origin
        known = {origin, origin.replace(LOOPBACK, "localhost")}
        asked_from, site = self.headers.get("Origin"), self.headers.get("Sec-Fetch-Site", "none")
        asked_here = f"http://{self.headers.get('Host', '')}" in known
        from_here = (asked_from is None or asked_from in known) and (
            site != "cross-site" or self.command == "GET"
        )
        token, slash, path = self.path.removeprefix("/").partition("/")
        allowed = asked_here and from_here and slash and secrets.compare_digest(token, self.loopback.token)
        return path if allowed else None

    def _send(self, answer: Reply) -> None:
        headers = {**HEADERS, "Content-Security-Policy": answer.policy, "Content-Type": answer.kind}
        parts = answer.body
        if isinstance(parts, bytes):
            headers["Content-Length"] = str(len(parts))
            parts = (part for part in [parts])
        try:
            self.send_response(answer.status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            for part in parts:
                self.wfile.write(part)
                self.wfile.flush()
        except OSError:  # the page has been closed
            self.close_connection = True
        finally:
            parts.close()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: standard output belongs to the protocol of the editor."""
