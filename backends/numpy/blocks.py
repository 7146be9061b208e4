"""The blocks of a net as functions: what is alike is written once, with parameters for what differs.

    layer1.0  conv(stride 1) batchnorm relu      def basic(self, x, at, stride=(1, 1)):
    layer1.1  conv(stride 1) batchnorm relu          x = self.run(conv, x, at=f"{at}.conv", ...)
    layer2.0  conv(stride 2) batchnorm relu          ...

Two blocks are alike if they have one name, the same kernels at the same places, and the same values flow
between them. `at` is where the weights of a block are; settings of kernels that are not the same in all
become parameters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cnnspec.backends.numpy.rules import rule_of
from cnnspec.backends.python_source import identifier, literal
from cnnspec.backends.steps import Step
from cnnspec.graph import Block, Graph
from cnnspec.layers.dense import Dropout, DropPath
from cnnspec.layers.following import FOLLOWING

Texts = Mapping[str, str]


@dataclass(eq=False)
class BlockStep:
    """One statement: a kernel, or the function of a block, on values by name.

    `place` is the path of its weights, None where it has none. `given` are the inputs that are passed; the
    others only give their size. `settings` are texts, of which those in `flowing` speak of inputs.
    """

    kernel: str
    place: str | None
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    given: int
    settings: dict[str, str]
    node: str
    function: BlockFunction | None = None
    frame: BlockFrame | None = None

    @property
    def flowing(self) -> tuple[tuple[str, str], ...]:
        """The settings that are made of inputs."""
        return tuple((name, text) for name, text in self.settings.items() if "{" in text)


@dataclass(eq=False)
class BlockFrame:
    """The statements of a block, with the outer values that it takes and the inner ones that it gives."""

    block: Block
    place: str
    items: list[BlockStep]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(eq=False)
class BlockFunction:
    """Blocks that are alike. `parameters` maps a column of texts, one a frame, to its name."""

    title: str
    frames: list[BlockFrame] = field(default_factory=list)
    parameters: dict[tuple[str, ...], str] = field(default_factory=dict)

    def text(self, number: int, name: str) -> str:
        """A setting of an item as the function writes it: a constant, or a parameter."""
        column = self.column(number, name)
        return column[0] if len(set(column)) == 1 else self.parameters[column]

    def column(self, number: int, name: str) -> tuple[str, ...]:
        """A setting of an item in all frames."""
        return tuple(settings_of(frame.items[number])[name] for frame in self.frames)

    @property
    def uses_place(self) -> bool:
        """Whether anything in it has weights."""
        items = self.frames[0].items
        return any(item.function.uses_place if item.function else item.place is not None for item in items)

    def name_parameters(self, taken: set[str]) -> None:
        """Make a parameter of each column whose texts differ; equal columns are one.

        `taken` are names that no parameter may have.
        """
        for number, item in enumerate(self.frames[0].items):
            for name in settings_of(item):
                column = self.column(number, name)
                if len(set(column)) > 1 and column not in self.parameters:
                    used = taken | {*self.parameters.values(), "self", "at"}
                    self.parameters[column] = self.free_name(name, item, used)

    def free_name(self, name: str, item: BlockStep, taken: set[str]) -> str:
        last = identifier((item.place or item.kernel).rpartition(".")[2])
        wanted = name if name not in taken else f"{last}_{name}"
        number = 2
        while wanted in taken:
            wanted, number = f"{last}_{name}_{number}", number + 1
        return wanted

    def arguments(self, frame: BlockFrame) -> dict[str, str]:
        """The parameters in the call for a frame."""
        number = self.frames.index(frame)
        return {name: column[number] for column, name in self.parameters.items()}

    def default(self, name: str) -> str:
        """What a parameter mostly is."""
        column = next(column for column, other in self.parameters.items() if other == name)
        return Counter(column).most_common(1)[0][0]


def settings_of(item: BlockStep) -> Mapping[str, str]:
    """The settings of a kernel, or the arguments of a block's function."""
    if item.function is None:
        return item.settings
    assert item.frame is not None
    return item.function.arguments(item.frame)


