"""Members of spaces: distributed as the space says, the same for a seed, with the figures of their nets."""

from __future__ import annotations

import csv
import io
import json
from itertools import islice, pairwise
from math import log
from random import Random

import pytest

import cnnspec
from cnnspec.cli.main import execute
from cnnspec.diagnostics import Report, SpecError
from cnnspec.elaborate import Limits, Settings, elaborate
from cnnspec.files import read_source
from cnnspec.pipeline import FIGURES, MORE_FIGURES, Compiled
from cnnspec.session import Session
from cnnspec.source import Source, Span
from cnnspec.space.counting import SUMS, can_be_added_up, loses_no_layer, new_memory, sums_of
from cnnspec.space.definition import NumberRange, SpaceVariable, ValueList
from cnnspec.space.drawing import draw, settings
from cnnspec.spec_files import SPECS

TEXT = """\
use std (conv_bn_relu, basic)

def plain(width) { conv(width, 3) -> relu }

net Small(depth, width=8, block=plain, widths=[8, 8]) {
    input 3x16x16
    for i in range(depth) { block(width) }
    for w in widths { conv(w, 1) }
    head { gap -> flatten -> linear(10) }
}

space Wide of Small {
    vary depth in 1..4
    vary width in 8..64 step 8 log
    vary block in [plain, basic]
    vary widths[2] in 1..9
    where widths == sorted(widths), net.depth < 8
    where 5k < params, macs < 3M
}
space Tiny of Small { vary depth in [1, 2]; vary width in [8, 16]; where params < 3k }
space Never of Small { vary depth in 1..4; vary width in 1..64; where params == 12_345, macs > 0 }
"""


@pytest.fixture
def spec(tmp_path):
    path = tmp_path / "small.cnn"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.mark.parametrize("picked", ["other.cnn", "other.cnn:Tiny", "other.cnn:tiny"])
def test_a_space_of_another_file_is_one_of_the_file_that_uses_it(spec, monkeypatch, picked: str) -> None:
    """Its conditions see the names of its own file, and its members name its net there."""
    monkeypatch.chdir(spec.parent)
    (spec.parent / "other.cnn").write_text('use "small.cnn" (Tiny, Small)\nnet Best = Small(1)\n')
    assert execute(["check", "other.cnn"]) == 0
    members, own = (cnnspec.sample(name, 3, seed=1) for name in (picked, "small.cnn:Tiny"))
    assert [one.parameters for one in members] == [one.parameters for one in own]
    assert members.text().startswith('use "small.cnn" (Small)\n')
    solved = cnnspec.solve(picked, maximize="params")
    assert solved.best is not None
    assert solved.best.figures["params"] == max(one.figures["params"] for one in own)
    with pytest.raises(SpecError, match="has no block, net or space `Tinier`"):
        (spec.parent / "other.cnn").write_text('use "small.cnn" (Tinier)\n')
        cnnspec.sample("other.cnn")


def test_members_of_the_open_space_of_regnet_have_four_stages() -> None:
    members = cnnspec.sample("regnetxspace_open", 3)
    for member in members:
        named = [node.name.split(".") for node in members.net(member).ir]
        assert {parts[2] for parts in named if parts[0] == "body"} == {f"stage{n}" for n in range(1, 5)}
    assert {member.parameters["ratio"] for member in members} == {1, 2, 4}


NOWHERE = Span(Source("space", ""), 0, 0)
VARIABLES = {
    "integers": (NumberRange(12, 28, 1), list(range(12, 29))),
    "steps": (NumberRange(8, 64, 8), list(range(8, 65, 8))),
    "fractions in steps": (NumberRange(0.5, 1.0, 0.1), [0.5, 0.6, 0.7, 0.8, 0.9, 1.0]),
    "a choice": (ValueList((8, 16, 24)), [8, 16, 24]),
}
FIRST = [
    {"depth": 26, "w0": 144, "wa": 34.3648, "wm": 2.22138, "group": 32},
    {"depth": 18, "w0": 152, "wa": 22.8887, "wm": 2.42636, "group": 40},
]
"""The first settings of the space of RegNet, with seed 0."""
DRAWS = 4_000


