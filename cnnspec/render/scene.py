"""What a folded view shows: which items are open, the boxes that are left, and the edges between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from cnnspec.graph import Graph, Node
from cnnspec.render.asked import asked_paths
from cnnspec.render.fold import GROUPS, DrawnPart, covers, fold_tree
from cnnspec.render.options import DrawingOptions
from cnnspec.render.words import is_join, main_layer, node_label, starts_of

FORMS = frozenset({"residual", "join", "arm", "shortcut"})
"""The forms of the language that join paths; within a block they open with it."""
ROOMS = frozenset({"net", "section", "head", "label", "repeat", "group", "streams"})


@dataclass(frozen=True)
class Arrow:
    """An edge between two items: `shape` flows along it; `skip` where it goes around others to a join.

    `words` are the layers on it that have no box: the crop before a join; `value` is the layer that it comes
    from, one of those in the box of its source.
    """

    source: int
    target: int
    skip: bool
    training: bool
    shape: tuple[int, ...]
    words: str = ""
    value: str = ""


@dataclass(frozen=True, eq=False)
class Scene:
    """The items of a net, numbered in the order of the spec (0 is the net), and which of them are open.

    `parents` is the number of the item around each, -1 around the net; `training` are those items that
    inference leaves out; `notes` say what was asked for and changes nothing.
    """

    graph: Graph
    items: tuple[DrawnPart, ...]
    parents: tuple[int, ...]
    opened: frozenset[int]
    training: frozenset[int]
    notes: tuple[str, ...] = ()

    def children(self, number: int) -> Iterator[int]:
        """The numbers of the items within an item."""
        child = number + 1
        while child < len(self.items) and self.parents[child] >= number:
            if self.parents[child] == number:
                yield child
            child += 1


def make_scene(graph: Graph, options: DrawingOptions, *, joins_closed: bool = False) -> Scene:
    """The scene of a graph; with `joins_closed` those of values from several places are boxes.

    Raises RenderError for a part to expand that is not there.
    """
    layers = options.view == "layers"
    # volumes have no frames that would say how often
    root = fold_tree(graph, runs=not layers, folds=not layers, streams=options.view != "volumes")
    items, parents = number_items(root)
    if joins_closed:
        items = tuple(_as_run(graph, item) for item in items)
    training = _training_items(graph, items)
    wanted = {name: asked_paths(items, name) for name in options.expand}

    def opened(names: Iterable[str]) -> frozenset[int]:
        paths = tuple(path for name in names for path in wanted[name])
        return frozenset(_opened(items, parents, training, graph, paths, options, joins_closed))

    shown = opened(wanted)
    idle = [name for name in wanted if opened(other for other in wanted if other != name) == shown]
    notes = tuple(f"--expand {name} changes nothing: {_reason(items, wanted[name], shown)}" for name in idle)
    return Scene(graph, items, parents, shown, training, notes)


def _as_run(graph: Graph, item: DrawnPart) -> DrawnPart:
    """A label of nothing but a join of arms, norms and activations behind it as a run, which is one box."""
    first, *others = item.children or (item,)
    if item.kind != "label" or first.kind != "join" or item.copies or is_join(graph, first):
        return item
    alone = all(graph[name].layer.follows for part in others for name in part.nodes)
    return replace(item, kind="run", title=first.title, label=item.title) if alone else item


def _reason(items: tuple[DrawnPart, ...], paths: tuple[str, ...], opened: frozenset[int]) -> str:
    """Why there is nothing to open."""
    meant = {number for number, item in enumerate(items) if set(item.keys) & set(paths)}
    return "it is open already" if meant & opened else "there is nothing in it to open"


def number_items(root: DrawnPart) -> tuple[tuple[DrawnPart, ...], tuple[int, ...]]:
    """The items in the order of the spec, and the number of the item around each (-1 around the net)."""
    items: list[DrawnPart] = []
    parents: list[int] = []
    stack = [(root, -1)]
    while stack:
        item, parent = stack.pop()
        stack.extend((child, len(items)) for child in reversed(item.children))
        items.append(item)
        parents.append(parent)
    return tuple(items), tuple(parents)


def _opened(
    items: tuple[DrawnPart, ...],
    parents: tuple[int, ...],
    training: frozenset[int],
    graph: Graph,
    wanted: tuple[str, ...],
    options: DrawingOptions,
    joins_closed: bool,
) -> Iterator[int]:
    """The open items: by default sections, labels and repeats, but not the heads that only training has.

    Where there are more than two heads, those of a single block stay closed too.
    """
    heads = sum(item.kind == "head" for item in items)
    levels: list[int] = []
    open_items: set[int] = set()
    for number, item in enumerate(items):
        parent = parents[number]
        counts = parent > 0 and not opens_along(items, parents, parent) and items[parent].kind != "run"
        levels.append(0 if parent < 0 else levels[parent] + counts)
        if not item.children or (parent >= 0 and parent not in open_items):
            continue
        along = parent < 0 or options.view == "layers" or opens_along(items, parents, number)
        if options.depth is None and not (joins_closed and item.kind == "join"):
            along = along or _says_more_open(graph, items[parent], item, options.view)
        closed = item.kind == "head" and (number in training or (heads > 2 and len(item.children) == 1))
        depth = 0 if options.depth is None and closed else options.depth
        if along or _opens(item, levels[number], depth, wanted):
            open_items.add(number)
    yield from open_items


def opens_along(items: tuple[DrawnPart, ...], parents: tuple[int, ...], number: int) -> bool:
    """Whether an item opens with the block around it: the residual in a block does."""
    return items[number].kind in FORMS and items[parents[number]].kind not in ROOMS


def _says_more_open(graph: Graph, around: DrawnPart, item: DrawnPart, view: str) -> bool:
    """Whether a part is better opened than closed.

    That is turns of several values; all that there is in a section; a join of values from several places,
    such as the levels of a pyramid; and, as volumes, a chain of layers.
    """
    if item.kind == "streams":
        return True
    if item.kind == "join":
        return len(starts_of(graph, item)) > 1 and not is_join(graph, item)
    if item.kind not in ("def", "share") or item.times > 1:
        return False
    if main_layer(graph, item) is not None:
        return False
    alone = around.kind == "section" and len(around.children) == 1
    return alone or (view == "volumes" and all(part.kind not in FORMS | {"dense"} for part in item.walk()))


def _opens(item: DrawnPart, level: int, depth: int | None, wanted: tuple[str, ...]) -> bool:
    if item.kind == "run":
        head = item.children[item.main]
        return bool(head.children) and _opens(head, level, depth, wanted)
    if any(covers(key, path) for key in item.keys for path in wanted):
        return True
    return item.kind in GROUPS and item.times == 1 if depth is None else level < depth


def _training_items(graph: Graph, items: tuple[DrawnPart, ...]) -> frozenset[int]:
    """The items that inference leaves out altogether."""
    training = graph.training_nodes
    return frozenset(
        number for number, item in enumerate(items) if all(name in training for name in item.all_nodes())
    )


@dataclass(frozen=True)
class Owner:
    """Where a layer is shown: the item, and the folds around it with its copy's number in each."""

    number: int
    folds: tuple[tuple[int, int], ...] = ()


