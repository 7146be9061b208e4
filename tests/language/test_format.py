"""The layout of specs: examples, and the promise that it keeps meaning and comments and settles at once."""

import pytest
from diagnose import codes_of
from folders import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnspec.diagnostics import as_text
from cnnspec.format import format_text
from cnnspec.format.entries import read
from cnnspec.format.layout import layout
from cnnspec.format.lines import WIDTH
from cnnspec.source import Source
from cnnspec.syntax import parse

SPECS = sorted([*ROOT.glob("specs/*.cnn"), *ROOT.glob("tests/cases/ok/**/*.cnn")])


def formatted(text: str) -> str:
    parsed = parse(Source("spec", text))
    assert not parsed.errors, "\n".join(map(as_text, parsed.errors))
    return format_text(parsed)


def in_net(body: str) -> str:
    """What becomes of the body of a net, less its margin."""
    lines = formatted("net A {\n" + body + "\n}\n").splitlines()
    assert lines[0] == "net A {" and lines[-1] == "}"
    return "\n".join(line.removeprefix("    ") for line in lines[1:-1])


EXPRESSIONS = [
    ("1+2*-3", "1 + 2 * -3"),
    ("2 ** - 3**i", "2**-3**i"),
    ("- -x", "--x"),
    ("a - -b", "a - -b"),
    ("not(a)and not b", "not (a) and not b"),
    ("a if b<c else[d]", "a if b < c else [d]"),
    ("xs [ 1 : ]+xs[:-1]", "xs[1:] + xs[:-1]"),
    ("y[ i ,j ]", "y[i, j]"),
    ("f( a,b = 2 , )", "f(a, b=2)"),
    ("( a , )", "(a,)"),
    ("(a,b,)", "(a, b)"),
    ("[1,2,]", "[1, 2]"),
    ("( 1 + 2 )*3", "(1 + 2) * 3"),
    ("1_000+4.2G+1e-5+7x7", "1_000 + 4.2G + 1e-5 + 7x7"),
    ("[x*2 for x in xs if x>1]", "[x * 2 for x in xs if x > 1]"),
    ("p3 . channels//2", "p3.channels // 2"),
    ('"a  b"', '"a  b"'),
    ("3 in(1,2)", "3 in (1, 2)"),
    ("-(a)", "-(a)"),
    ("[\n  1,\n  2,\n]", "[1, 2]"),
]


@pytest.mark.parametrize(("written", "expected"), EXPRESSIONS)
def test_expressions(written, expected):
    assert in_net(f"let n={written}") == f"let n = {expected}"


STATEMENTS = [
    ("conv( 64,3 , stride = 2 )->relu", "conv(64, 3, stride=2) -> relu"),
    ("a;b ;c", "a\nb\nc"),
    ("conv(4,3)*( n-1 )", "conv(4, 3) * (n - 1)"),
    ("skip [i] :conv(4)", "skip[i]: conv(4)"),
    ("relu\n   -> gap\n => 4x?x?", "relu -> gap         => 4x?x?"),
    ("input image 3x4x4", "input image 3x4x4"),
    ("input(3,size,size)", "input (3, size, size)"),
    ("head cls[i]from p[i],training{relu}", "head cls[i] from p[i], training { relu }"),
    ("body{a;b}", "body { a; b }"),
    ("body{\na;b}", "body {\n    a\n    b\n}"),
    ("body {\n}", "body {}"),
    ("if a{b}else if c{d}\nelse{e}", "if a { b } else if c { d } else { e }"),
    ("concat{|a|b->c}", "concat { | a | b -> c }"),
    ("concat{|a\n|b->c}", "concat {\n    | a\n    | b -> c\n}"),
    (
        "concat {\n| for k in[1,3]:if k>1:conv(k)}",
        "concat {\n    | for k in [1, 3]: if k > 1: conv(k)\n}",
    ),
    ("for a,b in zip(x,y){c}", "for a, b in zip(x, y) { c }"),
    ("expect params<=26M,output==10", "expect params <= 26M, output == 10"),
    ("a\n\n\n\nb", "a\n\nb"),
    ("\n\na\n\n", "a"),
    ("dense(3){\na} -> b=>4", "dense(3) {\n    a\n} -> b => 4"),
]


@pytest.mark.parametrize(("written", "expected"), STATEMENTS)
def test_statements(written, expected):
    assert in_net(written) == expected


SPACES = [
    ("vary a in[1,2]\nwhere(a+1)<5,(macs)<2k", "vary a in [1, 2]\nwhere (a + 1) < 5, (macs) < 2k"),
    ("where(macs<8M)", "where (macs < 8M)"),
    ("where-a<0", "where -a < 0"),
]


