"""The compiled ResNet-50 against torchvision's hand-written one, in one run on one device.

    python benchmarks/torch_gpu.py

Inference and a training step, each eager, in bfloat16 with maps laid out channels last, and by torch.compile.
The two nets take turns, round by round, with the same weights and images; the figure is the median of the
rounds. Needs CUDA (or `--device cpu`, which says nothing about GPUs) and torchvision; installed without its
dependencies torchvision runs beside any build of torch.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

import torch

import cnnspec

Step = Callable[[], Any]


class Setting(NamedTuple):
    """One way to run a net."""

    training: bool
    bfloat16: bool
    compiled: bool

    def __str__(self) -> str:
        kind = "bf16 channels-last" if self.bfloat16 else "float32"
        return (
            f"{'training step' if self.training else 'inference'}, {kind}{', torch.compile' * self.compiled}"
        )


class Result(NamedTuple):
    """Images a second of each net, medians of the rounds."""

    setting: str
    ours: float
    theirs: float

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs


def torchvision_models() -> Any:
    """torchvision's models; its detection operators are declared, so that it imports beside any torch."""
    library = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, name):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision.models

    return torchvision.models


def nets() -> tuple[Any, Any]:
    """Ours and theirs, with the same weights."""
    theirs = torchvision_models().resnet50(weights=None)
    net = cnnspec.zoo("ResNet50")
    ours: Any = net.to_torch(weights=cnnspec.load_weights(net, theirs.state_dict()).weights)
    return ours, theirs


def step(module: Any, setting: Setting, images: torch.Tensor, labels: torch.Tensor) -> Step:
    """What one turn does: a forward pass, or a step of SGD."""
    module = module.train(setting.training).to(images.device)
    if setting.bfloat16:
        module = module.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    run: Callable[..., Any] = torch.compile(module) if setting.compiled else module
    optimizer = torch.optim.SGD(module.parameters(), lr=0.01, momentum=0.9)

    def mixed() -> Any:
        return torch.autocast(images.device.type, torch.bfloat16) if setting.bfloat16 else nullcontext()

    def infer() -> None:
        with torch.inference_mode(), mixed():
            run(images)

    def train() -> None:
        optimizer.zero_grad(set_to_none=True)
        with mixed():
            loss = torch.nn.functional.cross_entropy(run(images), labels)
        loss.backward()
        optimizer.step()

    return train if setting.training else infer


def seconds(turn: Step, repeats: int, device: str) -> float:
    """How long one turn takes, over several."""
    wait(device)
    start = perf_counter()
    for _ in range(repeats):
        turn()
    wait(device)
    return (perf_counter() - start) / repeats


def wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def compare(setting: Setting, batch: int, size: int, rounds: int, repeats: int, device: str) -> Result:
    """Both nets in one setting, turn by turn."""
    torch.manual_seed(0)
    torch.compiler.reset()
    images = torch.randn(batch, 3, size, size, device=device)
    labels = torch.randint(1000, (batch,), device=device)
    turns = [step(module, setting, images, labels) for module in nets()]
    for turn in turns:
        seconds(turn, 3, device)
    times: list[list[float]] = [[], []]
    for number in range(rounds):
        # each goes first in every other round
        for index in (0, 1) if number % 2 else (1, 0):
            times[index].append(seconds(turns[index], repeats, device))
    ours, theirs = (batch / median(taken) for taken in times)
    return Result(str(setting), ours, theirs)


def settings(compiled: bool) -> Iterator[Setting]:
    for training in (False, True):
        yield Setting(training, False, False)
        yield Setting(training, True, False)
        if compiled:
            yield Setting(training, True, True)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--batch", type=int, default=128, help="images in a batch")
    parser.add_argument("--size", type=int, default=224, help="height and width of an image, in pixels")
    parser.add_argument("--rounds", type=int, default=9, help="turns of each net")
    parser.add_argument("--repeats", type=int, default=10, help="passes in a turn")
    parser.add_argument("--no-compile", action="store_true", help="leave torch.compile out")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    given = parser.parse_args()
    if given.device == "cuda" and not torch.cuda.is_available():
        print(
            "there is no CUDA device: nothing is measured (--device cpu runs it all the same)",
            file=sys.stderr,
        )
        return 2
    device = torch.cuda.get_device_name() if given.device == "cuda" else "CPU"
    results = []
    for setting in settings(not given.no_compile):
        result = compare(setting, given.batch, given.size, given.rounds, given.repeats, given.device)
        results.append(result)
        if not given.json:
            print(
                f"{result.setting:<50} cnnspec {result.ours:9.1f}/s  torchvision {result.theirs:9.1f}/s"
                f"  ratio {result.ratio:.3f}",
                flush=True,
            )
    if given.json:
        rows = [result._asdict() | {"ratio": result.ratio} for result in results]
        print(
            json.dumps({"device": device, "torch": torch.__version__, "batch": given.batch, "results": rows})
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
