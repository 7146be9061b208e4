"""Nets of every kind under the options of a summary and of compile."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from cnnspec.backends import BACKENDS, Options, find
from cnnspec.backends import numpy as numpy_backend
from cnnspec.backends.inputs import random_inputs
from cnnspec.backends.runs import seeded_weights
from cnnspec.backends.weights import declared
from cnnspec.passes.fold_batchnorm import fold_batchnorm
from cnnspec.passes.verify import verify as verify_graph
from cnnspec.pipeline import Compiled
from cnnspec.report import FORMATS, as_dict
from cnnspec.report import summary as table_of
from cnnspec.report.numbers import short_count
from cnnspec.report.rows import SummaryRow, rows
from cnnspec.report.totals import totals
from cross.judge import judge, perform
from cross.kinds import KINDS, net

VIEWS = list(product((False, True), ("macs", "all"), (1, 2, 99)))
"""Of a summary: in inference alone or not, what counts, how deep."""


def viewed(kind: str, inference: bool, counting: str) -> Compiled:
    compiled = net(kind).compiled
    return replace(compiled.for_inference() if inference else compiled, counting=counting)


def outermost(found: list[SummaryRow]) -> list[SummaryRow]:
    return [row for row in found if row.level == 0]


@pytest.mark.parametrize(("inference", "counting", "depth"), VIEWS)
@pytest.mark.parametrize("kind", KINDS)
def test_rows_add_up_to_the_totals(kind: str, inference: bool, counting: str, depth: int) -> None:
    compiled = viewed(kind, inference, counting)
    costs = compiled.costs
    found = rows(compiled, depth)
    for level in range(1, 1 + max(row.level for row in found)):
        assert level < depth
    outer = outermost(found)
    assert sum(row.cost.params for row in outer) == costs.total.params
    assert sum(row.cost.buffers for row in outer) == costs.total.buffers
    assert sum(row.cost.macs for row in outer) == compiled.counted(costs.inference)
    assert sum(row.share for row in outer) == pytest.approx(1 if compiled.counted(costs.inference) else 0)
    assert "in inference" not in dict(totals(compiled))["params"] or not inference


@pytest.mark.parametrize(("inference", "counting", "depth"), VIEWS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_form_has_the_same_rows(kind: str, inference: bool, counting: str, depth: int) -> None:
    compiled = viewed(kind, inference, counting)
    found = rows(compiled, depth)
    table = list(csv.DictReader(io.StringIO(FORMATS["csv"](table_of(compiled, depth)))))
    assert [int(line["macs"]) for line in table] == [row.cost.macs for row in found]
    assert [int(line["params"]) for line in table] == [row.cost.params for row in found]
    for form in ("text", "md", "latex", "html"):
        text = FORMATS[form](table_of(compiled, depth))
        written = short_count if form == "latex" else "{:,}".format
        missing = [row.cost.macs for row in found if written(row.cost.macs) not in text]
        assert not missing, form


@pytest.mark.parametrize(("inference", "counting"), list(product((False, True), ("macs", "all"))))
@pytest.mark.parametrize("kind", KINDS)
def test_layers_and_blocks_of_json_add_up(kind: str, inference: bool, counting: str) -> None:
    compiled = viewed(kind, inference, counting)
    data = as_dict(compiled)
    assert sum(layer["params"] for layer in data["layers"]) == data["params"]
    assert sum(layer["buffers"] for layer in data["layers"]) == data["buffers"]
    assert sum(layer["macs"] for layer in data["layers"]) == data["macs"]
    assert data["macs"] == data["counts"][counting]
    for block in data["blocks"]:
        inner = [layer for layer in data["layers"] if layer["name"].startswith(f"{block['name']}.")]
        assert sum(layer["macs"] for layer in inner) == block["macs"]
        assert sum(layer["params"] for layer in inner) == block["params"]
    if inference:
        whole = as_dict(viewed(kind, False, counting))
        assert data["params"] == data["params_inference"] == whole["params_inference"]
        for figure in ("macs", "activations", "memory", "receptive_field", "depth"):
            assert data[figure] == whole[figure], figure


@pytest.mark.parametrize("kind", KINDS)
def test_what_inference_runs_is_counted(kind: str) -> None:
    graph = net(kind).ir
    costs = net(kind).compiled.costs
    running = graph.inference()
    verify_graph(graph)
    verify_graph(running)
    assert costs.inference.params == sum(w.size for _, w, _ in declared(running) if not w.buffer)
    assert costs.total.params == sum(w.size for _, w, _ in declared(graph) if not w.buffer)
    program = numpy_backend.compile(graph, dtype="float64")
    ran = program.trace(random_inputs(graph, 0, 2))
    expected = sum(node.layer.macs(*graph.input_shapes(node)) for node in graph if node.name in ran)
    assert costs.inference.macs == expected


def test_a_share_that_training_calls_first_keeps_its_weights_in_inference() -> None:
    found = net("share first called by a training head")
    data = found.as_dict()
    assert (data["params"], data["params_inference"]) == (118, 110)
    assert data["memory"]["weights_bytes"] == 4 * (110 + 6)
    other = net("share last called by a training head").as_dict()
    assert [other[k] for k in ("params", "params_inference", "macs")] == [118, 110, data["macs"]]


REPORTS = (
    *("summary", "summary --inference", "summary --memory", "summary --memory --plan plain"),
    *("summary --memory --plan numpy", "summary --memory --plan training", "summary --depth 9 --count all"),
    *("check", "fmt", "sizes", "compare", "compile --backend numpy", "verify --backends numpy,onnx"),
)


@pytest.mark.parametrize("command", REPORTS)
@pytest.mark.parametrize("kind", KINDS)
def test_json_of_every_kind_fits_its_schema(
    kind: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "verify" in command and not find("onnx").is_installed:
        pytest.skip("onnx is not installed")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.cnn").write_text(KINDS[kind])
    name, *options = command.split()
    judge(perform([name, "net.cnn", *options, "--json"]), tmp_path)


@pytest.mark.parametrize("backend", list(BACKENDS))
@pytest.mark.parametrize("kind", KINDS)
def test_folded_nets_say_the_same_on_every_backend(kind: str, backend: str) -> None:
    if not find(backend).is_installed:
        pytest.skip(f"{backend} is not installed")
    graph = net(kind).ir
    weights = seeded_weights(graph)
    inputs = random_inputs(graph, 0, 2)
    expected = find("numpy").run(graph, weights, Options())(inputs)
    folded, tensors = fold_batchnorm(graph, weights)
    verify_graph(folded)
    assert set(tensors) == {key for key, _, _ in declared(folded)}
    got = find(backend).run(folded, tensors, Options())(inputs)
    assert list(got) == list(expected)
    for head, value in expected.items():
        np.testing.assert_allclose(got[head], value, rtol=1e-4, atol=1e-5)
