"""What weighs values by others."""

import torch
import torch.nn.functional as F
from torch import nn


class Reduce(nn.Module):
    """One statistic of the values along some axes, which stay as axes of size 1."""

    def __init__(self, statistic, *axes):
        super().__init__()
        self.statistic = statistic
        self.axes = list(axes)

    def forward(self, x):
        if self.statistic == "mean":
            return x.mean(self.axes, keepdim=True)
        if self.statistic == "max":
            return x.amax(self.axes, keepdim=True)
        if self.statistic == "std":
            return x.std(self.axes, correction=0, keepdim=True)
        return torch.linalg.vector_norm(x, dim=self.axes, keepdim=True)


class EfficientChannelAttention(nn.Module):
    """Weighs each channel by a gate made of the means of its neighbours."""

    def __init__(self, kernel_size):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(1, 1, kernel_size))
        nn.init.uniform_(self.weight, -(kernel_size**-0.5), kernel_size**-0.5)

    def forward(self, x):
        means = x.flatten(2).mean(2).unsqueeze(1)
        row = F.conv1d(means, self.weight, padding=self.weight.shape[2] // 2)
        gates = torch.sigmoid(row).squeeze(1)
        return x * gates.reshape(list(gates.shape) + [1] * (x.dim() - 2))


class GroupSoftmax(nn.Module):
    """Softmax over the channels of each group, or over the groups."""

    def __init__(self, over, groups):
        super().__init__()
        self.axis = 1 if over == "groups" else 2
        self.groups = groups

    def forward(self, x):
        return x.unflatten(1, [self.groups, -1]).softmax(self.axis).flatten(1, 2)


class PositionSoftmax(nn.Module):
    """Softmax over the places of each channel."""

    def forward(self, x):
        return x.flatten(2).softmax(2).reshape(x.shape)
