"""`cnnspec compare` and `cnnspec.compare`: figures, order, forms, what cannot be opened, charts."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pandas
import pytest

import cnnspec
from cnnspec.cli.compare import combinations, split
from cnnspec.cli.main import execute
from cnnspec.report.table import as_latex

BROKEN = "net Broken { input 3x8x8; conv(8, 3) -> relu; gap -> flatten -> linear(2); expect params < 10 }"


def out(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    capsys.readouterr()
    assert execute(["compare", *arguments]) == code
    return capsys.readouterr().out


def test_figures_are_those_of_the_nets(capsys) -> None:
    rows = json.loads(out(capsys, "lenet5", "resnet20", "--batch", "8", "--json"))["nets"]
    for row, name in zip(rows, ("lenet5", "resnet20"), strict=True):
        net = cnnspec.zoo(name)
        assert (row["params"], row["macs"]) == (net.params, net.macs)
        assert row["memory"] == 8 * 4 * net.memory().peak
        assert row["training_memory"] == net.training_memory(8).total


def test_products_of_settings_and_order(capsys) -> None:
    settings = ["--set", "width=0.5,1.0", "--set", "classes=10,20"]
    table = out(capsys, "mobilenet", *settings, "--sort", "params", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [(row["width"], row["classes"]) for row in rows] == [
        ("1.0", "20"),
        ("1.0", "10"),
        ("0.5", "20"),
        ("0.5", "10"),
    ]
    assert [int(row["params"]) for row in rows] == sorted((int(row["params"]) for row in rows), reverse=True)


def test_nets_that_break_a_budget_or_have_errors_stand_there_with_the_reason(capsys, tmp_path) -> None:
    file = tmp_path / "broken.cnn"
    file.write_text(BROKEN)
    text = out(capsys, "lenet5", str(file), "nothing")
    assert "over budget: params is 242" in text
    assert "there is no file and no net of the zoo called `nothing`" in text
    rows = json.loads(out(capsys, "lenet5", str(file), "nothing", "--json"))["nets"]
    assert [row["params"] for row in rows] == [cnnspec.zoo("lenet5").params, 242, None]
    assert "nothing" in out(capsys, "nothing", code=1)


def test_text_fits_eighty_columns(capsys) -> None:
    text = out(capsys, "resnet50", "mobilenetv2", "retinanet_resnet50", "--width", "80")
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("suffix", ["svg", "png", "pdf"])
def test_a_chart_of_two_figures(capsys, tmp_path, suffix: str) -> None:
    path = tmp_path / f"nets.{suffix}"
    out(capsys, "lenet5", "resnet20", "nothing", "--columns", "params,macs", "-o", str(path))
    assert path.stat().st_size > 1000
    if suffix == "svg":
        assert "ResNet20" in path.read_text() and "LeNet5" in path.read_text()


def test_commas_in_brackets_do_not_separate() -> None:
    assert split("[1,2],[3,(4,5)]") == ["[1,2]", "[3,(4,5)]"]
    found = list(combinations(["a=1,2", "b=3"]))
    assert [dict(chosen) for chosen, _ in found] == [{"a": "1", "b": "3"}, {"a": "2", "b": "3"}]
    assert {varied for _, varied in found} == {frozenset({"a"})}


def test_a_comparison_in_python_goes_into_pandas() -> None:
    nets = {f"width {width}": cnnspec.zoo("mobilenet", width=width) for width in (0.5, 1.0)}
    table = cnnspec.compare(nets, columns=["params", "macs"], sort="macs")
    frame = pandas.DataFrame(table)
    assert list(frame.columns) == ["net", "params", "macs"]
    assert list(frame["net"]) == ["width 1.0", "width 0.5"]
    assert list(frame["macs"]) == [nets[name].macs for name in frame["net"]]
    assert "width 0.5" in str(table) and "<table>" in table._repr_html_()
    assert table.column("params") == list(frame["params"])
    with pytest.raises(ValueError, match="no column"):
        cnnspec.compare(nets, columns=["beauty"])


def test_in_python_too_nets_that_break_a_budget_or_have_errors_stand_with_the_reason(tmp_path) -> None:
    file = tmp_path / "broken.cnn"
    file.write_text(BROKEN)
    found = cnnspec.compare([cnnspec.load(file), "nothing", f"{file}:Broken"], columns=["params"])
    assert found.column("params") == [242, None, 242]
    assert found.column("net") == ["Broken", "nothing", "Broken"]
    assert [str(note).partition(":")[0] for note in found.column("note")] == [
        "over budget",
        "file",
        "over budget",
    ]


def test_the_summary_as_a_table_goes_into_pandas() -> None:
    net = cnnspec.zoo("resnet18")
    frame: Any = pandas.DataFrame(net.table(columns=["kernel", "input", "params", "kept"], sort="params"))
    assert list(frame.columns) == ["layer", "kernel", "input", "params", "kept"]
    assert frame["params"].is_monotonic_decreasing and frame["params"].sum() == net.params
    assert frame["kept"].sum() == net.training_memory().saved
    assert frame["kernel"][0] == (3, 3)


def test_a_summary_of_two_nets_names_the_comparison(capsys) -> None:
    assert execute(["summary", "lenet5", "resnet20"]) == 2
    assert "`cnnspec compare` puts several nets side by side" in capsys.readouterr().err


LABELS = [(["lenet5"], "lenet5"), (["lenet5", "resnet20"], "lenet5-resnet20")]


@pytest.mark.parametrize(("names", "label"), LABELS, ids=[label for _, label in LABELS])
def test_latex_is_labelled_by_its_nets(names: list[str], label: str) -> None:
    assert rf"\label{{tab:{label}}}" in as_latex(cnnspec.compare(names, columns=["params"]))
