"""Generated torch modules beside torchvision's on the CPU, and `--optimize` beside the best found by hand.

    python benchmarks/torch_speed.py [--threads N] [--rounds N] [--batch N] [--net NAME]... [--no-training]

All have the same weights and take turns; the figure of each is its fastest call. `NCHW` and `NHWC` are ours
over torchvision's own module in that layout, for inference and for a training step. `again` is a second copy
of torchvision's module over the first, in the same race: so far from 1 does noise alone lead. `optimized` is
what `compile --optimize` writes over the best that is found by hand: torchvision's module, as it is or with
its batch norms folded by torch.fx, in either layout.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from copy import deepcopy
from itertools import product
from typing import Any

import torch
from numpy_speed import fastest
from torch.fx.experimental.optimization import fuse
from torch_gpu import NETS, pair

import cnnspec

LAYOUTS = {"NCHW": torch.contiguous_format, "NHWC": torch.channels_last}
Call = Callable[[], Any]


def inference(module: Any, images: torch.Tensor) -> Call:
    """A call of a module in evaluation mode."""
    module.eval()

    def run() -> Any:
        with torch.inference_mode():
            return module(images)

    return run


def training(module: Any, images: torch.Tensor) -> Call:
    """A step of SGD towards smaller outputs."""
    module.train()
    optimizer = torch.optim.SGD(module.parameters(), 1e-3)

    def run() -> None:
        optimizer.zero_grad()
        module(images).mean().backward()
        optimizer.step()

    return run


def ratios(name: str, given: argparse.Namespace) -> Iterator[tuple[str, float]]:
    """The ratios of a net, by what they are of."""
    ours, theirs = pair(name)
    images = torch.randn(given.batch, 3, 224, 224)
    for work, layout in product((inference, training)[: 1 + given.training], LAYOUTS):
        laid_out = images.to(memory_format=LAYOUTS[layout])
        modules = {"ours": ours, "theirs": theirs, "again": deepcopy(theirs)}
        calls = {
            key: work(module.to(memory_format=LAYOUTS[layout]), laid_out) for key, module in modules.items()
        }
        best = fastest(calls, given.rounds)
        yield f"{work.__name__} {layout}", best["ours"] / best["theirs"]
        yield f"{work.__name__} {layout} again", best["again"] / best["theirs"]
    yield "optimized", optimized(name, theirs, images, given.rounds)


def optimized(name: str, theirs: Any, images: torch.Tensor, rounds: int) -> float:
    """What `--optimize` writes over the best by hand."""
    net = cnnspec.zoo(NETS[name])
    weights = cnnspec.load_weights(net, theirs.state_dict()).weights
    calls = {
        "ours": inference(net.to_torch(weights=weights, fold_batchnorm=True, channels_last=True), images)
    }
    theirs.eval()
    for kind, layout in product((deepcopy, fuse), LAYOUTS):
        module: Any = kind(theirs)
        module.to(memory_format=LAYOUTS[layout])
        calls[f"{kind.__name__} {layout}"] = inference(module, images.to(memory_format=LAYOUTS[layout]))
    best = fastest(calls, rounds)
    return best.pop("ours") / min(best.values())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--net", action="append", choices=NETS, help="only these nets")
    parser.add_argument("--no-training", dest="training", action="store_false")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    for name in given.net or NETS:
        print(f"{name:20}", end="", flush=True)
        for what, ratio in ratios(name, given):
            print(f"{what} {ratio:.2f}", end="  ", flush=True)
        print()


if __name__ == "__main__":
    main()
