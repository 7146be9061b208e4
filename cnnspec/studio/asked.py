"""What the page asks: a text with all that is set beside it, read from JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cnnspec import given
from cnnspec.diagnostics import InvalidValue
from cnnspec.elaborate import Settings
from cnnspec.limits import Limits
from cnnspec.render.options import Standing


@dataclass(frozen=True)
class Asked:
    """A text, the net of it that is meant, and what is given to it from outside, as on the command line.

    `line` (from 1) is where the cursor stands, which says the net where none is named. `parameters` are
    expressions, as those of --set; `inputs` shapes by the names of inputs. `views` are what is wanted of the
    net: drawing, table, memory; `plan` is that of the memory, `standing` what the drawing shows, of which
    alone it then has the boxes. `offset` is a place in the text, in UTF-16 units.
    """

    text: str
    file: str = "net.cnn"
    net: str = ""
    line: int = 0
    parameters: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    views: tuple[str, ...] = ()
    theme: str = "light"
    plan: str = "fused"
    offset: int = 0
    label: str = ""
    standing: Standing | None = None

    def settings(self, limits: Limits) -> Settings:
        """What is given from outside. Raises InvalidValue."""
        return given.settings(self.parameters, self.inputs, limits)


def asked(request: Mapping[str, Any]) -> Asked:
    """What a request holds; what it leaves out is as by default. Raises InvalidValue for what is not so."""
    known: dict[str, Any] = {
        "parameters": _parameters,
        "inputs": _inputs,
        "views": lambda value: tuple(map(str, value)),
        "standing": _standing,
    }
    try:
        found = {
            name: known.get(name, type(getattr(Asked(""), name)))(request[name])
            for name in Asked.__dataclass_fields__
            if name in request
        }
        return Asked(**found)
    except (TypeError, ValueError, AttributeError) as error:
        raise InvalidValue(f"the page asks for what there is not: {error}") from error


def _parameters(value: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): str(text) for name, text in value.items()}


def _standing(value: Mapping[str, Any]) -> Standing:
    opened, closed = (frozenset(map(str, value[name])) for name in ("opened", "closed"))
    return Standing(str(value["title"]), opened, closed)


def _inputs(value: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    return {str(name): tuple(map(int, shape)) for name, shape in value.items()}
