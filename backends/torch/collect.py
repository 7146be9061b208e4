"""Reads the constructor of a class off its instances: parallel walks that gather each argument's values.

Of three residual blocks side by side, first the one that has most, and what is found of each part:

                  basic2    basic1    basic3
    conv1         leaf      leaf      leaf       a module; a column for each argument, stride: 2, 1, 2
    batchnorm1    leaf      leaf      leaf       a module
    relu          leaf      leaf      leaf       the same function in all: no module
    conv2, batchnorm2                            as conv1 and batchnorm1
    shortcut      chain     absent    chain      a group of modules, there in the first and the third
    add           leaf      leaf      leaf       an expression: no module
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from cnnspec.backends.python_source import TypeName
from cnnspec.backends.torch.aligning import ACTIVATION
from cnnspec.backends.torch.calls import Slot
from cnnspec.backends.torch.expressions import ABSENT
from cnnspec.backends.torch.fields import (
    ArgumentValues,
    ClassParameter,
    Field,
    Flat,
    GeneratedClass,
    GroupField,
    ModuleField,
    RunField,
    arguments,
    in_step,
    numbers,
    step_between,
)
from cnnspec.backends.torch.names import namespace
from cnnspec.backends.torch.parts import Absent, Leaf, ModuleReuse, Part, Scope, arguments_of
from cnnspec.backends.torch.ramps import ramp_of
from cnnspec.layers.base import describe

Row = Leaf | Scope | None


class Uneven(Exception):
    """Lists of different lengths have no common form: these instances cannot share a class."""


class Collector:
    """Walks the instances of one class side by side.

    `shown` are the parts, by identity, whose shapes comments tell, `fixed_shapes` the nodes whose shape is
    the same in each of those. `functions` are the layers (by node of the first instance) that are written as
    functions, not as modules.
    """

    def __init__(
        self,
        class_of: Mapping[int, GeneratedClass],
        values: Mapping[int, tuple[Any, ...]],
        instances: list[Scope],
        shown: Collection[int],
    ):
        self.class_of, self.values, self.instances, self.shown = class_of, values, instances, shown
        self.entry = instances[0].inputs[:1]
        # a shared block may be called on maps of several sizes
        self.is_shared = any(block.kind == "share" for block in instances[0].block.ancestors())
        self.functions: set[str] = set()
        self.fixed_shapes: set[str] = set()
        self.flats: dict[int, Flat] = {}

    def fields(self) -> list[Field]:
        return self._frame(self.instances)

    def _frame(self, rows: Sequence[Scope]) -> list[Field]:
        """The modules of a class or space; what is a function or another's module leaves none."""
        found = []
        # nn.Sequential holds modules alone: in one that is run by it even a relu is a module
        calls_them = rows[0].form == "space" or not rows[0].linear
        for parts in zip(*(scope.parts for scope in rows), strict=True):
            present = [part for part in parts if not isinstance(part, Absent)]
            if not present or any(isinstance(part, ModuleReuse) for part in present):
                self._note_shapes(parts)
                continue
            self._note_shapes(parts)
            first = present[0]
            if isinstance(first, Leaf) and first.segment == ACTIVATION and ACTIVATION in rows[0].optional:
                found.append(_activation(parts))
                continue
            is_everywhere = len(present) == len(parts)
            if calls_them and is_everywhere and isinstance(first, Leaf) and self._is_function(present):
                self.functions.add(first.node)
                continue
            if isinstance(first, Leaf) and first.lowered.join and len(present) < len(parts):
                there = tuple(not isinstance(part, Absent) for part in parts)
                name = namespace(part.segment for part in rows[0].parts).unique("adds")
                found.append(ModuleField(name, None, [], present=there))
                continue
            # a join is an expression in forward, and shared weights are those of another module
            if isinstance(first, Leaf) and (first.lowered.join or first.owner != first.path):
                continue
            field = self._field([None if isinstance(part, Absent) else part for part in parts])
            if not (isinstance(field, GroupField) and not field.items):
                found.append(field)
        return found

    def _is_function(self, parts: Sequence[Any]) -> bool:
        """Whether a layer keeps no state and has the same settings in every instance."""
        function = parts[0].lowered.function
        return function is not None and all(part.lowered.function == function for part in parts)

    def _note_shapes(self, parts: Sequence[Part]) -> None:
        first = parts[0]
        if isinstance(first, Absent) or self.is_shared:
            return
        shown = [part for part in parts if id(part) in self.shown]
        for slot, value in enumerate(first.outputs):
            if all(
                not isinstance(part, Absent) and part.shapes[slot] == first.shapes[slot] for part in shown
            ):
                self.fixed_shapes.add(value)

    def _field(self, rows: Sequence[Row]) -> ModuleField | GroupField:
        first = next(row for row in rows if row is not None)
        if isinstance(first, Leaf):
            made = self._layer(rows, first)
        elif first.form == "class":
            made = self._instance(rows, first)
        else:
            made = self._group(rows, first)
        made.shape = self._shape(rows)
        if any(row is None for row in rows):
            made.present = tuple(row is not None for row in rows)
        return made

    def _shape(self, rows: Sequence[Row]) -> str:
        """The shape of the output, where it is the same in every instance."""
        if self.is_shared:
            return ""
        shown = [row for row in rows if row is not None and id(row) in self.shown]
        shapes = {row.shapes[0] for row in shown if len(row.outputs) == 1}
        many = any(len(row.outputs) != 1 for row in shown)
        return describe(shapes.pop()) if len(shapes) == 1 and not many else ""

    def _layer(self, rows: Sequence[Row], first: Leaf) -> ModuleField:
        call = first.lowered.module
        assert call is not None
        made = []
        for index, slot in enumerate(call.slots):
            column = []
            for row in rows:
                assert row is None or isinstance(row, Leaf)
                call_here = row.lowered.module if row else None
                column.append(call_here.slots[index].value if call_here else ABSENT)
            made.append(self._argument(slot, column, first))
        return ModuleField(first.segment, call.name, made)

    def _instance(self, rows: Sequence[Row], first: Scope) -> ModuleField:
        used = self.class_of[id(first)]
        made = []
        for index, parameter in enumerate(used.parameters):
            column = [ABSENT if row is None else self.values[id(row)][index] for row in rows]
            made.append(self._argument(parameter, column, first))
        return ModuleField(first.segment, used, made)

    def _argument(
        self, slot: Slot | ClassParameter, column: list[Any], first: Leaf | Scope
    ) -> ArgumentValues:
        of_input = first.inputs[:1] == self.entry
        return ArgumentValues(slot.name, tuple(column), slot.default, slot.kind, first.segment, of_input)

    def _group(self, rows: Sequence[Row], first: Scope) -> GroupField:
        present = [row for row in rows if isinstance(row, Scope)]
        items: list[Field]
        if first.form == "space":
            items = self._frame(present)
        elif first.form in ("chain", "concat"):
            items = [
                self._field([row.parts[index] if isinstance(row, Scope) else None for row in rows])  # type: ignore[misc]
                for index in range(len(first.parts))
            ]
        else:
            items = self._runs(rows)
        return GroupField(first.segment, first.form, items)

    def _runs(self, rows: Sequence[Row]) -> list[Field]:
        """The modules of a list, those in a row that differ in steady steps folded into runs."""
        lists: list[list[Any]] = [row.parts if isinstance(row, Scope) else [] for row in rows]
        lengths = {len(parts) for parts in lists if parts}
        # Of one length everywhere, the list may be cut into runs where its numbers break step; else only the
        # count tells instances apart, and all but the first must be in step.
        if len(lengths) == 1:
            borders = self._borders([parts for parts in lists if parts], lengths.pop())
            return [self._run(lists, start, [min(stop, len(p)) for p in lists]) for start, stop in borders]
        whole = [len(parts) for parts in lists]
        if all(self._is_steady(parts) for parts in lists):
            return [self._run(lists, 0, whole)]
        if all(self._is_steady(parts[1:]) for parts in lists):
            return [self._run(lists, 0, [min(1, n) for n in whole]), self._run(lists, 1, whole)]
        raise Uneven

    def _is_steady(self, parts: list[Any]) -> bool:
        return not parts or self._steady_until([parts], 0, len(parts)) == len(parts)

    def _borders(self, lists: list[list[Any]], length: int) -> list[tuple[int, int]]:
        borders, start = [], 0
        while start < length:
            stop = self._steady_until(lists, start, length)
            borders.append((start, stop))
            start = stop
        return borders

    def _steady_until(self, lists: list[list[Any]], start: int, length: int) -> int:
        """The end of the run that starts here; two that differ are no run yet."""
        stop, steps = start + 1, None
        while stop < length:
            here = [step_between(self._flat(parts[stop - 1]), self._flat(parts[stop])) for parts in lists]
            found = [step for step in here if step is not None]
            if len(found) < len(here) or (steps is not None and not all(map(in_step, steps, found))):
                break
            stop, steps = stop + 1, found
        moves = steps is not None and any(any(step) for step in steps)
        # two that differ are in step with each other by themselves: it takes three to see one
        if moves and (stop - start < 3 or not self._are_ramps(lists, start, stop, steps or [])):
            return start + 1
        return stop

    def _are_ramps(
        self, lists: list[list[Any]], start: int, stop: int, steps: list[list[int | float]]
    ) -> bool:
        """Whether all floats that move in a run can be written as ramps."""
        return all(
            ramp_of(self._sequence(parts, start, stop, index)) is not None
            for parts, found in zip(lists, steps, strict=True)
            for index, step in enumerate(found)
            if type(step) is float
        )

    def _sequence(self, parts: list[Any], start: int, stop: int, index: int) -> list[Any]:
        """One number of each module of a run."""
        return [self._flat(part).values[index] for part in parts[start:stop]]

    def _run(self, lists: list[list[Any]], start: int, stops: list[int]) -> Field:
        firsts = [parts[start] if start < stop else None for parts, stop in zip(lists, stops, strict=True)]
        item = self._field(firsts)
        if all(stop - start == 1 for stop in stops):
            return item
        item.present = None
        pairs = [
            step_between(self._flat(parts[start]), self._flat(parts[start + 1])) if stop - start > 1 else None
            for parts, stop in zip(lists, stops, strict=True)
        ]
        for argument in arguments(item):
            argument.steps = (0,) * len(pairs)
        for index, argument in enumerate(numbers(item)):
            column = tuple(0 if steps is None else steps[index] for steps in pairs)
            if any(type(step) is float for step in column):
                sequences = [
                    self._sequence(p, start, stop, index) for p, stop in zip(lists, stops, strict=True)
                ]
                argument.ramp = self._ramp(argument, sequences)
            else:
                argument.steps = column
        counts = tuple(max(0, stop - start) for stop in stops)
        return RunField(item, ArgumentValues("depth", counts, kind="count", more=start))

    def _ramp(
        self, argument: ArgumentValues, sequences: list[list[Any]]
    ) -> tuple[ArgumentValues, ArgumentValues, ArgumentValues]:
        """The rates, starts and steps of the ramps that an argument is; 0 throughout has the rate of 0."""
        found: list[tuple[Any, ...]] = []
        for scope, values in zip(self.instances, sequences, strict=True):
            given = [value for _, value in arguments_of(scope.block) if type(value) is float]
            made = ramp_of(values, given) if len(values) > 1 else None
            if made is None and any(values):
                raise Uneven
            found.append(made or ((0.0, ABSENT, ABSENT) if values else (ABSENT,) * 3))
        rates, starts, steps = zip(*found, strict=True)
        owner = argument.owner
        return (
            ArgumentValues(argument.name, rates, owner=owner),
            ArgumentValues(f"{argument.name}_start", starts, kind="count", owner=owner),
            ArgumentValues(f"{argument.name}_steps", steps, kind="count", owner=owner),
        )

    def _flat(self, part: Leaf | Scope) -> Flat:
        """A module's identity and numbers, in the order of `numbers`."""
        if id(part) not in self.flats:
            self.flats[id(part)] = self._flatten(part)
        return self.flats[id(part)]

    def _flatten(self, part: Leaf | Scope) -> Flat:
        if isinstance(part, Leaf):
            call = part.lowered.module
            assert call is not None
            return Flat(("leaf", call.name), [slot.value for slot in call.slots])
        if part.form == "class":
            return Flat(("class", self.class_of[id(part)].number), list(self.values[id(part)]))
        inner = [self._flat(child) for child in part.parts if isinstance(child, Leaf | Scope)]
        named = part.form in ("chain", "concat")
        key = (
            part.form,
            tuple(
                (child.segment if named else "", flat.key)
                for child, flat in zip(part.parts, inner, strict=True)
            ),
        )
        if not named:
            # how a list folds into runs depends on its numbers, so only equal lists make a run
            return Flat((key, tuple((type(v), v) for flat in inner for v in flat.values)))
        return Flat(key, [value for flat in inner for value in flat.values])


def _activation(parts: Sequence[Part]) -> ModuleField:
    """A module of another type in each instance, of nn.Identity where there is none."""
    made = [part.lowered.module if isinstance(part, Leaf) else None for part in parts]
    types = tuple(TypeName(call.name if call else "nn.Identity") for call in made)
    slots = [slot for call in made if call for slot in call.slots if slot.name == "inplace"]
    in_place = len(slots) == sum(call is not None for call in made) and all(slot.value for slot in slots)
    arguments = [ArgumentValues("inplace", (True,) * len(made), False)] if in_place else []
    return ModuleField(ACTIVATION, ArgumentValues(ACTIVATION, types, kind="type"), arguments)
