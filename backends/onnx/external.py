"""Tensors that an ONNX file keeps in files beside it: read from its folder alone, and no byte twice."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping

from cnnspec.files import open_regular


class ExternalFiles:
    """The files beside a model, and how many bytes of each were read."""

    def __init__(self, folder: str) -> None:
        self.folder = os.path.realpath(folder)
        self.taken: Counter[str] = Counter()

    def read(self, given: Mapping[str, str], size: int) -> bytes:
        """The `size` bytes of a tensor whose place is `given`. Raises ValueError, OSError."""
        location = given.get("location", "")
        path = os.path.realpath(os.path.join(self.folder, location))
        inside = os.path.commonpath([self.folder, path]) == self.folder
        if not location or os.path.isabs(location) or not inside:
            raise ValueError(f"its data are in {location!r}, which is not within the folder of the model")
        offset, length = _count(given.get("offset", "")), _count(given.get("length", ""))
        if length is not None and length != size:
            raise ValueError(f"its shape asks for {size:,} bytes, {location} is said to have {length:,}")
        with open_regular(path) as file:
            whole = os.fstat(file.fileno()).st_size
            start = offset or 0
            self.taken[path] += size
            if start + size > whole:
                raise ValueError(f"bytes {start:,} to {start + size:,} are beyond {location}, of {whole:,}")
            if self.taken[path] > whole:
                raise ValueError(f"with those before it, it asks for more bytes than {location} has")
            file.seek(start)
            return file.read(size)


def _count(text: str) -> int | None:
    """A number of bytes; None where none is said. Raises ValueError."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise ValueError(f"{text[:40]!r} is no number of bytes")
    return int(text)
