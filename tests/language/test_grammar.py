"""The grammar: free of conflicts, saved as it stands, read in linear time, and what it makes of a text."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from folders import ROOT

from cnnspec.diagnostics import Report
from cnnspec.layers import REGISTRY
from cnnspec.source import Source
from cnnspec.syntax import parse, parse_expression, tree
from cnnspec.syntax.build import number
from cnnspec.syntax.tables import GRAMMAR, TABLES, made
from cnnspec.syntax.tokens import KINDS, RESERVED, SIGNS, Token, tokenize


def read(text: str) -> tree.File:
    found = parse(Source("spec", text))
    assert not found.errors, found.errors
    return found.tree


def statements(body: str) -> tuple[tree.Statement, ...]:
    (net,) = read(f"net A {{\n{body}\n}}\n").items
    assert isinstance(net, tree.NetDefinition)
    return net.body.statements


def expression(text: str) -> tree.Expression:
    found = parse_expression(Source("expression", text), Report())
    assert found is not None, text
    return found


def test_saved_tables_are_of_this_grammar_which_has_no_conflicts():
    """Made afresh in lark's strict mode, they are the ones that ship, to the letter."""
    assert made() == Path(TABLES).read_text(encoding="utf-8")


def test_the_page_of_the_grammar_names_every_token_and_shows_every_statement():
    page = (ROOT / "grammar" / "README.md").read_text(encoding="utf-8")
    tokens, statements = page.split("## Statements")
    for kind in KINDS:
        assert f"`{kind.name}`" in tokens, kind.name
    assert set(re.findall(r"`(-> =>[^`]*)`", tokens)[0].replace("\\|", "|").split()) == set(SIGNS)
    assert set(re.findall(r"`(def share[^`]*)`", tokens)[0].split()) == RESERVED
    for row in re.findall(r"^\| `[^b].*", statements, re.MULTILINE):
        _, _, examples, place, _ = re.split(r"(?<!\\)\|", row)
        for example in re.findall(r"`([^`]+)`", examples.replace("\\|", "|")):
            head = "space S of A" if "a space" in place else "net A"
            text = example if "a file" in place else f"{head} {{ {example} }}"
            assert not parse(Source("example", text)).errors, example


def test_grammar_knows_no_layer_by_name():
    words = set(re.findall(r'"([^"]+)"', Path(GRAMMAR).read_text(encoding="utf-8")))
    assert "residual" not in words and "share" in words and not words & set(REGISTRY)


@pytest.mark.parametrize(
    ("text", "value"),
    [("7", 7), ("1_000", 1000), ("26M", 26 * 10**6), ("4.2G", 42 * 10**8), ("1.5k", 1500), ("2T", 2 * 10**12),
     ("0.5", 0.5), ("1e-5", 1e-5), ("2.5e3", 2500.0), ("0.0001k", 0.1)],
)  # fmt: skip
def test_numbers(text, value):
    assert number(text) == value and type(number(text)) is type(value)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("1 + 2 * 3", "1 + (2 * 3)"),
        ("-2**2", "-(2**2)"),
        ("not a == b", "not (a == b)"),
        ("a or b and c", "a or (b and c)"),
        ("f(x)[0].channels", "((f(x))[0]).channels"),
        ("[x for x in xs if x > 1]", "[x for x in xs if (x > 1)]"),
    ],
)
def test_precedence(text, same):
    assert expression(text) == expression(same)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("(1 + 2) * 3", "1 + 2 * 3"),
        ("(2**3)**2", "2**3**2"),
        ("(-2)**2", "-2**2"),
        ("(a < b) < c", "a < b < c"),
    ],
)
def test_parentheses_that_count(text, other):
    assert expression(text) != expression(other)


def test_statements_end_at_line_ends_and_semicolons():
    assert len(statements("a; b\nc\n\n\n# d\ne;")) == 4


@pytest.mark.parametrize(
    "text", ["a\n-> b", "a\n# c\n\n  -> b", "f(\n1,\n\n2\n)", "a => [\n".replace("[", "(1,") + "2)"]
)
def test_line_breaks_that_end_nothing(text):
    assert len(statements(text)) == 1


