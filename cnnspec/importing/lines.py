"""Calls as the lines of a spec: what follows a layer stands on its line, equal lines are repeats."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from cnnspec.layers.base import REGISTRY
from cnnspec.layers.written import show_argument


def text(value: Any) -> str:
    """A value as a spec writes it, to the last digit."""
    if value is None:
        return "none"
    return repr(value) if isinstance(value, float) else show_argument(value)


def lines(calls: Sequence[str]) -> list[str]:
    """Calls as lines: what follows a layer (norms, activations, dropout) stands on its line."""
    found: list[list[str]] = []
    for call in calls:
        name = re.match(r"\w+", call)
        cls = REGISTRY.get(name[0]) if name else None
        follows = cls is not None and (cls.follows or cls.silent) and found
        if follows:
            found[-1].append(call)
        else:
            found.append([call])
    return repeated([" -> ".join(line) for line in found])


def repeated(found: Sequence[str]) -> list[str]:
    """Lines with equal ones after one another as one that is repeated."""
    result: list[tuple[str, int]] = []
    for line in found:
        if result and result[-1][0] == line:
            result[-1] = (line, result[-1][1] + 1)
        else:
            result.append((line, 1))
    return [
        line
        if count == 1
        else f"{{ {line} }} * {count}"
        if " -> " in line and "{" not in line
        else f"{line} * {count}"
        for line, count in result
    ]
