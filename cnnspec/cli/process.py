"""The process around a command: its streams, its signals, and Python's warnings."""

from __future__ import annotations

import errno
import io
import os
import sys
import warnings

from cnnspec.typed import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from types import FrameType

DEBUG = "CNNSPEC_DEBUG"
"""The variable of the environment that shows tracebacks and warnings of Python."""


def prepare_streams() -> None:
    """Make a process safe to print in: streams that are there and take all characters, and no warnings."""
    _open_streams()
    _print_all_characters()
    if not sys.warnoptions and not debugging():
        warnings.simplefilter("ignore")


def prepare_signals() -> None:
    """Make a process safe to write files in: those half-written are cleaned up on a signal."""
    import signal
    import threading

    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):
            if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) is signal.SIG_DFL:
                signal.signal(getattr(signal, name), _stop)


def debugging() -> bool:
    """Whether whoever started the process wants to see tracebacks."""
    return os.environ.get(DEBUG, "0") not in ("", "0")


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    """End as the signal says, by way of every `finally`: half-written files are taken away."""
    raise SystemExit(128 + number)


class ClosedStream(io.TextIOBase):
    """Stands for a stream that the process was started without: to use it is an error with its name."""

    def __init__(self, name: str) -> None:
        self.title = name

    @property
    def buffer(self) -> NoReturn:
        raise OSError(errno.EBADF, f"{self.title} is closed")

    def write(self, text: str) -> NoReturn:
        raise OSError(errno.EBADF, f"{self.title} is closed")

    def read(self, size: int | None = -1) -> NoReturn:
        raise OSError(errno.EBADF, f"{self.title} is closed")


def _print_all_characters() -> None:
    """Let what is printed hold any character: files and pipes are UTF-8, as specs are, on Windows too.

    A terminal keeps its encoding, and so does whoever sets PYTHONIOENCODING; what that lacks is spelt out.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            keeps = stream.isatty() or "PYTHONIOENCODING" in os.environ
            stream.reconfigure(encoding=None if keeps else "utf-8", errors="backslashreplace")


def _open_streams() -> None:
    """Stand-ins for streams that are closed: Python makes them None, and the next file takes their number."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            # the lowest free number, which is this one
            os.open(os.devnull, os.O_RDWR)
    if sys.stdin is None:
        sys.stdin = ClosedStream("standard input")
    if sys.stdout is None:
        sys.stdout = ClosedStream("standard output")
    if sys.stderr is None:
        sys.stderr = io.StringIO()
