"""What a part of a net is called in a box, a frame, a table: its title, its steps, its arms, its figures."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any, NamedTuple

from cnnspec.graph import Graph
from cnnspec.layers.attention import Attention
from cnnspec.layers.base import Layer, Shape
from cnnspec.layers.written import show_value
from cnnspec.render.figures import Figures, total
from cnnspec.render.fold import DrawnPart
from cnnspec.render.labels import layer_label, short_label
from cnnspec.render.text import short_bytes, short_number, show_shape
from cnnspec.render.theme import paint_family

MOST_STEPS, LONG_PATH = 6, 4
ARROW, BAR = " → ", " | "


class ArmWords(NamedTuple):
    """An arm of a join: all its steps in words, the last of them alone, and its colour; none if empty.

    It is `fed` where what goes into it matters, as for all but a parameter.
    """

    steps: str
    brief: str
    family: str
    fed: bool = True


def item_title(graph: Graph, item: DrawnPart) -> str:
    """The name of a part: a layer's label, or the word in the spec."""
    head = head_of(item)
    if head.kind == "layer":
        return node_label(graph, head.nodes[-1])
    if head.kind == "dense":
        return f"dense x{max((child.times for child in head.children), default=1)}"
    if head.kind == "group":
        return "layer" if head.title == "dense" else "repeat"
    if head.parallel and len(head.children) == 1:
        return item_title(graph, head.children[0])
    return head.title


def head_of(item: DrawnPart) -> DrawnPart:
    """The part that names a run; anything else names itself."""
    return item.children[item.main] if item.kind == "run" else item


def full_title(graph: Graph, item: DrawnPart) -> str:
    """The name of a part, and how often it is repeated or, with the same weights, called."""
    if item.times == 1:
        return item_title(graph, item)
    return f"{item_title(graph, item)} x{item.times}"


def label_words(graph: Graph, item: DrawnPart) -> str:
    """The name that the spec gives a part, and whether its weights are those of another call."""
    if item.parallel:
        return f"{item.title} … {item.copies[-1].title}, shared"
    inside = set(item.nodes)
    borrowed = any(graph[name].weights_of not in inside for name in item.nodes)
    return ", ".join(filter(None, (item.label, "shared weights" if borrowed else "")))


def frame_name(graph: Graph, item: DrawnPart) -> str:
    """What a frame is called: its label and its word in the spec, and how often it is repeated."""
    label = label_words(graph, item)
    return f"{label}: {full_title(graph, item)}" if label else full_title(graph, item)


def node_label(graph: Graph, name: str) -> str:
    """The label of a layer, without what does not tell equal blocks apart."""
    return layer_label(graph[name].layer, _shape_before(graph, name), minor=False)


def whole_label(graph: Graph, name: str) -> str:
    """The label of a layer with all that it says."""
    return layer_label(graph[name].layer, _shape_before(graph, name))


def _shape_before(graph: Graph, name: str) -> Shape:
    """The shape that goes into a layer, or comes out of one without inputs."""
    node = graph[name]
    return graph[node.inputs[0]].shape if node.inputs else node.shape


def main_layer(graph: Graph, item: DrawnPart) -> str | None:
    """The only layer of a part, norms, activations and the like aside, or the first of those alone."""
    nodes = head_of(item).nodes
    main = [name for name in nodes if not graph[name].layer.follows]
    if not main and item.kind != "residual":
        return nodes[0]
    return main[0] if len(main) == 1 else None


def followers(graph: Graph, item: DrawnPart) -> list[str]:
    """What a run adds to the part that names it: what comes before it, and what follows."""
    if item.kind != "run":
        return []
    before = [item_title(graph, part) for part in item.children[: item.main]]
    behind = [item_title(graph, part) for part in item.children[item.main + 1 :]]
    if not before:
        return behind
    return [f"after {before[0]}", *before[1:], *([f"then {behind[0]}", *behind[1:]] if behind else [])]


def steps_of(graph: Graph, item: DrawnPart) -> list[str]:
    """The conv, linear and attention layers of a part's main path in words; arms of a join are one step."""
    if item.kind == "layer":
        layer = graph[item.nodes[-1]].layer
        return [short_label(layer, _shape_before(graph, item.nodes[-1]))] if _is_step(layer) else []
    if item.kind == "join":
        return _join_steps(graph, item)
    if item.kind in ("def", "share") and is_gate(graph, item):
        return [item.title]
    found: list[str] = []
    for child in item.children:
        if child.kind == "shortcut" or in_shortcut(graph, child):
            continue
        steps = steps_of(graph, child)
        if child.times > 1 and steps and item.kind != "dense":
            times = f" x{child.times}"
            steps = [steps[0] + times] if len(steps) == 1 else [f"({ARROW.join(steps)}){times}"]
        found.extend(steps)
    return _counted(found)


