"""The forward method of a class: what is applied to which value, and the names of values.

A value that one step alone uses waits, as an expression, to be written inside that step. Where the whole
would be too deep or too long, the deepest of those that wait gets a name, and a name is free again behind its
last use. Of a residual block:

    step          waits                              written
    conv1         conv1(x)
    batchnorm1    batchnorm1(conv1(x))
    relu          relu(y)                            y = batchnorm1(conv1(x))       three calls are too deep
    conv2         conv2(relu(y))
    batchnorm2    batchnorm2(y)                      y = conv2(relu(y))
    add           batchnorm2(y) + x                  x is still there, for it has a later use
    relu          relu(batchnorm2(y) + x)
    the end                                          return relu(batchnorm2(y) + x)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from cnnspec.backends.python_source import literal
from cnnspec.backends.torch.bounds import SizeCheck, check_call
from cnnspec.backends.torch.calls import REQUIRED
from cnnspec.backends.torch.fields import GeneratedClass, flag
from cnnspec.backends.torch.layout import (
    INDENT,
    Bracketed,
    Doc,
    DocItem,
    Infix,
    call,
    fits,
    flat,
    lines,
)
from cnnspec.backends.torch.names import is_field, namespace
from cnnspec.backends.torch.order import moves
from cnnspec.backends.torch.parts import Absent, Leaf, Part, Scope
from cnnspec.graph import Graph
from cnnspec.layers.base import describe

BODY = 2 * INDENT
CONCATENATIONS = {"cat": "1", "cat2": "2"}
"""The axis that a join puts its inputs one after the other on: channels, or positions."""
MOST_CALLS = 2
"""How many calls may stand inside one another on a line."""
LONG = 60
"""From how many characters on an expression is a line of its own."""


@dataclass(eq=False)
class ForwardStep:
    """One step of the computation: `callee` applied to inputs, or the operator `join` between them.

    `ordered` is a step that stays before and after others of its kind, as `order` says; `flag` the
    attribute without which a sum is left out.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    callee: str = ""
    settings: tuple[DocItem, ...] = ()
    join: str = ""
    broadcast: tuple[int, ...] = ()
    suffixes: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    ordered: bool = False
    flag: str = ""


class Pending(NamedTuple):
    """A value not yet named: its expression, how deep its calls nest, and the variables that it uses.

    `ordered`: a step within it stays in the order of the spec.
    """

    doc: Doc
    depth: int
    held: tuple[str, ...]
    ordered: bool


