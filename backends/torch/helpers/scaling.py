"""Factors, learned and drawn."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Affine(nn.Module):
    """weight * x + bias, with one of each a channel; or one in all, where `channels` is 1."""

    def __init__(self, channels: int, weight: bool = True, bias: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels)) if weight else None
        self.bias = nn.Parameter(torch.zeros(channels)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        shape = [-1] + [1] * (x.dim() - 2)
        if self.weight is not None:
            x = self.weight.reshape(shape) * x
        return x if self.bias is None else x + self.bias.reshape(shape)


class DropPath(nn.Module):
    """In training sets whole samples to 0 with probability `rate`."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        kept = torch.ones([x.shape[0]] + [1] * (x.dim() - 1), device=x.device)
        return x * F.dropout(kept, self.rate).to(x.dtype)


class Scale(nn.Module):
    """by * x."""

    def __init__(self, by: float) -> None:
        super().__init__()
        self.by = by

    def forward(self, x: Tensor) -> Tensor:
        return self.by * x


class LearnedScale(nn.Module):
    """weight * x, with one weight for all values."""

    def __init__(self, by: float) -> None:
        super().__init__()
        self.by = by
        self.weight = nn.Parameter(torch.full((1,), by))

    def forward(self, x: Tensor) -> Tensor:
        return self.weight * x


class LayerScale(nn.Module):
    """weight * x, with a weight for each channel."""

    def __init__(self, channels: int, init: float) -> None:
        super().__init__()
        self.init = init
        self.weight = nn.Parameter(torch.full((channels,), init))

    def forward(self, x: Tensor) -> Tensor:
        return self.weight.reshape([-1] + [1] * (x.dim() - 2)) * x
