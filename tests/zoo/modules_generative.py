"""DCGAN, which draws, and WaveNet, which speaks, in plain torch: neither torchvision nor timm has them."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def generator(width: int = 64) -> nn.Module:
    layers: list[nn.Module] = []
    rows = [(100, 8, 1, 0), (8 * width, 4, 2, 1), (4 * width, 2, 2, 1), (2 * width, 1, 2, 1)]
    for channels, factor, stride, pad in rows:
        conv = nn.ConvTranspose2d(channels, factor * width, 4, stride, pad, bias=False)
        layers += [conv, nn.BatchNorm2d(factor * width), nn.ReLU()]
    return nn.Sequential(*layers, nn.ConvTranspose2d(width, 3, 4, 2, 1, bias=False), nn.Tanh())


def discriminator(width: int = 64) -> nn.Module:
    layers: list[nn.Module] = [nn.Conv2d(3, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
    for factor in (1, 2, 4):
        conv = nn.Conv2d(factor * width, 2 * factor * width, 4, 2, 1, bias=False)
        layers += [conv, nn.BatchNorm2d(2 * factor * width), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Conv2d(8 * width, 1, 4, bias=False), nn.Sigmoid(), nn.Flatten())


class Causal(nn.Conv1d):
    """A convolution of two samples so far apart, the later of them its own."""

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(nn.functional.pad(input, (self.dilation[0], 0)))


class WaveNetLayer(nn.Module):
    def __init__(self, dilation: int, width: int, wide: int, last: bool) -> None:
        super().__init__()
        self.filter, self.gate = (Causal(width, width, 2, dilation=dilation) for _ in range(2))
        self.skip = nn.Conv1d(width, wide, 1)
        self.onward = None if last else nn.Conv1d(width, width, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        passed = self.filter(x).tanh() * self.gate(x).sigmoid()
        said = self.skip(passed)
        return (x if self.onward is None else x + self.onward(passed)), said


class WaveNet(nn.Module):
    """Figure 4 of the paper without its softmax, at the widths of the spec."""

    def __init__(self, width: int = 64, wide: int = 256, values: int = 256, count: int = 30) -> None:
        super().__init__()
        self.first = Causal(values, width, 2)
        self.layers = nn.ModuleList(
            WaveNetLayer(2 ** (i % 10), width, wide, last=i == count - 1) for i in range(count)
        )
        self.head = nn.Sequential(nn.ReLU(), nn.Conv1d(wide, wide, 1), nn.ReLU(), nn.Conv1d(wide, values, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        total = torch.zeros(())
        for layer in self.layers:
            x, said = layer(x)
            total = total + said
        return self.head(total)
