"""Predicted times by hand, and the options that measure: warm passes, the machine, summary --time."""

from __future__ import annotations

import csv
import io
import json

import pytest

import cnnspec
from cnnspec.backends.timing import timed
from cnnspec.cli.main import execute
from cnnspec.passes.cost import cost
from cnnspec.passes.roofline import LayerTime, Machine, layer_times, total_time

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
    assert fast["a.conv"] == LayerTime(conv_macs / 1e6, "compute")
    assert set(times) == {"a.conv", "b", "flatten", "linear"}
    assert total_time(times) == sum(time.seconds for time in times.values())


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
