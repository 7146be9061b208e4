"""Time of a training step of the numpy backend beside torch's, on the CPU with equal threads.

    python benchmarks/training_step.py [--threads N] [--rounds N] [--net NAME]...

A step is forward, the gradients of the weights and a plain step along them, with the same weights, on the
same batch. Both take turns; the figure of each is its fastest step, because whatever else the machine does
only adds. At most twice torch's time is the bar.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable

import numpy as np
import torch

import cnnspec

BATCHES = {"LeNet5": 64, "ResNet20": 32, "UNetSmall": 4}
RATE = 1e-3
LIMIT = 2.0


def numpy_step(net: cnnspec.Net, x: np.ndarray, threads: int) -> Callable[[], None]:
    """A step of the numpy backend towards smaller outputs."""
    program = net.to_numpy(seed=0, threads=threads)

    def step() -> None:
        y = program.forward(x)
        assert isinstance(y, np.ndarray)
        gradients = program.backward(np.full_like(y, 1 / y.size), inputs=False)
        program.update(
            {key: program.tensors[key] - np.float32(RATE) * gradients[key] for key in program.trainable}
        )

    return step


def torch_step(net: cnnspec.Net, x: np.ndarray) -> Callable[[], None]:
    """The same step of torch."""
    module = net.to_torch(seed=0).train()
    optimizer = torch.optim.SGD(module.parameters(), RATE)
    images = torch.from_numpy(x)

    def step() -> None:
        optimizer.zero_grad()
        module(images).mean().backward()
        optimizer.step()

    return step


def fastest(steps: dict[str, Callable[[], None]], rounds: int) -> dict[str, float]:
    """The fastest step of each, in seconds, over rounds in which they take turns."""
    best = dict.fromkeys(steps, float("inf"))
    for _ in range(rounds):
        for name, step in steps.items():
            time.sleep(0.1)
            step()
            for _ in range(5):
                start = time.perf_counter()
                step()
                best[name] = min(best[name], time.perf_counter() - start)
    return best


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--net", action="append", choices=BATCHES, help="only these nets")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print("net        batch threads numpy ms torch ms  ratio")
    fine = True
    for name in options.net or BATCHES:
        net = cnnspec.zoo(name.lower())
        (shape,) = net.inputs.values()
        x = np.random.default_rng(0).standard_normal((BATCHES[name], *shape), np.float32)
        best = fastest(
            {"numpy": numpy_step(net, x, options.threads), "torch": torch_step(net, x)}, options.rounds
        )
        ratio = best["numpy"] / best["torch"]
        fine = fine and ratio <= LIMIT
        line = f"{name:10} {BATCHES[name]:5} {options.threads:7} {best['numpy'] * 1e3:8.1f}"
        line += f" {best['torch'] * 1e3:8.1f} {ratio:6.2f}"
        print(line + ("" if ratio <= LIMIT else "  over the limit"), flush=True)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
