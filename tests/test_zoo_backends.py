"""Every net in specs/ runs on numpy and on torch, with the same result."""

from __future__ import annotations

import pytest

import cnnspec
from cnnspec.api import zoo_nets
from cnnspec.backends.verify import verify
from cnnspec.check import closed_nets
from cnnspec.diagnostics import Report
from cnnspec.elaborate import Limits, Loader, read_source

SIZES = {"alexnet": 67, "nin": 67, "googlenet": 80, "retinanet": 64, "DenseNetBC_100_12": 16}
"""The smallest image that a net's pools leave something of, or that has all levels; 32 for the others."""

WHOLE = {"LeNet5", "UNet2015", "MLP10_341_5", "MLP_MNIST", "MLP_Deep", "CrossCorrelation", "EdgeDetector"}
"""Nets that run at the size they are written for."""

QUICK = {
    *(WHOLE - {"UNet2015"}),
    "AnyNet32",
    "DenseNetBC_100_12",
    "GoogLeNet",
    "MobileNetV2_050",
    "NFNet_Tiny",
    "ResNet18",
    "ResNet20",
    "ResNet56",
    "UNetSmall",
}
"""One net or more of most families, that take a second or two; the others are slow."""


def closed() -> list[tuple[str, str]]:
    """Every net of the zoo that leaves no parameter open, with its family."""
    found = []
    for path in sorted({path for path, _ in zoo_nets().values()}):
        report = Report()
        source = read_source(path, path.name, report, Limits())
        assert source is not None
        found += [(path.stem, name) for name in closed_nets(Loader(report, Limits()).load(source), {})]
    return found


def resized(family: str, name: str) -> cnnspec.Net:
    """A net at the smallest input that it makes sense on."""
    net = cnnspec.zoo(name)
    if name in WHOLE:
        return net if name != "UNet2015" else cnnspec.zoo(name, inputs={"input": (1, 188, 188)})
    size = SIZES.get(name, SIZES.get(family, 32))
    return cnnspec.zoo(name, inputs={"input": (net.inputs["input"][0], size, size)})


@pytest.mark.parametrize(
    ("family", "name"),
    [pytest.param(*net, marks=() if net[1] in QUICK else pytest.mark.slow, id=net[1]) for net in closed()],
)
def test_numpy_and_torch_agree(family: str, name: str) -> None:
    result = verify(resized(family, name).ir, ("numpy", "torch"), batch=1)
    assert result.ok, result.as_text()


def test_every_quick_net_is_in_the_zoo() -> None:
    assert {name for _, name in closed()} >= QUICK | WHOLE


@pytest.mark.parametrize("name", ["LeNet5", "ResNet20", "UNetSmall", "NFNet_Tiny"])
def test_gradients_agree_too(name: str) -> None:
    family = {"NFNet_Tiny": "nfnet"}.get(name, "")
    result = verify(resized(family, name).ir, ("numpy", "torch"), batch=2, train=True)
    assert result.ok, result.as_text()
