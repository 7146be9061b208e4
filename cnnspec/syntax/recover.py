"""Recovery: reading goes on after a syntax error, in the one pass, on the parser's own stack.

A rule in errors/ says what is wrong and how to go on. Where a sign is too many or missing, it is left out or
added and the statement goes on. Else the statement is given up, as with the token `error` of yacc: values are
taken off the stack until a broken statement may stand there, it is put there, and reading goes on where the
statement ends, by its brackets:

    net A { x: conv(64, ? 3) -> relu        `?` is not taken
        net A { x : conv ( 64 ,             what is on the stack; a BROKEN may stand after `{`
        net A {                             taken off and kept: label x, callee conv, argument 64
        net A { BROKEN                      goes on at the end of the line

Blocks in the rest of the statement are read, for they may be right: a BROKEN may be followed by them. What
else is wrong with a broken statement is not said.

Each token is read once, and an error looks at no more than its own statement, so that all takes linear time.
"""

from __future__ import annotations

from typing import Any

from cnnspec.diagnostics.report import Diagnostic
from cnnspec.source import Source, Span
from cnnspec.syntax import tree
from cnnspec.syntax.braces import MAX_BRACES, balance
from cnnspec.syntax.errors import RULES, explain
from cnnspec.syntax.errors.unexpected import CloseBrackets, GiveUp, OpenBlock, Repair, Replace
from cnnspec.syntax.reader import NestingError, Reader
from cnnspec.syntax.rest import rest_of
from cnnspec.syntax.stack import broken_states, is_end
from cnnspec.syntax.statements import WITHOUT_BLOCKS, first_block, next_item, statement_end
from cnnspec.syntax.tokens import CLOSES, CONTINUING, OPENS, Token, added

MAX_SYNTAX_ERRORS = 200
"""How many syntax errors of one text are explained."""


def read_on(
    source: Source, tokens: list[Token], reader: Reader | None
) -> tuple[tree.File, tuple[Diagnostic, ...], tuple[Span, ...]]:
    """The tree of a text with syntax errors, what is said of them, and the lines where more may be unknown.

    `reader` is at the first of them; there is none where braces do not match.
    """
    braces: list[Diagnostic] = []
    if reader is None:
        tokens, braces = balance(source, tokens)
        reader = Reader(source, tokens, "start")
    recovery = Recovery(reader, MAX_SYNTAX_ERRORS if len(braces) < MAX_BRACES else 1)
    file = recovery.run()
    lines = {error.span.line for error in recovery.errors if error.span}
    errors = (*recovery.errors, *(brace for brace in braces if brace.span and brace.span.line not in lines))
    unopened = (brace.span for brace in braces if brace.span and brace.code == "unopened")
    return file, errors, (*recovery.suspects, *unopened)


