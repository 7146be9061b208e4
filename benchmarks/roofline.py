"""Predicted times held against onnxruntime's: rank correlation and mean error over nets of the zoo.

    python benchmarks/roofline.py           # measures, and renews roofline.json

All runs on one thread, and time is that which the process has its processor for, so that what else runs on
the machine counts little. In each of some rounds the two numbers of the machine are measured and every net
runs once; the figures are medians over the rounds.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from statistics import median
from time import process_time

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import onnxruntime

import cnnspec
from cnnspec.backends.onnx.builder import pieces
from cnnspec.backends.timing import measured
from cnnspec.backends.weights import initialize
from cnnspec.passes.roofline import Machine, layer_times, total_time

NETS = (
    "AlexNet", "ConvNeXt_Tiny", "DenseNet121", "DenseNet169", "GoogLeNet", "GoogLeNetBN", "MobileNetV2",
    "MobileNetV2_050", "NiN", "RegNetX_400MF", "RegNetX_800MF", "RegNetX_1_6GF", "ResNet18", "ResNet34",
    "ResNet50", "ResNet20", "ResNeXt50_32x4d", "VGG11", "VGG16", "UNetSmall",
)  # fmt: skip
RECORD = Path(__file__).with_name("roofline.json")
ROUNDS = 9


class Runner:
    """A net in onnxruntime, on one thread, and the seconds of its passes."""

    def __init__(self, name: str) -> None:
        graph = cnnspec.zoo(name).ir
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        model = b"".join(pieces(graph, initialize(graph, 0)))
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.inputs = {name: np.ones((1, *graph[name].shape), np.float32) for name in graph.inputs}
        self.session.run(None, self.inputs)
        self.seconds: list[float] = []

    def run(self) -> None:
        start = process_time()
        self.session.run(None, self.inputs)
        self.seconds.append(process_time() - start)


def predicted_seconds(name: str, machine: Machine) -> float:
    """The predicted time of a net."""
    net = cnnspec.zoo(name)
    return total_time(layer_times(net.ir, net.compiled.costs, machine))


def ranks(values: np.ndarray) -> np.ndarray:
    """The rank of each value among all."""
    return np.argsort(np.argsort(values))


def agreement(predicted: np.ndarray, taken: np.ndarray) -> tuple[float, float]:
    """The rank correlation of two lists of times, and the mean error of the first."""
    correlation = float(np.corrcoef(ranks(predicted), ranks(taken))[0, 1])
    return correlation, float(np.mean(np.abs(predicted / taken - 1)))


def main() -> None:
    """Measure, print predicted and measured times, their rank correlation and the mean error."""
    runners = {name: Runner(name) for name in NETS}
    machines = []
    for _ in range(ROUNDS):
        machines.append(measured())
        for runner in runners.values():
            runner.run()
    machine = Machine(
        median(found.macs_per_second for found in machines),
        median(found.bytes_per_second for found in machines),
    )
    seconds = {name: median(runner.seconds) for name, runner in runners.items()}
    record = {
        "macs_per_second": machine.macs_per_second,
        "bytes_per_second": machine.bytes_per_second,
        "seconds": seconds,
    }
    RECORD.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    report(machine, seconds)


def report(machine: Machine, seconds: dict[str, float]) -> None:
    """Print what was measured beside what was predicted."""
    print(f"{machine.macs_per_second / 1e9:.1f} GMAC/s, {machine.bytes_per_second / 1e9:.1f} GB/s")
    predicted = {name: predicted_seconds(name, machine) for name in seconds}
    for name, taken in seconds.items():
        print(f"{name:<18} predicted {1e3 * predicted[name]:8.1f} ms   measured {1e3 * taken:8.1f} ms")
    correlation, error = agreement(np.array(list(predicted.values())), np.array(list(seconds.values())))
    print(f"rank correlation {correlation:.3f}, mean error {100 * error:.0f} %")


if __name__ == "__main__":
    main()
