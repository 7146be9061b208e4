"""Nets with an answer at every pixel that neither torchvision nor timm has, in plain torch."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def unit(channels: int, out: int, kernel: int = 3, dilation: int = 1) -> nn.Module:
    """A convolution with batchnorm and ReLU."""
    conv = nn.Conv2d(channels, out, kernel, 1, dilation * (kernel // 2), dilation, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out), nn.ReLU())


class UNetPlusPlus(nn.Module):
    """Node (i, j) joins all of its level before it with the one below, made large: figure 1 of the paper."""

    def __init__(self, classes: int = 1) -> None:
        super().__init__()
        widths = (32, 64, 128, 256, 512)
        self.levels = len(widths)
        self.nodes = nn.ModuleDict()
        for j in range(self.levels):
            for i in range(self.levels - j):
                inputs = j * widths[i] + widths[i + 1] if j else (3, *widths)[i]
                node = nn.Sequential(unit(inputs, widths[i]), unit(widths[i], widths[i]))
                self.nodes[f"{i} {j}"] = node
        self.head = nn.Conv2d(widths[0], classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        found: dict[tuple[int, int], Tensor] = {}
        for i in range(self.levels):
            x = self.nodes[f"{i} 0"](F.max_pool2d(x, 2) if i else x)
            found[i, 0] = x
        for j in range(1, self.levels):
            for i in range(self.levels - j):
                up = F.interpolate(found[i + 1, j - 1], scale_factor=2, mode="bilinear")
                joined = torch.cat([*(found[i, k] for k in range(j)), up], 1)
                found[i, j] = self.nodes[f"{i} {j}"](joined)
        return self.head(found[0, self.levels - 1])


class DeepLabV3Plus(nn.Module):
    """ASPP over the last map of a ResNet whose last stage is dilated, and a decoder with a fine map."""

    def __init__(self, resnet: Any, classes: int = 21) -> None:
        super().__init__()
        self.resnet = resnet
        resnet.fc = nn.Identity()
        resnet.layer4[0].conv2.dilation = resnet.layer4[0].conv2.padding = (2, 2)
        self.scales = nn.ModuleList(
            [unit(2048, 256, 1), *(unit(2048, 256, dilation=rate) for rate in (6, 12, 18))]
        )
        self.whole, self.joined = unit(2048, 256, 1), unit(5 * 256, 256, 1)
        self.fine = unit(256, 48, 1)
        self.decoder = nn.Sequential(unit(256 + 48, 256), unit(256, 256), nn.Conv2d(256, classes, 1))

    def forward(self, image: Tensor) -> Tensor:
        net = self.resnet
        fine = net.layer1(net.maxpool(net.relu(net.bn1(net.conv1(image)))))
        x = net.layer4(net.layer3(net.layer2(fine)))
        scales = [scale(x) for scale in self.scales]
        whole = resized(self.whole(x.mean((2, 3), keepdim=True)), x)
        x = self.joined(torch.cat([*scales, whole], 1))
        return resized(self.decoder(torch.cat([resized(x, fine), self.fine(fine)], 1)), image)


def resized(x: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(x, like.shape[2:], mode="bilinear", align_corners=False)


class Residual(nn.Module):
    """The block of the hourglass: norms and activations first, half of the channels within."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inputs, width, kernel in [(channels, out // 2, 1), (out // 2, out // 2, 3), (out // 2, out, 1)]:
            conv = nn.Conv2d(inputs, width, kernel, 1, kernel // 2)
            layers += [nn.BatchNorm2d(inputs), nn.ReLU(), conv]
        self.convs = nn.Sequential(*layers)
        self.shortcut = nn.Identity() if channels == out else nn.Conv2d(channels, out, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.convs(x) + self.shortcut(x)


class Hourglass(nn.Module):
    def __init__(self, levels: int, width: int) -> None:
        super().__init__()
        self.beside, self.before = Residual(width, width), Residual(width, width)
        self.within = Hourglass(levels - 1, width) if levels > 1 else Residual(width, width)
        self.behind = Residual(width, width)

    def forward(self, x: Tensor) -> Tensor:
        beside = self.beside(x)
        low = self.behind(self.within(self.before(F.max_pool2d(x, 2))))
        return beside + F.interpolate(low, scale_factor=2)


class StackedHourglass(nn.Module):
    """Two hourglasses; what the first says of the joints goes into the second."""

    def __init__(self, width: int = 256, joints: int = 16) -> None:
        super().__init__()
        first = nn.Sequential(nn.Conv2d(3, 64, 7, 2, 3), nn.BatchNorm2d(64), nn.ReLU())
        blocks = (Residual(64, 128), nn.MaxPool2d(2), Residual(128, 128), Residual(128, width))
        self.stem = nn.Sequential(first, *blocks)
        self.bodies = nn.ModuleList(
            nn.Sequential(
                *(Hourglass(4, width), Residual(width, width), nn.Conv2d(width, width, 1)),
                *(nn.BatchNorm2d(width), nn.ReLU()),
            )
            for _ in range(2)
        )
        self.scores = nn.ModuleList(nn.Conv2d(width, joints, 1) for _ in range(2))
        self.of_map, self.of_scores = nn.Conv2d(width, width, 1), nn.Conv2d(joints, width, 1)

    def forward(self, image: Tensor) -> Tensor:
        x = self.stem(image)
        y = self.bodies[0](x)
        x = x + self.of_map(y) + self.of_scores(self.scores[0](y))
        return self.scores[1](self.bodies[1](x))


class SegNet(nn.Module):
    """VGG16 with batchnorm, and its mirror, which knows of the way down where the maxima were."""

    def __init__(self, classes: int = 11) -> None:
        super().__init__()
        widths, depths = (64, 128, 256, 512, 512), (2, 2, 3, 3, 3)
        before = (3, *widths)
        self.down = nn.ModuleList(
            nn.Sequential(unit(before[i], width), *(unit(width, width) for _ in range(depth - 1)))
            for i, (width, depth) in enumerate(zip(widths, depths, strict=True))
        )
        self.up = nn.ModuleList(
            nn.Sequential(
                *(unit(widths[i], widths[i]) for _ in range(depths[i] - 1)),
                unit(widths[i], widths[i - 1]) if i else nn.Conv2d(widths[0], classes, 3, 1, 1),
            )
            for i in reversed(range(5))
        )

    def forward(self, x: Tensor) -> Tensor:
        places: list[tuple[Tensor, torch.Size]] = []
        for block in self.down:
            x = block(x)
            size = x.shape
            x, index = F.max_pool2d(x, 2, ceil_mode=True, return_indices=True)
            places.append((index, size))
        for block, (index, size) in zip(self.up, reversed(places), strict=True):
            x = block(F.max_unpool2d(x, index, [2, 2], output_size=list(size)))
        return x
