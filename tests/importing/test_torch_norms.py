"""Norms that libraries write themselves are known by what they compute, whatever they are called."""

from __future__ import annotations

from typing import Any

import pytest
from imported_modules import imported, same_outputs

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from cnnspec.importing.torch_norms import known_norm  # noqa: E402

MAP = (8, 5, 6)


class Weighted(nn.Module):
    """Has weights of one number a channel, and the numbers that a norm keeps."""

    def __init__(self, *names: str, width: int = MAP[0], **kept: Any) -> None:
        super().__init__()
        for name in names:
            self.register_parameter(name, nn.Parameter(torch.rand(width) + 0.5))
        for name, value in kept.items():
            setattr(self, name, value)

    def of(self, name: str) -> Any:
        return getattr(self, name).view(1, -1, 1, 1)


class Response(Weighted):
    """That of ConvNeXt V2, with its channels first."""

    def forward(self, x: Any) -> Any:
        size = x.norm(2, (2, 3), keepdim=True)
        return x + self.of("weight") * (x * size / (size.mean(1, keepdim=True) + self.eps)) + self.of("bias")


class ResponseLast(Weighted):
    """That of ConvNeXt V2, with its channels last."""

    def forward(self, x: Any) -> Any:
        size = x.norm(2, (1, 2), keepdim=True)
        return x + self.weight * (x * size / (size.mean(-1, keepdim=True) + self.eps)) + self.bias


class Turned(nn.Module):
    """What takes its channels last, between what takes them first."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Any) -> Any:
        return self.inner(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Filtered(Weighted):
    """A filter response norm with its thresholded linear unit."""

    def forward(self, x: Any) -> Any:
        x = x / torch.sqrt(x.pow(2).mean((2, 3), keepdim=True) + self.eps)
        return torch.max(self.of("weight") * x + self.of("bias"), self.of("tau"))


class Evolved(Weighted):
    """EvoNorm S0, with the statistics of its groups."""

    def forward(self, x: Any) -> Any:
        batch, channels, height, width = x.shape
        groups = x.view(batch, self.groups, channels // self.groups, height, width)
        deviation = torch.sqrt(groups.var((2, 3, 4), unbiased=False, keepdim=True) + self.eps)
        deviation = deviation.expand_as(groups).reshape(x.shape)
        return x * (self.of("v") * x).sigmoid() / deviation * self.of("weight") + self.of("bias")


@pytest.mark.parametrize(
    "module, said",
    [
        (Response("weight", "bias", eps=1e-6), "grn"),
        (Response("weight", "bias", eps=1e-3, momentum=0.1), "grn(eps=0.001)"),
        (Turned(ResponseLast("weight", "bias", eps=1e-6)), "grn"),
        (Filtered("weight", "bias", "tau", eps=1e-4), "frn(eps=0.0001)"),
        (Evolved("weight", "bias", "v", groups=4, eps=1e-3), "evonorm_s0(groups=4, eps=0.001)"),
        (Evolved("weight", "bias", "v", depth=3, less=-1, groups=2, eps=1e-5), "evonorm_s0(groups=2)"),
    ],
    ids=["grn", "eps", "channels last", "frn", "evonorm", "groups among other numbers"],
)
def test_a_norm_is_known_by_what_it_computes(module: nn.Module, said: str) -> None:
    module = nn.Sequential(module)
    found = imported(module, MAP)
    assert [node.layer.op for node in found.net.ir if node.layer.op != "input"] == [said.partition("(")[0]]
    assert said in found.text
    same_outputs(module, found)


class Plain(Weighted):
    def forward(self, x: Any) -> Any:
        return x * self.of("weight") + self.of("bias")


class Pooled(Weighted):
    def forward(self, x: Any) -> Any:
        return (x * self.of("weight") + self.of("bias")).mean((2, 3))


class OfSequences(Weighted):
    def forward(self, x: Any) -> Any:
        batch, channels, places = x.shape
        return (x.view(batch, channels * places) * self.of("weight").mean()).view(x.shape)


@pytest.mark.parametrize(
    "module",
    [
        Plain("weight", "bias", eps=1e-6),
        Plain("weight", "bias"),
        Plain("weight", "bias", "more", eps=1e-6),
        Pooled("weight", "bias", eps=1e-6),
        OfSequences("weight", "bias", eps=1e-6),
        Evolved("weight", "bias", "v", groups=3, eps=1e-5),
        nn.BatchNorm2d(MAP[0]),
        Turned(nn.Identity()),
    ],
    ids=[
        "another function",
        "no eps",
        "more weights",
        "another shape",
        "no maps",
        "groups that do not fit",
        "torch's own",
        "modules in it",
    ],
)
def test_what_computes_something_else_is_no_such_norm(module: nn.Module) -> None:
    assert known_norm(module) is None
