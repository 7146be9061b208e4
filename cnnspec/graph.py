"""The graph of a net: layer instances with their inputs in order, and the tree of blocks they came from.

Nodes stand in topological order. `Graph.digraph` is the same as a networkx graph, for whatever asks questions
about paths and reachability.
"""

from __future__ import annotations

from cnnspec.caching import cached_property
from cnnspec.diagnostics.report import Frame
from cnnspec.layers.base import Layer, Shape
from cnnspec.layers.input import Input
from cnnspec.layers.shapes import describe
from cnnspec.layers.written import show_value
from cnnspec.named_tuples import NamedTuple
from cnnspec.records import dataclass, field, fields, replace
from cnnspec.source import Span
from cnnspec.typed import TYPE_CHECKING, Any, Callable, Collection, Iterable, Iterator, Mapping, Sequence

if TYPE_CHECKING:
    import networkx


@dataclass(eq=False, slots=True)
class Block:
    """A stretch of a net that the spec names.

    `kind` is net, section, head, label, def, share, repeat, group (a turn of a repeat or of `dense`),
    residual, shortcut, dense, join or arm. `title` is the word in the spec (a def's name, a join's op, a
    label); `segment` is its part of the path, and `path` the whole of it. `arguments` are the parameters of
    the def with their values, `call` those that the call writes, as it writes them. `index` is its number
    within a repeat, `definition` where the def or net is defined that it is made of. `children` are blocks
    and names of nodes, in the order of the spec; `is_trimmed` where a copy has lost some of what was in it.
    """

    kind: str
    title: str
    parent: Block | None = None
    span: Span | None = None
    arguments: tuple[tuple[str, Any], ...] = ()
    call: tuple[tuple[str | None, Any], ...] = ()
    index: int | None = None
    segment: str = ""
    definition: Span | None = None
    path: str = ""
    children: list[Block | str] = field(default_factory=list)
    is_trimmed: bool = False

    def __repr__(self) -> str:
        return f"<{self.kind} {self.path or self.title}: {len(self.children)} parts>"

    def ancestors(self) -> Iterator[Block]:
        """The blocks around this one, from the inside out, itself first."""
        block: Block | None = self
        while block is not None:
            yield block
            block = block.parent

    def walk(self) -> Iterator[Block]:
        """This block and all within it, in the order of the spec."""
        stack: list[Block] = [self]
        while stack:
            block = stack.pop()
            yield block
            stack.extend(child for child in reversed(block.children) if isinstance(child, Block))

    def nodes(self) -> Iterator[str]:
        """The names of all nodes within it, in the order of the spec."""
        stack: list[Block | str] = [self]
        while stack:
            item = stack.pop()
            if isinstance(item, str):
                yield item
            else:
                stack.extend(reversed(item.children))

    def trail(self) -> tuple[Frame, ...]:
        """The chain of calls, repeats and sections that leads here, from the inside out."""
        return tuple(
            Frame(block.describe(), block.span if block.kind in ("def", "share") else None)
            for block in self.ancestors()
            if block.kind in ("def", "share", "section", "head") or block.index is not None
        )

    def describe(self) -> str:
        """The call as the spec would write it: bottleneck(64, stride=2)."""
        if self.index is not None and self.kind == "repeat":
            return f"repeat {self.index} of {self.title}"
        if self.kind not in ("def", "share"):
            return self.title
        given = ", ".join(f"{name}={show_value(v)}" if name else show_value(v) for name, v in self.call)
        return f"{self.title}({given})" if given else self.title


MOST_SHOWN = 5
"""How many inputs of a node are named where it is shown; of more, the first and the last are."""