def visible(scene: Scene) -> tuple[dict[str, Owner], list[int]]:
    """For each layer the box that shows it; and the boxes, in the order of the spec."""
    owners: dict[str, Owner] = {}
    boxes: list[int] = []
    stack: list[int] = [0]
    while stack:
        number = stack.pop()
        if number in scene.opened:
            stack.extend(reversed(list(scene.children(number))))
        else:
            boxes.append(number)
            for name in scene.items[number].all_nodes():
                owners[name] = Owner(number)
    for number in sorted(scene.opened, reverse=True):
        _show_copies(scene.items[number], number, owners)
    return owners, boxes


def _show_copies(item: DrawnPart, number: int, owners: dict[str, Owner]) -> None:
    """Layers of copies are shown where those of the first are."""
    for index, copy in enumerate(item.copies, 1):
        for first, name in zip(item.nodes, copy.nodes, strict=True):
            shown = owners[first]
            owners[name] = Owner(shown.number, ((number, index), *shown.folds))
    if item.copies:
        for name in item.nodes:
            owners[name] = Owner(owners[name].number, ((number, 0), *owners[name].folds))


def links(scene: Scene, owners: dict[str, Owner]) -> list[Arrow]:
    """The edges between boxes, each once, in topological order."""
    graph = scene.graph
    training_nodes = graph.training_nodes
    skips = skip_edges(graph)
    found: dict[tuple[int, int], Arrow] = {}
    for node in graph:
        target = owners[node.name]
        for slot, name in enumerate(node.inputs):
            source = owners[name]
            if source.number == target.number or _between_copies(source, target):
                continue
            skip = (node.name, slot) in skips
            known = found.get((source.number, target.number))
            training = node.name in training_nodes
            if known is None or (known.skip and not skip):
                words = _words_on(scene, node, target.number)
                shape = graph[name].shape
                link = Arrow(source.number, target.number, skip, training, shape, words, name)
                found[source.number, target.number] = link
    return list(found.values())


def _words_on(scene: Scene, node: Node, target: int) -> str:
    """The label of a layer that is drawn as part of the arrow into the circle of a join."""
    item = scene.items[target]
    if node.layer.family == "join" or item.kind != "join" or not is_join(scene.graph, item):
        return ""
    words = [node_label(scene.graph, node.name)]
    while (user := scene.graph.consumers[node.name][0]) != item.nodes[-1]:
        node = scene.graph[user]
        words.append(node_label(scene.graph, user))
    return ", ".join(words)


def _between_copies(source: Owner, target: Owner) -> bool:
    """Whether an edge runs from one copy of a fold to another."""
    indices = dict(source.folds)
    return any(number in indices and indices[number] != index for number, index in target.folds)


def skip_edges(graph: Graph) -> frozenset[tuple[str, int]]:
    """The inputs, by node and place, that go around the main path.

    They are a residual's shortcut, what a layer that undoes another takes of that, and the arms of a join
    that start further back than another, at a value that goes on another way too.
    """
    places = {name: place for place, name in enumerate(graph.nodes)}
    found: set[tuple[str, int]] = set()
    for node in graph:
        if node.block.kind == "shortcut":
            found.add((node.name, 0))
        if node.layer.undoes:
            found.add((node.name, 1))
        if node.layer.family != "join" or len(node.inputs) < 2:
            continue
        if node.block.kind in ("residual", "dense"):
            found.update((node.name, slot) for slot in range(1, len(node.inputs)))
            continue
        arms = [_arm(graph, node, slot) for slot in range(len(node.inputs))]
        starts = [places[graph[arm[-1][0]].inputs[arm[-1][1]]] for arm in arms]
        for arm, start in zip(arms, starts, strict=True):
            origin = graph[arm[-1][0]].inputs[arm[-1][1]]
            if start < max(starts) and len(graph.consumers[origin]) > 1:
                found.update(arm)
    return frozenset(found)


def _arm(graph: Graph, join: Node, slot: int) -> list[tuple[str, int]]:
    """The edges of one arm of a join, from its end back to the value that it starts from."""
    edges = [(join.name, slot)]
    if join.block.kind != "join":
        return edges
    node = graph[join.inputs[slot]]
    while join.block in node.block.ancestors():
        edges.append((node.name, 0))
        node = graph[node.inputs[0]]
    return edges
