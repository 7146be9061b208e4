"""The rules of layers held against torch's own layers, on random arguments."""

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cnnspec.layers.base import LayerError, per_axis
from cnnspec.layers.conv import Conv, DepthwiseConv, TransposedConv
from cnnspec.layers.dense import LayerScale, Linear
from cnnspec.layers.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, LocalResponseNorm, RMSNorm
from cnnspec.layers.pool import AdaptiveAvgPool, AdaptiveMaxPool, AvgPool, LpPool, MaxPool
from cnnspec.layers.shape import ChannelShuffle, Pad, PixelShuffle, Resize, Upsample

torch = pytest.importorskip("torch")
nn, functional = torch.nn, torch.nn.functional

# torch's first calls are slow, so no example has a deadline.
unhurried = settings(deadline=None, max_examples=60)
ranks = st.integers(1, 3)


def axes(rank, low, high):
    return st.integers(low, high) | st.tuples(*[st.integers(low, high)] * rank)


def maps(rank, high=9):
    return st.tuples(st.sampled_from([1, 2, 4, 6]), *[st.integers(1, high)] * rank)


def of_rank(name, rank):
    return getattr(nn, f"{name}{rank}d")


def fits(kernel, shape):
    """Whether a kernel is at most the map: torch's average pools in three dimensions insist on it."""
    kernels = per_axis(kernel, len(shape) - 1, "kernel")
    return all(k <= h for k, h in zip(kernels, shape[1:], strict=True))


def output(module, shape):
    """The shape that torch gives, per sample; None where it refuses or nothing is left."""
    try:
        result = tuple(module(torch.ones(1, *shape)).shape[1:])
    except (RuntimeError, ValueError):
        return None
    return result if all(result) else None


def inferred(layer, shape):
    """The shape that the layer infers; None where it refuses."""
    try:
        return layer.infer(shape)
    except LayerError:
        return None


def state(layer, shape):
    return {w.name: w.shape for w in layer.params(shape)}


def torch_state(module):
    return {n: tuple(t.shape) for n, t in module.state_dict().items() if n != "num_batches_tracked"}


