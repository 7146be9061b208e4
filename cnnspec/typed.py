"""The names of `typing` that annotations use, without its module: to load that takes as long as ten of ours.

To type checkers these are typing's own; when a module runs, they stand in its annotations and aliases, and
do nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
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
