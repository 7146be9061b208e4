"""Detectors of the zoo against torchvision: the maps of all heads, before boxes are made of them."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

import cnnspec

torch = pytest.importorskip("torch")

from reference import difference  # noqa: E402
from torch import nn  # noqa: E402


class Heads(nn.Module):
    """A single-shot detector of torchvision without its boxes: classes and offsets at each of its maps."""

    def __init__(self, detector: Any) -> None:
        super().__init__()
        self.backbone = detector.backbone
        self.cls = detector.head.classification_head.module_list
        self.box = detector.head.regression_head.module_list

    def forward(self, image: Any) -> list[Any]:
        maps = self.backbone(image).values()
        return [head(x) for x, *heads in zip(maps, self.cls, self.box, strict=True) for head in heads]


NETS = {
    "ssd300_vgg16": "ssd300_vgg16",
    "ssdlite320_mobilenetv3_large": "ssdlite320_mobilenet_v3_large",
}


@pytest.mark.parametrize("name", NETS)
def test_heads_are_those_of_torchvision(torchvision: Any, name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = getattr(torchvision.detection, NETS[name])(weights=None, weights_backbone=None)
    assert difference(cnnspec.zoo(name), Heads(module)) < 1e-4
