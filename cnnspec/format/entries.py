"""A spec as words in brackets and statements, with its comments and blank lines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from cnnspec.syntax.tokens import Token

CLOSING = {"(": ")", "[": "]"}
CONTINUING = ("->", "=>", "else")


class Word(NamedTuple):
    """A word, number, text, sign or comment, and how many line ends stand before it."""

    kind: str
    text: str
    breaks: int


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment; `alone` where nothing stands before it on its line."""

    text: str
    alone: bool


@dataclass(frozen=True, slots=True)
class Group:
    """What stands in ( ) or [ ]."""

    opening: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class BracedBlock:
    """What stands in braces; `inline` where it is all on one line, `comment` is that after the brace."""

    entries: tuple[Entry, ...]
    inline: bool
    comment: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement, an arm or an item of a file, with the comment at its end; after a blank line or not."""

    parts: tuple[Part, ...]
    comment: str
    blank: bool


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment between statements."""

    text: str
    blank: bool


Part = Word | Comment | Group | BracedBlock
Entry = Statement | Remark


def read(tokens: Iterable[Token]) -> tuple[Entry, ...]:
    """The entries of a spec that has no syntax errors."""
    return EntryReader(words_of(tokens)).entries()[0]


def words_of(tokens: Iterable[Token]) -> tuple[Word, ...]:
    """What is written, with the ends of lines between, and an empty word at the end."""
    found: list[Word] = []
    breaks = 0
    for token in tokens:
        if token.kind == "NEWLINE":
            breaks += token.text.count("\n")
        else:
            found.append(Word(token.kind, token.text.rstrip(), breaks))
            breaks = 0
    return (*found, Word("$END", "", 1))


class EntryReader:
    """Reads tokens one after the other."""

    def __init__(self, tokens: tuple[Word, ...]) -> None:
        self.tokens, self.position = tokens, 0

    @property
    def token(self) -> Word:
        return self.tokens[self.position]

    def take(self) -> Word:
        self.position += 1
        return self.tokens[self.position - 1]

    def entries(self) -> tuple[tuple[Entry, ...], bool, str]:
        """The entries up to a closing brace, whether all are on one line, and the comment that opens them."""
        found: list[Entry] = []
        first, opening = self.position, ""
        while self.token.text not in ("}", ""):
            token = self.token
            if token.text == ";":
                self.take()
            elif token.kind != "COMMENT":
                found.append(self.statement())
            elif token.breaks == 0 and self.position == first and first > 0:
                opening = self.take().text
            elif token.breaks == 0 and found and isinstance(found[-1], Statement):
                found[-1] = replace(found[-1], comment=self.take().text)
            else:
                found.append(Remark(self.take().text, token.breaks > 1))
        broken = any(token.breaks for token in self._outside_groups(first, self.position + 1))
        return tuple(found), not broken, opening

    def _outside_groups(self, start: int, stop: int) -> list[Word]:
        depth, found = 0, []
        for token in self.tokens[start:stop]:
            if token.kind in (")", "]"):
                depth -= 1
            elif depth == 0:
                found.append(token)
            if token.kind in CLOSING:
                depth += 1
        return found

    def statement(self) -> Statement:
        """The statement that begins here, with the comment at its end."""
        parts: list[Part] = []
        blank = self.token.breaks > 1
        while not self._ends(bool(parts)):
            parts.append(self.part())
        comment = ""
        if self.token.kind == "COMMENT" and self.token.breaks == 0:
            comment = self.take().text
        if isinstance(parts[0], Word) and parts[0].text == "space" and isinstance(parts[-1], BracedBlock):
            parts[-1] = _with_conditions(parts[-1])
        return Statement(tuple(parts), comment, blank)

    def _ends(self, begun: bool) -> bool:
        """Whether the statement ends before this token."""
        if self.token.text in ("}", ";", "") or (begun and self.token.text == "|"):
            return True
        after = self.position
        while self.tokens[after].kind == "COMMENT":
            after += 1
        broken = after > self.position or self.token.breaks > 0
        return begun and broken and self.tokens[after].text not in CONTINUING

    def part(self) -> Part:
        """The token, comment, group or block that begins here."""
        token = self.take()
        if token.kind == "COMMENT":
            return Comment(token.text, token.breaks > 0)
        if token.text in CLOSING:
            parts: list[Part] = []
            while self.token.text != CLOSING[token.text]:
                parts.append(self.part())
            self.take()
            return Group(token.text, tuple(parts))
        if token.text == "{":
            block = BracedBlock(*self.entries())
            self.take()
            return block
        return token


def _with_conditions(block: BracedBlock) -> BracedBlock:
    """The body of a space, in which `where` is no name: a bracket after it is no call."""
    entries: list[Entry] = []
    for entry in block.entries:
        if (
            isinstance(entry, Statement)
            and isinstance(first := entry.parts[0], Word)
            and first.text == "where"
        ):
            entry = replace(entry, parts=(first._replace(kind="where"), *entry.parts[1:]))
        entries.append(entry)
    return replace(block, entries=tuple(entries))
