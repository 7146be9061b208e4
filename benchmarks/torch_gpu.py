"""Ten compiled nets against torchvision's hand-written ones, in one run on one device.

    python benchmarks/torch_gpu.py
    python benchmarks/torch_gpu.py --nets resnet50 convnext_tiny --no-compile

Inference and a training step, in float32 and in bfloat16 with maps laid out channels last, each eager and by
torch.compile. The two nets of a pair have the same weights and images. Before they are timed, their outputs
and the gradients of the images are held against torchvision's net in float64; one that is more than twice as
far off as torchvision's in the same setting makes the script end with 1. Then they take turns, round by
round, and the figure is the median of the rounds. Beside it stands the share of the roofline: the least time
that arithmetic and traffic leave, by what the device reaches in a large matrix product and a large copy, over
the time that ours took. Needs CUDA (or `--device cpu`, which says nothing about GPUs) and torchvision;
installed without its dependencies torchvision runs beside any build of torch.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from itertools import product
from statistics import median
from time import perf_counter
from typing import Any

import torch

import cnnspec
from cnnspec.passes.roofline import Machine, layer_times, total_time

Step = Callable[[], Any]

NETS = {
    "resnet50": "ResNet50",
    "resnext50_32x4d": "ResNeXt50_32x4d",
    "vgg16": "VGG16",
    "densenet121": "DenseNet121",
    "mobilenet_v2": "MobileNetV2",
    "mobilenet_v3_large": "MobileNetV3_Large",
    "shufflenet_v2_x1_0": "ShuffleNetV2_x1_0",
    "regnet_x_800mf": "RegNetX_800MF",
    "efficientnet_b0": "EfficientNet_B0",
    "convnext_tiny": "ConvNeXt_Tiny",
}
"""torchvision's names, and the zoo's."""
PASSES = {False: 1, True: 3}
"""A training step against an inference: forward, the gradient of the maps and that of the weights."""
LEAST_ALLOWED = 1e-5
"""A relative error that is never held against a net, however near to float64 torchvision's is."""


@dataclass(frozen=True)
class Setting:
    """One way to run a net."""

    training: bool
    bfloat16: bool
    compiled: bool

    def __str__(self) -> str:
        work = "training step" if self.training else "inference"
        kind = "bf16 channels-last" if self.bfloat16 else "float32"
        return f"{work}, {kind}, {'torch.compile' if self.compiled else 'eager'}"

    def precision(self, device: str) -> AbstractContextManager[Any]:
        """What a pass runs under."""
        return torch.autocast(device, torch.bfloat16) if self.bfloat16 else nullcontext()


@dataclass(frozen=True)
class Result:
    """Images a second of each net, medians of the rounds, and how far each is from float64."""

    net: str
    setting: str
    ours: float
    theirs: float
    ratio: float
    roofline: float
    errors: tuple[float, float]
    errors_of_theirs: tuple[float, float]

    @property
    def agrees(self) -> bool:
        """Whether output and gradient are at most twice as far off as theirs; false where there are NaN."""
        pairs = zip(self.errors, self.errors_of_theirs, strict=True)
        return all(ours <= max(LEAST_ALLOWED, 2 * theirs) for ours, theirs in pairs)

    def __str__(self) -> str:
        (output, gradient), (output_of_theirs, gradient_of_theirs) = self.errors, self.errors_of_theirs
        return (
            f"{self.net:<19}{self.setting:<49}{self.ours:9.1f}/s {self.theirs:9.1f}/s  ratio {self.ratio:.3f}"
            f"  roofline {100 * self.roofline:4.1f} %"
            f"  output {output:.0e} ({output_of_theirs:.0e})"
            f"  gradient {gradient:.0e} ({gradient_of_theirs:.0e})"
            f"{'' if self.agrees else '  OFF'}"
        )


def torchvision_models() -> Any:
    """torchvision's models; its detection operators are declared, so that it imports beside any torch."""
    library = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, name):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision.models

    return torchvision.models


