"""The parser's tables, as saved in grammar/cnn.tables: read here, without lark.

A state of the automaton is a row: what to do at each kind of token, and where to go after each symbol. Steps
are numbers: n >= 0 goes to state n, ~n applies rule n. At $END, n >= 0 accepts the text. The file is words:

    format 2
    grammar 2b1f9c3d40e5a718
    words and body def else ...

    <arms> arms 3 no 0 1+          a rule: symbol, method, size, whether it passes on, what it keeps
    ...
    NAME 59 ( -12                  a state: its steps; a text of the first kind begins in the first state
    ...

A line is read when a text first meets its rule or state: most specs meet a third of them.
"""

from __future__ import annotations

import sys

from cnnspec.caching import cache
from cnnspec.diagnostics.report import Refused
from cnnspec.files import shipped, write_whole
from cnnspec.named_tuples import NamedTuple
from cnnspec.typed import Callable, TypeVar

T = TypeVar("T")

GRAMMAR = shipped("grammar", "cnn.lark")
TABLES = shipped("grammar", "cnn.tables")
FORMAT = 2
"""The form of the saved tables, raised by whoever changes how generate.py writes and this file reads them."""
STARTS = ("start", "alone")
"""What a text may be: a file, or one expression alone. The first state is that of the first, and so on."""
PRIME = 2**61 - 1


class WrongGrammar(Refused):
    """The grammar has changed, and no tables can be made of it."""


class Rule(NamedTuple):
    """A rule of the grammar: `symbol` is made of `size` others.

    `method` names what builds the node. `kept` says which of the others it gets, all without it; what is
    `inline` in it is a list whose items take its place. With `passes`, one alone is passed on as it is.
    """

    symbol: str
    method: str
    size: int
    kept: tuple[tuple[int, bool], ...] | None
    passes: bool


Row = dict[str, int]


class Lines(dict[int, T]):
    """What lines say, by number, each read when it is first asked for."""

    def __init__(self, lines: list[str], read: Callable[[str], T]) -> None:
        self.lines, self.read = lines, read

    def __missing__(self, number: int) -> T:
        value = self[number] = self.read(self.lines[number])
        return value

    def all(self) -> list[T]:
        """All of them, in order."""
        return [self[number] for number in range(len(self.lines))]


class Tables(NamedTuple):
    """The automaton: its rules, its rows, and the words that the grammar knows."""

    rules: Lines[Rule]
    states: Lines[Row]
    words: frozenset[str]


def fingerprint() -> str:
    """What the tables depend on, and no version of a library: the grammar as one number, modulo a prime."""
    with open(GRAMMAR, "rb") as file:
        return f"{int.from_bytes(file.read(), 'big') % PRIME:x}"


@cache
def tables() -> Tables:
    """The saved tables; made anew and saved, once, where someone has changed the grammar.

    Standard error says so, for it takes a second. Raises WrongGrammar.
    """
    with open(TABLES, encoding="utf-8") as file:
        text = file.read()
    if not text.startswith(heading()):
        text = _made_anew()
    head, rules, states = text.split("\n\n")
    words = head.rpartition("words ")[2].split()
    return Tables(
        Lines(rules.split("\n"), _rule), Lines(states.rstrip("\n").split("\n"), _row), frozenset(words)
    )


def heading() -> str:
    """What tables begin with that are of this grammar and this form."""
    return f"format {FORMAT}\ngrammar {fingerprint()}\n"


def made() -> str:
    """The text of the tables, made afresh. Raises WrongGrammar, at a conflict for one."""
    from cnnspec.syntax import generate

    with open(GRAMMAR, encoding="utf-8") as file:
        grammar = file.read()
    try:
        return heading() + generate.made(grammar, STARTS)
    except ValueError as error:
        raise WrongGrammar(f"{GRAMMAR}: {error}") from error


def _made_anew() -> str:
    """The tables of a grammar that has changed."""
    text = made()
    try:
        write_whole(TABLES, text)
    except OSError as error:
        print(f"the parser's tables do not fit {GRAMMAR}, and cannot be saved: {error}", file=sys.stderr)
    else:
        print(f"the parser's tables did not fit {GRAMMAR}: lark made them anew", file=sys.stderr)
    return text


def _rule(line: str) -> Rule:
    symbol, method, size, passes, *kept = line.split(" ")
    parts = None if kept == ["all"] else tuple((int(part.rstrip("+")), part[-1] == "+") for part in kept)
    return Rule(symbol, method, int(size), parts, passes == "yes")


def _row(line: str) -> Row:
    words = line.split(" ")
    return dict(zip(words[::2], map(int, words[1::2]), strict=True))
