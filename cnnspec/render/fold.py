"""The tree that the folded views draw: blocks, runs of layers, and equal consecutive blocks as one.

It is made from the block tree of a graph in three steps on each block: a layer takes along the norms and
activations that follow it (a run), equal neighbours become one item (a fold), and a block that only wraps
another gives way to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from cnnspec.graph import Block, Graph
from cnnspec.layers.base import look

WRAPPERS = frozenset({"label", "repeat", "group", "arm", "shortcut"})
GROUPS = frozenset({"section", "head", "label", "repeat", "group"})


@dataclass(frozen=True, eq=False)
class Part:
    """A part of a net as drawings show it: a layer, a run of layers or a block.

    `nodes` are the layers inside, in topological order, those of `copies` not among them. `copies` are the
    equal neighbours that are folded into it. `label` is the name that the spec gives it, if any.
    """

    key: str
    kind: str
    title: str
    nodes: tuple[str, ...]
    children: tuple[Part, ...] = ()
    copies: tuple[Part, ...] = ()
    label: str = ""
    block: Block | None = None

    @property
    def times(self) -> int:
        return 1 + len(self.copies)

    def all_nodes(self) -> Iterator[str]:
        """The layers inside, those of the copies included."""
        yield from self.nodes
        for copy in self.copies:
            yield from copy.nodes

    def walk(self) -> Iterator[Part]:
        """This item and all within it; copies are left out."""
        stack: list[Part] = [self]
        while stack:
            item = stack.pop()
            yield item
            stack.extend(reversed(item.children))


@dataclass
class _Folder:
    """What the folding of one graph needs to look up."""

    graph: Graph
    runs: bool
    folds: bool
    order: dict[str, int] = field(default_factory=dict)
    known: dict[Any, int] = field(default_factory=dict)

    def signature(self, item: Part) -> int:
        """A number that equal items share: the same layers, with the same arguments, wired the same way."""
        if not item.children:
            parts: Any = tuple(self._node_signature(name) for name in item.nodes)
        else:
            parts = tuple(self.signature(child) for child in item.children)
        key = (item.kind, item.title, item.times, parts)
        return self.known.setdefault(key, len(self.known))

    def _node_signature(self, name: str) -> Any:
        node = self.graph[name]
        place = self.order[name]
        return look(node.layer), tuple(place - self.order[source] for source in node.inputs)


def fold_tree(graph: Graph, *, runs: bool = True, folds: bool = True) -> Part:
    """The tree of a graph; without `runs` every layer is an item, without `folds` equal blocks stay apart."""
    folder = _Folder(graph, runs, folds)
    folder.order = {name: place for place, name in enumerate(graph.nodes)}
    return _block_item(folder, graph.root)


def _block_item(folder: _Folder, block: Block) -> Part:
    children = []
    for child in block.children:
        if isinstance(child, Block):
            item = _block_item(folder, child)
            if item.nodes:
                children.append(item)
        elif child in folder.graph.nodes:
            op = folder.graph[child].layer.op
            children.append(Part(child, "layer", op, (child,), label=label_of(child.rpartition(".")[2], op)))
    if folder.runs:
        children = _hide_dense_concat(folder, block, children)
        children = _make_runs(folder, children)
    if folder.folds:
        children = _fold_equal(folder, children, dense=block.kind == "dense")
    if len(children) == 1 and block.kind in WRAPPERS:
        return replace(children[0], label=_label_of_only(block, children[0]))
    if len(children) == 1 and children[0].kind == "run" and not children[0].copies:
        children = list(children[0].children)
    nodes = sorted((name for child in children for name in child.all_nodes()), key=folder.order.__getitem__)
    label = "" if block.kind in GROUPS else label_of(block.segment, block.title)
    path = block.path or block.segment
    title = block.segment if block.kind == "label" else block.title
    return Part(path, block.kind, title, tuple(nodes), tuple(children), label=label, block=block)


def _label_of_only(block: Block, child: Part) -> str:
    """The label of what stands alone in a block: the block's, where the spec gives it one."""
    if block.kind == "label":
        return block.segment
    return child.label or (label_of(block.segment, child.title) if block.kind == "repeat" else "")


