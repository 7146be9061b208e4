"""What is drawn is what the graph says: every layer and every edge, at every depth, folded and opened.

A drawing shows a graph from further away: a box stands for some layers, a fold for equal parts in a row.
`Seen` is a drawing as a reader has it, its boxes, arrows and frames with their words, and `compare` holds it
against the graph. A layer must stand in a box that is it, or in one that names the block or the layers around
it. An edge must be an arrow, lie within a box, or lead from one turn of a fold to the next; then the first
turn must be fed at the same place, by an arrow.
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from diagnose import compile_case, read
from hypothesis import HealthCheck, Phase, given, settings
from random_specs import specs

import cnnspec
from cnnspec.graph import Graph, Node
from cnnspec.layers.dense import Dropout, Flatten, Identity
from cnnspec.render import to_dot, to_html, to_mermaid, to_svg
from cnnspec.render.boxes import Box
from cnnspec.render.options import DrawingOptions
from cnnspec.render.plan import DrawingPlan, make_plan
from cnnspec.render.scene import Owner, visible
from cnnspec.render.volumes import make_volumes
from cnnspec.render.words import item_title, main_layer, node_label, whole_label

CASES = sorted((Path(__file__).parent / "cases" / "ok").rglob("*.cnn"))
ZOO = [
    "resnet50", "googlenet", "densenet121", "unet2015", "retinanet_resnet50", "nfnet_f0", "convnext_tiny",
    "mobilenetv2", "fcn_resnet50", "regnetx_400mf", "vgg16", "nin", "alexnet2012", "lenet5", "resnet20",
    "hrnet_w18", "yolov8n", "dla34",
]  # fmt: skip
DEPTHS = [None, 0, 1, 2, 3, 99]


@dataclass(frozen=True)
class Seen:
    """A drawing as a reader sees it: which box shows which layer, the words of boxes, arrows, frames."""

    plan: DrawingPlan
    owners: dict[str, Owner]
    members: dict[int, list[str]]

    @property
    def graph(self) -> Graph:
        return self.plan.graph

    def words(self, number: int) -> str:
        return words_of(self.plan.boxes[number])


def words_of(box: Box) -> str:
    return " ".join(filter(None, (part for row in box.rows for part in (row.text, row.detail, row.right))))


def look_at(graph: Graph, **options: object) -> Seen:
    plan = make_plan(graph, DrawingOptions(**options))  # type: ignore[arg-type]
    owners, _ = visible(plan.scene)
    members: dict[int, list[str]] = defaultdict(list)
    for name in graph.nodes:
        members[owners[name].number].append(name)
    return Seen(plan, owners, dict(members))


def compare(seen: Seen) -> None:
    """Fail where a drawing says what the graph does not, or leaves out what it has."""
    assert set(seen.owners) == set(seen.graph.nodes)
    assert set(seen.members) == set(seen.plan.boxes)
    for number, names in seen.members.items():
        check_box(seen, number, names)
    for number in seen.plan.scene.opened:
        part = seen.plan.scene.items[number]
        assert part.times == 1 or f"x{part.times}" in frame_around(seen.plan, number), part.key
    arrows = {(arrow.source, arrow.target): arrow for arrow in seen.plan.links}
    needed = {ends for node in seen.graph for ends in ways_in(seen, node, set(arrows))}
    assert set(arrows) == needed


def frame_around(plan: DrawingPlan, number: int) -> str:
    """The title of the frame of an open part, or of the one that it fills."""
    while number not in plan.titles:
        number = plan.scene.parents[number]
        assert len(list(plan.scene.children(number))) == 1
    return plan.titles[number]


def check_box(seen: Seen, number: int, names: list[str]) -> None:
    """The layers in a box are those it names: itself, the layers of its run, or a block around them all."""
    graph, part, box = seen.graph, seen.plan.scene.items[number], seen.plan.boxes[number]
    folds = {seen.owners[name].folds for name in names}
    turns = len(folds) * part.times
    assert len(names) == turns * len(part.nodes), part.key
    if part.times > 1:
        assert f"x{part.times}" in seen.words(number), part.key
    if part.kind == "layer":
        label = whole_label if seen.plan.options.view == "layers" else node_label
        (said,) = {label(graph, name) for name in names}
        assert len(part.nodes) == 1
        assert box.join == graph[names[0]].layer.sign if box.join else seen.words(number).startswith(said)
    elif box.join:
        said = " ".join(arrow.words for arrow in seen.plan.links if arrow.target == number)
        assert all(graph[name].layer.sign == box.join or node_label(graph, name) in said for name in names)
    elif part.kind == "run":
        parts = [piece for piece in part.children if piece.kind == "layer"]
        words = squeezed(seen.words(number))
        assert all(squeezed(node_label(graph, piece.nodes[-1])) in words for piece in parts), (
            part.key,
            words,
        )
        assert all(squeezed(piece.title) in words for piece in part.children if piece.kind != "layer")
    else:
        assert part.block is not None and set(part.nodes) <= set(part.block.nodes())
        assert part.title in seen.words(number) or part.label in seen.words(number), part.key


def squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def ways_in(seen: Seen, node: Node, arrows: set[tuple[int, int]]) -> list[tuple[int, int]]:
    """The arrows that the edges into a node need."""
    found = []
    for slot, name in enumerate(node.inputs):
        source, target = seen.owners[name], seen.owners[node.name]
        fold = fold_between(source, target)
        if fold is not None:
            check_turn(seen, name, node, slot, fold, arrows)
        elif source.number != target.number:
            found.append((source.number, target.number))
        else:
            assert seen.plan.scene.items[source.number].times * len(seen.members[source.number]) > 1
    return found


def fold_between(source: Owner, target: Owner) -> tuple[int, int, int] | None:
    """The fold whose turns an edge leads between, and their numbers."""
    turns = dict(source.folds)
    for number, turn in target.folds:
        if number in turns and turns[number] != turn:
            return number, turns[number], turn
    return None


def check_turn(
    seen: Seen, name: str, node: Node, slot: int, fold: tuple[int, int, int], arrows: set[tuple[int, int]]
) -> None:
    """An edge from one turn to the next leaves its end, and enters where the first is fed from outside.

    Of turns of several values each leaves where the last turn gives it to what follows; as the maps that go
    in have shapes of their own, a reader knows where each goes in.
    """
    number, before, after = fold
    part = seen.plan.scene.items[number]
    turns = [part, *part.copies]
    assert after == before + 1 and not part.parallel
    first = seen.graph[part.nodes[turns[after].nodes.index(twin(seen, node.name, number))]]
    fed, end = first.inputs[slot], twin(seen, name, number)
    assert fed not in part.nodes
    if part.kind == "streams":
        last = turns[-1].nodes[turns[before].nodes.index(end)]
        assert not set(seen.graph.consumers[last]) <= set(turns[-1].nodes)
        reads = {value for one in part.nodes for value in seen.graph[one].inputs} - set(part.nodes)
        assert [seen.graph[value].shape for value in reads].count(seen.graph[name].shape) == 1
        assert seen.graph[fed].shape == seen.graph[name].shape
    else:
        assert end == turns[before].nodes[-1]
    ends = seen.owners[fed].number, seen.owners[first.name].number
    assert ends in arrows or fold_between(seen.owners[fed], seen.owners[first.name]), (name, node.name)


def twin(seen: Seen, name: str, number: int) -> str:
    """The layer that stands for one in the first turns of all folds around a fold."""
    for around, turn in seen.owners[name].folds:
        if around == number:
            return name
        part = seen.plan.scene.items[around]
        name = part.nodes[[part, *part.copies][turn].nodes.index(name)]
    raise AssertionError


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("name", ZOO)
def test_drawings_of_the_zoo_are_true(name: str, depth: int | None):
    compare(look_at(cnnspec.zoo(name).ir, depth=depth))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_drawings_of_the_cases_are_true(path: Path):
    for graph in graphs(path):
        for depth in (None, 0, 1, 2, 3, 99):
            compare(look_at(graph, depth=depth))
            compare(look_at(graph, depth=depth, direction="LR"))
        layers = look_at(graph, view="layers")
        compare(layers)
        assert len(layers.plan.boxes) == len(graph)


def graphs(path: Path) -> list[Graph]:
    """The graphs of the nets in a file."""
    return [net.graph for net in compile_case(read(path))]


@settings(
    max_examples=60, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow]
)
@given(specs())
def test_drawings_of_random_nets_are_true(spec: str):
    graph = cnnspec.loads(spec).ir
    for depth in (None, 0, 1, 2, 99):
        compare(look_at(graph, depth=depth))


def test_every_block_of_the_zoo_can_be_opened_alone():
    """Each block that a part stands for, opened by its path: nothing is lost around it."""
    for name in ("googlenet", "densenet121", "nfnet_f0", "retinanet_resnet50"):
        graph = cnnspec.zoo(name).ir
        parts = make_plan(graph, DrawingOptions(depth=0)).scene.items
        for part in [part for part in parts if part.children and part.key and part.kind != "run"][::9]:
            compare(look_at(graph, depth=0, expand=(part.key,)))


NETS = {
    "dense of layers": "dense(4) { batchnorm -> relu -> conv(12, 3) }",
    "dense of one conv": "dense(3) { conv(4, 3) -> relu }",
    "a tap in the last turn": "conv(8, 3)\n conv(8, 3)\n a: conv(8, 3)\n relu\n add(a, prev)",
    "folds side by side": "residual { conv(8, 3) } * 2\n residual { conv(8, 3) } * 2",
    "parallel arms": "concat { | conv(8, 1) | conv(8, 3) | identity }",
    "an add before a residual": "a: conv(8, 3) -> relu\n conv(8, 3)\n add(a, prev) -> relu\n"
    "residual { conv(8, 3) }",
    "a crop before a join": "a: conv(8, 3)\n b: conv(8, 3, pad=valid)\nconcat { | a -> crop(b.size) | b }",
    "folds in folds": "{ residual { conv(8, 3) -> relu } * 2 -> conv(8, 1) } * 3",
}


@pytest.mark.parametrize("body", NETS.values(), ids=NETS)
def test_drawings_of_small_nets_are_true(body: str):
    graph = cnnspec.loads(f"net N {{ input 8x16x16\n {body}\n }}").ir
    for depth in DEPTHS:
        for view in ("blocks", "layers"):
            compare(look_at(graph, depth=depth, view=view))


def test_an_opened_dense_block_shows_its_layers_how_often_and_its_concatenation():
    graph = cnnspec.loads(
        "net D { input 16x32x32; dense(4) { batchnorm -> relu -> conv(12, 3) }; gap -> flatten }"
    ).ir
    seen = look_at(graph, depth=3)
    words = [seen.words(number) or seen.plan.boxes[number].join for number in seen.plan.boxes]
    assert words[1:3] == [
        "3x3 conv, 12 after batchnorm, relu 16x32x32 → 12x32x32 1.77k params · 1.77M MACs",
        "C",
    ]
    assert any("dense x4" in title for title in seen.plan.titles.values())
    assert sum(arrow.skip for arrow in seen.plan.links) == 1


def compare_volumes(graph: Graph, **options: object) -> None:
    """Fail where a volume names not what made it, or where an arrow between boxes is not one of volumes."""
    plan = make_plan(graph, DrawingOptions(view="volumes", **options))  # type: ignore[arg-type]
    volumes = make_volumes(plan)
    home = {number: place for place, volume in enumerate(volumes) for number in volume.boxes}
    assert set(home) == set(plan.boxes) and len(home) == sum(len(volume.boxes) for volume in volumes)
    for volume in volumes:
        for number in volume.boxes:
            part = plan.scene.items[number]
            name, label = item_title(graph, part), node_label(graph, part.nodes[-1])
            flat = all(isinstance(graph[node].layer, Flatten | Dropout | Identity) for node in part.nodes)
            main = node_label(graph, main_layer(graph, part) or part.nodes[0])
            flat |= part.nodes[0] in graph.inputs
            assert flat or any(word in volume.words for word in (name, part.label or name, label, main)), (
                volume
            )
    arrows = {(home[link.source], home[link.target]) for link in plan.links}
    assert {(source, place) for place, volume in enumerate(volumes) for source in volume.sources} == {
        (source, target) for source, target in arrows if source != target
    }


@pytest.mark.parametrize("name", ZOO)
def test_volumes_of_the_zoo_are_true(name: str):
    for depth in (None, 1, 3, 99):
        compare_volumes(cnnspec.zoo(name).ir, depth=depth)


@settings(
    max_examples=40, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow]
)
@given(specs())
def test_volumes_of_random_nets_are_true(spec: str):
    graph = cnnspec.loads(spec).ir
    for depth in (None, 1, 99):
        compare_volumes(graph, depth=depth)
    assert "<svg" in to_svg(graph, view="volumes", width=300)


@pytest.mark.parametrize("body", NETS.values(), ids=NETS)
def test_volumes_of_small_nets_are_true(body: str):
    graph = cnnspec.loads(f"net N {{ input 8x16x16\n {body}\n }}").ir
    for depth in DEPTHS:
        compare_volumes(graph, depth=depth)


@pytest.mark.parametrize("view", ["blocks", "layers"])
@pytest.mark.parametrize("name", ["googlenet", "densenet121", "retinanet_resnet50"])
def test_every_format_shows_what_the_plan_says(name: str, view: str):
    graph = cnnspec.zoo(name).ir
    depth = None if view == "layers" else 3
    plan = make_plan(graph, DrawingOptions(view=view, depth=depth))
    boxes = {str(number) for number in plan.boxes}
    arrows = {f"{arrow.source}-{arrow.target}" for arrow in plan.links}
    assert in_svg(to_svg(graph, view=view, depth=depth)) == (boxes, arrows)
    dot = to_dot(graph, view=view, depth=depth)
    assert set(re.findall(r"^\t+n(\d+) \[", dot, re.M)) == boxes
    shown = [line for line in dot.splitlines() if re.match(r"\s+n\d+ -> ", line) and "invis" not in line]
    ends = [(*re.findall(r"n(\d+)", line.partition("[")[0]), "dir=back" in line) for line in shown]
    assert {f"{b}-{a}" if back else f"{a}-{b}" for a, b, back in ends} == arrows
    mermaid = to_mermaid(graph, view=view, depth=depth)
    assert set(re.findall(r"^ +n(\d+)[\[(]", mermaid, re.M)) == boxes
    assert {f"{a}-{b}" for a, b in re.findall(r"n(\d+) -\.?->?(?:\|.*?\|)? n(\d+)", mermaid)} == arrows


def in_svg(text: str) -> tuple[set[str], set[str]]:
    """The keys of the boxes and of the edges in an SVG file."""
    found: dict[str, set[str]] = defaultdict(set)
    for group in ElementTree.fromstring(text).iter("{http://www.w3.org/2000/svg}g"):
        found[group.get("class", "")].add(group.get("data-key", ""))
    return found["box"], found["edge"]


def test_the_page_knows_every_edge():
    """What the page draws are its links seen from further away: those between its leaves."""
    graph = cnnspec.zoo("densenet121").ir
    data = json.loads(re.search(r'id="data">(.*?)</script>', to_html(graph), re.S)[1])  # type: ignore[index]
    scene = make_plan(graph, DrawingOptions()).scene
    containers = frozenset(number for number, part in enumerate(scene.items) if part.children)
    owners, _ = visible(replace(scene, opened=containers))
    seen = {(link["source"], link["target"]) for link in data["links"]}
    for node in graph:
        for name in node.inputs:
            source, target = owners[name], owners[node.name]
            assert fold_between(source, target) or (source.number, target.number) in seen