@pytest.mark.parametrize(("written", "expected"), SPACES)
def test_conditions_of_spaces(written, expected):
    """`where` is a word of the language there, and a call elsewhere."""
    inner = expected.replace("\n", "\n    ")
    assert formatted(f"space S of A {{\n{written}\n}}") == f"space S of A {{\n    {inner}\n}}\n"
    assert in_net("where (3)") == "where(3)"


COMMENTS = [
    ("a # one\n# two\nb", "a   # one\n# two\nb"),
    ("body { # one\na\n# two\n}", "body {  # one\n    a\n    # two\n}"),
    ("a # one\n  # two\n  -> b", "a  # one\n    # two\n    -> b"),
    ("f(1, # one\n2)", "f(\n    1,  # one\n    2\n)"),
    ("f( # one\n1\n# two\n)", "f(\n    # one\n    1\n    # two\n)"),
    ("f(1 # one\n,2)", "f(\n    1,  # one\n    2\n)"),
    ("if a {\nb\n} # one\n# two\nelse { c }", "if a {\n    b\n}  # one\n# two\nelse {\n    c\n}"),
    ("a; b # one", "a\nb   # one"),
    ("a; # one\nb", "a   # one\nb"),
]


@pytest.mark.parametrize(("written", "expected"), COMMENTS)
def test_comments(written, expected):
    assert in_net(written) == expected


def test_marks_and_comments_of_neighbours_are_aligned():
    written = "conv_bn(64, 7, stride=2) -> relu => 64x112x112 # first\nrelu\nmaxpool(3) => 64x56x56 # second"
    assert in_net(written) == (
        "conv_bn(64, 7, stride=2) -> relu    => 64x112x112   # first\n"
        "relu\n"
        "maxpool(3)                          => 64x56x56     # second"
    )


def test_a_blank_line_or_a_comment_ends_a_run():
    assert in_net("a => 1\n\nabcdefghij => 2\n# c\nabc => 3") == (
        "a   => 1\n\nabcdefghij  => 2\n# c\nabc         => 3"
    )


def test_nets_given_by_others_are_aligned():
    assert formatted("net A=F(1)\nnet Abc  =  F( 2 )\n\n\nnet B = F(3)") == (
        "net A   = F(1)\nnet Abc = F(2)\n\nnet B = F(3)\n"
    )


def test_items_longer_than_a_line_stand_apart():
    written = "use std(a,b)\nlet n = 1\ndef f{\na\n}\n# about g\ndef g { b }\ndef h { c }\n"
    assert formatted(written) == (
        "use std (a, b)\nlet n = 1\n\ndef f {\n    a\n}\n\n# about g\ndef g { b }\ndef h { c }\n"
    )


def test_long_chains_are_wrapped_before_an_arrow():
    chain = " -> ".join(f"conv({n}, 3)" for n in range(100, 120))
    lines = in_net(chain).splitlines()
    assert len(lines) == 4 and all(len(line) + 4 <= WIDTH for line in lines)
    assert all(line.startswith("    -> conv(") for line in lines[1:])


def test_long_lists_are_filled():
    lines = in_net(f"let xs = {list(range(1000, 1040))}").splitlines()
    assert lines[0] == "let xs = [" and lines[-1] == "]" and len(lines) == 5
    assert all(line.startswith("    1") and len(line) + 4 <= WIDTH for line in lines[1:-1])


def test_long_bodies_are_opened():
    chain = " -> ".join(["relu"] * 14)
    assert (
        in_net(f"head aux from a4, training {{ {chain} }}").splitlines()[0] == "head aux from a4, training {"
    )


def test_a_join_that_is_opened_stays_on_the_line_that_it_is_opened_on():
    arm = "subsample(2) -> conv(c // 2, 1, bias=false)"
    body = f"if c {{ relu }}\nelse {{ relu -> concat {{ | {arm} | {arm} }} -> batchnorm }}"
    assert in_net(body).splitlines() == [
        "if c {",
        "    relu",
        "} else {",
        "    relu -> concat {",
        f"        | {arm}",
        f"        | {arm}",
        "    } -> batchnorm",
        "}",
    ]


@pytest.mark.parametrize("depth", [2, 5, 20, 190])
def test_joins_nested_on_one_line_settle_at_once(depth):
    opening = "relu -> concat { | relu | "
    for text in (
        opening * depth + "relu" + " } -> relu" * depth,
        "residual { " * depth + "relu" + " }" * depth,
    ):
        laid = formatted(f"net A {{\n{text}\n}}\n")
        assert formatted(laid) == laid


