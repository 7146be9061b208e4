"""Torch source of whole nets, as those who commit it use it: typed, opened, hooked, exported, wrapped."""

from __future__ import annotations

import ast
import inspect
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import cnnspec
from cnnspec.backends.inputs import random_inputs
from cnnspec.backends.torch import source
from cnnspec.backends.weights import declared
from cnnspec.zoo_list import entries

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from cnnspec.backends.torch.module import classes_of  # noqa: E402

AT_ONCE = ["LeNet5", "ResNet20", "UNetSmall", "NFNet_Tiny"]
ZOO = [entry.name for entry in entries() if entry.params is not None]


def every(at_once: list[str], names: list[str] = ZOO) -> Any:
    """The nets of the zoo, all slow but some."""
    return [pytest.param(name, marks=() if name in at_once else pytest.mark.slow) for name in names]


def text_of(name: str) -> str:
    return source(cnnspec.zoo(name).resizable, spec=name)


def written(folder: Path, names: list[str]) -> list[str]:
    """The files of the sources of nets."""
    for name in names:
        (folder / f"{name.lower()}.py").write_text(text_of(name), "utf-8")
    return [str(path) for path in sorted(folder.glob("*.py"))]


def run(*command: str) -> str:
    """What a checker says; nothing where it finds nothing."""
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if result.returncode == 0 else result.stdout + result.stderr


@pytest.mark.skipif(shutil.which("pyright") is None, reason="pyright is not installed")
def test_pyright_finds_nothing(tmp_path: Path) -> None:
    assert run("pyright", "--pythonpath", sys.executable, *written(tmp_path, AT_ONCE)) == ""


