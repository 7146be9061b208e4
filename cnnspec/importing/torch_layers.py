"""Which layer of the language a module or a function of torch is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from cnnspec.importing.schedules import rounded
from cnnspec.importing.torch_written import extent_of
from cnnspec.importing.windows import NoLayer, convolution, extent, half_padding
from cnnspec.layers import activation as act
from cnnspec.layers import conv, dense, norm, pool, sequence, shape
from cnnspec.layers.base import Layer


def _conv(module: Any) -> Layer:
    pad = half_padding(module.kernel_size, module.dilation, module.padding, len(module.kernel_size))
    sizes = (module.kernel_size, module.stride, pad, module.dilation)
    made = convolution(
        module.in_channels, module.out_channels, *sizes, module.groups, module.bias is not None
    )
    if module.padding_mode == "zeros":
        return made
    kernel, stride, dilation = map(extent, (module.kernel_size, module.stride, module.dilation))
    return conv.Conv(
        module.out_channels,
        kernel,
        stride,
        pad,
        dilation,
        module.groups,
        module.bias is not None,
        pad_mode=module.padding_mode,
    )


def _transposed(module: Any) -> Layer:
    if module.padding_mode != "zeros":
        raise NoLayer(f"padding_mode={module.padding_mode}")
    sizes = (module.kernel_size, module.stride, module.padding, module.dilation)
    kernel, stride, pad, dilation = map(extent, sizes)
    bias, output_pad = module.bias is not None, extent(module.output_padding)
    return conv.TransposedConv(
        module.out_channels, kernel, stride, pad, dilation, module.groups, bias, output_pad=output_pad
    )


def _batchnorm(module: Any) -> Layer:
    if not module.track_running_stats:
        raise NoLayer("no running statistics")
    momentum = 0.1 if module.momentum is None else module.momentum
    return norm.BatchNorm(rounded(module.eps), momentum, module.affine)


def _pool(kind: Callable[..., Layer]) -> Callable[[Any], Layer]:
    def rule(module: Any) -> Layer:
        for name in ("divisor_override", "return_indices"):
            if getattr(module, name, None):
                raise NoLayer(name)
        kernel, stride, pad = map(extent, (module.kernel_size, module.stride, module.padding))
        given: dict[str, Any] = {"stride": None if stride == kernel else stride, "pad": pad}
        given["ceil"] = module.ceil_mode
        if kind is pool.AvgPool:
            given["count_pad"] = module.count_include_pad or pad == 0
        elif extent(module.dilation) != 1:
            given["dilation"] = extent(module.dilation)
        return kind(kernel, **given)

    return rule


def _adaptive(everywhere: Callable[[], Layer], sized: Callable[[Any], Layer]) -> Callable[[Any], Layer]:
    def rule(module: Any) -> Layer:
        size = extent(module.output_size)
        return everywhere() if size == 1 else sized(size)

    return rule


def _groupnorm(module: Any) -> Layer:
    return norm.GroupNorm(module.num_groups, module.eps, module.affine)


def _instancenorm(module: Any) -> Layer:
    if module.track_running_stats:
        raise NoLayer("running statistics")
    return norm.InstanceNorm(module.eps, module.affine)


def _flatten(module: Any) -> Layer:
    if (module.start_dim, module.end_dim) == (2, -1):
        return sequence.Tokens()
    if (module.start_dim, module.end_dim) != (1, -1):
        raise NoLayer(f"from axis {module.start_dim} to {module.end_dim}")
    return dense.Flatten()


def _unflatten(module: Any) -> Layer:
    if module.dim != 2:
        raise NoLayer(f"of axis {module.dim}")
    return sequence.Untokens(extent_of(module.unflattened_size))


def need_channels(dim: int | None, rank: int) -> None:
    """Refuse a softmax of values with `rank` axes that is not over the channels. Raises NoLayer.

    None is the batch where three axes are, which torch has as two and a sample of old.
    """
    if (rank == 2) if dim is None else (dim % (rank + 1) != 1):
        raise NoLayer(f"over axis {dim}")


def _upsample(module: Any) -> Layer:
    return interpolated(module.size, module.scale_factor, module.mode, module.align_corners)


def interpolated(size: Any, scale: Any, mode: str, corners: bool | None) -> Layer:
    """The layer of an interpolation. Raises NoLayer."""
    modes = {"nearest": "nearest", "linear": "bilinear", "bilinear": "bilinear", "trilinear": "bilinear"}
    if mode not in modes or corners:
        raise NoLayer(f"mode={mode}, align_corners={corners}")
    if scale is None:
        return shape.Resize(extent(size), mode=modes[mode])
    scales = scale if isinstance(scale, (tuple, list)) else (scale,)
    if any(s != int(s) for s in scales):
        raise NoLayer(f"scale_factor={scale}")
    return shape.Upsample(extent([int(s) for s in scales]), mode=modes[mode])


def _dropout(rate: float) -> Layer:
    return dense.Dropout(rounded(rate)) if rate else dense.Identity()


def padded(sizes: list[int], mode: str, value: float) -> Layer:
    """The layer of a padding by torch's list: before and after, the last axis first. Raises NoLayer."""
    if min(sizes) < 0:
        raise NoLayer(f"that crops by {sizes}")
    pairs = list(zip(sizes[::2], sizes[1::2], strict=True))
    uneven = any(before != after for before, after in pairs)
    amount = tuple(reversed(pairs)) if uneven else extent([before for before, _ in reversed(pairs)])
    return shape.Pad(amount, mode=mode, value=value)


