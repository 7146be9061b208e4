"""Predicted times by hand, and the options that measure: warm passes, the machine, summary --time."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from statistics import correlation

import pytest
from folders import ROOT

import cnnspec
from cnnspec.backends import timing
from cnnspec.backends.timing import timed
from cnnspec.cli.main import execute
from cnnspec.passes.cost import cost
from cnnspec.passes.roofline import FUNCTION, LayerTime, Machine, layer_times, total_time

RECORD = ROOT / "benchmarks" / "roofline.json"
NET = "net N { input 4x8x8; a: conv(8, 3) -> batchnorm -> relu; b: maxpool(2); flatten -> linear(10) }"


def test_a_layer_takes_as_long_as_what_bounds_it() -> None:
    graph = cnnspec.loads(NET).ir
    machine = Machine(macs_per_second=1e6, bytes_per_second=1e4)
    times = layer_times(graph, cost(graph), machine, batch=2)
    conv_macs, conv_values = 2 * 8 * 64 * 4 * 9, 2 * (4 * 64 + 8 * 64)
    conv_weights = 8 * 4 * 9 + 8 + 4 * 8
    assert times["a.conv"] == LayerTime(4 * (conv_values + conv_weights) / 1e4, "memory")
    assert times["b"] == LayerTime(4 * 2 * (8 * 64 + 8 * 16) / 1e4, "memory")
    fast = layer_times(graph, cost(graph), Machine(1e6, 1e12), batch=2)
    # a bias, two operations of batchnorm and one of relu for each value
    operations = 2 * 8 * 64 * (1 + 2 + 1)
    assert fast["a.conv"] == LayerTime((conv_macs + operations) / 1e6, "compute")
    assert set(times) == {"a.conv", "b", "flatten", "linear"}
    assert total_time(times) == sum(time.seconds for time in times.values())


FUNCTIONS = [("relu", 0), ("gelu", 1), ("mish", 3), ("softmax", 1), ("lrn(5)", 20), ("lppool(1, power=3)", 4)]


@pytest.mark.parametrize(("layer", "functions"), FUNCTIONS, ids=[layer for layer, _ in FUNCTIONS])
def test_functions_take_as_long_as_many_operations(layer: str, functions: int) -> None:
    graph = cnnspec.loads(f"net N {{ input 4x8x8; it: {layer} }}").ir
    node = next(node for node in graph if node.inputs)
    operations = node.layer.operations(*graph.input_shapes(node))
    found = layer_times(graph, cost(graph), Machine(1.0, 1e12))[node.name]
    assert found.seconds == operations + FUNCTION * functions * 4 * 64


def test_the_model_meets_what_the_benchmark_measured() -> None:
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    machine = Machine(record["macs_per_second"], record["bytes_per_second"])
    taken = list(record["seconds"].values())
    predicted = []
    for name in record["seconds"]:
        net = cnnspec.zoo(name)
        predicted.append(total_time(layer_times(net.ir, net.compiled.costs, machine)))
    errors = [abs(one / other - 1) for one, other in zip(predicted, taken, strict=True)]
    assert len(errors) == 20 and sum(errors) / 20 < 0.20
    # what of GoogLeNet its two lrn take, which the net with batchnorm has not: a third of the whole
    assert errors[list(record["seconds"]).index("GoogLeNet")] < 0.20
    assert max(errors) < 0.30
    assert correlation(ranks(predicted), ranks(taken)) > 0.9


def ranks(values: list[float]) -> list[float]:
    return [float(sorted(values).index(value)) for value in values]


def test_the_first_pass_does_not_count() -> None:
    calls: list[int] = []
    found = timed(lambda: calls.append(1), 4)
    assert len(calls) == 5 and found.passes == 4
    assert 0 <= found.fastest <= found.median <= found.slowest


def test_compile_tells_the_median_of_warm_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["compile", "lenet5", "--repeat", "3", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["passes"] == 3 and found["threads"] >= 1
    assert found["fastest"] <= found["seconds"] <= found["slowest"]


@pytest.mark.parametrize(("threads", "told"), [(1, "1 thread"), (4, "4 threads")])
def test_what_was_measured_is_said_and_kept(
    threads: int,
    told: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(timing, "measured", lambda: Machine(52.34e9, 9.5e9, threads))
    assert execute(["machine"]) == 0
    printed = capsys.readouterr()
    assert printed.out == f"52.3 G multiply-accumulates a second, 9.5 GB a second, {told}\n"
    assert printed.err == f"wrote {tmp_path / 'cnnspec' / 'machine.json'} (the numbers of this machine)\n"
    assert timing.remembered() == Machine(52.34e9, 9.5e9, threads)


def test_time_is_predicted_of_a_machine_that_was_measured(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert execute(["summary", "lenet5", "--time"]) == 2
    assert "cnnspec machine" in capsys.readouterr().err
    assert execute(["machine", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["macs_per_second"] > 1e6 and found["bytes_per_second"] > 1e6
    assert execute(["summary", "lenet5", "--time"]) == 0
    text = capsys.readouterr().out
    assert "bound by" in text and "time, predicted" in text
    assert execute(["summary", "lenet5", "--time", "--sort", "time", "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert list(rows[0]) == ["layer", "is", "output", "macs", "time", "bound"]
    times = [float(row["time"]) for row in rows if row["time"]]
    assert times == sorted(times, reverse=True) and len(times) >= 7
    assert execute(["summary", "lenet5", "--sort", "time", "--format", "csv"]) == 0
    assert list(csv.DictReader(io.StringIO(capsys.readouterr().out))) == rows
    assert execute(["compare", "lenet5", "resnet20", "--columns", "time", "--sort", "time", "--json"]) == 0
    nets = json.loads(capsys.readouterr().out)["nets"]
    assert [net["net"] for net in nets] == ["ResNet20", "LeNet5"]
    table = cnnspec.compare(["lenet5"], columns=["time"])
    assert table[0]["time"] == nets[1]["time"] == pytest.approx(sum(times), rel=1e-4)
    slowest, *_ = cnnspec.zoo("lenet5").table(columns=["time", "bound"], sort="time")
    assert slowest["time"] == pytest.approx(times[0], rel=1e-4) and slowest["bound"] in ("compute", "memory")
