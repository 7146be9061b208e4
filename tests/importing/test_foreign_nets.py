"""Nets of torchvision and timm: each is held to the row that foreign_nets.json keeps of it."""

from __future__ import annotations

from statistics import median

import pytest
from foreign_nets import CLASSIFIERS, DRAWN, LARGEST, TOLERANCE, classifiers, drawn, kept, measured
from imported_modules import imported

import cnnspec
from cnnspec.difference.same import same_nodes

ROWS = kept()
LIBRARIES = {"torchvision": (CLASSIFIERS, 60), "timm": (DRAWN, 190)}
"""How many nets of each there are, and how many must be imported."""
QUICK = {"resnet50", "densenet121", "mobilenet_v2", "torchvision/shufflenet_v2_x0_5", "timm/starnet_s050"}
ZOO = {
    "resnet18": "resnet18",
    "resnet50": "resnet50",
    "resnext50_32x4d": "resnext50_32x4d",
    "wide_resnet50_2": "wide_resnet50_2",
    "vgg16": "vgg16",
    "vgg16_bn": "vgg16bn",
    "alexnet": "alexnet",
    "densenet121": "densenet121",
    "mobilenet_v2": "mobilenetv2",
    "regnet_x_3_2gf": "regnetx_3_2gf",
}


def quick(*values: str) -> object:
    """A case, which is a slow one unless it is among the few of the suite."""
    return pytest.param(*values, marks=() if values[0] in QUICK else pytest.mark.slow)


@pytest.mark.parametrize("name", [quick(name) for name in ROWS])
def test_each_net_is_imported_as_its_row_says(timm, name):
    row = ROWS[name]
    found = measured(*name.split("/"))
    assert (found["params"], found["problem"]) == (row["params"], row["problem"])
    assert found["lines"] <= row["lines"]
    if found["params"] <= LARGEST:
        assert found["off"] is not None and found["off"] <= TOLERANCE


def test_nearly_all_nets_are_imported_in_few_lines():
    for library, (nets, wanted) in LIBRARIES.items():
        rows = [row for row in ROWS.values() if row["library"] == library]
        lines = [row["lines"] for row in rows if not row["problem"]]
        assert len(rows) <= nets
        assert len(rows) - len(lines) <= nets - wanted
        assert median(lines) <= 60


@pytest.mark.slow
def test_the_rows_are_of_the_nets_that_the_seed_draws(torchvision, timm):
    names = [f"torchvision/{name}" for name in classifiers(torchvision)]
    assert set(ROWS) <= {*names, *(f"timm/{name}" for name in drawn(timm))}


@pytest.mark.parametrize("name, net", [quick(*pair) for pair in ZOO.items()])
def test_what_is_in_the_zoo_is_the_same_net(torchvision, name, net):
    found = imported(torchvision.get_model(name, weights=None), (3, 224, 224))
    assert str(cnnspec.diff(found.net, cnnspec.zoo(net))).count("no difference") == 1
    assert same_nodes(found.net.ir, cnnspec.zoo(net).ir) is not None


def test_a_residual_net_takes_no_more_lines_than_that_of_the_zoo(torchvision):
    found = imported(torchvision.resnet50(weights=None), (3, 224, 224))
    assert sum(1 for line in found.text.splitlines() if line.strip()) <= 1.5 * 28
