"""What is written in place of what other languages write: the edits of syntax errors that are habits.

Each function gives the edits of one habit, from the token where the parser stopped; () where a person must
look.
"""

from __future__ import annotations

from cnnspec.diagnostics.report import Edit
from cnnspec.source import Span
from cnnspec.syntax.errors.unexpected import Unexpected
from cnnspec.syntax.tokens import CLOSES, ENDS, NUMBERS, OPENS, WORDS, Token
from cnnspec.typed import Callable, Sequence

Rewrite = Callable[[Unexpected], tuple[Edit, ...]]
PLAIN = NUMBERS | WORDS


def put(error: Unexpected, start: int, end: int, text: str) -> Edit:
    """The edit that writes a text from one offset up to another."""
    return Edit(Span(error.source, start, end), text)


def found_as(text: str) -> Rewrite:
    """A text stands where the parser stopped, in place of the token."""
    return lambda error: (put(error, error.found.start, error.found.end, text),)


def before_as(text: str) -> Rewrite:
    """A text stands in place of the token before."""
    return lambda error: (put(error, error.before.start, error.before.end, text),)


def without_before(error: Unexpected) -> tuple[Edit, ...]:
    """The token before goes, with the blanks behind it."""
    return (put(error, error.before.start, error.found.start, ""),)


def inserted(text: str) -> Rewrite:
    """A text stands before the token where the parser stopped."""
    return lambda error: (put(error, error.found.start, error.found.start, text),)


def joined(error: Unexpected) -> tuple[Edit, ...]:
    """No blanks stand before the token: 3 M is 3M."""
    return (put(error, error.before.end, error.found.start, ""),)


def unquoted(error: Unexpected) -> tuple[Edit, ...]:
    """A name stands without its quotes."""
    name = error.found.text.strip('"')
    is_name = name.isidentifier() and name.isascii()
    return (put(error, error.found.start, error.found.end, name),) if is_name else ()


def without_word(error: Unexpected) -> tuple[Edit, ...]:
    """The first word of a statement goes, with the blanks behind it."""
    first, after = error.first, error.tokens[error.first_at + 1]
    return (put(error, first.start, after.start, ""),) if after.kind not in ENDS else ()


def without_type(error: Unexpected) -> tuple[Edit, ...]:
    """A parameter has no type, whose sign is where the parser stopped."""
    kind, after = error.tokens[error.at + 1 : error.at + 3] or (error.found, error.found)
    is_type = kind.kind in WORDS and after.kind in (",", ")", "=")
    return (put(error, error.found.start, kind.end, ""),) if is_type else ()


def arrow_on_next_line(error: Unexpected) -> tuple[Edit, ...]:
    """`->` at the end of a line stands at the start of the next one."""
    at = error.at
    while error.tokens[at].kind in ENDS and error.tokens[at].text != ";" and at + 1 < len(error.tokens):
        at += 1
    following = error.tokens[at]
    if following.kind not in WORDS and following.kind != "{":
        return ()
    end = error.tokens[error.at - 2].end
    return put(error, end, error.before.end, ""), put(error, following.start, following.start, "-> ")


def arguments(error: Unexpected) -> tuple[Edit, ...]:
    """conv 8, 3 is conv(8, 3): numbers in a row, with commas or blanks, are arguments of the word before."""
    tokens, at = error.tokens, error.at
    listed = [tokens[at].text]
    while (comma := tokens[at + 1].kind == ",") or tokens[at + 1].kind in NUMBERS:
        at += 1 + comma
        listed.append(tokens[at].text)
    if tokens[at].kind not in NUMBERS or tokens[at + 1].kind not in (*ENDS, "->", "}", "=>"):
        return ()
    return (put(error, error.before.end, tokens[at].end, f"({', '.join(listed)})"),)


def rounded(error: Unexpected) -> tuple[Edit, ...]:
    """conv{8, 3} and conv<8, 3> are conv(8, 3): the first bracket is there, or the token before."""
    at = error.at if error.found.text == "<" else error.at - 1
    closing = {"<": ">", "{": "}"}[error.tokens[at].text]
    end = next((n for n in range(at, len(error.tokens)) if error.tokens[n].text in (closing, *ENDS)), at)
    opens, closes = error.tokens[at], error.tokens[end]
    if closes.text != closing:
        return ()
    return put(error, opens.start, opens.end, "("), put(error, closes.start, closes.end, ")")


def without_parentheses(error: Unexpected) -> tuple[Edit, ...]:
    """for (i in [1, 2]) { is for i in [1, 2] {."""
    at = error.first_at + 1
    opens, end = error.tokens[at], _closing(error.tokens, at)
    if opens.text != "(" or end is None or error.tokens[end + 1].kind != "{":
        return ()
    closes = error.tokens[end]
    return put(error, opens.start, opens.end, ""), put(error, closes.start, closes.end, "")


