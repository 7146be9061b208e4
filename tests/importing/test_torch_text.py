"""How `from_torch` writes a spec: as one would have written it."""

from __future__ import annotations

from typing import Any

import pytest
from imported_modules import imported, same_outputs

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402


class DropPath(nn.Module):
    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Any) -> Any:
        return x


class Block(nn.Module):
    def __init__(self, rate: float) -> None:
        super().__init__()
        self.conv, self.act, self.drop = nn.Conv2d(4, 4, 3, padding=1), nn.ReLU(), DropPath(rate)

    def forward(self, x: Any) -> Any:
        return x + self.drop(self.act(self.conv(x)))


def blocks(*rates: float) -> nn.Module:
    return nn.Sequential(*map(Block, rates), nn.Conv2d(4, 2, 1))


@pytest.mark.parametrize(
    "rates, lines",
    [
        ([0.3 * k / 7 for k in range(8)], ["for i in range(8) { block(0.3 * i / 7) }"]),
        ([0.3 * k / 7 for k in range(3, 8)], ["for i in range(5) { block(0.3 * (i + 3) / 7) }"]),
        ([0.0125 * k for k in range(2, 6)], ["for i in range(4) { block(0.0125 * (i + 2)) }"]),
        (torch.linspace(0, 0.1, 6).tolist(), ["for i in range(6) { block(0.02 * i) }"]),
        ([0.1, 0.1, 0.1], ["block * 3"]),
        ([0.0, 0.0], ["block * 2"]),
        ([0.3 / 7, 0.6 / 7, 1.2 / 7, 2.1 / 7], ["block(0.3 * 1 / 7)", "block(0.3 * 4 / 7)", "block(0.3)"]),
        ([0.11, 0.27, 0.31], ["block(0.11)", "block(0.27)"]),
    ],
    ids=["from 0", "from 3", "decimal", "single precision", "one rate", "none", "gaps", "no schedule"],
)
def test_rates_that_grow_are_a_loop_by_the_number_of_the_block(rates, lines):
    text = imported(blocks(*rates), (4, 6, 6)).text
    assert [line for line in lines if line not in text] == []
    assert ("droppath" in text) == any(rates)


class Parts(nn.Module):
    """Res2Net's parts of channels, each an eighth."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(width // 8, width // 8, 3, padding=1) for _ in range(3))
        self.last = nn.Conv2d(width, width, 1)

    def forward(self, x: Any) -> Any:
        parts = [part for part in x.chunk(8, 1)]
        made = [conv(part) for conv, part in zip(self.convs, parts[2:5], strict=True)]
        return self.last(torch.cat([*parts[:2], *made, *parts[5:]], 1))


def test_parts_of_channels_are_said_by_the_channels():
    module = nn.Sequential(Parts(16), nn.Conv2d(16, 48, 1), Parts(48)).eval()
    found = imported(module, (16, 5, 5))
    assert "def parts {" in found.text
    assert "slice(3 * channels // 8, channels // 2)" in found.text
    same_outputs(module, found)


class Stage(nn.Module):
    def __init__(self, channels: int, depth: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.down = nn.Conv2d(channels, 4, 2, 2)
        self.blocks = nn.Sequential(*[Block(0) for _ in range(depth)])

    def forward(self, x: Any) -> Any:
        return self.blocks(self.down(self.norm(x)))


def test_stages_of_other_depths_are_one_def():
    module = nn.Sequential(Stage(3, 2), Stage(4, 5), Stage(4, 1)).eval()
    found = imported(module, (3, 32, 32))
    assert "def stage(depth=1) {" in found.text
    assert [f"stage({depth})" in found.text for depth in ("depth=2", "depth=5")] == [True, True]
    same_outputs(module, found)


class Entry(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 8, 3, bias=False), nn.BatchNorm2d(8)

    def forward(self, x: Any) -> Any:
        return self.norm(self.conv(x)).relu()


def test_a_few_layers_that_have_no_equal_are_no_def():
    assert "def" not in imported(nn.Sequential(Entry(), nn.Conv2d(8, 4, 1))).text
    assert "def entry {" in imported(nn.Sequential(Entry(), nn.Conv2d(8, 3, 1), Entry())).text


def test_a_layer_after_a_label_is_not_the_labels_value():
    class Labelled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b, self.c = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 1)

        def forward(self, x: Any) -> Any:
            a = self.a(x)
            b = self.b(torch.relu(a))
            return self.c(a) * b + a

    module = Labelled().eval()
    same_outputs(module, imported(module))
