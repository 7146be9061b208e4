"""What an error ends in: a diagnostic or one line, as JSON where that was asked for, and an exit code."""

from __future__ import annotations

import errno
import io
import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Sequence

import click

from cnnspec.backends.base import extras
from cnnspec.cli.common import NotComparable
from cnnspec.cli.printing import print_diagnostics, print_json, say
from cnnspec.cli.process import DEBUG, debugging
from cnnspec.diagnostics import Refused, SpecError, as_dict
from cnnspec.typed import Any

FAULT = 70
"""EX_SOFTWARE of sysexits.h: a fault of cnnspec itself."""
OTHERS = {"pygls": "lsp", "lsprotocol": "lsp", "optuna": "search", "dask": "search", "distributed": "search"}
"""What the language server and searches import, with the extra that brings it; `extras` has what backends
import.
"""


def ended(error: BaseException, arguments: Sequence[str]) -> int:
    """Tell what ended a command, and give its exit code."""
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.Abort) or _interrupted(error):
        say("Aborted!", err=True)
        return 1
    if isinstance(error, OSError) and error.errno in (errno.EPIPE, errno.ENOSPC) and not error.filename:
        # whoever read has gone, or the disk is full; Python must not find out once more when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        if error.errno == errno.EPIPE:
            return 1
    code, kind, message = _told(error, arguments)
    if "--json" in arguments:
        found = error.diagnostics if isinstance(error, SpecError) else ()
        _print_failure(kind, message, [as_dict(diagnostic) for diagnostic in found])
    return code


def _interrupted(error: BaseException | None) -> bool:
    """Whether an error is an interruption, or was made of one: Python 3.11 makes a RuntimeError of what is
    raised while a class names its attributes.
    """
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__
    return error is not None


def _told(error: BaseException, arguments: Sequence[str]) -> tuple[int, str, str]:
    """Print an error to standard error; its exit code, its kind and its message."""
    if isinstance(error, click.ClickException):
        shown = io.StringIO()
        error.show(shown)
        say(shown.getvalue().removesuffix("\n"), err=True)
        return error.exit_code, "usage", error.format_message()
    if isinstance(error, SpecError):
        print_diagnostics(error.diagnostics)
        return 2 if isinstance(error, NotComparable) else 1, "spec", str(error)
    kind, message = expected(error)
    if kind:
        say(f"error: {message}", err=True)
        return 1, kind, message
    message = _fault(error, arguments)
    say(f"error: {message}", err=True)
    return FAULT, "fault", message


def expected(error: BaseException) -> tuple[str, str]:
    """The kind and the message of an error that a user can do something about; both empty for a fault."""
    if isinstance(error, ModuleNotFoundError):
        package = (error.name or "").partition(".")[0]
        if extra := (extras() | OTHERS).get(package):
            return "dependency", f"this needs {package}: pip install 'cnnspec[{extra}]'"
    if isinstance(error, Refused):
        return "refused", str(error)
    if isinstance(error, OSError):
        reason = error.strerror or str(error)
        if error.errno == errno.ENOSPC and not error.filename:
            # whatever writes a file names it
            return "file", f"standard output: {reason}"
        return "file", f"{error.filename}: {reason}" if error.filename else reason
    # torch has no class of its own for it on the CPU
    if isinstance(error, MemoryError) or "can't allocate memory" in str(error):
        return "memory", "there is not enough memory for this net"
    return "", ""


def _fault(error: BaseException, arguments: Sequence[str]) -> str:
    """Write down what nobody foresaw; what to tell of it, in one line."""
    if debugging():
        traceback.print_exception(error)
    what = traceback.format_exception_only(error)[-1].strip()
    first = what.partition("\n")[0]
    try:
        handle, path = tempfile.mkstemp(prefix="cnnspec-fault-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(_details(error, arguments))
    except OSError:
        return f"a fault of cnnspec: {first}; {DEBUG}=1 shows the details: report them, with the spec"
    return f"a fault of cnnspec: {first}; report it with the spec and the details in {path}"


def _details(error: BaseException, arguments: Sequence[str]) -> str:
    from cnnspec import __version__

    return "\n".join(
        [
            f"cnnspec {__version__}, Python {platform.python_version()}, {platform.platform()}",
            f"arguments: {list(arguments)!r}",
            "".join(traceback.format_exception(error)),
        ]
    )


def _print_failure(kind: str, message: str, diagnostics: list[dict[str, Any]]) -> None:
    try:
        print_json({"ok": False, "error": {"kind": kind, "message": message}, "diagnostics": diagnostics})
    except OSError:
        # standard output itself is what failed, which standard error has told
        sys.stderr.flush()
