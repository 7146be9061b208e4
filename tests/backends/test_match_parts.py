"""A net that takes part of a checkpoint, and a module that differs from the net beyond its tensors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnnspec
from cnnspec.backends import BACKENDS, Options, find
from cnnspec.backends.inputs import random_inputs
from cnnspec.backends.match import MatchError
from cnnspec.backends.weights import WeightsError, initialize
from cnnspec.cli.main import execute

torch = pytest.importorskip("torch")

SPEC = """
net N(classes=3) { input 2x6x6
    stem { conv(4, 3, bias=false) -> batchnorm -> relu -> conv(5, 1) }
    head { gap -> flatten -> linear(classes) } }
"""
NAMES = {"stem.conv1": "a.conv", "stem.batchnorm": "a.norm", "stem.conv2": "b", "head.linear": "fc"}


def checkpoint(renamed: bool) -> dict[str, Any]:
    """Weights of the net with seven classes, under its own names or others."""
    own = initialize(cnnspec.loads(SPEC, classes=7).ir, seed=1)
    if not renamed:
        return dict(own)
    split = {key: key.rpartition(".") for key in own}
    return {f"{NAMES[path]}.{name}": own[key] for key, (path, _, name) in split.items()}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("cut", [False, True], ids=["with its head", "without"])
@pytest.mark.parametrize("renamed", [False, True], ids=["own names", "others"])
def test_a_head_of_other_classes_starts_anew(renamed: bool, cut: bool, backend: str) -> None:
    pytest.importorskip("onnxruntime")
    net, given = cnnspec.loads(SPEC), checkpoint(renamed)
    head = [key for key in given if key.startswith(("head", "fc"))]
    given = {key: tensor for key, tensor in given.items() if not cut or key not in head}
    found = cnnspec.load_weights(net, given, without="head")
    assert found.anew == ("head.linear.weight", "head.linear.bias")
    assert found.unused == (() if cut else tuple(head))
    expected = {**initialize(net.ir, 0), **dict(zip(found.keys, given.values(), strict=False))}
    assert all(np.array_equal(found.weights[key], expected[key]) for key in expected)
    inputs = random_inputs(net.ir, batch=2)
    outputs = [find(backend).run(net.ir, w, Options())(inputs)["head"] for w in (found.weights, expected)]
    np.testing.assert_array_equal(*outputs)


def test_without_being_asked_nothing_is_left_out() -> None:
    with pytest.raises(MatchError, match=r"head\.linear \(weight 3x5"):
        cnnspec.load_weights(cnnspec.loads(SPEC), checkpoint(renamed=True))
    with pytest.raises(WeightsError, match="no part 'heads' with weights: it has stem, head"):
        cnnspec.load_weights(cnnspec.loads(SPEC), checkpoint(renamed=True), without=["heads"])


def test_a_part_starts_anew_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "n.cnn").write_text(SPEC, encoding="utf-8")
    np.savez(tmp_path / "w.npz", **checkpoint(renamed=True))
    asked = [str(tmp_path / "n.cnn"), str(tmp_path / "w.npz"), "--without", "head"]
    assert execute(["weights", "match", *asked]) == 0
    text = capsys.readouterr().out
    assert "7 tensors, 2 not used" in text and "starts anew: head.linear.bias" in text
    assert execute(["weights", "match", *asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["anew"] == ["head.linear.weight", "head.linear.bias"]
    assert told["unused"] == ["fc.weight", "fc.bias"]
    assert execute(["weights", "show", asked[1], "--without", "head"]) == 2
    assert "--without is of a net" in capsys.readouterr().err


class Twin(torch.nn.Module):
    """The net of SPEC in torch; `turned` gives its channels to the second convolution in another order."""

    def __init__(self, eps: float = 1e-5, turned: bool = False) -> None:
        super().__init__()
        self.conv, self.norm = torch.nn.Conv2d(2, 4, 3, padding=1, bias=False), torch.nn.BatchNorm2d(4, eps)
        self.last, self.fc = torch.nn.Conv2d(4, 5, 1), torch.nn.Linear(5, 3)
        self.turned = turned

    def forward(self, x: Any) -> Any:
        x = self.norm(self.conv(x)).relu()
        return self.fc(self.last(x.flip(1) if self.turned else x).mean((2, 3)))


EXAMPLE = torch.randn(2, 2, 6, 6, generator=torch.Generator().manual_seed(0))


def test_of_a_module_that_is_the_net_nothing_is_said() -> None:
    net = cnnspec.loads(SPEC)
    assert cnnspec.load_weights(net, Twin()).differing == ()
    assert cnnspec.load_weights(net, Twin(), EXAMPLE).differing == ()


def test_norms_that_add_another_eps_are_named_with_and_without_an_example() -> None:
    told = "stem.batchnorm has eps=0.001, norm has 0.1: outputs differ"
    net = cnnspec.loads(SPEC.replace("batchnorm", "batchnorm(eps=1e-3)"))
    assert cnnspec.load_weights(net, Twin(eps=0.1)).differing == (told,)
    assert cnnspec.load_weights(net, Twin(eps=0.1), EXAMPLE).differing[0] == told


def test_outputs_that_lie_apart_for_the_example_are_told() -> None:
    found = cnnspec.load_weights(cnnspec.loads(SPEC), Twin(turned=True), EXAMPLE)
    assert len(found.differing) == 1 and found.differing[0].startswith("other outputs: they lie ")
    assert "channels in another order" in str(found)