def _is_step(layer: Layer) -> bool:
    """Whether a layer is one of those that papers name a block by: a linear map by weights, or attention."""
    return layer.weighted or isinstance(layer, Attention)


def _join_steps(graph: Graph, item: DrawnPart) -> list[str]:
    """The steps of a join: those of its one arm beside identity, or all arms as one step."""
    arms = arms_of(graph, item)
    real = [arm for arm in arms if arm.family]
    if graph[item.nodes[-1]].layer.sign == "x":
        return ["gate"]
    if len(real) == 1:
        return [real[0].steps]
    return [f"({BAR.join(arm.brief or 'identity' for arm in arms)})"] if real else []


def _counted(steps: list[str]) -> list[str]:
    """The steps of a long path with equal neighbours counted: 3x3, 64 x2."""
    if len(steps) < LONG_PATH:
        return steps
    counted = ((step, len(list(same))) for step, same in groupby(steps))
    return [f"{step} x{count}" if count > 1 and " x" not in step else step for step, count in counted]


def is_gate(graph: Graph, item: DrawnPart) -> bool:
    """Whether a block does nothing but weigh its own input: squeeze and excitation."""
    inner = item.children
    return len(inner) == 1 and inner[0].kind == "join" and graph[inner[0].nodes[-1]].layer.sign == "x"


def has_gate(graph: Graph, item: DrawnPart) -> bool:
    """Whether a block holds a gate among other things."""
    return any(part.kind == "join" and graph[part.nodes[-1]].layer.sign == "x" for part in item.walk())


def in_shortcut(graph: Graph, item: DrawnPart) -> bool:
    return any(block.kind == "shortcut" for block in graph[item.nodes[-1]].block.ancestors())


def fork_of(graph: Graph, item: DrawnPart) -> DrawnPart | None:
    """The join in a block whose arms are most of it: not one of several, and no gate within a longer path."""
    if item.kind == "run":
        return fork_of(graph, head_of(item))
    if item.kind == "join":
        return item if len(arms_of(graph, item)) > 1 else None
    parts = [part for part in item.children if part.kind != "layer" and not in_shortcut(graph, part)]
    found = [fork for part in parts if (fork := fork_of(graph, part)) is not None]
    if len(found) != 1 or item.kind == "dense":
        return None
    alone = len(steps_of(graph, item)) <= 1
    return found[0] if alone else None


def arms_of(graph: Graph, item: DrawnPart) -> list[ArmWords]:
    """The arms of a join in the order of the spec; an arm that passes its input on has no words."""
    join = graph[item.nodes[-1]]
    ends = {part.nodes[-1]: part for part in item.children[:-1]}
    return [_arm_words(graph, ends[name]) if name in ends else ArmWords("", "", "") for name in join.inputs]


def is_join(graph: Graph, item: DrawnPart) -> bool:
    """Whether a part is drawn as a circle: a join, with nothing but crops and the like on its arms.

    Those are written on the arrows.
    """
    if item.kind not in ("layer", "join") or item.copies:
        return False
    *arms, last = (graph[name].layer for name in item.nodes)
    return last.family == "join" and all(_only_moves(layer) for layer in arms)


def _only_moves(layer: Layer) -> bool:
    """Whether a layer is written on the arrow into a join: a crop and the like, with no box of its own."""
    return layer.silent or (layer.moves and not layer.upsamples)


def starts_of(graph: Graph, join: DrawnPart) -> set[str]:
    """The values from outside that a join's arms start from."""
    inside = set(join.nodes)
    return {source for name in join.nodes for source in graph[name].inputs if source not in inside}


