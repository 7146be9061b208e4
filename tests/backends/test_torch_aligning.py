"""Blocks of one def that an `if`, an activation or the shortcut sets apart, as one class of torch source."""

from __future__ import annotations

import re

import pytest

import cnnspec
from cnnspec.backends.inputs import random_inputs
from cnnspec.backends.torch import source
from cnnspec.backends.weights import declared

torch = pytest.importorskip("torch")

GATED = """
    def block(out, gated) {
        residual(shortcut=if_same) {
            conv(out, 3) -> batchnorm -> relu
            if gated { gate: { conv(out, 1) -> sigmoid } }
            conv(out, 1)
        }
    }
    net N { input 3x8x8; block(4, false) -> block(4, false) -> block(4, true) -> block(6, true) }
"""
ACTIVATED = """
    def unit(out, act) { conv(out, 3) -> act }
    net N { input 3x8x8; unit(4, relu) -> unit(5, silu) -> unit(6, identity) -> unit(7, relu) }
"""
SHIFTED = """
    def block(out, wide) { if wide { conv(2 * out, 1) }; conv(out, 3) -> relu }
    net N { input 4x8x8; block(4, false) -> block(4, true) }
"""
SKIPPED = """
    def block(out, scaled) {
        a: batchnorm
        if scaled { b: scale(2) }
        c: conv(out, 3)
        concat(a, c)
    }
    net N { input 4x8x8; block(4, false) -> block(4, true) }
"""
PADDED = """
    def block(stride=1, pad=half) { residual(shortcut=if_same) { conv(4, 3, stride, pad=pad) } }
    net N { input 3x8x8; block(2, pad=same) -> block }
"""
"""The padding makes two classes of the block, each of which has the sum always, or never."""
LABELLED = GATED.replace("conv(out, 3)", "adds: conv(out, 3)")


def classes_in(text: str) -> list[str]:
    """The classes of a net's own source, without helpers."""
    found = re.findall(r"^class (\w+)", source(cnnspec.loads(text).resizable), re.MULTILINE)
    return [name for name in found if name not in ("Chain", "Scale")]


@pytest.mark.parametrize(
    "text, names",
    [
        (GATED, ["BlockResidual", "Block", "N"]),
        (ACTIVATED, ["Unit", "N"]),
        (SHIFTED, ["Block", "Block2", "N"]),
        (SKIPPED, ["Block", "Block2", "N"]),
        (PADDED, ["SameConv2d", "BlockResidual", "BlockResidual2", "Block", "Block2", "N"]),
        (LABELLED, ["BlockResidual", "Block", "N"]),
    ],
)
def test_the_classes_of_a_def(text: str, names: list[str]) -> None:
    assert classes_in(text) == names


def test_a_part_that_some_blocks_lack_is_made_under_a_condition() -> None:
    written = source(cnnspec.loads(GATED).resizable)
    for line in (
        "self.gate: nn.Module = nn.Identity()",
        "if gated:",
        "self.adds = in_channels == out",
        "return y + x if self.adds else y",
        "Block(3, 4, False)",
    ):
        assert line in written


def test_an_activation_that_differs_is_an_argument() -> None:
    written = source(cnnspec.loads(ACTIVATED).resizable)
    assert "def __init__(self, in_channels: int, out: int, act: type[nn.Module]) -> None:" in written
    assert "self.act = act(inplace=True)" in written
    assert "Unit(5, 6, nn.Identity)" in written


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
@pytest.mark.parametrize("text", [GATED, ACTIVATED, SHIFTED, SKIPPED, PADDED, LABELLED])
def test_it_computes_what_the_spec_says_under_the_keys_of_the_spec(text: str) -> None:
    net = cnnspec.loads(text)
    module = net.to_torch(seed=0).eval()
    keys = [key for key in module.state_dict() if not key.endswith("num_batches_tracked")]
    assert keys == [key for key, _, _ in declared(net.ir)]
    inputs = random_inputs(net.ir, 0, 2)
    with torch.no_grad():
        values = [torch.as_tensor(value) for value in inputs.values()]
        expected = torch.as_tensor(net.to_numpy(seed=0)(*inputs.values()))
        for made in (module, torch.jit.script(module), torch.fx.symbolic_trace(module)):
            torch.testing.assert_close(made(*values), expected, rtol=1e-4, atol=1e-5)


def test_the_class_of_a_module_makes_others_with_other_arguments() -> None:
    kind = type(cnnspec.zoo("lenet5").to_torch())
    assert kind(classes=7)(torch.zeros(1, 1, 32, 32)).shape == (1, 7)
