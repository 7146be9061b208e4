"""Types of arguments, as generated source writes them, from the values that they have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cnnspec.backends.torch.expressions import ABSENT


def hint(values: Iterable[Any]) -> str:
    """The type that all of these are of: `int | tuple[int, ...]` of 3 and (3, 5)."""
    found = dict.fromkeys(_hint_of(value) for value in values if value is not ABSENT)
    names = [name for name in found if name != "None"]
    if "float" in names and "int" in names:
        names.remove("int")
    return " | ".join([*names, *(["None"] if "None" in found else [])])


def _hint_of(value: Any) -> str:
    if value is None:
        return "None"
    if isinstance(value, tuple):
        return f"tuple[{hint(value)}, ...]"
    return type(value).__name__
