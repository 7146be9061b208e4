"""Syntax errors that are habits of other languages, each with how this one says it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cnnspec.diagnostics.cures import FOREIGN, Cure, as_told
from cnnspec.diagnostics.report import Diagnostic, Edit
from cnnspec.records import dataclass
from cnnspec.source import Span
from cnnspec.syntax.errors.expected import short
from cnnspec.syntax.errors.rewriting import (
    Rewrite,
    arguments,
    arrow_on_next_line,
    arrows,
    before_as,
    braces,
    chained,
    dims,
    found_as,
    in_parentheses,
    inserted,
    joined,
    labelled_before,
    line_in_braces,
    named,
    named_with,
    range_of,
    repeat_behind,
    repeat_of_block,
    repeat_sign,
    rounded,
    source_of_head,
    unquoted,
    without_before,
    without_parentheses,
    without_sign,
    without_then,
    without_word,
)
from cnnspec.syntax.errors.unexpected import Answer, Replace, Unexpected
from cnnspec.syntax.tokens import ENDS, Token, added

COMMENTS = ("//", "/*", "--", "%")
LOOK_BACK = LOOK_AHEAD = 40
"""How many tokens before and after an error are looked at."""


@dataclass(frozen=True)
class Habit:
    """What tokens look like where the parser stops, and what is said of it.

    `here` is matched on the tokens from there on, `after` on the end of those before it, both written as they
    stand on their lines; `first` on the token that begins the statement; `wants` is a kind that the parser
    would have taken. In the message and the cure, `{0}` is what `here` matched (`{listed}`: with commas),
    `{1}` its group, `{before}` the token before, `{first}` the one that begins the statement.
    """

    here: str
    message: str
    cure: str
    after: str = ""
    first: str = r"(?!(?:let|for|if|use|net|def|share|expect|input)$).+"
    wants: str = ""
    edits: Rewrite | None = None
    """What is written instead, where the cure says more than "write `X`"; None where only that may be."""

    def fits(self, error: Unexpected, before: str, after: str) -> re.Match[str] | None:
        """The match of `here`, where the rest fits as well."""
        if not re.fullmatch(self.first, error.first.text) or not re.search(rf"(?:{self.after})\Z", before):
            return None
        if self.wants and self.wants not in error.accepts:
            return None
        return re.match(self.here, after)


ENDED = r"[)}\]\w]"
BEGINS = r"[{}\n;:|]|->"
ITEM = r"def|share|net"
IN_BRACES = "write {{ a -> b }}, and {{ a -> b }} * 3 for a repeat of it"
NAMED = "a value of the net is named by `{before}: ...`, a number by `let {before} = ...`"
A_LOOP = "loops run over lists: for i in range(n) {{ ... }}"
A_CHOICE = "write if c {{ ... }} else {{ ... }}"
A_SHAPE = "a shape is written with `x`"
HABITS = (
    # chains
    Habit(r"--+>|>>+|\|>|~>|>(?!=)", "`{0}` does not chain layers", "write `->`", after=rf"{ENDED}|\|"),
    Habit(r"\.(?= *\w)", "`.` does not chain layers", "write `->`", after=r"[)}]", edits=arrows),
    Habit(r"\.\.\.", "`...` stands for nothing", "remove it"),
    Habit(r"\+", "`+` does not add values of the net", "write add {{ | a | b }}, or residual {{ a }}"),
    Habit(r",", A_SHAPE, "write => 64x28x28", after=r"=> *[\d?]+", edits=dims),
    Habit(r",", "a comma does not chain layers", "write `->`; in a join, `|` before each arm", after=ENDED),
    Habit(
        r"[A-Za-z_]\w*",
        "`=>` marks a shape, and `{0}` is none",
        "write `->` before a layer",
        after="=>",
        edits=before_as("->"),
    ),
    Habit(r"=+ *[\d?(]", "`=` marks no shape", "write `=>` before it", r"[)}]", edits=found_as("=>")),
    Habit(
        r"\s|;|$",
        "`->` at the end of a line chains nothing",
        "begin the next line with it",
        after="->",
        edits=arrow_on_next_line,
    ),
    # blocks, repeats and arguments
    Habit(r"\(", "a chain in parentheses is no block", IN_BRACES, after=BEGINS, edits=braces),
    Habit(r"\[", "a list of layers is no block", IN_BRACES, after=BEGINS, edits=chained),
    Habit(r"\[", "what a layer gives has no items", "slice(start, stop) takes channels", after=r"[)}]"),
    Habit(r"[xX] *(\w+)", "`x` is no repeat", "write * {1}", after=r"[)}]", edits=repeat_sign),
    Habit(r"\*\*", "`**` is no repeat", "write `*`", after=ENDED),
    Habit(
        r"(\d+)(?: *[*xX]| +(?=[A-Za-z_]))",
        "a repeat stands after what it repeats",
        "write block(64) * {1}",
        after=BEGINS,
        edits=repeat_behind,
    ),
    Habit(r"for\b", "a loop stands before its block", A_LOOP, after=ENDED),
    Habit(r"\{", "a condition stands before its block", A_CHOICE, after=r"[)}\]\w] if [^{}\n;]*"),
    Habit(r"\d", "a layer gives the output", "expect output == 10 holds the net to it", first="outputs?"),
    Habit(
        r"\d\w*(?:[ ,]+\w+)*",
        "arguments stand in parentheses",
        "write {before}({listed})",
        after=r"[A-Za-z_]\w*",
        edits=arguments,
    ),
    Habit(
        r"\d",
        "arguments stand in parentheses, not in braces",
        "write block(64, 3)",
        after=r"\w *\{",
        edits=rounded,
    ),
    Habit(r"<(?!-)", "arguments stand in parentheses", "write {before}(...)", after=r"\w", edits=rounded),
    # labels and numbers
    Habit(
        r"<-|:?=",
        "`{before} {0}` names nothing",
        NAMED,
        after=rf"(?:{BEGINS})\s*[A-Za-z_]\w*",
        edits=named,
    ),
    Habit(r"<-|:?=", "`{0}` names nothing", "write `:`", after=r"\]"),
    Habit(r"=", "`:=` names nothing", "write `:` for a value of the net, `let` for a number", after=r"\w *:"),
    Habit(r'"(\w*)"', "a label stands without quotes", "write {1}: ...", after=BEGINS, edits=unquoted),
    Habit(r"\d\w* *:", "a label begins with a letter", "write block{0} ...", after=BEGINS),
    Habit(
        r"\w+ *=",
        "`{before}` names no number",
        "write let n = 4",
        after="int|float|auto",
        edits=before_as("let"),
    ),
    Habit(
        r"[kKMGT]\b",
        "a number and its unit are one",
        "write {before}{0}",
        after=r"\d",
        first="let|expect",
        edits=joined,
    ),
    Habit(r":=?", "`{0}` names no number", "write `=`", first="let"),
    Habit(
        r"[\w\"(\[]",
        "a number is named with `=`",
        "write let {before} = ...",
        after=r"let +\w+",
        first="let",
        edits=inserted("= "),
    ),
    # loops, conditions and definitions
    Habit(r"\d+", "a loop does not begin like this", A_LOOP, "for", "for", edits=range_of),
    Habit(
        r"\(|=|:(?! *\n)",
        "a loop does not begin like this",
        A_LOOP,
        after=r"for( +\w+)?",
        first="for",
    ),
    Habit(
        r"in\b",
        "a loop does not begin like this",
        A_LOOP,
        after=r"for *\([^()]*",
        first="for",
        edits=without_parentheses,
    ),
    Habit(r"=", "`=` compares nothing", "write `==`", first="if|expect"),
    Habit(
        r"\w",
        "a block stands in braces",
        "write {first} {{ ... }}",
        after="stem|body",
        first="stem|body",
        edits=line_in_braces,
    ),
    Habit(
        r"\w[^{\n]*(?=\n|$)",
        "the block of `{first}` stands in braces",
        "write {{ ... }}",
        "",
        "if|for",
        "{",
        edits=line_in_braces,
    ),
    Habit(
        r"\((\w+)",
        "a head hangs off a label with `from`",
        "write head {before} from {1}",
        first="head",
        edits=source_of_head,
    ),
    Habit(
        r"\w+",
        "parameters stand in parentheses",
        "write {first} {before}({0})",
        r"\w",
        ITEM,
        "(",
        edits=in_parentheses,
    ),
    Habit(
        r"=|->",
        "a block stands in braces, not after `{0}`",
        "write {{ ... }}",
        after=r"\)",
        first=ITEM,
        edits=line_in_braces,
    ),
    Habit(
        r"\{", "a block stands in braces, not after `=`", "remove the `=`", "=", "net", edits=without_before
    ),
    Habit(r'"(\w*)"', "a name stands without quotes", "write {first} {1}", ITEM, ITEM, edits=unquoted),
    Habit(
        r"-", "a name is made of letters, digits and `_`", "write `_`", after=rf"({ITEM}) +\w+", first=ITEM
    ),
    Habit(r"\d\w*", "a name begins with a letter", "write block{0}", after=ITEM, first=ITEM),
    Habit(r".*", "`use` names what it brings", "write use std (bottleneck)", after=r"use.*", first="use"),
    Habit(
        r":",
        "an input is named by a word",
        "write input {before} 3x224x224",
        after=r"\w",
        first="input",
        edits=without_sign,
    ),
    Habit(
        r"\s|;|\}|$",
        "the shape is missing",
        "write input {before} 3x224x224, or input ({before})",
        r"input +\w+",
        "input",
    ),
    Habit(r"\d|[*,\[]", A_SHAPE, "input 3x224x224", first="input", edits=dims),
    Habit(
        r":",
        "a block stands in braces, not after `:`",
        "write {{ ... }}",
        first=r".*",
        wants="{",
        edits=line_in_braces,
    ),
)


def comments(error: Unexpected) -> Answer | None:
    """A comment as other languages write it, which is left out."""
    sign = "".join(token.text for token in error.tokens[error.at : error.at + 2])[:2]
    sign = next((begin for begin in COMMENTS if sign.startswith(begin)), "")
    arrow = sign == "--" and error.tokens[error.at + 1].kind == "->"
    if not sign or error.in_brackets or arrow:
        return None
    end = error.at
    while end < len(error.tokens) - 1 and not _ends_comment(sign, error.tokens, end):
        end += 1
    end += sign == "/*" and end < len(error.tokens) - 1
    start = error.found.start
    place = Span(error.source, start, start + len(sign))
    cure = as_told(place, "write `#`") if sign != "/*" else Cure("write `#`", _each_line(place))
    said = error.cured("character", f"`{sign}` begins no comment", cure)
    return Answer(said, Replace(end - error.at))


def _each_line(begin: Span) -> tuple[Edit, ...]:
    """A comment from `/*` to `*/`, with a `#` before each of its lines; none where code goes on behind it."""
    source, text = begin.source, begin.source.text
    end = text.find("*/", begin.end)
    if end < 0 or text[end + 2 :].partition("\n")[0].strip():
        return ()
    edits = [Edit(begin, "#")]
    at = text.find("\n", begin.end, end)
    while at >= 0:
        start = at + 1 + len(text[at + 1 : end]) - len(text[at + 1 : end].lstrip(" \t"))
        edits.append(Edit(Span(source, start, start), "# " if start < end else "#"))
        at = text.find("\n", at + 1, end)
    blanks = len(text[:end]) - len(text[:end].rstrip(" \t"))
    first = max(end - blanks, edits[-1].span.end)
    return (*edits, Edit(Span(source, first, end + 2), ""))


def _ends_comment(sign: str, tokens: Sequence[Token], number: int) -> bool:
    if sign == "/*":
        return tokens[number].kind == "/" and tokens[number - 1].text[-1:] == "*"
    return tokens[number].kind in ENDS


BY_WORD = {"then": without_then, "as": labelled_before, "repeat": repeat_of_block}
"""What is written in place of words of other languages."""
NAMED_WITH = re.compile(r" are (?:defined|named) with (\w+):")


def foreign(error: Unexpected) -> Answer | None:
    """Words of other languages."""
    for token in (error.first, error.before, error.found):
        if token.text in FOREIGN and "=" not in error.accepts:
            message, cure = f"there is no `{token.text}` here", FOREIGN[token.text]
            said = as_told(error.span(token), cure)
            if token.text == "return" and token is error.first:
                said = Cure(cure, without_word(error))
            elif token.text in BY_WORD:
                said = Cure(cure, BY_WORD[token.text](error))
            elif token is error.first and (ours := NAMED_WITH.search(cure)):
                said = Cure(cure, named_with(ours[1])(error))
            return Answer(error.cured("syntax", message, said, token))
    return None


def habits(error: Unexpected) -> Answer | None:
    """Signs and orders of other languages, in a statement."""
    if error.in_brackets and error.first.text != "for":
        return None
    before = written(error.tokens[max(0, error.at - LOOK_BACK) : error.at])
    after = written(error.tokens[error.at : error.at + LOOK_AHEAD])
    for habit in HABITS:
        if match := habit.fits(error, before, after):
            said = _say(error, habit, match)
            if match.group() == "|>":
                return Answer(said, Replace(2, (added("->", error.found.start),)))
            return Answer(said)
    return None


def written(tokens: Sequence[Token]) -> str:
    """Tokens as a text, with a blank where some stand and an end of a line at the end of a statement."""
    parts: list[str] = []
    end = tokens[0].start if tokens else 0
    for token in tokens:
        is_line_end = token.kind in ENDS and token.text != ";"
        parts.append(" " * (token.start > end) + ("\n" if is_line_end else token.text))
        end = token.end
    return "".join(parts)


def _say(error: Unexpected, habit: Habit, match: re.Match[str]) -> Diagnostic:
    found = [short(text) for text in (match.group(), *match.groups(""))]
    words = {
        "before": short(error.before.text),
        "first": short(error.first.text),
        "listed": ", ".join(re.split("[ ,]+", found[0])),
    }
    message, cure = habit.message.format(*found, **words), habit.cure.format(*found, **words)
    place = Span(error.source, error.found.start, error.found.start + len(match.group()))
    stands_so = match.group() and place.text == match.group()
    if habit.edits is not None:
        return error.cured("syntax", message, Cure(cure, habit.edits(error)))
    return error.cured("syntax", message, as_told(place, cure) if stands_so else Cure(cure))
