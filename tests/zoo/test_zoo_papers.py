"""Nets that neither torchvision nor timm has, against modules of plain torch that follow the paper."""

from __future__ import annotations

from typing import Any

import pytest

import cnnspec

torch = pytest.importorskip("torch")

from modules_dense import DeepLabV3Plus, SegNet, StackedHourglass, UNetPlusPlus  # noqa: E402
from modules_detection import YOLOv8, output_net, proposal_net, refinement_net  # noqa: E402
from modules_generative import WaveNet, discriminator, generator  # noqa: E402
from reference import difference  # noqa: E402

NETS = {
    "yolov8n": (YOLOv8, (3, 128, 128)),
    "pnet": (proposal_net, (3, 40, 36)),
    "rnet": (refinement_net, (3, 24, 24)),
    "onet": (output_net, (3, 48, 48)),
    "unetplusplus": (UNetPlusPlus, (3, 48, 32)),
    "segnet": (SegNet, (3, 90, 120)),
    "hourglass2": (StackedHourglass, (3, 128, 128)),
    "dcgan_generator": (generator, (100, 1, 1)),
    "dcgan_discriminator": (discriminator, (3, 64, 64)),
    "wavenet": (WaveNet, (256, 1500)),
}
"""Nets of the zoo, each with its module and the shape of an input."""


@pytest.mark.parametrize("name", NETS)
def test_outputs_are_those_of_a_module_of_plain_torch(name: str) -> None:
    module, shape = NETS[name]
    assert difference(cnnspec.zoo(name, inputs={"input": shape}), module()) < 1e-4


@pytest.mark.parametrize("depth", [50, pytest.param(101, marks=pytest.mark.slow)])
def test_deeplab_is_aspp_and_a_decoder_over_torchvisions_resnet(torchvision: Any, depth: int) -> None:
    dilated = {"replace_stride_with_dilation": [False, False, True]}
    module = DeepLabV3Plus(getattr(torchvision, f"resnet{depth}")(weights=None, **dilated))
    net = cnnspec.zoo(f"deeplabv3plus_resnet{depth}", inputs={"input": (3, 96, 96)})
    assert difference(net, module) < 1e-4


def test_a_sample_hears_the_past_alone() -> None:
    """The first sample that a change moves is the one changed, the last one is 3070 later."""
    model = cnnspec.zoo("wavenet").to_torch(seed=0).eval()
    sound = torch.zeros(1, 256, 4000)
    other = sound.clone()
    other[:, :, 500] = 1.0
    with torch.no_grad():
        apart = (model(sound) - model(other)).abs().amax((0, 1)).nonzero().flatten()
    assert (int(apart.min()), int(apart.max())) == (500, 500 + 3070)
