"""Detectors that neither torchvision nor timm has, in plain torch: YOLOv8 and the three nets of MTCNN."""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
from torch import Tensor, nn


class Unit(nn.Sequential):
    """The convolution of YOLOv8, with batchnorm and SiLU."""

    def __init__(self, channels: int, out: int, kernel: int, stride: int = 1) -> None:
        conv = nn.Conv2d(channels, out, kernel, stride, kernel // 2, bias=False)
        super().__init__(conv, nn.BatchNorm2d(out, eps=1e-3, momentum=0.03), nn.SiLU())


class Bottleneck(nn.Module):
    def __init__(self, channels: int, added: bool) -> None:
        super().__init__()
        self.convs = nn.Sequential(Unit(channels, channels, 3), Unit(channels, channels, 3))
        self.added = added

    def forward(self, x: Tensor) -> Tensor:
        return x + self.convs(x) if self.added else self.convs(x)


class C2f(nn.Module):
    """Half of the channels through bottlenecks, one after the other; all on the way is joined."""

    def __init__(self, channels: int, out: int, depth: int, added: bool = False) -> None:
        super().__init__()
        self.first = Unit(channels, out, 1)
        self.steps = nn.ModuleList(Bottleneck(out // 2, added) for _ in range(depth))
        self.last = Unit((2 + depth) * (out // 2), out, 1)

    def forward(self, x: Tensor) -> Tensor:
        found = list(self.first(x).chunk(2, 1))
        for step in self.steps:
            found.append(step(found[-1]))
        return self.last(torch.cat(found, 1))


class PyramidPool(nn.Module):
    """SPPF: three maxima over 5x5, one after the other."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = Unit(channels, channels // 2, 1)
        self.pool = nn.MaxPool2d(5, 1, 2)
        self.last = Unit(2 * channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        found = [self.first(x)]
        for _ in range(3):
            found.append(self.pool(found[-1]))
        return self.last(torch.cat(found, 1))


class YOLOv8(nn.Module):
    """The smallest of the five: a third of the depth, a quarter of the width. Boxes, classes of each map."""

    def __init__(self, classes: int = 80) -> None:
        super().__init__()
        self.stem = Unit(3, 16, 3, 2)
        rows = [(16, 32, 1), (32, 64, 2), (64, 128, 2), (128, 256, 1)]
        self.down = nn.ModuleList(
            nn.Sequential(Unit(channels, out, 3, 2), C2f(out, out, depth, added=True))
            for channels, out, depth in rows
        )
        self.pool = PyramidPool(256)
        self.larger = nn.Upsample(scale_factor=2)
        self.up4, self.up3 = C2f(256 + 128, 128, 1), C2f(128 + 64, 64, 1)
        self.smaller3, self.down4 = Unit(64, 64, 3, 2), C2f(64 + 128, 128, 1)
        self.smaller4, self.down5 = Unit(128, 128, 3, 2), C2f(128 + 256, 256, 1)
        widths = (64, 128, 256)
        self.boxes = nn.ModuleList(self.head(channels, 64, 64) for channels in widths)
        self.classes = nn.ModuleList(self.head(channels, 80, classes) for channels in widths)

    @staticmethod
    def head(channels: int, inner: int, out: int) -> nn.Module:
        return nn.Sequential(Unit(channels, inner, 3), Unit(inner, inner, 3), nn.Conv2d(inner, out, 1))

    def forward(self, x: Tensor) -> list[Tensor]:
        x = self.stem(x)
        found = []
        for stage in self.down:
            x = stage(x)
            found.append(x)
        _, third, fourth, _ = found
        top = self.pool(x)
        up = self.up4(torch.cat([self.larger(top), fourth], 1))
        p3 = self.up3(torch.cat([self.larger(up), third], 1))
        p4 = self.down4(torch.cat([self.smaller3(p3), up], 1))
        p5 = self.down5(torch.cat([self.smaller4(p4), top], 1))
        maps = zip((p3, p4, p5), self.boxes, self.classes, strict=True)
        return [head(x) for x, *heads in maps for head in heads]


def of_its_authors(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a YOLOv8 in the order in which its authors' module defines them, under their names.

    A C2f defines both of its outer convolutions (cv1, cv2) before what lies between them (m), and the last
    module the towers of boxes of all maps (cv2) before those of classes (cv3).
    """
    numbers = {"pool": 9, "up4": 12, "up3": 15, "smaller3": 16, "down4": 18, "smaller4": 19, "down5": 21}
    names: list[tuple[str, str]] = [(f"{old}.", f"model.{number}.") for old, number in numbers.items()]
    names += [("stem.", "model.0."), ("boxes.", "model.22.cv2."), ("classes.", "model.22.cv3.")]
    names += [(f"down.{i}.{part}.", f"model.{1 + 2 * i + part}.") for i in range(4) for part in (0, 1)]
    rules = [
        (r"\.first\.", ".cv1."),
        (r"\.last\.", ".cv2."),
        (r"\.steps\.", ".m."),
        (r"\.convs\.0\.", ".cv1."),
    ]
    rules += [(r"\.convs\.1\.", ".cv2."), (r"\.0\.(weight)$", r".conv.\1"), (r"\.1\.(\w+)$", r".bn.\1")]
    found: dict[str, Tensor] = {}
    for key, tensor in state.items():
        old, new = next(pair for pair in names if key.startswith(pair[0]))
        name = new + key.removeprefix(old)
        for pattern, put in rules:
            name = re.sub(pattern, put, name)
        found[name] = tensor

    def place(name: str) -> tuple[int, int, int]:
        parts = name.split(".")
        head = int(parts[2][2:]) if parts[1] == "22" else 0
        return int(parts[1]), head, ["conv", "bn", "cv1", "cv2", "m"].index(parts[2]) if not head else 0

    return {name: found[name] for name in sorted(found, key=place)}


class Cascade(nn.Module):
    """A net of MTCNN: convolutions and pools, then a head for the face, and one for each thing more."""

    def __init__(self, rows: list[tuple[int, ...]], last: nn.Module, heads: list[nn.Module]) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for channels, out, kernel, pool in rows:
            layers += [nn.Conv2d(channels, out, kernel), nn.PReLU(out)]
            layers += [nn.MaxPool2d(pool, 2, ceil_mode=True)] if pool else []
        self.body = nn.Sequential(*layers, last)
        self.heads = nn.ModuleList(heads)

    def forward(self, x: Tensor) -> list[Tensor]:
        x = self.body(x)
        face, *others = (head(x) for head in self.heads)
        return [face.softmax(1), *others]


def proposal_net() -> nn.Module:
    rows = [(3, 10, 3, 2), (10, 16, 3, 0), (16, 32, 3, 0)]
    return Cascade(rows, nn.Identity(), [nn.Conv2d(32, out, 1) for out in (2, 4)])


def refinement_net() -> nn.Module:
    last = nn.Sequential(nn.Flatten(), nn.Linear(64 * 9, 128), nn.PReLU(128))
    return Cascade(
        [(3, 28, 3, 3), (28, 48, 3, 3), (48, 64, 2, 0)], last, [nn.Linear(128, out) for out in (2, 4)]
    )


def output_net() -> nn.Module:
    last = nn.Sequential(nn.Flatten(), nn.Linear(128 * 9, 256), nn.PReLU(256))
    rows = [(3, 32, 3, 3), (32, 64, 3, 3), (64, 64, 3, 2), (64, 128, 2, 0)]
    return Cascade(rows, last, [nn.Linear(256, out) for out in (2, 4, 10)])
