"""The tree that the folded views draw: blocks, runs of layers, and equal consecutive blocks as one.

It is made from the block tree of a graph in three steps on each block, inner blocks first: a layer takes
along the norms and activations that follow it (a run), equal neighbours become one part (a fold), and a block
that only wraps another gives way to it. Of `body { unit(16) * 2; conv(32, 3) -> relu }`, where
`def unit(out) { conv(out, 3) -> batchnorm -> relu }`:

    block tree               runs                       folds
    body                     body                       body
      unit                     unit                       unit x2, with the other unit as its copy
        0                        0  conv batchnorm relu     conv batchnorm relu
          conv                   1  conv batchnorm relu   conv relu
          batchnorm            conv relu
          relu
        1
          ... the same
      conv
      relu

`alike` says which parts are equal: the same layers, wired the same way, on the same shapes.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace

from cnnspec.graph import Block, Graph
from cnnspec.passes.alike import Alike, alike, single, wire
from cnnspec.render.streams import FoldablePart, find_turns

WRAPPERS = frozenset({"label", "repeat", "group", "arm", "shortcut"})
GROUPS = frozenset({"section", "head", "label", "repeat", "group"})


@dataclass(frozen=True, eq=False)
class DrawnPart:
    """A part of a net as drawings show it: a layer, a run of layers or a block.

    `nodes` are the layers inside, in topological order, those of `copies` not among them. `copies` are the
    equal parts that are folded into it: those that follow it in a chain or, where `parallel`, the other calls
    of one shared block. `label` is the name that the spec gives it, if any; `aliases` are the paths of blocks
    that hold nothing but it and are not drawn. `main` is the place of the child that names a run.
    """

    key: str
    kind: str
    title: str
    nodes: tuple[str, ...]
    children: tuple[DrawnPart, ...] = ()
    copies: tuple[DrawnPart, ...] = ()
    label: str = ""
    block: Block | None = None
    parallel: bool = False
    aliases: tuple[str, ...] = ()
    main: int = 0

    @property
    def times(self) -> int:
        return 1 + len(self.copies)

    @property
    def keys(self) -> tuple[str, ...]:
        """All paths that mean this part: its own, those of what it stands for, those of its copies."""
        copied = [key for copy in self.copies for key in (copy.key, *copy.aliases)]
        return (self.key, *self.aliases, *copied)

    def all_nodes(self) -> Iterator[str]:
        """The layers inside, those of the copies included."""
        yield from self.nodes
        for copy in self.copies:
            yield from copy.nodes

    def walk(self) -> Iterator[DrawnPart]:
        """This part and all within it; copies are left out."""
        stack: list[DrawnPart] = [self]
        while stack:
            item = stack.pop()
            yield item
            stack.extend(reversed(item.children))


@dataclass(frozen=True)
class _Folder:
    """What the folding of one graph needs to look up."""

    graph: Graph
    runs: bool
    folds: bool
    streams: bool
    order: dict[str, int]
    equal: Alike
    heads: frozenset[str]

    def likeness(self, part: DrawnPart) -> Hashable:
        """A key that is the same for equal parts: the same layers, wired the same way."""
        if part.kind == "layer":
            return self.equal.nodes[part.nodes[0]]
        if part.kind == "run":
            return tuple(map(self.likeness, part.children))
        return self.equal.blocks[part.block] if part.block else None


def fold_tree(graph: Graph, *, runs: bool = True, folds: bool = True, streams: bool = True) -> DrawnPart:
    """The tree of a graph; without `runs` every layer is a part, without `folds` equal blocks stay apart.

    Without `streams` equal turns of several values do.
    """
    order = {name: place for place, name in enumerate(graph.nodes)}
    equal = alike(graph)
    folder = _Folder(graph, runs, folds, streams, order, equal, frozenset(graph.outputs.values()))
    return _block_item(folder, graph.root)


def _block_item(folder: _Folder, block: Block) -> DrawnPart:
    children = []
    for child in block.children:
        if isinstance(child, Block):
            item = _block_item(folder, child)
            if item.nodes:
                children.append(item)
        elif child in folder.graph.nodes:
            op = folder.graph[child].layer.op
            children.append(
                DrawnPart(child, "layer", op, (child,), label=label_of(child.rpartition(".")[2], op))
            )
    if folder.runs:
        children = _make_runs(folder, children)
    if folder.folds:
        children = _fold_equal(folder, children)
        children = _fold_streams(folder, block, children) if folder.streams else children
        children = _fold_calls(folder, children)
    path = block.path or block.segment
    if len(children) == 1 and block.kind in WRAPPERS:
        only = children[0]
        return replace(only, label=_label_of_only(block, only), aliases=(path, *only.aliases))
    if (
        len(children) == 1
        and children[0].kind == "run"
        and not children[0].copies
        and block.kind not in GROUPS
    ):
        children = list(children[0].children)
    nodes = sorted((name for child in children for name in child.all_nodes()), key=folder.order.__getitem__)
    label = "" if block.kind in GROUPS else label_of(block.segment, block.title)
    title = block.segment if block.kind == "label" else block.title
    return DrawnPart(path, block.kind, title, tuple(nodes), tuple(children), label=label, block=block)


def _label_of_only(block: Block, child: DrawnPart) -> str:
    """The label of what stands alone in a block: the block's, where the spec gives it one."""
    if block.kind == "label":
        return block.segment
    if block.kind == "repeat":
        turn = next((turn.title for turn in block.children if isinstance(turn, Block)), child.title)
        return child.label or label_of(block.segment, turn)
    return child.label


