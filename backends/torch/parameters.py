"""What the constructor of a class takes, so that each of its instances can be made.

Three instances of `def basic(width, stride=1)`, on 32 channels, and how their arguments are written:

                            basic1  basic2  basic3
    known    width          32      64      128       from the calls in the spec
             stride         1       2       2
             in_channels    32      32      64        from the values that flow in

    conv1    in_channels    32      32      64        in_channels
             out_channels   32      64      128       width
             kernel_size    3       3       3         3
             stride         1       2       2         stride
    conv2    in_channels    32      64      128       width
    shortcut is there       no      yes     yes       if stride != 1 or in_channels != width
             stride         -       2       2         2

A column is looked for among the constants, then the known columns of its kind, then what simple arithmetic
makes of these (expressions.py): 4 * width in a bottleneck, in_channels + growth in a dense block. A column
that nothing gives becomes known itself, as one more parameter. A dash, where an instance has no such layer,
fits anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from cnnspec.backends.python_source import literal
from cnnspec.backends.torch.calls import REQUIRED
from cnnspec.backends.torch.expressions import (
    ABSENT,
    Column,
    Expression,
    constant,
    find,
    find_condition,
    is_constant,
    is_same,
    opposite,
)
from cnnspec.backends.torch.fields import (
    ArgumentValues,
    ClassParameter,
    Field,
    GroupField,
    ModuleField,
    arguments,
    modules,
    optional_fields,
)
from cnnspec.backends.torch.names import namespace
from cnnspec.backends.torch.parts import Scope, arguments_of
from cnnspec.backends.torch.ramps import ramp_text, shares

SUM = "sum("


def parameters(
    instances: list[Scope], places: list[int], fields: list[Field], is_net: bool
) -> list[ClassParameter]:
    """Write every argument of the fields in terms of parameters; returns those that are needed, in order.

    `places` says how often each instance stands in the net. The parameters of a net, whose first instance it
    is, all have defaults.
    """
    return Inference(instances, places, fields, is_net).run()


class Inference:
    """Finds expressions for columns; what no expression gives becomes a parameter of its own."""

    def __init__(self, instances: list[Scope], places: list[int], fields: list[Field], is_net: bool):
        self.places, self.fields, self.is_net = places, fields, is_net
        self.every = [argument for field in fields for argument in arguments(field)]
        self.names = namespace()
        # What the spec names comes first, so that its words win over made ones: it is tried first, and new
        # names keep clear of it.
        self.whole = self._known(instances)
        self.given = tuple(self.whole)
        self.rows = self._distinct_rows(len(instances))
        self.known = {name: self._reduce(column) for name, column in self.whole.items()}
        self.kinds: dict[str, str] = {self.channels: "channels"}
        self.beside = {
            id(a): module.arguments for field in fields for module in modules(field) for a in module.arguments
        }
        self.shares = self._shares() if is_net else {}
        self.used: dict[str, None] = {}
        self.defaults: dict[str, list[Any]] = {}

    def _known(self, instances: list[Scope]) -> dict[str, Column]:
        """What an instance may be told: the arguments of its call in the spec, and the channels it gets."""
        found: dict[str, Column] = {}
        given = [dict(arguments_of(scope.block)) for scope in instances]
        for name in given[0]:
            column = tuple(values.get(name, ABSENT) for values in given)
            if all(_is_plain(value) for value in column) and not is_constant(column):
                unique = self.names.unique(name)
                found[unique] = column
                found.update(_elements(unique, column))
        if all(scope.inputs for scope in instances):
            channels = tuple(scope.taken[0][0] for scope in instances)
            is_vector = all(len(scope.taken[0]) == 1 for scope in instances)
            same = next((name for name, column in found.items() if column == channels), "")
            if same:
                self.channels = same
            elif not is_constant(channels):
                self.channels = self.names.unique("in_features" if is_vector else "in_channels")
                found[self.channels] = channels
        return found

    channels = ""

    def _distinct_rows(self, count: int) -> list[int]:
        """One instance for each set of values: the others tell nothing more."""
        columns: list[Column] = list(self.whole.values())
        for argument in self.every:
            columns += [part.column for part in argument.ramp or (argument,)]
            if argument.steps is not None:
                columns.append(argument.steps)
        if not columns:
            return [0]
        first: dict[Any, int] = {}
        for index, row in enumerate(zip(*columns, strict=True)):
            first.setdefault(tuple((type(value), value) for value in row), index)
        return list(first.values())

    def _shares(self) -> dict[tuple[str, Any], str]:
        """How numbers of one name that grow from call to call are written: as shares of one rate."""
        alone: dict[str, list[float]] = {}
        for argument in self.every:
            value = argument.column[0]
            if argument.ramp is None and type(value) is float and is_constant(argument.column):
                alone.setdefault(argument.name, []).append(value)
        return {(name, value): text for name, found in alone.items() for value, text in shares(found).items()}

    def _reduce(self, column: Column) -> Column:
        return tuple(column[index] for index in self.rows)

    def run(self) -> list[ClassParameter]:
        for argument in self.every:
            if argument.ramp is not None:
                argument.value = self._ramp(argument.ramp)
                continue
            argument.value = self._express(argument, argument.column)
            if argument.steps is not None and any(argument.steps):
                argument.step = self._express(argument, argument.steps, f"{argument.name}_step")
        # Last, since what tells whether a module is there is said in terms of the parameters that are there
        # by now.
        for field in optional_fields(self.fields):
            field.condition = self._condition(field)
        return self._ordered()

    def _express(self, argument: ArgumentValues, column: Column, name: str = "") -> Expression:
        reduced = self._reduce(column)
        if is_constant(column):
            value = constant(column)
            text = self.shares.get((argument.name, value)) or literal(value)
            return Expression(text, (), (value,) * len(reduced))
        found = find(reduced, self._candidates(argument), argument.kind)
        if found is None:
            found = self._add(
                name or argument.name, argument.owner, tuple(map(more_by(argument.more), column))
            )
            if argument.more:
                known = tuple(value - argument.more for value in found.column)
                found = Expression(f"{found.text} - {argument.more}", found.names, known)
        for used in found.names:
            self.used[used] = None
            if used != owner_of(used):
                self.kinds[owner_of(used)] = "list"
            if found.text == used or argument.kind == "channels":
                self.kinds.setdefault(used, argument.kind)
            if found.text == used:
                self.defaults.setdefault(used, []).append(argument.default)
        return found

    def _ramp(self, parts: Iterable[ArgumentValues]) -> Expression:
        """What is written for a number that grows evenly over a run."""
        rate, start, steps = (self._express(part, part.column) for part in parts)
        names = (*rate.names, *start.names, *steps.names)
        return Expression(ramp_text(rate.text, start.text, steps.text), names, ())

    def _candidates(self, argument: ArgumentValues) -> dict[str, Column]:
        """The parameters of its kind, in the order in which to try them.

        What takes the input is tried with the input's channels first; a margin only with the kernel and the
        dilation beside it, and with what the spec gives.
        """
        found = {name: column for name, column in self.known.items() if self._is_of_kind(name, argument)}
        if (
            argument.of_input
            and self.channels in found
            and argument.name.startswith(("in_", "num_", "channels"))
        ):
            return {self.channels: found[self.channels], **found}
        return found

    def _is_of_kind(self, name: str, argument: ArgumentValues) -> bool:
        if name.startswith(SUM):
            return argument.kind == "count"
        kind = self.kinds.get(name, argument.kind)
        # Any number can be had of any other by a formula. Margins follow from kernels; that one is as large
        # as some count of channels says nothing.
        if argument.kind != "margin":
            return kind == argument.kind
        column = self.whole[name]
        near = any(other.column == column for other in self.beside.get(id(argument), ()) if not other.kind)
        return near or kind == "margin"

    def _add(self, wanted: str, owner: str, column: Column) -> Expression:
        # a second `kernel_size` is that of its module; the first is just that
        plain = wanted in self.whole or wanted in self.names.taken
        name = self.names.unique(f"{owner}_{wanted}" if plain and owner.isidentifier() else wanted)
        # An instance without the module is given a value all the same: the commonest, which may become the
        # default.
        filler = Counter(value for value in column if value is not ABSENT).most_common(1)[0][0]
        whole = tuple(filler if value is ABSENT else value for value in column)
        self.whole[name], self.known[name] = whole, self._reduce(whole)
        return Expression(name, (name,), self.known[name])

    def _condition(self, field: ModuleField | GroupField) -> Expression:
        """What tells whether an instance has an optional module."""
        assert field.present is not None
        values = {argument.name: argument.value for argument in reversed(list(arguments(field)))}
        ins, stride = values.get("in_channels"), values.get("stride")
        outs = values.get("out_channels") or values.get("out")
        told = [Expression(name, (name,), column) for name, column in self.known.items()]
        pairs = [(ins, outs)] if ins and outs and ins.text != outs.text and ins.names + outs.names else []
        pairs += [(a, b) for a in told if a.text == self.channels for b in told if b is not a]
        strides = [stride] if stride is not None and stride.names else []
        strides += [expression for expression in told if expression.text.startswith("stride")]
        present = self._reduce(field.present)
        condition = find(present, {name: self.known[name] for name in self.given if name in self.known}, "")
        if condition is None:
            condition = find_condition(present, pairs, strides)
        if condition is None:
            lacking = find_condition(tuple(not there for there in present), pairs, strides)
            condition = lacking and opposite(lacking)
        if condition is None:
            condition = find(present, self.known, "")
        if condition is None:
            condition = self._add(f"has_{field.segment}", field.segment, field.present)
        for used in condition.names:
            self.used[used] = None
        return condition

    def _ordered(self) -> list[ClassParameter]:
        """The channels first, then the arguments of the spec in its order, then others; defaults last."""
        order = dict.fromkeys(map(owner_of, (self.channels, *self.whole)))
        used = set(map(owner_of, self.used))
        made = [
            ClassParameter(name, self.whole[name], self._default(name), self.kinds.get(name, ""))
            for name in order
            if name in used
        ]
        return sorted(made, key=lambda parameter: parameter.default is not REQUIRED)

    def _default(self, name: str) -> Any:
        """The default of the layer that takes it, if it is the value in half of the places."""
        column = self.whole[name]
        if self.is_net:
            return column[0]
        for default in self.defaults.get(name, ()):
            found = zip(self.places, column, strict=True)
            times = sum(count for count, value in found if is_same(value, default))
            if default is not REQUIRED and 2 * times >= sum(self.places):
                return default
        return REQUIRED


def more_by(amount: int) -> Callable[[Any], Any]:
    """Adds to a number; anything else stays."""
    return lambda value: value + amount if amount and type(value) is int else value


def _elements(name: str, column: Column) -> dict[str, Column]:
    """The columns of `widths[0]`, `widths[1]` and so on, of those that differ; and sums from the first on."""
    if not all(isinstance(value, tuple) for value in column) or len({len(value) for value in column}) > 1:
        return {}
    columns = enumerate(zip(*column, strict=True))
    found = {f"{name}[{index}]": values for index, values in columns if not is_constant(values)}
    if found and all(type(item) is int for value in column for item in value):
        length = len(column[0])
        sums = {f"{name}[:{stop}]": tuple(sum(value[:stop]) for value in column) for stop in range(2, length)}
        found |= {f"{SUM}{part})": values for part, values in sums.items()}
        found[f"{SUM}{name})"] = tuple(map(sum, column))
    return found


def owner_of(name: str) -> str:
    """The parameter that `widths[0]` is an element of, or `sum(widths[:2])` a sum; any other is itself."""
    return name.removeprefix(SUM).rstrip(")").partition("[")[0]


def _is_plain(value: Any) -> bool:
    """Whether a value of the DSL is one that a call of a constructor can be given."""
    if isinstance(value, tuple):
        return bool(value) and all(type(item) in (int, float) for item in value)
    return isinstance(value, bool | int | float | str)