class Node(NamedTuple):
    """A layer instance: `inputs` are names of nodes, in order; `shape` is that of its output.

    `weights_of` is the node whose weights it uses: itself, or the first call of a shared block.
    """

    name: str
    layer: Layer
    inputs: tuple[str, ...]
    shape: Shape
    block: Block
    span: Span | None
    weights_of: str

    def __repr__(self) -> str:
        values = [(f.name, getattr(self.layer, f.name), f.default) for f in fields(self.layer)]
        given = ", ".join(f"{name}={value!r}" for name, value, default in values if value != default)
        few = self.inputs if len(self.inputs) <= MOST_SHOWN else (*self.inputs[:2], "...", self.inputs[-1])
        flow = ", ".join(few)
        return f"<{self.name}: {self.layer.op}({given}) of {flow or 'nothing'} gives {describe(self.shape)}>"


class Applied(NamedTuple):
    """A layer on the shapes that flow into it; equal ones of a graph are one object and share figures."""

    layer: Layer
    shapes: tuple[Shape, ...]


MOST_KNOWN = 10_000
"""Of how many layers on shapes a figure is kept from one net to the next: a file mostly has fewer."""


@dataclass(frozen=True, eq=False)
class Graph:
    """A net: its nodes in topological order, inputs, heads and the tree of blocks.

    `outputs` maps the name of each head to the node it ends in; `training_heads` are those that inference
    leaves out. `fixed_size` says why no other size of the input is right, where that is so and is known.
    `variant` opens the net with other values of its parameters, by name: None where it does not take them.
    """

    name: str
    nodes: Mapping[str, Node]
    inputs: tuple[str, ...]
    outputs: Mapping[str, str]
    training_heads: frozenset[str]
    root: Block
    file: str = ""
    fixed_size: str = ""
    variant: Callable[[Mapping[str, Any]], Graph | None] | None = None

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes.values())

    def __len__(self) -> int:
        return len(self.nodes)

    def __getitem__(self, name: str) -> Node:
        return self.nodes[name]

    def input_shapes(self, node: Node) -> tuple[Shape, ...]:
        """The shapes that flow into a node, in order."""
        return tuple(self.nodes[name].shape for name in node.inputs)

    @cached_property
    def applied(self) -> Mapping[str, Applied]:
        """What each node does, to look up what is known of it: most nodes of a deep net do what others do."""
        known: dict[tuple[int, tuple[Shape, ...]], Applied] = {}
        nodes = self.nodes
        found: dict[str, Applied] = {}
        for name, node in nodes.items():
            layer, inputs = node.layer, node.inputs
            if len(inputs) == 1:
                shapes = (nodes[inputs[0]].shape,)
            else:
                shapes = tuple([nodes[source].shape for source in inputs])
            key = (id(layer), shapes)
            found[name] = known.get(key) or known.setdefault(key, Applied(layer, shapes))
        return found

    @cached_property
    def consumers(self) -> Mapping[str, Sequence[str]]:
        """The nodes that each node feeds, in topological order; a join that takes it twice stands twice."""
        found: dict[str, list[str]] = {name: [] for name in self.nodes}
        for name, node in self.nodes.items():
            for source in node.inputs:
                found[source].append(name)
        return found

    @cached_property
    def digraph(self) -> networkx.DiGraph:
        """The networkx form: a node per layer, with its Node under the key `node`; edges carry `slots`."""
        import networkx

        graph = networkx.DiGraph(name=self.name)
        for node in self:
            graph.add_node(node.name, node=node)
            for slot, name in enumerate(node.inputs):
                if graph.has_edge(name, node.name):
                    graph.edges[name, node.name]["slots"].append(slot)
                else:
                    graph.add_edge(name, node.name, slots=[slot])
        return graph

    @cached_property
    def inference_nodes(self) -> frozenset[str]:
        """The nodes that inference runs: its inputs, and what the heads not marked `training` need."""
        ends = [node for head, node in self.outputs.items() if head not in self.training_heads]
        return frozenset(self.leading_to(*self.inputs, *ends))

    @cached_property
    def live_nodes(self) -> frozenset[str]:
        """The nodes that training runs: the inputs, and what any head needs. The others are dead layers."""
        if not self.training_heads:
            return self.inference_nodes
        return frozenset(self.leading_to(*self.inputs, *self.outputs.values()))

    @cached_property
    def training_nodes(self) -> frozenset[str]:
        """The nodes that training heads alone need."""
        return self.live_nodes - self.inference_nodes

    def leading_to(self, *names: str) -> set[str]:
        """Some nodes and all that they need."""
        found = set(names)
        # a node stands after all that it needs
        for name, node in reversed(list(self.nodes.items())):
            if name in found:
                found.update(node.inputs)
        return found

    def inference(self) -> Graph:
        """The graph of what inference runs: without training heads and dead layers.

        Names of weights stay as they are: `weights_of` may be a call of a shared block that is left out.
        """
        if not self.training_heads and len(self.inference_nodes) == len(self.nodes):
            return self
        left_out = self.nodes.keys() - self.inference_nodes
        blocks = copy_blocks(self.root, left_out)
        return replace(
            self,
            nodes={
                name: node._replace(block=blocks[node.block])
                for name, node in self.nodes.items()
                if name not in left_out
            },
            outputs={head: node for head, node in self.outputs.items() if head not in self.training_heads},
            training_heads=frozenset(),
            root=blocks[self.root],
            variant=None,
        )

    def restrict_to(self, name: str) -> Graph:
        """The part of the graph that leads to a node, which is its one output."""
        running = self.leading_to(*self.inputs, name)
        blocks = copy_blocks(self.root, self.nodes.keys() - running)
        nodes = {n.name: n._replace(block=blocks[n.block]) for n in self if n.name in running}
        outputs = {"output": name}
        root = blocks[self.root]
        return replace(
            self, nodes=nodes, outputs=outputs, training_heads=frozenset(), root=root, variant=None
        )