def label_of(segment: str, title: str) -> str:
    """The label in a part of a path: what is neither the name of the block or layer, nor a number."""
    number = segment.removeprefix(title)
    return "" if not number or number.isdigit() else segment


def _make_runs(folder: _Folder, children: list[DrawnPart]) -> list[DrawnPart]:
    """Norms, activations and the like go with the layer or block before them, where nothing else uses it.

    Where there is none, as before the conv of a pre-activation block, they go with the layer after them.
    """
    runs: list[list[DrawnPart]] = []
    for child in children:
        if runs and (_follows(folder, runs[-1], child) or _leads(folder, runs[-1], child)):
            runs[-1].append(child)
        else:
            runs.append([child])
    return [_run_item(folder, run) for run in runs]


def _run_item(folder: _Folder, run: list[DrawnPart]) -> DrawnPart:
    if len(run) == 1:
        return run[0]
    nodes = tuple(name for item in run for name in item.all_nodes())
    head = next((place for place, part in enumerate(run) if not _is_follower(folder, part)), 0)
    main = run[head]
    return DrawnPart(
        run[0].key + "+", "run", main.title, nodes, tuple(run), label=main.label, block=main.block, main=head
    )


def _is_follower(folder: _Folder, part: DrawnPart) -> bool:
    """Whether a part is a norm, an activation and the like, or a def of nothing else."""
    if part.label or part.copies or part.kind not in ("layer", "def"):
        return False
    return all(folder.graph[name].layer.follows for name in part.nodes)


def _joined(folder: _Folder, before: DrawnPart, part: DrawnPart) -> bool:
    """Whether a part takes the value of the one before, which nothing else uses."""
    end = _exit(before)
    inside = set(part.nodes)
    if before.copies or end in folder.heads or _entries(folder, part) != {end}:
        return False
    return inside.issuperset(folder.graph.consumers[end]) and _only_end_leaves(folder, before)


def _follows(folder: _Folder, run: list[DrawnPart], child: DrawnPart) -> bool:
    if not _is_follower(folder, child) or not _joined(folder, run[-1], child):
        return False
    head = next((part for part in run if not _is_follower(folder, part)), run[0])
    if head.kind != "layer":
        return head.kind in ("def", "share")
    return folder.graph[head.nodes[-1]].layer.family not in ("input", "join")


def _leads(folder: _Folder, run: list[DrawnPart], child: DrawnPart) -> bool:
    """Whether a run of norms and activations alone goes with the conv or linear layer after it."""
    if child.kind != "layer" or not folder.graph[child.nodes[0]].layer.weighted:
        return False
    return all(_is_follower(folder, part) for part in run) and _joined(folder, run[-1], child)


def _exit(part: DrawnPart) -> str:
    """The last layer of a part, or of its last copy."""
    return (part.copies[-1] if part.copies else part).nodes[-1]


def _fold_equal(folder: _Folder, children: list[DrawnPart]) -> list[DrawnPart]:
    """Equal neighbours in a chain become one part; folds of equal ones side by side are one longer fold."""
    apart = [part for child in children for part in _unfolded(folder, child)]
    result: list[DrawnPart] = []
    for part in apart:
        if result and _continues(folder, result[-1], part):
            result[-1] = replace(result[-1], copies=(*result[-1].copies, part))
        else:
            result.append(part)
    return result


