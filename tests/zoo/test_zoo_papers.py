"""Nets that neither torchvision nor timm has, against modules of plain torch that follow the paper."""

from __future__ import annotations

import pytest

import cnnspec

torch = pytest.importorskip("torch")

from paper_modules import WaveNet, YOLOv8  # noqa: E402
from reference import difference  # noqa: E402

NETS = {
    "yolov8n": (YOLOv8, (3, 128, 128)),
    "wavenet": (WaveNet, (256, 1500)),
}


@pytest.mark.parametrize("name", NETS)
def test_outputs_are_those_of_a_module_of_plain_torch(name: str) -> None:
    module, shape = NETS[name]
    assert difference(cnnspec.zoo(name, inputs={"input": shape}), module()) < 1e-4


def test_a_sample_hears_the_past_alone() -> None:
    """The first sample that a change moves is the one changed, the last one is 3070 later."""
    model = cnnspec.zoo("wavenet").to_torch(seed=0).eval()
    sound = torch.zeros(1, 256, 4000)
    other = sound.clone()
    other[:, :, 500] = 1.0
    with torch.no_grad():
        apart = (model(sound) - model(other)).abs().amax((0, 1)).nonzero().flatten()
    assert (int(apart.min()), int(apart.max())) == (500, 500 + 3070)
