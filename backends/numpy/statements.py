"""The statements of a function: a line for each layer or block, and a loop where lines repeat.

    x = self.basic(x, "layer1.1")          for i in range(1, 4):
    x = self.basic(x, "layer1.2")   gives      x = self.basic(x, f"layer1.{i}")
    x = self.basic(x, "layer1.3")

A loop hands one value from turn to turn; its lines are the same but for one number in the places.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from cnnspec.backends.numpy.blocks import BlockFrame, BlockFunction, BlockStep, relative, settings_of
from cnnspec.backends.python_source import Namespace, literal, plain_words

WIDTH = 110
SHORT = ("x", "y", "z")
LONGEST = 4
"""The most lines of a loop."""
AT, TURN = "\x00A", "\x00I"


class TurnLoop(NamedTuple):
    """So many turns of some lines; the value that `carried` makes is the `start` of the next turn.

    `positions` says which number of a place counts the turns, from `first` on.
    """

    period: int
    turns: int
    start: str
    carried: tuple[int, int]
    first: int
    positions: dict[str, int]


class FrameWriter:
    """Writes the lines of a frame; `kernels` says what each item's kernel has for defaults."""

    def __init__(
        self,
        frame: BlockFrame,
        function: BlockFunction | None,
        methods: Mapping[int, str],
        defaults: Mapping[str, Mapping[str, str]],
        shapes: Mapping[str, str],
        names: Namespace,
    ):
        self.frame, self.function, self.methods, self.defaults = frame, function, methods, defaults
        self.shapes, self.names, self.items = shapes, names, frame.items
        self.variables: dict[str, str] = {}
        self.busy: dict[str, str] = {}
        self.positions: dict[str, int] = {}
        self.last: dict[str, int] = {}
        for i, item in enumerate(self.items):
            self.last |= dict.fromkeys(item.inputs, i)
        self.last |= dict.fromkeys(frame.outputs, len(self.items))

    def enter(self, values: Sequence[str], wanted: Sequence[str]) -> list[str]:
        """Names for the values that the function takes."""
        for value, name in zip(values, wanted, strict=True):
            self.take(value, self.names.unique(name) if len(values) > 1 or name not in SHORT else name)
        return [self.variables[value] for value in values]

    def take(self, value: str, name: str) -> None:
        self.variables[value] = self.busy[name] = name
        self.busy[name] = value

    def name(self, value: str, i: int, held: str = "") -> str:
        """A name for a value that item `i` makes: a short one that is free, else one made of its path.

        Within a loop, where the name `held` is that of what turns hand on, it is a short one if it can be.
        """
        free = [
            n for n in SHORT if n != held and (n not in self.busy or self.last.get(self.busy[n], -1) <= i)
        ]
        stays = self.last.get(value, i) > i + 1 and self.function is None and not held
        stays = stays and value not in self.frame.outputs
        name = free[0] if free and not stays else self.names.unique(value.lower())
        self.take(value, name)
        return name

    def lines(self, indent: str) -> Iterator[str]:
        """All statements, without the return."""
        i, section = 0, ""
        while i < len(self.items):
            if self.function is None:
                place = self.items[i].place or self.items[i].node
                outer = place.rpartition(".")[0]
                if outer not in ("", section):
                    yield f"{'' if i == 0 else chr(10)}{indent}# {plain_words(outer)}"
                section = outer
            loop = self.loop_at(i)
            if loop is None:
                yield self.statement(self.items[i], i, indent)
                i += 1
            else:
                yield from self.looped(loop, i, indent)
                i += loop.period * loop.turns

    def looped(self, loop: TurnLoop, i: int, indent: str) -> Iterator[str]:
        before = carry = self.variables[loop.start]
        self.positions = loop.positions
        if carry not in SHORT or self.last[loop.start] >= i + loop.period:
            fresh = self.name(f"{loop.start}.turn", i - 1)
            yield f"{indent}{fresh} = {carry}"
            self.variables[loop.start], carry = fresh, fresh
        self.busy[carry] = loop.start
        counter = next(n for n in ("i", "j", "k") if n not in self.busy)
        yield f"{indent}for {counter} in range({loop.first}, {loop.first + loop.turns}):"
        held, self.last[loop.start] = self.last[loop.start], len(self.items)
        for j in range(loop.period):
            item = self.items[i + j]
            outputs = []
            for n, value in enumerate(item.outputs):
                if (j, n) == loop.carried:
                    self.take(value, carry)
                outputs.append(carry if (j, n) == loop.carried else self.name(value, i + j, carry))
            yield self.statement(item, i + j, f"{indent}    ", outputs, counter)
        self.last[loop.start], self.variables[loop.start] = held, before
        j, n = loop.carried
        self.take(self.items[i + (loop.turns - 1) * loop.period + j].outputs[n], carry)

    def statement(
        self, item: BlockStep, i: int, indent: str, outputs: Sequence[str] | None = None, counter: str = ""
    ) -> str:
        """One statement: outputs = self.run(kernel, inputs, at, settings)  # shape."""
        inputs = [self.variables[name] for name in item.inputs]
        outputs = outputs or [self.name(value, i) for value in item.outputs]
        arguments = inputs[: item.given]
        if item.function is not None:
            head = f"self.{self.methods[id(item.function)]}"
            arguments += [self.place(item, counter)] if item.function.uses_place else []
            shown = {name: item.function.default(name) for name in settings_of(item)}
        elif item.kernel in ("drop", "drop_path"):
            head, shown = f"self.{item.kernel}", {}
        else:
            head, shown = "self.run", self.defaults[item.kernel]
            arguments = [item.kernel, *arguments]
            arguments += [f"at={self.place(item, counter)}"] if item.place is not None else []
        for name in settings_of(item):
            text = (
                self.function.text(self.items.index(item), name) if self.function else settings_of(item)[name]
            )
            if shown.get(name) != text:
                for n, variable in enumerate(inputs):
                    text = text.replace(f"{{{n}}}", variable)
                arguments.append(f"{name}={text}")
        comment = self.comment(item) if not counter else ""
        return fitted(f"{indent}{', '.join(outputs)} = {head}(", arguments, indent, comment)

    def comment(self, item: BlockStep) -> str:
        """The shapes of what an item makes, where they are the same in every frame of the function."""
        frames = self.function.frames if self.function else [self.frame]
        number = self.items.index(item)
        found = {", ".join(self.shapes[v] for v in frame.items[number].outputs) for frame in frames}
        return f"  # {found.pop()}" if len(found) == 1 else ""

    def place(self, item: BlockStep, counter: str) -> str:
        """The text of where the weights of an item are."""
        assert item.place is not None
        text = item.place
        if counter:
            text = numbered(text, self.positions[text])
        where = relative(item.place, self.frame.place) if self.function is not None else None
        if where is not None and where[0] == "in":
            text = AT + where[1]
            if counter:
                text = AT + numbered(item.place, self.positions[item.place]).removeprefix(self.frame.place)
        if text == AT:
            return "at"
        if AT not in text and TURN not in text:
            return literal(text)
        doubled = text.replace("{", "{{").replace("}", "}}")
        return "f" + literal(doubled).replace("\\x00A", "{at}").replace("\\x00I", f"{{{counter}}}")

    def loop_at(self, i: int) -> TurnLoop | None:
        """The loop that covers most items from `i` on, and saves lines."""
        found = [loop for period in range(1, LONGEST + 1) if (loop := self.loop_of(i, period)) is not None]
        return max(found, key=lambda loop: loop.period * loop.turns, default=None)

    def loop_of(self, i: int, period: int) -> TurnLoop | None:
        """The turns of so many items from `i` on; None where there are not enough."""
        carried, start, turns = None, "", 1
        positions: dict[str, int] = {}
        first = -1
        while i + (turns + 1) * period <= len(self.items):
            step = self.next_turn(i, period, turns)
            if step is None or (carried is not None and step[0] != carried):
                break
            if turns == 1:
                carried, start, first, positions = step[0], step[1], step[2], step[3]
            elif step[3] != positions:
                break
            turns += 1
        while turns > 1 and not self.is_closed(i, period, turns, carried):
            turns -= 1
        if carried is None or turns < (3 if period == 1 else 2):
            return None
        return TurnLoop(period, turns, start, carried, first, positions)

    def is_closed(self, i: int, period: int, turns: int, carried: tuple[int, int] | None) -> bool:
        """Whether nothing but what the last turn hands on is used after the turns."""
        end = i + turns * period
        for k in range(i, end):
            for n, value in enumerate(self.items[k].outputs):
                is_last = k >= end - period and (k - (end - period), n) == carried
                if not is_last and self.last.get(value, -1) >= end:
                    return False
        return True

    def next_turn(
        self, i: int, period: int, turn: int
    ) -> tuple[tuple[int, int], str, int, dict[str, int]] | None:
        """What turn `turn` takes from the one before it, the value that the first turn has in its place, the
        number of the first turn, and where in the places it stands; None where it is another turn."""
        origins = {
            value: (t, j, n)
            for t in (turn - 1, turn)
            for j in range(period)
            for n, value in enumerate(self.items[i + t * period + j].outputs)
        }
        firsts = {
            value: (0, j, n) for j in range(period) for n, value in enumerate(self.items[i + j].outputs)
        }
        carried: tuple[int, int] | None = None
        start, number, positions = "", None, {}
        for j in range(period):
            one, other = self.items[i + j], self.items[i + turn * period + j]
            if (one.kernel, id(one.function), one.given) != (other.kernel, id(other.function), other.given):
                return None
            if self.texts(one) != self.texts(other) or len(one.inputs) != len(other.inputs):
                return None
            for a, b in zip(one.inputs, other.inputs, strict=True):
                origin = origins.get(b)
                if origin is None:
                    if a != b:
                        return None
                elif origin[0] == turn:
                    if firsts.get(a) != (0, *origin[1:]):
                        return None
                elif (carried or origin[1:]) != origin[1:] or (start or a) != a or a in firsts:
                    return None
                else:
                    carried, start = (origin[1], origin[2]), a
            found = counted(one.place, other.place, turn)
            if found is None and one.place != other.place:
                return None
            if found is not None:
                if number is not None and found[0] != number:
                    return None
                number, positions[one.place or ""] = found[0], found[1]
        return None if carried is None or number is None else (carried, start, number, positions)

    def texts(self, item: BlockStep) -> list[str]:
        """The settings of an item as they are written."""
        number = self.items.index(item)
        given = settings_of(item)
        return [self.function.text(number, name) if self.function else given[name] for name in given]


