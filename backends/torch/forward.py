"""The forward method of a class: which module or function is applied to which value, and the names of values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnspec.backends.torch.expressions import literal
from cnnspec.backends.torch.layout import (
    INDENT,
    Bracketed,
    Comprehension,
    Doc,
    Infix,
    Item,
    call,
    fits,
    flat,
    lines,
)
from cnnspec.backends.torch.names import Namespace, is_field
from cnnspec.backends.torch.rules import REQUIRED
from cnnspec.backends.torch.structure import Absent, Leaf, Part, Scope
from cnnspec.graph import Graph
from cnnspec.layers.base import describe

if TYPE_CHECKING:
    from cnnspec.backends.torch.classes import Class

BODY = 2 * INDENT
MOST_CALLS = 2
"""How many calls may stand inside one another on a line."""
FEW_ARMS = 2


@dataclass(eq=False)
class Step:
    """One line of the computation: `callee` applied to inputs; `join` is the operator where there is no callee.

    `arms` is a namespace whose modules all take the one input, for the concatenation of what they give.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    callee: str = ""
    settings: tuple[Item, ...] = ()
    join: str = ""
    broadcast: tuple[int, ...] = ()
    arms: str = ""
    label: str = ""


class Forward:
    """Writes the forward method of one class, after its first instance."""

    def __init__(self, graph: Graph, made: Class, reserved: set[str]):
        self.graph, self.made, self.scope = graph, made, made.template
        self.names = Namespace(reserved)
        self.reserved = reserved
        self.is_net = made.template.block is graph.root
        self.steps = self._needed(list(self._walk(self.scope, "self")))

    def write(self) -> list[str]:
        """The method, without the indentation of the class."""
        arguments = [self._argument(value) for value in self.scope.inputs]
        self.variables = dict(zip(self.scope.inputs, arguments, strict=True))
        self.uses = Counter(value for step in self.steps for value in step.inputs)
        self.uses.update(self.scope.outputs)
        self.pending: dict[str, tuple[Doc, int, tuple[str, ...]]] = {}
        self.out: list[str] = []
        later = self._training_steps()
        for step in self.steps:
            if step not in later:
                self._write_step(step)
        self._write_end([step for step in self.steps if step in later])
        head = f"    def forward(self, {', '.join(arguments)}){self._annotation()}:"
        return [head, *self.out]

    def _annotation(self) -> str:
        """TorchScript must be told where a net returns one tensor in inference and several in training."""
        heads = self.graph.outputs
        several = self.is_net and self.graph.training_heads and len(heads) - len(self.graph.training_heads) == 1
        return " -> torch.Tensor | dict[str, torch.Tensor]" if several else ""

    def _argument(self, value: str) -> str:
        if len(self.scope.inputs) == 1:
            return self._take("x")
        wanted = value.rpartition(".")[2] if self.is_net else self._label_of(value)
        return self._take(wanted or "x")

    def _label_of(self, value: str) -> str:
        """What the spec calls a value: the label or block that ends in it."""
        block = self.graph[value].block
        return block.segment if block.segment.isidentifier() else ""

    def _take(self, wanted: str) -> str:
        return self.names.unique(wanted)

    # which steps there are

    def _walk(self, scope: Scope, prefix: str) -> Iterator[Step]:
        arms = self._arms(scope, prefix)
        if arms is not None:
            yield arms
            return
        for part in scope.parts:
            if isinstance(part, Scope) and part.form == "space":
                yield from self._walk(part, self._attribute(scope, prefix, part.segment))
            elif not isinstance(part, Absent):
                yield self._step(part, scope, prefix)

    def _arms(self, scope: Scope, prefix: str) -> Step | None:
        """A concatenation of modules that all take the one value, as one step."""
        *arms, last = scope.parts
        if scope.block.kind != "join" or not isinstance(last, Leaf) or last.lowered.join != "cat":
            return None
        if len(arms) <= FEW_ARMS or scope.outputs != last.outputs or scope.form == "class":
            return None
        if not all(isinstance(arm, Scope) and arm.form != "space" and arm.inputs == scope.inputs for arm in arms):
            return None
        if len(scope.inputs) != 1 or last.inputs != tuple(
            value for arm in arms if isinstance(arm, Scope) for value in arm.outputs
        ):
            return None
        return Step(scope.inputs, scope.outputs, arms=prefix, label=scope.segment)

    def _step(self, part: Part, scope: Scope, prefix: str) -> Step:
        if isinstance(part, Leaf) and part.lowered.join:
            lowered = part.lowered
            return Step(part.inputs, part.outputs, join=lowered.join, broadcast=lowered.broadcast)
        assert not isinstance(part, Absent)
        if isinstance(part, Leaf) and part.node in self.made.functions:
            function = part.lowered.function
            assert function is not None
            settings = tuple(
                Item(literal(slot.value), "" if slot.default is REQUIRED else f"{slot.name}=")
                for slot in function.slots
                if slot.default is REQUIRED or slot.value != slot.default
            )
            return Step(part.inputs, part.outputs, function.name, settings)
        if isinstance(part, Scope):
            callee = self._attribute(scope, prefix, part.segment)
        else:
            own = part.owner == part.path
            callee = self._attribute(scope, prefix, part.segment) if own else self._path(part.owner)
        label = part.segment if isinstance(part, Scope) and part.block.kind != "arm" else ""
        return Step(part.inputs, part.outputs, callee, label=label)

    def _attribute(self, scope: Scope, prefix: str, segment: str) -> str:
        """How a module is reached from the namespace that it is in."""
        if is_field(segment):
            return f"{prefix}.{segment}"
        if segment.isdigit() and scope.form == "space":
            is_list = [part.segment for part in scope.parts] == [str(i) for i in range(len(scope.parts))]
            return f"{prefix}[{segment}]" if is_list else f"{prefix}[{literal(segment)}]"
        return f"{prefix}._modules[{literal(segment)}]"

    def _path(self, path: str) -> str:
        """How a module elsewhere in this class is reached."""
        inner = path[len(self.scope.path) + 1 :] if self.scope.path else path
        segments = inner.split(".")
        if all(map(is_field, segments)):
            return "self." + inner
        return f"self.get_submodule({literal(inner)})"

    def _needed(self, steps: list[Step]) -> list[Step]:
        """The steps that some output needs."""
        wanted, kept = set(self.scope.outputs), []
        for step in reversed(steps):
            if wanted & set(step.outputs):
                wanted |= set(step.inputs)
                kept.append(step)
        return kept[::-1]

    def _training_steps(self) -> set[Step]:
        """Those that inference leaves out."""
        if not self.is_net or not self.graph.training_heads:
            return set()
        kept = self.graph.inference_nodes
        return {step for step in self.steps if not any(value in kept for value in step.outputs)}

    # what they are written as

    def _write_step(self, step: Step, indent: int = BODY) -> None:
        doc, depth, held = self._expression(step, indent)
        value = step.outputs[0]
        if len(step.outputs) == 1 and self._can_wait(step, doc, depth):
            self.pending[value] = (doc, depth, held)
            return
        for used in held:
            self.uses[used] -= 1
        names = [self._variable(value, step.label) for value in step.outputs]
        self._emit(", ".join(names) + " = ", doc, indent, self._shape(step))

    def _expression(self, step: Step, indent: int) -> tuple[Doc, int, tuple[str, ...]]:
        """What a step computes, how deep its calls nest, and the variables that it holds on to."""
        doc, depth, held = self._build(step)
        waiting = [value for value in step.inputs if value in self.pending]
        if waiting and (depth > MOST_CALLS or not fits(flat(doc), indent + len("return "))):
            if not (step.join == "cat" and depth <= MOST_CALLS):
                for value in waiting:
                    self._settle(value, indent)
                doc, depth, held = self._build(step)
        for value in waiting:
            self.pending.pop(value, None)
        return doc, depth, held

    def _build(self, step: Step) -> tuple[Doc, int, tuple[str, ...]]:
        docs, depth, held = [], 0, []
        for value in step.inputs:
            if value in self.pending:
                doc, inner, names = self.pending[value]
                docs.append(doc)
                depth = max(depth, inner)
                held += names
            else:
                docs.append(self.variables[value])
                held.append(value)
        operator = step.join in ("+", "*")
        return self._apply(step, docs), depth + (not operator), tuple(held)

    def _apply(self, step: Step, docs: list[Doc]) -> Doc:
        if step.arms:
            each = Comprehension("[", f"arm({flat(docs[0])})", f"for arm in {step.arms}.values()", "]")
            return Bracketed("torch.cat(", (Item(each), Item("1", "dim=")))
        if not step.join:
            return Bracketed(f"{step.callee}(", (*map(Item, docs), *step.settings))
        if len(docs) == 1:
            return docs[0]
        if step.join == "cat":
            return Bracketed("torch.cat(", (Item(Bracketed("[", tuple(map(Item, docs)), "]")), Item("1", "dim=")))
        if step.join == "maximum":
            whole = docs[0]
            for doc in docs[1:]:
                whole = call("torch.maximum", (Item(whole), Item(doc)))
            return whole
        if step.broadcast:
            docs = [_lifted(doc, missing) for doc, missing in zip(docs, step.broadcast, strict=True)]
        return Infix(step.join, tuple(docs))

    def _can_wait(self, step: Step, doc: Doc, depth: int) -> bool:
        """Whether a value is written inside the one expression that uses it rather than named."""
        value = step.outputs[0]
        if self.uses[value] != 1 or value in self.scope.outputs or isinstance(doc, str):
            return self._is_single_output(value) and depth <= MOST_CALLS
        user = next((other for other in self.steps if value in other.inputs), None)
        if user is None or (self.is_net and step.callee.startswith("self.") and user.callee.startswith("self.")):
            return False
        between = self.steps[self.steps.index(step) + 1 : self.steps.index(user)]
        return all(self._feeds(other, user) for other in between) and len(flat(doc)) < 60

    def _feeds(self, step: Step, user: Step) -> bool:
        return len(step.outputs) == 1 and step.outputs[0] in user.inputs and self.uses[step.outputs[0]] == 1

    def _is_single_output(self, value: str) -> bool:
        return self.scope.outputs == (value,) and self.uses[value] == 1 and not self._training_steps()

    def _settle(self, value: str, indent: int) -> None:
        """Give a waiting value a name."""
        doc, _, held = self.pending.pop(value)
        for used in held:
            self.uses[used] -= 1
        self._emit(f"{self._variable(value, '')} = ", doc, indent, "")

    def _variable(self, value: str, label: str) -> str:
        """A name for a value: x, y or z where one is free, its label where it is needed for long."""
        live = {name for used, name in self.variables.items() if self.uses[used] > 0}
        for doc, _, held in self.pending.values():
            live |= {self.variables[used] for used in held}
        if label and self.uses[value] > 1 and label.isidentifier():
            name = self._fresh(label, live)
        else:
            name = next((short for short in ("x", "y", "z") if short not in live | self.reserved), "")
            name = name or self._fresh("x", live)
        self.variables[value] = name
        return name

    def _fresh(self, wanted: str, live: set[str]) -> str:
        return Namespace(self.reserved | live).unique(wanted)

    def _shape(self, step: Step) -> str:
        if len(step.outputs) != 1 or step.outputs[0] not in self.made.fixed_shapes:
            return ""
        return describe(self.graph[step.outputs[0]].shape)

    def _emit(self, before: str, doc: Doc, indent: int, comment: str) -> None:
        self.out += lines(doc, indent, before, comment=comment)

    # how it ends

    def _write_end(self, training: list[Step]) -> None:
        if training:
            self.out.append(" " * BODY + "if self.training:")
            kept = dict(self.variables), self.uses.copy(), dict(self.pending)
            for step in training:
                self._write_step(step, BODY + INDENT)
            self._return(dict(self.graph.outputs), BODY + INDENT)
            self.variables, self.uses, self.pending = kept
        heads = {
            head: value
            for head, value in self.graph.outputs.items()
            if head not in self.graph.training_heads
        }
        if self.is_net and len(heads) > 1:
            self._return(heads, BODY)
        else:
            values = tuple(heads.values()) if self.is_net else self.scope.outputs
            docs = [self._final(value) for value in values]
            doc = docs[0] if len(docs) == 1 else ", ".join(flat(doc) for doc in docs)
            self._emit("return ", doc, BODY, self._final_shape(values))

    def _final(self, value: str) -> Doc:
        if value in self.pending:
            return self.pending[value][0]
        return self.variables[value]

    def _final_shape(self, values: tuple[str, ...]) -> str:
        fixed = len(values) == 1 and values[0] in self.made.fixed_shapes and values[0] in self.pending
        return describe(self.graph[values[0]].shape) if fixed else ""

    def _return(self, heads: dict[str, str], indent: int) -> None:
        items = tuple(Item(self._final(value), f"{literal(head)}: ") for head, value in heads.items())
        self._emit("return ", Bracketed("{", items, "}"), indent, "")


def _lifted(doc: Doc, missing: int) -> Doc:
    """A vector made a map of one pixel, so that it multiplies each channel."""
    if not missing:
        return doc
    index = ", ".join([":, :", *["None"] * missing])
    return f"{flat(doc)}[{index}]" if not isinstance(doc, Infix) else f"({flat(doc)})[{index}]"
