"""A file of a spec, as data: its nets, and what the names in it stand for."""

from __future__ import annotations

from dataclasses import field
from functools import cache
from typing import Any

from cnnspec.elaborate.mistakes.undefined import may_define
from cnnspec.elaborate.values import BUILT_IN, UNKNOWN, FormBlock, LayerBlock
from cnnspec.files import shipped
from cnnspec.records import dataclass
from cnnspec.source import Source
from cnnspec.syntax import tree
from cnnspec.syntax.outline import headings
from cnnspec.syntax.tokens import Token

STANDARD_LIBRARY = shipped("specs", "std.cnn")


@dataclass(eq=False)
class Module:
    """A file: its nets, and the names that its blocks see (blocks, `let` values and what `use` brings).

    `used_nets` are nets of other files that its own may be given by: net ResNeXt50 = ResNet(...). `lost` are
    names that a mistake left undefined, `broken` the definitions with syntax errors.
    """

    source: Source
    file: tree.File
    tokens: tuple[Token, ...]
    names: dict[str, Any] = field(default_factory=dict)
    nets: dict[str, tree.NetDefinition | tree.Given] = field(default_factory=dict)
    used_nets: dict[str, Module] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    broken: list[tree.Broken] = field(default_factory=list)

    def net(self, name: str) -> tuple[tree.NetDefinition | tree.Given | None, Module]:
        """A net by name, with the file that it is written in; None where there is none."""
        module = self
        while name in module.used_nets:
            module = module.used_nets[name]
        return module.nets.get(name), module

    def lookup(self, name: str) -> Any:
        """A block or value by name, layers included; None where there is none."""
        found = self.names.get(name)
        if found is None:
            found = BUILT_IN.get(name)
        return UNKNOWN if found is None and self.is_lost(name) else found

    def is_lost(self, name: str) -> bool:
        """Whether a mistake, reported before, may have left a name undefined."""
        return name in self.lost or any(may_define(broken, name) for broken in self.broken)


@dataclass(frozen=True, slots=True, eq=False)
class DefinedBlock:
    """A def or share, with the file whose names it sees."""

    name: str
    definition: tree.Definition
    module: Module


BlockValue = LayerBlock | FormBlock | DefinedBlock
"""A block as a value: something to call, or to pass on."""


@cache
def library_names() -> frozenset[str]:
    """The blocks of the standard library."""
    with open(STANDARD_LIBRARY, encoding="utf-8") as file:
        text = file.read()
    return frozenset(heading.name for heading in headings(text) if heading.word != "net")