def pair(name: str) -> tuple[Any, Any]:
    """Ours and theirs, with the same weights."""
    torch.manual_seed(0)
    theirs = getattr(torchvision_models(), name)(weights=None)
    scatter(theirs)
    net = cnnspec.zoo(NETS[name])
    ours: Any = net.to_torch(weights=cnnspec.load_weights(net, theirs.state_dict()).weights)
    return ours, theirs


def scatter(module: Any) -> None:
    """Move gains, biases and running statistics a little: zeros and ones hide what is wrong with them."""
    for tensor in module.state_dict().values():
        if tensor.is_floating_point() and tensor.numel() == max(tensor.shape, default=0):
            tensor.mul_(1 + 0.2 * torch.rand_like(tensor)).add_(0.2 * torch.rand_like(tensor) - 0.1)


def placed(module: Any, setting: Setting, device: str) -> Any:
    """The module on the device, in the layout of the setting."""
    layout = torch.channels_last if setting.bfloat16 else torch.contiguous_format
    return module.to(device).to(memory_format=layout)


def runner(module: Any, setting: Setting) -> Callable[..., Any]:
    return torch.compile(module) if setting.compiled else module


def images(count: int, size: int, setting: Setting, device: str) -> torch.Tensor:
    drawn = torch.randn(count, 3, size, size, device=device)
    return drawn.contiguous(memory_format=torch.channels_last) if setting.bfloat16 else drawn


def step(module: Any, setting: Setting, batch: torch.Tensor, labels: torch.Tensor) -> Step:
    """What one turn does: a forward pass, or a step of SGD."""
    module.train(setting.training)
    run = runner(module, setting)
    device = batch.device.type
    optimizer = torch.optim.SGD(module.parameters(), lr=0.01, momentum=0.9)

    def infer() -> None:
        with torch.inference_mode(), setting.precision(device):
            run(batch)

    def train() -> None:
        optimizer.zero_grad(set_to_none=True)
        with setting.precision(device):
            loss = torch.nn.functional.cross_entropy(run(batch), labels)
        loss.backward()
        optimizer.step()

    return train if setting.training else infer


def passed(
    run: Callable[..., Any], batch: torch.Tensor, precision: AbstractContextManager[Any]
) -> tuple[Any, Any]:
    """The output, and the gradient of the images of a weighted sum of it, in float64."""
    source = batch.clone().requires_grad_()
    with precision:
        output = run(source)
    weights = torch.linspace(-1, 1, output.shape[1], device=batch.device)
    (output.double() * weights).sum().backward()
    assert source.grad is not None
    return output.detach().double(), source.grad.double()


def errors(
    modules: tuple[Any, Any], setting: Setting, given: argparse.Namespace
) -> list[tuple[float, float]]:
    """How far output and gradient of each are from theirs in float64, relative to their norms."""
    few = images(2, given.size, setting, given.device)
    for module in modules:
        module.eval()
    theirs = modules[1]
    found = [passed(runner(module, setting), few, setting.precision(given.device)) for module in modules]
    truth = passed(theirs.double(), few.double(), nullcontext())
    theirs.float()
    return [(off(output, truth[0]), off(gradient, truth[1])) for output, gradient in found]


def off(value: torch.Tensor, true: torch.Tensor) -> float:
    return float((value - true).norm() / true.norm())


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


def reached(device: str, bfloat16: bool) -> Machine:
    """What the device reaches: in a product of large matrices, and in a copy, as traffic of float32.

    The roofline counts four bytes for a number: in bfloat16, which takes two, twice the bytes go through.
    """
    kind = torch.bfloat16 if bfloat16 else torch.float32
    side, length = (8192, 2**28) if device == "cuda" else (512, 2**24)
    left, right = (torch.randn(side, side, device=device).to(kind) for _ in range(2))
    source = torch.randn(length, device=device)
    target = torch.empty_like(source)
    work: tuple[Step, Step] = (lambda: left @ right, lambda: target.copy_(source))
    product_time, copy_time = (min(seconds(turn, 5, device) for _ in range(5)) for turn in work)
    return Machine(side**3 / product_time, (2 if bfloat16 else 1) * 2 * 4 * length / copy_time)


