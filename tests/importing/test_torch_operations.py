"""Operations of torch that are one layer together, as libraries write them, and those that are none."""

from __future__ import annotations

from typing import Any

import pytest
from imported_modules import Returns, imported, same_outputs

from cnnspec.importing.traced import ImportRefused

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402


class SameConv(nn.Conv2d):
    """Pads by what its input's size asks for, and standardizes its weights."""

    def forward(self, input: Any) -> Any:
        x = input
        missing = max((-(-x.shape[-1] // 2) - 1) * 2 + 3 - x.shape[-1], 0)
        if missing > 0:
            x = nn.functional.pad(x, [missing // 2, missing - missing // 2] * 2, value=0.0)
        weight = nn.functional.batch_norm(self.weight.flatten(1)[None], None, None, training=True)
        return nn.functional.conv2d(x, weight.reshape_as(self.weight), self.bias, 2)


class RepBlock(nn.Module):
    """A sum of two convolutions less a third, normalized in groups, and a gate over near channels."""

    def __init__(self) -> None:
        super().__init__()
        self.three, self.one = nn.Conv2d(8, 8, 3, padding=1), nn.Conv2d(8, 8, 1)
        self.less, self.norm, self.near = (
            nn.Conv2d(8, 8, 1),
            nn.GroupNorm(1, 8),
            nn.Conv1d(1, 1, 3, padding=1),
        )

    def forward(self, x: Any) -> Any:
        x = self.three(x) + self.one(x) - self.less(x)
        x = nn.functional.group_norm(x, 1, self.norm.weight, self.norm.bias, self.norm.eps)
        gate = self.near(x.mean((2, 3)).view(x.shape[0], 1, -1)).sigmoid()
        return x * gate.view(x.shape[0], -1, 1, 1).expand_as(x)


def test_padding_by_size_computed_weights_differences_and_gates_over_channels():
    module = nn.Sequential(SameConv(3, 8, 3), RepBlock())
    found = imported(module)
    assert "conv(8, 3, 2, pad=same)" in found.text
    same_outputs(module, found)


class Halves(nn.Module):
    """The mean of two heads, as a distilled net has it."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.other = nn.Conv2d(3, 4, 1), nn.Conv2d(3, 4, 1)

    def forward(self, x: Any) -> Any:
        return (self.one(x) + self.other(x)) / 2


def test_a_value_divided_by_a_number_is_scaled():
    module = Halves()
    found = imported(module)
    assert "scale(by=0.5)" in found.text
    same_outputs(module, found)


def attended(m: Any, x: Any) -> Any:
    """A non-local block: torch holds its sequences with their channels last, the language with them first."""
    queries, keys = m.a(x).flatten(2).transpose(1, 2), m.b(x).flatten(2)
    weights = torch.matmul(queries, keys).softmax(1)
    return torch.bmm(weights, m.c(x).flatten(2).transpose(1, 2))


def mixed(m: Any, x: Any) -> Any:
    """An MLP at each place of a sequence."""
    y = m.b(nn.functional.gelu(m.a(x.flatten(2).transpose(1, 2))))
    return y.transpose(1, 2).mean(2)


@pytest.mark.parametrize(
    "module, layers",
    [
        (
            Returns(attended, a=nn.Conv2d(3, 4, 1), b=nn.Conv2d(3, 4, 1), c=nn.Conv2d(3, 5, 1)),
            ["matmul(transpose_b=true)", "matmul(transpose_a=true)", "tokens"],
        ),
        (
            Returns(mixed, a=nn.Linear(3, 12), b=nn.Linear(12, 6)),
            ["tokens", "linear(12) -> gelu", "linear(6)"],
        ),
    ],
    ids=["matmul", "linear"],
)
def test_sequences_with_their_channels_last(module: nn.Module, layers: list[str]) -> None:
    found = imported(module)
    assert [layer for layer in layers if layer not in found.text] == []
    same_outputs(module, found)


@pytest.mark.parametrize(
    "module, said",
    [
        (Returns(lambda m, x: torch.fft.fft(x).real), "fft"),
        (Returns(lambda m, x: m.rnn(x.flatten(2))[0], rnn=nn.LSTM(256, 4)), "LSTM: rnn"),
        (Returns(lambda m, x: x if x.sum() > 0 else -x), "cannot trace"),
        (
            Returns(lambda m, x: nn.functional.conv2d(m.a(x), m.a.weight, m.a.bias, 2), a=nn.Conv2d(3, 3, 1)),
            "conv2d (the weights of a once more, in another layer): forward",
        ),
        (Returns(lambda m, x: x + 1), "add (with a constant): forward"),
        (Returns(lambda m, x: 1 / x), "truediv (with a constant): forward"),
        (
            Returns(lambda m, x: nn.functional.conv2d(x, torch.ones(4, 3, 1, 1))),
            "conv2d (of weights that are not",
        ),
        (
            Returns(lambda m, x: nn.functional.conv2d(x, m.a(x)[:, :, :1], groups=1), a=nn.Conv2d(3, 3, 1)),
            "conv2d",
        ),
        (Returns(lambda m, x: x.cumsum(1).cumsum(2)), "cumsum: forward"),
    ],
    ids=[
        "operation",
        "module",
        "control flow",
        "shared weights",
        "constant",
        "divided",
        "fixed weights",
        "flowing weights",
        "twice",
    ],
)
def test_what_cannot_be_said_is_refused_by_name_and_place(module, said):
    with pytest.raises(ImportRefused) as refused:
        imported(module)
    assert said in str(refused.value)


def changed(m: Any, x: Any) -> Any:
    """What is changed in place is changed for all who read it, whether a name is bound to it or not."""
    y = m.a(x)
    kept = y
    y.mul_(0.5)
    return m.act(y) + kept


def added(m: Any, x: Any) -> Any:
    y = m.a(x)
    kept = y
    y += m.act(x)
    return kept * nn.functional.relu(y.clone(), True)


@pytest.mark.parametrize("forward", [changed, added])
def test_what_is_changed_in_place_is_changed_for_all_who_read_it(forward):
    module = Returns(forward, a=nn.Conv2d(3, 3, 1), act=nn.ReLU(inplace=forward is changed))
    same_outputs(module, imported(module))


class Sums(nn.Module):
    """A sum of three, a sum that two read, and a branch that is dropped in training."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = (nn.Conv2d(4, 4, 1) for _ in range(3))
        self.drop = DropPath()

    def forward(self, x: Any) -> Any:
        x = self.a(x) + self.b(x) + self.drop(self.c(x))
        return x + x.relu()


class DropPath(nn.Module):
    """That of timm, in short."""

    def __init__(self) -> None:
        super().__init__()
        self.drop_prob = 0.25

    def forward(self, x: Any) -> Any:
        return x if not self.training else x * (torch.rand(x.shape[0], 1, 1, 1) > self.drop_prob)


def test_a_sum_of_several_is_one_layer_and_a_dropped_path_stays():
    module = Sums()
    found = imported(module, (4, 6, 6))
    sums = [node for node in found.net.ir if node.layer.op == "add"]
    assert [len(node.inputs) for node in sums] == [3, 2]
    assert "droppath(0.25)" in found.text
    same_outputs(module, found)


@pytest.mark.parametrize(
    "forward, said",
    [
        (lambda m, x: x.narrow(2, 4, 8).narrow(3, 4, 8), "crop(8)"),
        (lambda m, x: x.narrow(2, 0, 8), "crop(8x16, at=0)"),
        (lambda m, x: x.narrow(3, 2, 5).narrow(2, 1, 4).relu(), "crop(4x5, at=1x2) -> relu"),
        (lambda m, x: x.narrow(1, 1, 2), "slice(1, 3)"),
        (lambda m, x: x.chunk(1, 1)[0].relu(), "slice(0, 3) -> relu"),
        (lambda m, x: nn.functional.max_pool2d(x, 1, 2), "subsample(2)"),
        (lambda m, x: x.movedim(1, -1).movedim(-1, 1).relu(), "relu"),
        (
            lambda m, x: nn.functional.layer_norm(x.movedim(1, -1), (3,)).movedim(-1, 1),
            "layernorm(over=channels",
        ),
    ],
    ids=[
        "both axes",
        "rows",
        "two crops",
        "channels",
        "all channels",
        "single pixels",
        "there and back",
        "over channels",
    ],
)
def test_several_operations_are_the_one_layer_that_they_are(forward, said):
    module = Returns(forward)
    found = imported(module)
    assert said in found.text
    same_outputs(module, found)
