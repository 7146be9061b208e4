"""What moves values."""

import torch.nn.functional as F
from torch import nn


class Crop(nn.Module):
    """The centre of a map."""

    def __init__(self, *sizes):
        super().__init__()
        self.sizes = list(sizes)

    def forward(self, x):
        for axis, size in enumerate(self.sizes):
            x = x.narrow(axis + 2, (x.shape[axis + 2] - size) // 2, size)
        return x


class Slice(nn.Module):
    """The channels from `start` up to `stop`."""

    def __init__(self, start, stop):
        super().__init__()
        self.start, self.stop = start, stop

    def forward(self, x):
        return x[:, self.start : self.stop]


class PixelShuffle(nn.Module):
    """Channels to space: each axis grows by the factor."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        rank = x.dim() - 2
        x = x.unflatten(1, [-1] + [self.factor] * rank)
        order = [0, 1]
        for axis in range(rank):
            order += [2 + rank + axis, 2 + axis]
        x = x.permute(order)
        for axis in range(rank):
            x = x.flatten(axis + 2, axis + 3)
        return x


class Reshape(nn.Module):
    """The same values in another shape."""

    def __init__(self, *sizes):
        super().__init__()
        self.sizes = list(sizes)

    def forward(self, x):
        return x.flatten(1).unflatten(1, self.sizes)


class ZeroChannels(nn.Module):
    """Adds channels of zeros before and after."""

    def __init__(self, before, after):
        super().__init__()
        self.before, self.after = before, after

    def forward(self, x):
        return F.pad(x, [0, 0] * (x.dim() - 2) + [self.before, self.after])