def drop_rate(module: nn.Module) -> float | None:
    """The rate of a module that drops whole samples in training, and in inference does nothing.

    torch has none: libraries write their own, all as that of timm, and tracing inference would not see them.
    """
    if type(module).__name__ != "DropPath" or any(True for _ in module.parameters()):
        return None
    rates = [getattr(module, name, None) for name in ("rate", "drop_prob", "p")]
    return next((float(rate) for rate in rates if isinstance(rate, (int, float))), None)


def _power(exponent: Any) -> Layer:
    if exponent != 2:
        raise NoLayer(f"of {exponent}")
    return act.Square()


PADS = (nn.ConstantPad1d, nn.ConstantPad2d, nn.ConstantPad3d)
"""Those that pad with zeros are of them."""
MODULES: Mapping[type, Callable[[Any], Layer]] = {
    nn.Conv1d: _conv,
    nn.Conv2d: _conv,
    nn.Conv3d: _conv,
    nn.ConvTranspose1d: _transposed,
    nn.ConvTranspose2d: _transposed,
    nn.ConvTranspose3d: _transposed,
    nn.Linear: lambda m: dense.Linear(m.out_features, m.bias is not None),
    nn.BatchNorm1d: _batchnorm,
    nn.BatchNorm2d: _batchnorm,
    nn.BatchNorm3d: _batchnorm,
    nn.GroupNorm: _groupnorm,
    nn.InstanceNorm1d: _instancenorm,
    nn.InstanceNorm2d: _instancenorm,
    nn.InstanceNorm3d: _instancenorm,
    nn.LocalResponseNorm: lambda m: norm.LocalResponseNorm(m.size, m.alpha, m.beta, m.k),
    nn.MaxPool1d: _pool(pool.MaxPool),
    nn.MaxPool2d: _pool(pool.MaxPool),
    nn.MaxPool3d: _pool(pool.MaxPool),
    nn.AvgPool1d: _pool(pool.AvgPool),
    nn.AvgPool2d: _pool(pool.AvgPool),
    nn.AvgPool3d: _pool(pool.AvgPool),
    nn.AdaptiveAvgPool1d: _adaptive(pool.GlobalAvgPool, pool.AdaptiveAvgPool),
    nn.AdaptiveAvgPool2d: _adaptive(pool.GlobalAvgPool, pool.AdaptiveAvgPool),
    nn.AdaptiveAvgPool3d: _adaptive(pool.GlobalAvgPool, pool.AdaptiveAvgPool),
    nn.AdaptiveMaxPool1d: _adaptive(pool.GlobalMaxPool, pool.AdaptiveMaxPool),
    nn.AdaptiveMaxPool2d: _adaptive(pool.GlobalMaxPool, pool.AdaptiveMaxPool),
    nn.AdaptiveMaxPool3d: _adaptive(pool.GlobalMaxPool, pool.AdaptiveMaxPool),
    nn.ReLU: lambda m: act.ReLU(),
    nn.ReLU6: lambda m: act.ReLU6(),
    nn.LeakyReLU: lambda m: act.LeakyReLU(m.negative_slope),
    nn.PReLU: lambda m: act.PReLU(shared=m.num_parameters == 1),
    nn.ELU: lambda m: act.ELU(m.alpha),
    nn.SELU: lambda m: act.SELU(),
    nn.GELU: lambda m: act.GELU(m.approximate),
    nn.SiLU: lambda m: act.SiLU(),
    nn.Mish: lambda m: act.Mish(),
    nn.Hardswish: lambda m: act.HardSwish(),
    nn.Hardsigmoid: lambda m: act.HardSigmoid(),
    nn.Softplus: lambda m: act.Softplus(m.beta, m.threshold),
    nn.Sigmoid: lambda m: act.Sigmoid(),
    nn.Tanh: lambda m: act.Tanh(),
    nn.Softmax: lambda m: act.Softmax(),
    nn.Softmax2d: lambda m: act.Softmax(),
    nn.LogSoftmax: lambda m: act.LogSoftmax(),
    nn.Flatten: _flatten,
    nn.Unflatten: _unflatten,
    nn.Dropout: lambda m: _dropout(m.p),
    nn.Dropout2d: lambda m: _dropout(m.p),
    nn.Identity: lambda m: dense.Identity(),
    nn.PixelShuffle: lambda m: shape.PixelShuffle(m.upscale_factor),
    nn.PixelUnshuffle: lambda m: shape.PixelUnshuffle(m.downscale_factor),
    nn.ChannelShuffle: lambda m: shape.ChannelShuffle(m.groups),
    nn.Upsample: _upsample,
    nn.UpsamplingNearest2d: _upsample,
}
"""What each module is, by its class."""

