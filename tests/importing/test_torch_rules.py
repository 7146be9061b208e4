"""Each module and function of torch alone: the line that it becomes, and the same outputs on numpy.

The tables say what one writes in torch, the shape of `x` where it is not 6x9x8, and what comes of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import cnnspec
from cnnspec.importing.traced import ImportRefused

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

MODULES = """
nn.Conv1d(6, 4, 3) on 6x9 => conv(4, 3, pad=0)
nn.Conv2d(6, 4, (3, 5), stride=2, padding=(1, 2), bias=False) => conv(4, 3x5, 2, bias=false)
nn.Conv2d(6, 4, 3, padding="same") => conv(4, 3, pad=same)
nn.Conv2d(6, 4, 3, padding="valid") => conv(4, 3, pad=valid)
nn.Conv2d(6, 4, 3, padding=1, padding_mode="reflect") => conv(4, 3, pad_mode=reflect)
nn.Conv2d(6, 12, 3, padding=1, groups=6) => dwconv(3, multiplier=2)
nn.Conv3d(6, 4, 3, dilation=2, groups=2) on 6x5x6x7 => conv(4, 3, pad=0, dilation=2, groups=2)
nn.ConvTranspose1d(6, 4, 3) on 6x9 => tconv(4, 3)
nn.ConvTranspose2d(6, 4, 3, stride=2, padding=1, output_padding=1) => tconv(4, 3, 2, pad=1, output_pad=1)
nn.ConvTranspose3d(6, 4, 2, stride=2) on 6x5x6x7 => tconv(4, 2, 2)
nn.Linear(6, 3) on 6 => linear(3)
nn.Linear(6, 3, bias=False) on 6 => linear(3, bias=false)
nn.BatchNorm1d(6) on 6 => batchnorm
nn.BatchNorm1d(6) on 6x9 => batchnorm
nn.BatchNorm2d(6, eps=0.001, momentum=None, affine=False) => batchnorm(eps=0.001, affine=false)
nn.BatchNorm3d(6) on 6x5x6x7 => batchnorm
nn.GroupNorm(3, 6) => groupnorm(3)
nn.InstanceNorm1d(6) on 6x9 => instancenorm
nn.InstanceNorm2d(6, affine=True) => instancenorm(affine=true)
nn.InstanceNorm3d(6) on 6x5x6x7 => instancenorm
nn.LayerNorm((6, 9, 8)) => layernorm
nn.LayerNorm(6) on 6 => layernorm
nn.LocalResponseNorm(5) => lrn
nn.MaxPool1d(2) on 6x9 => maxpool(2)
nn.MaxPool2d(3, stride=2, padding=1, ceil_mode=True) => maxpool(3, 2, pad=1, ceil=true)
nn.MaxPool2d(2, stride=1, dilation=2) => maxpool(2, 1, dilation=2)
nn.MaxPool3d(2) on 6x5x6x7 => maxpool(2)
nn.AvgPool1d(2) on 6x9 => avgpool(2)
nn.AvgPool2d(3, padding=1, count_include_pad=False) => avgpool(3, pad=1, count_pad=false)
nn.AvgPool3d(2) on 6x5x6x7 => avgpool(2)
nn.AdaptiveAvgPool1d(1) on 6x9 => gap
nn.AdaptiveAvgPool2d(1) => gap
nn.AdaptiveAvgPool2d((3, 4)) => adaptive_avgpool(3x4)
nn.AdaptiveAvgPool3d(2) on 6x5x6x7 => adaptive_avgpool(2)
nn.AdaptiveMaxPool1d(3) on 6x9 => adaptive_maxpool(3)
nn.AdaptiveMaxPool2d(1) => gmp
nn.AdaptiveMaxPool3d(2) on 6x5x6x7 => adaptive_maxpool(2)
nn.ReLU() => relu
nn.ReLU6() => relu6
nn.LeakyReLU(0.2) => leaky_relu(slope=0.2)
nn.PReLU() => prelu(shared=true)
nn.PReLU(6) => prelu
nn.ELU() => elu
nn.SELU() => selu
nn.GELU() => gelu
nn.GELU("tanh") => gelu(approximate=tanh)
nn.SiLU() => silu
nn.Mish() => mish
nn.Hardswish() => hardswish
nn.Hardsigmoid() => hardsigmoid
nn.Softplus() => softplus
nn.Sigmoid() => sigmoid
nn.Tanh() => tanh
nn.Softmax(1) => softmax
nn.Softmax(-1) on 6 => softmax
nn.Softmax2d() => softmax
nn.LogSoftmax(1) => log_softmax
nn.Flatten() => flatten
nn.Flatten(2) => tokens
nn.Unflatten(2, (2, 3)) on 4x6 => untokens(2x3)
nn.Dropout(0.2) => dropout(rate=0.2)
nn.Dropout2d(0.2) => dropout(rate=0.2)
nn.PixelShuffle(2) on 8x4x3 => pixel_shuffle(2)
nn.PixelUnshuffle(3) on 6x9x9 => pixel_unshuffle(3)
nn.ChannelShuffle(3) => channel_shuffle(3)
nn.Upsample(scale_factor=2) => upsample(2)
nn.Upsample(scale_factor=2.0, mode="linear") on 6x9 => upsample(2, mode=bilinear)
nn.Upsample(size=(5, 4), mode="bilinear") => resize(5x4, mode=bilinear)
nn.Upsample(scale_factor=2, mode="trilinear") on 6x5x6x7 => upsample(2, mode=bilinear)
nn.UpsamplingNearest2d(scale_factor=2) => upsample(2)
nn.ZeroPad2d(2) => pad(2)
nn.ZeroPad2d((0, 1, 2, 1)) => pad([[2, 1], [0, 1]])
nn.ConstantPad2d((1, 1, 2, 2), 0.5) => pad(2x1, value=0.5)
nn.Sequential(nn.Dropout(0.0), nn.Identity(), nn.ReLU()) => relu
nn.ConvTranspose2d(6, 4, 3, output_padding=0, padding_mode="zeros") => tconv(4, 3)
nn.Sequential(Shifted(1)) => affine(shared=true)
nn.Sequential(Shifted(6, 1, 1)) => affine
"""

FUNCTIONS = """
x + x => residual { | identity | identity }
x * torch.sigmoid(x) => mul { | identity | sigmoid }
x - x.relu() => sub { | identity | relu }
x / (x.sigmoid()) => div { | identity | sigmoid }
torch.maximum(x, x.tanh()) => maximum { | identity | tanh }
x * 0.5 + 0 => scale(by=0.5)
torch.cat([x, F.relu(x)], 1) => concat { | identity | relu }
torch.cat([x], 1).relu() => relu
torch.concat(tensors=(x, x.relu()), dim=-3) => concat { | identity | relu }
torch.flatten(x, 1) => flatten
x.flatten(1).view(2, 6, 9, 8) => flatten reshape(6x9x8)
x.reshape(2, 6, -1) => tokens
x[:, None, :, None] on 9 => reshape(1x9x1)
x.unsqueeze(1) on 6x9 => reshape(1x6x9)
x.unsqueeze(-1) on 6x9 => reshape(6x9x1)
x.squeeze(-1) on 6x9x1 => tokens
torch.squeeze(F.adaptive_avg_pool2d(x, 1)) => gap -> flatten
x.permute(0, 2, 1, 3) => permute(1x0x2)
x.transpose(2, 3) => permute(0x2x1)
torch.matmul(x, x.sigmoid()) on 6x9x9 => matmul { | identity | sigmoid }
x.bmm(x.tanh()) on 9x9 => matmul { | identity | tanh }
x.mean(1, keepdim=True) => reduce(mean, channels)
x.amax(1, True) => reduce(max, channels)
x.amax((1, 2, 3), keepdim=True) => reduce(max, all)
x.reshape(2, 432) => flatten
x.view(2, 3, 2, 9, 8).transpose(dim0=1, dim1=2).contiguous().view(2, 6, 9, 8) => channel_shuffle(3)
first(last(x).mul(2.0)) => scale(by=2.0)
x.permute(dims=(0, 2, 3, 1)).mean((1, 2), keepdim=True).permute(0, -1, 1, 2) => gap
F.gelu(last(x)).mean((1, 2)) => gelu gap -> flatten
first(torch.cat(last(x).chunk(2, -1), -1)) => concat { | slice(0, 3) | slice(3, 6) }
x.mean((2, 3)) => gap -> flatten
x.mean([-2, -1], keepdim=True) => gap
x.mean(2) on 6x9 => gap -> flatten
F.adaptive_avg_pool2d(x, (None, 4)) => adaptive_avgpool(9x4)
F.adaptive_avg_pool1d(x, 1) on 6x9 => gap
F.adaptive_max_pool2d(x, 2) => adaptive_maxpool(2)
F.adaptive_max_pool3d(x, 1) on 6x5x6x7 => gmp
F.avg_pool2d(x, 3, 2, 1, True) => avgpool(3, 2, pad=1, ceil=true)
F.avg_pool2d(x, 3, 1, 1, False, False) => avgpool(3, 1, pad=1, count_pad=false)
F.avg_pool1d(x, 3, padding=1) on 6x9 => avgpool(3, pad=1)
F.avg_pool3d(x, (1, 2, 3)) on 6x5x6x7 => avgpool(1x2x3)
F.max_pool2d(x, 2, 1, 0, 2) => maxpool(2, 1, dilation=2)
F.max_pool2d(input=x, kernel_size=3, stride=2, padding=1, ceil_mode=True) => maxpool(3, 2, pad=1, ceil=true)
torch.max_pool1d(x, 2) on 6x9 => maxpool(2)
F.max_pool3d(x, 2) on 6x5x6x7 => maxpool(2)
F.interpolate(input=x, scale_factor=2) => upsample(2)
F.interpolate(x, size=(5, 5), mode="bilinear", align_corners=False) => resize(5, mode=bilinear)
x[:, 1:4] => slice(1, 4)
x[:, -2:, :, :] => slice(4, 6)
x[:, :2, ...] => slice(0, 2)
x.chunk(3, 1)[1] => slice(2, 4)
x.split([2, 4], dim=1)[1] => slice(2, 6)
torch.split(x, 4, 1)[1] => slice(4, 6)
F.softmax(x, dim=1) => softmax
x.softmax(-1) on 6 => softmax
F.log_softmax(x, 1) => log_softmax
F.layer_norm(x, (6, 9, 8)) => layernorm(affine=false)
F.layer_norm(x, normalized_shape=[6], eps=0.001) on 6 => layernorm(eps=0.001, affine=false)
F.group_norm(x, 2) => groupnorm(2, affine=false)
F.batch_norm(x, torch.zeros(6), torch.ones(6)) => batchnorm(affine=false)
F.pad(x, (1, 1)) => pad(0x1)
F.pad(x, (0, 1, 0, 1)) => pad([[0, 1], [0, 1]])
F.avg_pool2d(F.pad(x, (0, 1, 0, 1)), 2) => avgpool(2, pad=[[0, 1], [0, 1]])
c(F.pad(x, (2, 0, 2, 0))) where c = nn.Conv2d(6, 4, 3) => conv(4, 3, pad=[[2, 0], [2, 0]])
F.pad(x, (-1, -1, -2, 0)) => crop(7x6, at=2x1)
nn.ZeroPad2d((-1, 1, -1, 1)) => crop(8x7, at=1) pad([[0, 1], [0, 1]])
F.layer_norm(x, (6,), c) where c = weight(6) on 6 => layernorm(affine=false) -> affine(bias=false)
F.group_norm(x, 2, c) where c = weight(6) => groupnorm(2, affine=false) -> affine(bias=false)
F.pad(x, (2, 2, 1, 1), mode="reflect") => pad(1x2, mode=reflect)
F.pad(x, (1, 1, 1, 1), value=0.5) => pad(1, value=0.5)
F.pad(x, (0, 0, 0, 0, 2, 3)) => zero_channels(11)
F.max_pool2d(F.pad(x, (1, 1, 1, 1), value=-float("inf")), 3, 2) => maxpool(3, 2, pad=half)
F.max_pool2d(margin(x), 3, 2) => pad(1) maxpool(3, 2)
F.avg_pool2d(margin(x), 3, 2) => avgpool(3, 2, pad=half)
F.avg_pool2d(margin(x), 3, 2, count_include_pad=False) => avgpool(3, 2, pad=half)
F.leaky_relu(x, 0.2) => leaky_relu(slope=0.2)
F.hardsigmoid(x) => hardsigmoid
F.hardswish(x) => hardswish
F.mish(x) => mish
F.silu(x, inplace=False) => silu
F.selu(x) => selu
F.relu6(x) => relu6
x.sigmoid_() => sigmoid
F.gelu(x, approximate="tanh") => gelu(approximate=tanh)
F.elu_(x.clone(), 0.5) => elu(alpha=0.5)
x.relu_() => relu
F.dropout(x, 0.3, training=False) => dropout(rate=0.3)
F.pixel_shuffle(x, upscale_factor=2) on 8x4x3 => pixel_shuffle(2)
F.pixel_unshuffle(x, 3) on 6x9x9 => pixel_unshuffle(3)
F.channel_shuffle(x, 3) => channel_shuffle(3)
F.local_response_norm(x, 5, k=2.0) => lrn(k=2.0)
F.softplus(x, beta=2.0) => softplus(beta=2.0)
x.mean((2, 3), keepdim=True).expand_as(x) * x => mul { | gap | identity }
x.mean((2, 3), keepdim=True).expand(-1, -1, 9, 8) * x => mul { | gap | identity }
c(margin(x)) where c = nn.Conv2d(6, 4, 3, stride=4) => conv(4, 3, 4)
c(F.pad(x, (0, 1, 0, 1))) where c = nn.Conv2d(6, 4, 3, 2) on 6x8x8 => conv(4, 3, 2, pad=same)
c(margin(x)) where c = nn.Conv2d(6, 6, 3, padding=1, groups=6) => dwconv(3, pad=2)
c(margin(x)) where c = nn.Conv2d(6, 4, 3, 1, 1, padding_mode="reflect") => pad(1) conv(4, 3, pad_mode=reflect)
c(margin(x)) where c = nn.ConvTranspose2d(6, 4, 3) => pad(1) tconv(4, 3)
c(input=x) where c = nn.Conv2d(6, 4, 3) => conv(4, 3, pad=0)
F.linear(x, c.weight, c.bias) where c = nn.Linear(6, 4) on 6 => linear(4)
F.conv2d(x, c.weight, None, 2) where c = nn.Conv2d(6, 4, 3) => conv(4, 3, 2, pad=0, bias=false)
F.batch_norm(x, c.running_mean, c.running_var, c.weight, c.bias) where c = nn.BatchNorm2d(6) => batchnorm
F.group_norm(x, 2, c.weight, c.bias) where c = nn.GroupNorm(2, 6) => groupnorm(2)
F.layer_norm(x, (6, 9, 8), weight=c.weight, bias=c.bias) where c = nn.LayerNorm((6, 9, 8)) => layernorm
x * c where c = weight(6, 1, 1) => layerscale
c * x where c = weight(1, 6, 1, 1) => layerscale
x * c where c = weight(1) => scale(learnable=true)
x + c where c = weight(1) => affine(weight=false, shared=true)
first(last(x) + c) where c = weight(1) => affine(weight=false, shared=true)
x.relu() ** 2 => relu -> square
first(last(x).pow(2)) => square
torch.square(x) => square
x + c where c = weight(6, 1, 1) => affine(weight=false)
x + c where c = weight(1, 6, 9, 8) => add { | identity | parameter(6x9x8) }
c.expand(2, 6, 9) + x where c = weight(1, 6, 9) on 6x9 => add { | identity | parameter(6x9) }
torch.cat([x, x.relu()], 2) on 6x9 => concat(over=positions) { | identity | relu }
x.view(2, 3, 2, 9, 8).softmax(1).view(2, 6, 9, 8) => softmax(over=groups, groups=3)
x.view(2, 3, 2, 9, 8).softmax(2).flatten(1, 2) => softmax(groups=3)
x.view(2, 2, 3, 9, 8).sum(1) => add { | slice(0, 3) | slice(3, 6) }
x.view(2, 1, 3, 2).transpose(1, 2).softmax(1).reshape(2, -1) on 6 => softmax(over=groups, groups=3)
x.view(2, 2, 3, 9, 8).unbind(1)[1] => slice(3, 6)
torch.stack([x, x.relu()], 1).sum(1) => concat { | identity | relu } add { | slice(0, 6) | slice(6, 12) }
F.conv2d(F.pad(x, (1, 1, 1, 1), "reflect"), blur(6), stride=2, groups=6) => blurpool
F.conv2d(F.pad(x, (1, 1, 1, 1)), blur(6), stride=2, groups=6) => blurpool(pad_mode=zeros)
c(x) where c = ResponseNorm(6) => grn
first(c(last(x))) where c = ResponseNorm(6, eps=0.001, last=True) => grn(eps=0.001)
first(last(x) * c) where c = weight(6) => layerscale
first(c(last(x))) where c = nn.Linear(6, 4) => conv(4, 1)
first(c(last(x))) where c = nn.Linear(6, 4, bias=False) => conv(4, 1, bias=false)
first(c(last(x))) where c = nn.LayerNorm(6) => layernorm(over=channels)
first(c(last(x))) where c = nn.Sequential(nn.Linear(6, 6), nn.Dropout(0.1)) => conv(6, 1) -> dropout(rate=0.1)
first(c(last(x))) where c = nn.Sequential(nn.Linear(6, 6), nn.Identity()) => conv(6, 1)
first(c(last(x))) where c = nn.Sequential(nn.Linear(6, 6), nn.GELU()) => conv(6, 1) -> gelu
"""

REFUSED = """
1 * x => Calls has no layer
F.pad(x, (0, 0)) => Calls has no layer
F.dropout2d(x, 0.0) => Calls has no layer
x.to(torch.float32).type_as(x) => Calls has no layer
x.mean() => mean (over all axes): forward
x + 1 => add (with a constant): forward
2 - x => sub (with a constant): forward
torch.add(x, x.relu(), alpha=2) => add: forward
x * torch.ones(6, 1, 1) => mul (with a constant): forward
torch.cat([x, torch.ones(2, 6, 9, 8)], 1) => cat (with a constant): forward
torch.cat([x, x], 2) => cat (over axis 2): forward
last(x) => Calls gives what is no value of a layer with its channels first
x + x.mean(3, keepdim=True) => mean (over axes 3): forward
last(x) + x on 5x5x5 => add (of two layouts): forward
x.permute(1, 0, 2, 3) => permute (to (1, 0, 2, 3)): forward
x.transpose(0, 1) => transpose (to (1, 0, 2, 3)): forward
x.amax(1) => amax (over axes 1): forward
last(x).flatten(1) => flatten (with channels last): forward
x.view(6, 2, 9, 8) => view ((2, 6, 9, 8) -> (6, 2, 9, 8)): forward
F.avg_pool2d(x, 2, divisor_override=3) => avg_pool2d (divisor_override): forward
F.max_pool2d(x, 2, return_indices=True)[1] => gives what is no value of a layer
F.interpolate(x, size=(5, 5), mode="bilinear", antialias=True) => interpolate (antialias): forward
F.interpolate(x, scale_factor=1.5) => interpolate (scale_factor=1.5): forward
F.interpolate(x, scale_factor=2, mode="bicubic") => interpolate (mode=bicubic, align_corners=None): forward
F.interpolate(x, None, 2, "bilinear", True) => interpolate (mode=bilinear, align_corners=True): forward
x[:, 1] => getitem ([(slice(None, None, None), 1)]): forward
x[0:1] => getitem ([slice(0, 1, None)]): forward
x.chunk(2, 2)[0] => chunk (over axis 2): forward
x.softmax(-1) => softmax (over axis -1): forward
F.softmax(x, dim=2) on 6x9 => softmax (over axis 2): forward
x.max(1)[0] => max: forward
F.layer_norm(x, (8,)) => layer_norm (over (8,) of (6, 9, 8)): forward
F.layer_norm(x, (6, 9, 8), torch.ones(6, 9, 8)) => layer_norm (without a bias): forward
F.batch_norm(x, None, None, training=True) => batch_norm (without running statistics): forward
F.linear(x, torch.ones(3, 6)) on 6 => linear (of weights that are not learned): forward
F.pad(x, (0, 0, 0, 0, 0, 3)) => pad ([0, 0, 0, 0, 0, 3]): forward
F.avg_pool2d(margin(x), 3, 2, 1, count_include_pad=False) => avg_pool2d (that counts a part of its margin)
F.conv2d(torch.ones(2, 3, 5, 5), x) => torch.fx cannot trace Calls: Invalid channel dimensions
torch.ones(2, 6, 9, 8).expand_as(x) * x => expand_as: forward
F.conv2d(x, blur(6), stride=2, groups=6) => conv2d (of weights that are not learned): forward
F.conv2d(F.pad(x, (1, 1, 1, 1), "reflect"), 2 * blur(6), stride=2, groups=6) => conv2d (of weights
c(x) where c = ResponseNorm(6, last=True) on 6x6x6 => ResponseNorm (with its channels elsewhere): c
torch.cat([c, x], 2) where c = weight(2, 6, 1) on 6x9 => cat (with a constant): forward
x.view(2, 2, 3, 9, 8).sum(2) => sum (over axes 2): forward
first(last(x).softmax(-1)) => softmax (with channels last): forward
F.max_pool2d(last(x), 2) => max_pool2d (with channels last): forward
nn.Upsample(None, 2, "bilinear", True) => Upsample (mode=bilinear, align_corners=True)
nn.Upsample(scale_factor=1.5) => Upsample (scale_factor=1.5): 0
nn.MaxPool2d(2, return_indices=True) => gives what is no value of a layer
nn.AvgPool2d(2, divisor_override=3) => AvgPool2d (divisor_override): 0
nn.AdaptiveAvgPool2d((None, 4)) => AdaptiveAvgPool2d (a size of (None, 4)): 0
nn.BatchNorm2d(6, track_running_stats=False) => BatchNorm2d (no running statistics): 0
nn.InstanceNorm2d(6, track_running_stats=True) => InstanceNorm2d (running statistics): 0
nn.Flatten(3) => Flatten (from axis 3 to -1): 0
nn.Unflatten(1, (2, 3)) => Unflatten (of axis 1): 0
nn.Softmax(2) => Softmax (over axis 2): 0
nn.Softmax(0) => Softmax (over axis 0): 0
nn.LayerNorm(8) => LayerNorm (over (8,) of (6, 9, 8)): 0
nn.Linear(8, 3) => Linear (`linear` needs a vector, here it gets the map 6x9x8): 0
nn.Hardtanh() => Hardtanh: 0
nn.Upsample(size=4, mode="bicubic") => Upsample (mode=bicubic, align_corners=None): 0
c(margin(x)) where c = nn.Conv2d(6, 4, 3, padding="same") => Conv2d (padding=same after a margin): c
c(x, x) where c = nn.Bilinear(6, 6, 4) on 6 => Bilinear (of several values): c
F.linear(c(x), c(x)) where c = nn.Linear(6, 4) on 6 => linear (of weights that flow): forward
x * c where c = weight(6) on 6x6x6 => mul (with a constant): forward
x + c where c = weight(2, 6, 1, 1) on 6x6x6 => add (with a constant): forward
x.pow(3) => pow (of 3): forward
c(last(x)) where c = nn.BatchNorm2d(9) => BatchNorm2d (with channels last): c
first(c(last(x))) where c = nn.PReLU(6) on 6x6x6 => PReLU (with channels last): c
torch.tanh(x, out=None) => tanh (got an unexpected keyword argument 'out'): forward
x.shape[1] => gives what is no value of a layer with its channels first
"""


class Calls(nn.Module):
    """A module whose forward is a function of its input and of `c`, its only part."""

    def __init__(self, function: Callable[..., Any], c: Any) -> None:
        super().__init__()
        self.function, self.c = function, c

    def forward(self, x: Any) -> Any:
        return self.function(x, self.c)


class ResponseNorm(nn.Module):
    """The global response norm of ConvNeXt V2, as libraries write it."""

    def __init__(self, channels: int, eps: float = 1e-6, last: bool = False) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.eps, self.last = eps, last

    def forward(self, x: Any) -> Any:
        places, channels = ((1, 2), -1) if self.last else ((2, 3), 1)
        shape = [1, 1, 1, -1] if self.last else [1, -1, 1, 1]
        sizes = x.norm(p=2, dim=places, keepdim=True)
        weighed = x * sizes / (sizes.mean(channels, keepdim=True) + self.eps)
        return x + self.weight.view(shape) * weighed + self.bias.view(shape)


class Shifted(nn.Module):
    """weight * x + bias, with weights of these sizes."""

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(shape)), nn.Parameter(torch.zeros(shape))

    def forward(self, x: Any) -> Any:
        return self.weight * x + self.bias


NAMES = {
    "Shifted": Shifted,
    "ResponseNorm": ResponseNorm,
    "torch": torch,
    "nn": nn,
    "F": nn.functional,
    "margin": lambda x: nn.functional.pad(x, (1, 1, 1, 1)),
    "last": lambda x: x.permute(0, 2, 3, 1),
    "first": lambda x: x.permute(0, 3, 1, 2),
    "blur": lambda channels: torch.tensor([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]]).expand(channels, 1, 3, 3) / 16,
    "weight": lambda *shape: nn.Parameter(torch.ones(shape)),
}


def module_of(written: str) -> nn.Module:
    """The module that is written, or one that does what is written with `x`, where `c` is a part of it."""
    if written.startswith("nn."):
        return eval(written, NAMES)
    expression, _, part = written.partition(" where c = ")
    return Calls(eval(f"lambda x, c: {expression}", NAMES), eval(part or "None", NAMES))


def rows(table: str) -> list[Any]:
    """The rows of a table as cases: what is written, the shape, and what comes of it."""
    found = [re.fullmatch(r"(.*?)(?: on ([0-9x]+))? => (.*)", row) for row in table.strip().splitlines()]
    cells = [row.groups() for row in found if row]
    assert len(cells) == len(found)
    return [
        pytest.param(written, tuple(map(int, (shape or "6x9x8").split("x"))), becomes, id=written)
        for written, shape, becomes in cells
    ]


@pytest.mark.parametrize("written, shape, line", [*rows(MODULES), *rows(FUNCTIONS)])
def test_each_becomes_a_line_that_computes_the_same(written, shape, line):
    module = module_of(written).eval()
    generator = torch.Generator().manual_seed(0)
    for tensor in module.state_dict().values():
        if tensor.is_floating_point():
            tensor.copy_(torch.rand(tensor.shape, generator=generator) + 0.1)
    found = cnnspec.from_torch(module, shape)
    calls = [part.strip() for part in found.text.splitlines()[2:-2]]
    assert " ".join(part for part in calls if part not in ("body {", "head {", "}")) == line
    x = torch.randn((2, *shape), generator=generator)
    with torch.no_grad():
        expected = module(x.clone()).numpy()
    given = found.net.to_numpy(weights=found.weights)(x.numpy())
    np.testing.assert_allclose(given, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("written, shape, said", rows(REFUSED))
def test_what_no_layer_does_is_refused_by_what_is_in_the_way(written, shape, said):
    with pytest.raises(ImportRefused) as refused:
        cnnspec.from_torch(module_of(written).eval(), shape)
    assert said in str(refused.value)


def test_factors_of_channels_that_are_all_as_they_start_say_where():
    module = module_of("x * c where c = weight(6, 1, 1)")
    assert "layerscale(init=1.0)" in cnnspec.from_torch(module, (6, 9, 8)).text
    with torch.no_grad():
        module.get_parameter("c").fill_(1e-6)
    assert "    layerscale\n" in cnnspec.from_torch(module, (6, 9, 8)).text


def test_a_softmax_without_an_axis_is_over_that_which_torch_takes():
    with pytest.warns(UserWarning, match="Implicit dimension"):
        assert "    softmax\n" in cnnspec.from_torch(nn.Softmax(), (6,)).text
    with (
        pytest.warns(UserWarning, match="Implicit dimension"),
        pytest.raises(ImportRefused, match="over axis None"),
    ):
        cnnspec.from_torch(nn.Softmax(), (6, 9))
