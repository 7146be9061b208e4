"""Which blocks of a net are alike as modules: but for their numbers, or with them.

    unit(16, act=relu)      nn.Conv2d(3, 16, 3), an activation      alike the second, equal to neither
    unit(32, act=silu)      nn.Conv2d(3, 32, 3), an activation

Alike ones may share a class; equal ones are made by the same call of its constructor.
"""

from __future__ import annotations

from collections.abc import Hashable
from itertools import takewhile

from cnnspec.backends.torch.aligning import ACTIVATION, SHORTCUT, SUM
from cnnspec.backends.torch.calls import TorchCall
from cnnspec.backends.torch.fields import GeneratedClass
from cnnspec.backends.torch.parts import Absent, Leaf, ModuleReuse, Part, Scope, arguments_of
from cnnspec.passes.alike import Contents, Numbers, number_of, single, wire

ABSENT = "absent shortcut"
"""What stands for the value of a shortcut that is not there; no path of a node has a space in it."""


class Signatures:
    """Numbers for what a scope is but for its numbers: layers, names and wiring, the same for the same.

    A list counts as one module repeated, whatever its length, unless `strict`. `final` is the class that each
    inner scope has been given, by id; without it they are compared by what they hold. Those that `equal` has
    one number for have one here too.
    """

    def __init__(
        self, equal: Equal | None = None, final: dict[int, GeneratedClass] | None = None, strict: bool = False
    ):
        self.equal, self.final, self.strict = equal, final, strict
        self.numbers: Numbers = {}
        self.known: dict[Scope | int, int] = {}

    def of(self, scope: Scope) -> int:
        key = scope if self.equal is None else self.equal.of(scope)
        if key not in self.known:
            self.known[key] = number_of(self._content(scope), self.numbers)
        return self.known[key]

    def of_part(self, part: Part, scope: Scope) -> int:
        """The number of a part of a scope."""
        return number_of(self._part(part, scope), self.numbers)

    def _content(self, scope: Scope) -> Hashable:
        if scope.form in ("list", "dense"):
            inner = [self._part(part, scope) for part in scope.parts]
            if not self.strict and len(set(inner)) == 1:
                inner = inner[:1]
            return scope.form, tuple(inner)
        rows, passed = self._rows(scope)
        wiring = wire(rows)
        # forward takes and gives its values in the scope's own order, which need not be that of their use
        given = [passed.get(value, value) for value in scope.outputs]
        borders = tuple([wiring.places.get(value) for value in (*scope.inputs, *given)])
        form = "chain" if scope.promoted else scope.form if scope.form != "space" else "class"
        title = scope.block.title if form == "class" and not scope.promoted else ""
        return form, title, wiring.rows, len(scope.inputs), borders

    def _rows(self, scope: Scope) -> tuple[list[Contents], dict[str, str]]:
        """The parts of a scope, and the values that an absent part stands behind, with what it gives.

        Parts that others of its kind may lack are alike whether they are there or absent.
        """
        rows: list[Contents] = []
        passed: dict[str, str] = {}
        value = scope.inputs[0] if scope.inputs else ""
        for index, part in enumerate(scope.parts):
            inputs = () if isinstance(part, Absent) else tuple(passed.get(v, v) for v in part.inputs)
            if part.segment in scope.optional:
                outputs: tuple[str, ...] = (f"{ABSENT} {part.segment}",)
                if isinstance(part, Absent):
                    inputs = (passed.get(value, value), *([ABSENT] if part.segment == SUM else []))
                    passed[value] = outputs[0]
                else:
                    inputs = (*inputs[:1], *([ABSENT] if part.segment == SUM else []))
                    outputs = part.outputs
                rows.append(single(("optional", part.segment), outputs, inputs))
            else:
                rows.append(self._row(scope, index, inputs))
            if not isinstance(part, Absent):
                value = part.outputs[-1]
        return rows, passed

    def _row(self, scope: Scope, index: int, inputs: tuple[str, ...]) -> Contents:
        """One part of a scope. A shortcut is alike whether it is there or absent, and so is what joins it."""
        part = scope.parts[index]
        if isinstance(part, Absent):
            last = scope.parts[-1]
            source = last.inputs[-1:] if isinstance(last, Leaf) else scope.inputs[:1]
            return single("shortcut", (ABSENT,), source)
        if _is_shortcut(part):
            return single("shortcut", part.outputs, inputs)
        if _joins_shortcut(scope, index) and isinstance(scope.parts[index - 1], Absent):
            inputs = (*inputs[:-1], ABSENT)
        return single((part.segment, self._part(part, scope)), part.outputs, inputs)

    def _part(self, part: Part, scope: Scope) -> Hashable:
        if isinstance(part, Scope):
            if part.form == "class" and self.final is not None:
                return "class", self.final[id(part)].number
            return "scope", self.of(part)
        if isinstance(part, ModuleReuse):
            return "call", _relative(part.owner, scope.path)
        assert isinstance(part, Leaf)
        if part.segment == ACTIVATION and ACTIVATION in scope.optional:
            return ACTIVATION
        shared = None if part.owner == part.path else _relative(part.owner, scope.path)
        made, function = part.lowered.module, part.lowered.function
        return (
            "leaf",
            made and (made.name, tuple(slot.name for slot in made.slots)),
            function and function.name,
            part.lowered.join,
            part.lowered.suffixes,
            part.lowered.broadcast,
            shared,
        )


