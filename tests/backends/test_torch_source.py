"""The torch source: it reads as written by hand, is laid out as black would, and needs torch alone."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from folders import ROOT
from hypothesis import HealthCheck, given, settings
from random_specs import specs

import cnnspec
from cnnspec.backends import CompileError
from cnnspec.backends.torch import source
from cnnspec.backends.torch.names import MODULE_NAMES, UNUSABLE
from cnnspec.backends.weights import declared, initialize
from cnnspec.passes.fold_batchnorm import fold_batchnorm

black = pytest.importorskip("black")
torch = pytest.importorskip("torch")

HELPERS = ROOT / "backends" / "torch" / "helpers"
NETS = ["LeNet5", "AlexNet", "VGG16BN", "ResNet20", "ResNet50", "DenseNet121", "GoogLeNetBN", "NFNet_Tiny"]


def text_of(name: str) -> str:
    return source(cnnspec.zoo(name).resizable, spec="specs/nets.cnn")


def is_laid_out(text: str) -> bool:
    return black.format_str(text, mode=black.Mode()) == text


@pytest.mark.parametrize("name", ["LeNet5", "ResNet20", "UNetSmall", "GoogLeNetBN"])
def test_golden(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"torch_{name}.txt", text_of(name))


@pytest.mark.parametrize("name", NETS)
def test_black_would_change_nothing(name: str) -> None:
    text = text_of(name)
    assert is_laid_out(text)
    assert max(map(len, text.splitlines())) <= 88


@pytest.mark.parametrize("path", sorted(HELPERS.glob("*.py")), ids=lambda path: path.stem)
def test_the_classes_that_sources_carry_along_are_laid_out(path: Path) -> None:
    assert is_laid_out(path.read_text(encoding="utf-8"))


def test_ruff_finds_nothing(tmp_path: Path) -> None:
    for name in NETS:
        (tmp_path / f"{name.lower()}.py").write_text(text_of(name), "utf-8")
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("name", "most"), [("ResNet50", 120), ("ResNet152", 120), ("DenseNet121", 160), ("GoogLeNetBN", 210)]
)
def test_lines(name: str, most: int) -> None:
    assert len(text_of(name).splitlines()) <= most


@pytest.mark.parametrize("name", NETS)
def test_it_imports_torch_alone(name: str) -> None:
    tree = ast.parse(text_of(name))
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {n.module if isinstance(n, ast.ImportFrom) else n.names[0].name for n in imported}
    assert {(name or "").partition(".")[0] for name in names} == {"torch"}


def test_main_prints_the_figures(tmp_path: Path) -> None:
    path = tmp_path / "lenet.py"
    path.write_text(text_of("LeNet5"), "utf-8")
    result = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=True)
    assert result.stdout == "LeNet5: 61,706 params, 416,520 MACs\n"


def test_blocks_that_differ_in_numbers_share_a_class() -> None:
    text = text_of("ResNet50")
    names = [node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    assert len(names) == len(set(names)) <= 5
    assert "Bottleneck(256, 128, stride=2)" in text
    assert "if stride != 1 or in_channels != 4 * width:" in text


def test_blocks_that_call_what_they_share_within_are_one_class() -> None:
    text = """
        def gate(c=channels) {
            share mlp { conv(c // 2, 1) -> relu -> conv(c, 1) }
            mul { | identity | add { | gap -> mlp | gmp -> mlp } -> sigmoid }
        }
        net N { input 3x8x8; conv(4, 3) -> gate -> conv(6, 3) -> gate -> gate }
    """
    found = source(cnnspec.loads(text).resizable)
    assert "self.gate1 = Gate(4)" in found and found.count("Gate(6)") == 2
    assert [found.count(f"class {name}(") for name in ("Gate", "GateMul", "GateAdd", "Mlp")] == [1] * 4


def test_a_dense_block_is_a_loop() -> None:
    assert "for i in range(24)" in text_of("DenseNet121")


def test_depths_become_parameters() -> None:
    text = source(
        cnnspec.loads(
            """
            def unit(width) { conv(width, 3, bias=false) -> batchnorm -> relu }
            def stage(width, depth) {
                unit(width) * depth
                maxpool(2)
            }
            net Net { input 3x32x32
                body { stage(8, 2) -> stage(16, 3) -> stage(32, 5) } }
            """
        ).ir
    )
    assert "range(depth - 1)" in text
    assert "Stage(16, 32, 5)" in text


HOSTILE = """
def forward(self) { conv(self, 3) -> batchnorm }
def x(torch) { conv(torch, 1) -> relu }
def _p(nn=4) { conv(nn, 1) }
net F {
    input 4x8x8
    body {
        type: forward(8)
        class: forward(9)
        _modules: x(3)
        half: conv(4, 1)
        self: x(5)
        lambda: _p(6)
        nn: conv(5, 1)
        keys: x(7)
        import: { conv(4, 1) -> _p }
        concat(type, class, nn, self)
    }
    head train { gap -> flatten -> linear(3) }
    head print from half { gap -> flatten -> linear(3) }
}
"""


def test_names_of_python_and_torch_do_no_harm() -> None:
    from cnnspec.backends.torch import compile

    graph = cnnspec.loads(HOSTILE).ir
    module = compile(graph, seed=0)
    assert keys_of(module) == {key for key, _, _ in declared(graph)}
    assert set(module(torch.zeros(2, 4, 8, 8))) == {"train", "print"}
    assert "torch.jit.script cannot take it" in source(graph)
    assert is_laid_out(source(graph))


def test_the_one_name_that_torch_keeps_for_itself_is_refused() -> None:
    graph = cnnspec.loads("net A { input 4x8x8\n training: conv(4, 3) }").ir
    with pytest.raises(CompileError, match="rename the label"):
        source(graph)


def test_names_that_modules_have_are_known() -> None:
    containers = (torch.nn.Module, torch.nn.Sequential, torch.nn.ModuleList, torch.nn.ModuleDict)
    taken = {name for kind in containers for name in dir(kind()) if not name.startswith("_")}
    assert taken <= MODULE_NAMES
    assert UNUSABLE <= MODULE_NAMES


@pytest.mark.parametrize("spec", ['x"""\nimport os\n"""', "a\\", "é{x}%s", "n\x00ul"])
def test_names_of_files_cannot_leave_the_docstring(spec: str) -> None:
    graph = cnnspec.zoo("LeNet5").ir
    tree = ast.parse(source(graph, spec=spec))
    assert ast.dump(ast.Module(tree.body[1:], [])) == ast.dump(
        ast.Module(ast.parse(source(graph)).body[1:], [])
    )


def keys_of(module: Any) -> set[str]:
    return {key for key in module.state_dict() if not key.endswith("num_batches_tracked")}


@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(specs())
def test_random_nets(spec: str) -> None:
    """Any net: laid out as by black, keys as the paths of layers, accepted by TorchScript."""
    from cnnspec.backends.torch import compile

    graph = cnnspec.loads(spec).ir
    assert is_laid_out(source(graph))
    assert keys_of(compile(graph)) == {key for key, _, _ in declared(graph)}


def test_long_nets_take_linear_time_and_no_recursion() -> None:
    text = source(cnnspec.loads("net A { input 4x8x8\n for i in range(2500) { conv(4, 3) -> relu } }").ir)
    assert text.count("nn.Conv2d") == 2500
    block = "def b { residual { conv(4, 3) }\n relu }\n"
    assert len(source(cnnspec.loads(f"{block}net A {{ input 4x8x8\n b * 2500 }}").ir).splitlines()) < 50


def test_deep_nesting_falls_back_to_classes() -> None:
    body = "conv(4, 3)"
    for _ in range(60):
        body = f"concat {{ | {body} | conv(1, 1) }}"
    ast.parse(source(cnnspec.loads(f"net A {{ input 4x8x8\n {body} }}").ir))


def test_the_drawn_forward_method() -> None:
    """What opens forward.py: a third call is too deep, so the first two get a name."""
    text = """
        def basic(width) {
            residual { conv(width, 3) -> batchnorm -> relu -> conv(width, 3) -> batchnorm }
            relu
        }
        net A { input 8x8x8; basic(8) }
    """
    assert """
    def forward(self, x: Tensor) -> Tensor:
        y = self.batchnorm1(self.conv1(x))
        y = self.conv2(F.relu(y, inplace=True))
        return self.batchnorm2(y) + x  # 8x8x8
""" in source(cnnspec.loads(text).ir)


@pytest.mark.parametrize(
    ("layers", "before", "after"),
    [
        # a hook on a unit may keep its value; folded, the unit is a conv and no more
        ("unit(4) -> relu", False, True),
        ("wrapped(4) -> relu", False, True),
        # a def of one layer is a block, folded or not
        ("conv(4, 1) -> relu -> norm -> relu6", True, True),
        ("relu -> norm -> relu6", False, False),
        ("unit(4) -> conv(4, 1) -> batchnorm -> relu", True, True),
        # what else reads it, and a residual, keep their value
        ("kept: unit(4)\n relu -> add(kept)", False, False),
        ("residual { unit(4) } -> relu", False, False),
    ],
)
def test_activations_write_over_what_nothing_else_reads(layers: str, before: bool, after: bool) -> None:
    text = f"""
        def unit(width) {{ conv(width, 3, bias=false) -> batchnorm }}
        def wrapped(width) {{ unit(width) }}
        def norm {{ batchnorm }}
        net A {{ input 4x8x8
 {layers}
 }}
    """
    net = cnnspec.loads(text)
    weights = initialize(net.ir, 0)
    folded, _ = fold_batchnorm(net.ir, weights)
    assert ["inplace=True" in source(graph) for graph in (net.ir, folded)] == [before, after]
