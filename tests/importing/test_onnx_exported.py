"""What torch's exporter writes in several operations, of modules that one layer of the language says."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnnspec
from cnnspec.importing.traced import ImportRefused

pytest.importorskip("onnx")
torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

SIZE = (4, 8, 12)


class Standardized(nn.Conv2d):
    """Weight standardization, as timm writes it: a batchnorm over the kernel."""

    def forward(self, input: Any) -> Any:
        flat = self.weight.reshape(1, self.out_channels, -1)
        weight = F.batch_norm(flat, None, None, self.gain, training=True, momentum=0.0, eps=1e-6)
        return F.conv2d(input, weight.reshape_as(self.weight), self.bias, self.stride, self.padding)

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.gain = nn.Parameter(torch.rand(self.out_channels) + 0.5)


class SamePadding(nn.Conv2d):
    """The padding `same` of other frameworks, worked out from the size of the map at each pass."""

    def forward(self, input: Any) -> Any:
        pads: list[int] = []
        for size, kernel, stride in zip(input.shape[:1:-1], self.kernel_size, self.stride, strict=True):
            more = max((-(-int(size) // stride) - 1) * stride + kernel - int(size), 0)
            pads += [more // 2, more - more // 2]
        return F.conv2d(F.pad(input, pads), self.weight, self.bias, self.stride)


class Gate(nn.Module):
    """A gate that is made as large as the map."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 1)

    def forward(self, x: Any) -> Any:
        return x * self.conv(x.mean((2, 3), keepdim=True)).sigmoid().expand_as(x)


class Sum(Gate):
    def forward(self, x: Any) -> Any:
        return x + self.conv(x.mean((2, 3), keepdim=True)).expand_as(x)


MODULES: list[tuple[str, nn.Module]] = [
    ("groupnorm(2)", nn.GroupNorm(2, 4)),
    ("groupnorm(1)", nn.GroupNorm(1, 4)),
    ("groupnorm(2, affine=false)", nn.GroupNorm(2, 4, affine=False)),
    ("instancenorm(affine=true)", nn.InstanceNorm2d(4, affine=True)),
    ("instancenorm\n", nn.InstanceNorm2d(4)),
    ("conv(6, 3)", Standardized(4, 6, 3, padding=1)),
    ("conv(6, 3, 2, pad=same)", SamePadding(4, 6, 3, 2)),
    ("mul { | identity | gap -> conv(channels, 1) -> sigmoid }", Gate()),
]


def exported(module: nn.Module, folder: Path) -> Path:
    """A file of a convolution and the module, whose parameters are all others than where they start."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(4, 4, 1), module).eval()
    for parameter in net.parameters():
        nn.init.uniform_(parameter, 0.2, 0.9)
    path = folder / "net.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(net, (torch.zeros(1, *SIZE),), path, opset_version=17, dynamo=False)
    return path


@pytest.mark.parametrize("said, module", MODULES, ids=[said.strip() for said, _ in MODULES])
def test_what_torch_exports_is_the_layer_that_one_would_write(
    said: str, module: nn.Module, tmp_path: Path
) -> None:
    path = exported(module, tmp_path)
    found = cnnspec.from_onnx(path)
    assert said in found.text, found.text
    x = np.random.default_rng(0).standard_normal((1, *SIZE), dtype=np.float32)
    session = pytest.importorskip("onnxruntime").InferenceSession(path)
    (expected,) = session.run(None, {session.get_inputs()[0].name: x})
    given: Any = found.net.to_numpy(weights=found.weights)(x)
    np.testing.assert_allclose(given, expected, rtol=1e-4, atol=1e-4)


def test_a_value_made_larger_for_a_sum_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match=r"Expand \(to \[.*8, 12\]\): /1/Expand"):
        cnnspec.from_onnx(exported(Sum(), tmp_path))
