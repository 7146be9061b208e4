"""Reading goes on after syntax errors: one pass finds all of them, and keeps what is right."""

from __future__ import annotations

import re
from random import Random

import pytest
from folders import ROOT
from hypothesis import given
from hypothesis import strategies as st

from cnnspec.source import Source
from cnnspec.syntax import parse, tree
from cnnspec.syntax.reader import Reader
from cnnspec.syntax.stack import Stack
from cnnspec.syntax.tokens import statements_of, tokenize
from cnnspec.syntax.tree import parts

LARGE = 3 * "".join(path.read_text(encoding="utf-8") + "\n" for path in sorted(ROOT.glob("specs/*.cnn")))
MISTAKES = {
    "a parenthesis doubled": lambda line: line.replace("(", "((", 1),
    "a parenthesis not closed": lambda line: line.replace(")", "", 1),
    "one closed twice": lambda line: line.replace(")", "))", 1),
    "a bracket closed by a parenthesis": lambda line: line.replace("(", "[", 1),
    "a comma at the end": lambda line: line.partition("  #")[0].rstrip() + " ,",
    "no comma": lambda line: line.replace(", ", " ", 1),
    "no arrow": lambda line: line.replace(")", ") relu", 1),
    "another arrow": lambda line: line.replace(")", ") > relu", 1),
    "a character": lambda line: line.replace("(", "(@", 1),
    "a number without a digit": lambda line: line.replace("(", "(.5, ", 1),
    "a text not closed": lambda line: line.replace("(", '("x, ', 1),
    "a word of the language": lambda line: line.replace("(", "(def, ", 1),
    "a colon": lambda line: line.replace("(", "(kernel: ", 1),
    "an assignment": lambda line: re.sub(r"^(\s*)", r"\1x = ", line),
    "a brace opened": lambda line: line.rstrip() + " {",
    "a brace closed": lambda line: line.rstrip() + " }",
}


def planted(count: int, seed: int, kinds: list[str]) -> tuple[str, set[int]]:
    """A large spec with mistakes in it, and their lines."""
    random, lines = Random(seed), LARGE.split("\n")
    plain = [
        n for n, line in enumerate(lines) if re.fullmatch(r" +(\w+: )?conv\w*\([^()]+, [^()]+\).*", line)
    ]
    hit = random.sample(plain, count)
    for number in hit:
        lines[number] = MISTAKES[random.choice(kinds)](lines[number])
    return "\n".join(lines), {number + 1 for number in hit}


@pytest.mark.parametrize(
    "kinds", [*([kind] for kind in MISTAKES), list(MISTAKES)], ids=lambda kinds: kinds[-1]
)
def test_forty_mistakes_in_a_large_spec_are_found_in_one_run(kinds: list[str]) -> None:
    assert len(LARGE) > 99_000
    text, wanted = planted(40, 1, kinds)
    found = [error.span.line for error in parse(Source("large", text)).errors if error.span]
    assert len(wanted.intersection(found)) >= 36, wanted - set(found)
    assert len(found) == len(set(found)), "none is said twice"
    assert set(found) <= wanted, "and nothing else"


