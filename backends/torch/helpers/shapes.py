"""What moves values."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Crop(nn.Module):
    """A part of a map: its centre, or what begins at `at`."""

    def __init__(self, *sizes: int, at: tuple[int, ...] | None = None) -> None:
        super().__init__()
        self.sizes = list(sizes)
        self.at = None if at is None else list(at)

    def forward(self, x: Tensor) -> Tensor:
        for axis, size in enumerate(self.sizes):
            start = (x.shape[axis + 2] - size) // 2
            if self.at is not None:
                start = self.at[axis]
            x = x.narrow(axis + 2, start, size)
        return x


class CropLike(nn.Module):
    """The part of a map that has the size of another: its centre, or what begins at `at`."""

    def __init__(self, axes: int, at: tuple[int, ...] | None = None) -> None:
        super().__init__()
        self.axes = list(range(2, 2 + axes))
        self.at = None if at is None else list(at)

    def forward(self, x: Tensor, like: Tensor) -> Tensor:
        for axis in self.axes:
            size = like.shape[axis]
            start = (x.shape[axis] - size) // 2
            if self.at is not None:
                start = self.at[axis - 2]
            x = x.narrow(axis, start, size)
        return x


class ResizeLike(nn.Module):
    """A map at the size of another, by interpolation."""

    def __init__(self, mode: str = "nearest") -> None:
        super().__init__()
        self.mode = mode

    def forward(self, x: Tensor, like: Tensor) -> Tensor:
        return F.interpolate(x, size=like.shape[2:], mode=self.mode)


class LearnedConstant(nn.Module):
    """A learned value, the same for every sample."""

    def __init__(self, *sizes: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(sizes))
        nn.init.uniform_(self.weight, -(0.0012**0.5), 0.0012**0.5)

    def forward(self, x: Tensor) -> Tensor:
        return self.weight.expand([x.shape[0]] + [-1] * self.weight.dim())


class PixelUnshuffle(nn.Module):
    """Space to channels: each axis shrinks by the factor."""

    def __init__(self, factor: int, axes: int) -> None:
        super().__init__()
        self.factor, self.axes = factor, axes

    def forward(self, x: Tensor) -> Tensor:
        order = [0, 1]
        for axis in range(self.axes):
            x = x.unflatten(2 + 2 * axis, [-1, self.factor])
            order += [3 + 2 * axis]
        for axis in range(self.axes):
            order += [2 + 2 * axis]
        return x.permute(order).flatten(1, 1 + self.axes)


class Slice(nn.Module):
    """The channels from `start` up to `stop`."""

    def __init__(self, start: int, stop: int) -> None:
        super().__init__()
        self.start, self.stop = start, stop

    def forward(self, x: Tensor) -> Tensor:
        return x[:, self.start : self.stop]


class PixelShuffle(nn.Module):
    """Channels to space: each axis grows by the factor."""

    def __init__(self, factor: int, axes: int) -> None:
        super().__init__()
        self.factor, self.axes = factor, axes

    def forward(self, x: Tensor) -> Tensor:
        x = x.unflatten(1, [-1] + [self.factor] * self.axes)
        order = [0, 1]
        for axis in range(self.axes):
            order += [2 + self.axes + axis, 2 + axis]
        x = x.permute(order)
        for axis in range(self.axes):
            x = x.flatten(axis + 2, axis + 3)
        return x


class Reshape(nn.Module):
    """The same values in another shape."""

    def __init__(self, *sizes: int) -> None:
        super().__init__()
        self.sizes = list(sizes)

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1).unflatten(1, self.sizes)


class ZeroChannels(nn.Module):
    """Adds channels of zeros before and after."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.before, self.after = before, after

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x, [0, 0] * (x.dim() - 2) + [self.before, self.after])


class Permute(nn.Module):
    """The axes in another order."""

    def __init__(self, *axes: int) -> None:
        super().__init__()
        self.axes = [0, *axes]

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(self.axes).contiguous()
