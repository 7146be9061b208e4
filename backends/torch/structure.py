"""The tree of blocks as nested modules: which blocks become classes, chains, lists or other containers.

    spec                                module          because
    net Small                           class
        body { basic(32) -> ... }       chain           each part takes the value of the one before
            basic                       class           a def
                residual                class           it branches: its forward says how
                    conv, batchnorm     leaves
                    shortcut            chain, absent   where it is the identity, its like may have one
        layer1: block(64) * 3           list            numbered parts, one after the other
        concat { | conv(8) | conv(9) }  concat          arms that all take the one value

A module stands at the path of its block, so that the keys of its weights are the paths of the layers, and
computes what the block does, so that a hook on it sees the values of the block.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from cnnspec.backends.base import CompileError
from cnnspec.backends.steps import LoweredGraph
from cnnspec.backends.torch.names import UNUSABLE, is_field
from cnnspec.backends.torch.parts import Absent, Form, Leaf, ModuleReuse, Part, Scope, is_within
from cnnspec.backends.torch.rules import written
from cnnspec.backends.torch.unchanged import Borders, ModuleLayout, unchanged
from cnnspec.graph import Block, Node
from cnnspec.layers.base import Shape
from cnnspec.layers.input import Input
from cnnspec.passes.alike import single, wire

MOST_NESTED = 3
"""How deep chains nest in one class; deeper ones become classes of their own."""


def structure(lowered: LoweredGraph) -> Scope:
    """The modules of a net, from the outermost in. Raises CompileError for labels that none can have."""
    return Builder(lowered).root


def module_paths(lowered: LoweredGraph) -> dict[str, str]:
    """Where the module of each node of a lowered graph stands.

    Of a layer that was decomposed, the part with the weights (the last, where none has any) stands at the
    layer's path, so that their keys are right, and the others beside it: `act` as relu and layerscale is
    `act_relu` and `act`.
    """
    graph = lowered.graph
    paths = {name: name for name in graph.nodes}
    taken = {*paths, *(block.path for block in graph.root.walk())}
    for name, parts in lowered.parts.items():
        if len(parts) == 1:
            continue
        heavy = [part for part in parts if graph[part].layer.params(*graph.input_shapes(graph[part]))]
        for part in parts:
            if part == (heavy or parts)[-1]:
                paths[part] = name
                continue
            path = f"{name}_{graph[part].layer.op}"
            while path in taken:
                path = f"{path}_"
            taken.add(path)
            paths[part] = path
    return paths


class Builder:
    """Turns blocks into scopes, inner ones first; those that are as in `known`, another net, are its own."""

    def __init__(self, lowered: LoweredGraph, known: Builder | None = None):
        graph = self.graph = lowered.graph
        self.split = lowered.parts
        self.blocks = list(graph.root.walk())
        self.depth = {id(graph.root): 0}
        for block in self.blocks[1:]:
            self.depth[id(block)] = self.depth[id(block.parent)] + 1
        self.inputs, self.outputs = self._borders()
        self.made: dict[int, Part | None] = {}
        self.paths = module_paths(lowered)
        again = (node for node in self.graph if node.weights_of != node.name)
        self.entered = frozenset(path for node in again for path in self._entered(node))
        self.layout = ModuleLayout(lowered, self.blocks, self.inputs, self.outputs, self.paths, self.entered)
        self.by_path = self.layout.by_path
        if known is not None:
            same = unchanged(self.layout, known.layout)
            self.made = {block: known.made[id(like)] for block, like in same.items()}
        self.root = self._root()

    def _entered(self, node: Node) -> Iterator[str]:
        """The paths of the blocks around a shared one that this node, a later call of it, is outside of."""
        first = self.graph[node.weights_of].block if node.weights_of in self.graph.nodes else node.block
        apart = [block for block in first.ancestors() if not is_within(node.name, block.path)]
        shares = [index for index, block in enumerate(apart) if block.kind == "share"]
        yield from (block.path for block in apart[shares[-1] + 1 if shares else 0 :])

    def _borders(self) -> tuple[Borders, Borders]:
        """The values that flow into and out of each block, in order of use."""
        flows_in: dict[int, dict[str, None]] = {id(block): {} for block in self.blocks}
        flows_out: dict[int, dict[str, None]] = {id(block): {} for block in self.blocks}
        for node in self.graph:
            for source in node.inputs:
                start = self.graph[source].block
                if start is node.block:
                    continue
                common = self._common(start, node.block)
                for block in _up_to(node.block, common):
                    flows_in[id(block)][source] = None
                for block in _up_to(start, common):
                    flows_out[id(block)][source] = None
        for source in self.graph.outputs.values():
            for block in _up_to(self.graph[source].block, self.graph.root):
                flows_out[id(block)][source] = None
        inputs = {block: tuple(values) for block, values in flows_in.items()}
        return inputs, {block: tuple(values) for block, values in flows_out.items()}

    def _common(self, first: Block, second: Block) -> Block:
        """The innermost block around two."""
        while first is not second:
            if self.depth[id(first)] >= self.depth[id(second)]:
                assert first.parent is not None
                first = first.parent
            else:
                assert second.parent is not None
                second = second.parent
        return first

    def _root(self) -> Scope:
        for block in reversed(self.blocks[1:]):
            if id(block) in self.made:
                continue
            if block.segment in UNUSABLE:
                raise CompileError(
                    f"torch has no module named `{block.segment}` ({block.path}): rename the label"
                )
            self.made[id(block)] = self._scope(block)
        block = self.graph.root
        parts = self._parts(block)
        names = tuple(self.graph.inputs)
        heads = tuple(dict.fromkeys(self.graph.outputs.values()))
        taken, given = self._shapes(names), self._shapes(heads)
        return Scope("", "", names, heads, block, "class", taken, given, parts)

    def _parts(self, block: Block) -> list[Part]:
        parts: list[Part] = []
        for child in block.children:
            if not isinstance(child, Block):
                parts += self._leaves(child, block)
            elif (part := self.made[id(child)]) is not None:
                parts.append(part)
        # A place for the shortcut that other instances of the block may have, so that all have equally many
        # parts.
        if block.kind == "residual" and not any(_is_shortcut(part) for part in parts) and _is_sum(parts):
            parts.insert(len(parts) - 1, Absent())
        return parts

    def _leaves(self, name: str, block: Block) -> Iterator[Leaf]:
        """The layer of a node, or those that it was decomposed into; none for an input."""
        if name not in self.graph.nodes or isinstance(self.graph[name].layer, Input):
            return
        start = len(block.path) + 1 if block.path else 0
        if name[start:] in UNUSABLE:
            raise CompileError(f"torch has no module named `{name[start:]}` ({name}): rename the label")
        for part in (self.graph[each] for each in self.split[name]):
            path = self.paths[part.name]
            owner = part.weights_of if path == name else self.paths.get(part.weights_of, path)
            form = written(self.graph, part)
            yield Leaf(path[start:], path, part.inputs, form, owner, part.name, part.shape)

    def _shapes(self, values: tuple[str, ...]) -> tuple[Shape, ...]:
        return tuple(self.graph[value].shape for value in values)

    def _scope(self, block: Block) -> Part | None:
        parts = self._parts(block)
        if all(isinstance(part, Absent) for part in parts):
            return None
        inputs = self.inputs[id(block)]
        outputs = self.outputs[id(block)] or (_last_value(parts),)
        owner = self._owner(block, parts)
        if owner is not None:
            return ModuleReuse(block.segment, block.path, inputs, outputs, owner, self._shapes(outputs))
        taken, given = self._shapes(inputs), self._shapes(outputs)
        scope = Scope(block.segment, block.path, inputs, outputs, block, "space", taken, given, parts)
        foreign = _uses_weights_of_others(scope)
        scope.linear = not foreign and _is_linear(parts, inputs, outputs)
        inner = [part.nesting for part in parts if isinstance(part, Scope)]
        scope.nesting = 1 + max(inner, default=0)
        if not foreign:
            scope.form = self._form(scope)
        if scope.form == "class":
            scope.nesting = 0
        return scope

    def _form(self, scope: Scope) -> Form:
        if scope.block.kind == "dense" and self._make_dense(scope):
            return "dense"
        if scope.block.kind in ("def", "share") or scope.nesting > MOST_NESTED:
            return "class"
        segments = [part.segment for part in scope.parts]
        if scope.linear and segments == [str(number) for number in range(len(segments))]:
            return "list"
        # what is reached from outside has to be an attribute that type checkers know
        if not all(map(is_field, segments)) or scope.path in self.entered:
            return "class"
        if scope.linear:
            return "chain"
        return "concat" if self._make_concat(scope) else "class"

    def _make_concat(self, scope: Scope) -> bool:
        """Strip the concatenation of arms that all take the one value, as its helper makes it."""
        *arms, last = scope.parts
        if scope.block.kind != "join" or not isinstance(last, Leaf) or last.lowered.join != "cat":
            return False
        given: list[str] = []
        for arm in arms:
            if not isinstance(arm, Scope) or arm.form == "space" or arm.inputs != scope.inputs:
                return False
            given += arm.outputs
        if len(scope.inputs) != 1 or len(given) != len(arms) or len(arms) < 2:
            return False
        if scope.outputs != last.outputs or last.inputs != tuple(given):
            return False
        scope.parts = arms
        return True

    def _make_dense(self, scope: Scope) -> bool:
        """Strip the concatenations of a dense block, as its helper makes them; false for an irregular one."""
        if len(scope.inputs) != 1 or len(scope.outputs) != 1:
            return False
        value, stripped = scope.inputs[0], []
        for number, step in enumerate(scope.parts):
            inner = self._dense_step(step, value, str(number)) if isinstance(step, Scope) else None
            if inner is None or isinstance(step, Absent):
                return False
            stripped.append(inner)
            value = step.outputs[0]
        if scope.outputs != (value,):
            return False
        scope.parts = list(stripped)
        return True

    def _dense_step(self, step: Scope, entry: str, segment: str) -> Scope | None:
        """One layer of a dense block, whose concatenation with its own input comes last."""
        *parts, last = step.parts
        if step.segment != segment or step.inputs != (entry,) or not parts or isinstance(parts[-1], Absent):
            return None
        if not isinstance(last, Leaf) or last.lowered.join != "cat" or step.outputs != last.outputs:
            return None
        result = parts[-1].outputs
        if last.inputs != (entry, *result) or not _is_linear(parts, (entry,), result):
            return None
        if not all(is_field(part.segment) for part in parts):
            return None
        taken, given = self._shapes((entry,)), self._shapes(result)
        made = Scope(segment, step.path, (entry,), result, step.block, "chain", taken, given, parts)
        made.linear, made.nesting = True, step.nesting
        return made

    def _owner(self, block: Block, parts: list[Part]) -> str | None:
        """The path of the first call of a shared block, of which this is a later one."""
        if block.kind != "share":
            return None
        for part in _leaves(parts):
            if part.owner != part.path:
                suffix = part.path[len(block.path) :]
                owner = part.owner[: -len(suffix)]
                first = self.by_path.get(owner)
                # a share that calls itself has the weights of what is around it
                is_other = part.owner.endswith(suffix) and not is_within(block.path, owner)
                if is_other and first is not None and self._does_the_same(block, first):
                    return owner
                return None
        return None

    def _does_the_same(self, block: Block, first: Block) -> bool:
        """Whether two calls of a shared block are one module: the same layers, wired alike."""
        return self._rows(block) == self._rows(first)

    def _rows(self, block: Block) -> tuple[tuple[Hashable, ...], ...]:
        parts = [self.graph[part] for name in block.nodes() for part in self.split.get(name, ())]
        return wire(single(written(self.graph, part), (part.name,), part.inputs) for part in parts).rows


def _up_to(block: Block, outer: Block) -> Iterator[Block]:
    while block is not outer:
        yield block
        assert block.parent is not None
        block = block.parent


def _leaves(parts: list[Part]) -> Iterator[Leaf]:
    stack = list(reversed(parts))
    while stack:
        part = stack.pop()
        if isinstance(part, Leaf):
            yield part
        elif isinstance(part, Scope):
            stack.extend(reversed(part.parts))


def _uses_weights_of_others(scope: Scope) -> bool:
    """Whether it calls shared weights that a module outside of it owns."""
    stack: list[Part] = list(scope.parts)
    while stack:
        part = stack.pop()
        if isinstance(part, Scope):
            # an inner class has been seen to be free of them
            if part.form != "class":
                stack.extend(part.parts)
        elif isinstance(part, Leaf | ModuleReuse) and not is_within(part.owner, scope.path):
            return True
    return False


def _is_shortcut(part: Part) -> bool:
    return isinstance(part, Scope) and part.block.kind == "shortcut"


def _is_sum(parts: list[Part]) -> bool:
    last = parts[-1] if parts else None
    return isinstance(last, Leaf) and last.lowered.join == "+"


def _is_linear(parts: list[Part], inputs: tuple[str, ...], outputs: tuple[str, ...]) -> bool:
    """Whether each part is a module that takes the value of the part before it, and nothing else."""
    if len(inputs) != 1 or len(outputs) != 1:
        return False
    value = inputs[0]
    for part in parts:
        if isinstance(part, Absent | ModuleReuse) or part.inputs != (value,) or len(part.outputs) != 1:
            return False
        if isinstance(part, Leaf) and (part.lowered.module is None or part.owner != part.path):
            return False
        if isinstance(part, Scope) and part.form == "space":
            return False
        value = part.outputs[0]
    return value == outputs[0]


def _last_value(parts: list[Part]) -> str:
    """The value of a block that nobody uses: its last."""
    last = next(part for part in reversed(parts) if not isinstance(part, Absent))
    return last.outputs[-1]