@pytest.mark.parametrize("name", VARIABLES)
def test_values_are_drawn_as_often_as_each_other(name: str) -> None:
    """Pearson's chi-squared test: the sum of (found - expected)^2 / expected is near its mean."""
    domain, values = VARIABLES[name]
    source = Random(1)
    found = [draw(SpaceVariable("x", domain, None, NOWHERE), source) for _ in range(DRAWS)]
    assert set(found) == set(values)
    expected = DRAWS / len(values)
    deviation = sum((found.count(value) - expected) ** 2 / expected for value in values)
    freedom = len(values) - 1
    assert deviation < freedom + 4 * (2 * freedom) ** 0.5


@pytest.mark.parametrize("logarithmic", [False, True])
@pytest.mark.parametrize(("low", "high"), [(8.0, 256.0), (0.25, 2.0)])
def test_fractions_are_spread_evenly_or_by_their_logarithm(
    low: float, high: float, logarithmic: bool
) -> None:
    """Kolmogorov and Smirnov: the largest distance of two distribution functions, times root n, is small."""
    variable = SpaceVariable("x", NumberRange(low, high, None, logarithmic), None, NOWHERE)
    source = Random(2)
    found = sorted(draw(variable, source) for _ in range(DRAWS))
    assert low <= found[0] and found[-1] <= high

    def below(x: float) -> float:
        return log(x / low) / log(high / low) if logarithmic else (x - low) / (high - low)

    distance = max(abs(below(x) - (i + 0.5) / DRAWS) for i, x in enumerate(found))
    assert distance * DRAWS**0.5 < 1.95  # one in a thousand is beyond


def test_the_logarithm_is_drawn_and_snapped_to_the_steps() -> None:
    """Each value takes the logarithms that are nearer to it than to its neighbours: 8 those from 8 to 12."""
    variable = SpaceVariable("x", NumberRange(8, 64, 8, True), None, NOWHERE)
    source = Random(3)
    found = [draw(variable, source) for _ in range(DRAWS)]
    edges = [8, 12, 20, 28, 36, 44, 52, 60, 64]
    for value, (start, end) in zip(range(8, 65, 8), pairwise(edges), strict=True):
        share = log(end / start) / log(64 / 8)
        assert abs(found.count(value) / DRAWS - share) < 4 * (share / DRAWS) ** 0.5


def test_the_same_seed_gives_the_same_members_on_every_machine(spec) -> None:
    """These values were drawn once; they hang on no library, processor or version of Python."""
    (space,) = [one for one in cnnspec.spaces(SPECS + "/regnet.cnn") if one.name == "RegNetXSpace"]
    assert list(islice(settings(space, 0), 2)) == FIRST
    first, again, other = (cnnspec.sample(f"{spec}:Wide", 5, seed=seed).as_dict() for seed in (1, 1, 2))
    assert first == again and first["members"] != other["members"]


def test_members_are_distinct_hold_the_conditions_and_have_the_figures_of_their_nets(spec) -> None:
    members = cnnspec.sample(f"{spec}:Wide", 12)
    assert len({members.name(member) for member in members}) == 12
    assert len({tuple(member.parameters.values()) for member in members}) == 12
    assert {member.parameters["block"].name for member in members} == {"plain", "basic"}
    for member in members[:4]:
        net, widths = members.net(member), member.parameters["widths"]
        assert member.figures == {"params": net.params, "macs": net.macs, "depth": net.compiled.depth}
        assert list(widths) == sorted(widths) and net.params > 5_000 and net.macs < 3_000_000
    drawn = members.sample
    assert drawn.drawn == 12 + sum(drawn.rejected.values())


@pytest.mark.parametrize("net", ["RegNetX", "AnyNetX"])
def test_what_is_added_up_is_what_a_net_that_is_made_comes_to(net: str) -> None:
    """Each figure that is a sum, of nets whose calls were met before and of the first ones."""
    source = read_source(SPECS + "/regnet.cnn", "regnet.cnn", Report(), Limits())
    assert source is not None
    module, _ = Session().load(source)
    (space,) = [
        one for one in cnnspec.spaces(SPECS + "/regnet.cnn") if one.name in (f"{net}Space", f"{net}A")
    ]
    assert can_be_added_up(net, module) and loses_no_layer(net, module)
    memory = new_memory()
    for parameters in islice(settings(space, 4), 6):
        sums = sums_of(net, module, parameters, Limits(), memory)
        made = elaborate(net, module, Settings(parameters, {}), Report(), Limits())
        assert made is not None and made.graph is not None
        compiled = Compiled(made, made.graph)
        assert sums == {name: {**MORE_FIGURES, **FIGURES}[name](compiled) for name in SUMS}


