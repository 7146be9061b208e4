"""Specs made from the grammar, mostly right in syntax and often wrong in meaning."""

from __future__ import annotations

from hypothesis import strategies as st

from cnnspec.layers import REGISTRY, parameters

NAMES = ("a", "b", "n", "out", "width", "skip", "x1")
numbers = st.sampled_from(["0", "1", "2", "3", "7", "16", "64", "0.5", "1e3", "4.2k", "3x3", "1x7", "2**3"])
words = st.sampled_from(
    ["true", "false", "none", "same", "half", "channels", "height", "width", "prev", '"s"']
)
atoms = st.one_of(numbers, numbers, words, st.sampled_from(NAMES))


def _composed(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(["+", "-", "*", "/", "//", "%", "**", "<", "==", "and", "or", "in"])
    functions = st.sampled_from(["max", "min", "len", "range", "sum", "zip", "round", "reversed", "unknown"])
    return st.one_of(
        st.builds("({} {} {})".format, inner, operators, inner),
        st.builds("{}({})".format, functions, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("[{} for a in {}]".format, inner, inner),
        st.builds("{}[{}]".format, inner, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("{}.{}".format, inner, st.sampled_from(["channels", "width", "shape", "none_such"])),
    )


expressions = st.recursive(atoms, _composed, max_leaves=6)


@st.composite
def calls(draw: st.DrawFn) -> str:
    """A layer with arguments that mostly are its own."""
    op = draw(st.sampled_from(sorted(REGISTRY)))
    known = [p.name for p in parameters(REGISTRY[op])]
    given = draw(st.lists(expressions, max_size=3))
    for name in draw(st.lists(st.sampled_from([*known, "none_such"]), max_size=2)):
        given.append(f"{name}={draw(expressions)}")
    return f"{op}({', '.join(given)})"


easy = st.sampled_from(
    [
        "relu",
        "conv(8, 3)",
        "conv(16, 1)",
        "maxpool(2)",
        "gap",
        "flatten",
        "linear(10)",
        "block(8)",
        "identity",
        "a",
    ]
)
units = st.one_of(easy, easy, calls())


def _statements(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    body = st.lists(inner, max_size=3).map("; ".join)
    return st.one_of(
        st.builds("{} -> {}".format, units, inner),
        st.builds("{}: {}".format, st.sampled_from(["a", "b", "skip[0]", "skip[n]", "x1"]), units),
        st.builds("for n in {} {{ {} }}".format, expressions, body),
        st.builds("if {} {{ {} }} else {{ {} }}".format, expressions, body, body),
        st.builds("let n = {}".format, expressions),
        st.builds("concat {{ | {} | {} }}".format, units, units),
        st.builds("add({}, prev)".format, expressions),
        st.builds(
            "residual(shortcut={}) {{ {} }}".format, st.sampled_from(["project", "pad", "if_same"]), body
        ),
        st.builds("residual {{ | {} | {} }}".format, units, units),
        st.builds("dense({}) {{ {} }}".format, numbers, body),
        st.builds("{{ {} }} * {}".format, body, expressions),
        st.builds("{} * {}".format, units, numbers),
        st.builds("{} => {}".format, units, st.sampled_from(["8x32x32", "?x16x16", "10", "(n, 3)"])),
    )


statements = st.recursive(units, _statements, max_leaves=6)
heads = st.builds(
    "head {} {{ {} }}".format, st.sampled_from(["", "h", "h from a", "h from a, training"]), statements
)


@st.composite
def specs(draw: st.DrawFn) -> str:
    """A file with a block, perhaps shared, and two nets."""
    keyword = draw(st.sampled_from(["def", "share"]))
    lines = [f"{keyword} block(out, n=1) {{ {draw(statements)} }}"]
    lines.append(f"net A(n={draw(expressions)}) {{")
    lines.append(f"    input {draw(st.sampled_from(['3x32x32', '784', '(3, 16, 16)', '4x20', '2x8x8x8']))}")
    lines += [f"    {line}" for line in draw(st.lists(statements, min_size=1, max_size=5))]
    lines += [f"    {line}" for line in draw(st.lists(heads, max_size=2))]
    lines += [f"    expect {draw(expressions)} <= {draw(expressions)}"] * draw(st.integers(0, 1))
    lines += ["}", f"net B = A({draw(expressions)})"]
    return "\n".join(lines) + "\n"
