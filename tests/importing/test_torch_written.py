"""The torch source that `compile` writes of a net of the zoo comes back as that net."""

from __future__ import annotations

import pytest

import cnnspec
from cnnspec.difference.same import same_nodes
from cnnspec.importing.traced import ImportRefused
from cnnspec.zoo_list import entries

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

NETS = [entry.name for entry in entries() if entry.params is not None]
SHARED = "once more"
REFUSED = {
    **dict.fromkeys(["CBAM_ResNet18", "CBAM_ResNet34", "CBAM_ResNet50", "CBAM_ResNet101"], SHARED),
    **dict.fromkeys(["RetinaNet_ResNet50", "RetinaNet_ResNet101"], SHARED),
    "SegNet": "max_pool2d_with_indices",
}
"""Nets whose layers share kernels, or whose pools hand on the places of their maxima."""
AT_ONCE = {"LeNet5", "ResNet20", "UNetSmall", "NFNet_Tiny", "CBAM_ResNet18"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in AT_ONCE else pytest.mark.slow) for name in NETS]
)
def test_the_source_that_is_written_of_a_net_is_that_net(name):
    net = cnnspec.zoo(name)
    with torch.device("meta"):
        module = net.to_torch().eval()
    if name in REFUSED:
        with pytest.raises(ImportRefused, match=REFUSED[name]):
            cnnspec.from_torch(module, *net.inputs.values())
        return
    found = cnnspec.from_torch(module, *net.inputs.values(), name=net.name)
    if net.ir.training_heads:
        assert same_nodes(found.net.ir, net.ir.inference()) is not None
        assert found.net.macs == net.macs
    else:
        assert cnnspec.diff(found.net, net).is_empty
        assert (found.net.params, found.net.macs) == (net.params, net.macs)


class Affine(nn.Module):
    """A class of the same name as one that is written, which does something else."""

    def __init__(self) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(3)), None

    def forward(self, x):
        return x.relu() * self.weight.reshape(-1, 1, 1)


def test_a_class_is_known_by_its_code_not_by_its_name():
    text = cnnspec.from_torch(Affine().eval(), (3, 4, 4)).text
    assert "relu -> layerscale" in text and "affine" not in text
