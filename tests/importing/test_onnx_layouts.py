"""ONNX files that hold maps with their channels last, as torch's exporter writes them after a `permute`."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnnspec
from cnnspec.importing.traced import ImportRefused

onnx = pytest.importorskip("onnx")
torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

SIZE = (4, 6, 10)
LAST, FIRST = (0, 2, 3, 1), (0, 3, 1, 2)
Body = Callable[[Any, Any], Any]


class Net(nn.Module):
    """A convolution, and what a test does with its map and some layers."""

    def __init__(self, body: Body) -> None:
        super().__init__()
        self.body = body
        self.conv = nn.Conv2d(SIZE[0], 8, 3, padding=1)
        self.norm, self.grown, self.back = nn.LayerNorm(8), nn.Linear(8, 16), nn.Linear(16, 8, bias=False)
        self.scale = nn.Parameter(torch.rand(8))
        self.bare = nn.LayerNorm(8, elementwise_affine=False)

    def forward(self, x: Any) -> Any:
        return self.body(self, self.conv(x))


def mlp(net: Any, x: Any) -> Any:
    return net.scale * net.back(F.gelu(net.grown(net.norm(x))))


BODIES: list[tuple[str, Body, list[str]]] = [
    (
        "a block of ConvNeXt",
        lambda net, x: x + mlp(net, x.permute(LAST)).permute(FIRST),
        ["residual", "layernorm(over=channels)", "conv(16, 1)", "gelu", "bias=false", "layerscale"],
    ),
    (
        "a sum of two maps with channels last",
        lambda net, x: (lambda y: (y + mlp(net, y)).permute(FIRST))(x.permute(LAST)),
        ["residual", "layernorm(over=channels)"],
    ),
    (
        "tokens",
        lambda net, x: (lambda t: (t + mlp(net, t)).transpose(1, 2))(x.flatten(2).transpose(1, 2)),
        ["tokens", "layernorm(over=channels)", "linear(16) -> gelu"],
    ),
    ("no weights", lambda net, x: net.bare(x.permute(LAST)).permute(FIRST), ["affine=false"]),
    (
        "a softmax over channels",
        lambda net, x: torch.softmax(net.norm(x.permute(LAST)), -1).permute(FIRST),
        ["softmax"],
    ),
    (
        "a mean over the places",
        lambda net, x: net.back(net.grown(net.norm(x.permute(LAST)).mean((1, 2)))),
        ["gap", "flatten", "linear(16)"],
    ),
    (
        "a mean over the channels",
        lambda net, x: (lambda y: (y - y.mean(-1, keepdim=True)).permute(FIRST))(net.norm(x.permute(LAST))),
        ["sub { | identity | reduce(mean, channels) }"],
    ),
    (
        "two maps side by side",
        lambda net, x: (lambda y: torch.cat([net.norm(y), y.sigmoid()], -1).permute(FIRST))(x.permute(LAST)),
        ["concat", "sigmoid"],
    ),
    (
        "halves of the channels",
        lambda net, x: (lambda a, b: (a * b.sigmoid()).permute(FIRST))(
            *net.grown(net.norm(x.permute(LAST))).chunk(2, -1)
        ),
        ["slice", "mul"],
    ),
    (
        "an output with channels last",
        lambda net, x: net.grown(net.norm(x.permute(LAST))),
        ["layernorm(over=channels)", "permute"],
    ),
    (
        "a value that is read both ways",
        lambda net, x: (lambda y: (net.grown(y).permute(FIRST), y.flatten(1)))(net.norm(x.permute(LAST))),
        ["permute", "flatten", "conv(16, 1)"],
    ),
]


def exported(net: nn.Module, path: Path, opset: int, size: tuple[int, ...] = SIZE) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(net, (torch.zeros(1, *size),), path, opset_version=opset, dynamo=False)
    return path


@pytest.mark.parametrize("opset", [13, 17])
@pytest.mark.parametrize("body, words", [case[1:] for case in BODIES], ids=[case[0] for case in BODIES])
def test_channels_last_are_read_as_channels_first(
    body: Body, words: list[str], opset: int, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    net = Net(body).eval()
    for parameter in net.parameters():
        nn.init.uniform_(parameter, 0.1, 0.5)
    found = cnnspec.from_onnx(exported(net, tmp_path / "net.onnx", opset))
    assert [word for word in words if word not in found.text] == [], found.text
    x = torch.randn(1, *SIZE)
    with torch.no_grad():
        expected = net(x)
    given: Any = found.net.to_numpy(weights=found.weights)(x.numpy())
    values = list(given.values()) if isinstance(given, dict) else [given]
    for one, other in zip(expected if isinstance(expected, tuple) else [expected], values, strict=True):
        np.testing.assert_allclose(other, one.numpy(), rtol=1e-4, atol=1e-5)


def test_what_stands_between_and_is_no_layer_is_refused_by_its_node(tmp_path: Path) -> None:
    net = Net(lambda net, x: net.norm(x.permute(LAST)).cumsum(-1).permute(FIRST))
    with pytest.raises(ImportRefused, match=r"CumSum: /CumSum$"):
        cnnspec.from_onnx(exported(net, tmp_path / "net.onnx", 17))


@pytest.mark.parametrize("opset", [13, 17])
def test_weights_along_another_axis_of_the_same_size_are_no_norm_of_the_channels(
    opset: int, tmp_path: Path
) -> None:
    """On a map that has as many columns as channels a weight of 8x1 is one of each column."""
    net = Net(lambda net, x: net.norm(x.permute(LAST)).permute(FIRST))
    path = exported(net, tmp_path / "net.onnx", opset, (SIZE[0], 8, 8))
    model = onnx.load(path)
    (bias,) = (tensor for tensor in model.graph.initializer if tensor.name == "norm.bias")
    bias.dims[:] = [8, 1]
    onnx.save(model, path)
    with pytest.raises(ImportRefused, match=r"with a constant of shape \[(8, 1|1, 1, 1, 8)\]"):
        cnnspec.from_onnx(path)


def test_a_mean_that_neither_keeps_its_axes_nor_drops_them_is_refused(tmp_path: Path) -> None:
    net = Net(lambda net, x: (lambda y: (y - y.mean(-1, keepdim=True)).permute(FIRST))(x.permute(LAST)))
    path = exported(net, tmp_path / "net.onnx", 17)
    model = onnx.load(path)
    (node,) = (node for node in model.graph.node if node.op_type == "ReduceMean")
    (kept,) = (attribute for attribute in node.attribute if attribute.name == "keepdims")
    kept.i = 2
    onnx.save(model, path)
    with pytest.raises(ImportRefused, match=r"ReduceMean \(keepdims=2\)"):
        cnnspec.from_onnx(path)


def test_bounds_of_a_slice_that_are_a_map_are_refused(tmp_path: Path) -> None:
    net = Net(lambda net, x: net.norm(x.permute(LAST))[..., :3].permute(FIRST))
    path = exported(net, tmp_path / "net.onnx", 17)
    model = onnx.load(path)
    (node,) = (node for node in model.graph.node if node.op_type == "Slice")
    node.input[0], node.input[1] = node.input[1], node.input[0]
    onnx.save(model, path)
    with pytest.raises(ImportRefused, match="Slice"):
        cnnspec.from_onnx(path)


@pytest.mark.parametrize("opset", [13, 17])
@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_gelu_as_torch_writes_it(approximate: str, opset: int, tmp_path: Path) -> None:
    net = nn.Sequential(nn.Conv2d(SIZE[0], 8, 3), nn.GELU(approximate)).eval()
    found = cnnspec.from_onnx(exported(net, tmp_path / "net.onnx", opset))
    assert ("gelu(approximate=tanh)" if approximate == "tanh" else "-> gelu\n") in found.text
