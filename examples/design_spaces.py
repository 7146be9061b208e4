"""AnyNet against RegNet: two spaces of nets, compared by the errors of many members.

    python examples/design_spaces.py --out out

draws 30 nets of each space of spaces/digits.cnn, all within one budget, trains them alike on 2,000 digits and
writes out/edf.svg, the empirical distribution of errors by which Radosavovic et al. 2020 compare spaces. It
takes two minutes on two processors. Interrupted, the same command goes on. It can be had from the
command line, too, by a search of each space:

    cnnspec search examples/spaces/digits.cnn:RegNet examples/design_spaces.py --trials 30 --workers 2 \\
        --sampler random --pruner none --storage out/study.log --edf out/edf.svg
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import torch
from lenet_mnist import digits, normalized

import cnnspec
from cnnspec.searching import Searched, edf

SPEC = Path(__file__).parent / "spaces" / "digits.cnn"
BATCH, RATE = 50, 0.1


@cache
def small_digits(count: int = 2000) -> tuple[torch.Tensor, ...]:
    """Digits of 16x16 pixels and their classes: some to train on, and 1,000 others."""
    x, y, x_held, y_held = digits()
    pixels = [torch.from_numpy(normalized(maps)) for maps in (x[:count], x_held)]
    small, small_held = (torch.nn.functional.avg_pool2d(maps, 2) for maps in pixels)
    return small, torch.from_numpy(y[:count]), small_held, torch.from_numpy(y_held)


def trained(net: cnnspec.Net, x: torch.Tensor, y: torch.Tensor, epochs: int) -> Iterator[torch.nn.Module]:
    """The module of a net after each epoch of SGD, whose rate falls to zero along a cosine."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = net.to_torch(seed=0)
    optimizer = torch.optim.SGD(model.parameters(), RATE, momentum=0.9, nesterov=True, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * (len(x) // BATCH))
    for _ in range(epochs):
        model.train()
        for batch in torch.randperm(len(x)).split(BATCH):
            loss = torch.nn.functional.cross_entropy(model(x[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        yield model.eval()


@torch.no_grad()
def share_wrong(model: torch.nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    """The share of digits that a module names wrongly."""
    return (model(x).argmax(1) != y).double().mean().item()


def evaluate(net: cnnspec.Net, trial: Any) -> float:
    """The error of a net on the held-out digits after two epochs on the others."""
    x, y, x_held, y_held = small_digits()
    *_, model = trained(net, x, y, epochs=2)
    return share_wrong(model, x_held, y_held)


def main(out: Path, trials: int = 30, workers: int = 2) -> dict[str, Searched]:
    """Train so many nets of both spaces, draw the distributions of their errors, and give both studies."""
    out.mkdir(parents=True, exist_ok=True)
    found = {}
    for space in ("AnyNet", "RegNet"):
        found[space] = cnnspec.search(
            f"{SPEC}:{space}",
            __file__,
            trials,
            storage=out / "study.log",
            workers=workers,
            sampler="random",
            pruner="none",
        )
        errors = [trial.values[0] for trial in found[space].results.complete]
        told = f"errors of {len(errors)} nets from {errors[0]:.1%} to {errors[-1]:.1%}"
        print(f"{space}: {told}, half of them at most {median(errors):.1%}", flush=True)
    edf([one.results for one in found.values()], out / "edf.svg")
    print(f"wrote {out / 'edf.svg'}")
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("out"))
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    main(arguments.out, arguments.trials, arguments.workers)
