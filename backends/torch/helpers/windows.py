"""Convolutions and pools."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def same_margins(
    x: Tensor,
    kernel: list[int],
    stride: list[int],
    dilation: list[int],
) -> list[int]:
    """Margins for F.pad that give ceil(size / stride) outputs, the odd pixel last."""
    margins: list[int] = []
    for axis in range(len(kernel)):
        reach = (kernel[axis] - 1) * dilation[axis]
        total = reach - (x.size(2 + axis) - 1) % stride[axis]
        # 0 in place of less, by arithmetic: fx has no value to compare
        total = total * (1 + total // (reach + stride[axis]))
        sides = [total // 2, total - total // 2]
        margins = sides + margins
    return margins


class SameConv2d(nn.Conv2d):
    """A convolution with ceil(size / stride) outputs, for inputs of any size."""

    def forward(self, input: Tensor) -> Tensor:
        margins = same_margins(
            input,
            list(self.kernel_size),
            list(self.stride),
            list(self.dilation),
        )
        mode = "constant" if self.padding_mode == "zeros" else self.padding_mode
        return self._conv_forward(F.pad(input, margins, mode), self.weight, self.bias)


class StandardizedConv2d(nn.Conv2d):
    """A convolution whose kernels are used at mean 0 and variance 1."""

    def forward(self, input: Tensor) -> Tensor:
        weight = self.weight.flatten(1)
        weight = F.layer_norm(weight, weight.shape[1:], eps=1e-5)
        return self._conv_forward(input, weight.reshape(self.weight.shape), self.bias)


class StandardizedSameConv2d(nn.Conv2d):
    """A convolution with kernels at mean 0 and variance 1 and ceil(size / stride) outputs."""

    def forward(self, input: Tensor) -> Tensor:
        weight = self.weight.flatten(1)
        weight = F.layer_norm(weight, weight.shape[1:], eps=1e-5)
        margins = same_margins(
            input,
            list(self.kernel_size),
            list(self.stride),
            list(self.dilation),
        )
        mode = "constant" if self.padding_mode == "zeros" else self.padding_mode
        x = F.pad(input, margins, mode)
        return self._conv_forward(x, weight.reshape(self.weight.shape), self.bias)


class SameMaxPool2d(nn.Module):
    """The largest value of each window, with ceil(size / stride) outputs."""

    def __init__(
        self,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...] | None = None,
        dilation: int | tuple[int, ...] = 1,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel = axes2d(kernel_size)
        self.stride = axes2d(kernel_size if stride is None else stride)
        self.dilation = axes2d(dilation)
        self.ceil_mode = ceil_mode

    def forward(self, x: Tensor) -> Tensor:
        margins = same_margins(x, self.kernel, self.stride, self.dilation)
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
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...] | None = None,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel = axes2d(kernel_size)
        self.stride = axes2d(kernel_size if stride is None else stride)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, x: Tensor) -> Tensor:
        ones = [1] * len(self.kernel)
        margins = same_margins(x, self.kernel, self.stride, ones)
        y = self.mean(F.pad(x, margins))
        if self.count_include_pad:
            return y
        return y / self.mean(F.pad(torch.ones_like(x), margins))

    def mean(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(x, self.kernel, self.stride, ceil_mode=self.ceil_mode)


class WideAvgPool2d(nn.Module):
    """The mean of windows that are larger than a volume, or whose margins differ: torch's own has neither."""

    def __init__(
        self,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...] | None = None,
        padding: int | tuple[int, ...] = 0,
        padding_after: int | tuple[int, ...] | None = None,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel = axes2d(kernel_size)
        self.stride = axes2d(kernel_size if stride is None else stride)
        self.before = axes2d(padding)
        self.after = axes2d(padding if padding_after is None else padding_after)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, x: Tensor) -> Tensor:
        margins: list[int] = []
        beyond: list[int] = []
        for axis in range(len(self.kernel)):
            sides = [self.before[axis], self.after[axis]]
            margins = sides + margins
            size = x.shape[2 + axis] + sides[0] + sides[1]
            sides = [0, self.beyond(size, axis)]
            beyond = sides + beyond
        counted = float(self.count_include_pad)
        counts = F.pad(torch.ones_like(x), margins, value=counted)
        # what lies beyond the margin is empty
        y = self.mean(F.pad(F.pad(x, margins), beyond))
        return y / self.mean(F.pad(counts, beyond))

    def mean(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(x, self.kernel, self.stride)

    def beyond(self, size: int, axis: int) -> int:
        kernel, stride = self.kernel[axis], self.stride[axis]
        room = kernel
        if self.ceil_mode:
            # the last window begins before the margin at the end
            room = max(kernel - stride, self.after[axis]) + 1
        return (size - room) // stride * stride + kernel - size


class WideLPPool2d(nn.Module):
    """The root of the sum of powers in each window, which may be larger than the map."""

    def __init__(
        self,
        norm_type: float,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...] | None = None,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.mean = WideAvgPool2d(kernel_size, stride, ceil_mode=ceil_mode)
        self.power = norm_type

    def forward(self, x: Tensor) -> Tensor:
        mean = self.mean(x**self.power)
        for size in self.mean.kernel:
            mean = mean * size
        return mean ** (1 / self.power)


def axes2d(value: int | tuple[int, ...]) -> list[int]:
    return [value] * 2 if isinstance(value, int) else list(value)


class BlurPool2d(nn.Module):
    """Each channel smoothed by a fixed binomial filter, at every stride-th pixel."""

    filters: Tensor

    def __init__(
        self,
        channels: int,
        kernel_size: int | tuple[int, ...] = 3,
        stride: int | tuple[int, ...] = 2,
        padding_mode: str = "reflect",
    ) -> None:
        super().__init__()
        self.stride = axes2d(stride)
        self.mode = "constant" if padding_mode == "zeros" else padding_mode
        self.margins: list[int] = []
        filters = torch.ones(1)
        for axis, size in enumerate(axes2d(kernel_size)):
            line = torch.ones(1)
            for _ in range(size - 1):
                line = (F.pad(line, [0, 1]) + F.pad(line, [1, 0])) / 2
            filters = filters.unsqueeze(-1) * line
            margin = (size + self.stride[axis] - 2) // 2
            self.margins = [margin, margin, *self.margins]
        filters = filters.repeat(channels, *[1] * filters.dim())
        self.register_buffer("filters", filters, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        x = F.pad(x, self.margins, self.mode)
        return F.conv2d(x, self.filters, None, self.stride, groups=x.shape[1])


class MaxUnpool2d(nn.Module):
    """Values at the places where a max pool of the map y finds its maxima, 0 elsewhere."""

    def __init__(
        self,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...] | None = None,
        padding: int | tuple[int, ...] = 0,
        dilation: int | tuple[int, ...] = 1,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel = axes2d(kernel_size)
        self.stride = axes2d(kernel_size if stride is None else stride)
        self.padding = axes2d(padding)
        self.dilation = axes2d(dilation)
        self.ceil_mode = ceil_mode

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        _, places = F.max_pool2d_with_indices(
            y.detach(),
            self.kernel,
            self.stride,
            self.padding,
            self.dilation,
            self.ceil_mode,
        )
        spread = torch.zeros_like(y).flatten(2)
        spread = spread.scatter(2, places.flatten(2), x.flatten(2))
        return spread.unflatten(2, y.shape[2:])
