"""`from_torch` of modules that are called several times, and of pools that remember places."""

from __future__ import annotations

from typing import Any

import pytest
from imported_modules import imported, same_outputs

import cnnspec
from cnnspec.importing.traced import ImportRefused

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402


class Gate(nn.Module):
    """One narrow pair of layers for the mean and the maximum."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.mlp = nn.Sequential(
            nn.Conv2d(channels, channels // 4, 1), nn.ReLU(), nn.Conv2d(channels // 4, channels, 1)
        )

    def forward(self, x: Any) -> Any:
        mean, most = nn.functional.adaptive_avg_pool2d(x, 1), nn.functional.adaptive_max_pool2d(x, 1)
        return x * torch.sigmoid(self.mlp(mean) + self.mlp(most))


class Towers(nn.Module):
    """A tower over three levels, with norms of each level's own, and a bare kernel that is read twice."""

    def __init__(self) -> None:
        super().__init__()
        self.tower = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1))
        self.kernel = nn.Conv2d(4, 4, 1)
        self.norms = nn.ModuleList(nn.BatchNorm2d(4) for _ in range(3))

    def forward(self, x: Any) -> Any:
        first = self.tower(x)
        second = self.tower(nn.functional.max_pool2d(first, 2))
        third = self.norms[0](self.kernel(second)) + self.norms[1](self.kernel(second.relu()))
        return self.norms[2](third)


class Twice(nn.Module):
    """A block that holds a layer which is called twice, and is itself called twice."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)
        self.block = Gate(4)

    def forward(self, x: Any) -> Any:
        return self.block(self.conv(self.block(self.conv(x))))


class Unpooled(nn.Module):
    """The way down and the way back, to an odd size."""

    def __init__(self) -> None:
        super().__init__()
        self.pool = nn.MaxPool2d(2, return_indices=True)
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.unpool = nn.MaxUnpool2d(2)

    def forward(self, x: Any) -> Any:
        small, places = self.pool(x)
        tiny, inner = nn.functional.max_pool2d(self.conv(small), 2, return_indices=True)
        back = nn.functional.max_unpool2d(self.conv(tiny), inner, [2, 2], output_size=small.shape)
        return self.unpool(back, places, output_size=x.shape)


GATED = """\
def gate(c=channels) {
    share mlp { conv(channels // 4, 1) -> relu; conv(c, 1) }
    mul { | identity | add { | gap -> mlp | gmp -> mlp } -> sigmoid }
}
"""


def test_a_module_that_a_block_calls_twice_is_a_share_in_its_def():
    found = imported(nn.Sequential(Gate(8), nn.Conv2d(8, 16, 1), Gate(16)), (8, 6, 6))
    assert found.text.startswith(GATED)
    assert found.net.params == (8 * 2 + 2 + 2 * 8 + 8) + (8 * 16 + 16) + (16 * 4 + 4 + 4 * 16 + 16)


@pytest.mark.parametrize(
    "module, shape, said",
    [
        (Gate(8), (8, 6, 6), "share mlp(c=channels) {"),
        (Towers(), (4, 8, 8), "share kernel {"),
        (Twice(), (4, 6, 6), "{ conv_block; gate } * 2"),
        (nn.Sequential(*[nn.Conv2d(4, 4, 3)] * 3), (4, 9, 9), "* 3"),
        (Unpooled(), (3, 10, 12), "max_unpool(of="),
    ],
    ids=["gate", "towers", "twice", "in a row", "unpooled"],
)
def test_it_is_the_module_with_its_weights_counted_once(module, shape, said):
    torch.manual_seed(0)
    for tensor in module.state_dict().values():
        if tensor.is_floating_point():
            tensor.add_(0.1 + torch.rand(tensor.shape))
    found = imported(module.eval(), shape)
    assert said in found.text
    assert found.net.params == sum(tensor.numel() for tensor in module.parameters())
    same_outputs(module, found)
    again = cnnspec.from_torch(found.net.to_torch(weights=found.weights).eval(), shape)
    assert cnnspec.diff(again.net, found.net).is_empty


def test_places_that_are_an_output_are_refused():
    module = nn.MaxPool2d(2, return_indices=True)
    with pytest.raises(ImportRefused):
        cnnspec.from_torch(module.eval(), (3, 8, 8))