def flops(module, shape):
    """Twice the multiply-accumulates, as torch counts them."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(torch.ones(1, *shape))
    return counter.get_total_flops()


@st.composite
def convs(draw):
    rank = draw(ranks)
    shape = draw(maps(rank))
    groups = draw(st.sampled_from([g for g in (1, 2, 3) if shape[0] % g == 0]))
    layer = Conv(
        groups * draw(st.integers(1, 3)),
        draw(axes(rank, 1, 4)),
        draw(axes(rank, 1, 3)),
        draw(axes(rank, 0, 3) | st.sampled_from(["half", "valid"])),
        draw(axes(rank, 1, 3)),
        groups,
        draw(st.booleans()),
        draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"])),
    )
    return layer, shape


def torch_conv(layer, shape):
    pad = tuple(before for before, _ in layer.slide(shape).margins)
    return of_rank("Conv", len(shape) - 1)(
        shape[0],
        layer.out,
        layer.kernel,
        layer.stride,
        pad,
        layer.dilation,
        layer.groups,
        layer.bias,
        layer.pad_mode,
    )


@unhurried
@given(convs())
def test_conv(case):
    layer, shape = case
    module = torch_conv(layer, shape)
    assert inferred(layer, shape) == output(module, shape)
    assert state(layer, shape) == torch_state(module)
    if inferred(layer, shape):
        assert 2 * layer.macs(shape) == flops(module, shape)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@unhurried
@given(st.data(), ranks)
def test_conv_with_same_padding_keeps_the_size_over_the_stride(data, rank):
    shape, kernel = data.draw(maps(rank)), data.draw(axes(rank, 1, 5))
    stride, dilation = data.draw(axes(rank, 1, 4)), data.draw(axes(rank, 1, 3))
    layer = Conv(2, kernel, stride, "same", dilation)
    strides = per_axis(stride, rank, "stride")
    assert layer.infer(shape) == (2, *(math.ceil(h / s) for h, s in zip(shape[1:], strides, strict=True)))
    before_after = [margin for axis in reversed(layer.slide(shape).margins) for margin in axis]
    module = of_rank("Conv", rank)(shape[0], 2, kernel, stride, 0, dilation)
    assert layer.infer(shape) == output(lambda x: module(functional.pad(x, before_after)), shape)
    unit = Conv(2, kernel, 1, "same", dilation)
    module = of_rank("Conv", rank)(shape[0], 2, kernel, 1, "same", dilation)
    assert unit.infer(shape) == output(module, shape)


@unhurried
@given(st.data(), ranks)
def test_depthwise_conv(data, rank):
    shape, multiplier = data.draw(maps(rank)), data.draw(st.integers(1, 3))
    kernel, stride, dilation = (data.draw(axes(rank, 1, 3)) for _ in range(3))
    bias = data.draw(st.booleans())
    layer = DepthwiseConv(kernel, stride, 1, dilation, multiplier, bias)
    module = of_rank("Conv", rank)(
        shape[0], multiplier * shape[0], kernel, stride, 1, dilation, shape[0], bias
    )
    assert inferred(layer, shape) == output(module, shape)
    assert state(layer, shape) == torch_state(module)


@unhurried
@given(st.data(), ranks)
def test_transposed_conv(data, rank):
    shape, groups = data.draw(maps(rank, 4)), data.draw(st.sampled_from([1, 2]))
    assume(shape[0] % groups == 0)
    kernel, stride, dilation = (data.draw(axes(rank, 1, 3)) for _ in range(3))
    pad, extra = data.draw(axes(rank, 0, 2)), data.draw(axes(rank, 0, 2))
    bias = data.draw(st.booleans())
    layer = TransposedConv(2 * groups, kernel, stride, pad, dilation, groups, bias, extra)
    module = of_rank("ConvTranspose", rank)(
        shape[0], 2 * groups, kernel, stride, pad, extra, groups, bias, dilation
    )
    assert inferred(layer, shape) == output(module, shape)
    assert state(layer, shape) == torch_state(module)
    if inferred(layer, shape):
        assert 2 * layer.macs(shape) == flops(module, shape)


@settings(deadline=None, max_examples=200)
@given(st.data(), ranks)
def test_max_pool(data, rank):
    shape, kernel = data.draw(maps(rank)), data.draw(axes(rank, 1, 4))
    stride, pad = data.draw(st.none() | axes(rank, 1, 4)), data.draw(axes(rank, 0, 2))
    dilation, ceil = data.draw(axes(rank, 1, 3)), data.draw(st.booleans())
    module = of_rank("MaxPool", rank)(kernel, stride, pad, dilation, ceil_mode=ceil)
    result = module(torch.ones(1, *shape)) if output(module, shape) else None
    # torch gives minus infinity where a window holds no pixel; here that is a mistake.
    expected = tuple(result.shape[1:]) if result is not None and result.isfinite().all() else None
    layer = MaxPool(kernel, stride, pad, dilation, ceil)
    if inferred(layer, shape) is None and expected is not None:
        # Beyond torch's refusals: a margin on a map that is narrower than the distance of the taps.
        margins, gaps = per_axis(pad, rank, "pad"), per_axis(dilation, rank, "dilation")
        assert any(p and h < d for p, h, d in zip(margins, shape[1:], gaps, strict=True))
    else:
        assert inferred(layer, shape) == expected


@unhurried
@given(st.data(), ranks)
def test_average_pool(data, rank):
    shape, kernel = data.draw(maps(rank)), data.draw(axes(rank, 1, 4))
    stride, pad = data.draw(st.none() | axes(rank, 1, 4)), data.draw(axes(rank, 0, 2))
    ceil = data.draw(st.booleans())
    assume(rank < 3 or fits(kernel, shape))
    module = of_rank("AvgPool", rank)(kernel, stride, pad, ceil)
    assert inferred(AvgPool(kernel, stride, pad, ceil), shape) == output(module, shape)


@unhurried
@given(st.data(), ranks)
def test_lp_pool(data, rank):
    shape, kernel = data.draw(maps(rank)), data.draw(axes(rank, 1, 4))
    stride, ceil = data.draw(st.none() | axes(rank, 1, 4)), data.draw(st.booleans())
    assume(rank < 3 or fits(kernel, shape))
    if rank == 1 and isinstance(kernel, tuple):
        kernel, stride = kernel[0], stride[0] if isinstance(stride, tuple) else stride
    kernels = per_axis(kernel, rank, "kernel") if rank > 1 else kernel
    module = of_rank("LPPool", rank)(2.0, kernels, stride, ceil)
    assert inferred(LpPool(kernel, 2.0, stride, ceil), shape) == output(module, shape)


@unhurried
@given(st.data(), ranks)
def test_adaptive_pools(data, rank):
    shape, size = data.draw(maps(rank)), data.draw(axes(rank, 1, 9))
    assert AdaptiveAvgPool(size).infer(shape) == output(of_rank("AdaptiveAvgPool", rank)(size), shape)
    assert AdaptiveMaxPool(size).infer(shape) == output(of_rank("AdaptiveMaxPool", rank)(size), shape)


@unhurried
@given(st.data(), ranks)
def test_pad(data, rank):
    shape, amount = data.draw(maps(rank, 5)), data.draw(axes(rank, 0, 6))
    mode = data.draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"]))
    both = [a for a in reversed(per_axis(amount, rank, "amount")) for _ in range(2)]
    torch_mode = "constant" if mode == "zeros" else mode
    expected = output(lambda x: functional.pad(x, both, mode=torch_mode), shape)
    assert inferred(Pad(amount, mode), shape) == expected


@unhurried
@given(st.data(), ranks)
def test_interpolation(data, rank):
    shape = data.draw(maps(rank))
    scale, size = data.draw(axes(rank, 1, 3)), data.draw(axes(rank, 1, 9))
    mode = data.draw(st.sampled_from(["nearest", "bilinear"]))
    torch_mode = mode if mode == "nearest" else ["linear", "bilinear", "trilinear"][rank - 1]
    assert Upsample(scale, mode).infer(shape) == output(
        nn.Upsample(scale_factor=scale, mode=torch_mode), shape
    )
    assert Resize(size, mode).infer(shape) == output(nn.Upsample(size=size, mode=torch_mode), shape)


@unhurried
@given(st.integers(1, 40), st.integers(1, 3), maps(2))
def test_shuffles(channels, factor, shape):
    shape = (channels, *shape[1:])
    assert inferred(PixelShuffle(factor), shape) == output(nn.PixelShuffle(factor), shape)
    assert inferred(ChannelShuffle(factor), shape) == output(nn.ChannelShuffle(factor), shape)


@unhurried
@given(st.data(), ranks, st.booleans())
def test_norms(data, rank, affine):
    shape = data.draw(maps(rank))
    channels = shape[0]
    groups = data.draw(st.sampled_from([g for g in (1, 2, 3) if channels % g == 0]))
    norms = [
        (BatchNorm(affine=affine), of_rank("BatchNorm", rank)(channels, affine=affine).eval()),
        (InstanceNorm(affine=affine), of_rank("InstanceNorm", rank)(channels, affine=affine)),
        (GroupNorm(groups, affine=affine), nn.GroupNorm(groups, channels, affine=affine)),
        (LayerNorm(affine=affine), nn.LayerNorm(shape, elementwise_affine=affine)),
        (RMSNorm(affine=affine), nn.RMSNorm(shape, elementwise_affine=affine)),
        (LocalResponseNorm(), nn.LocalResponseNorm(5)),
    ]
    for layer, module in norms:
        assert inferred(layer, shape) == output(module, shape)
        assert state(layer, shape) == torch_state(module)


@unhurried
@given(st.integers(1, 50), st.integers(1, 50), st.booleans())
def test_linear(features, out, bias):
    layer, module = Linear(out, bias), nn.Linear(features, out, bias)
    assert layer.infer((features,)) == output(module, (features,))
    assert state(layer, (features,)) == torch_state(module)
    assert 2 * layer.macs((features,)) == flops(module, (features,))


def test_weights_of_conv_and_linear_start_within_torchs_bounds():
    for layer, module, shape in [
        (Conv(64, 3, groups=2), nn.Conv2d(32, 64, 3, groups=2), (32, 8, 8)),
        (TransposedConv(64, 3, groups=2), nn.ConvTranspose2d(32, 64, 3, groups=2), (32, 8, 8)),
        (Linear(64), nn.Linear(400, 64), (400,)),
    ]:
        for weight in layer.params(shape):
            values = module.state_dict()[weight.name].abs()
            assert weight.init.kind == "uniform"
            assert 0.9 * weight.init.value < values.max() <= weight.init.value * (1 + 1e-6)
    assert LayerScale(0.5).params((3,))[0].init == ("constant", 0.5)


def touched(module, size):
    """For each output of a 1-d layer, the inputs that it depends on."""
    x = torch.ones(1, 1, size, requires_grad=True)
    y = module(x)[0, 0]
    grads = (torch.autograd.grad(value, x, retain_graph=True)[0][0, 0] for value in y)
    return [grad.nonzero().flatten().tolist() for grad in grads]


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 4), st.integers(1, 3), st.integers(0, 2), st.integers(1, 3))
def test_windows_hold_what_outputs_depend_on_and_no_more(kernel, stride, pad, dilation):
    size = 24
    conv = nn.Conv1d(1, 1, kernel, stride, pad, dilation)
    tconv = nn.ConvTranspose1d(1, 1, kernel, stride, pad, dilation=dilation)
    pairs = [
        (Conv(1, kernel, stride, pad, dilation), conv),
        (TransposedConv(1, kernel, stride, pad, dilation), tconv),
    ]
    if pad <= kernel // 2:
        pairs.append((AvgPool(kernel, stride, pad), nn.AvgPool1d(kernel, stride, pad)))
    for layer, module in pairs:
        for weight in module.parameters():
            nn.init.ones_(weight)
        ((step, low, high),) = layer.sees((1, size))
        spans = [(i, taps[0], taps[-1]) for i, taps in enumerate(touched(module, size)) if taps]
        assert min(first - i * step for i, first, _ in spans if first > 0) == low
        assert max(last - i * step for i, _, last in spans if last < size - 1) == high
