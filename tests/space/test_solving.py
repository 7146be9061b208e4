"""The best member of a space: as good as that of all members, where these are few enough to be looked at."""

from __future__ import annotations

import json
import runpy
from itertools import product
from typing import Any

import numpy as np
import pytest
from folders import ROOT

import cnnspec
from cnnspec.cli.main import execute
from cnnspec.diagnostics import InvalidValue, Report, SpecError
from cnnspec.limits import Limits
from cnnspec.source import Source
from cnnspec.space.coordinates import Coordinates
from cnnspec.space.evaluation import excess_of
from cnnspec.space.solver import excess_of_rows
from cnnspec.space.surrogate import fit, terms_of
from cnnspec.space.vectorized import column_of
from cnnspec.syntax import parse_expression

TEXT = """\
use std (basic, bottleneck)

net Small(depth=2, width=8, block=basic, widths=[8, 8], scale=1.0) {
    input 3x16x16
    conv(make_divisible(16 * scale, 4), 3) -> relu
    for i in range(depth) { block(width) }
    for w in widths { conv(w, 3) -> relu }
    head { gap -> flatten -> linear(10) }
}

space Wide of Small {
    vary depth in 1..4
    vary width in 8..128
    vary widths[2] in 8..64 step 8
    where macs < 20M
}
space Few of Small { vary depth in 1..3; vary width in [8, 16]; where macs < 2M }
"""


@pytest.fixture
def spec(tmp_path):
    path = tmp_path / "small.cnn"
    path.write_text(TEXT, encoding="utf-8")
    return path


KNOBS = {
    "an integer": ["width in 4..120"],
    "a fraction that is rounded": ["scale in 0.5..8.0 step 0.05"],
    "two integers": ["width in 8..64 step 2", "depth in 1..5"],
    "a list": ["widths[2] in 8..80 step 6"],
    "a choice and an integer": ["block in [basic, bottleneck]", "width in 20..140 step 2"],
    "a choice of numbers and a fraction": ["width in [8, 12, 24, 48]", "scale in 0.5..4.0 step 0.1"],
}
BUDGETS = {
    "macs <= {macs}": ("maximize", "params"),
    "params >= {params}": ("minimize", "macs"),
    "macs <= {macs}, net.params != 17": ("maximize", "macs / params"),
    "macs >= {macs}": ("minimize", "abs(params - {params})"),
}


MEMBERS: dict[tuple[str, ...], list[dict[str, int]]] = {}
"""Parameters and MACs of all members of a space, by what varies."""


def all_members(spec, knobs: list[str]) -> list[dict[str, int]]:
    """Parameters and MACs of all members of a space."""
    key = tuple(knobs)
    if key not in MEMBERS:
        every = cnnspec.sample(f"{spec}:Small", 1_000, vary=knobs)
        assert every.sample.exhausted
        MEMBERS[key] = [dict(one.figures) for one in every]
    return MEMBERS[key]


def figure_of(sought: str, one: dict[str, int], middle: dict[str, int]) -> float:
    """What is sought, of a member."""
    params, macs = one["params"], one["macs"]
    worked_out = {"macs / params": macs / params, "params": params, "macs": macs}
    return worked_out.get(sought, abs(params - middle["params"]))


def fits(budget: str, one: dict[str, int], middle: dict[str, int]) -> bool:
    """Whether a member holds a budget."""
    name = "params" if budget.startswith("params") else "macs"
    return one[name] <= middle[name] if "<=" in budget else one[name] >= middle[name]


