"""The layers of one module as statements: chains, joins with arms, and labels where nothing else helps.

    x ── conv ── batchnorm ── relu ──┬── conv ── batchnorm ──┐
                                     │                        add ── relu
                                     └────────────────────────┘

The values that several layers read, here that after the first relu, cut the layers into chains. A join whose
chains all begin at one value, which nothing else reads, takes them in as its arms, and the chain goes on
through it: conv -> batchnorm -> relu -> add { | conv -> batchnorm | identity } -> relu. What is read from
elsewhere as well, as in a U-Net, stays a statement with a label.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cnnspec.importing.traced import TracedLayer
from cnnspec.layers.base import Layer, Shape

CONTAINERS = frozenset({"Sequential", "ModuleList", "ModuleDict", "Module", "Chain"})


@dataclass(frozen=True, eq=False)
class Region:
    """A module with one way in and one way out: `kind` is its class, `statements` what stands in it.

    `shared` is the layer that owns its weights, where it is called several times with them. `contents` is a
    number that it has in common with modules of the same layers, wired the same way.
    """

    segment: str
    kind: str
    statements: tuple[LabelledChain, ...]
    entry: str
    exit: str
    taken: Shape
    given: Shape
    shared: str = ""
    contents: int = 0

    @property
    def holds(self) -> bool:
        """Whether its layers stand in its place: a container, equal blocks, one layer, none with kernels."""
        chain = self.chain
        if self.shared:
            return False
        if self.kind in CONTAINERS or chain is None or self.is_bare:
            return chain is not None
        kinds = {unit.region.kind if unit.region is not None else "" for unit in chain}
        one_kind = len(kinds) == 1 and kinds.isdisjoint({"", *CONTAINERS})
        return one_kind or (len(chain) == 1 and chain[0].step is not None and not chain[0].arms)

    @property
    def is_bare(self) -> bool:
        """Whether it is a chain of layers without kernels, as a norm with its activation is."""
        return all(
            unit.region.is_bare if unit.region is not None else not unit.arms and not unit.has_kernel
            for unit in self.chain or ()
        )

    @property
    def chain(self) -> tuple[ChainUnit, ...] | None:
        """Its units where it is one chain from its entry; None where it has labels."""
        (first, *more) = self.statements
        return first.chain if not more and first.source == self.entry else None


@dataclass(frozen=True, eq=False)
class ChainUnit:
    """One step of a chain: a layer, a module, or a join of arms (or of `named` values), and its output shape.

    `taken` is the shape that flows in. `times` is how many equal modules after one another it stands for.
    `repeat` is not 0 for a concatenation that stands for so many turns of a dense block. An `optional` sum
    stands for none: other modules of the class add their input to what they make of it, where shapes agree.
    """

    taken: Shape
    given: Shape
    step: TracedLayer | None = None
    region: Region | None = None
    arms: tuple[tuple[ChainUnit, ...], ...] = ()
    named: tuple[str, ...] = ()
    repeat: int = 0
    optional: bool = False
    times: int = 1

    @property
    def has_kernel(self) -> bool:
        return bool(self.repeat or self.named) or (self.layer is not None and self.layer.weighted)

    @property
    def layer(self) -> Layer | None:
        return self.step.layer if self.step is not None else None


@dataclass(frozen=True, eq=False)
class LabelledChain:
    """A chain from a value to the one that it is called by."""

    source: str | None
    chain: tuple[ChainUnit, ...]
    value: str


@dataclass(frozen=True, eq=False)
class Piece:
    """What is arranged: a unit, the values that it reads and the one that it gives."""

    unit: ChainUnit
    reads: tuple[str, ...]
    value: str


@dataclass
class _Open:
    """A chain that may still grow: where it begins, and its units so far."""

    source: str | None
    units: list[ChainUnit]


def arrange(pieces: Sequence[Piece], exits: Sequence[str]) -> tuple[LabelledChain, ...]:
    """Statements for pieces in topological order; `exits` are the values that are read outside."""
    # a value that is used once needs no name: its chain goes on. What leaves counts as a use.
    uses = Counter(name for piece in pieces for name in piece.reads)
    uses.update(exits)
    chains: dict[str, _Open] = {}
    order = {piece.value: number for number, piece in enumerate(pieces)}
    for piece in pieces:
        if len(piece.reads) == 1 and not piece.unit.named:
            chains[piece.value] = _followed(piece, uses, chains)
        else:
            chains[piece.value] = _joined(piece, uses, chains)
    ordered = sorted(chains.items(), key=lambda entry: order[entry[0]])
    return tuple(LabelledChain(chain.source, tuple(chain.units), value) for value, chain in ordered)


def _followed(piece: Piece, uses: Counter[str], chains: dict[str, _Open]) -> _Open:
    (source,) = piece.reads
    if uses[source] == 1 and source in chains:
        known = chains.pop(source)
        return _Open(known.source, [*known.units, piece.unit])
    return _Open(source, [piece.unit])


def _joined(piece: Piece, uses: Counter[str], chains: dict[str, _Open]) -> _Open:
    """A join: with arms, where all that it reads begins at one value; of named values otherwise."""
    arms = [
        (chains[name].source, tuple(chains[name].units)) if uses[name] == 1 and name in chains else (name, ())
        for name in piece.reads
    ]
    sources = {source for source, _ in arms}
    (source, *others) = sources
    # arms that begin at different values, or in a join of several themselves, cannot be written in braces
    if others or source is None or (piece.unit.layer is not None and piece.unit.layer.undoes):
        return _Open(None, [replace(piece.unit, named=piece.reads)])
    for name in piece.reads:
        if uses[name] == 1:
            chains.pop(name, None)
    unit = replace(piece.unit, arms=tuple(units for _, units in arms), named=())
    if uses[source] == len(arms) and source in chains:
        known = chains.pop(source)
        return _Open(known.source, [*known.units, unit])
    return _Open(source, [unit])