def _arm_words(graph: Graph, arm: DrawnPart) -> ArmWords:
    """An arm in words: its conv, linear and pool layers, or whatever else it is made of."""
    layers = [graph[name].layer for name in arm.nodes]
    pools = [layer.op for layer in layers if layer.family == "pool"]
    heavy = steps_of(graph, arm)
    main = next((layer for layer in reversed(layers) if _is_step(layer)), None)
    if main is None:
        first = next((name for name in arm.nodes if not graph[name].layer.follows), arm.nodes[0])
        words = pools[0] if pools else whole_label(graph, first)
        return ArmWords(words, words, paint_family(graph[first].layer), not layers[0].constant)
    steps = [*pools[:1], *heavy] if layers[0].family == "pool" else heavy
    last = next((step for step in reversed(heavy) if step[0].isdigit() or step.startswith("(")), heavy[-1])
    brief = f"{pools[0]}, {last.rpartition(', ')[2]}" if layers[0].family == "pool" else last
    return ArmWords(ARROW.join(steps), brief, paint_family(main))


def details_of(graph: Graph, item: DrawnPart, *, chain: bool = True) -> Iterator[list[str]]:
    """What is in a part, in pieces of words to be joined by commas or arrows, the best first.

    Arrows are between the steps of a `chain` alone.
    """
    if item.kind == "layer":
        return
    if item.kind == "run":
        yield from details_of(graph, head_of(item), chain=chain)
        return
    steps = steps_of(graph, item)
    if chain and steps and len(steps) <= MOST_STEPS:
        yield steps
    if arguments := _arguments(item):
        yield [", ".join(arguments)]
    if len(item.nodes) == 1:
        yield [node_label(graph, item.nodes[-1])]
    blocks = [full_title(graph, child) for child in item.children]
    if chain and 1 < len(blocks) <= 5 and item.kind != "join":
        yield blocks
    yield [f"{sum(1 for _ in item.all_nodes())} layers"]


def _arguments(item: DrawnPart) -> list[str]:
    """The arguments of a call by name: numbers and words alone; none where equal calls write others."""
    calls = {part.block.describe() for part in (item, *item.copies) if part.block}
    if item.block is None or item.kind not in ("def", "share") or len(calls) != 1:
        return []
    values = dict(item.block.arguments)
    names = [name or next(iter(list(values)[place:]), "") for place, (name, _) in enumerate(item.block.call)]
    return [f"{name}={show_value(values[name])}" for name in names if _is_plain(values.get(name))]


def _is_plain(value: Any) -> bool:
    return isinstance(value, int | float | str)


def figure_words(item: DrawnPart, figures: dict[str, Figures]) -> Iterator[str]:
    """The params and MACs of a part with its copies, where it has any."""
    parts = total(figures[name] for name in item.all_nodes())
    if parts.params:
        yield f"{short_number(parts.params)} params"
    if parts.macs:
        yield f"{short_number(parts.macs)} MACs"


def heat_words(item: DrawnPart, figures: dict[str, Figures], measure: str) -> str:
    """The figure that colours a part, where its box does not tell it anyway: bytes, or what it sees."""
    parts = total(figures[name] for name in item.all_nodes())
    if measure == "memory":
        return short_bytes(parts.memory)
    return f"sees {show_shape(parts.field)}" if measure == "receptive_field" and parts.field else ""


def shape_change(graph: Graph, item: DrawnPart) -> str:
    """The shapes that go in and come out: 64x56x56 → 256x56x56; of calls on several maps, the outputs.

    Where several values go in, that which comes out.
    """
    if item.parallel:
        ends = [graph[part.nodes[-1]].shape for part in (item, *item.copies)]
        return f"{show_shape(ends[0])} … {show_shape(ends[-1])}"
    nodes = list(item.all_nodes())
    inside = set(nodes)
    outer = {source for name in nodes for source in graph[name].inputs if source not in inside}
    before, after = show_shape(graph[min(outer)].shape if outer else ()), show_shape(graph[nodes[-1]].shape)
    return after if len(outer) > 1 or before in ("", after) else f"{before} → {after}"


def describe_item(graph: Graph, item: DrawnPart, figures: dict[str, Figures]) -> str:
    """The tooltip of a part: its path, shapes, figures and its place in the spec."""
    nodes = tuple(item.all_nodes())
    parts = total(figures[name] for name in nodes)
    lines = [item.key.rstrip("+") or item.title]
    if item.kind == "layer":
        lines.append(whole_label(graph, nodes[-1]))
    lines.append(shape_change(graph, item))
    lines.append(f"{parts.params:,} params, {parts.macs:,} MACs, {short_bytes(parts.memory)}")
    if parts.field:
        lines.append(f"receptive field {show_shape(parts.field)}")
    span = item.block.span if item.block and item.kind != "layer" else graph[nodes[-1]].span
    if span:
        lines.append(f"{span.source.name}:{span.line}: {span.source.line_text(span.line).strip()}")
    return "\n".join(lines)