@pytest.mark.parametrize("knobs", KNOBS.values(), ids=KNOBS.keys())
@pytest.mark.parametrize("budget", BUDGETS)
def test_the_best_is_as_good_as_that_of_all_members(spec, knobs: list[str], budget: str) -> None:
    every = all_members(spec, knobs)
    middle = {name: sorted(one[name] for one in every)[len(every) // 2] for name in ("macs", "params")}
    direction, sought = BUDGETS[budget]
    sought = sought.format(**middle)
    options: dict[str, Any] = {"where": [budget.format(**middle)], direction: sought}
    solved = cnnspec.solve(f"{spec}:Small", vary=knobs, tries=70, **options)
    assert solved.best is not None and solved.solution.looked_at < len(every)
    values = [figure_of(sought, one, middle) for one in every if fits(budget, one, middle)]
    if direction == "maximize":
        assert solved.best.figures[sought] >= 0.99 * max(values)
    else:
        assert solved.best.figures[sought] <= 1.01 * min(values) + 1


FIGURES = {
    "peak < 60k": "maximize",
    "memory < 100k": "maximize",
    "net.depth == 10": "maximize",
    "receptive_field > 20": "minimize",
    "training_memory(batch=8) < 2M": "maximize",
    "params_of('head') < 200": "maximize",
    "output == 10, depth <= 2": "maximize",
    "depth < width, sum(widths) < 50": "maximize",
}


@pytest.mark.parametrize("condition", FIGURES)
def test_conditions_on_figures_of_every_kind_are_held(spec, condition: str) -> None:
    vary = ["depth in 1..5", "width in 4..64 step 2", "widths[2] in [4, 8, 16]"]
    where = [condition.replace("'", '"')]
    sought: dict[str, Any] = {FIGURES[condition]: "params"}
    solved = cnnspec.solve(f"{spec}:Small", vary=vary, where=where, tries=60, **sought)
    assert solved.best is not None
    drawn = [one.figures["params"] for one in cnnspec.sample(f"{spec}:Small", 60, vary=vary, where=where)]
    assert solved.best.figures["params"] >= 0.9 * max(drawn) or FIGURES[condition] == "minimize"
    assert solved.best.figures["params"] <= 1.1 * min(drawn) or FIGURES[condition] == "maximize"
    assert solved.net.params == solved.best.figures["params"]


def test_figures_of_one_structure_are_polynomials_that_a_few_nets_give_exactly(spec) -> None:
    """Of two widths and a depth: 17 terms, and the figures of a thousand nets from those of 20."""
    vary = ["width in 70..199", "depth in 2..9", "scale in [1.0, 2.0, 4.0]"]
    every = cnnspec.sample(f"{spec}:Small", 60, vary=vary, seed=3)
    space = every.sample.space
    coordinates = Coordinates(space)
    rows = np.array(
        [[p["width"] - 70, p["depth"] - 2, [1.0, 2.0, 4.0].index(p["scale"])]
         for p in (one.parameters for one in every)], dtype=float
    )  # fmt: skip
    figures = np.array([[one.figures["params"], one.figures["macs"]] for one in every], dtype=float)
    terms = terms_of(coordinates, 40)
    assert len(terms) == 17
    surrogate = fit(coordinates, rows[:30], figures[:30], terms)
    assert surrogate.is_exact
    assert np.allclose(surrogate(rows[30:]), figures[30:], rtol=1e-7)


def test_what_is_no_polynomial_is_met_where_it_was_looked_at(spec) -> None:
    space = cnnspec.sample(f"{spec}:Small", 1, vary=["scale in 0.5..8.0"]).sample.space
    coordinates = Coordinates(space)
    rows = np.linspace(0, 1, 20)[:, None]
    figures = np.floor(7 * rows)
    surrogate = fit(coordinates, rows, figures, terms_of(coordinates, 40))
    assert not surrogate.is_exact
    assert np.allclose(surrogate(rows), figures, atol=1e-6)


@pytest.mark.parametrize("symbol", ["<", "<=", ">", ">=", "==", "!="])
def test_what_is_missed_is_the_same_of_one_and_of_many(symbol: str) -> None:
    pairs = list(product([-2.0, 0.0, 1.0, 3.0], repeat=2))
    one = [excess_of(symbol, left, right) for left, right in pairs]
    lefts, rights = (np.array(side) for side in zip(*pairs, strict=True))
    assert one == pytest.approx(excess_of_rows(symbol, lefts, rights).tolist())
    held = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
            "==": np.equal, "!=": np.not_equal}[symbol](lefts, rights)  # fmt: skip
    assert [excess == 0 for excess in one] == held.tolist()


def test_expressions_of_many_settings_are_those_of_one() -> None:
    text = "max(macs / 2, params - 3) * -2 + abs(params)"
    expression = parse_expression(Source("text", text), Report())
    figures = {"macs": np.array([2.0, 9.0, 40.0]), "params": np.array([1.0, 5.0, 3.0])}
    assert expression is not None
    found = column_of(expression, lambda part: figures.get(part.span.text))
    assert found is not None and found.tolist() == [
        max(m / 2, p - 3) * -2 + abs(p) for m, p in zip(*figures.values(), strict=True)
    ]
    assert column_of(expression, lambda part: None) is None


def test_a_ratio_of_polynomials_is_met_exactly(spec) -> None:
    """Of five thousand settings, as few are looked at as the polynomials of both figures need."""
    vary = ["width in 70..5000"]
    solved = cnnspec.solve(f"{spec}:Small", vary=vary, minimize="abs(macs / params - 240)")
    assert solved.best is not None and solved.solution.looked_at < 20
    exact = min(
        abs(one.figures["macs"] / one.figures["params"] - 240)
        for one in cnnspec.sample(f"{spec}:Small", 40, vary=vary)
    )
    assert solved.best.figures["abs(macs / params - 240)"] <= exact


def test_settings_and_rows_are_the_same_thing(spec) -> None:
    vary = [
        "depth in 1..4",
        "width in 8..128 step 8 log",
        "widths[2] in 8..64",
        "scale in 0.5..2.0",
        "block in [basic, bottleneck]",
    ]
    space = cnnspec.sample(f"{spec}:Small", 1, vary=vary).sample.space
    coordinates = Coordinates(space)
    for row in coordinates.draw(np.random.default_rng(0), 50):
        setting = coordinates.setting(row)
        assert 1 <= setting["depth"] <= 4 and setting["width"] % 8 == 0 and 8 <= setting["width"] <= 128
        assert len(setting["widths"]) == 2 and 0.5 <= setting["scale"] <= 2
        assert setting["block"].name == ["basic", "bottleneck"][int(row[5])]
    moved = coordinates.moved(
        np.random.default_rng(1),
        coordinates.draw(np.random.default_rng(0), 50),
        np.full(50, 0.3),
        np.ones(50),
    )
    assert moved.min() >= 0 and (moved[:, 4] <= 1).all() and (moved[:, :4] == np.rint(moved[:, :4])).all()


def test_a_space_of_few_settings_is_looked_at_as_a_whole(spec, capsys) -> None:
    solved = cnnspec.solve(f"{spec}:Few", maximize="params")
    assert solved.solution.is_whole and solved.solution.looked_at == 6
    assert solved.best is not None
    assert solved.best.figures["params"] == max(
        one.figures["params"] for one in cnnspec.sample(f"{spec}:Few", 6)
    )


def test_where_nothing_fits_it_says_so_and_what_comes_nearest(spec, capsys, tmp_path) -> None:
    out = tmp_path / "best.cnn"
    arguments = ["solve", f"{spec}:Wide", "--where", "params < 1k", "--maximize", "macs"]
    assert execute([*arguments, "-o", str(out)]) == 1 and not out.exists()
    assert capsys.readouterr().err.startswith("no member: ")
    assert execute(arguments) == 1
    said = capsys.readouterr().out
    assert "net Nearest = Small(depth=1, width=8, widths=[8, 8])" in said and "params < 1k  by " in said
    solved = cnnspec.solve(f"{spec}:Wide", where=["params < 1k"], maximize="macs")
    assert solved.best is None and solved.nearest is not None
    assert solved.missed == {"params < 1k": pytest.approx(1 - 1_000 / solved.net.params)}
    hopeless = cnnspec.solve(f"{spec}:Wide", where=["width * widths[0] == 721"], maximize="macs")
    assert hopeless.best is None and "width * widths[0] == 721" in hopeless.missed


def test_the_best_is_written_as_a_net_that_checks(spec, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    for of in ("small.cnn:Wide", "regnetxspace_400mf"):
        assert execute(["solve", of, "--maximize", "params", "--tries", "200", "-o", "best.cnn"]) == 0
        assert capsys.readouterr().err.startswith("wrote best.cnn (net Best = ")
        assert execute(["check", "best.cnn"]) == 0
        assert "best.cnn:Best: " in capsys.readouterr().out or of.startswith("regnet")
    assert 'use "small.cnn"' not in (tmp_path / "best.cnn").read_text()


def test_forms_agree(spec, capsys) -> None:
    arguments = ["solve", f"{spec}:Wide", "--minimize", "abs(macs - 9M)", "--tries", "30"]
    assert execute([*arguments, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["direction"] == "minimize" and data["nearest"] is None and data["missed"] == {}
    assert data["best"]["figures"]["abs(macs - 9M)"] == abs(data["best"]["figures"]["macs"] - 9_000_000)
    assert execute([*arguments, "--format", "csv"]) == 0
    head, row = capsys.readouterr().out.splitlines()
    assert head == "net,depth,width,widths,params,macs,abs(macs - 9M)"
    assert row.startswith(f"Best,{data['best']['parameters']['depth']},")
    assert execute([*arguments, "--format", "cnn"]) == 0
    assert f"width={data['best']['parameters']['width']}" in capsys.readouterr().out
    assert execute(arguments) == 0
    assert "the smallest" in capsys.readouterr().out


ODD = {
    "a label of a call": "def f { x: relu }\nnet A(n) { input 3x8x8; conv(n, 3); z: f; z.x -> conv(n, 3) }",
    "a head for training": "net A(n) {\ninput 3x8x8\nhead { conv(n, 3) }\nhead t, training { conv(n, 3) }\n}",
    "a share": "share f(n) { conv(n, 3) }\nnet A(n) { input 3x8x8; conv(n, 1); f(n); f(n); conv(n, 3) }",
    "several inputs": "net A(n) { input a 3x8x8; input b 3x8x8; add(a, b) -> conv(n, 3) }",
    "a sequence": "net A(n) { input 8x16; conv(n, 3) -> conv(n, 3) }",
    "a volume": "net A(n) { input 2x4x4x4; conv(n, 3) }",
    "one layer": "net A(n) { input 4; linear(n) }",
    "nets that are none": "net A(n) { input 3x8x8; conv(12, 3) -> conv(24, 1, groups=1 + n % 5) }",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
@pytest.mark.parametrize("where", ["params > 0", "memory < 1M", "macs < 90k"])
def test_nets_of_all_kinds_are_solved_with_their_own_figures(text: str, where: str, tmp_path) -> None:
    path = tmp_path / "odd.cnn"
    path.write_text(text, encoding="utf-8")
    solved = cnnspec.solve(path, vary=["n in 1..70"], where=[where], maximize="params")
    member = solved.best or solved.nearest
    assert member is not None
    assert (member.figures["params"], member.figures["macs"]) == (solved.net.params, solved.net.macs)


def test_the_same_seed_gives_the_same_member(spec) -> None:
    first, again = (cnnspec.solve(f"{spec}:Wide", maximize="params", seed=4).as_dict() for _ in range(2))
    assert first == again


@pytest.mark.parametrize(
    ("space", "where", "sought", "largest"),
    [
        ("regnetxspace", "macs < 300M", "params", True),
        ("regnetxspace", "macs < 300M", "activations", True),
        ("anynetxe", "params < 20M", "activations", False),
    ],
)
def test_where_figures_jump_it_is_better_than_members_that_are_drawn(
    space: str, where: str, sought: str, largest: bool
) -> None:
    drawn = cnnspec.sample(space, 3, where=[where, f"{sought} > 0"])
    best = (max if largest else min)(one.figures[sought] for one in drawn)
    word: dict[str, Any] = {"maximize" if largest else "minimize": sought}
    solved = cnnspec.solve(space, where=[where], **word)
    assert solved.best is not None
    found = solved.best.figures[sought]
    assert found >= best if largest else found <= best


@pytest.mark.parametrize("target", [250e6, 400e6])
def test_a_target_is_met_where_figures_jump(target: float) -> None:
    solved = cnnspec.solve("regnetxspace", minimize=f"abs(macs - {target:.0f})")
    assert solved.best is not None
    assert solved.best.figures["macs"] == pytest.approx(target, rel=0.01)


def test_more_tries_are_more_starts_and_no_more_than_asked_for() -> None:
    few, more = (
        cnnspec.solve("regnetxspace", where=["macs < 300M"], maximize="params", tries=tries)
        for tries in (60, 700)
    )
    assert few.solution.looked_at == 60 and more.solution.looked_at == 700
    assert more.best is not None and more.best.figures["params"] > 20_000_000


def test_conditions_of_many_settings_take_no_more_steps_than_each_may(spec) -> None:
    limits = Limits(steps=150)
    solved = cnnspec.solve(
        f"{spec}:Wide", maximize="params", where=["widths == sorted(widths)"], limits=limits, tries=150
    )
    assert solved.best is not None and solved.best.figures["macs"] < 20_000_000


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"maximize": "mcas"}, "unknown-name"),
        ({"maximize": "params +"}, "syntax"),
        ({"maximize": "widths"}, "type"),
        ({"maximize": "params < 3"}, "type"),
        ({"maximize": "params", "where": ["macs < 0"]}, "where-never"),
        ({"minimize": "[macs, params]"}, "type"),
    ],
)
def test_what_cannot_be_solved_is_a_diagnostic(spec, options: dict, code: str) -> None:
    with pytest.raises(SpecError) as caught:
        cnnspec.solve(f"{spec}:Wide", **options)
    assert code in [one.code for one in caught.value.diagnostics]


def test_what_is_sought_is_said_once(spec, capsys) -> None:
    with pytest.raises(InvalidValue, match="maximize or minimize"):
        cnnspec.solve(spec, maximize="params", minimize="macs")
    for more in ([], ["--maximize", "params", "--minimize", "macs"]):
        assert execute(["solve", f"{spec}:Wide", *more]) == 2


@pytest.mark.slow
def test_structures_of_the_zoo_are_solved_as_by_brute_force() -> None:
    """95 of 100 answers on all structures of the benchmark are within 1 % of what brute force finds."""
    assert runpy.run_path(str(ROOT / "benchmarks" / "solve.py"))["main"]([]) == 0
