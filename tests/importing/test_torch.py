"""`import` of torch modules: specs as one would write them, which are the same nets with the same weights."""

from __future__ import annotations

import re
from typing import Any

import pytest
from imported_modules import imported, same_outputs

import cnnspec
from cnnspec.importing.lines import counted
from cnnspec.importing.regions import growing
from cnnspec.importing.traced import ImportRefused, Traced, TracedLayer
from cnnspec.layers.join import Concat

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402


class Block(nn.Module):
    """A basic block of ResNet."""

    def __init__(self, taken: int, out: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(taken, out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        project = nn.Sequential(nn.Conv2d(taken, out, 1, stride, bias=False), nn.BatchNorm2d(out))
        self.downsample = project if taken != out else None

    def forward(self, x: Any) -> Any:
        y = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        return (y + (x if self.downsample is None else self.downsample(x))).relu()


class Small(nn.Module):
    """A residual net whose stages differ in width and stride alone."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        self.layer1 = nn.Sequential(Block(8, 8), Block(8, 8))
        self.layer2 = nn.Sequential(Block(8, 16, 2), Block(16, 16), Block(16, 16))
        self.fc = nn.Linear(16, 10)

    def forward(self, x: Any) -> Any:
        return self.fc(self.layer2(self.layer1(self.stem(x))).mean((2, 3)))


def test_a_residual_net_is_written_as_one_would_write_it(golden):
    module = Small()
    found = imported(module)
    golden("import_small.cnn", found.text)
    same_outputs(module, found)


class Wide(nn.Module):
    """Branches, a gate, a dense block and a shuffle."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Conv2d(3, 4, 1)
        self.three = nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU(), nn.Conv2d(4, 8, 3, padding=1))
        self.down, self.up = nn.Conv2d(12, 3, 1), nn.Conv2d(3, 12, 1)
        self.dense = nn.ModuleList(nn.Conv2d(12 + 4 * i, 4, 3, padding=1) for i in range(3))
        self.norm = nn.LayerNorm(24)

    def forward(self, x: Any) -> Any:
        x = torch.cat([self.one(x), self.three(x)], 1)
        x = x * torch.sigmoid(self.up(self.down(nn.functional.adaptive_avg_pool2d(x, 1)).relu()))
        values = [x]
        for conv in self.dense:
            values.append(conv(torch.cat(values, 1)))
        x = torch.cat(values, 1)
        b, c, h, w = x.shape
        x = x.view(b, 2, c // 2, h, w).transpose(1, 2).reshape(b, c, h, w)
        return self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def test_branches_gates_dense_blocks_and_shuffles(golden):
    module = Wide()
    found = imported(module)
    golden("import_wide.cnn", found.text)
    same_outputs(module, found)


def test_the_spec_is_clean_and_states_its_figures():
    found = imported(Small())
    assert [d.code for d in found.net.diagnostics] == []
    assert f"expect params == {found.net.params:_}, macs == {found.net.macs:_}" in found.text


class Crossed(nn.Module):
    """Three convolutions, the last of which reads the first or the second."""

    def __init__(self, early: bool) -> None:
        super().__init__()
        self.a, self.b, self.c = (nn.Conv2d(3, 3, 3, padding=1) for _ in range(3))
        self.early = early

    def forward(self, x: Any) -> Any:
        a = self.a(x)
        b = self.b(a)
        c = self.c(a if self.early else b)
        return a * b + b * c + a * c


def test_modules_whose_layers_read_each_other_otherwise_are_two_defs() -> None:
    module = nn.Sequential(Crossed(True), Crossed(False), Crossed(True))
    found = imported(module)
    assert re.findall(r"^def (\w+)", found.text, re.M) == ["crossed", "crossed2"]
    assert re.findall(r"^ +(crossed\w*)$", found.text, re.M) == ["crossed", "crossed2", "crossed"]
    same_outputs(module, found)


class Twins(nn.Module):
    """Two convolutions that are alike, one of which goes on through a third; the later stands first."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.three = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, x: Any) -> Any:
        short, long = self.one(x), self.two(x)
        return torch.cat([self.three(long), short], 1) * torch.cat([long, short], 1)


def test_weights_of_layers_that_are_alike_go_where_each_belongs():
    module = Twins()
    same_outputs(module, imported(module), tolerance=1e-6)


class Detector(nn.Module):
    """Two heads on one value, which come back in another order than they are made in."""

    def __init__(self, named: bool) -> None:
        super().__init__()
        self.body, self.score, self.box = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 2, 1), nn.Conv2d(8, 4, 1)
        self.named = named

    def forward(self, x: Any) -> Any:
        y = self.body(x).relu()
        score, box = self.score(y).softmax(1), self.box(y)
        return {"box": box, "score": score} if self.named else (box, score)


@pytest.mark.parametrize("named, heads", [(True, ["box", "score"]), (False, ["output1", "output2"])])
def test_heads_have_the_order_and_the_names_that_the_module_gives(named, heads):
    found = imported(Detector(named))
    assert list(found.net.outputs.items()) == [(heads[0], (4, 14, 14)), (heads[1], (2, 14, 14))]


class Reads(nn.Module):
    """Values that several places read: what flows in, and one on the way."""

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(4, 4, 3, padding=1) for _ in range(3))

    def forward(self, x: Any) -> Any:
        values = [x]
        for conv in self.convs:
            values.append(conv(values[-1]))
        return torch.cat(values, 1)


@pytest.mark.parametrize("inside", [False, True], ids=["of a net", "of a def"])
def test_values_that_several_places_read_have_labels(inside):
    module = nn.Sequential(Reads(), nn.ReLU(), nn.Conv2d(16, 2, 1)) if inside else Reads()
    found = imported(module, (4, 16, 16))
    assert found.text.count(": conv(") == 2
    assert (": identity" in found.text) == inside
    same_outputs(module, found)


def test_the_sizes_that_an_imported_net_takes():
    module = nn.Sequential(nn.Conv2d(3, 4, 5), nn.MaxPool2d(2), nn.PixelUnshuffle(2))
    found = imported(module).net.sizes(32)
    sizes = (8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29, 32)
    assert found["height"].valid == found["square"].valid == sizes


def test_the_drawn_joins_grow():
    """What opens regions.py: each join of a dense block takes the one before it, and what came new."""
    joins = {"c1": ("x", "y1"), "c2": ("x", "y1", "y2"), "c3": ("x", "y1", "y2", "y3")}
    steps = tuple(TracedLayer(name, Concat(), inputs, (4, 1, 1)) for name, inputs in joins.items())
    grown = growing(Traced("A", {}, steps, ("c3",)))
    assert [step.inputs for step in grown.steps] == [("x", "y1"), ("c1", "y2"), ("c2", "y3")]


class DrawnStem(nn.Module):
    """Two values leave it."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 3, 2, 1)

    def forward(self, x):
        a = self.a(x)
        return a, self.b(a)


class DrawnGate(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(8, 8, 1)

    def forward(self, x):
        return x * torch.sigmoid(self.conv(x.mean((2, 3), keepdim=True)))


class DrawnRegions(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.gate = DrawnStem(), DrawnGate()
        self.up, self.last = nn.Upsample(scale_factor=2), nn.Conv2d(16, 4, 1)

    def forward(self, x):
        a, b = self.stem(x)
        return self.last(torch.cat([a, self.up(self.gate(b))], 1))


def test_the_drawn_regions():
    """What opens regions.py: of the stem its layers are left, the gate is one part."""
    text = cnnspec.from_torch(DrawnRegions(), (3, 16, 16)).text
    assert "concat { | identity | conv(8, 3, 2) -> drawn_gate -> upsample(2) }" in text
    assert "def drawn_gate {" in text and "def drawn_stem" not in text


class Forked(nn.Module):
    """A value that two read comes out of a container, whose layers have but numbers for names."""

    def __init__(self) -> None:
        super().__init__()
        self.project = nn.Sequential(nn.Conv2d(4, 6, 1), nn.BatchNorm2d(6, eps=float(torch.tensor(1e-3))))

    def forward(self, x: Any) -> Any:
        projected = self.project(x)
        return torch.cat([projected.relu(), x, projected.tanh()], 1)


def test_a_value_that_several_read_is_called_as_its_module():
    text = cnnspec.from_torch(Forked().eval(), (4, 8, 8)).text
    assert "project: conv(6, 1) -> batchnorm(eps=0.001)\n" in text


def test_equal_calls_of_an_arm_are_counted():
    assert counted(["conv(8, 1)", "twice", "twice", "relu"]) == ["conv(8, 1)", "twice * 2", "relu"]


def test_what_forward_takes_besides_its_inputs_has_its_default():
    class Masked(nn.Module):
        def forward(self, x, mask=None, scale=2.0, size=(8, 8)):
            x = nn.functional.adaptive_avg_pool2d(x, size)
            return torch.relu(x if mask is None else x * mask) * scale

    assert "adaptive_avgpool(8) -> relu -> scale(by=2.0)" in imported(Masked()).text

    class Given(nn.Module):
        def forward(self, x, mask=None):
            return nn.functional.scaled_dot_product_attention(x, x, x, attn_mask=mask)

    with pytest.raises(ImportRefused, match="scaled_dot_product_attention: forward"):
        imported(Given())
