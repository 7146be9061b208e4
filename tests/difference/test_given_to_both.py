"""`cnnspec diff --set, --input`: each net gets what it has a name for; what none has is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cnnspec.cli.main import execute

FAMILY = "net A(width=8) { input 3x8x8; conv(width, 3) }\n"
PLAIN = "net B { input 3x8x8; conv(16, 3) }\n"
PIXELS = "net C { input pixels 3x8x8; conv(16, 3) }\n"
FILES = {
    "family.cnn": FAMILY,
    "plain.cnn": PLAIN,
    "pixels.cnn": PIXELS,
    "old.cnn": FAMILY + PLAIN,
    "new.cnn": FAMILY.replace("width", "channels") + PLAIN,
}


@pytest.fixture
def specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        Path(name).write_text(text)


@pytest.mark.parametrize(
    "arguments, code, told",
    [
        ("family.cnn plain.cnn", 1, "conv: out 8 -> 16"),
        # a parameter of one side, whichever it is
        ("family.cnn plain.cnn --set width=16", 0, "no difference"),
        ("plain.cnn family.cnn --set width=16", 0, "no difference"),
        ("family.cnn family.cnn --set width=16", 0, "params      448 ->    448"),
        # inputs have names of their own; one without a name is `input`
        ("plain.cnn pixels.cnn --input 3x9x9", 1, "shape 3x9x9 -> 3x8x8"),
        ("plain.cnn pixels.cnn --input 3x9x9 --input pixels=3x9x9", 0, "no difference"),
        # files net by net: here every net lacks a name that another has
        ("old.cnn new.cnn --set width=16 --set channels=16", 0, "no difference: A, B"),
        ("old.cnn new.cnn --set width=16", 1, "conv: out 16 -> 8"),
        # what none has
        ("family.cnn plain.cnn --set depth=2", 2, "net A has no parameter `depth`"),
        ("plain.cnn pixels.cnn --set width=2", 2, "net B has no parameter `width`"),
        ("plain.cnn pixels.cnn --input other=3x9x9", 2, "the net has no input `other`"),
        ("old.cnn new.cnn --set depth=2", 2, "has no parameter `depth`"),
        ("family.cnn plain.cnn --set width=0", 2, "`out` of `conv`"),
    ],
)
def test_each_net_gets_what_it_has_a_name_for(specs, capsys, arguments, code, told):
    assert execute(["diff", *arguments.split()]) == code
    printed = capsys.readouterr()
    assert told in (printed.err if code == 2 else printed.out)


def test_torchvisions_resnet_strides_otherwise_than_that_of_the_paper(torchvision, tmp_path, capsys):
    """The strides of three blocks, and nothing else."""
    imported = str(tmp_path / "imported.cnn")
    assert execute(["import", "torchvision.models:resnet50", "--input", "3x224x224", "-o", imported]) == 0
    capsys.readouterr()
    for new, conv in (("resnet50", "conv_bn"), (imported, "conv")):
        assert execute(["diff", "resnet50_2015", new, "--json"]) == 1
        found = json.loads(capsys.readouterr().out)
        blocks = [f"body.layer{stage}.0.residual.{conv}" for stage in (2, 3, 4)]
        assert [(change["what"], change["places"]) for change in found["changes"]] == [
            (f"{conv}: stride 2 -> 1", [f"{block}1" for block in blocks]),
            (f"{conv}: stride 1 -> 2", [f"{block}2" for block in blocks]),
        ]