class ForwardWriter:
    """Writes the forward method of one class, after its first instance."""

    def __init__(
        self,
        graph: Graph,
        made: GeneratedClass,
        reserved: set[str],
        moved: frozenset[str],
        check: SizeCheck | None = None,
    ):
        self.graph, self.made, self.moved, self.check = graph, made, moved, check
        self.scope = made.template
        self.names = namespace(reserved)
        self.reserved = reserved
        self.is_net = made.template.block is graph.root
        self.steps = self._needed(list(self._walk(self.scope, "self")))
        self.later = self._training_steps()
        self.steps.sort(key=lambda step: step in self.later)
        self.index = {step: index for index, step in enumerate(self.steps)}
        self.users: dict[str, ForwardStep] = {}
        for step in reversed(self.steps):
            self.users.update(dict.fromkeys(step.inputs, step))
        self.uses = Counter(value for step in self.steps for value in step.inputs)
        self.uses.update(self.scope.outputs)
        self.variables: dict[str, str] = {}
        self.pending: dict[str, Pending] = {}
        self.out: list[str] = []

    def write(self) -> list[str]:
        """The method, with the indentation of a class body."""
        arguments = [self._argument(value) for value in self.scope.inputs]
        self.variables.update(zip(self.scope.inputs, arguments, strict=True))
        if self.check is not None:
            self.out += lines(check_call(self.check, arguments[0]), BODY)
        for step in self.steps:
            if step not in self.later:
                self._write_step(step, BODY)
        self._write_end([step for step in self.steps if step in self.later])
        given = tuple(DocItem(name) for name in ("self", *(f"{name}: Tensor" for name in arguments)))
        head = lines(Bracketed("def forward(", given), INDENT, after=f" -> {self._result()}:")
        return [*head, *self.out]

    def _result(self) -> str:
        """The type of what it returns: a net with several heads, in training maybe, gives them by name."""
        count = len(self.scope.outputs)
        if not self.is_net:
            return "Tensor" if count == 1 else f"tuple[{', '.join(['Tensor'] * count)}]"
        heads, training = self.graph.outputs, self.graph.training_heads
        if len(heads) == 1 and not training:
            return "Tensor"
        return "Tensor | dict[str, Tensor]" if len(heads) - len(training) == 1 else "dict[str, Tensor]"

    def _argument(self, value: str) -> str:
        """The name of an input: what the spec calls it where a net has several, else x, then y and z."""
        if self.is_net and len(self.scope.inputs) > 1:
            return self.names.unique(value)
        index = self.scope.inputs.index(value)
        return self.names.unique("xyz"[index] if index < len("xyz") else "x")

    # which steps there are

    def _walk(self, scope: Scope, prefix: str) -> Iterator[ForwardStep]:
        for part in scope.parts:
            if isinstance(part, Scope) and part.form == "space":
                yield from self._walk(part, self._attribute(scope, prefix, part.segment))
            elif not isinstance(part, Absent):
                yield self._step(part, scope, prefix)

    def _step(self, part: Part, scope: Scope, prefix: str) -> ForwardStep:
        if isinstance(part, Leaf) and part.lowered.join:
            lowered = part.lowered
            return ForwardStep(
                part.inputs,
                part.outputs,
                join=lowered.join,
                broadcast=lowered.broadcast,
                suffixes=lowered.suffixes,
                flag=flag(self.made.fields) if part.segment in scope.optional else "",
            )
        assert not isinstance(part, Absent)
        if isinstance(part, Leaf) and part.node in self.made.functions:
            function = part.lowered.function
            assert function is not None
            settings = tuple(
                DocItem(literal(slot.value), "" if slot.default is REQUIRED else f"{slot.name}=")
                for slot in function.slots
                if slot.default is REQUIRED or slot.value != slot.default
            )
            return ForwardStep(part.inputs, part.outputs, function.name, settings)
        ordered = moves(self.graph, part, self.moved)
        if isinstance(part, Scope):
            callee = self._attribute(scope, prefix, part.segment)
        else:
            own = part.owner == part.path
            callee = self._attribute(scope, prefix, part.segment) if own else self._path(part.owner)
        labels = tuple(self._label(part, value) for value in part.outputs)
        return ForwardStep(part.inputs, part.outputs, callee, labels=labels, ordered=ordered)

    def _label(self, part: Part, value: str) -> str:
        """What a value may be called: as the block that makes it, or of several as the block within that."""
        if not isinstance(part, Scope) or part.block.kind == "arm":
            return ""
        if len(part.outputs) == 1:
            return part.segment
        inner = value[len(part.path) + 1 :].partition(".")[0]
        labels = [block for block in part.block.children if not isinstance(block, str)]
        return inner if any(block.segment == inner and block.kind == "label" for block in labels) else ""

    def _attribute(self, scope: Scope, prefix: str, segment: str) -> str:
        """How a module is reached from the container that it is in."""
        if scope.form == "space":
            return f"{prefix}[{literal(segment)}]"
        if is_field(segment):
            return f"{prefix}.{segment}"
        if scope.form in ("list", "dense"):
            return f"{prefix}[{segment}]"
        name = literal(segment)
        return f"{prefix}.get_submodule({name})" if segment.isdigit() else f"{prefix}._modules[{name}]"

    def _path(self, path: str) -> str:
        """How the module of another block of this class, or inside of it, is reached."""
        scope, text = self.scope, "self"
        for segment in (path[len(scope.path) + 1 :] if scope.path else path).split("."):
            text = self._attribute(scope, text, segment)
            inner = (part for part in scope.parts if part.segment == segment and isinstance(part, Scope))
            scope = next(inner, scope)
        return text

    def _needed(self, steps: list[ForwardStep]) -> list[ForwardStep]:
        """The steps that some output needs."""
        wanted, kept = set(self.scope.outputs), []
        for step in reversed(steps):
            if wanted & set(step.outputs):
                wanted |= set(step.inputs)
                kept.append(step)
        return kept[::-1]

    def _training_steps(self) -> set[ForwardStep]:
        """Those that inference leaves out."""
        if not self.is_net or not self.graph.training_heads:
            return set()
        kept = self.graph.inference_nodes
        return {step for step in self.steps if not any(value in kept for value in step.outputs)}

    # what they are written as

    def _write_step(self, step: ForwardStep, indent: int) -> None:
        found = self._expression(step, indent)
        if self._can_wait(step, found):
            self.pending[step.outputs[0]] = found
            return
        self._release(found.held)
        if isinstance(found.doc, str):
            # a join of one value is that value
            self.variables[step.outputs[0]] = found.doc
            return
        labels = step.labels or ("",) * len(step.outputs)
        told = len(labels) > 1 or self.uses[step.outputs[0]] > 1
        names = [self._variable(v, label * told) for v, label in zip(step.outputs, labels, strict=True)]
        self.out += lines(found.doc, indent, ", ".join(names) + " = ", comment=self._shape(step))

    def _expression(self, step: ForwardStep, indent: int) -> Pending:
        """What a step computes, from values that wait for it if the whole stays readable."""
        found = self._build(step)
        waiting = [value for value in step.inputs if value in self.pending]
        while waiting and not self._is_readable(step, found, indent):
            deepest = max(waiting, key=lambda value: self.pending[value].depth)
            self._settle(deepest, indent)
            waiting.remove(deepest)
            found = self._build(step)
        for value in waiting:
            self.pending.pop(value, None)
        return found

    def _is_readable(self, step: ForwardStep, found: Pending, indent: int) -> bool:
        """Whether an expression is neither too deep nor too long; a concatenation may take several lines."""
        if step.flag and any(value in self.pending for value in step.inputs):
            return False
        fitting = step.join in CONCATENATIONS or fits(flat(found.doc), indent + len("return "))
        return found.depth <= MOST_CALLS and fitting

    def _build(self, step: ForwardStep) -> Pending:
        docs: list[Doc] = []
        depth, held, ordered = 0, [], step.ordered
        for value in step.inputs:
            if value in self.pending:
                inner = self.pending[value]
                docs.append(inner.doc)
                depth = max(depth, inner.depth)
                held += inner.held
                ordered = ordered or inner.ordered
            else:
                docs.append(self.variables[value])
                held.append(value)
        is_call = step.join not in ("+", "*")
        return Pending(self._apply(step, docs), depth + is_call, tuple(held), ordered)

    def _can_wait(self, step: ForwardStep, found: Pending) -> bool:
        """Whether a value is written inside the one expression that uses it rather than named."""
        value = step.outputs[0]
        if len(step.outputs) > 1 or self.uses[value] != 1 or found.depth > MOST_CALLS:
            return False
        user = self.users.get(value)
        passed = range(self.index[step] + 1, len(self.steps) if user is None else self.index[user])
        if found.ordered and any(self.steps[index].ordered for index in passed):
            return False
        if user is None:
            return self.is_net or len(self.scope.outputs) == 1
        if self.is_net and step.callee.startswith("self.") and user.callee.startswith("self."):
            return False
        return all(self._feeds(self.steps[index], user) for index in passed) and len(flat(found.doc)) < LONG

    def _feeds(self, step: ForwardStep, user: ForwardStep) -> bool:
        return len(step.outputs) == 1 and step.outputs[0] in user.inputs and self.uses[step.outputs[0]] == 1

    def _settle(self, value: str, indent: int) -> None:
        """Give a waiting value a name."""
        found = self.pending.pop(value)
        self._release(found.held)
        self.out += lines(found.doc, indent, f"{self._variable(value, '')} = ")

    def _release(self, values: Iterable[str]) -> None:
        """Count uses down; the variable of a value that nothing needs any more is free."""
        for value in values:
            self.uses[value] -= 1
            if not self.uses[value]:
                self.variables.pop(value, None)

    def _variable(self, value: str, label: str) -> str:
        """A name for a value: its label, or x, y or z where one is free."""
        taken = set(self.variables.values()) | self.reserved
        wanted = (label,) if label.isidentifier() else ("x", "y", "z")
        names = namespace(taken)
        name = next((short for short in wanted if short not in names.taken), "")
        self.variables[value] = name or names.unique(wanted[0])
        return self.variables[value]

    def _shape(self, step: ForwardStep) -> str:
        if len(step.outputs) != 1 or step.outputs[0] not in self.made.fixed_shapes:
            return ""
        return describe(self.graph[step.outputs[0]].shape)

    def _apply(self, step: ForwardStep, docs: list[Doc]) -> Doc:
        if not step.join:
            return Bracketed(f"{step.callee}(", (*map(DocItem, docs), *step.settings))
        if len(docs) == 1:
            return docs[0]
        if step.join in CONCATENATIONS:
            values = DocItem(Bracketed("[", tuple(map(DocItem, docs)), "]"))
            return Bracketed("torch.cat(", (values, DocItem(CONCATENATIONS[step.join], "dim=")))
        if step.join == "maximum":
            whole = docs[0]
            for doc in docs[1:]:
                whole = call("torch.maximum", (DocItem(whole), DocItem(doc)))
            return whole
        if step.broadcast:
            docs = [_lifted(doc, missing) for doc, missing in zip(docs, step.broadcast, strict=True)]
        if any(step.suffixes):
            docs = [_followed(doc, suffix) for doc, suffix in zip(docs, step.suffixes, strict=True)]
        if step.join in ("sub", "div", "matmul"):
            return call(f"torch.{step.join}", tuple(map(DocItem, docs)))
        if step.flag:
            return f"{docs[0]} + {docs[1]} if self.{step.flag} else {docs[0]}"
        return Infix(step.join, tuple(docs))

    # how it ends

    def _write_end(self, training: list[ForwardStep]) -> None:
        # a head may end in a value that inference computes too: then no step is left for training
        if self.is_net and self.graph.training_heads:
            self.out.append(" " * BODY + "if self.training:")
            kept = dict(self.variables), self.uses.copy(), dict(self.pending)
            for step in training:
                self._write_step(step, BODY + INDENT)
            self._return_heads(self.graph.outputs, BODY + INDENT)
            self.variables, self.uses, self.pending = kept
        if self.is_net:
            kept_heads = {k: v for k, v in self.graph.outputs.items() if k not in self.graph.training_heads}
            if len(kept_heads) != 1:
                self._return_heads(kept_heads, BODY)
                return
            values = tuple(kept_heads.values())
        else:
            values = self.scope.outputs
        docs = [self._final(value) for value in values]
        doc = docs[0] if len(docs) == 1 else ", ".join(map(flat, docs))
        shape = describe(self.graph[values[0]].shape)
        told = len(values) == 1 and values[0] in self.pending and values[0] in self.made.fixed_shapes
        self.out += lines(doc, BODY, "return ", comment=shape if told else "")

    def _final(self, value: str) -> Doc:
        return self.pending[value].doc if value in self.pending else self.variables[value]

    def _return_heads(self, heads: Mapping[str, str], indent: int) -> None:
        items = tuple(DocItem(self._final(value), f"{literal(head)}: ") for head, value in heads.items())
        self.out += lines(Bracketed("{", items, "}"), indent, "return ")


def _lifted(doc: Doc, missing: int) -> Doc:
    """A vector made a map of one pixel, so that it multiplies each channel."""
    if not missing:
        return doc
    index = ", ".join([":, :", *["None"] * missing])
    return f"({flat(doc)})[{index}]" if isinstance(doc, Infix) else f"{flat(doc)}[{index}]"


def _followed(doc: Doc, suffix: str) -> Doc:
    """A value with a call or an attribute behind it."""
    return doc if not suffix else f"({flat(doc)}){suffix}" if isinstance(doc, Infix) else flat(doc) + suffix
