"""A file of a spec, as data: its nets, and what the names in it stand for."""

from __future__ import annotations

from cnnspec.caching import cache
from cnnspec.elaborate.mistakes.undefined import may_define
from cnnspec.elaborate.values import BUILT_IN, UNKNOWN, FormBlock, LayerBlock, Variables
from cnnspec.files import shipped
from cnnspec.layers.written import show_value
from cnnspec.records import dataclass, field
from cnnspec.source import Source
from cnnspec.syntax import tree
from cnnspec.syntax.outline import headings
from cnnspec.syntax.tokens import Token
from cnnspec.typed import Any, TypeVar

B = TypeVar("B")
MAX_SHOWN = 20
"""Of how many parts a block may be made that is written with its arguments."""
STANDARD_LIBRARY = shipped("specs", "std.cnn")


@dataclass(eq=False)
class Module:
    """A file: its nets, and the names that its blocks see (blocks, `let` values and what `use` brings).

    `used_nets` are nets of other files that its own may be given by: net ResNeXt50 = ResNet(...), and
    `used_spaces` their spaces. `lost` are names that a mistake left undefined, `broken` the definitions with
    syntax errors, `uses` what each `use` has brought.
    """

    source: Source
    file: tree.File
    tokens: tuple[Token, ...]
    names: dict[str, Any] = field(default_factory=dict)
    nets: dict[str, tree.NetDefinition | tree.Given] = field(default_factory=dict)
    spaces: dict[str, tree.Space] = field(default_factory=dict)
    used_nets: dict[str, Module] = field(default_factory=dict)
    used_spaces: dict[str, Module] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    broken: list[tree.Broken] = field(default_factory=list)
    uses: list[tuple[tree.Use, Module]] = field(default_factory=list)

    def net(self, name: str) -> tuple[tree.NetDefinition | tree.Given | None, Module]:
        """A net by name, with the file that it is written in; None where there is none."""
        module = self
        while name in module.used_nets:
            module = module.used_nets[name]
        return module.nets.get(name), module

    def space(self, name: str) -> tuple[tree.Space | None, Module]:
        """A space by name, with the file that it is written in; None where there is none."""
        module = self
        while name in module.used_spaces:
            module = module.used_spaces[name]
        return module.spaces.get(name), module

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
    """A def or share, with the file whose names it sees; one in a body sees the values around it as well.

    Two are equal that stand at one place: of one reading of the file, or of two where it is as it was.
    """

    name: str
    definition: tree.Definition
    module: Module
    around: Variables | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DefinedBlock) and self._place == other._place and self.around is other.around

    def __hash__(self) -> int:
        return hash(self.definition.span.start)

    @property
    def _place(self) -> tuple[object, ...]:
        source, start, _ = self.definition.span
        return source.path, source.name, start


Arguments = tuple[tuple[str, Any], ...]
"""Arguments by the names of their parameters."""


@dataclass(frozen=True, slots=True)
class PartialBlock:
    """A block with some arguments given early, in the order of its parameters: `conv(64, bias=false)`."""

    block: LayerBlock | DefinedBlock
    given: Arguments
    depth: int = field(default=0, compare=False, repr=False)
    size: int = field(default=0, compare=False, repr=False)
    """How deep blocks are nested in it, and of how many parts it is made."""

    def __post_init__(self) -> None:
        depth, size = extent_of(tuple(value for _, value in self.given))
        object.__setattr__(self, "depth", depth + 1)
        object.__setattr__(self, "size", size)

    @property
    def name(self) -> str:
        return self.block.name

    def __str__(self) -> str:
        if self.size > MAX_SHOWN:
            return f"{self.name}(...)"
        return f"{self.name}({', '.join(f'{name}={show_value(value)}' for name, value in self.given)})"


def block_of(block: PartialBlock | B) -> tuple[Arguments, LayerBlock | DefinedBlock | B]:
    """The arguments that a block has been given, and the block that they were given to."""
    return (block.given, block.block) if isinstance(block, PartialBlock) else ((), block)


def extent_of(value: Any) -> tuple[int, int]:
    """How deep blocks and lists are nested in a value, and of how many parts it is made."""
    if isinstance(value, PartialBlock):
        return value.depth, value.size + 1
    if not isinstance(value, tuple) or not value:
        return 0, 1
    inner = [extent_of(item) for item in value]
    return 1 + max(depth for depth, _ in inner), 1 + sum(size for _, size in inner)


BlockValue = LayerBlock | FormBlock | DefinedBlock | PartialBlock
"""A block as a value: something to call, or to pass on."""


@cache
def library_names() -> frozenset[str]:
    """The blocks of the standard library."""
    with open(STANDARD_LIBRARY, encoding="utf-8") as file:
        text = file.read()
    return frozenset(heading.name for heading in headings(text) if heading.word in ("def", "share"))
