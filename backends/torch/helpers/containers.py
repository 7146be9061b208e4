"""Modules that hold modules."""

# torch names the input of its layers otherwise
# pyright: reportIncompatibleMethodOverride=false

import torch
from torch import nn


class Chain(nn.Sequential):
    """nn.Sequential whose layers have names."""

    def __init__(self, **layers):
        super().__init__()
        for name, layer in layers.items():
            self.add_module(name, layer)


class Dense(nn.Sequential):
    """Gives each layer the concatenation of the input and all outputs before it."""

    def forward(self, x):
        for layer in self:
            x = torch.cat([x, layer(x)], dim=1)
        return x
