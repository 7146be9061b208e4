"""Predicted times held against onnxruntime's: rank correlation and mean error over nets of the zoo.

    python benchmarks/roofline.py

Both run on one thread, and the two numbers of the machine are measured first. On a busy machine all of this
is noise: look at the load before.
"""

from __future__ import annotations

from time import perf_counter

import numpy as np
import onnxruntime

import cnnspec
from cnnspec.backends.onnx.builder import serialized
from cnnspec.backends.timing import measured
from cnnspec.backends.weights import initialize
from cnnspec.passes.roofline import layer_times, total_time

NETS = (
    "AlexNet", "ConvNeXt_Tiny", "DenseNet121", "DenseNet169", "GoogLeNet", "GoogLeNetBN", "MobileNetV2",
    "MobileNetV2_050", "NiN", "RegNetX_400MF", "RegNetX_800MF", "RegNetX_1_6GF", "ResNet18", "ResNet34",
    "ResNet50", "ResNet20", "ResNeXt50_32x4d", "VGG11", "VGG16", "UNetSmall",
)  # fmt: skip


def measured_seconds(name: str, passes: int = 7) -> float:
    """The fastest of some warm passes of a net in onnxruntime, on one thread."""
    graph = cnnspec.zoo(name).ir
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    model = serialized(graph, initialize(graph, 0))
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    inputs = {i.name: np.ones((1, *graph[i.name].shape), np.float32) for i in session.get_inputs()}
    session.run(None, inputs)
    best = float("inf")
    for _ in range(passes):
        start = perf_counter()
        session.run(None, inputs)
        best = min(best, perf_counter() - start)
    return best


def ranks(values: np.ndarray) -> np.ndarray:
    """The rank of each value among all."""
    return np.argsort(np.argsort(values))


def main() -> None:
    """Print predicted and measured times, their rank correlation and the mean error of the prediction."""
    machine = measured()
    print(f"{machine.macs_per_second / 1e9:.1f} GMAC/s, {machine.bytes_per_second / 1e9:.1f} GB/s")
    rows = []
    for name in NETS:
        net = cnnspec.zoo(name)
        predicted = total_time(layer_times(net.ir, net.compiled.costs, machine))
        rows.append((predicted, measured_seconds(name)))
        print(f"{name:<18} predicted {1e3 * predicted:8.1f} ms   measured {1e3 * rows[-1][1]:8.1f} ms")
    found = np.array(rows)
    correlation = float(np.corrcoef(ranks(found[:, 0]), ranks(found[:, 1]))[0, 1])
    error = float(np.mean(np.abs(found[:, 0] / found[:, 1] - 1)))
    print(f"rank correlation {correlation:.3f}, mean error {100 * error:.0f} %")


if __name__ == "__main__":
    main()
