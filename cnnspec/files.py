"""Files: those that ship with the package; written whole or not at all, read up to a bound."""

from __future__ import annotations

import errno
import os
import stat

from cnnspec.diagnostics.report import Report
from cnnspec.limits import Limits
from cnnspec.source import Source, Span
from cnnspec.typed import BinaryIO, Iterable

PACKAGE = os.path.dirname(__file__)
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def shipped(folder: str, name: str = "") -> str:
    """A folder of data, `grammar` or `specs`, or a file in one: in an installed package; beside the package
    in a checkout.
    """
    installed = os.path.join(PACKAGE, folder)
    found = installed if os.path.isdir(installed) else os.path.join(os.path.dirname(PACKAGE), folder)
    return os.path.join(found, name) if name else found


def write_whole(path: str | os.PathLike[str], data: str | bytes | Iterable[bytes | memoryview]) -> None:
    """Write a file through a temporary one beside it, so that a failure leaves the old one untouched.

    A new file gets the mode that the umask asks for, an old one keeps its own. Where the target is no regular
    file (a pipe, a device), it is written directly. Raises OSError, with the name of the file.
    """
    chunks = [data.encode("utf-8")] if isinstance(data, str) else [data] if isinstance(data, bytes) else data
    try:
        _write(path, chunks)
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error


def _write(path: str | os.PathLike[str], chunks: Iterable[bytes | memoryview]) -> None:
    try:
        mode: int | None = os.stat(path).st_mode
    except FileNotFoundError:
        mode = None
    if mode is not None and not stat.S_ISREG(mode):
        with open(path, "wb") as file:
            file.writelines(chunks)
        return
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    if not os.path.isdir(folder):
        raise FileNotFoundError(errno.ENOENT, "there is no such folder", folder)
    # not made of the target's name, which may be as long as a name can be
    temporary = os.path.join(folder, f".{os.urandom(8).hex()}.tmp")
    # the system takes the umask off this mode, for this file alone
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(chunks)
        if mode is not None:
            os.chmod(temporary, stat.S_IMODE(mode))
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """Open a regular file to read its bytes. Raises OSError, for what may never end too: pipes, devices."""
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(path, flags)
    mode = os.fstat(handle).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(handle, "rb")
    os.close(handle)
    what = "a directory" if stat.S_ISDIR(mode) else "no regular file: save it to one first"
    raise OSError(errno.EINVAL, f"it is {what}", os.fspath(path))


def read_bounded(path: str | os.PathLike[str], most: int) -> bytes:
    """The bytes of a regular file of at most `most` bytes. Raises OSError."""
    with open_regular(path) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"it has over {most:,} bytes, the bound", os.fspath(path))
    return data


def read_source(
    path: str | os.PathLike[str], name: str, report: Report, limits: Limits, span: Span | None = None
) -> Source | None:
    """The text of a file, named `name` in diagnostics; None, and a report, where it cannot be read."""
    try:
        data = read_bounded(path, limits.file_size)
    except FileNotFoundError:
        report.error("file", span, f"cannot read {name}: there is no such file")
    except OSError as error:
        report.error("file", span, f"cannot read {name}: {error.strerror or error}")
    except ValueError as error:
        report.error("file", span, f"cannot read {name}: {error}")
    else:
        return decode(data, name, path, report)
    return None


def decode(data: bytes, name: str, path: str | os.PathLike[str] | None, report: Report) -> Source | None:
    """The source of UTF-8 bytes, a byte order mark left out; None, and a report, where they are not text."""
    data = data.removeprefix(BYTE_ORDER_MARK)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        report.error(
            "encoding", None, f"{name} is not UTF-8: line {line} has the byte 0x{data[error.start]:02x}"
        )
        return None
    # a name of a file may be bytes that are no text; what shows it is text
    return Source(name.encode("utf-8", "replace").decode(), text, None if path is None else os.fspath(path))
