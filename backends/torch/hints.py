"""Types of arguments, as generated source writes them, from the values that they have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cnnspec.backends.python_source import TypeName
from cnnspec.backends.torch.expressions import ABSENT


def hint(values: Iterable[Any], is_list: bool = False) -> str:
    """The type of all these: `int | tuple[int, int]` of 3 and (3, 5); `tuple[int, ...]` of lists."""
    found = dict.fromkeys(_hint_of(value, is_list) for value in values if value is not ABSENT)
    names = [name for name in found if name != "None"]
    if "float" in names and "int" in names:
        names.remove("int")
    return " | ".join([*names, *(["None"] if "None" in found else [])])


def _hint_of(value: Any, is_list: bool) -> str:
    if value is None:
        return "None"
    if isinstance(value, tuple):
        kinds = [hint(value), "..."] if is_list else [hint([item]) for item in value]
        return f"tuple[{', '.join(kinds)}]"
    return "type[nn.Module]" if isinstance(value, TypeName) else type(value).__name__
