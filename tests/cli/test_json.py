"""Strict JSON of every command, on success and on failure, against the schema that ships."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from referencing import Registry, Resource

from cnnspec.backends import numpy, safetensors
from cnnspec.cli.main import commands, execute
from cnnspec.files import PACKAGE

SCHEMAS = {path.stem: json.loads(path.read_text("utf-8")) for path in Path(PACKAGE, "schemas").glob("*.json")}
REGISTRY = Registry().with_resources(
    (f"{name}.json", Resource.from_contents(schema)) for name, schema in SCHEMAS.items()
)
SPEC = """
net A {
    input 3x8x8
    m: conv(4, 3, bias=false) -> batchnorm -> relu
    head main from m { gap -> flatten -> linear(3) }
    head aux from m, training { gap -> flatten -> linear(3) }
}
"""
SPACE = "net A(n) { input 3x8x8; conv(n, 3) }\nspace S of A { vary n in 1..9 }\n"
MODULES = """
from torch import nn

class Small(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(256, 2))

class Unsaid(nn.Module):
    def forward(self, x):
        return x.cumsum(1)
"""
FILES = ["--weights", "a.safetensors", "--input", "x.npy"]
DONE: list[tuple[list[str], int]] = [
    (["check", "a.cnn"], 0),
    (["check", "a.cnn", "wrong.cnn"], 1),
    (["check", "resnet18", "missing"], 1),
    (["summary", "a.cnn"], 0),
    (["summary", "a.cnn", "--inference", "--count", "all"], 0),
    (["summary", "infinite.cnn"], 0),
    (["summary", "a.cnn", "--batch", "8", "--optimizer", "sgd", "--dtype", "int8"], 0),
    (["summary", "a.cnn", "--memory"], 0),
    (["sizes", "a.cnn", "--up-to", "40"], 0),
    (["sample", "regnetxspace", "-n", "2"], 0),
    (["solve", "mobilenet", "--vary", "width in [1, 2]", "--maximize", "params"], 0),
    (["solve", "mobilenet", "--vary", "width in [1]", "--where", "macs < 9", "--minimize", "macs"], 1),
    (["search", "space.cnn", "evaluate.py", "--trials", "3", "--storage", "b.log", "--edf", "b.svg"], 0),
    (["search", "space.cnn", "fails.py", "--trials", "3"], 1),
    (["machine"], 0),
    (["field", "a.cnn"], 0),
    (["field", "lenet5", "body.s4", "--at", "1,2", "--effective", "-o", "f.png"], 0),
    (["field", "lenet5", "head.f6.linear"], 0),
    (["sizes", "unet2015", "--up-to", "200"], 0),
    (["compare", "a.cnn", "resnet18", "wrong.cnn"], 0),
    (["compare", "mobilenet", "--set", "width=0.5,1", "--set", "classes=10", "--sort", "macs"], 0),
    (
        [
            "compare",
            "lenet5",
            "a.cnn",
            "--columns",
            "input,output,layers,weights,activations",
            "--batch",
            "4",
        ],
        0,
    ),
    (["summary", "resnet18", "--memory", "--plan", "plain", "--dtype", "float16"], 0),
    (["summary", "a.cnn", "--memory", "--plan", "numpy", "--batch", "3"], 0),
    (["summary", "a.cnn", "--memory", "--plan", "training", "-o", "m.svg"], 0),
    (["summary", "unet2015"], 0),
    (["summary", "googlenet", "--inference"], 0),
    (["diff", "a.cnn", "a.cnn"], 0),
    (["diff", "resnet18", "googlenet"], 1),
    (["import", "nets:Small", "--input", "3x8x8"], 0),
    (["import", "nets:Small", "--input", "3x8x8", "-o", "s.cnn", "--weights", "s.safetensors"], 0),
    (["compile", "a.cnn"], 0),
    (["compile", "a.cnn", "-o", "a.py"], 0),
    (["compile", "a.cnn", "--fold-batchnorm", "-o", "a.onnx"], 0),
    (["compile", "a.cnn", "--backend", "torch", "-o", "b.py"], 0),
    (["compile", "a.cnn", "--train", "-o", "run"], 0),
    (["render", "a.cnn", "-o", "a.svg"], 0),
    (["run", "a.cnn", *FILES], 0),
    (["run", "a.cnn", *FILES, "--top", "2", "-o", "y.npy"], 0),
    (["weights", "show", "a.safetensors"], 0),
    (["weights", "match", "a.cnn", "a.safetensors"], 0),
    (["weights", "convert", "a.cnn", "a.safetensors", "-o", "v.npz"], 0),
    (["verify", "a.cnn", "--train"], 0),
    (["verify", "a.cnn", "--dtype", "float64"], 0),
    (["fmt", "a.cnn"], 0),
    (["fmt", "b.cnn", "a.cnn"], 0),
    (["fmt", "--check", "--diff", "b.cnn"], 1),
    (["fmt", "wrong_syntax.cnn"], 1),
    (["fmt", "missing.cnn"], 1),
    (["explain"], 0),
    (["explain", "shape-join"], 0),
    (["layers"], 0),
    (["layers", "conv"], 0),
    (["layers", "residual"], 0),
    (["layers", "bottleneck"], 0),
    (["zoo", "std"], 0),
    (["zoo"], 0),
    (["zoo", "resnet50"], 0),
    (["zoo", "resnet"], 0),
]
FAILED: list[tuple[list[str], int]] = [
    (["check"], 2),
    (["summary", "wrong.cnn"], 1),
    (["summary", "missing.cnn"], 1),
    (["diff", "a.cnn", "wrong.cnn"], 2),
    (["diff", "a.cnn", "HEAD:missing.cnn"], 2),
    (["summary", "a.cnn", "--columns", "nothing"], 2),
    (["summary", "a.cnn", "--sort", "nothing"], 2),
    (["sizes", "mlp_mnist"], 2),
    (["sample", "a.cnn", "--vary", "n in [1]"], 1),
    (["sample", "a.cnn", "--tries", "0"], 2),
    (["solve", "a.cnn", "--vary", "n in [1]", "--maximize", "params"], 1),
    (["solve", "regnetxspace"], 2),
    (["search", "space.cnn"], 2),
    (["search", "space.cnn", "missing.py"], 1),
    (["search", "space.cnn", "x.npy"], 1),
    (["search", "space.cnn", "evaluate.py", "--edf", "b.txt"], 2),
    (["search", "--report"], 2),
    (["search", "--report", "--storage", "missing.log"], 1),
    (["field", "lenet5", "nothing"], 2),
    (["field", "lenet5", "body.s4", "--at", "9,9"], 2),
    (["field", "lenet5", "-o", "f.svg"], 2),
    (["field", "mlp_mnist", "--effective"], 2),
    (["compare"], 2),
    (["compare", "lenet5", "--sort", "nothing"], 2),
    (["compare", "lenet5", "--columns", "params", "-o", "c.svg"], 2),
    (["summary", "a.cnn", "-o", "m.svg"], 2),
    (["summary", "a.cnn", "--memory", "-o", "m.gif"], 1),
    (["summary", "a.cnn", "--memory", "--plan", "training", "--dtype", "int8"], 2),
    (["import", "nets", "--input", "3x8x8"], 2),
    (["import", "nets:Missing", "--input", "3x8x8"], 2),
    (["import", "nowhere:Small", "--input", "3x8x8"], 2),
    (["import", "nets:Unsaid", "--input", "3x8x8"], 1),
    (["import", "json:dumps", "--input", "3x8x8"], 1),
    (["compile", "a.cnn", "-o", "a.txt"], 2),
    (["compile", "a.cnn", "-o", "nowhere/a.py"], 1),
    (["compile", "a.cnn", "--weights", "x.npy"], 1),
    (["render", "a.cnn", "-o", "-"], 2),
    (["render", "a.cnn", "-o", "a.gif"], 1),
    (["run", "a.cnn", *FILES, "--input", "a.cnn"], 1),
    (["run", "a.cnn", "--weights", "nan.safetensors", "--input", "x.npy", "--top", "2"], 1),
    (["weights", "show", "x.npy"], 1),
    (["weights", "match", "lenet5", "a.safetensors"], 1),
    (["weights", "match", "a.cnn"], 2),
    (["weights", "show", "a.safetensors", "-o", "v.npz"], 2),
    (["weights", "convert", "a.cnn", "a.safetensors", "-o", "v.pth"], 2),
    (["verify", "a.cnn", "--backends", "numpy"], 2),
    (["verify", "a.cnn", "--backends", "jax"], 2),
    (["fmt", "missing"], 1),
    (["explain", "nothing"], 2),
    (["layers", "nothing"], 2),
    (["zoo", "nothing"], 1),
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "a.cnn").write_text(SPEC)
    (tmp_path / "nets.py").write_text(MODULES)
    (tmp_path / "b.cnn").write_text("net B{input 3x8x8;relu}")
    (tmp_path / "wrong.cnn").write_text("net A { input 3x8x8; conv(8, 3, groups=2) }")
    (tmp_path / "wrong_syntax.cnn").write_text("net A { input 3x8x8; -> }")
    (tmp_path / "infinite.cnn").write_text("net A { input 3x8x8; scale(1e308) }")
    (tmp_path / "space.cnn").write_text(SPACE)
    (tmp_path / "evaluate.py").write_text("def evaluate(net, trial):\n    return net.params")
    (tmp_path / "fails.py").write_text("def evaluate(net, trial):\n    return 1 / 0")
    from cnnspec import load

    weights = numpy.compile(load("a.cnn").ir).state_dict()
    safetensors.save("a.safetensors", weights)
    safetensors.save("nan.safetensors", {key: value * np.nan for key, value in weights.items()})
    np.save("x.npy", np.ones((3, 8, 8)))
    return tmp_path


def strict(text: str) -> Any:
    """The one value that a text holds; NaN, Infinity and names that stand twice are no JSON."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({name for name, _ in pairs}) == len(pairs)
        return dict(pairs)

    return json.loads(text, parse_constant=refuse, object_pairs_hook=once)


