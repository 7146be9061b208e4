"""Every model of torchvision and timm that a spec covers: the same outputs on the same random weights.

A few small ones run always, the others are slow.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

import pytest

import cnnspec

torch = pytest.importorskip("torch")

from reference import difference  # noqa: E402
from registered import TIMM, TORCHVISION, Row, row  # noqa: E402

TOLERANCE = 1e-4
"""Of the largest output: rounding over hundreds of layers, whose order of additions differs."""

COMPARED = (
    *(f"mobilenetv1_{width}" for width in (100, 125)),
    *(f"mobilenetv2_{width}" for width in ("035", "050", "075", "100", "140")),
    *(f"ghostnet_{width}" for width in ("050", "100", "130")),
    *(f"resnet{layers}d" for layers in (18, 26, 34, 50, 101, 152, 200)),
    *(f"seresnet{layers}" for layers in (50, 101, 152)),
    *(f"res2net50_{split}" for split in ("26w_4s", "26w_6s", "26w_8s", "48w_2s", "14w_8s")),
    "res2net101_26w_4s",
    *(f"resnest{size}" for size in ("14d", "26d", "50d", "101e", "200e", "269e")),
    *(f"dla{size}" for size in ("34", "46_c", "60", "102", "169")),
    *(f"hrnet_w{width}" for width in (18, 30, 32, 40, 44, 48, 64)),
    *(f"repvgg_{size}" for size in ("a0", "a1", "a2", "b0", "b1", "b2", "b3")),
    *(f"regnet{kind}_{size}" for kind in "xy" for size in ("002", "004", "006", "040", "064")),
    *("legacy_xception", "inception_v4", "darknet53", "cspdarknet53"),
    *(f"convnextv2_{size}" for size in ("atto", "femto", "pico", "nano", "tiny", "base")),
)
"""Models of timm whose outputs are compared: those of registered.py that keep the constants of the papers."""

QUICK = {
    *("squeezenet1_1", "shufflenet_v2_x0_5", "mobilenet_v3_small", "mnasnet0_5", "regnet_y_400mf"),
    *("mobilenetv1_100", "resnet18d", "ghostnet_100", "resnest26d"),
}
SIDES = {"vgg": 224, "alexnet": 224, "inception": 299}
"""The side of the image, of families that take no small one."""


def cases(models: Iterable[str]) -> list[Any]:
    return [pytest.param(model, marks=[] if model in QUICK else pytest.mark.slow) for model in models]


def at_size(row: Row, side: int = 96) -> cnnspec.Net:
    """A net at a small size of its one image."""
    (key,) = cnnspec.zoo(row.net).inputs
    return cnnspec.zoo(row.net, inputs={key: (3, side, side)}, **row.values)


@pytest.mark.parametrize("model", cases(TORCHVISION))
def test_outputs_are_those_of_torchvision(torchvision: Any, model: str) -> None:
    options = {"init_weights": False} if model in ("googlenet", "inception_v3") else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = getattr(torchvision, model)(weights=None, **options)
    family = model.partition("_")[0].rstrip("0123456789")
    net = at_size(row(TORCHVISION[model]), SIDES.get(family, 96))
    assert difference(net, module, shortcuts_first=family == "regnet") < TOLERANCE


@pytest.mark.parametrize("model", cases(COMPARED))
def test_outputs_are_those_of_timm(timm: Any, model: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = timm.create_model(model, pretrained=False)
    assert difference(at_size(TIMM[model]), module) < TOLERANCE


@pytest.mark.parametrize(
    "depth", [18, *(pytest.param(depth, marks=pytest.mark.slow) for depth in (34, 50, 101))]
)
def test_outputs_of_cbam_are_those_of_timms_gates(timm: Any, depth: int) -> None:
    module = timm.create_model(f"resnet{depth}", block_args={"attn_layer": "cbam"})
    assert difference(at_size(row(f"cbam_resnet{depth}")), module) < TOLERANCE


def test_a_net_that_is_another_differs(torchvision: Any) -> None:
    """A test that cannot fail would hold nothing: a stride at another place keeps every weight."""
    module = torchvision.resnet50(weights=None)
    assert difference(at_size(row("resnet50_2015")), module) > 0.01
