"""Modules that hold modules."""

import torch
from torch import Tensor, nn


class Chain(nn.Sequential):
    """nn.Sequential whose layers have names."""

    def __init__(self, **layers: nn.Module) -> None:
        super().__init__()
        for name, layer in layers.items():
            self.add_module(name, layer)


class Concat(Chain):
    """Concatenates what each layer gives of the input, by channels."""

    def forward(self, input: Tensor) -> Tensor:
        return torch.cat([arm(input) for arm in self], dim=1)


class Dense(nn.Sequential):
    """Gives each layer the concatenation of the input and all outputs before it."""

    def forward(self, input: Tensor) -> Tensor:
        for layer in self:
            input = torch.cat([input, layer(input)], dim=1)
        return input
