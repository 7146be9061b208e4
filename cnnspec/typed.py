"""The names of `typing` and `collections.abc` that annotations use, without their modules.

To load those takes as long as twenty of ours. To type checkers the names are typing's own; when a module
runs, they stand in its annotations and aliases, and do nothing. Those of `collections.abc` are its own.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable as Callable
    from collections.abc import Collection as Collection
    from collections.abc import Generator as Generator
    from collections.abc import Iterable as Iterable
    from collections.abc import Iterator as Iterator
    from collections.abc import Mapping as Mapping
    from collections.abc import Sequence as Sequence
    from typing import Any as Any
    from typing import BinaryIO as BinaryIO
    from typing import Literal as Literal
    from typing import NoReturn as NoReturn
    from typing import Protocol as Protocol
    from typing import TypeGuard as TypeGuard
    from typing import TypeVar as TypeVar
    from typing import cast as cast
    from typing import dataclass_transform as dataclass_transform
else:
    from _collections_abc import Callable as Callable
    from _collections_abc import Collection as Collection
    from _collections_abc import Generator as Generator
    from _collections_abc import Iterable as Iterable
    from _collections_abc import Iterator as Iterator
    from _collections_abc import Mapping as Mapping
    from _collections_abc import Sequence as Sequence

    Any = BinaryIO = NoReturn = Protocol = object

    class Subscripted:
        """What stands with types in brackets: Literal["error", "warning"]."""

        def __class_getitem__(cls, types):
            return cls

    Literal = TypeGuard = Subscripted

    def TypeVar(name, *, bound=None):
        """A type that is known where the function or class is used."""
        return object

    def cast(kind, value):
        """The value, which is of a kind that cannot be told from its expression."""
        return value

    def dataclass_transform(**said):
        """What says that a decorator makes dataclasses."""
        return lambda decorator: decorator