def in_parentheses(error: Unexpected) -> tuple[Edit, ...]:
    """def f n { is def f(n) {."""
    if error.tokens[error.at + 1].kind != "{":
        return ()
    return (put(error, error.before.end, error.found.end, f"({error.found.text})"),)


def line_in_braces(error: Unexpected) -> tuple[Edit, ...]:
    """if n > 3: relu, or the same without a sign, is if n > 3 { relu }."""
    signs = error.found.text in (":", "=", "->")
    first, at = error.at + signs, error.at + signs
    if signs and error.tokens[first].kind == "{":
        return (put(error, error.before.end, error.tokens[first].start, " "),)
    while error.tokens[at].kind not in (*ENDS, "{", "}"):
        at += 1
    if at == first or error.tokens[at].kind not in ENDS:
        return ()
    end = error.tokens[at - 1].end
    return put(error, error.before.end, error.tokens[first].start, " { "), put(error, end, end, " }")


def without_sign(error: Unexpected) -> tuple[Edit, ...]:
    """The sign goes where the parser stopped: input x: 3x8x8 is input x 3x8x8."""
    return (put(error, error.found.start, error.found.end, ""),)


def without_naming(error: Unexpected) -> tuple[Edit, ...]:
    """input: 3x8x8 is input 3x8x8, and stem: { is stem {."""
    after = error.tokens[error.at + 1]
    begins = after.kind in NUMBERS or after.kind == "(" if error.before.text == "input" else after.kind == "{"
    return (put(error, error.before.end, after.start, " "),) if begins else ()


def without_then(error: Unexpected) -> tuple[Edit, ...]:
    """if n > 3 then { is if n > 3 {."""
    after = error.tokens[error.at + 1 : error.at + 2]
    is_then = error.found.text == "then" and bool(after) and after[0].kind == "{"
    return (put(error, error.found.start, after[0].start, ""),) if is_then else ()


def source_of_head(error: Unexpected) -> tuple[Edit, ...]:
    """head cls(c) is head cls from c."""
    name, closing = error.tokens[error.at + 1 : error.at + 3] or (error.found, error.found)
    if name.kind not in WORDS or closing.kind != ")":
        return ()
    return (put(error, error.before.end, closing.end, f" from {name.text}"),)


def repeat_behind(error: Unexpected) -> tuple[Edit, ...]:
    """3 * block(64), 3x block(64) and 3 block(64) are block(64) * 3."""
    turns = error.found.text.rstrip("xX")
    start = error.at + 1 + (error.tokens[error.at + 1].text in ("*", "x", "X"))
    end = _step_end(error.tokens, start)
    if end is None or not turns.isdecimal():
        return ()
    whole = error.source.text[error.tokens[start].start : error.tokens[end - 1].end]
    return (put(error, error.found.start, error.tokens[end - 1].end, f"{whole} * {turns}"),)


def repeat_sign(error: Unexpected) -> tuple[Edit, ...]:
    """block(64) x 3 and block(64) x3 are block(64) * 3."""
    turns = error.found.text[1:]
    return (put(error, error.found.start, error.found.end, f"* {turns}" if turns else "*"),)


def repeat_of_block(error: Unexpected) -> tuple[Edit, ...]:
    """repeat 3 { is { ... } * 3."""
    turns, opens = error.tokens[error.first_at + 1 : error.first_at + 3] or (error.found, error.found)
    end = _closing(error.tokens, error.first_at + 2) if opens.kind == "{" else None
    if turns.kind not in NUMBERS or end is None:
        return ()
    behind = error.tokens[end].end
    first = put(error, error.first.start, opens.start, "")
    return first, put(error, behind, behind, f" * {turns.text}")


def range_of(error: Unexpected) -> tuple[Edit, ...]:
    """for 3 { is for i in range(3) {."""
    if error.tokens[error.at + 1].kind != "{":
        return ()
    return (put(error, error.found.start, error.found.end, f"i in range({error.found.text})"),)


def arrows(error: Unexpected) -> tuple[Edit, ...]:
    """conv(8, 3).relu is conv(8, 3) -> relu, and block(8).repeat(2) is block(8) * 2."""
    edits: list[Edit] = []
    at = error.at
    while error.tokens[at].kind == "." and (end := _step_end(error.tokens, at + 1)) is not None:
        called = error.source.text[error.tokens[at + 1].start : error.tokens[end - 1].end]
        if called.startswith("repeat(") and end == at + 5 and at == error.at:
            turns = error.tokens[at + 3].text
            edits.append(put(error, error.tokens[at].start, error.tokens[end - 1].end, f" * {turns}"))
        elif called.startswith("repeat"):
            return ()
        else:
            edits.append(put(error, error.tokens[at].start, error.tokens[at + 1].start, " -> "))
        at = end
    return tuple(edits)


