"""Every layer of the numpy backend, forward and backward in float64: against torch and finite differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from cnnspec.backends import numpy as backend
from cnnspec.graph import Graph, build
from cnnspec.layers import REGISTRY
from cnnspec.layers.activation import (
    ELU,
    GELU,
    SELU,
    HardSigmoid,
    HardSwish,
    LeakyReLU,
    LogSoftmax,
    Mish,
    PReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from cnnspec.layers.base import Layer, Shape
from cnnspec.layers.conv import (
    Conv,
    DepthwiseConv,
    TransposedConv,
)
from cnnspec.layers.dense import (
    Dropout,
    DropPath,
    Flatten,
    Identity,
    LayerScale,
    Linear,
    Scale,
)
from cnnspec.layers.join import (
    Add,
    Concat,
    Maximum,
    Mul,
)
from cnnspec.layers.norm import (
    BatchNorm,
    GroupNorm,
    InstanceNorm,
    LayerNorm,
    LocalResponseNorm,
    RMSNorm,
)
from cnnspec.layers.pool import (
    AdaptiveAvgPool,
    AdaptiveMaxPool,
    AvgPool,
    GlobalAvgPool,
    GlobalMaxPool,
    LpPool,
    MaxPool,
)
from cnnspec.layers.shape import (
    ChannelShuffle,
    Crop,
    Pad,
    PixelShuffle,
    Reshape,
    Resize,
    Slice,
    Subsample,
    Upsample,
    ZeroChannels,
)

torch = pytest.importorskip("torch")
F = torch.nn.functional


class Case(NamedTuple):
    """A layer, the shapes it gets, and what it is in torch: a function of inputs and weights by name."""

    layer: Layer
    shapes: tuple[Shape, ...]
    reference: Callable[..., Any]

    @property
    def title(self) -> str:
        return f"{self.layer!r} on {self.shapes}"


def case(layer: Layer, *shapes: Shape) -> Callable[[Callable[..., Any]], Case]:
    return lambda reference: Case(layer, shapes, reference)


MAP, LINE, CUBE, VECTOR = (4, 7, 6), (4, 9), (4, 5, 4, 6), (6,)


def standardized(w: Any) -> Any:
    axes = tuple(range(1, w.ndim))
    return (w - w.mean(axes, keepdim=True)) / torch.sqrt(w.var(axes, unbiased=False, keepdim=True) + 1e-5)


def columns(x: Any) -> Any:
    """Channels last, so that a torch function over the last axis is one over channels."""
    return x.movedim(1, -1)


CONVS = [
    case(Conv(6, 3), MAP)(lambda x, weight, bias: F.conv2d(x, weight, bias, padding=1)),
    case(Conv(6, (3, 2), stride=(2, 1), pad=(1, 0), dilation=(1, 2), groups=2, bias=False), MAP)(
        lambda x, weight: F.conv2d(x, weight, None, (2, 1), (1, 0), (1, 2), 2)
    ),
    case(Conv(6, 4, stride=2, pad="same"), MAP)(
        lambda x, weight, bias: F.conv2d(F.pad(x, (1, 1, 1, 2)), weight, bias, 2)
    ),
    case(Conv(4, 3, pad="valid", groups=4), MAP)(lambda x, weight, bias: F.conv2d(x, weight, bias, groups=4)),
    case(Conv(4, 3, pad_mode="reflect"), MAP)(
        lambda x, weight, bias: F.conv2d(F.pad(x, (1, 1, 1, 1), "reflect"), weight, bias)
    ),
    case(Conv(4, 5, pad_mode="replicate"), MAP)(
        lambda x, weight, bias: F.conv2d(F.pad(x, (2, 2, 2, 2), "replicate"), weight, bias)
    ),
    case(Conv(4, 3, stride=2, pad_mode="circular"), MAP)(
        lambda x, weight, bias: F.conv2d(F.pad(x, (1, 1, 1, 1), "circular"), weight, bias, 2)
    ),
    case(Conv(6, 3, standardize=True), MAP)(
        lambda x, weight, bias: F.conv2d(x, standardized(weight), bias, padding=1)
    ),
    case(Conv(6, 3, stride=2), LINE)(lambda x, weight, bias: F.conv1d(x, weight, bias, 2, 1)),
    case(Conv(2, (1, 3, 2), pad=(0, 1, 1)), CUBE)(
        lambda x, weight, bias: F.conv3d(x, weight, bias, 1, (0, 1, 1))
    ),
    case(DepthwiseConv(3, multiplier=2), MAP)(lambda x, weight, bias: F.conv2d(x, weight, bias, 1, 1, 1, 4)),
    case(TransposedConv(6, 3, stride=2, pad=1, output_pad=1), MAP)(
        lambda x, weight, bias: F.conv_transpose2d(x, weight, bias, 2, 1, 1)
    ),
    case(TransposedConv(6, (3, 2), stride=(3, 2), dilation=2, groups=2, bias=False, output_pad=(2, 1)), MAP)(
        lambda x, weight: F.conv_transpose2d(x, weight, None, (3, 2), 0, (2, 1), 2, 2)
    ),
    case(TransposedConv(2, 4, stride=2, pad=1), LINE)(
        lambda x, weight, bias: F.conv_transpose1d(x, weight, bias, 2, 1)
    ),
    case(TransposedConv(2, 2, stride=2), CUBE)(
        lambda x, weight, bias: F.conv_transpose3d(x, weight, bias, 2)
    ),
]

POOLS = [
    case(MaxPool(2), MAP)(lambda x: F.max_pool2d(x, 2)),
    case(MaxPool(3, stride=2, pad=1), MAP)(lambda x: F.max_pool2d(x, 3, 2, 1)),
    case(MaxPool(3, stride=2, ceil=True), (4, 8, 6))(lambda x: F.max_pool2d(x, 3, 2, ceil_mode=True)),
    case(MaxPool((2, 3), stride=1, pad=1, dilation=2), MAP)(lambda x: F.max_pool2d(x, (2, 3), 1, 1, 2)),
    case(MaxPool(2), LINE)(lambda x: F.max_pool1d(x, 2)),
    case(MaxPool(2, stride=1), CUBE)(lambda x: F.max_pool3d(x, 2, 1)),
    case(AvgPool(2), MAP)(lambda x: F.avg_pool2d(x, 2)),
    case(AvgPool(3, stride=2, pad=1), MAP)(lambda x: F.avg_pool2d(x, 3, 2, 1)),
    case(AvgPool(3, stride=2, pad=1, count_pad=False), MAP)(
        lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False)
    ),
    case(AvgPool(3, stride=2, pad=1, ceil=True), (4, 8, 6))(lambda x: F.avg_pool2d(x, 3, 2, 1, True)),
    case(AvgPool(3, stride=2, pad=1, ceil=True, count_pad=False), (4, 8, 6))(
        lambda x: F.avg_pool2d(x, 3, 2, 1, True, False)
    ),
    case(AvgPool(3, pad=1), LINE)(lambda x: F.avg_pool1d(x, 3, 3, 1)),
    case(AvgPool(2), CUBE)(lambda x: F.avg_pool3d(x, 2)),
    case(LpPool(2), MAP)(lambda x: F.lp_pool2d(x, 2.0, 2)),
    case(LpPool(3, power=4.0, stride=2, ceil=True), (4, 8, 6))(lambda x: F.lp_pool2d(x, 4.0, 3, 2, True)),
    case(LpPool(2, power=1.0), MAP)(lambda x: F.lp_pool2d(x, 1.0, 2)),
    case(GlobalAvgPool(), MAP)(lambda x: F.adaptive_avg_pool2d(x, 1)),
    case(GlobalAvgPool(), CUBE)(lambda x: F.adaptive_avg_pool3d(x, 1)),
    case(GlobalMaxPool(), MAP)(lambda x: F.adaptive_max_pool2d(x, 1)),
    case(AdaptiveAvgPool((3, 4)), MAP)(lambda x: F.adaptive_avg_pool2d(x, (3, 4))),
    case(AdaptiveAvgPool(12), LINE)(lambda x: F.adaptive_avg_pool1d(x, 12)),
    case(AdaptiveMaxPool((3, 4)), MAP)(lambda x: F.adaptive_max_pool2d(x, (3, 4))),
    case(AdaptiveMaxPool(2), CUBE)(lambda x: F.adaptive_max_pool3d(x, 2)),
]

NORMS = [
    case(BatchNorm(), MAP)(
        lambda x, weight, bias, running_mean, running_var: F.batch_norm(
            x, running_mean, running_var, weight, bias
        )
    ),
    case(BatchNorm(eps=1e-3, affine=False), VECTOR)(
        lambda x, running_mean, running_var: F.batch_norm(x, running_mean, running_var, eps=1e-3)
    ),
    case(LayerNorm(), MAP)(lambda x, weight, bias: F.layer_norm(x, x.shape[1:], weight, bias)),
    case(LayerNorm(affine=False), VECTOR)(lambda x: F.layer_norm(x, x.shape[1:])),
    case(LayerNorm(over="channels", eps=1e-6), MAP)(
        lambda x, weight, bias: F.layer_norm(columns(x), x.shape[1:2], weight, bias, 1e-6).movedim(-1, 1)
    ),
    case(InstanceNorm(), MAP)(lambda x: F.instance_norm(x)),
    case(InstanceNorm(affine=True), LINE)(
        lambda x, weight, bias: F.instance_norm(x, weight=weight, bias=bias)
    ),
    case(GroupNorm(2), MAP)(lambda x, weight, bias: F.group_norm(x, 2, weight, bias)),
    case(GroupNorm(2, affine=False), CUBE)(lambda x: F.group_norm(x, 2)),
    case(LocalResponseNorm(), MAP)(lambda x: F.local_response_norm(x, 5)),
    case(LocalResponseNorm(4, 0.5, 0.6, 2.0), MAP)(lambda x: F.local_response_norm(x, 4, 0.5, 0.6, 2.0)),
    case(RMSNorm(), MAP)(lambda x, weight: F.rms_norm(x, x.shape[1:], weight, 1e-6)),
    case(RMSNorm(over="channels"), MAP)(
        lambda x, weight: F.rms_norm(columns(x), x.shape[1:2], weight, 1e-6).movedim(-1, 1)
    ),
]

ACTIVATIONS = [
    case(ReLU(), MAP)(F.relu),
    case(ReLU6(), MAP)(lambda x: F.relu6(x)),
    case(LeakyReLU(0.2), MAP)(lambda x: F.leaky_relu(x, 0.2)),
    case(PReLU(), MAP)(lambda x, weight: F.prelu(x, weight)),
    case(PReLU(shared=True), VECTOR)(lambda x, weight: F.prelu(x, weight)),
    case(ELU(0.7), MAP)(lambda x: F.elu(x, 0.7)),
    case(SELU(), MAP)(lambda x: F.selu(x)),
    case(GELU(), MAP)(lambda x: F.gelu(x)),
    case(GELU("tanh"), MAP)(lambda x: F.gelu(x, approximate="tanh")),
    case(SiLU(), MAP)(lambda x: F.silu(x)),
    case(Mish(), MAP)(lambda x: F.mish(x)),
    case(HardSwish(), MAP)(lambda x: F.hardswish(x)),
    # F.hardsigmoid has a gradient of 1/6 in single precision only
    case(HardSigmoid(), MAP)(lambda x: (x + 3).clamp(0, 6) / 6),
    case(Softplus(2.0, 1.0), MAP)(lambda x: F.softplus(x, 2.0, 1.0)),
    case(Sigmoid(), MAP)(torch.sigmoid),
    case(Tanh(), MAP)(torch.tanh),
    case(Softmax(), MAP)(lambda x: F.softmax(x, 1)),
    case(LogSoftmax(), VECTOR)(lambda x: F.log_softmax(x, 1)),
]

DENSE = [
    case(Linear(5), VECTOR)(lambda x, weight, bias: F.linear(x, weight, bias)),
    case(Linear(5, bias=False), VECTOR)(lambda x, weight: F.linear(x, weight)),
    case(Flatten(), MAP)(lambda x: x.flatten(1)),
    case(Dropout(), MAP)(lambda x: x),
    case(DropPath(0.3), MAP)(lambda x: x),
    case(Identity(), MAP)(lambda x: x),
    case(Scale(0.3), MAP)(lambda x: 0.3 * x),
    case(Scale(2.0, learnable=True), MAP)(lambda x, weight: weight * x),
    case(LayerScale(0.1), MAP)(lambda x, weight: weight[:, None, None] * x),
]

SHAPES = [
    case(Pad(2), MAP)(lambda x: F.pad(x, (2, 2, 2, 2))),
    case(Pad((1, 2), value=3.0), MAP)(lambda x: F.pad(x, (2, 2, 1, 1), value=3.0)),
    case(Pad((1, 3), "reflect"), MAP)(lambda x: F.pad(x, (3, 3, 1, 1), "reflect")),
    case(Pad(3, "replicate"), LINE)(lambda x: F.pad(x, (3, 3), "replicate")),
    case(Pad((1, 0, 2), "circular"), CUBE)(lambda x: F.pad(x, (2, 2, 0, 0, 1, 1), "circular")),
    case(Crop((4, 3)), MAP)(lambda x: x[:, :, 1:5, 1:4]),
    case(Slice(1, 3), MAP)(lambda x: x[:, 1:3]),
    case(ChannelShuffle(2), (6, 3, 3))(lambda x: F.channel_shuffle(x, 2)),
    case(PixelShuffle(2), (8, 3, 2))(lambda x: F.pixel_shuffle(x, 2)),
    case(PixelShuffle(3), (6, 4))(lambda x: x.unflatten(1, (2, 3)).movedim(2, 3).flatten(2)),
    case(Upsample(2), MAP)(lambda x: F.interpolate(x, scale_factor=2)),
    case(Upsample(3, "bilinear"), MAP)(lambda x: F.interpolate(x, scale_factor=3, mode="bilinear")),
    case(Upsample(2, "bilinear"), LINE)(lambda x: F.interpolate(x, scale_factor=2, mode="linear")),
    case(Upsample(2, "bilinear"), CUBE)(lambda x: F.interpolate(x, scale_factor=2, mode="trilinear")),
    case(Resize((5, 9)), MAP)(lambda x: F.interpolate(x, size=(5, 9))),
    case(Resize((5, 9), "bilinear"), MAP)(lambda x: F.interpolate(x, size=(5, 9), mode="bilinear")),
    case(Reshape((2, 7, 12)), MAP)(lambda x: x.reshape(-1, 2, 7, 12)),
    case(ZeroChannels(9), MAP)(lambda x: F.pad(x, (0, 0, 0, 0, 2, 3))),
    case(Subsample((2, 3)), MAP)(lambda x: x[:, :, ::2, ::3]),
]

JOINS = [
    case(Concat(), MAP, (2, 7, 6), MAP)(lambda *x: torch.cat(x, 1)),
    case(Add(), MAP, MAP, MAP)(lambda x, y, z: x + y + z),
    case(Mul(), MAP, (4, 1, 1), (1, 7, 6))(lambda x, y, z: x * y * z),
    case(Mul(), (4,), MAP)(lambda x, y: x[:, :, None, None] * y),
    case(Maximum(), MAP, MAP, MAP)(lambda x, y, z: torch.maximum(torch.maximum(x, y), z)),
]

CASES = CONVS + POOLS + NORMS + ACTIVATIONS + DENSE + SHAPES + JOINS


def one_layer(layer: Layer, shapes: tuple[Shape, ...]) -> Graph:
    names = [f"x{i}" for i in range(len(shapes))]
    return build(
        "OneLayer", dict(zip(names, shapes, strict=True)), [("layer", layer, tuple(names))], {"head": "layer"}
    )


def program_of(case: Case, seed: int = 0) -> backend.Program:
    """The layer alone, in float64, with random weights (positive variances)."""
    program = backend.compile(one_layer(case.layer, case.shapes), dtype=np.float64)
    rng = np.random.default_rng(seed)
    program.load(
        {
            key: rng.uniform(0.5, 1.5, a.shape) * rng.choice([-1, 1], a.shape)
            for key, a in program.tensors.items()
        }
    )
    program.update({key: np.abs(a) for key, a in program.tensors.items() if key.endswith("running_var")})
    return program


def inputs_of(case: Case, seed: int = 1) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {f"x{i}": rng.standard_normal((3, *shape)) for i, shape in enumerate(case.shapes)}


def close(got: np.ndarray, want: Any) -> None:
    want = want.detach().numpy()
    assert got.shape == want.shape
    np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_agrees_with_torch(case: Case) -> None:
    program, inputs = program_of(case), inputs_of(case)
    y = program.forward(inputs, training=False)
    grad = np.random.default_rng(2).standard_normal(y.shape)
    grads = program.backward(grad)

    xs = {name: torch.tensor(x, requires_grad=True) for name, x in inputs.items()}
    weights = {
        key.removeprefix("layer."): torch.tensor(a, requires_grad=key in program.trainable)
        for key, a in program.tensors.items()
    }
    expected = case.reference(*xs.values(), **weights)
    close(y, expected)
    (expected * torch.tensor(grad)).sum().backward()
    assert set(grads) == set(program.trainable) | set(xs)
    for name, x in xs.items():
        close(grads[name], x.grad)
    for name, weight in weights.items():
        if weight.requires_grad:
            close(grads[f"layer.{name}"], weight.grad)


def numeric(
    value: Callable[[], float], array: np.ndarray, place: tuple[int, ...], step: float = 1e-6
) -> float:
    """The central difference of a value with respect to one element."""
    kept = array[place]
    array[place] = kept + step
    above = value()
    array[place] = kept - step
    below = value()
    array[place] = kept
    return (above - below) / (2 * step)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_gradients_are_finite_differences(case: Case, training: bool) -> None:
    program, inputs = program_of(case), inputs_of(case)
    if isinstance(case.layer, LpPool) and case.layer.power != round(case.layer.power / 2) * 2:
        inputs = {name: np.abs(x) + 0.1 for name, x in inputs.items()}
    grad = np.random.default_rng(2).standard_normal(program(inputs).shape)
    kept = program.state_dict()

    def value() -> float:
        # the same dropout and the same running statistics each time
        program.rng = np.random.default_rng(5)
        program.update({key: a for key, a in kept.items() if key not in program.trainable})
        return float((program.forward(inputs, training=training) * grad).sum())

    value()
    grads = program.backward(grad)
    rng = np.random.default_rng(3)
    for name, array in (inputs | {key: program.tensors[key] for key in program.trainable}).items():
        for _ in range(4):
            place = tuple(int(rng.integers(n)) for n in array.shape)
            assert grads[name][place] == pytest.approx(numeric(value, array, place), rel=1e-5, abs=1e-7)


def test_every_layer_has_a_case() -> None:
    assert {type(case.layer) for case in CASES} == set(REGISTRY.values())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_float32_stays_float32(case: Case) -> None:
    program = backend.compile(one_layer(case.layer, case.shapes))
    inputs = {name: x.astype(np.float32) for name, x in inputs_of(case).items()}
    y = program.forward(inputs)
    assert y.dtype == np.float32
    assert {a.dtype for a in program.backward(y).values()} == {np.dtype(np.float32)}


def test_batchnorm_trains_on_batch_statistics_as_torch_does() -> None:
    case = NORMS[0]
    program, inputs = program_of(case), inputs_of(case)
    mean, var = (torch.tensor(program.tensors[f"layer.running_{name}"]) for name in ("mean", "var"))
    x = torch.tensor(inputs["x0"], requires_grad=True)
    weight, bias = (
        torch.tensor(program.tensors[f"layer.{name}"], requires_grad=True) for name in ("weight", "bias")
    )
    expected = F.batch_norm(x, mean, var, weight, bias, training=True)
    (expected**3).sum().backward()

    y = program.forward(inputs, training=True)
    grads = program.backward(3 * y**2)
    close(y, expected)
    close(grads["x0"], x.grad)
    close(grads["layer.weight"], weight.grad)
    close(grads["layer.bias"], bias.grad)
    close(program.tensors["layer.running_mean"], mean)
    close(program.tensors["layer.running_var"], var)


def test_dropout_drops_in_training_only_and_keeps_the_mean() -> None:
    program = backend.compile(one_layer(Dropout(0.25), ((10_000,),)), seed=3)
    x = np.ones((1, 10_000), np.float32)
    np.testing.assert_array_equal(program(x), x)
    y = program.forward(x, training=True)
    assert set(np.unique(y)) == {np.float32(0), np.float32(1 / 0.75)}
    assert y.mean() == pytest.approx(1, abs=0.02)


def test_droppath_drops_whole_samples() -> None:
    program = backend.compile(one_layer(DropPath(0.5), ((3, 4, 4),)), seed=0)
    y = program.forward(np.ones((64, 3, 4, 4)), training=True)
    assert {tuple(np.unique(sample)) for sample in y} == {(0.0,), (2.0,)}
