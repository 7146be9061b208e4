"""Source: a net as one readable file that needs numpy alone.

The file holds the kernels that the net uses, forward and backward, as they stand here, the table of its
weights, and a class: a method for each kind of block (blocks.py), a line for each layer or block, loops where
lines repeat (statements.py), and settings that follow the size of the input (open_settings.py). Whatever a
spec names becomes an identifier or a quoted string, never code.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import CodeType, FunctionType
from typing import Any

from cnnspec.backends.numpy.blocks import BlockFrame, BlockFunction, BlockReader
from cnnspec.backends.numpy.kernels import functions, sizes
from cnnspec.backends.numpy.open_settings import defaults, open_settings
from cnnspec.backends.numpy.rules import KernelRule, known, rule_of
from cnnspec.backends.numpy.slopes import backward_text
from cnnspec.backends.numpy.starts import weights_table
from cnnspec.backends.numpy.statements import SHORT, FrameWriter, fitted
from cnnspec.backends.numpy.templates import CLASS, DROP, HEADER, INITIAL, MAIN
from cnnspec.backends.python_source import (
    Namespace,
    identifier,
    literal,
    module_names,
    plain_reason,
    plain_words,
)
from cnnspec.backends.steps import Step, settled, steps
from cnnspec.backends.weights import declared
from cnnspec.graph import Graph
from cnnspec.layers.base import describe
from cnnspec.layers.following import FOLLOWING

PACKAGE = "cnnspec.backends.numpy"
RESERVED = frozenset({"run", "load", "forward", "train", "backward", "checked"})
"""Methods that every net has."""


def source(graph: Graph) -> str:
    """A net as Python source, which runs and trains, for inputs of every size that the net takes.

    It draws the same weights from the same seed as `compile` does. Raises CompileError for a layer without a
    rule.
    """
    lowered, alias = without_silent(steps(graph, known, "numpy"))
    settings, fixed = open_settings(graph, lowered)
    outputs = {head: alias.get(node, node) for head, node in graph.outputs.items()}
    running = frozenset(graph.inference().nodes)
    settled_steps = settled(lowered, {name: graph[name].shape for name in graph.inputs})
    rules = {rule_of(step.layer).forward.__name__: (rule_of(step.layer), step) for step in settled_steps}
    reader = BlockReader(graph, lowered, settings, outputs)
    main = reader.frame([step for step in lowered if step.node in running])
    extra = reader.frame([step for step in lowered if step.node not in running])
    kernels = "\n\n\n".join(kernel_texts(rules.values(), settings.values()))
    weights = weights_table(graph)
    head = header(graph, outputs, settled_steps, f"{kernels}\n{weights}")
    tables = "\n\n\n".join((inputs_table(graph, fixed), f"{weights}\n\n{backward_table(rules)}"))
    parts = [part.strip("\n") for part in (head, kernels, INITIAL, tables)]
    taken = set(module_names("\n".join(parts)))
    writer = NetWriter(graph, reader, rules, settled_steps, taken)
    name = Namespace(taken).unique(graph.name)
    net = CLASS.format(
        name=name,
        methods=writer.methods(),
        forward=writer.forward(main, extra, outputs),
        drops="".join(DROP[kind] for kind in DROP if kind in writer.kinds),
        modal=writer.modal(),
    )
    return "\n\n\n".join([*parts, net.strip("\n"), MAIN.format(name=name).strip("\n")]) + "\n"


def without_silent(program: Iterable[Step]) -> tuple[list[Step], dict[str, str]]:
    """The steps that do something, in training or not, and for what the others make the value that it is."""
    alias: dict[str, str] = {}
    kept = []
    for step in program:
        inputs = tuple(alias.get(name, name) for name in step.inputs)
        drops = not isinstance(step.layer, FOLLOWING) and rule_of(step.layer).noise is not None
        if step.layer.silent and not drops:
            alias[step.value] = inputs[0]
        else:
            kept.append(step._replace(inputs=inputs))
    return kept, alias


def header(graph: Graph, outputs: Mapping[str, str], program: Iterable[Step], kernels: str) -> str:
    """What the file is, and its imports."""
    running = graph.inference()
    return HEADER.format(
        name=plain_words(graph.name),
        inputs=", ".join(describe(graph[node].shape) for node in graph.inputs),
        outputs=", ".join(describe(running[node].shape) for node in running.outputs.values()),
        params=sum(weight.size for _, weight, _ in declared(graph) if not weight.buffer),
        macs=sum(node.layer.macs(*running.input_shapes(node)) for node in running),
        imports="\n".join(["import hashlib", *imports(kernels)]),
    )


class NetWriter:
    """Writes the methods of a net."""

    def __init__(
        self,
        graph: Graph,
        reader: BlockReader,
        rules: Mapping[str, tuple[KernelRule, Step]],
        program: Iterable[Step],
        taken: set[str],
    ):
        self.graph, self.rules, self.taken = graph, rules, taken
        self.shapes = {name: describe(graph[name].shape) for name in graph.inputs}
        self.shapes |= {step.value: describe(step.layer.infer(*step.shapes)) for step in program}
        self.defaults = {
            name: {setting: literal(value) for setting, value in defaults(rule.forward).items()}
            for name, (rule, _) in rules.items()
        }
        self.functions = list(reader.functions.values())
        names = Namespace({*RESERVED, "drop", "drop_path"})
        self.names = {id(one): names.unique(identifier(one.title).lower()) for one in self.functions}
        self.kinds = {item.kernel for item in reader.items}
        self.kinds |= {"noise"} if self.kinds & {"drop", "drop_path"} else set()
        for one in self.functions:
            one.name_parameters(taken)

    def methods(self) -> str:
        """A method for each kind of block."""
        return "".join(self.method(one) for one in self.functions)

    def method(self, one: BlockFunction) -> str:
        frame = one.frames[0]
        names = Namespace({*self.taken, *SHORT, *one.parameters.values(), "self", "at"})
        writer = self.writer(frame, one, names)
        wanted = ["x"] if len(frame.inputs) == 1 else [f"x{n + 1}" for n in range(len(frame.inputs))]
        inputs = writer.enter(frame.inputs, wanted)
        place = ["at"] if one.uses_place else []
        given = [f"{name}={one.default(name)}" for name in one.parameters.values()]
        start = f"    def {self.names[id(one)]}("
        text = fitted(start, ["self", *inputs, *place, *given], "    ") + ":\n"
        made = ", ".join(f"{self.shapes[v]}" for v in frame.outputs)
        taken = ", ".join(self.shapes[v] for v in frame.inputs)
        title = re.sub(r"[^\w.:/ (),=\[\]*-]|[^\x20-\x7e]", "_", frame.block.describe())[:60]
        text += f'        """{title}: {taken} -> {made}."""\n'
        lines = "\n".join(writer.lines(" " * 8))
        results = ", ".join(writer.variables[value] for value in frame.outputs)
        return f"\n{text}{lines}\n        return {results}\n"

    def writer(self, frame: BlockFrame, one: BlockFunction | None, names: Namespace) -> FrameWriter:
        return FrameWriter(frame, one, self.names, self.defaults, self.shapes, names)

    def forward(self, main: BlockFrame, extra: BlockFrame, outputs: Mapping[str, str]) -> str:
        """The method that runs the net; heads for training after the others, in training alone."""
        names = Namespace({*self.taken, *SHORT, "self"})
        whole = BlockFrame(main.block, "", [*main.items, *extra.items], main.inputs, tuple(outputs.values()))
        writer = self.writer(whole, None, names)
        wanted = [name.lower() for name in self.graph.inputs]
        single = len(wanted) == 1
        variables = writer.enter(self.graph.inputs, ["x"] if single else wanted)
        writer.items = main.items
        lines = "\n".join(writer.lines(" " * 8))
        result = self.returned(writer, outputs, self.graph.training_heads)
        if extra.items:
            rest = self.training_part(writer, main, extra)
            both = self.returned(writer, outputs, frozenset())
            lines += f"\n        if self.tape is not None:\n{rest}\n            return {both}"
        return f"    def forward(self, {', '.join(variables)}):\n{lines}\n        return {result}"

    def training_part(self, writer: FrameWriter, main: BlockFrame, extra: BlockFrame) -> str:
        """The lines of heads for training."""
        writer.items = extra.items
        shifted = {name: last - len(main.items) for name, last in writer.last.items()}
        writer.last = shifted
        return "\n".join(writer.lines(" " * 12))

    def returned(self, writer: FrameWriter, outputs: Mapping[str, str], hidden: frozenset[str]) -> str:
        """The value of one head, or all by name."""
        shown = {head: writer.variables[node] for head, node in outputs.items() if head not in hidden}
        if len(shown) == 1:
            return next(iter(shown.values()))
        return "{" + ", ".join(f"{literal(head)}: {name}" for head, name in shown.items()) + "}"

    def modal(self) -> str:
        """What tells a kernel that is another in training that it is so."""
        names = [name for name, (rule, _) in self.rules.items() if rule.modal]
        asked = f"kernel is {names[0]}" if len(names) == 1 else f"kernel in ({', '.join(names)})"
        told = f'        if self.tape is not None and {asked}:\n            settings["training"] = True\n'
        return told if names else ""


def inputs_table(graph: Graph, fixed: str) -> str:
    """The shapes of the inputs, and why they are the only ones."""
    shapes = f"INPUTS = {[graph[node].shape for node in graph.inputs]!r}"
    reason = f"FIXED = {literal(plain_reason(fixed))}"
    return (
        f"{shapes}\n# why inputs of other sizes are refused\n{reason}" if fixed else f'{shapes}\nFIXED = ""'
    )


def backward_table(rules: Mapping[str, tuple[KernelRule, Step]]) -> str:
    """The backward pass of each kernel."""
    lines = [f"    {name}: {backward_name(rule, step)}," for name, (rule, step) in rules.items()]
    return "\n".join(["BACKWARD = {", *lines, "}"])


def backward_name(rule: KernelRule, step: Step) -> str:
    return f"{rule.forward.__name__}_backward" if step.layer.elementwise else rule.backward.__name__


def kernel_texts(
    rules: Iterable[tuple[KernelRule, Step]], settings: Iterable[Mapping[str, str]]
) -> Iterator[str]:
    """The kernels of a net, forward and backward, with what they use before them."""
    chosen: list[Callable[..., Any]] = []
    slopes = []
    for rule, step in rules:
        if step.layer.elementwise:
            slopes.append(backward_text(type(step.layer)))
            chosen += [vars(functions)[n] for n in ("erf", "logistic", "log1pexp") if f"{n}(" in slopes[-1]]
            chosen.append(rule.forward)
        else:
            chosen += [rule.forward, rule.backward]
    texts = " ".join(text for given in settings for text in given.values() if "{" in text)
    chosen += [
        vars(sizes)[n] for n in ("same", "beyond", "reach", "grown", "times", "centred") if f"{n}(" in texts
    ]
    for name, value in definitions(chosen):
        yield show(name, value).strip("\n")
    yield from (text.strip("\n") for text in slopes)


def definitions(kernels: Iterable[Callable[..., Any]]) -> Iterator[tuple[str, Any]]:
    """Kernels and whatever of this package they use, by name; what is used stands before what uses it."""
    seen: set[str] = set()

    def define(name: str, value: Any) -> Iterator[tuple[str, Any]]:
        if name in seen:
            return
        seen.add(name)
        if isinstance(value, FunctionType):
            for used in used_names(value.__code__):
                other = value.__globals__.get(used)
                is_constant = used.isupper() and used in value.__globals__
                if is_constant or getattr(other, "__module__", "").startswith(PACKAGE):
                    yield from define(used, other)
        yield name, value

    for kernel in kernels:
        yield from define(kernel.__name__, kernel)


def show(name: str, value: Any) -> str:
    """The source of a function, or of a constant."""
    if isinstance(value, FunctionType):
        return inspect.getsource(value)
    return f"{name} = {value!r}".replace("'", '"')


def used_names(code: CodeType) -> Iterator[str]:
    """The global names that a function uses, those of its inner functions included."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from used_names(constant)


def imports(text: str) -> Iterator[str]:
    """The imports that pasted kernels need; those of types stand in annotations alone."""
    for module, names in [
        ("collections.abc", ("Iterator",)),
        ("functools", ("reduce",)),
        ("math", ("pi", "prod", "sqrt")),
        ("typing", ("Any",)),
    ]:
        chosen = [name for name in names if re.search(rf"(?<![\w.]){name}\b", text)]
        if chosen:
            yield f"from {module} import {', '.join(chosen)}"