def test_what_a_flow_holds():
    (flow,) = statements("skip[i, 0]: conv(64, kernel=3) -> relu * 2 => 64x?")
    assert isinstance(flow, tree.Flow) and flow.label is not None and flow.mark is not None
    assert flow.label.name == "skip" and len(flow.label.indices[0]) == 2
    conv, relu = flow.units
    assert isinstance(conv, tree.Unit) and isinstance(relu, tree.Unit)
    assert conv.arguments is not None and [argument.name for argument in conv.arguments] == [None, "kernel"]
    assert relu.arguments is None and relu.repeat == tree.Literal(2, relu.span)
    assert [extent and extent.value for extent in flow.mark.extents] == [64, None]  # type: ignore[union-attr]


def test_all_conditions_of_an_expect():
    (expect,) = statements("expect a == 1, b == 2, c == 3")
    assert isinstance(expect, tree.Expect) and len(expect.conditions) == 3


def test_all_inputs_of_an_index():
    found = expression("y[1, 2, 3]")
    assert isinstance(found, tree.Index) and isinstance(found.index, tree.Listing)
    assert [item.value for item in found.index.items] == [1, 2, 3]  # type: ignore[union-attr]


def test_steps_under_conditions_and_labels_of_labels():
    (flow,) = statements("b.p[3] -> blur * 2 if s > 1 or t -> relu if x else gelu(approximate=tanh) => 4x?")
    assert isinstance(flow, tree.Flow) and flow.mark is not None
    start, blur, act = flow.units
    assert isinstance(start, tree.Unit) and start.target is not None
    assert [(m.name, len(m.indices)) for m in start.target.members] == [("p", 1)]
    assert isinstance(blur, tree.Conditional) and blur.unit.repeat is not None and blur.otherwise is None
    assert blur.span.text == "blur * 2 if s > 1 or t" and isinstance(blur.condition, tree.Logic)
    assert isinstance(act, tree.Conditional) and act.otherwise is not None


def test_loops_and_conditions_with_labels_and_nested_names():
    loop, branch = statements("a[1]: for i, (b, (c, d)) in rows { relu }; b: if n { relu } else { gelu }")
    assert isinstance(loop, tree.Labelled) and isinstance(loop.statement, tree.Loop)
    assert [name.name for name in tree.flat_names(loop.statement.names)] == ["i", "b", "c", "d"]
    assert isinstance(branch, tree.Labelled) and isinstance(branch.statement, tree.Branch)


def test_a_share_in_a_body_at_the_margin():
    (net,) = read("net A {\ninput 3x8x8\nshare s(n) { relu }\ns(3)\n}\n").items
    assert isinstance(net, tree.NetDefinition)
    assert [type(statement) for statement in net.body.statements] == [
        tree.InputDeclaration,
        tree.Definition,
        tree.Flow,
    ]


def test_names_that_are_words_of_newer_rules_alone():
    """What today's specs call so goes on working: new rules take no name away."""
    text = "split: conv(step, space=log) -> vary -> where(of=none, inner=1) -> none1 if if_same else step"
    assert len(statements(text)) == 1


def test_words_of_the_language_as_layers_are_named():
    """A layer, an argument or a label may have any name but a keyword: there is no list of layers."""
    (flow,) = statements("anything(goes=here) { | a | b }")
    assert isinstance(flow, tree.Flow)
    (unit,) = flow.units
    assert isinstance(unit, tree.Unit) and isinstance(unit.block, tree.Arms)


def test_spans_are_exact():
    text = "net A {\n    x: conv(a + (b), 3) => 4x?\n    expect n <= (2)\n}\n"
    (net,) = read(text).items
    assert isinstance(net, tree.NetDefinition)
    flow, expect = net.body.statements
    assert isinstance(flow, tree.Flow) and isinstance(expect, tree.Expect)
    (unit,) = flow.units
    assert isinstance(unit, tree.Unit)
    assert flow.span.text == "x: conv(a + (b), 3) => 4x?" and (flow.span.line, flow.span.column) == (2, 5)
    assert unit.span.text == "conv(a + (b), 3)"
    assert [argument.span.text for argument in unit.arguments or ()] == ["a + (b)", "3"]
    assert [condition.span.text for condition in expect.conditions] == ["n <= (2)"]