ODD = {
    "a label of a call": "def f { x: relu }\nnet A(n) { input 3x8x8; conv(n, 3); z: f; z.x -> conv(n, 3) }",
    "a label": "net A(n) { input 3x8x8; y: conv(n, 3); conv(n, 3); y -> relu }",
    "a head for training": "net A(n) { input 3x8x8; head { gap } head t, training { conv(n, 3) } }",
    "a share": "share f(n) { conv(n, 3) }\nnet A(n) { input 3x8x8; f(3); f(3); conv(n, 3) }",
    "what comes after a head": "net A(n) { input 3x8x8; head { gap }; conv(n, 3) }",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
def test_nets_of_all_kinds_are_sampled_with_their_own_figures(text: str, tmp_path) -> None:
    path = tmp_path / "odd.cnn"
    path.write_text(text.replace("} head", "}\nhead"), encoding="utf-8")
    members = cnnspec.sample(path, 3, vary=["n in 1..30"], where=["params > 0", "macs < 1M"])
    for member in members:
        net = members.net(member)
        assert (member.figures["params"], member.figures["macs"]) == (net.params, net.macs)
    assert len(members) == 3


def test_a_space_that_has_no_more_says_so(spec, capsys) -> None:
    tiny = cnnspec.sample(f"{spec}:Tiny", 9)
    assert tiny.sample.exhausted and not tiny.sample.is_whole and 0 < len(tiny) < 4
    assert execute(["sample", f"{spec}:Tiny", "-n", "9"]) == 1
    assert "there are no other settings" in capsys.readouterr().out


def test_a_hopeless_space_ends_and_says_what_was_not_held(spec, capsys) -> None:
    assert execute(["sample", f"{spec}:Never", "-n", "3", "--tries", "40", "--format", "csv"]) == 1
    said = capsys.readouterr()
    assert said.out == "net,depth,width,params,macs\n"
    assert "params == 12_345" in said.err and "try longer with --tries" in said.err


def test_members_as_lines_of_a_spec_check(spec, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    for name, of in (("a", "small.cnn:Wide"), ("b", "regnetxspace")):
        assert execute(["sample", of, "-n", "2", "--format", "cnn", "-o", f"{name}.cnn"]) == 0
        capsys.readouterr()
        assert execute(["check", f"{name}.cnn"]) == 0
        assert capsys.readouterr().out.count("_1: ") == 1
    assert (tmp_path / "a.cnn").read_text().startswith('use "small.cnn" (Small, ')


def test_forms_agree(spec, capsys) -> None:
    execute(["sample", f"{spec}:Wide", "-n", "3", "--json"])
    data = json.loads(capsys.readouterr().out)
    execute(["sample", f"{spec}:Wide", "-n", "3", "--format", "csv"])
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    for member, row in zip(data["members"], rows, strict=True):
        assert row["net"] == member["name"] and row["width"] == str(member["parameters"]["width"])
        assert row["widths"] == str(member["parameters"]["widths"])
        assert row["params"] == str(member["figures"]["params"])
        assert row["net.depth"] == str(member["figures"]["depth"])


@pytest.mark.parametrize(
    ("of", "options", "code"),
    [
        ("", {}, "pick-net"),
        (":Small", {}, "unknown-net"),
        (":Wid", {}, "unknown-net"),
        (":Small", {"vary": ["depth in 3..1"]}, "vary-range"),
        (":Small", {"vary": ["depth in 1.."]}, "syntax"),
        (":Small", {"vary": ["depth in 1..2"], "where": ["mcas < 3M"]}, "unknown-name"),
        (":Wide", {"where": ["depth > 4"]}, "where-never"),
        (":Small", {"vary": ["depth in 1..2 }\nnet X { relu"]}, "syntax"),
    ],
)
def test_what_cannot_be_sampled_is_a_diagnostic(spec, of: str, options: dict, code: str) -> None:
    with pytest.raises(SpecError) as caught:
        cnnspec.sample(f"{spec}{of}", 3, **options)
    assert code in [one.code for one in caught.value.diagnostics]