def _unfolded(folder: _Folder, part: DrawnPart) -> list[DrawnPart]:
    """The turns of a fold that has no name to keep it together, from first to last."""
    if part.label or part.parallel or part.kind == "label":
        return [part]
    return [replace(part, copies=()), *part.copies]


def _continues(folder: _Folder, fold: DrawnPart, part: DrawnPart) -> bool:
    """Whether a part is one more turn of a fold: equal to its turns, and fed by the last of them alone.

    A turn takes one value from outside, at the same places as the others do, and only its end is used further
    on; so the first turn, drawn with the sign of repeats, says all of the others.
    """
    if part.label or fold.label or fold.parallel or part.kind == "label":
        return False
    if part.kind == "layer" and folder.graph[part.nodes[-1]].layer.family in ("input", "join"):
        return False
    if folder.likeness(fold) != folder.likeness(part):
        return False
    before = fold.copies[-1] if fold.copies else fold
    if _entries(folder, part) != {before.nodes[-1]} or len(_entries(folder, fold)) != 1:
        return False
    inside = {*before.nodes, *part.nodes}
    if before.nodes[-1] in folder.heads or not set(folder.graph.consumers[before.nodes[-1]]) <= inside:
        return False
    return _only_end_leaves(folder, before) and _only_end_leaves(folder, part)


def _fold_streams(folder: _Folder, block: Block, children: list[DrawnPart]) -> list[DrawnPart]:
    """Equal turns that hang together by several values become one part, of the kind `streams`."""
    pieces = [FoldablePart((folder.likeness(part), part.times), tuple(part.all_nodes())) for part in children]
    result: list[DrawnPart] = []
    done = 0
    for found in find_turns(folder.graph, pieces):
        start, length = found.start, found.length
        result.extend(children[done:start])
        done = start + found.count * length
        turns = []
        for first in range(start, done, length):
            inner = tuple(children[first : first + length])
            names = (name for part in inner for name in part.all_nodes())
            nodes = tuple(sorted(names, key=folder.order.__getitem__))
            key = inner[0].key.rstrip("+") + "++"
            turns.append(DrawnPart(key, "streams", "repeat", nodes, inner, block=block))
        result.append(replace(turns[0], copies=tuple(turns[1:])))
    return [*result, *children[done:]]


def _entries(folder: _Folder, part: DrawnPart) -> set[str]:
    """The values from outside that a part without copies reads."""
    inside = set(part.nodes)
    return {source for name in part.nodes for source in folder.graph[name].inputs if source not in inside}


def _only_end_leaves(folder: _Folder, part: DrawnPart) -> bool:
    """Whether no layer of a part but its last is used outside of it."""
    inside = set(part.nodes)
    users = folder.graph.consumers
    return not any(name in folder.heads or not inside.issuperset(users[name]) for name in part.nodes[:-1])


def _fold_calls(folder: _Folder, children: list[DrawnPart]) -> list[DrawnPart]:
    """Heads that call one shared block become one part: the head of every level of a pyramid."""
    first_calls: dict[Hashable, int] = {}
    result: list[DrawnPart] = []
    for child in children:
        call = _call(folder, child)
        place = first_calls.setdefault(call, len(result)) if call is not None else len(result)
        if place == len(result) or _entries(folder, child) & set(result[place].all_nodes()):
            result.append(child)
        else:
            first = result[place]
            result[place] = replace(first, copies=(*first.copies, child), parallel=True)
    return result


def _call(folder: _Folder, part: DrawnPart) -> Hashable:
    """A key that is the same for heads that are calls of one share with one input each; else None."""
    graph = folder.graph
    if part.kind != "head" or part.copies or len(_entries(folder, part)) != 1:
        return None
    shared = False
    layers = []
    for node in map(graph.__getitem__, part.nodes):
        owner = node.weights_of if node.layer.params(*graph.input_shapes(node)) else ""
        shared |= owner != ""
        key = (node.layer, owner, node.name in graph.inference_nodes)
        layers.append(single(key, (node.name,), node.inputs))
    return wire(layers).rows if shared else None


def covers(key: str, path: str) -> bool:
    """Whether a path is a key or lies within it."""
    return bool(key) and (path == key or path.startswith(key + "."))