@pytest.mark.slow
def test_no_checker_finds_anything_in_the_zoo(tmp_path: Path) -> None:
    for tool in ("black", "mypy", "pyright"):
        pytest.importorskip(tool)
    files = written(tmp_path, ZOO)
    assert run(sys.executable, "-m", "black", "--check", "--quiet", *files) == ""
    assert run(sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", *files) == ""
    assert run(sys.executable, "-m", "mypy", "--no-incremental", *files) == ""
    assert run("pyright", "--pythonpath", sys.executable, *files) == ""


def others(value: Any) -> Iterator[Any]:
    """Values of a parameter that the compiler has not looked at."""
    if isinstance(value, tuple):
        yield from (tuple(3 * item for item in value), tuple(item + 2 for item in value), value[::-1])
    elif isinstance(value, int):
        yield from (3 * value, value + 3, max(1, value // 3))
    else:
        yield value / 3


@pytest.mark.parametrize("name", every([*AT_ONCE, "UNetPlusPlus"]))
def test_a_constructor_makes_the_net_that_the_spec_has_with_its_arguments(name: str) -> None:
    graph = cnnspec.zoo(name).resizable
    kind = classes_of(source(graph), graph.name)[-1]
    given = inspect.signature(kind).parameters
    defaults = dict(graph.root.arguments)
    assert {name: parameter.default for name, parameter in given.items()} == {
        name: defaults[name] for name in given
    }
    for parameter, value in ((key, value) for key in given for value in others(defaults[key])):
        assert graph.variant is not None
        other = graph.variant({parameter: value})
        if other is not None:
            with torch.device("meta"):
                assert shapes(kind(**{parameter: value})) == {
                    key: weight.shape for key, weight, _ in declared(other)
                }


def shapes(module: nn.Module) -> dict[str, tuple[int, ...]]:
    state = module.state_dict().items()
    return {key: tuple(value.shape) for key, value in state if not key.endswith("num_batches_tracked")}


OPEN = {
    "LeNet5": {"classes": 10},
    "ResNet50": {"depths": (3, 4, 6, 3), "classes": 1000},
    "DenseNet121": {"growth": 32, "classes": 1000},
    "ConvNeXt_Tiny": {"depths": (3, 3, 9, 3), "widths": (96, 192, 384, 768), "drop": 0.1, "classes": 1000},
    "UNetSmall": {"image": (1, 64, 64), "classes": 2, "width": 16},
    "RetinaNet_ResNet50": {"depths": (3, 4, 6, 3), "classes": 91, "anchors": 9},
}


@pytest.mark.parametrize("name", OPEN)
def test_the_parameters_that_stay_open(name: str) -> None:
    graph = cnnspec.zoo(name).resizable
    given = inspect.signature(classes_of(source(graph), graph.name)[-1]).parameters
    assert {key: parameter.default for key, parameter in given.items()} == OPEN[name]


def test_a_width_that_is_rounded_stays_closed() -> None:
    text = """
        net N(width=1.0, classes=4) {
            input 3x8x8
            conv(int(30 * width), 3) -> gap -> flatten -> linear(max(classes, 3))
        }
    """
    assert "def __init__(self) -> None:" in source(cnnspec.loads(text).resizable)


def module_of(name: str) -> tuple[nn.Module, list[Any]]:
    """A net of the zoo with weights of a seed, in inference, and inputs for it."""
    found = cnnspec.zoo(name)
    inputs = [torch.as_tensor(value) for value in random_inputs(found.ir, 0, 1).values()]
    return found.to_torch(seed=0).eval(), inputs


CLASSES = {
    "MobileNetV3_Large": {"Block": 2, "Unit": 1, "SqueezeExcite": 1},
    "ConvNeXt_Tiny": {"Block": 1, "Norm": 1},
    "YOLOv8n": {"C2f": 2, "Bottleneck": 1, "Unit": 1, "ConvBn": 1},
    "HRNet_W18": {"Basic": 1, "Bottleneck": 1, "ConvBn": 1},
}
"""How many classes a def is written as: two where it calls more layers at some places than at others."""


@pytest.mark.parametrize("name", CLASSES)
def test_a_def_is_one_class_whatever_its_arguments_are(name: str) -> None:
    written = re.findall(r"^class (\w+)\(", text_of(name), re.MULTILINE)
    for kind, count in CLASSES[name].items():
        assert len([other for other in written if re.fullmatch(rf"{kind}\d*", other)]) == count, kind


@pytest.mark.parametrize("name", every([*AT_ONCE, "GoogLeNetBN", "YOLOv8n", "FCN_ResNet50"]))
def test_classes_and_methods_say_what_they_take_and_give(name: str) -> None:
    """Each class has a docstring, the net's with its shapes; each argument and each result has a type."""
    text = text_of(name)
    classes = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    assert text.isascii() and all(map(ast.get_docstring, classes))
    shapes = re.search(r"\(N, .*\) -> .*\(N, ", ast.get_docstring(classes[-1]) or "", re.DOTALL)
    # a U-Net cuts what it joins to the smaller of two maps
    assert shapes or name.startswith("UNet")
    for kind in classes:
        for method in (node for node in kind.body if isinstance(node, ast.FunctionDef)):
            given = [*method.args.args[1:], *method.args.kwonlyargs, method.args.vararg, method.args.kwarg]
            assert all(argument.annotation for argument in given if argument), f"{kind.name}.{method.name}"
            assert method.returns, f"{kind.name}.{method.name}"


@pytest.mark.parametrize("name", every([*AT_ONCE, "MobileNetV3_Small"]))
def test_a_hook_fires_on_every_block_and_keeps_its_value(name: str) -> None:
    """Nothing works in place on what a block gave: its version is that which the hook saw."""
    found = cnnspec.zoo(name)
    with torch.device("meta"):
        module = found.to_torch()
        inputs = [torch.zeros(2, *shape) for shape in found.inputs.values()]
    blocks = {path: block for path, block in module.named_modules() if list(block.children())}
    seen: dict[str, Any] = {}
    versions: dict[str, int] = {}

    def keep(path: str, value: Any) -> None:
        seen[path], versions[path] = value, value._version

    for path, block in blocks.items():
        block.register_forward_hook(lambda _, __, value, path=path: keep(path, value))
    module(*inputs)
    assert set(blocks) - set(seen) == SILENT.get(name, set())
    assert {path: value._version for path, value in seen.items()} == versions


SILENT: dict[str, set[str]] = {}
"""Blocks that hold what a block elsewhere calls, and are no modules by themselves."""


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
@pytest.mark.parametrize("name", every(["LeNet5"]))
def test_what_torch_does_with_modules(name: str) -> None:
    module, inputs = module_of(name)
    can_script = "torch.jit.script cannot take it" not in text_of(name)
    with torch.no_grad():
        expected = module(*inputs)
        ways = {
            "fx": torch.fx.symbolic_trace(module),
            "export": torch.export.export(module, tuple(inputs)).module(),
            "compile": torch.compile(module, backend="aot_eager", fullgraph=True),
            "trace": torch.jit.trace(module, tuple(inputs), strict=False),
            **({"script": torch.jit.script(module)} if can_script else {}),
        }
        for way, made in ways.items():
            got = made(*inputs)
            torch.testing.assert_close(got, expected, rtol=1e-3, atol=1e-4, msg=f"{way} gives other values")
        with torch.autocast("cpu", torch.bfloat16):
            outputs = module(*inputs)
    for value in outputs.values() if isinstance(outputs, dict) else [outputs]:
        assert torch.isfinite(value).all()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
@pytest.mark.skipif(shutil.which("g++") is None, reason="inductor needs a C++ compiler")
@pytest.mark.parametrize(
    "name", ["LeNet5", "ResNet20", "UNetSmall", "MobileNetV3_Small", "ConvNeXtV2_Atto", "ShuffleNetV2_x0_5"]
)
def test_inductor_compiles_modules_whole(name: str) -> None:
    module, inputs = module_of(name)
    with torch.no_grad():
        expected = module(*inputs)
        got = torch.compile(module, fullgraph=True)(*inputs)
    torch.testing.assert_close(got, expected, rtol=1e-3, atol=1e-4)
