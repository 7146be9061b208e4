"""The call that is being written: its arguments, and which of them the cursor is at."""

from __future__ import annotations

from typing import NamedTuple

from cnnspec.elaborate.module import Module
from cnnspec.live.completion import KnownArgument, arguments_of, call_around


class Signature(NamedTuple):
    """A call, its arguments in order, and the number of the one that is being written."""

    name: str
    arguments: tuple[KnownArgument, ...]
    active: int

    @property
    def text(self) -> str:
        return f"{self.name}({', '.join(argument.written for argument in self.arguments)})"


def signature(module: Module, offset: int) -> Signature | None:
    """The call around an offset, where what it calls is known."""
    code = [t for t in module.tokens if t.kind not in ("COMMENT", "NEWLINE") and t.end <= offset]
    call = call_around(code)
    known = arguments_of(module, call.name) if call else ()
    if call is None or not known:
        return None
    names = [argument.name for argument in known]
    named = next(
        (t.text for t, sign in zip(code[::-1][1:], code[::-1], strict=False) if sign.text == "="), ""
    )
    behind = code[-1].text == "=" or (len(code) > 1 and code[-2].text == "=")
    active = names.index(named) if behind and named in names else min(call.position, len(known) - 1)
    return Signature(call.name, known, active)
