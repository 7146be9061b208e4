"""Pickles as data: what a pickle would build, without building it.

A pickle is a program for a machine with a stack, and its instructions can call any function there is. This
reader follows the same program and calls none: a name stays a name, and a call is written down.

    instruction                         stack
    GLOBAL  collections OrderedDict     GlobalName(collections.OrderedDict)
    EMPTY_TUPLE                         GlobalName(..), ()
    REDUCE                              DeferredCall(collections.OrderedDict, ())

What a call means is left to whoever knows the file: `call` is asked for each and answers with a value.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple


class GlobalName(NamedTuple):
    """A function or class that a pickle names, `module.name`; nothing is imported."""

    name: str


@dataclass(frozen=True, eq=False)
class DeferredCall:
    """A call that a pickle asks for, which is not made: what it would call, and with what."""

    name: str
    arguments: tuple[Any, ...]


class Persistent(NamedTuple):
    """What a pickle refers to outside of itself, as torch does to the numbers of a tensor."""

    identity: Any


class DamagedPickle(ValueError):
    """Bytes that are no pickle from the first instruction to the last."""


Call = Callable[[str, tuple[Any, ...]], Any]
Mark = object()
PLAIN_KEYS = (str, int, float, bytes, type(None))
"""The keys that are kept. A hash of nested tuples takes time that doubles with each level."""
PUSHED = {
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    "EMPTY_SET": list,
    "EMPTY_TUPLE": tuple,
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "MARK": lambda: Mark,
}
IGNORED = {"PROTO", "FRAME", "STOP", "READONLY_BUFFER"}
LITERALS = {
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE"),
    *("BINUNICODE8", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
}
PUTS = {"PUT", "BINPUT", "LONG_BINPUT"}
GETS = {"GET", "BINGET", "LONG_BINGET"}
TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


def read_pickle(file: BinaryIO, call: Call = DeferredCall) -> Any:
    """What the next pickle of a file is; the file then stands behind it. Raises DamagedPickle.

    `call` gets the name of a function or class and its arguments. Lists stand for sets too; state that an
    object would be given is dropped, as are entries of a dict whose key is no plain value.
    """
    machine = PickleMachine(call)
    try:
        for opcode, argument, _ in pickletools.genops(file):
            machine.step(opcode.name, argument)
        return machine.pop()
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, MemoryError, OverflowError) as error:
        told = str(error) if isinstance(error, ValueError) else "an instruction finds nothing to work on"
        raise DamagedPickle(told) from error


class PickleMachine:
    """The stack of a pickle, and what it remembers under numbers."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def step(self, name: str, argument: Any) -> None:
        """Follow one instruction."""
        if name in PUSHED:
            self.stack.append(PUSHED[name]())
        elif name in LITERALS:
            self.stack.append(argument)
        elif name in PUTS:
            self.memo[argument] = self.stack[-1]
        elif name in GETS:
            self.stack.append(self.memo[argument])
        elif name in TUPLES:
            self.stack[-TUPLES[name] :] = [tuple(self.stack[-TUPLES[name] :])]
        elif name not in IGNORED:
            rule = getattr(self, f"do_{name.lower()}", None)
            if rule is None:
                raise DamagedPickle(f"{name} is no instruction of a file of weights")
            rule(argument)

    def pop(self) -> Any:
        value = self.stack.pop()
        if value is Mark:
            raise DamagedPickle("a mark stands where a value should")
        return value

    def since_mark(self) -> list[Any]:
        """The values above the last mark, which goes too."""
        place = len(self.stack) - 1
        while self.stack[place] is not Mark:
            place -= 1
            if place < 0:
                raise DamagedPickle("a mark is missing")
        found = self.stack[place + 1 :]
        del self.stack[place:]
        return found

    # ---- one method an instruction, by its name in pickletools

    def do_pop(self, _: Any) -> None:
        self.stack.pop()

    def do_pop_mark(self, _: Any) -> None:
        self.since_mark()

    def do_dup(self, _: Any) -> None:
        self.stack.append(self.stack[-1])

    def do_memoize(self, _: Any) -> None:
        self.memo[len(self.memo)] = self.stack[-1]

    def do_append(self, _: Any) -> None:
        self._extend([self.pop()])

    def do_appends(self, _: Any) -> None:
        self._extend(self.since_mark())

    def do_additems(self, _: Any) -> None:
        self._extend(self.since_mark())

    def _extend(self, values: list[Any]) -> None:
        # a call that was not made has nothing to put into
        if isinstance(self.stack[-1], list):
            self.stack[-1].extend(values)

    def do_list(self, _: Any) -> None:
        self.stack.append(self.since_mark())

    def do_frozenset(self, _: Any) -> None:
        self.stack.append(self.since_mark())

    def do_tuple(self, _: Any) -> None:
        self.stack.append(tuple(self.since_mark()))

    def do_dict(self, _: Any) -> None:
        values = self.since_mark()
        self.stack.append({})
        self._put(values)

    def do_setitem(self, _: Any) -> None:
        value, key = self.pop(), self.pop()
        self._put([key, value])

    def do_setitems(self, _: Any) -> None:
        self._put(self.since_mark())

    def _put(self, values: list[Any]) -> None:
        pairs = zip(values[::2], values[1::2], strict=True)
        if isinstance(self.stack[-1], dict):
            self.stack[-1].update((key, value) for key, value in pairs if isinstance(key, PLAIN_KEYS))

    def do_global(self, argument: str) -> None:
        self.stack.append(GlobalName(argument.replace(" ", ".", 1)))

    def do_stack_global(self, _: Any) -> None:
        name, module = self.pop(), self.pop()
        if not isinstance(module, str) or not isinstance(name, str):
            raise DamagedPickle("a function is named by what is no text")
        self.stack.append(GlobalName(f"{module}.{name}"))

    def do_inst(self, argument: str) -> None:
        self.stack.append(self.call(argument.replace(" ", ".", 1), tuple(self.since_mark())))

    def do_obj(self, _: Any) -> None:
        values = self.since_mark()
        self._call(values[0], tuple(values[1:]))

    def do_reduce(self, _: Any) -> None:
        arguments = self.pop()
        self._call(self.pop(), arguments)

    def do_newobj(self, _: Any) -> None:
        self.do_reduce(_)

    def do_newobj_ex(self, _: Any) -> None:
        self.pop()
        self.do_reduce(_)

    def _call(self, what: Any, arguments: Any) -> None:
        if not isinstance(what, (GlobalName, DeferredCall)) or not isinstance(arguments, tuple):
            raise DamagedPickle("a call of what is no function")
        self.stack.append(self.call(what.name, arguments))

    def do_build(self, _: Any) -> None:
        self.pop()

    def do_persid(self, argument: str) -> None:
        self.stack.append(Persistent(argument))

    def do_binpersid(self, _: Any) -> None:
        self.stack.append(Persistent(self.pop()))