def label_of(segment: str, title: str) -> str:
    """The label in a part of a path: what is neither the name of the block or layer, nor a number."""
    number = segment.removeprefix(title)
    return "" if not number or number.isdigit() else segment


def _hide_dense_concat(folder: _Folder, block: Block, children: list[Part]) -> list[Part]:
    """In a layer of a dense block, the concatenation at its end belongs to what comes before it."""
    if block.parent is None or block.parent.kind != "dense" or len(children) < 2:
        return children
    *others, before, last = children
    if last.kind != "layer" or last.title != "concat":
        return children
    return [*others, replace(before, nodes=before.nodes + last.nodes)]


def _make_runs(folder: _Folder, children: list[Part]) -> list[Part]:
    """Norms, activations and the like go with the layer or block before them, where nothing else uses it."""
    runs: list[list[Part]] = []
    for child in children:
        if runs and _follows(folder, runs[-1], child):
            runs[-1].append(child)
        else:
            runs.append([child])
    return [_run_item(run) for run in runs]


def _run_item(run: list[Part]) -> Part:
    if len(run) == 1:
        return run[0]
    nodes = tuple(name for item in run for name in item.all_nodes())
    return Part(
        run[0].key + "+", "run", run[0].title, nodes, tuple(run), label=run[0].label, block=run[0].block
    )


def _follows(folder: _Folder, run: list[Part], child: Part) -> bool:
    if child.kind != "layer" or not _is_follower(folder, child):
        return False
    before = run[-1]
    last = before.nodes[-1]
    if folder.graph[child.nodes[0]].inputs != (last,) or len(folder.graph.consumers[last]) != 1:
        return False
    head = run[0]
    if head.kind != "layer":
        return head.kind in ("def", "share")
    return folder.graph[head.nodes[-1]].layer.family not in ("input", "join")


def _is_follower(folder: _Folder, item: Part) -> bool:
    return folder.graph[item.nodes[0]].layer.follows


def _fold_equal(folder: _Folder, children: list[Part], dense: bool) -> list[Part]:
    """Equal neighbours in a chain become one item."""
    place_of = {name: place for place, child in enumerate(children) for name in child.all_nodes()}
    signatures = [_comparable(folder, child, dense) for child in children]
    result: list[Part] = []
    start = 0
    while start < len(children):
        stop = start + 1
        while stop < len(children) and signatures[stop] == signatures[start] and signatures[start] >= 0:
            if not _chained(folder, children, place_of, stop, start, dense):
                break
            stop += 1
        result.append(_merge(children[start:stop]))
        start = stop
    return result


def _comparable(folder: _Folder, child: Part, dense: bool) -> int:
    """The signature that decides on folding; -1 for inputs, joins and what has a name of its own."""
    if child.label or child.kind == "label":
        return -1
    if child.kind == "layer" and folder.graph[child.nodes[-1]].layer.family in ("input", "join"):
        return -1
    if not dense:
        return folder.signature(child)
    return folder.signature(_without_concat(folder, child))


def _without_concat(folder: _Folder, item: Part) -> Part:
    """A layer of a dense block without its concatenation, which has one more input in each."""
    nodes = tuple(name for name in item.nodes if folder.graph[name].layer.op != "concat")
    return replace(item, nodes=nodes)


def _chained(
    folder: _Folder, children: list[Part], place_of: dict[str, int], place: int, start: int, dense: bool
) -> bool:
    """Whether a child takes its input from the one before alone, and that one feeds nothing else."""
    for name in children[place].all_nodes():
        for source in folder.graph[name].inputs:
            origin = place_of.get(source)
            if origin not in (place, place - 1) and not dense:
                return False
    for name in children[place - 1].all_nodes():
        for user in folder.graph.consumers[name]:
            if place_of.get(user) not in (place, place - 1) and not dense:
                return False
    return True


def _merge(equal: list[Part]) -> Part:
    """Equal items as one; those that are folds themselves, as of a group in a group, become one long fold."""
    if len(equal) == 1:
        return equal[0]
    first, *copies = (one for part in equal for one in (replace(part, copies=()), *part.copies))
    return replace(first, copies=tuple(copies))


def covers(key: str, path: str) -> bool:
    """Whether a path is a key or lies within it."""
    return bool(key) and (path == key or path.startswith(key + "."))