def validate(value: Any, name: str) -> None:
    jsonschema.Draft202012Validator(SCHEMAS[name], registry=REGISTRY).validate(value)


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_one(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["$id"] == f"{name}.json"


def test_every_command_has_json_and_a_schema() -> None:
    for name, command in commands().items():
        if any("--json" in parameter.opts for parameter in command.params):
            assert name in SCHEMAS, f"cnnspec/schemas/{name}.json is missing"
            assert any(arguments[0] == name for arguments, _ in DONE), f"no case of {name} --json"


@pytest.mark.parametrize(
    ("arguments", "code"),
    DONE,
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, list) else None,
)
def test_success_validates(arguments: list[str], code: int, folder: Path, capsys: Any) -> None:
    assert execute([*arguments, "--json"]) == code
    value = strict(capsys.readouterr().out)
    validate(value, arguments[0])
    assert "error" not in value


@pytest.mark.parametrize(
    ("arguments", "code"),
    FAILED,
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, list) else None,
)
def test_failure_validates(arguments: list[str], code: int, folder: Path, capsys: Any) -> None:
    assert execute([*arguments, "--json"]) == code
    printed = capsys.readouterr()
    value = strict(printed.out)
    validate(value, "failure")
    validate(value, arguments[0])
    assert printed.err
