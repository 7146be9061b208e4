"""Whether a place in a spec asks for what is inferred, so that it says the same and means something else.

let size = prev.size        `size` asks for the map before it, and so do `half` and the crop:
let half = size[0] // 2     where a stride above them has changed, they have other values, and
crop(half)                  nobody has changed them
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cnnspec.source import Source, Span
from cnnspec.syntax import tree
from cnnspec.syntax.parse import parse

WORDS = ("channels", ".size", ".shape")
"""What asks for channels and maps that flow in."""
NAME = re.compile(r"[^\W\d]\w*")


def asks(old: object, new: object) -> bool:
    """Whether two places in specs say the same, in words that ask for what is inferred."""
    if not (isinstance(old, Span) and isinstance(new, Span)) or old.text != new.text:
        return False
    if _asks_itself(new.text):
        return True
    before, after = _asking(old.source), _asking(new.source)
    return any(name in after and after[name] == before.get(name) for name in NAME.findall(new.text))


def _asks_itself(text: str) -> bool:
    return any(word in text for word in WORDS)


def _asking(source: Source) -> dict[str, list[str]]:
    """The names of a spec whose values ask for what is inferred, by themselves or through others; each with
    all that it is bound to."""
    bound: dict[str, list[str]] = {}
    for name, value in _bindings(source):
        bound.setdefault(name, []).append(value)
    found = {name for name, values in bound.items() if any(map(_asks_itself, values))}
    while True:
        more = {
            name for name, values in bound.items() if not found.isdisjoint(NAME.findall(" ".join(values)))
        }
        if more <= found:
            return {name: values for name, values in bound.items() if name in found}
        found |= more


def _bindings(source: Source) -> Iterator[tuple[str, str]]:
    """What names stand for, as it is written: in a `let`, as the default of a parameter, in a loop."""
    for node in tree.parts(parse(source).tree.items):
        if isinstance(node, tree.ParameterDefinition) and node.default is not None:
            yield node.name, node.default.span.text
        elif isinstance(node, (tree.Let, tree.Loop)):
            value = node.value if isinstance(node, tree.Let) else node.iterable
            for name in tree.flat_names(node.names):
                yield name.name, value.span.text