def named_with(word: str) -> Rewrite:
    """Another word begins the statement: function f(n) { is def f(n) {."""

    def edits(error: Unexpected) -> tuple[Edit, ...]:
        after = error.tokens[error.first_at + 1]
        return (put(error, error.first.start, error.first.end, word),) if after.kind in WORDS else ()

    return edits


def labelled_before(error: Unexpected) -> tuple[Edit, ...]:
    """conv(8, 3) as a is a: conv(8, 3)."""
    name, after = error.tokens[error.at + 1 : error.at + 3] or (error.found, error.found)
    chain = error.tokens[error.first_at : error.at]
    if error.found.text != "as" or name.kind not in WORDS or after.kind not in (*ENDS, "}"):
        return ()
    if any(token.kind in (":", "=>", *ENDS) for token in chain):
        return ()
    first = put(error, error.first.start, error.first.start, f"{name.text}: ")
    return first, put(error, error.before.end, name.end, "")


def named(error: Unexpected) -> tuple[Edit, ...]:
    """x = conv(8, 3) is x: conv(8, 3), and n = 4 is let n = 4."""
    value = error.tokens[error.at + 1]
    if error.found.text != "=" or error.before is not error.first:
        return ()
    if value.kind in WORDS and _step_end(error.tokens, error.at + 1) is not None:
        return (put(error, error.before.end, error.found.end, ":"),)
    return (put(error, error.first.start, error.first.start, "let "),) if value.kind in NUMBERS else ()


def chained(error: Unexpected) -> tuple[Edit, ...]:
    """[conv(8, 3), relu] is { conv(8, 3) -> relu }."""
    end = _closing(error.tokens, error.at)
    if end is None or end == error.at + 1 or error.tokens[end].kind != "]":
        return ()
    edits = [put(error, error.found.start, error.found.end, "{ ")]
    at = error.at + 1
    while at < end:
        behind = _step_end(error.tokens, at)
        if behind is None or error.tokens[behind].kind not in (",", "]"):
            return ()
        if behind + 1 < end:
            edits.append(put(error, error.tokens[behind].start, error.tokens[behind].end, " ->"))
            at = behind + 1
        else:
            return (*edits, put(error, error.tokens[behind].start, error.tokens[end].end, " }"))
    return ()


def braces(error: Unexpected) -> tuple[Edit, ...]:
    """A chain in parentheses, which stand where the parser stopped, stands in braces."""
    end = _closing(error.tokens, error.at)
    if end is None or end == error.at + 1 or not any(t.kind == "->" for t in error.tokens[error.at : end]):
        return ()
    closes = error.tokens[end]
    opening = put(error, error.found.start, error.found.end, "{ ")
    return opening, put(error, closes.start, closes.end, " }")


def dims(error: Unexpected) -> tuple[Edit, ...]:
    """Sizes with commas or stars between them, or in brackets, are one: 3, 32, 32 is 3x32x32."""
    return _sizes(error, (",", "*"))


def dims_without_blanks(error: Unexpected) -> tuple[Edit, ...]:
    """3 x 3 is 3x3."""
    return _sizes(error, ("x",))


def _sizes(error: Unexpected, separators: tuple[str, ...]) -> tuple[Edit, ...]:
    tokens, at = error.tokens, error.at
    listed = tokens[at].kind == "["
    at += listed
    while at and tokens[at].text in separators and tokens[at - 1].kind in NUMBERS:
        at -= 1
    while at > 1 and tokens[at - 1].text in separators and tokens[at - 2].kind in NUMBERS:
        at -= 2
    sizes = [tokens[at]]
    while tokens[at + 1].text in separators and tokens[at + 2].kind in NUMBERS:
        at += 2
        sizes.append(tokens[at])
    start, end = sizes[0].start, sizes[-1].end
    if listed and tokens[at + 1].kind == "]":
        start, end = error.found.start, tokens[at + 1].end
    if len(sizes) < 2 or not all(size.text.isdecimal() for size in sizes):
        return ()
    return (put(error, start, end, "x".join([size.text for size in sizes])),)


def _closing(tokens: Sequence[Token], at: int) -> int | None:
    """Where the bracket at a token closes."""
    depth = 0
    for number in range(at, len(tokens)):
        depth += (tokens[number].text in OPENS) - (tokens[number].text in CLOSES)
        if depth == 0:
            return number
    return None


def _step_end(tokens: Sequence[Token], at: int) -> int | None:
    """The number of the token behind a call or a group."""
    if tokens[at].kind in WORDS:
        at += 1
        if tokens[at].kind != "(":
            return at
    elif tokens[at].kind != "{":
        return None
    end = _closing(tokens, at)
    return None if end is None else end + 1
