"""The classes that generated source carries along where torch lacks them, and uses.

Source takes their text from this file, which so keeps to the layout of generated files: 88 characters a line.
Those named `..2d` stand for any rank: their text is taken with 2d read as 1d or 3d.
"""

# torch names the input of its layers otherwise, and gives kernels as tuples
# pyright: reportIncompatibleMethodOverride=false, reportArgumentType=false

import torch
import torch.nn.functional as F
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


def same_margins(
    sizes: list[int],
    kernel: list[int],
    stride: list[int],
    dilation: list[int],
) -> list[int]:
    """Margins for F.pad that give ceil(size / stride) outputs, the odd pixel last."""
    margins: list[int] = []
    for i in range(len(sizes) - 1, -1, -1):
        span = (kernel[i] - 1) * dilation[i] + 1
        total = (sizes[i] - 1) // stride[i] * stride[i] + span - sizes[i]
        total = max(total, 0)
        margins += [total // 2, total - total // 2]
    return margins


class SameConv2d(nn.Conv2d):
    """A convolution with ceil(size / stride) outputs, for inputs of any size."""

    def forward(self, x):
        sizes = x.shape[2:]
        margins = same_margins(sizes, self.kernel_size, self.stride, self.dilation)
        mode = "constant" if self.padding_mode == "zeros" else self.padding_mode
        return self._conv_forward(F.pad(x, margins, mode), self.weight, self.bias)


class StandardizedConv2d(nn.Conv2d):
    """A convolution whose kernels are used at mean 0 and variance 1."""

    def forward(self, x):
        weight = self.weight.flatten(1)
        weight = F.layer_norm(weight, weight.shape[1:], eps=1e-5)
        return self._conv_forward(x, weight.reshape(self.weight.shape), self.bias)


class StandardizedSameConv2d(nn.Conv2d):
    """A convolution with kernels at mean 0 and variance 1 and ceil(size / stride) outputs."""

    def forward(self, x):
        weight = self.weight.flatten(1)
        weight = F.layer_norm(weight, weight.shape[1:], eps=1e-5)
        sizes = x.shape[2:]
        margins = same_margins(sizes, self.kernel_size, self.stride, self.dilation)
        mode = "constant" if self.padding_mode == "zeros" else self.padding_mode
        x = F.pad(x, margins, mode)
        return self._conv_forward(x, weight.reshape(self.weight.shape), self.bias)


class SameMaxPool2d(nn.Module):
    """The largest value of each window, with ceil(size / stride) outputs."""

    def __init__(self, kernel_size, stride=None, dilation=1, ceil_mode=False):
        super().__init__()
        self.kernel = axes2d(kernel_size)
        self.stride = axes2d(kernel_size if stride is None else stride)
        self.dilation = axes2d(dilation)
        self.ceil_mode = ceil_mode

    def forward(self, x):
        margins = same_margins(x.shape[2:], self.kernel, self.stride, self.dilation)
        x = F.pad(x, margins, value=float("-inf"))
        return F.max_pool2d(
            x,
            self.kernel,
            self.stride,
            dilation=self.dilation,
            ceil_mode=self.ceil_mode,
        )


class SameAvgPool2d(nn.Module):
    """The mean of each window, with ceil(size / stride) outputs."""

    def __init__(
        self,
        kernel_size,
        stride=None,
        ceil_mode=False,
        count_include_pad=True,
    ):
        super().__init__()
        self.kernel = axes2d(kernel_size)
        self.stride = axes2d(kernel_size if stride is None else stride)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, x):
        sizes, ones = x.shape[2:], [1] * len(self.kernel)
        margins = same_margins(sizes, self.kernel, self.stride, ones)
        y = self.mean(F.pad(x, margins))
        if self.count_include_pad:
            return y
        return y / self.mean(F.pad(torch.ones_like(x), margins))

    def mean(self, x):
        return F.avg_pool2d(x, self.kernel, self.stride, ceil_mode=self.ceil_mode)


class WideAvgPool2d(nn.Module):
    """The mean of each window, which may be larger than the map: torch's own pool refuses that in 3-d."""

    def __init__(
        self,
        kernel_size,
        stride=None,
        padding=0,
        ceil_mode=False,
        count_include_pad=True,
    ):
        super().__init__()
        self.kernel = axes2d(kernel_size)
        self.stride = axes2d(kernel_size if stride is None else stride)
        self.padding = axes2d(padding)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, x):
        margins = []
        for margin in self.padding:
            margins = [margin, margin, *margins]
        counted = float(self.count_include_pad)
        counts = F.pad(torch.ones_like(x), margins, value=counted)
        return self.sums(F.pad(x, margins)) / self.sums(counts)

    def sums(self, x):
        # what lies beyond the margin is empty
        beyond = []
        for axis in range(len(self.kernel)):
            beyond = [0, self.beyond(x, axis), *beyond]
        x = F.pad(x, beyond)
        return F.avg_pool2d(x, self.kernel, self.stride, divisor_override=1)

    def beyond(self, x, axis):
        kernel, stride = self.kernel[axis], self.stride[axis]
        size, margin = x.shape[2 + axis], self.padding[axis]
        reach = stride - 1 if self.ceil_mode else 0
        windows = (size - kernel + reach) // stride + 1
        if self.ceil_mode and (windows - 1) * stride >= size - margin:
            windows -= 1
        return (windows - 1) * stride + kernel - size


class WideLPPool2d(nn.Module):
    """The root of the sum of powers in each window, which may be larger than the map."""

    def __init__(self, norm_type, kernel_size, stride=None, ceil_mode=False):
        super().__init__()
        self.mean = WideAvgPool2d(kernel_size, stride, ceil_mode=ceil_mode)
        self.power = norm_type

    def forward(self, x):
        mean = self.mean(x**self.power)
        for size in self.mean.kernel:
            mean = mean * size
        return mean ** (1 / self.power)


def axes2d(value):
    return [value] * 2 if isinstance(value, int) else list(value)


class ChannelLayerNorm(nn.LayerNorm):
    """Layer normalization over the channels at each place."""

    def forward(self, x):
        x = x.movedim(1, -1)
        x = F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)
        return x.movedim(-1, 1)


class ChannelRMSNorm(nn.RMSNorm):
    """Root mean square normalization over the channels at each place."""

    def forward(self, x):
        x = x.movedim(1, -1)
        x = F.rms_norm(x, self.normalized_shape, self.weight, self.eps)
        return x.movedim(-1, 1)


class DropPath(nn.Module):
    """In training sets whole samples to 0 with probability `rate`."""

    def __init__(self, rate):
        super().__init__()
        self.rate = rate

    def forward(self, x):
        if not self.training:
            return x
        kept = torch.ones([x.shape[0]] + [1] * (x.dim() - 1), device=x.device)
        return x * F.dropout(kept, self.rate).to(x.dtype)


class Scale(nn.Module):
    """by * x."""

    def __init__(self, by):
        super().__init__()
        self.by = by

    def forward(self, x):
        return self.by * x


class LearnedScale(nn.Module):
    """weight * x, with one weight for all values."""

    def __init__(self, by):
        super().__init__()
        self.weight = nn.Parameter(torch.full((1,), by))

    def forward(self, x):
        return self.weight * x


class LayerScale(nn.Module):
    """weight * x, with a weight for each channel."""

    def __init__(self, channels, init):
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels,), init))

    def forward(self, x):
        return self.weight.reshape([-1] + [1] * (x.dim() - 2)) * x


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