@pytest.mark.parametrize("count", [0, 1, 10, 40])
def test_a_text_is_read_once(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of tokens that the parser takes is that of the text, whatever mistakes are in it."""
    text, _ = planted(count, 2, list(MISTAKES))
    fed = 0
    feed = Stack.feed

    def counting(self: Stack, kind: str, value: object) -> bool:
        nonlocal fed
        fed += 1
        return feed(self, kind, value)

    monkeypatch.setattr(Stack, "feed", counting)
    parse(Source("large", text))
    assert fed <= len(statements_of(tokenize(text), text)) + 3 * count


def names_of(text: str) -> list[object]:
    """The names of what a file defines, in order."""
    items = parse(Source("large", text)).tree.items
    return [
        item.name for item in items if isinstance(item, (tree.Definition, tree.NetDefinition, tree.Given))
    ]


def test_mistakes_leave_the_rest_of_the_tree_as_it_was() -> None:
    names = names_of(LARGE)
    text, _ = planted(40, 3, list(MISTAKES))
    found = names_of(text)
    assert found == names


def broken(text: str) -> tree.Broken:
    found = parse(Source("spec", text))
    assert len(found.errors) == 1, found.errors
    (node,) = (node for node in parts(found.tree) if isinstance(node, tree.Broken))
    return node


def test_a_broken_statement_keeps_what_was_read_of_it() -> None:
    node = broken("net A {\n    x[1]: relu -> conv(64, kernel=3, ? 4) -> gap\n    relu\n}\n")
    assert node.label is not None and node.label.name == "x" and node.label.indices
    units = [unit for unit in node.units if isinstance(unit, tree.Unit)]
    assert [unit.target.name for unit in units if unit.target] == ["relu"]
    assert node.callee is not None and node.callee.name == "conv"
    assert [argument.name for argument in node.arguments] == [None, "kernel"]
    assert node.span.text == "x[1]: relu -> conv(64, kernel=3, ? 4) -> gap"
    assert [token.text for token in node.tokens][-2:] == ["->", "gap"]


def test_a_call_under_the_cursor_has_its_argument() -> None:
    node = broken("net A { conv(64 ? }")
    assert node.callee is not None and node.callee.name == "conv" and len(node.arguments) == 1


def test_blocks_of_a_broken_statement_are_read() -> None:
    node = broken("net A {\n    for i n range(3) { conv(8, 3); relu }\n}\n")
    (block,) = node.blocks
    assert isinstance(block, tree.Body) and len(block.statements) == 2


def test_a_parenthesis_that_is_missing_is_added() -> None:
    found = parse(Source("spec", "net A {\n    a: conv(64, max(3, 5)\n    relu\n}\n"))
    assert [error.code for error in found.errors] == ["unclosed"]
    assert not [node for node in parts(found.tree) if isinstance(node, tree.Broken)]


def test_braces_that_are_missing_are_added_and_the_tree_is_whole() -> None:
    written = "net A {\n    stem {\n        conv(8, 3)\n    }\n    body {\n        relu\n    }\n}\n"
    mended = parse(Source("spec", written.replace("    }\n    body", "    body")))
    assert [error.code for error in mended.errors] == ["unclosed"]
    assert tree.same(mended.tree, parse(Source("spec", written)).tree)


@given(st.text(st.one_of(st.sampled_from('(){}[]|:;,=*->. \n#"x3?def net'), st.characters())))
def test_any_text_is_read_and_its_tokens_are_the_text(text: str) -> None:
    found = parse(Source("spec", text))
    text, end = text.replace("\0", " "), 0
    for token in found.tokens:
        assert text[end : token.start].strip(" \t\f\r") == ""
        assert token.text == text[token.start : token.end]
        end = token.end
    assert text[end:].strip(" \t\f\r") == ""


@given(
    st.lists(
        st.sampled_from(
            [
                "net A {",
                "}",
                "(",
                ")",
                "[",
                "]",
                "{",
                "|",
                "->",
                "conv",
                "3",
                ",",
                ":",
                "=",
                "=>",
                "for i in x",
                "if",
                "else",
                "def f",
                "let",
                "\n",
                "\n    ",
                ";",
                "?",
                '"a',
                "in",
            ]
        )
    )
)
def test_any_tokens_are_read(words: list[str]) -> None:
    parse(Source("spec", " ".join(words)))


def test_the_drawn_stack() -> None:
    """What opens stack.py: the values at each token of a call that is not whole."""
    text = "net A { conv(64,"
    reader = Reader(Source("a", text), statements_of(tokenize(text), text), "start")
    shown = []
    for token in reader.tokens[:-1]:
        assert reader.stack.feed("net" if token.text == "net" else token.kind, token)
        shown.append(" ".join(getattr(value, "text", type(value).__name__) for value in reader.stack.values))
    assert shown[2:] == [
        "net A {",
        "net A { conv",
        "net A { Reference (",
        "net A { Reference ( 64",
        "net A { Reference ( Argument ,",
    ]