def counted(one: str | None, other: str | None, turn: int) -> tuple[int, int] | None:
    """The number in a place that is larger by `turn` in another, and which of its numbers that is."""
    if one is None or other is None:
        return None
    first, second = re.split(r"(\d+)", one), re.split(r"(\d+)", other)
    changed = [k for k, (a, b) in enumerate(zip(first, second, strict=False)) if a != b]
    if len(first) != len(second) or len(changed) != 1 or changed[0] % 2 == 0:
        return None
    a, b = first[changed[0]], second[changed[0]]
    # a part of its own, as turns of a repeat have: `layer1.0`, not `layer1`
    whole = first[changed[0] - 1][-1:] in ("", ".") and first[changed[0] + 1][:1] in ("", ".")
    plain = whole and str(int(a)) == a and str(int(b)) == b
    return (int(a), changed[0]) if plain and int(b) - int(a) == turn else None


def numbered(place: str, position: int) -> str:
    """A place with the number of the turn in it."""
    parts = re.split(r"(\d+)", place)
    parts[position] = TURN
    return "".join(parts)


def fitted(start: str, arguments: Sequence[str], indent: str, comment: str = "") -> str:
    """A call on one line, or on several where it would be too long."""
    line = ", ".join(arguments)
    if len(start + line + ")" + comment) <= WIDTH:
        return f"{start}{line}){comment}"
    if len(indent + line) + 4 <= WIDTH:
        return f"{start}\n{indent}    {line}\n{indent}){comment}"
    return f"{start}\n" + "".join(f"{indent}    {one},\n" for one in arguments) + f"{indent}){comment}"