class Equal:
    """Numbers for what a scope is, all its numbers included: one call of a constructor makes equal ones."""

    def __init__(self) -> None:
        self.numbers: Numbers = {}
        self.known: dict[Part, int] = {}

    def of(self, part: Scope | Leaf) -> int:
        if part not in self.known:
            content = self._scope(part) if isinstance(part, Scope) else self._leaf(part)
            self.known[part] = number_of(content, self.numbers)
        return self.known[part]

    def _scope(self, scope: Scope) -> Hashable:
        wiring = wire(self._row(part, scope) for part in scope.parts)
        borders = tuple([wiring.places.get(value) for value in (*scope.inputs, *scope.outputs)])
        block = scope.block
        made = (
            block.kind,
            block.title,
            scope.form,
            scope.promoted,
            scope.linear,
            scope.optional,
            arguments_of(block),
        )
        return made, wiring.rows, borders, scope.taken, scope.shapes

    def _row(self, part: Part, scope: Scope) -> Contents:
        if isinstance(part, Absent):
            return single((ABSENT, part.segment), (), ())
        if isinstance(part, ModuleReuse):
            return single((part.segment, _relative(part.owner, scope.path)), part.outputs, part.inputs)
        shared = None
        if isinstance(part, Leaf) and part.owner != part.path:
            shared = _relative(part.owner, scope.path)
        return single((part.segment, self.of(part), shared), part.outputs, part.inputs)

    def _leaf(self, leaf: Leaf) -> Hashable:
        made, function, *joined = leaf.lowered
        return _values(made), _values(function), *joined, leaf.shape


def _values(call: TorchCall | None) -> Hashable:
    return call and (call.name, tuple([(slot.name, type(slot.value), slot.value) for slot in call.slots]))


def _relative(path: str, block: str) -> tuple[int, str]:
    """The way from a block to a path: by how many names outwards, then what follows."""
    names, around = path.split("."), block.split(".") if block else []
    same = takewhile(lambda pair: pair[0] == pair[1], zip(names, around, strict=False))
    shared = sum(1 for _ in same)
    return len(around) - shared, ".".join(names[shared:])


def _is_shortcut(part: Part) -> bool:
    return isinstance(part, Scope) and part.block.kind == "shortcut" and len(part.outputs) == 1


def _joins_shortcut(scope: Scope, index: int) -> bool:
    """Whether this part of a residual adds the shortcut, or the value in its place, to the main path."""
    if index != len(scope.parts) - 1 or index == 0:
        return False
    before = scope.parts[index - 1]
    last = scope.parts[index]
    if isinstance(before, Absent):
        return before.segment == SHORTCUT
    return _is_shortcut(before) and isinstance(last, Leaf) and last.inputs[-1:] == before.outputs