def calls_each(count: int) -> float:
    """How many functions are called for a statement, which is the same on every machine, however busy."""
    text = "net A {\n" + "a: conv(64, 3)\n# c\n\n    -> relu\n" * count + "}\n"
    calls = 0

    def one(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event.endswith("call")

    before = sys.getprofile()
    sys.setprofile(one)
    try:
        read(text)
    finally:
        sys.setprofile(before)
    return calls / count


def test_reading_takes_linear_time():
    assert calls_each(4_000) < 1.1 * calls_each(400)


def test_a_chain_of_any_length_is_one_flow():
    (flow,) = statements(" -> ".join(["relu"] * 5000))
    assert isinstance(flow, tree.Flow) and len(flow.units) == 5000


@pytest.mark.parametrize(
    ("text", "message", "cure"),
    [
        ("3 4", "another value begins here", "a list stands in [ ]"),
        ("3, 4", "another value begins here", "a list stands in [ ]: [3, 4]"),
        ("0..3", "`..` makes no list", "write range(0, 3)"),
        ("[1 2]", "a comma is missing between `1` and `2`", ""),
        ("(1", "`(` is not closed", "write `)` after `1`"),
        ("1)", "`)` closes nothing", "remove it"),
        ("1 -> 2", "`->` cannot stand in a value", ""),
        ("", "expected an expression, found its end", ""),
        (
            "caf\u00e9",
            "`\u00e9` is not a character of the language",
            "names are made of the letters a-z, A-Z, digits and _",
        ),
    ],
)
def test_what_is_wrong_with_a_value_alone(text: str, message: str, cure: str) -> None:
    report = Report()
    assert parse_expression(Source("--set", text), report) is None
    assert [(d.message, d.help) for d in report.diagnostics] == [(message, cure)]


def test_what_builds_a_node_shows_its_production():
    """The methods that take children by their place say above which rule of the grammar these are of."""
    grammar = re.sub(r"\s+", " ", (ROOT / "grammar/cnn.lark").read_text(encoding="utf-8"))
    builder = (ROOT / "cnnspec/syntax/build.py").read_text(encoding="utf-8")
    shown = re.findall(r"^    # ([!?]*(\w+): .+)\n    def (\w+)\(", builder, re.M)
    assert len(shown) >= 26
    assert all(rule == method and production in grammar for production, rule, method in shown)


PIECES = [
    *SIGNS, *"\n\t\r\f\v ;\"\\&!~^$#@'éß中٣²→\xa0\u2028\x00", "&&", "||", "...", "....", "\n\n   \n",
    "\n" + " " * 250, "conv", "x", "e", "E5", "_", "x3", "64", "3x3", "3x", "x3x4", "3x224x224", "64x?x?",
    "?x?", "1_000", "1__", "0.5", "1e-5", "1e", "2E+3", "4.2G", "5k", "7kk", "1.", ".5", "1..3", '"a b"',
    '"open', "# a comment", "#", "12é", "a中", "0x", "00",
]  # fmt: skip


def by_patterns(text: str) -> Iterator[Token]:
    """The tokens of a text by the patterns of all kinds alone, tried in order at each place."""
    whole = re.compile(
        r"[ \t\f\r]*(?:" + "|".join(f"(?P<{kind.name}>{kind.pattern})" for kind in KINDS) + ")"
    )
    for match in whole.finditer(text):
        kind = match.lastgroup or ""
        word = match[kind]
        yield Token(word if kind == "SIGN" else kind, word, match.end() - len(word), match.end())


@pytest.mark.parametrize("seed", range(20))
def test_tokens_are_those_of_the_patterns(seed):
    """What is found without them is what they find, in texts of pieces that run together and in specs."""
    random = Random(seed)
    for _ in range(300):
        text = "".join(random.choices(PIECES, k=random.randint(1, 12)))
        assert tokenize(text) == list(by_patterns(text)), repr(text)
    for path in sorted((ROOT / "specs").glob("*.cnn"))[seed::20]:
        text = path.read_text(encoding="utf-8")
        assert tokenize(text) == list(by_patterns(text)), path