class Recovery:
    """Reads a text to its end, whatever stands in it, and gathers what is wrong: at most so many errors."""

    def __init__(self, reader: Reader, most: int) -> None:
        self.reader, self.most = reader, most
        self.source, self.tokens, self.stack = reader.source, reader.tokens, reader.stack
        self.errors: list[Diagnostic] = []
        self.suspects: list[Span] = []
        """Where what is unknown may be the doing of a syntax error, though its statement was read."""
        self._last: Token | None = None
        self._tries = 0

    def run(self) -> tree.File:
        """The tree of the text."""
        try:
            while not self.reader.advance():
                self._recover()
        # deeper than the bound nothing is read, so that there is no place to go on from
        except NestingError as error:
            self.errors.append(error.diagnostic)
            whole = Span(self.source, 0, len(self.source.text))
            return tree.File((tree.Broken((), whole),), Span(self.source, 0, 0))
        return self.stack.values[0]

    def _recover(self) -> None:
        """Go on after a token that was not taken; one met again goes with its statement, then alone."""
        token = self.tokens[self.reader.at]
        # An answer may leave the parser at the token that it could not take. Each answer to one token is
        # cruder than the one before: a repair, then the statement, then the token. The last always moves on,
        # so that reading ends.
        self._tries = self._tries + 1 if token is self._last else 0
        self._last = token
        if self._tries > 1:
            self._leave_out(token)
        # what else does not fit in a broken statement mostly follows from what was said of it
        elif self._tries or self._in_broken() or len(self.errors) >= self.most:
            self._give_up(GiveUp())
        else:
            answer = explain(self.reader, RULES)
            self.errors.append(answer.diagnostic)
            if answer.diagnostic.code == "unopened" and answer.diagnostic.span is not None:
                self.suspects.append(answer.diagnostic.span)
            self._repair(answer.repair)

    def _in_broken(self) -> bool:
        """Whether the statement is broken already: what is wrong with it was said."""
        value = self.stack.values[-1] if self.stack.values else None
        return self.stack.states[-1] in broken_states() or isinstance(value, tree.Broken)

    def _leave_out(self, token: Token) -> None:
        """Go on without a token; at the end, close the blocks that are open."""
        at = self.reader.at
        if token.kind != "$END":
            del self.tokens[at]
            return
        braces = [number for number in self.reader.opened if self.tokens[number].kind == "{"]
        assert braces, "a text without open blocks may end"
        self.tokens[at:at] = [added("}", token.start)] * len(braces)

    def _repair(self, repair: Repair) -> None:
        if isinstance(repair, GiveUp):
            self._give_up(repair)
        elif isinstance(repair, Replace):
            self._replace(repair)
        elif isinstance(repair, CloseBrackets):
            self._close_brackets(repair)
        elif isinstance(repair, OpenBlock):
            self._open_block(repair)

    # ---- a sign too many, or one that is missing

    def _replace(self, repair: Replace) -> None:
        """Other tokens in the place of some. A line may now begin with what goes on with the one before."""
        at = self.reader.at
        self.tokens[at : at + repair.count] = repair.by
        token = self.tokens[at]
        ends = 0
        # the ends of lines before the token were read as ends of a statement, which now goes on
        while ends < len(self.stack.values) and is_end(self.stack.values[-1 - ends]):
            ends += 1
        if ends and token.text in CONTINUING and self.stack.takes(token.text, without=ends):
            for _ in range(ends):
                self.stack.pop()

    def _close_brackets(self, repair: CloseBrackets) -> None:
        """Close ( and [ of the statement before a token, and go on with it."""
        reader = self.reader
        inside = self.tokens[reader.opened[-1] : repair.before]
        self.suspects += [Span(self.source, token.start, token.end) for token in inside]
        reader.at = repair.before
        while reader.opened and (kind := self.tokens[reader.opened[-1]].kind) != "{":
            closing = added(OPENS[kind], self.tokens[reader.at - 1].end)
            if not self.stack.feed(closing.kind, closing):
                self._give_up(GiveUp())
                return
            self.tokens.insert(reader.at, closing)
            reader.opened.pop()
            reader.at += 1

    def _open_block(self, repair: OpenBlock) -> None:
        """Open a block before a token, and close it before another."""
        if repair.end is not None:
            self.tokens.insert(repair.end, added("}", self.tokens[repair.end].start))
        self.tokens.insert(self.reader.at, added("{", self.tokens[self.reader.at].start))

    # ---- a statement that is given up

    def _give_up(self, repair: GiveUp) -> None:
        """Put a BROKEN in the place of the statement, and go on at its end or the first block in it."""
        reader, tokens, text = self.reader, self.tokens, self.source.text
        at, opened = reader.at, reader.opened
        if repair.around is not None:
            at, opened = repair.around, [number for number in opened if number < repair.around]
        end = repair.until
        if end is None:
            end = statement_end(text, tokens, at, opened)
        taken = self._take_off(repair.around)
        start = _start(taken[0]) if taken else tokens[reader.at].start
        kinds = [value.kind for value in taken if isinstance(value, Token)]
        # brackets that came off the stack are open no more; those that they closed are counted against them
        left = sum(kind in OPENS for kind in kinds) - sum(kind in CLOSES for kind in kinds)
        del reader.opened[len(reader.opened) - left :]
        # outside of all blocks only a definition can begin: nothing of what is indented below is one
        if not reader.opened:
            end = next_item(text, tokens, end)
        keeps = repair.blocks and text[start : start + 1] != "{" and self._holds_statements(start)
        stop = first_block(tokens, reader.at, end) if keeps else end
        stop_offset = max(start, tokens[stop - 1].end) if stop else start
        self.stack.feed("BROKEN", rest_of(taken, Span(self.source, start, stop_offset)))
        reader.at = stop

    def _take_off(self, around: int | None) -> list[Any]:
        """The values of the statement, taken off the stack."""
        stack = self.stack
        taken: list[Any] = []
        if around is None:
            stack.settle()
        else:
            while self.tokens[around] not in taken[-1:]:
                taken.append(stack.pop())
        # as yacc does for `error`: down to the nearest state that shifts it, where the statement began
        while not stack.takes("BROKEN"):
            taken.append(stack.pop())
        return taken[::-1]

    def _holds_statements(self, start: int) -> bool:
        """Whether the blocks of what begins at an offset are those of nets; what is in a space is not."""
        word = self._word(start)
        return word not in WITHOUT_BLOCKS and (word != "space" or bool(self.reader.opened))

    def _word(self, start: int) -> str:
        """What the statement that begins at an offset begins with."""
        at = self.reader.at
        while at and self.tokens[at - 1].start >= start:
            at -= 1
        return self.tokens[at].text


def _start(value: Any) -> int:
    """Where a value of the stack begins."""
    if isinstance(value, Token):
        return value.start
    if isinstance(value, (tuple, list)):
        return _start(value[0])
    return value.span.start
