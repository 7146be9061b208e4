"""Colours: the Pygments lexer and the grammar of editors/vscode take every spec without an error."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from folders import ROOT
from pygments.lexers import find_lexer_class_by_name, get_lexer_for_filename
from pygments.token import Comment, Error, Keyword, Name, Number, Operator

from cnnspec.elaborate.expressions.functions import FUNCTIONS
from cnnspec.elaborate.values import FORMS
from cnnspec.highlight import CnnLexer
from cnnspec.layers import REGISTRY

SPECS = sorted([*ROOT.glob("specs/*.cnn"), *ROOT.glob("tests/cases/ok/**/*.cnn")])
KEYWORDS = set(re.findall(r'"([a-z]+)"', (ROOT / "grammar" / "cnn.lark").read_text(encoding="utf-8")))
EXTENSION = ROOT / "editors" / "vscode"


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_no_spec_has_text_without_a_colour(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tokens = list(CnnLexer(stripnl=False, ensurenl=False).get_tokens(text))
    assert not [value for kind, value in tokens if kind is Error]
    assert "".join(value for _, value in tokens) == text


def test_colours() -> None:
    line = "head[i]: conv(64 * width, 3x3, stride=2) -> act => ?x8x8   # half"
    found = [(value, kind) for kind, value in CnnLexer().get_tokens(line) if value.strip()]
    assert found == [
        ("head", Name.Label),
        ("[", Name.Label),
        ("i", Name.Label),
        ("]", Name.Label),
        (":", found[4][1]),
        ("conv", Name.Builtin),
        ("(", found[6][1]),
        ("64", Number),
        ("*", Operator),
        ("width", Name),
        (",", found[10][1]),
        ("3x3", Number),
        (",", found[10][1]),
        ("stride", Name.Attribute),
        ("=", Operator),
        ("2", Number),
        (")", found[16][1]),
        ("->", Operator),
        ("act", Name),
        ("=>", Operator),
        ("?x8x8", Number),
        ("# half", Comment.Single),
    ]


def test_every_keyword_of_the_grammar_has_a_colour() -> None:
    for word in KEYWORDS:
        ((kind, _), *_) = CnnLexer().get_tokens(word)
        assert kind in Keyword or kind is Operator.Word, word


def test_pygments_finds_the_lexer_by_name_and_by_file() -> None:
    assert find_lexer_class_by_name("cnn") is CnnLexer
    assert isinstance(get_lexer_for_filename("resnet.cnn"), CnnLexer)


def test_the_extension_names_files_that_exist_and_the_language_as_it_is() -> None:
    package = json.loads((EXTENSION / "package.json").read_text(encoding="utf-8"))
    (language,), (grammar,) = package["contributes"]["languages"], package["contributes"]["grammars"]
    assert language["extensions"] == [".cnn"]
    assert json.loads((EXTENSION / language["configuration"]).read_text(encoding="utf-8"))
    rules = json.loads((EXTENSION / grammar["path"]).read_text(encoding="utf-8"))
    assert rules["scopeName"] == grammar["scopeName"]
    by_name = {rule["name"]: re.compile(rule["match"]) for rule in rules["patterns"] if "name" in rule}
    for word in (*REGISTRY, *FORMS):
        assert by_name["support.function.layer.cnn"].fullmatch(word), word
    for word in FUNCTIONS:
        assert by_name["support.function.cnn"].match(word + "("), word
    for word in KEYWORDS:
        assert any(by_name[name].fullmatch(word) for name in by_name if name.startswith("keyword")), word
