"""Foreign checkpoints: other names, other orders of parallel paths, and what is refused."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import cnnspec
from cnnspec.backends.match import MatchError, match
from cnnspec.backends.weights import initialize

BLOCK = """
def block(width) {
    residual(shortcut=project) { conv(width, 1, bias=false) -> batchnorm -> relu
        conv(width, 3, bias=false) -> batchnorm }
    relu
}
net Net {
    input 3x8x8
    body { conv(4, 3) -> relu -> block(6) -> block(6)
        mark: relu }
    head { gap -> flatten -> linear(5) }
    head side from mark, training { gap -> flatten -> linear(2) }
}
"""


def renamed(weights: dict[str, Any], order: list[str], names: dict[str, str]) -> dict[str, Any]:
    """A checkpoint with the modules in this order, under these names."""
    found = {}
    for path in order:
        for key, value in weights.items():
            if key.rpartition(".")[0] == path:
                found[f"{names[path]}.{key.rpartition('.')[2]}"] = value
    return found


@pytest.fixture
def block() -> cnnspec.Net:
    return cnnspec.loads(re.sub(r"    head side.*\n", "", BLOCK))


def paths(net: cnnspec.Net) -> list[str]:
    return list(dict.fromkeys(key.rpartition(".")[0] for key in initialize(net.ir)))


def test_own_names_are_taken_as_they_are(block: cnnspec.Net) -> None:
    weights = initialize(block.ir)
    assert dict(match(block.ir, dict(reversed(weights.items()))).keys) == {key: key for key in weights}


def test_other_names_are_matched_in_order(block: cnnspec.Net) -> None:
    weights = initialize(block.ir, 1)
    names = {path: f"layers.{number}" for number, path in enumerate(paths(block))}
    found = match(block.ir, renamed(weights, paths(block), names))
    assert found.keys["head.linear.bias"] == f"layers.{len(names) - 1}.bias"
    for key, value in weights.items():
        np.testing.assert_array_equal(found.weights[key], value)
    assert "body.conv" in str(found).splitlines()[0] and "<- layers.0" in str(found).splitlines()[0]


def test_a_shortcut_may_come_first_and_its_name_tells_it_from_an_equal_conv(block: cnnspec.Net) -> None:
    weights = initialize(block.ir, 1)
    own = paths(block)
    names, order = {}, []
    for number, path in enumerate(own):
        outer = f"b{path.split('.')[1]}" if "residual" in path else f"top{number}"
        part = "proj" if "shortcut" in path else "f"
        names[path] = f"{outer}.{part}.{number}"
    for path in own:
        if "residual.conv1" in path:
            order += [other for other in own if other.startswith(path.removesuffix("conv1") + "shortcut")]
        if "shortcut" not in path:
            order.append(path)
    found = match(block.ir, renamed(weights, order, names))
    assert dict(found.keys) == {
        key: f"{names[key.rpartition('.')[0]]}.{key.rpartition('.')[2]}" for key in weights
    }


def test_tensors_with_other_names_go_in_order() -> None:
    net = cnnspec.loads("net N { input 4\n linear(4) }")
    weight, bias = np.ones((4, 4), np.float32), np.zeros(4, np.float32)
    assert dict(match(net.ir, {"w.kernel": weight, "w.offset": bias}).keys) == {
        "linear.weight": "w.kernel",
        "linear.bias": "w.offset",
    }


def test_a_scale_of_a_block_is_listed_before_what_it_scales() -> None:
    """A module of torch lists its own parameters first: the scale of ConvNeXt, which acts last, as 4x1x1."""
    text = """
    def block { residual { dwconv(3) -> conv(channels, 1) -> layerscale } }
    net Scaled { input 4x8x8; block * 2 -> gap -> flatten -> linear(3) }
    """
    net = cnnspec.loads(text)
    own = initialize(net.ir, 0)
    paths = list(dict.fromkeys(key.rpartition(".")[0] for key in own))
    checkpoint: dict[str, Any] = {}
    for number in (0, 1):
        dwconv, conv, scale = paths[3 * number : 3 * number + 3]
        checkpoint[f"blocks.{number}.gamma"] = own[f"{scale}.weight"].reshape(4, 1, 1) + number
        for name, path in (("spread", dwconv), ("mix", conv)):
            for kind in ("weight", "bias"):
                tensor = own[f"{path}.{kind}"] + number
                checkpoint[f"blocks.{number}.{name}.{kind}"] = tensor.reshape(
                    [n for n in tensor.shape if n > 1]
                )
    checkpoint |= {"fc.weight": own["linear.weight"], "fc.bias": own["linear.bias"]}
    found = match(net.ir, checkpoint)
    assert {key: value.shape for key, value in found.weights.items()} == {k: v.shape for k, v in own.items()}
    assert [key for key in found.keys.values() if "gamma" in key] == ["blocks.0.gamma", "blocks.1.gamma"]


def test_training_heads_may_be_missing() -> None:
    net = cnnspec.loads(BLOCK)
    weights = {f"m.{key}": value for key, value in initialize(net.ir.inference()).items()}
    assert match(net.ir, weights).left_out == ("side",)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda w: dict(list(w.items())[:-2]),
            r"number 12 the net has head\.linear .*, the checkpoint nothing more",
        ),
        (
            lambda w: {**w, "x.weight": np.zeros(3)},
            r"number 13 the net has nothing more, the checkpoint x \(weight 3\)",
        ),
        (lambda w: {k: v[:4] if k == "m.head.linear.bias" else v for k, v in w.items()}, "bias 5.*bias 4"),
        (lambda w: {}, "the checkpoint nothing more"),
    ],
    ids=["short", "long", "shape", "empty"],
)
def test_what_does_not_fit_is_refused(block: cnnspec.Net, change: Any, message: str) -> None:
    weights = {f"m.{key}": value for key, value in initialize(block.ir).items()}
    with pytest.raises(MatchError, match=message):
        match(block.ir, change(weights))


def test_another_depth_is_refused_where_the_two_part() -> None:
    shallow, deep = cnnspec.zoo("ResNet18"), cnnspec.zoo("ResNet34")
    weights = {f"m.{key}": value for key, value in initialize(deep.ir).items()}
    with pytest.raises(MatchError, match=r"body.layer2.0.*weight 128x64x3x3.*the checkpoint m.body.layer1.2"):
        match(shallow.ir, weights)


def test_another_epsilon_of_a_module_is_told() -> None:
    from torch import nn

    theirs = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, eps=1e-3), nn.Flatten(), nn.Linear(144, 2))
    text = "net N { input 3x8x8; conv(4, 3, pad=valid) -> batchnorm(eps=EPS) -> flatten -> linear(2) }"
    found = {
        eps: cnnspec.load_weights(cnnspec.loads(text.replace("EPS", eps)), theirs) for eps in ("1e-3", "1e-5")
    }
    assert found["1e-3"].differing == ()
    assert found["1e-5"].differing == ("batchnorm has eps=1e-05, 1 has 0.001: outputs differ",)
    assert str(found["1e-5"]).endswith("outputs differ")
    assert (
        cnnspec.load_weights(cnnspec.loads(text.replace("EPS", "1e-5")), theirs.state_dict()).differing == ()
    )


TORCHVISION = {
    "alexnet": ("AlexNet", 67),
    "vgg11": ("VGG11", 32),
    "vgg16_bn": ("VGG16BN", 32),
    "resnet18": ("ResNet18", 32),
    "resnet50": ("ResNet50", 32),
    "resnext50_32x4d": ("ResNeXt50_32x4d", 32),
    "wide_resnet50_2": ("WideResNet50_2", 32),
    "densenet121": ("DenseNet121", 32),
    "googlenet": ("GoogLeNetBN", 96),
    "regnet_x_3_2gf": ("RegNetX_3_2GF", 32),
    "mobilenet_v2": ("MobileNetV2", 32),
    "convnext_tiny": ("ConvNeXt_Tiny", 64),
}
QUICK = {"resnet18", "densenet121", "googlenet"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in TORCHVISION]
)
def test_torchvision(torchvision: Any, name: str) -> None:
    """Random weights of torchvision's own module give its outputs, to the last bit."""
    import torch

    own, size = TORCHVISION[name]
    options = {"init_weights": False, "aux_logits": True} if name == "googlenet" else {}
    theirs = getattr(torchvision, name)(weights=None, **options)
    stir(theirs)
    net = cnnspec.zoo(own)
    found = cnnspec.load_weights(net, theirs.state_dict())
    mine: Any = net.to_torch(weights=found.weights)
    images = torch.randn(2, 3, size, size)
    with torch.no_grad():
        torch.testing.assert_close(mine.eval()(images), theirs.eval()(images), rtol=1e-5, atol=1e-5)


