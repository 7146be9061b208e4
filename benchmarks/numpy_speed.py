"""Time and memory of the numpy backend's inference beside torch's eager mode and onnxruntime, on the CPU.

    python benchmarks/numpy_speed.py [--threads N] [--rounds N] [--net NAME]... [--skip-memory]

All run the same nets with the same weights and as many threads. They take turns; at each switch the others'
threads get 100 ms to go to sleep and one call is discarded. The figure of each is its fastest call, because
whatever else the machine does only adds. Memory is the peak resident size of a process of its own that loads
the net and runs it once, with and without what importing the library takes.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import cnnspec


class Case(NamedTuple):
    """A net at a batch size, and how many times the time of torch, and of onnxruntime, it may take."""

    net: str
    batch: int
    limit: float
    runtime_limit: float = float("inf")


NETS = (
    "ResNet50",
    "VGG16",
    "DenseNet121",
    "GoogLeNet",
    "MobileNetV2",
    "RegNetX_400MF",
    "ConvNeXt_Tiny",
    "UNet",
)
RUNTIME_LIMITS = {"ResNet50": 1.3}
CASES = tuple(
    [Case(net, batch, 1.0, RUNTIME_LIMITS.get(net, float("inf"))) for net in NETS for batch in (1, 8)]
    + [Case("ViT_Small_16", batch, 1.2) for batch in (1, 8)]
)
MEMORY_LIMIT = 1.2
Call = Callable[[], Any]


def numpy_call(case: Case, threads: int, equal: bool = True) -> Call:
    """Inference by the numpy backend on random input."""
    net = cnnspec.zoo(case.net.lower())
    program = net.to_numpy(seed=0, scheme="he", threads=threads)
    x = image(net, case.batch)
    return lambda: program(x)


def torch_call(case: Case, threads: int, equal: bool = True) -> Call:
    """Inference by torch on the same input; `equal` gives it the same weights."""
    import torch

    from cnnspec.backends.weights import initialize

    torch.set_num_threads(threads)
    net = cnnspec.zoo(case.net.lower())
    module: Any = net.to_torch()
    module.eval()
    if equal:
        weights = {key: torch.from_numpy(value) for key, value in initialize(net.ir, 0, "he").items()}
        module.load_state_dict(weights, strict=False)
        del weights
    x = torch.from_numpy(image(net, case.batch))

    def run() -> Any:
        with torch.inference_mode():
            return module(x)

    return run


def runtime_call(case: Case, threads: int) -> Call:
    """Inference by onnxruntime of the net's file with batchnorm folded, as the numpy backend folds it."""
    import onnxruntime

    from cnnspec.backends.weights import initialize

    net = cnnspec.zoo(case.net.lower())
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # threads that wait in a loop for work would take the processor from the others
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "net.onnx")
        net.to_onnx(path, initialize(net.ir, 0, "he"), fold_batchnorm=True)
        session = onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"])
    x = {session.get_inputs()[0].name: image(net, case.batch)}
    return lambda: session.run(None, x)[0]


def image(net: Any, batch: int) -> np.ndarray:
    (shape,) = net.inputs.values()
    return np.random.default_rng(0).standard_normal((batch, *shape), np.float32)


def fastest(calls: dict[str, Call], rounds: int, least: int = 3) -> dict[str, float]:
    """The fastest call of each, in seconds, over rounds in which they take turns."""
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(rounds):
        for name, call in calls.items():
            time.sleep(0.1)
            call()
            spent, count = 0.0, 0
            while count < least or spent < 0.5:
                start = time.perf_counter()
                call()
                lasted = time.perf_counter() - start
                best[name] = min(best[name], lasted)
                spent, count = spent + lasted, count + 1
    return best


def peak_memory(library: str, case: Case, threads: int) -> tuple[float, float]:
    """Peak resident MB of a process that runs the net: in all, and above what its imports take."""
    command = [sys.executable, __file__, "--measure", library, "--net", case.net, "--batch", str(case.batch)]
    done = subprocess.run(
        [*command, "--threads", str(threads)], capture_output=True, text=True, check=True, env=os.environ
    )
    before, peak = map(float, done.stdout.split())
    return peak, peak - before


def measure(library: str, case: Case, threads: int) -> None:
    """Print the resident MB after the imports, and the peak after a few calls."""
    if library == "torch":
        import torch

        import cnnspec.backends.torch

        torch.set_num_threads(threads)
    import cnnspec.backends.numpy  # noqa: F401

    before = resident("VmRSS")
    call = (torch_call if library == "torch" else numpy_call)(case, threads, equal=False)
    for _ in range(3):
        call()
    print(before, resident("VmHWM"))


def resident(field: str) -> float:
    """Resident memory of this process in MB: VmRSS now, VmHWM at its peak."""
    with open("/proc/self/status") as status:
        (line,) = (line for line in status if line.startswith(field))
    return int(line.split()[1]) * 1024 / 1e6


def compare(case: Case, threads: int, rounds: int, memory: bool) -> bool:
    """Print one line of the table; whether the limits hold."""
    calls = {
        "numpy": numpy_call(case, threads),
        "torch": torch_call(case, threads),
        "runtime": runtime_call(case, threads),
    }
    difference = np.abs(calls["numpy"]() - calls["torch"]().numpy()).max() / np.abs(calls["numpy"]()).max()
    best = fastest(calls, rounds)
    del calls
    ratio, of_runtime = best["numpy"] / best["torch"], best["numpy"] / best["runtime"]
    line = f"{case.net:13} {case.batch:5} {threads:7} {best['numpy'] * 1e3:8.1f} {best['torch'] * 1e3:8.1f}"
    line += f" {best['runtime'] * 1e3:10.1f} {ratio:8.2f} {case.limit:5.2f} {of_runtime:10.2f}"
    line += f" {case.runtime_limit:5.2f} {difference:10.1e}"
    fine = ratio <= case.limit and of_runtime <= case.runtime_limit
    if memory:
        (ours, own), (theirs, its) = (peak_memory(name, case, threads) for name in ("numpy", "torch"))
        line += f" {ours:8.0f} {theirs:8.0f} {ours / theirs:6.2f} {own:8.0f} {its:8.0f} {own / its:6.2f}"
        fine = fine and ours / theirs <= MEMORY_LIMIT
    print(line + ("" if fine else "  over the limit"), flush=True)
    return fine


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--net", action="append", help="only these nets")
    parser.add_argument("--batch", type=int, help="only this batch size")
    parser.add_argument("--skip-memory", action="store_true")
    parser.add_argument("--measure", choices=["numpy", "torch"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure, Case(options.net[0], options.batch, 0), options.threads)
        return 0
    print("net           batch threads numpy ms torch ms runtime ms of torch limit of runtime limit", end="")
    print(" difference", end="")
    print("" if options.skip_memory else " numpy MB torch MB  ratio numpy +  torch +  ratio")
    chosen = [c for c in CASES if not options.net or c.net in options.net]
    chosen = [c for c in chosen if not options.batch or c.batch == options.batch]
    results = [compare(case, options.threads, options.rounds, not options.skip_memory) for case in chosen]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
