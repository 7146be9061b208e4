"""Two files of several nets: what changed in each net, by its name, and which nets left and came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cnnspec.difference.show import Difference


@dataclass(frozen=True)
class FileDifference:
    """What two files differ in: `nets` are those of a name in both, in the order of the new file."""

    old: str
    new: str
    nets: tuple[Difference, ...]
    gone: tuple[str, ...]
    came: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the files have the same nets, by name, and each computes the same."""
        return not self.gone and not self.came and all(net.is_empty for net in self.nets)

    @property
    def changed(self) -> Iterator[Difference]:
        return (net for net in self.nets if not net.is_empty)

    @property
    def kept(self) -> tuple[str, ...]:
        """The nets without a difference."""
        return tuple(net.new for net in self.nets if net.is_empty)

    def __str__(self) -> str:
        """The changes of each net that has some, and the names of the others."""
        parts = [f"{self.old} -> {self.new}", *map(str, self.changed)]
        listed = [f"- net {name}" for name in self.gone] + [f"+ net {name}" for name in self.came]
        if self.kept:
            listed.append(f"no difference: {', '.join(self.kept)}")
        return "\n\n".join([*parts, "\n".join(listed)] if listed else parts)

    def as_markdown(self) -> str:
        """Tables for a comment on a pull request, and lists of the nets that have none."""
        parts = [net.as_markdown() for net in self.changed]
        lists = (("Left", self.gone), ("Came", self.came), ("No difference", self.kept))
        return "\n\n".join([*parts, *(f"{word}: {', '.join(names)}." for word, names in lists if names)])

    def as_dict(self) -> dict[str, Any]:
        """The difference as JSON-ready data."""
        return {
            "old": self.old,
            "new": self.new,
            "equal": self.is_empty,
            "nets": [net.as_dict() for net in self.nets],
            "gone": list(self.gone),
            "came": list(self.came),
        }