def test_what_a_comment_allows_stays_allowed_where_its_line_is_broken():
    arm = "adaptive_avgpool(1) -> conv(512, 1, bias=false) -> batchnorm -> resize(16, bilinear)"
    text = (
        f"net A {{\n    input 8x16x16\n    concat {{ | identity | {arm} }}  # allow: batchnorm-on-pixel\n}}\n"
    )
    laid = formatted(text)
    assert "\n    }  # allow: batchnorm-on-pixel\n" in laid
    assert codes_of(text) == codes_of(laid) == []


def test_a_text_with_syntax_errors_is_left_alone():
    parsed = parse(Source("spec", "net A {  input 3 ; conv( }"))
    assert parsed.errors and format_text(parsed) == parsed.source.text


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment", "  \n# a\n\n\n# b\n"])
def test_texts_without_code(text):
    assert formatted(text) == text.replace("\n\n\n", "\n\n").replace("  \n", "").strip("\n") + "\n" * bool(
        text.strip()
    )


def check_promises(text: str) -> None:
    """The layout has the same tree, the same comments in the same order, and is laid out as it is."""
    parsed = parse(Source("written", text))
    assert not parsed.errors, text + "\n".join(map(as_text, parsed.errors))
    laid = layout(read(parsed.tokens))
    again = parse(Source("laid", laid))
    assert again.tree == parsed.tree, laid
    assert layout(read(again.tokens)) == laid
    comments, kept = ([t.text.rstrip() for t in p.tokens if t.kind == "COMMENT"] for p in (parsed, again))
    assert comments == kept
    assert all(line == line.rstrip() for line in laid.splitlines())
    assert "\n\n\n" not in laid and not laid.startswith("\n")


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_promises_on_every_spec(path):
    check_promises(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", sorted(ROOT.glob("specs/*.cnn")), ids=lambda path: path.stem)
def test_specs_that_ship_are_laid_out(path):
    text = path.read_text(encoding="utf-8")
    assert formatted(text) == text, f"run cnnspec fmt specs/{path.name}"


# ---- specs at random: lists of words, with breaks and comments between them wherever they may stand

NAMES = st.sampled_from(["a", "bc", "conv", "x1", "prev", "width_of_the_layer"])
NUMBERS = st.sampled_from(["0", "12", "1_000", "4.2G", "0.5", "1e-5", "7x7", "3x224x224"])
WORDS = st.one_of(NAMES, NUMBERS, st.sampled_from(["true", "none", '"a # b"', "(a,)", "[]"])).map(
    lambda w: [w]
)
END = "<end of statement>"
BREAKABLE = ("->", "=>", "|", "else")


def joined(*parts: str | list[str]) -> list[str]:
    return [word for part in parts for word in ([part] if isinstance(part, str) else part)]


def separated(items: list[list[str]], comma: str = ",") -> list[str]:
    return joined(*[[comma, *item] if number else item for number, item in enumerate(items)])


def some(strategy, least: int = 1, most: int = 3):
    return st.lists(strategy, min_size=least, max_size=most)


def longer(inner):
    operator = st.sampled_from(["+", "-", "*", "//", "**", "<", "==", "and", "or", "in"])
    named = st.builds(joined, NAMES, st.just("="), inner)
    arguments = st.one_of(some(inner, 0).map(separated), some(named).map(separated))
    return st.one_of(
        st.builds(joined, inner.map(lambda e: ["(", *e, ")"]), operator, inner.map(lambda e: ["(", *e, ")"])),
        st.builds(joined, st.sampled_from(["-", "+"]), WORDS),
        st.builds(lambda e: ["(", "not", *e, ")"], inner),
        st.builds(lambda e: ["(", *e, ")"], inner),
        some(inner, 0).map(lambda items: ["[", *separated(items), "]"]),
        some(inner, 2).map(lambda items: ["(", *separated(items), ",", ")"]),
        st.builds(lambda f, a: [f, "(", *a, ")"], NAMES, arguments),
        st.builds(lambda f, a: [f, "(", *separated(a), ",", ")"], NAMES, some(inner)),
        st.builds(lambda t, i: [t, "[", *i, "]"], NAMES, inner),
        st.builds(lambda t, i: [t, "[", *i, ":", "]"], NAMES, inner),
        st.builds(lambda a, c, b: ["(", *a, "if", *c, "else", *b, ")"], inner, inner, inner),
        st.builds(lambda e, n, xs: ["[", *e, "for", n, "in", "(", *xs, ")", "]"], inner, NAMES, inner),
        st.builds(lambda t, n: [t, ".", n], NAMES, NAMES),
    )  # fmt: skip


EXPRESSION = st.recursive(WORDS, longer, max_leaves=8)
MARK = st.sampled_from([["=>", "64x?x7"], ["=>", "?"], ["=>", "(", "a", ",", "?", ")"]])


def body(statements: list[list[str]]) -> list[str]:
    return ["{", *joined(*[[*statement, END] for statement in statements]), "}"]


def compound(inner):
    """Statements with blocks, around others."""
    block = st.lists(inner, max_size=3).map(body)
    arms = some(st.builds(joined, st.just("|"), st.sampled_from([[], ["if", "a", ":"]]), inner_flow(inner)))
    return st.one_of(
        st.builds(joined, st.just("if"), EXPRESSION, block),
        st.builds(joined, st.just("if"), EXPRESSION, block, st.just("else"), block),
        st.builds(joined, st.sampled_from(["for x in", "for x , y in"]).map(str.split), EXPRESSION, block),
        st.builds(joined, st.sampled_from(["stem", "body", "head"]), block),
        st.builds(joined, inner_flow(inner), st.just("->"), NAMES, block),
        st.builds(lambda n, a, m: [n, "{", *joined(*a), "}", *m], NAMES, arms, st.one_of(st.just([]), MARK)),
        st.builds(joined, NAMES, st.just(":"), block),
    )  # fmt: skip


def inner_flow(_):
    call = st.builds(lambda n, a: [n, "(", *separated(a), ")"], NAMES, some(EXPRESSION))
    unit = st.one_of(NAMES.map(lambda n: [n]), call, st.builds(joined, call, st.just("*"), NAMES))
    return some(unit).map(lambda units: separated(units, "->"))


FLOW = st.builds(joined, inner_flow(None), st.one_of(st.just([]), MARK))
SIMPLE = st.one_of(
    FLOW,
    st.builds(joined, NAMES, st.just(":"), FLOW),
    st.builds(joined, st.just("let"), NAMES, st.just("="), EXPRESSION),
    st.builds(joined, st.just("expect"), some(EXPRESSION).map(separated)),
    st.just(["input", "3x4"]),
)
STATEMENT = st.recursive(SIMPLE, compound, max_leaves=5)
ITEM = st.one_of(
    st.builds(lambda n, b: ["net", n, *body(b)], NAMES, some(STATEMENT, 0, 4)),
    st.builds(lambda n, p, b: ["def", n, "(", p, ")", *body(b)], NAMES, NAMES, some(STATEMENT, 0, 2)),
    st.builds(lambda n, e: ["net", n, "=", "F", "(", *e, ")"], NAMES, EXPRESSION),
    st.builds(lambda n, e: ["let", n, "=", *e], NAMES, EXPRESSION),
    st.just(["use", "std", "(", "a", ",", "b", ")"]),
)
SPEC = some(ITEM, 1, 4).map(lambda items: joined(*[[*item, END] for item in items]))


def written(words: list[str], random) -> str:
    """The words as a careless author might write them."""
    pieces: list[str] = []
    open_brackets: list[str] = []
    for number, word in enumerate(words):
        following = words[number + 1] if number + 1 < len(words) else END
        if word in ("(", "[", "{"):
            open_brackets.append(word)
        elif word in (")", "]", "}"):
            open_brackets.pop()
        in_bracket = bool(open_brackets) and open_brackets[-1] != "{"
        if word == END:
            only_line = not open_brackets
            pieces.append(
                random.choice(["\n", "\n\n\n", " # c\n", "\n  # c\n\n"] + [";", " ; "] * (not only_line))
            )
            continue
        pieces.append(word)
        if following == END:
            continue
        gap = random.choice([" ", " ", "  "])
        if random.random() < 0.15 and (in_bracket or following in BREAKABLE):
            gap = random.choice(["\n", " \n\n ", " # c\n", "\n# c\n  # d\n"])
        elif word == "{" and random.random() < 0.5 and following != "|":
            gap = random.choice(["\n", " # c\n", "\n\n# c\n"])
        elif random.random() < 0.3 and (word in "([{" or following in ")]},"):
            gap = ""
        pieces.append(gap)
    return "".join(pieces)


@settings(max_examples=60, deadline=None)
@given(SPEC, st.randoms(use_true_random=False))
def test_promises_on_specs_at_random(words, random):
    check_promises(written(words, random))
