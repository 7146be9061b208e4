"""What is printed of every net of the zoo: tables fit a terminal, a node is a line, LaTeX is for papers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from zoo_facts import one_a_family

import cnnspec
from cnnspec.diagnostics import SpecError
from cnnspec.passes import sizes
from cnnspec.passes.training_memory import training_timeline
from cnnspec.report import FORMATS, Table
from cnnspec.report import as_text as as_text_table
from cnnspec.report.memory import memory_table
from cnnspec.zoo_list import Entry, as_text, entries, entry

WIDTH = 80
NAMES = [entry.name for entry in entries() if entry.params is not None]


def width_of(table: Table) -> int:
    return max(map(len, as_text_table(table, WIDTH).splitlines()))


@pytest.mark.parametrize("name", one_a_family(NAMES))
def test_its_tables_fit_a_terminal_and_its_nodes_a_line(name: str) -> None:
    net = cnnspec.zoo(name)
    columns = ("kernel", "input", "output", "params")
    tables = [net.table(), net.table(9), net.table(sort="params"), net.table(9, columns)]
    tables += [memory_table(net.ir, net.memory()), cnnspec.compare([net])]
    assert [width_of(table) for table in tables if width_of(table) > WIDTH] == []
    shown = [repr(node) for _, node in net.graph.nodes(data="node")]
    assert all("\n" not in text and len(text) < 400 for text in shown)


@pytest.mark.parametrize("name", ["LeNet5", "ResNet50", "UNet2015"])
def test_memory_of_training_fits_a_terminal(name: str) -> None:
    graph = cnnspec.zoo(name).ir
    assert width_of(memory_table(graph, training_timeline(graph))) <= WIDTH


def test_latex_has_short_numbers_a_caption_and_a_label() -> None:
    for table in (cnnspec.zoo("ResNet50").table(), cnnspec.compare(["ResNet50", "VGG16"])):
        text = FORMATS["latex"](table)
        assert r"\caption{" in text and r"\label{tab:" in text and r"\toprule" in text
        assert not re.search(r"\d,\d{3}|\d{5,}", text.partition(r"\midrule")[2])
    assert "25.6M & 4.09G" in FORMATS["latex"](cnnspec.compare(["ResNet50"]))


@pytest.mark.parametrize("name", ["DenseNetBC_100_12", "RetinaNet_ResNet101", "NFNet_F1", "ResNet152"])
def test_sizes_ask_few_layers(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a net takes for a thousand sizes on three ways is told in a second: by layers asked, no clock."""
    asked = 0
    rule = sizes.outcome_of

    def counting(*arguments):
        nonlocal asked
        asked += 1
        return rule(*arguments)

    monkeypatch.setattr(sizes, "outcome_of", counting)
    assert cnnspec.zoo(name).sizes()["square"].valid
    assert asked < 40_000


def test_the_list_has_a_paper_above_its_nets_and_no_families() -> None:
    found = [
        Entry("LeNet5", "lenet.cnn", "LeCun et al. 1998", "1x32x32", 61_706, 416_520),
        Entry("ResNet", "resnet.cnn", "He et al. 2015", "family", None, None),
        Entry("ResNet18", "resnet.cnn", "He et al. 2015", "3x224x224", 11_689_512, 1_814_073_344),
        Entry("ResNet34", "resnet.cnn", "He et al. 2015", "3x224x224", 21_797_672, 3_663_761_408),
        Entry("Deep", "resnet.cnn", "He et al. 2015", "space of ResNet", None, None),
    ]
    assert as_text(found).split("\n") == [
        "net                     input               params     GMACs",
        "",
        "LeCun et al. 1998 (lenet.cnn)",
        "  LeNet5                1x32x32             61,706   0.00042",
        "",
        "He et al. 2015 (resnet.cnn)",
        "  ResNet18              3x224x224       11,689,512     1.814",
        "  ResNet34              3x224x224       21,797,672     3.664",
        "  Deep                  space of ResNet",
    ]


def test_an_entry_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.cnn"
    text = "# Mine 2026\nnet A(n) { input 4; linear(n) }\nnet B = A(2)\nspace C of A { vary n in 1..9 }\n"
    path.write_text(text, encoding="utf-8")
    assert entry(path, "A") == Entry("A", "mine.cnn", "Mine 2026", "family", None, None)
    assert entry(path, "B") == Entry("B", "mine.cnn", "Mine 2026", "4", 10, 8)
    assert entry(path, "C") == Entry("C", "mine.cnn", "Mine 2026", "space of A", None, None)
    path.write_text("net A { input 4; line(2) }\n", encoding="utf-8")
    with pytest.raises(SpecError, match="no layer, block or label `line`"):
        entry(path, "A")