class BlockReader:
    """Reads the functions of a net off its steps; `functions` are those found, inner ones first."""

    def __init__(
        self,
        graph: Graph,
        program: Sequence[Step],
        settings: Mapping[str, Texts],
        outputs: Mapping[str, str],
    ):
        self.graph, self.settings = graph, settings
        self.items: list[BlockStep] = []
        self.functions: dict[tuple[object, ...], BlockFunction] = {}
        self.users: dict[str, set[str]] = {}
        for step in program:
            for name in step.inputs:
                self.users.setdefault(name, set()).add(step.value)
        for head, node in outputs.items():
            self.users.setdefault(node, set()).add(f"head {head}")
        turns = {id(b): b for step in program for b in graph[step.node].block.ancestors() if is_turn(b)}
        self.turns = Counter(turn_of(block) for block in turns.values())

    def frame(self, steps: Sequence[Step]) -> BlockFrame:
        """The whole of some steps as statements, with functions for their blocks."""
        return self._frame(self.graph.root, steps)

    def _frame(self, block: Block, steps: Sequence[Step]) -> BlockFrame:
        items = [item for inner, run in self._runs(block, steps) for item in self._items(inner, run)]
        values = {step.value for step in steps}
        inputs = tuple(dict.fromkeys(n for item in items for n in item.inputs if n not in values))
        outputs = tuple(
            step.value for step in steps if any(user not in values for user in self.users.get(step.value, ()))
        )
        return BlockFrame(block, place_of(block, steps), items, inputs, outputs)

    def _runs(self, block: Block, steps: Sequence[Step]) -> Iterator[tuple[Block | None, list[Step]]]:
        """The steps, those of one block below that can be a function together."""
        runs: list[tuple[Block | None, list[Step]]] = []
        for step in steps:
            inner = self._inner(block, step)
            if runs and inner is not None and runs[-1][0] is inner:
                runs[-1][1].append(step)
            else:
                runs.append((inner, [step]))
        counts = Counter(id(inner) for inner, _ in runs)
        for inner, run in runs:
            # what other layers stand between is no function
            yield (inner if counts[id(inner)] == 1 else None), run

    def _inner(self, block: Block, step: Step) -> Block | None:
        """The outermost block within another that a layer is in and that can be a function."""
        found = None
        for one in self.graph[step.node].block.ancestors():
            if one is block:
                break
            if one.kind in ("def", "share") or (is_turn(one) and self.turns[turn_of(one)] > 1):
                found = one
        return found

    def _items(self, block: Block | None, steps: list[Step]) -> list[BlockStep]:
        if block is None or len(steps) == 1:
            return [self._item(step) for step in steps]
        frame = self._frame(block, steps)
        if len(frame.items) == 1:
            return frame.items
        function = self._function(frame)
        function.frames.append(frame)
        item = BlockStep("", frame.place, frame.inputs, frame.outputs, len(frame.inputs), {}, steps[-1].node)
        item.function, item.frame = function, frame
        return [item]

    def _function(self, frame: BlockFrame) -> BlockFunction:
        named = frame.block.kind in ("def", "share")
        title = frame.block.title if named else turn_title(frame.block)
        # turns of several repeats may be alike
        key = (title if named else "", *signature(frame))
        return self.functions.setdefault(key, BlockFunction(title))

    def _item(self, step: Step) -> BlockStep:
        layer = step.layer.settled(step.shapes[1]) if isinstance(step.layer, FOLLOWING) else step.layer
        weight = next(iter(step.weights.items()), None)
        place = weight[1].removesuffix(f".{weight[0]}") if weight else None
        given = 1 if isinstance(step.layer, FOLLOWING) else len(step.inputs)
        rule = rule_of(layer)
        kernel, texts = rule.forward.__name__, dict(self.settings[step.value])
        if isinstance(layer, Dropout | DropPath):
            kernel = "drop_path" if isinstance(layer, DropPath) else "drop"
            texts = {"rate": literal(layer.rate)}
        self.items.append(BlockStep(kernel, place, step.inputs, (step.value,), given, texts, step.node))
        return self.items[-1]


def is_turn(block: Block) -> bool:
    """Whether a block is one turn of a repeat."""
    return block.index is not None and block.kind in ("repeat", "group")


def turn_of(block: Block) -> tuple[object, ...]:
    """What the turns of one repeat have in common: where the spec has them."""
    return (block.title, block.span)


def turn_title(block: Block) -> str:
    """The name of the repeat that a block is a turn of."""
    if block.kind == "group":
        return block.title
    names = [part for part in block.path.split(".") if not part.isdigit()]
    return names[-1] if names else block.title


def place_of(block: Block, steps: Sequence[Step]) -> str:
    """Where the weights of a block are: its path, or in a shared block that of the first call."""
    for step in steps:
        inner = step.node.removeprefix(block.path)
        for name, key in step.weights.items():
            path = key.removesuffix(f".{name}")
            if path != step.node and path.endswith(inner) and step.node.startswith(block.path):
                return path.removesuffix(inner)
    return block.path


def relative(place: str | None, outer: str) -> tuple[str, str] | None:
    """A place within a block, or one elsewhere, which is the same for all calls of it."""
    if place is None:
        return None
    inside = place == outer or place.startswith(f"{outer}.")
    return ("in", place.removeprefix(outer)) if inside and outer else ("at", place)


def signature(frame: BlockFrame) -> tuple[object, ...]:
    """What a block has in common with those that are alike."""
    numbers = {name: ("in", i) for i, name in enumerate(frame.inputs)}
    parts: list[object] = []
    for i, item in enumerate(frame.items):
        flow = tuple(numbers[name] for name in item.inputs)
        parts.append(
            (
                item.kernel,
                id(item.function),
                relative(item.place, frame.place),
                flow,
                item.given,
                tuple(settings_of(item)) if item.function is None else (),
                item.flowing,
                len(item.outputs),
            )
        )
        numbers |= {name: (str(i), n) for n, name in enumerate(item.outputs)}
    return (*parts, tuple(numbers[name] for name in frame.outputs))
