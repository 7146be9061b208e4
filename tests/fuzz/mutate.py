"""Mutations of specs: tokens and lines dropped, doubled, swapped, replaced, and taken from other specs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from random import Random

TESTS = Path(__file__).parent.parent
SPECS = TESTS.parent / "specs"
TOKEN = re.compile(r"\w+|\s+|->|=>|\*\*|//|[^\w\s]")
SALT = (
    *"(){}[]|:;,=*+-/%.#?\"'\\\n\t\x00\x1b\u00e9\u202e",
    *(
        "->",
        "=>",
        "**",
        "//",
        "==",
        "<=",
        "0",
        "1",
        "-1",
        "2",
        "0.5",
        "1e9",
        "10**9",
        "1_000_000",
        "3x3",
        "1x7",
    ),
    *("true", "none", "prev", "channels", "height", "input", "for", "in", "if", "else", "let", "def", "net"),
    *("residual", "dense", "concat", "add", "conv", "linear", "flatten", "gap", "batchnorm", "share", "head"),
)


def seeds() -> list[str]:
    """The texts that mutations start from: the zoo and the cases."""
    paths = [*SPECS.glob("*.cnn"), *TESTS.glob("cases/**/*.cnn")]
    return [path.read_text(encoding="utf-8") for path in sorted(paths)]


def mutate(texts: list[str], random: Random) -> str:
    """One text with one to four changes."""
    text = random.choice(texts)
    for _ in range(random.randint(1, 4)):
        text = random.choice(CHANGES)(text, texts, random)
    return text


def _tokens(change: Callable[[list[str], Random], None]) -> Callable[[str, list[str], Random], str]:
    def apply(text: str, texts: list[str], random: Random) -> str:
        tokens = TOKEN.findall(text) or [""]
        change(tokens, random)
        return "".join(tokens)

    return apply


def _drop(tokens: list[str], random: Random) -> None:
    del tokens[random.randrange(len(tokens))]


def _double(tokens: list[str], random: Random) -> None:
    at = random.randrange(len(tokens))
    tokens.insert(at, tokens[at])


def _swap(tokens: list[str], random: Random) -> None:
    a, b = random.randrange(len(tokens)), random.randrange(len(tokens))
    tokens[a], tokens[b] = tokens[b], tokens[a]


def _replace(tokens: list[str], random: Random) -> None:
    tokens[random.randrange(len(tokens))] = random.choice(SALT)


def _insert(tokens: list[str], random: Random) -> None:
    tokens.insert(random.randrange(len(tokens) + 1), random.choice(SALT))


def _borrow(tokens: list[str], random: Random) -> None:
    tokens[random.randrange(len(tokens))] = random.choice(tokens)


def _number(tokens: list[str], random: Random) -> None:
    numbers = [i for i, token in enumerate(tokens) if token.isdigit()]
    if numbers:
        tokens[random.choice(numbers)] = str(random.choice([0, 1, 2, 3, 5, 7, 64, 1000, 10**6, 10**18]))


def _cut(text: str, texts: list[str], random: Random) -> str:
    a = random.randrange(len(text) + 1)
    return text[:a] if random.random() < 0.3 else text[:a] + text[a + random.randint(1, 40) :]


def _lines(text: str, texts: list[str], random: Random) -> str:
    lines, others = text.split("\n"), random.choice(texts).split("\n")
    at, start = random.randrange(len(lines)), random.randrange(len(others))
    lines[at : at + random.randint(0, 2)] = others[start : start + random.randint(0, 3)]
    return "\n".join(lines)


CHANGES: tuple[Callable[[str, list[str], Random], str], ...] = (
    *map(_tokens, (_drop, _double, _swap, _replace, _insert, _borrow, _number)),
    _cut,
    _lines,
)
