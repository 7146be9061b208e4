"""The torch source that `compile` writes of a net comes back as that net, its classes as their layers."""

from __future__ import annotations

import pytest
from imported_modules import same_outputs

import cnnspec
from cnnspec.difference.same import same_nodes
from cnnspec.zoo_list import entries

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from cnnspec.importing.torch_written import is_written  # noqa: E402

NETS = [entry.name for entry in entries() if entry.params is not None]
AT_ONCE = {"LeNet5", "ResNet20", "UNetSmall", "NFNet_Tiny", "CBAM_ResNet18", "SegNet", "MobileNetV3_Small"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in AT_ONCE else pytest.mark.slow) for name in NETS]
)
def test_the_source_that_is_written_of_a_net_is_that_net(name):
    net = cnnspec.zoo(name)
    with torch.device("meta"):
        module = net.to_torch().eval()
    found = cnnspec.from_torch(module, *net.inputs.values(), name=net.name)
    if net.ir.training_heads:
        assert same_nodes(found.net.ir, net.ir.inference()) is not None
        assert found.net.macs == net.macs
    else:
        assert cnnspec.diff(found.net, net).is_empty
        assert (found.net.params, found.net.macs) == (net.params, net.macs)


WRITTEN = [
    ("8x4x6", "rmsnorm(over=channels)"),
    ("8x4x6", "grn"),
    ("8x4x6", "frn(threshold=false)"),
    ("8x4x6", "evonorm_s0(groups=2)"),
    ("8x4x6", "reduce(max, over=channels)"),
    ("8x4x6", "reduce(std, over=positions)"),
    ("8x4x6", "reduce(norm2, over=all)"),
    ("8x4x6", "eca(5)"),
    ("8x4x6", "softmax(groups=2)"),
    ("8x4x6", "softmax(over=groups, groups=4)"),
    ("8x4x6", "softmax(over=positions)"),
    ("8x9", "linear(5, bias=false)"),
    ("8x9", "attention(2)"),
    ("8x9", "attention(4, qkv_bias=false, out=12)"),
    ("8x4x6", "attention(2, bias=relative)"),
    ("8x4x6", "attention(2, window=2, shift=1, bias=relative, out=6)"),
    ("8x4x6", "attention(4, window=2x3)"),
    ("8x4x6", "attention(2, grid=2x3, qkv_bias=false)"),
    ("8x4x6", "affine(weight=false)"),
    ("8x4x6", "scale(by=0.5, learnable=true)"),
    ("8x4x6", "layerscale(init=0.01)"),
    ("8x4x6", "add { | identity | parameter(8x4x6) }"),
    ("8x4x6x2", "pixel_unshuffle(2)"),
    ("8x4x3x2", "pixel_shuffle(2)"),
    ("8x4x6", "reshape(4x6x8)"),
    ("8x4x6", "reshape(8x24)"),
    ("8x24", "reshape(8x4x6)"),
    ("8x4x6", "zero_channels(11)"),
    ("8x4x6", "permute([2, 0, 1])"),
    ("8x5x6", "conv(4, 3x5, stride=2, pad=same, groups=2, bias=false)"),
    ("8x5x6", "conv(4, 3, standardize=true)"),
    ("8x5x6", "conv(4, 3, stride=2, pad=same, standardize=true)"),
    ("8x5x6", "dwconv(3, stride=2, pad=same, multiplier=2)"),
    ("8x5x6", "maxpool(3, stride=2, pad=same)"),
    ("8x5x6", "maxpool(2, pad=same, ceil=true)"),
    ("8x5x6", "avgpool(2x4, stride=2, pad=same, count_pad=false)"),
    ("8x5x6", "avgpool(3, pad=same)"),
    ("8x7x6", "avgpool(3, stride=2, pad=[[0, 1], [2, 0]])"),
    ("8x5x4x3", "avgpool(4, stride=3, pad=2, ceil=true)"),
    ("8x3x3x2", "lppool(3, power=4, ceil=true)"),
    ("8x5x6", "blurpool"),
    ("8x5x6", "blurpool(4x3, stride=1, pad_mode=zeros)"),
]
"""Layers that torch lacks, each with the shape of its input."""


@pytest.mark.parametrize("shape, layer", WRITTEN, ids=[layer for _, layer in WRITTEN])
def test_the_class_that_is_written_of_a_layer_is_that_layer(shape, layer):
    net = cnnspec.loads(f"net Small {{ input {shape}; {layer} }}")
    module = net.to_torch().eval()
    assert any(map(is_written, module.modules()))
    found = cnnspec.from_torch(module, *net.inputs.values())
    assert cnnspec.diff(found.net, net).is_empty
    assert (found.net.params, found.net.macs) == (net.params, net.macs)
    same_outputs(module, found)


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