def compare(name: str, setting: Setting, machine: Machine, given: argparse.Namespace) -> Result:
    """A pair in one setting: held against float64, then timed turn by turn."""
    torch.compiler.reset()
    modules = pair(name)
    for module in modules:
        placed(module, setting, given.device)
    found = errors(modules, setting, given)
    batch = images(given.batch, given.size, setting, given.device)
    labels = torch.randint(1000, (given.batch,), device=given.device)
    turns = [step(module, setting, batch, labels) for module in modules]
    for turn in turns:
        seconds(turn, 3, given.device)
    times: list[list[float]] = [[], []]
    for number in range(given.rounds):
        # each goes first in every other round
        for index in (0, 1) if number % 2 else (1, 0):
            times[index].append(seconds(turns[index], given.repeats, given.device))
    taken, taken_by_theirs = (median(rounds) for rounds in times)
    return Result(
        name,
        str(setting),
        given.batch / taken,
        given.batch / taken_by_theirs,
        taken_by_theirs / taken,
        PASSES[setting.training] * least(name, machine, given) / taken,
        *found,
    )


def least(name: str, machine: Machine, given: argparse.Namespace) -> float:
    """The seconds that the roofline leaves for an inference of the batch."""
    net = cnnspec.zoo(NETS[name], inputs={"input": (3, given.size, given.size)})
    return total_time(layer_times(net.ir, net.compiled.costs, machine, given.batch))


def settings(compiled: bool) -> Iterator[Setting]:
    for training, bfloat16, by_compiler in product((False, True), repeat=3):
        if compiled or not by_compiler:
            yield Setting(training, bfloat16, by_compiler)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nets", nargs="+", choices=NETS, default=list(NETS), help="which of the ten")
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--batch", type=int, default=128, help="images in a batch")
    parser.add_argument("--size", type=int, default=224, help="height and width of an image, in pixels")
    parser.add_argument("--rounds", type=int, default=9, help="turns of each net")
    parser.add_argument("--repeats", type=int, default=10, help="passes in a turn")
    parser.add_argument("--no-compile", action="store_true", help="leave torch.compile out")
    parser.add_argument("--json", metavar="FILE", help="write the figures to this file as well")
    return parser.parse_args()


def main() -> int:
    """Print a line for each net and setting; 1 if a net is off, 2 if there is no device."""
    given = arguments()
    if given.device == "cuda" and not torch.cuda.is_available():
        print(
            "there is no CUDA device: nothing is measured (--device cpu runs it all the same)",
            file=sys.stderr,
        )
        return 2
    # float32 is to mean float32: with TF32 the check would measure its rounding
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False
    device = torch.cuda.get_device_name() if given.device == "cuda" else "CPU"
    machines = {bfloat16: reached(given.device, bfloat16) for bfloat16 in (False, True)}
    for kind, machine in zip(("float32", "bf16"), machines.values(), strict=True):
        print(f"{device}, {kind}: {machine.macs_per_second / 1e12:.2f} TMAC/s")
    print(f"{device}: {machines[False].bytes_per_second / 1e9:.0f} GB/s, torch {torch.__version__}")
    results = []
    for name, setting in product(given.nets, settings(not given.no_compile)):
        results.append(compare(name, setting, machines[setting.bfloat16], given))
        print(results[-1], flush=True)
    if given.json:
        with open(given.json, "w", encoding="utf-8") as file:
            json.dump({"device": device, "results": [asdict(found) for found in results]}, file, indent=2)
    return 0 if all(found.agrees for found in results) else 1


if __name__ == "__main__":
    sys.exit(main())
