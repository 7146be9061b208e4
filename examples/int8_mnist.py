"""LeNet5 in eight bits: trained on digits, written as ONNX, quantized by onnxruntime, tried on other digits.

    python examples/int8_mnist.py --out out

It trains as lenet_mnist.py does, half a minute, and writes out/lenet5.onnx and out/lenet5_int8.onnx.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from lenet_mnist import digits, normalized, train
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

import cnnspec

SAMPLES = 256
"""How many digits the ranges of values are read from."""


class Digits(CalibrationDataReader):
    """Gives digits to the net that is to be quantized, in batches."""

    def __init__(self, maps: np.ndarray) -> None:
        self.batches: Iterator[np.ndarray] = iter(np.split(maps, len(maps) // 32))

    def get_next(self) -> dict[str, np.ndarray] | None:  # type: ignore[override]
        batch = next(self.batches, None)
        return None if batch is None else {"input": batch}


def right(path: Path, maps: np.ndarray, labels: np.ndarray) -> float:
    """The share of digits that a model names rightly."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (scores,) = session.run(None, {"input": maps})
    return float((np.asarray(scores).argmax(1) == labels).mean())


def main(out: Path, epochs: int) -> tuple[float, float]:
    """Train, write, quantize and compare; gives both shares of digits that are named rightly."""
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    training, labels, held_out, answers = digits()
    net = cnnspec.zoo("lenet5")
    model = net.to_torch(seed=0)
    train(model, training, labels, epochs, 0)

    whole, small = out / "lenet5.onnx", out / "lenet5_int8.onnx"
    net.to_onnx(whole, model, fold_batchnorm=True)
    quantize_static(
        whole,
        small,
        Digits(normalized(training[:SAMPLES])),
        quant_format=QuantFormat.QDQ,
        activation_type=QuantType.QInt8,
        weight_type=QuantType.QInt8,
    )
    found = []
    for path in (whole, small):
        found.append(right(path, normalized(held_out), answers))
        print(f"{path.name:18} {os.path.getsize(path):>7,} bytes  {found[-1]:.1%} right")
    return found[0], found[1]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("out"))
    parser.add_argument("--epochs", type=int, default=15)
    arguments = parser.parse_args()
    main(arguments.out, arguments.epochs)
