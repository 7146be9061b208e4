"""The parts that `expand` names: by their paths, as a summary prints them, or by the word in the spec."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches

from cnnspec.render.fold import DrawnPart, covers
from cnnspec.render.options import RenderError

TURNS = re.compile(r"(^|\.)(\d+)-\d+$")
"""Equal turns of a repeat as a summary prints them: 0-1, body.layer1.1-2."""


def asked_paths(parts: Sequence[DrawnPart], name: str) -> tuple[str, ...]:
    """The paths of the parts that a name means: the one of that path, else all that are called so.

    Raises RenderError where there is none, with those that are spelt alike.
    """
    known = dict.fromkeys(key for part in parts for key in part.keys if key and not key.endswith("+"))
    wanted = TURNS.sub(r"\1\2", name)
    if in_first_turns(parts, wanted) in known:
        return (in_first_turns(parts, wanted),)
    found = [key for key in known if key.endswith("." + wanted)]
    found = found or [part.key for part in parts if part.title == wanted and part.key in known]
    if not found:
        near = get_close_matches(name, known, 3, 0.3)
        raise RenderError(f"no block is called {name!r}" + (f"; there are {', '.join(near)}" if near else ""))
    return tuple(dict.fromkeys(in_first_turns(parts, key) for key in found))


def in_first_turns(parts: Sequence[DrawnPart], path: str) -> str:
    """The path of the part that stands for one inside equal turns: that in the first of them."""
    for part in parts:
        for copy in part.copies:
            within = zip(part.children, copy.children, strict=True) if part.kind == "streams" else ()
            for first, other in ((part, copy), *within):
                for key, name in zip((first.key, *first.aliases), (other.key, *other.aliases), strict=False):
                    if covers(name, path):
                        path = key + path[len(name) :]
    return path
