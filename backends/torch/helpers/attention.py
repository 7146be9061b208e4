"""What weighs values by others, and what acts at each position of a sequence."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Reduce(nn.Module):
    """One statistic of the values along some axes, which stay as axes of size 1."""

    def __init__(self, statistic: str, *axes: int) -> None:
        super().__init__()
        self.statistic = statistic
        self.axes = list(axes)

    def forward(self, x: Tensor) -> Tensor:
        if self.statistic == "mean":
            return x.mean(self.axes, keepdim=True)
        if self.statistic == "max":
            return x.amax(self.axes, keepdim=True)
        if self.statistic == "std":
            return x.std(self.axes, correction=0, keepdim=True)
        return torch.linalg.vector_norm(x, dim=self.axes, keepdim=True)


class EfficientChannelAttention(nn.Module):
    """Weighs each channel by a gate made of the means of its neighbours."""

    def __init__(self, kernel_size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(1, 1, kernel_size))
        nn.init.uniform_(self.weight, -(kernel_size**-0.5), kernel_size**-0.5)

    def forward(self, x: Tensor) -> Tensor:
        means = x.flatten(2).mean(2).unsqueeze(1)
        row = F.conv1d(means, self.weight, padding=self.weight.shape[2] // 2)
        gates = torch.sigmoid(row).squeeze(1)
        return x * gates.reshape([x.shape[0], -1] + [1] * (x.dim() - 2))


class GroupSoftmax(nn.Module):
    """Softmax over the channels of each group, or over the groups."""

    def __init__(self, over: str, groups: int) -> None:
        super().__init__()
        self.axis = 1 if over == "groups" else 2
        self.groups = groups

    def forward(self, x: Tensor) -> Tensor:
        return x.unflatten(1, [self.groups, -1]).softmax(self.axis).flatten(1, 2)


class PositionSoftmax(nn.Module):
    """Softmax over the places of each channel."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(2).softmax(2).reshape(x.shape)


class PositionLinear(nn.Linear):
    """A linear layer at each position of a sequence."""

    def forward(self, input: Tensor) -> Tensor:
        x = F.linear(input.transpose(1, 2), self.weight, self.bias)
        return x.transpose(1, 2)


class Attention(nn.Module):
    """Multi-head self-attention between all places."""

    def __init__(
        self,
        channels: int,
        num_heads: int,
        qkv_bias: bool = True,
        out: int | None = None,
    ) -> None:
        super().__init__()
        out = channels if out is None else out
        self.num_heads = num_heads
        self.qkv = nn.Linear(channels, 3 * out, bias=qkv_bias)
        self.proj = nn.Linear(out, out)

    def forward(self, x: Tensor) -> Tensor:
        shape = x.shape
        qkv = self.qkv(x.flatten(2).transpose(1, 2))
        qkv = qkv.unflatten(2, [3, self.num_heads, -1]).permute(2, 0, 3, 1, 4)
        x = F.scaled_dot_product_attention(qkv[0], qkv[1], qkv[2])
        x = self.proj(x.transpose(1, 2).flatten(2))
        return x.transpose(1, 2).unflatten(2, shape[2:])


class WindowAttention(nn.Module):
    """Multi-head self-attention between the places of each window, or of a grid.

    A shift moves the windows over the edge, where places from both sides do not see
    each other; a relative bias depends on how far apart two places are.
    """

    order: Tensor
    back: Tensor
    mask: Tensor | None
    index: Tensor

    def __init__(
        self,
        channels: int,
        num_heads: int,
        sizes: tuple[int, ...],
        window: tuple[int, ...],
        shift: tuple[int, ...] | None = None,
        grid: bool = False,
        relative: bool = False,
        qkv_bias: bool = True,
        out: int | None = None,
    ) -> None:
        super().__init__()
        out = channels if out is None else out
        self.num_heads = num_heads
        self.window, self.shift, self.grid = window, shift, grid
        self.qkv = nn.Linear(channels, 3 * out, bias=qkv_bias)
        self.proj = nn.Linear(out, out)
        order = window_order(sizes, window, shift, grid)
        self.windows, self.places = order.shape
        self.register_buffer("order", order, persistent=False)
        self.register_buffer("back", order.flatten().argsort(), persistent=False)
        self.register_buffer("mask", shift_mask(order, sizes, shift), persistent=False)
        self.register_buffer("index", relative_index(window), persistent=False)
        self.relative_position_bias_table = None
        if relative:
            rows = torch.Size([2 * size - 1 for size in window]).numel()
            table = torch.empty(rows, num_heads)
            nn.init.uniform_(table, -(0.0012**0.5), 0.0012**0.5)
            self.relative_position_bias_table = nn.Parameter(table)

    def forward(self, x: Tensor) -> Tensor:
        shape = x.shape
        x = x.flatten(2).transpose(1, 2)
        if self.windows > 1:
            x = x.index_select(1, self.order.flatten())
        qkv = self.qkv(x).unflatten(1, [self.windows, self.places])
        qkv = qkv.unflatten(3, [3, self.num_heads, -1]).permute(3, 0, 1, 4, 2, 5)
        q, k, v = qkv[0], qkv[1], qkv[2].contiguous()
        x = F.scaled_dot_product_attention(q, k, v, self.bias())
        x = self.proj(x.transpose(2, 3).flatten(3).flatten(1, 2))
        if self.windows > 1:
            x = x.index_select(1, self.back)
        return x.transpose(1, 2).unflatten(2, shape[2:])

    def bias(self) -> Tensor | None:
        """What is added to the scores of a window: its mask, and the relative bias."""
        bias = self.mask
        if self.relative_position_bias_table is not None:
            table = self.relative_position_bias_table[self.index].permute(2, 0, 1)
            bias = table if bias is None else bias + table
        return bias


def window_order(
    sizes: tuple[int, ...],
    window: tuple[int, ...],
    shift: tuple[int, ...] | None,
    grid: bool,
) -> Tensor:
    """The places of each window, as numbers into the flattened map."""
    places = torch.arange(torch.Size(sizes).numel()).reshape(sizes)
    axes = list(range(len(sizes)))
    if shift is not None:
        places = places.roll([-amount for amount in shift], axes)
    for axis in reversed(axes):
        count = sizes[axis] // window[axis]
        parts = [window[axis], count] if grid else [count, window[axis]]
        places = places.unflatten(axis, parts)
    inner = [2 * axis + (not grid) for axis in axes]
    outer = [2 * axis + grid for axis in axes]
    order = places.permute(outer + inner)
    return order.reshape(-1, torch.Size(window).numel()).contiguous()


def shift_mask(
    order: Tensor,
    sizes: tuple[int, ...],
    shift: tuple[int, ...] | None,
) -> Tensor | None:
    """-100 between places of a window that come from both sides of the edge, else 0."""
    if shift is None:
        return None
    wrapped, step = torch.zeros_like(order), order.numel()
    for size, amount in zip(sizes, shift, strict=True):
        step = step // size
        wrapped = 2 * wrapped + (order // step % size < amount)
    apart = wrapped[:, None, :, None] != wrapped[:, None, None, :]
    return apart * -100.0


def relative_index(window: tuple[int, ...]) -> Tensor:
    """The row of the table for each two places of a window."""
    axes = torch.meshgrid([torch.arange(size) for size in window], indexing="ij")
    index = torch.zeros(1, dtype=torch.long)
    for size, axis in zip(window, axes, strict=True):
        place = axis.flatten()
        apart = place[:, None] - place + size - 1
        index = index * (2 * size - 1) + apart
    return index