def copy_blocks(root: Block, without: Collection[str]) -> dict[Block, Block]:
    """A copy of the tree of blocks, less some nodes: each old block with its new one.

    A block that loses its last node goes as well.
    """
    copies: dict[Block, Block] = {}
    for block in root.walk():
        parent = copies.get(block.parent) if block.parent else None
        copies[block] = replace(block, parent=parent, children=[])
    for block, copy in reversed(copies.items()):
        copy.children = [
            child if isinstance(child, str) else copies[child]
            for child in block.children
            if (child not in without if isinstance(child, str) else copies[child].children)
        ]
        inner = [child for child in copy.children if isinstance(child, Block)]
        copy.is_trimmed |= len(copy.children) < len(block.children) or any(b.is_trimmed for b in inner)
    return copies


def build(
    name: str,
    inputs: Mapping[str, Shape],
    layers: Iterable[tuple[str, Layer, tuple[str, ...]]],
    outputs: Mapping[str, str],
) -> Graph:
    """A graph from layers in topological order, each with its name and those of its inputs.

    Shapes are inferred; raises LayerError where a layer does not fit. Dots in the names make blocks.
    """
    root = Block("net", name)
    blocks = {"": root}
    nodes: dict[str, Node] = {}

    def block_of(path: str) -> Block:
        if path not in blocks:
            outer, _, segment = path.rpartition(".")
            parent = block_of(outer)
            blocks[path] = Block("label", segment, parent, segment=segment, path=path)
            parent.children.append(blocks[path])
        return blocks[path]

    def add(node_name: str, layer: Layer, sources: tuple[str, ...]) -> None:
        block = block_of(node_name.rpartition(".")[0])
        shape = layer.infer(*(nodes[source].shape for source in sources))
        nodes[node_name] = Node(node_name, layer, sources, shape, block, None, node_name)
        block.children.append(node_name)

    for input_name, shape in inputs.items():
        add(input_name, Input(shape), ())
    for node_name, layer, sources in layers:
        add(node_name, layer, sources)
    return Graph(name, nodes, tuple(inputs), dict(outputs), frozenset(), root)
