"""What the tree of modules is made of: layers, blocks as modules, and calls of shared ones."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from cnnspec.backends.torch.calls import TorchForm
from cnnspec.graph import Block
from cnnspec.layers.base import Shape


@dataclass(eq=False)
class Leaf:
    """One layer: `path` is where its module stands, `node` the value that it makes.

    `owner` is the path of the module that it uses: its own, or in a shared block that of the first call.
    """

    segment: str
    path: str
    inputs: tuple[str, ...]
    lowered: TorchForm
    owner: str
    node: str
    shape: Shape

    @property
    def outputs(self) -> tuple[str, ...]:
        return (self.node,)

    @property
    def shapes(self) -> tuple[Shape, ...]:
        return (self.shape,)


@dataclass(eq=False)
class ModuleReuse:
    """A further call of a shared block: no module of its own, but that of the first call, at `owner`."""

    segment: str
    path: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    owner: str
    shapes: tuple[Shape, ...]


@dataclass(eq=False)
class Absent:
    """A part that this block does not have, as others of its kind do: it gives what it takes."""

    segment: str = "shortcut"


Form = Literal["class", "chain", "list", "dense", "concat", "space"]


@dataclass(eq=False)
class Scope:
    """A block as a module.

    class: a class of its own. chain: one part after the other. list: the same, numbered. dense: numbered,
    each on the concatenation of the input and all outputs before. concat: all on the input, for the
    concatenation of what they give. space: a block that calls a module from elsewhere, and so cannot own what
    it calls: a dictionary, whose parts the class around it calls.
    `promoted` marks a class that the spec does not name, made because it recurs. `optional` are the segments
    of the parts that blocks of its kind may lack.
    `inputs` are the outer values that it uses, `outputs` the inner ones used outside, both names of nodes,
    and `taken` and `shapes` the shapes of these.
    """

    segment: str
    path: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    block: Block
    form: Form
    taken: tuple[Shape, ...]
    shapes: tuple[Shape, ...]
    parts: list[Part] = field(default_factory=list)
    linear: bool = False
    nesting: int = 0
    promoted: bool = False
    optional: frozenset[str] = frozenset()


Part = Leaf | ModuleReuse | Absent | Scope


def scopes(part: Scope, but: Container[int] = ()) -> Iterator[Scope]:
    """This scope and all within it, outer ones first, but for inner ones of these ids and what is in them."""
    stack = [part]
    while stack:
        scope = stack.pop()
        yield scope
        stack.extend(
            inner for inner in reversed(scope.parts) if isinstance(inner, Scope) and id(inner) not in but
        )


def frame(scope: Scope) -> Iterator[Scope]:
    """This scope and the chains, lists and other containers in it that belong to the same class."""
    stack = [scope]
    while stack:
        inner = stack.pop()
        yield inner
        stack.extend(
            part for part in reversed(inner.parts) if isinstance(part, Scope) and part.form != "class"
        )


def is_within(path: str, outer: str) -> bool:
    return not outer or path == outer or path.startswith(outer + ".")


def arguments_of(block: Block) -> tuple[tuple[str, Any], ...]:
    """The arguments of the call that a block is, or is a part of."""
    return next((outer.arguments for outer in block.ancestors() if outer.arguments), ())
