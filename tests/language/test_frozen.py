"""Every spec of version 0.1 keeps its meaning: its zoo and cases, frozen in frozen/, give the same figures.

The files and figures.json are never edited: a language that grows is held to them. `digest` is a hash over
one line a layer: name, operation, inputs, output shape, parameters and multiply-accumulates. Those are a
layer's own, whether inference runs it or not; the total counts dead layers as well, as version 0.1 did.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from folders import TESTS

from cnnspec.diagnostics import Report, as_text
from cnnspec.elaborate import Limits
from cnnspec.files import read_source
from cnnspec.pipeline import Compiled
from cnnspec.report import as_dict
from cnnspec.session import Session

FROZEN = TESTS / "frozen"
FIGURES = json.loads((FROZEN / "figures.json").read_text(encoding="utf-8"))
FILES = sorted(path for path in FROZEN.rglob("*.cnn") if path.parent.name != "parts")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(FROZEN).as_posix())
def test_a_frozen_spec_keeps_its_figures(path: Path) -> None:
    assert figures_of(path) == FIGURES[path.relative_to(FROZEN).as_posix()]


def test_every_frozen_figure_has_its_spec() -> None:
    assert set(FIGURES) == {path.relative_to(FROZEN).as_posix() for path in FILES}


def figures_of(path: Path) -> dict[str, Any]:
    """What the nets of a file that leave no parameter open come to, by name."""
    source = read_source(path, path.name, Report(), Limits())
    assert source is not None
    analysis = Session().check(source)
    assert not analysis.has_errors, "\n".join(map(as_text, analysis.diagnostics))
    return {net.graph.name: figures(net) for net in analysis.nets}


def figures(net: Compiled) -> dict[str, Any]:
    """Totals, those of the sections, and a hash over all layers."""
    summary, graph, costs = as_dict(net), net.graph, net.costs
    for layer in summary["layers"]:
        layer["macs"] = costs.layers[layer["name"]].macs
    totals = {key: summary[key] for key in ("inputs", "outputs", "params", "buffers", "depth")}
    totals["macs"] = costs.of(graph.nodes.keys() - graph.training_nodes).macs
    blocks = [block for block in graph.root.walk() if block is not graph.root and "." not in block.path]
    sums = [(block, costs.of(block.nodes())) for block in blocks]
    sections = [[block.path, cost.params, cost.macs] for block, cost in sums]
    return {**totals, "layers": len(summary["layers"]), "sections": sections, "digest": digest(summary)}


def digest(summary: dict[str, Any]) -> str:
    keys = ("name", "op", "inputs", "output", "params", "macs")
    lines = [json.dumps([layer[key] for key in keys]) for layer in summary["layers"]]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
