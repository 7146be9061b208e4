"""The bounds on a spec."""

from __future__ import annotations

from cnnspec.records import dataclass


@dataclass(frozen=True)
class Limits:
    """The bounds on a spec: what is beyond them is an error that names the bound."""

    nodes: int = 1_000_000
    nesting: int = 200
    file_size: int = 4 * 2**20
    integer: int = 2**53
    steps: int = 200_000
