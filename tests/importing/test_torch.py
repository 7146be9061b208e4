"""`import` of torch modules: specs as one would write them, which are the same nets with the same weights."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import cnnspec
from cnnspec.difference.same import same_nodes
from cnnspec.importing.regions import growing
from cnnspec.importing.traced import ImportRefused, Traced, TracedLayer
from cnnspec.layers.base import Shape
from cnnspec.layers.join import Concat

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402


def imported(module: nn.Module, *inputs: Shape) -> cnnspec.Imported:
    return cnnspec.from_torch(module.eval(), *(inputs or [(3, 16, 16)]))


def same_outputs(module: nn.Module, found: cnnspec.Imported, tolerance: float = 1e-4) -> None:
    """The spec on numpy gives what the module gives, with its weights."""
    rng = np.random.default_rng(0)
    shapes = found.net.inputs.values()
    values = [rng.standard_normal((2, *shape), dtype=np.float32) for shape in shapes]
    with torch.no_grad():
        expected = module(*map(torch.from_numpy, values)).numpy()
    program = found.net.to_numpy(weights=found.weights)
    given = values[0] if len(values) == 1 else dict(zip(found.net.inputs, values, strict=True))
    np.testing.assert_allclose(program(given), expected, rtol=tolerance, atol=tolerance)


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


class SameConv(nn.Conv2d):
    """Pads by what its input's size asks for, and standardizes its weights."""

    def forward(self, input: Any) -> Any:
        x = input
        missing = max((-(-x.shape[-1] // 2) - 1) * 2 + 3 - x.shape[-1], 0)
        if missing > 0:
            x = nn.functional.pad(x, [missing // 2, missing - missing // 2] * 2, value=0.0)
        weight = nn.functional.batch_norm(self.weight.flatten(1)[None], None, None, training=True)
        return nn.functional.conv2d(x, weight.reshape_as(self.weight), self.bias, 2)


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


class Returns(nn.Module):
    def __init__(self, forward: Any, **modules: nn.Module) -> None:
        super().__init__()
        for name, module in modules.items():
            self.add_module(name, module)
        self.call = forward

    def forward(self, x: Any) -> Any:
        return self.call(self, x)


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
        (Returns(lambda m, x: m.a(m.a(x)), a=nn.Conv2d(3, 3, 1)), "the weights of a once more"),
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


def quick(*values: str) -> Any:
    """A case, which is a slow one unless it is among the few of the suite."""
    return pytest.param(*values, marks=() if values[0] in QUICK else pytest.mark.slow)


FAMILIES = [
    "alexnet",
    "convnext_base",
    "convnext_large",
    "convnext_small",
    "convnext_tiny",
    "densenet121",
    "densenet161",
    "densenet169",
    "densenet201",
    "efficientnet_b0",
    "efficientnet_b1",
    "efficientnet_b2",
    "efficientnet_b3",
    "efficientnet_b4",
    "efficientnet_b5",
    "efficientnet_b6",
    "efficientnet_b7",
    "efficientnet_v2_l",
    "efficientnet_v2_m",
    "efficientnet_v2_s",
    "googlenet",
    "inception_v3",
    "mnasnet0_5",
    "mnasnet0_75",
    "mnasnet1_0",
    "mnasnet1_3",
    "mobilenet_v2",
    "mobilenet_v3_large",
    "mobilenet_v3_small",
    "regnet_x_16gf",
    "regnet_x_1_6gf",
    "regnet_x_32gf",
    "regnet_x_3_2gf",
    "regnet_x_400mf",
    "regnet_x_800mf",
    "regnet_x_8gf",
    "regnet_y_128gf",
    "regnet_y_16gf",
    "regnet_y_1_6gf",
    "regnet_y_32gf",
    "regnet_y_3_2gf",
    "regnet_y_400mf",
    "regnet_y_800mf",
    "regnet_y_8gf",
    "resnet101",
    "resnet152",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnext101_32x8d",
    "resnext101_64x4d",
    "resnext50_32x4d",
    "shufflenet_v2_x0_5",
    "shufflenet_v2_x1_0",
    "shufflenet_v2_x1_5",
    "shufflenet_v2_x2_0",
    "squeezenet1_0",
    "squeezenet1_1",
    "vgg11",
    "vgg11_bn",
    "vgg13",
    "vgg13_bn",
    "vgg16",
    "vgg16_bn",
    "vgg19",
    "vgg19_bn",
    "wide_resnet101_2",
    "wide_resnet50_2",
]
QUICK = {"resnet50", "densenet121", "mobilenet_v2", "shufflenet_v2_x0_5"}
LARGE = 80_000_000
"""Nets with more parameters than this are compared by structure and weights alone."""


@pytest.mark.parametrize("name", [quick(name) for name in FAMILIES])
def test_torchvision(torchvision, name):
    """Every convolutional classifier: the same net, in few lines, with the same outputs."""
    given = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    module = torchvision.get_model(name, weights=None, **given).eval()
    size = 299 if name == "inception_v3" else 224
    found = imported(module, (3, size, size))
    own = sum(value.numel() for key, value in module.named_parameters() if "aux" not in key.lower())
    assert found.net.params == own
    assert found.net.diagnostics == () or all(d.severity == "warning" for d in found.net.diagnostics)
    assert sum(1 for line in found.text.splitlines() if line.strip()) <= 100
    if own <= LARGE:
        same_outputs(module, found, tolerance=2e-4)


ZOO = {
    "resnet18": "resnet18",
    "resnet50": "resnet50",
    "resnext50_32x4d": "resnext50_32x4d",
    "wide_resnet50_2": "wide_resnet50_2",
    "vgg16": "vgg16",
    "vgg16_bn": "vgg16bn",
    "alexnet": "alexnet",
    "densenet121": "densenet121",
    "mobilenet_v2": "mobilenetv2",
    "regnet_x_3_2gf": "regnetx_3_2gf",
}


@pytest.mark.parametrize("name, net", [quick(*pair) for pair in ZOO.items()])
def test_what_is_in_the_zoo_is_the_same_net(torchvision, name, net):
    found = imported(torchvision.get_model(name, weights=None), (3, 224, 224))
    assert str(cnnspec.diff(found.net, cnnspec.zoo(net))).count("no difference") == 1
    assert same_nodes(found.net.ir, cnnspec.zoo(net).ir) is not None


def test_a_residual_net_takes_no_more_lines_than_that_of_the_zoo(torchvision):
    found = imported(torchvision.resnet50(weights=None), (3, 224, 224))
    assert sum(1 for line in found.text.splitlines() if line.strip()) <= 1.5 * 28


BACK = {
    *("LeNet5", "ResNet20", "UNetSmall"),
    *("AlexNet", "AlexNet2012", "CSPDarknet53", "ConvNeXt_Tiny", "CrossCorrelation", "DCGAN_Discriminator"),
    *("DCGAN_Generator", "DLA34", "Darknet53", "DenseNetBC_100_12", "EdgeDetector", "EfficientNet_B0"),
    *("GhostNet", "MLP_MNIST", "MobileNetV2_050", "NiN", "RegNetX_400MF", "RepVGG_A0", "ResNet18"),
    *("ShuffleNetV2_x0_5", "SqueezeNet1_1", "UNetPlusPlus", "VGG11BN"),
}
"""Nets of the zoo, one or two of a family, that come back from the torch source that is written of them."""
AT_ONCE = {"LeNet5", "ResNet20", "UNetSmall"}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in AT_ONCE else pytest.mark.slow) for name in sorted(BACK)],
)
def test_the_source_that_is_written_of_a_net_is_that_net(name):
    net = cnnspec.zoo(name)
    with torch.device("meta"):
        module = net.to_torch()
    found = cnnspec.from_torch(module.eval(), *net.inputs.values(), name=net.name)
    assert (found.net.params, found.net.macs) == (net.params, net.macs)
    assert cnnspec.diff(found.net, net).is_empty


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
