"""Every model of torchvision and timm that a spec covers: the same outputs on the same random weights.

A few small ones run always, the others are slow.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest

import cnnspec

torch = pytest.importorskip("torch")

from reference import difference  # noqa: E402
from registered import TORCHVISION  # noqa: E402

TOLERANCE = 1e-4
"""Of the largest output: rounding over hundreds of layers, whose order of additions differs."""

TIMM = {
    "mobilenetv1_100": "mobilenetv1",
    "seresnet50": "seresnet50",
    "seresnet101": "seresnet101",
    "seresnet152": "seresnet152",
    **{f"resnet{depth}d": f"resnet{depth}d" for depth in (18, 34, 50, 101, 152)},
    **{f"res2net50_{split}": f"res2net50_{split}" for split in ("26w_4s", "48w_2s", "14w_8s")},
    "res2net101_26w_4s": "res2net101_26w_4s",
    "dla34": "dla34",
    "dla60": "dla60",
    "dla102": "dla102",
    "ghostnet_100": "ghostnet",
    "ghostnet_130": "ghostnet_130",
    "repvgg_a0": "repvgg_a0",
    "repvgg_a1": "repvgg_a1",
    "repvgg_a2": "repvgg_a2",
    "repvgg_b0": "repvgg_b0",
    "legacy_xception": "xception",
    "darknet53": "darknet53",
    "cspdarknet53": "cspdarknet53",
    "inception_v4": "inceptionv4",
    "hrnet_w18": "hrnet_w18",
    **{
        f"convnextv2_{size}": f"convnextv2_{size}"
        for size in ("atto", "femto", "pico", "nano", "tiny", "base")
    },
    **{f"resnest{size}": f"resnest{size[:-1]}" for size in ("26d", "50d", "101e", "200e", "269e")},
    "hrnet_w32": "hrnet_w32",
    "hrnet_w48": "hrnet_w48",
}
"""timm's models, each with the net of the zoo."""

QUICK = {
    *("squeezenet1_1", "shufflenet_v2_x0_5", "mobilenet_v3_small", "mnasnet0_5", "regnet_y_400mf"),
    *("mobilenetv1_100", "resnet18d", "ghostnet_100", "resnest26d"),
}
SIDES = {"vgg": 224, "alexnet": 224, "inception": 299}
"""The side of the image, of families that take no small one."""


def cases(models: dict[str, str]) -> Iterator[Any]:
    for model, name in models.items():
        yield pytest.param(model, name, marks=[] if model in QUICK else pytest.mark.slow, id=model)


def at_size(name: str, side: int = 96) -> cnnspec.Net:
    """A net at a small size of its one image."""
    (key,) = cnnspec.zoo(name).inputs
    return cnnspec.zoo(name, inputs={key: (3, side, side)})


@pytest.mark.parametrize(("model", "name"), list(cases(TORCHVISION)))
def test_outputs_are_those_of_torchvision(torchvision: Any, model: str, name: str) -> None:
    options = {"init_weights": False} if model in ("googlenet", "inception_v3") else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = getattr(torchvision, model)(weights=None, **options)
    family = model.partition("_")[0].rstrip("0123456789")
    found = difference(at_size(name, SIDES.get(family, 96)), module, shortcuts_first=family == "regnet")
    assert found < TOLERANCE


@pytest.mark.parametrize(("model", "name"), list(cases(TIMM)))
def test_outputs_are_those_of_timm(timm: Any, model: str, name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = timm.create_model(model, pretrained=False)
    assert difference(at_size(name), module) < TOLERANCE


@pytest.mark.parametrize(
    "depth", [18, *(pytest.param(depth, marks=pytest.mark.slow) for depth in (34, 50, 101))]
)
def test_outputs_of_cbam_are_those_of_timms_gates(timm: Any, depth: int) -> None:
    module = timm.create_model(f"resnet{depth}", block_args={"attn_layer": "cbam"})
    assert difference(at_size(f"cbam_resnet{depth}"), module) < TOLERANCE


def test_a_net_that_is_another_differs(torchvision: Any) -> None:
    """A test that cannot fail would hold nothing: a stride at another place keeps every weight."""
    module = torchvision.resnet50(weights=None)
    assert difference(at_size("resnet50_2015"), module) > 0.01