def stir(module: Any) -> None:
    """Give batch norms statistics that make a difference."""
    import torch

    norms: list[Any] = [part for part in module.modules() if isinstance(part, torch.nn.BatchNorm2d)]
    for part in norms:
        if part.affine:
            torch.nn.init.uniform_(part.weight, 0.5, 1.5)
            torch.nn.init.normal_(part.bias, 0, 0.1)
            torch.nn.init.normal_(part.running_mean, 0, 0.1)
            torch.nn.init.uniform_(part.running_var, 0.5, 1.5)


def test_weights_go_to_a_file_and_come_from_a_module(tmp_path: Any) -> None:
    import numpy as np

    from cnnspec.backends import safetensors
    from cnnspec.backends.weights import WeightsError

    net = cnnspec.zoo("lenet5")
    module, path = net.to_torch(seed=3), tmp_path / "w.safetensors"
    net.save_weights(path, module)
    kept = safetensors.load(path)
    program = net.to_numpy(seed=3)
    assert kept.keys() == program.state_dict().keys()
    assert all(np.array_equal(kept[key], value) for key, value in program.state_dict().items())
    assert all(np.array_equal(cnnspec.load_weights(net, module).weights[key], kept[key]) for key in kept)
    with pytest.raises(WeightsError, match="missing"):
        net.save_weights(tmp_path / "part.safetensors", {"head.linear.weight": kept["head.linear.weight"]})
    assert not (tmp_path / "part.safetensors").exists()
