"""Normalizations."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ChannelLayerNorm(nn.LayerNorm):
    """Layer normalization over the channels at each place."""

    def forward(self, input: Tensor) -> Tensor:
        x = input.movedim(1, -1)
        x = F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)
        return x.movedim(-1, 1)


class ChannelRMSNorm(nn.RMSNorm):
    """Root mean square normalization over the channels at each place."""

    def forward(self, x: Tensor) -> Tensor:
        x = x.movedim(1, -1)
        x = F.rms_norm(x, self.normalized_shape, self.weight, self.eps)
        return x.movedim(-1, 1)


class MapRMSNorm(nn.Module):
    """Root mean square normalization over all of a map, of any size."""

    def __init__(self, eps: float) -> None:
        super().__init__()
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, x.shape[1:], None, self.eps)


class GlobalResponseNorm(nn.Module):
    """Weighs each channel by its norm, relative to the mean norm of all."""

    def __init__(self, channels: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        shape = [1, -1] + [1] * (x.dim() - 2)
        size = torch.linalg.vector_norm(x.flatten(2), dim=2)
        n = size / (size.mean(1, keepdim=True) + self.eps)
        n = n.reshape([x.shape[0], -1] + [1] * (x.dim() - 2))
        weight, bias = self.weight.reshape(shape), self.bias.reshape(shape)
        return x + torch.addcmul(bias, weight, x * n)


class FilterResponseNorm(nn.Module):
    """Divides each channel by its root mean square; a learned threshold is the activation."""

    def __init__(
        self,
        channels: int,
        eps: float = 1e-5,
        threshold: bool = True,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.tau = nn.Parameter(torch.zeros(channels)) if threshold else None
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        shape = [1, -1] + [1] * (x.dim() - 2)
        square = x.square().flatten(2).mean(2)
        square = square.reshape([x.shape[0], -1] + [1] * (x.dim() - 2))
        x = x * (square + self.eps).rsqrt()
        x = x * self.weight.reshape(shape) + self.bias.reshape(shape)
        return x if self.tau is None else torch.maximum(x, self.tau.reshape(shape))


class EvoNormS0(nn.Module):
    """x * sigmoid(v * x), over the deviation of each group of channels."""

    def __init__(self, num_groups: int, num_channels: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(num_channels))
        self.bias = nn.Parameter(torch.zeros(num_channels))
        self.v = nn.Parameter(torch.ones(num_channels))
        self.groups, self.eps = num_groups, eps

    def forward(self, x: Tensor) -> Tensor:
        shape = [1, -1] + [1] * (x.dim() - 2)
        grouped = x.reshape(x.shape[0], self.groups, -1)
        variance = grouped.var(2, correction=0, keepdim=True)
        y = x * torch.sigmoid(x * self.v.reshape(shape))
        y = y.reshape(grouped.shape) / (variance + self.eps).sqrt()
        y = y.reshape(x.shape) * self.weight.reshape(shape)
        return y + self.bias.reshape(shape)
