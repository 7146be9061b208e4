"""One entry for one change, whatever it touches; sums that are exact.

A call in a def that is used sixteen times is one line of the spec, so that it is one entry with sixteen
places. Where a change is made by an argument (`basic(64)` that became `basic(96)`), the call that says so is
the entry, not the layers within it. What a change costs elsewhere, through channels and maps that are
inferred, is one entry of its own, so that the entries of a difference add up to the difference of the totals.
Of `def unit(out) { conv(out, 3) -> relu }`, where the conv becomes 5x5, and of a net that calls it:

    unit(8) * 2       unit(8) * 3      conv: kernel 3 -> 5, at 0.conv and 1.conv        params +1,408
                                       unit(8) * 2 -> * 3                                      +1,608
    unit(16)          unit(24)         unit: out 16 -> 24, its other conv with it              +3,656
    conv(4, 1)        conv(4, 1)       what follows from other shapes                             +32
    2,044 params      8,748                                                                    +6,704
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, takewhile
from typing import NamedTuple

from cnnspec.difference.inferred import asks
from cnnspec.difference.matching import Pair, paired
from cnnspec.difference.same import same_nodes
from cnnspec.difference.show import Change, Difference, Side
from cnnspec.difference.trees import TreeItem, arguments
from cnnspec.graph import Applied, Block, Graph
from cnnspec.layers.written import layer_text, show_argument, show_value
from cnnspec.passes.cost import LayerCost, total
from cnnspec.pipeline import Compiled

Key = tuple[object, ...]
FOLLOWS: Key = ("=",)
MAYBE = "maybe"
"""Begins the key of what may follow from another change: the same words, which ask for channels or sizes."""
SHOWN = 3
"""How many forms of one change are spelt out."""


def diff(old: Compiled, new: Compiled) -> Difference:
    """What has to change in a net to make it another one.

    Time goes with the nodes, and within a block with the product of the children that differ.
    """
    if same_nodes(old.graph, new.graph) is not None:
        return Difference(old.graph.name, new.graph.name, (), _figures(old, new))
    pairs = paired(old.graph, new.graph)
    became = {
        before: after
        for one in pairs
        if one.old is not None and one.new is not None
        for before, after in zip(one.old.names, one.new.names, strict=True)
    }
    weigh = _Scale(old, new, became)
    entries = [*weigh.rewired(), *weigh.shared(), *_entries(pairs, weigh)]
    return Difference(old.graph.name, new.graph.name, tuple(_gathered(entries)), _figures(old, new))


class _Scale(NamedTuple):
    """What the layers of both nets cost, and which node became which."""

    old: Compiled
    new: Compiled
    became: dict[str, str]

    def cost(self, net: Compiled, names: Iterable[str]) -> LayerCost:
        """What some nodes add to the totals of a net: their weights, and what inference runs of them."""
        layers, running = net.costs.layers, net.graph.inference_nodes
        return total(layers[name] if name in running else layers[name].weights_alone() for name in names)

    def side(self, net: Compiled, name: str) -> Side:
        return Side(net.graph.nodes[name].shape, net.fields[name])

    def change(self, sign: str, what: str, place: str, gone: Iterable[str], come: Iterable[str]) -> Change:
        """A change of the nodes that have gone and come."""
        gone, come = tuple(gone), tuple(come)
        before, after = self.cost(self.old, gone), self.cost(self.new, come)
        bytes_before = sum(_bytes(self.old.graph, name) for name in gone)
        return Change(
            sign,
            what,
            (place,),
            after.params - before.params,
            after.buffers - before.buffers,
            after.macs - before.macs,
            sum(_bytes(self.new.graph, name) for name in come) - bytes_before,
            self.side(self.old, gone[-1]) if gone else None,
            self.side(self.new, come[-1]) if come else None,
        )

    def rewired(self) -> Iterator[tuple[Key, Change]]:
        """The layers that stayed, and read another value of those that stayed."""
        stayed = set(self.became.values())
        for before, after in self.became.items():
            ours, theirs = self.old.graph.nodes[before].inputs, self.new.graph.nodes[after].inputs
            meant = [self.became.get(name) for name in ours]
            if len(ours) != len(theirs) or None in meant or not stayed.issuperset(theirs):
                continue
            if meant != list(theirs):
                what = f"reads {', '.join(theirs)} in place of {', '.join(map(str, meant))}"
                yield (after,), Change("~", what, (after,))

    def shared(self) -> Iterator[tuple[Key, Change]]:
        """The layers that stayed, and share weights with others than before; what that costs follows from
        no other change."""
        for before, after in self.became.items():
            owner = self.became.get(self.old.graph.nodes[before].weights_of)
            now = self.new.graph.nodes[after].weights_of
            if owner is not None and owner != now:
                what = "weights of its own" if now == after else f"the weights of {now}"
                change = self.change("~", what, after, (before,), (after,))
                yield (what,), change
                yield FOLLOWS, _less(change)


def _less(change: Change) -> Change:
    """What takes the figures of a change away from what follows."""
    return Change(
        "=", "", (), -change.params, -change.buffers, -change.macs, outputs_bytes=-change.outputs_bytes
    )


def _bytes(graph: Graph, name: str) -> int:
    size = 4
    for extent in graph.nodes[name].shape:
        size *= extent
    return size


def _entries(pairs: list[Pair], scale: _Scale) -> Iterator[tuple[Key, Change]]:
    """The changes with the key that those share which are one; what follows elsewhere has the key FOLLOWS."""
    for key, group in groupby(pairs, key=_run_key):
        run = list(group)
        if key is not None:
            yield _run(run, scale)
        else:
            yield from (_paired(pair, scale) for pair in run)


def _run_key(pair: Pair) -> Key | None:
    """A key that is equal for equal items after one another that have come, or gone."""
    item = pair.old or pair.new
    if item is None or (pair.old is not None and pair.new is not None):
        return None
    return pair.old is None, item.number, item.block if item.node else item.block.parent


def _run(run: list[Pair], scale: _Scale) -> tuple[Key, Change]:
    """Equal items that have come, or gone: a repeat that has grown or shrunk, where others of them stay."""
    came = run[0].old is None
    items = [item for pair in run if (item := pair.old or pair.new) is not None]
    item, names = items[0], [name for one in items for name in one.names]
    gone, come = ((), names) if came else (names, ())
    # nobody wrote it, so nobody changed it: it came with the widths around it
    if item.is_inferred and not _other_shortcut(run[0].around, scale):
        return FOLLOWS, scale.change("=", "", item.path, gone, come)
    calls = _call(*run[0].around)
    if calls is not None:
        return _of_call(calls, scale, gone, come)
    text, net = _text(item, scale), scale.new if came else scale.old
    stayed = _turns(item) - len(items)
    if item.node is None and item.block.index is not None and stayed > 0:
        counts = (stayed, stayed + len(items)) if came else (stayed + len(items), stayed)
        place = (item.block.parent or item.block).path
        what = f"{text} * {counts[0]} -> * {counts[1]}"
        return ("~", item.block.span, counts), scale.change("~", what, place, gone, come)
    what = text if len(items) == 1 else f"{text} * {len(items)}"
    sign = "+" if came else "-"
    return (sign, _written(item, net.graph)), scale.change(sign, what, item.path, gone, come)


def _other_shortcut(around: tuple[Block, Block], scale: _Scale) -> bool:
    """Whether two blocks are of shortcuts, or have some, that are not asked for by the same word."""
    words = {_shortcut(around[0], scale.old.graph), _shortcut(around[1], scale.new.graph)}
    return "" not in words and len(words) == 2


def _shortcut(block: Block, graph: Graph) -> str:
    """What makes the shortcut around a block or in it: a def, or layers with weights or without any."""
    near = [*block.ancestors(), *(child for child in block.children if isinstance(child, Block))]
    found = next((one for one in near if one.kind == "shortcut"), None)
    if found is None:
        return ""
    called = next((inner.title for inner in found.walk() if inner.kind == "def"), "")
    nodes = [child for inner in found.walk() for child in inner.children if isinstance(child, str)]
    return called or ("project" if any(graph.nodes[name].layer.weighted for name in nodes) else "pad")


def _turns(item: TreeItem) -> int:
    """How many turns of a repeat are written as this one is, itself among them."""
    parent = item.block.parent
    if parent is None:
        return 1
    turns = [child for child in parent.children if isinstance(child, Block) and child.index is not None]
    return sum(turn.span == item.block.span for turn in turns)


def _paired(pair: Pair, scale: _Scale) -> tuple[Key, Change]:
    """What two items that are one differ in, or what equal layers cost more or less on other shapes."""
    old, new, _ = pair
    assert old is not None and new is not None
    inferred = old.is_inferred and new.is_inferred and not _other_shortcut((old.block, new.block), scale)
    if old.number == new.number or inferred or _says_the_same(old, new, scale):
        return FOLLOWS, scale.change("=", "", new.path, old.names, new.names)
    calls = _call(old.block, new.block)
    if calls is not None:
        return _of_call(calls, scale, old.names, new.names)
    what = _layers(old, new, scale)
    before, after = _written(old, scale.old.graph), _written(new, scale.new.graph)
    key = (MAYBE if asks(before, after) else "~", before, after)
    return key, scale.change("~", what, new.path, old.names, new.names)


def _says_the_same(old: TreeItem, new: TreeItem, scale: _Scale) -> bool:
    """Whether two layers are one on other shapes: `dwconv(3)` has as many groups as channels."""
    if old.node is None or new.node is None:
        return False
    before, after = scale.old.graph.nodes[old.node], scale.new.graph.nodes[new.node]
    return before.layer == after.layer and _repeated(before.inputs) == _repeated(after.inputs)


def _repeated(inputs: Sequence[str]) -> list[int]:
    """Which inputs are one value."""
    return [inputs.index(name) for name in inputs]


def _of_call(
    calls: tuple[Block, Block], scale: _Scale, gone: Iterable[str], come: Iterable[str]
) -> tuple[Key, Change]:
    """A change that a call makes by its arguments."""
    before, after = calls
    ours, theirs = dict(before.arguments), dict(after.arguments)
    changed = [name for name in theirs if name not in ours or ours[name] != theirs[name]]
    if before.title != after.title or not changed:
        what = f"{before.describe()} -> {after.describe()}"
    else:
        forms = [f"{name} {show_value(ours.get(name))} -> {show_value(theirs[name])}" for name in changed]
        what = f"{after.title}: {', '.join(forms)}"
    sign = MAYBE if asks(before.span, after.span) else "~"
    return (sign, before.span, after.span), scale.change("~", what, after.path, gone, come)


def _call(old: Block, new: Block) -> tuple[Block, Block] | None:
    """The outermost calls around two items that are written with other arguments; None where none is."""
    pairs = list(zip(_calls(old), _calls(new), strict=False))
    titles = [[block.title for block in _calls(one)] for one in (old, new)]
    if titles[0] != titles[1]:
        if any(block.kind == "shortcut" for block in old.ancestors()):
            # of shortcuts that are not the same one only what is called there can be what has changed
            pairs = list(zip(_calls(old, "shortcut"), _calls(new, "shortcut"), strict=False))[:1]
        else:
            # other defs around a layer may hold the same as before
            pairs = list(takewhile(lambda pair: pair[0].title == pair[1].title, pairs))
    written = (pair for pair in reversed(pairs) if pair[0].call != pair[1].call)
    return next((pair for pair in written if pair[0].arguments != pair[1].arguments), None)


def _calls(block: Block, within: str = "") -> Iterator[Block]:
    """The calls around a block, from the inside out, up to a kind of block."""
    for one in block.ancestors():
        if one.kind == within:
            return
        if one.kind in ("def", "share"):
            yield one


def _layers(old: TreeItem, new: TreeItem, scale: _Scale) -> str:
    """Two layers that differ, in words: the arguments that do, or both layers."""
    assert old.node is not None and new.node is not None
    before, after = scale.old.graph.applied[old.node], scale.new.graph.applied[new.node]
    if type(before.layer) is not type(after.layer):
        return f"{layer_text(before.layer)} -> {layer_text(after.layer)}"
    ours, theirs = arguments(before), arguments(after)
    names = [name for name in ours if ours[name] != theirs[name]]
    names = [name for name in names if _value(before, name) != _value(after, name)] or names
    changed = [f"{name} {_value(before, name)} -> {_value(after, name)}" for name in names]
    return f"{before.layer.op}: {', '.join(changed) or 'reads its inputs in another order'}"


def _value(applied: Applied, name: str) -> str:
    """An argument of a layer as a spec would write it."""
    return show_argument(getattr(applied.layer, name))


def _text(item: TreeItem, scale: _Scale) -> str:
    """What came or left, as a spec would write it."""
    if item.node is None:
        if item.block.kind in ("group", "shortcut"):
            return (
                "shortcut " * (item.block.kind == "shortcut")
                + "{ "
                + " -> ".join(inner.title for inner in item.items)
                + " }"
            )
        return item.block.describe()
    nodes = scale.new.graph.nodes if item.node in scale.new.graph.nodes else scale.old.graph.nodes
    return layer_text(nodes[item.node].layer)


def _written(item: TreeItem, graph: Graph) -> object:
    """What is one thing in the spec: all calls of a def that came or left; a layer where it is written."""
    if item.node is None:
        return item.block.title if item.block.kind in ("def", "share") else item.block.span or item.path
    return graph.nodes[item.node].span or item.path


def _gathered(entries: Iterable[tuple[Key, Change]]) -> Iterator[Change]:
    """Changes of one key, or of one wording, as one entry; last what follows elsewhere, where it counts."""
    found: dict[Key, Change] = {}
    for key, change in entries:
        known = found.get(key)
        found[key] = change if known is None else _joined(known, change)
    # Words such as `channels` that stay the same have other values where something else has changed: then
    # they follow from it. Where nothing else has, they are the change.
    if any(key[0] not in (MAYBE, "=") for key in found):
        for key in [key for key in found if key[0] == MAYBE]:
            found[FOLLOWS] = _joined(found.get(FOLLOWS, Change("=", "", ())), found.pop(key))
    follows = found.pop(FOLLOWS, None)
    said: dict[Key, Change] = {}
    for change in found.values():
        known = said.get((change.sign, change.what))
        said[change.sign, change.what] = change if known is None else _joined(known, change)
    yield from said.values()
    if follows is not None and (follows.params or follows.buffers or follows.macs):
        yield replace(follows, what="what follows from other shapes", places=())


def _joined(one: Change, other: Change) -> Change:
    forms = one.what.split("; ")
    new = other.what not in forms and len(forms) <= SHOWN
    what = f"{one.what}; {other.what if len(forms) < SHOWN else '...'}" if new else one.what
    return replace(
        one,
        what=what,
        places=tuple(dict.fromkeys((*one.places, *other.places))) if one.sign != "=" else (),
        params=one.params + other.params,
        buffers=one.buffers + other.buffers,
        macs=one.macs + other.macs,
        outputs_bytes=one.outputs_bytes + other.outputs_bytes,
    )


def _figures(old: Compiled, new: Compiled) -> dict[str, tuple[object, object]]:
    def figures(net: Compiled) -> dict[str, object]:
        field = net.receptive_field
        shapes = {head: net.graph.nodes[node].shape for head, node in net.graph.outputs.items()}
        return {
            "params": net.costs.total.params,
            "buffers": net.costs.total.buffers,
            "macs": net.costs.inference.macs,
            "memory": net.memory.weights_bytes + net.memory.peak_activation_bytes,
            "receptive_field": field.size if field is not None else None,
            "depth": net.depth,
            "inputs": {name: net.graph.nodes[name].shape for name in net.graph.inputs},
            "outputs": shapes,
        }

    ours, theirs = figures(old), figures(new)
    return {name: (ours[name], theirs[name]) for name in ours}