ACTIVATIONS: Mapping[str, Callable[..., Layer]] = {
    "relu": lambda inplace=False: act.ReLU(),
    "relu6": lambda inplace=False: act.ReLU6(),
    "leaky_relu": lambda negative_slope=0.01, inplace=False: act.LeakyReLU(negative_slope),
    "elu": lambda alpha=1.0, inplace=False: act.ELU(alpha),
    "selu": lambda inplace=False: act.SELU(),
    "gelu": lambda approximate="none": act.GELU(approximate),
    "silu": lambda inplace=False: act.SiLU(),
    "mish": lambda inplace=False: act.Mish(),
    "hardswish": lambda inplace=False: act.HardSwish(),
    "hardsigmoid": lambda inplace=False: act.HardSigmoid(),
    "softplus": lambda beta=1.0, threshold=20.0: act.Softplus(beta, threshold),
    "square": lambda: act.Square(),
    "pow": _power,
    "sigmoid": lambda: act.Sigmoid(),
    "tanh": lambda: act.Tanh(),
    "dropout": lambda p=0.5, training=False, inplace=False: _dropout(p),
    "dropout2d": lambda p=0.5, training=False, inplace=False: _dropout(p),
    "stochastic_depth": lambda p, mode="row", training=False: dense.DropPath(p),
    "drop_path": lambda p=0.0, training=False, scale_by_keep=True: dense.DropPath(p),
    "pixel_shuffle": lambda upscale_factor: shape.PixelShuffle(upscale_factor),
    "pixel_unshuffle": lambda downscale_factor: shape.PixelUnshuffle(downscale_factor),
    "channel_shuffle": lambda groups: shape.ChannelShuffle(groups),
    "local_response_norm": lambda size, alpha=1e-4, beta=0.75, k=1.0: norm.LocalResponseNorm(
        size, alpha, beta, k
    ),
}
"""What each function of one value is, by its name; its arguments are those of torch after the value."""
