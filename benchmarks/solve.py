"""Whether `solve` finds what brute force finds, on many structures of the zoo, and how long it takes.

Each structure is a net with one to five knobs of at most 3,000 settings, every one of which is counted. Of
each a budget is drawn three times, which some of the settings hold, and the best of these is what solve is
held to: 95 of 100 answers have to be within 1 %, and as many to take less than two seconds of one processor.
Spaces of the zoo that have too many members to be counted are solved for budgets that few of them hold; there
the answer may be a tenth worse than the best of some members that are drawn, not more; most are far better.
Run from the root of the checkout: python benchmarks/solve.py
"""

from __future__ import annotations

import sys
import time
from random import Random
from typing import Any

import cnnspec
from cnnspec.space.rejection import SpaceMember

STRUCTURES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("mobilenetv2", ("width in 0.25..2.0 step 0.005",)),
    ("mobilenetv2", ("width in 0.25..2.0 step 0.05", "classes in 10..1000 step 90")),
    ("mobilenetv1", ("width in 0.25..2.0 step 0.005",)),
    ("efficientnet_b0", ("width in 0.5..2.0 step 0.1", "depth in 0.5..3.0 step 0.1")),
    (
        "efficientnet_b0",
        ("width in 0.5..2.0 step 0.1", "size in 128..256 step 32", "depth in 1.0..2.0 step 0.25"),
    ),
    ("ghostnet", ("width in 0.5..2.0 step 0.01",)),
    ("mnasnet1_0", ("width in 0.5..2.0 step 0.005",)),
    ("unet", ("width in 4..128", "levels in 2..5")),
    ("unet", ("width in 4..64 step 4", "levels in 2..5", "classes in 2..42 step 4")),
    ("unetplusplus", ("widths[3] in 8..64 step 8",)),
    ("yolov8n", ("depth in 0.25..1.25 step 0.0625", "width in 0.25..1.25 step 0.0625")),
    ("hrnet_w18", ("width in 8..64",)),
    ("hourglass2", ("stacks in 1..8", "width in 64..256 step 8")),
    ("dcgan_generator", ("width in 16..128", "noise in 50..200 step 25")),
    ("wavenet", ("cycles in 1..3", "width in 16..64 step 8", "wide in 32..256 step 32")),
    ("vit_base_16", ("depth in 2..24", "dim in [192, 384, 576, 768, 960]")),
    ("vit_base_16", ("depth in 2..24", "dim in 96..768 step 96", "patch in [16, 28, 32]")),
    ("swin_tiny", ("depths[4] in 1..5",)),
    ("mobilevit_xs", ("expand in 2..6", "last in 128..640 step 32")),
    ("resnet18", ("depths[4] in 1..6",)),
    ("resnet50", ("depths[4] in 1..5", "block in [basic, bottleneck]")),
    ("resnet20", ("n in 1..60", "classes in 10..100 step 10")),
    ("densenet121", ("growth in 8..48",)),
    ("densenetbc_100_12", ("layers in 16..100 step 6", "growth in 8..48 step 4")),
    ("vgg16", ("depths[5] in 1..4",)),
    ("regnetx_400mf", ("depth in 12..28", "w0 in 24..96 step 8", "group in [8, 16, 24, 32]")),
    ("regnetx_400mf", ("wa in 8.0..64.0 step 4.0 log", "wm in 2.0..3.0 step 0.1", "group in [8, 16, 24]")),
    ("regnetx_400mf", ("depth in 12..28", "wa in 8.0..248.0 step 16.0", "wm in 2.0..3.0 step 0.1")),
    ("regnetx_400mf", ("w0 in 24..128 step 8", "wa in 8.0..248.0 step 8.0", "group in [8, 16, 24, 32]")),
    ("regnety_400mf", ("depth in 12..28", "w0 in 24..96 step 8", "wm in 2.0..3.0 step 0.1")),
    ("anynet32", ("depths[2] in 1..10", "widths[2] in 16..80 step 16")),
    ("convnext_tiny", ("depths[4] in 1..6",)),
    ("convnext_tiny", ("widths[4] in 64..192 step 32",)),
    ("repvgg_a0", ("factors[4] in 0.5..2.5 step 0.5",)),
    ("shufflenetv2_x1_0", ("widths[3] in 32..256 step 32", "last in [512, 1024]")),
    ("res2net50_26w_4s", ("base in 8..64", "parts in 2..8")),
    ("resnest50", ("depths[4] in 1..5",)),
    ("segnet", ("widths[5] in 16..64 step 16",)),
    ("mlp_mnist", ("widths[2] in 8..504 step 16",)),
    ("mlp_deep", ("widths[4] in 16..96 step 16",)),
    ("lenet5", ("classes in 2..1000",)),
    ("seresnet50", ("depths[4] in 1..5",)),
    ("dla34", ("levels[4] in 1..3", "residual_root in [true, false]")),
    ("coatnet_0", ("depths[4] in 1..5",)),
    ("retinanet_resnet50", ("anchors in 1..9", "classes in 2..90 step 8")),
    ("cbam_resnet18", ("depths[4] in 1..3",)),
)
BUDGETS = (("macs", "params"), ("params", "macs"), ("activations", "macs"))
"""What is bounded, and what is sought."""
SPACES = (
    ("regnetxspace", "macs < 300M", "params", True),
    ("regnetxspace", "macs < 300M", "activations", True),
    ("regnetxspace_400mf", "params > 2M", "activations", False),
    ("regnetxspace_open", "params > 1M", "params", True),
    ("anynetxa", "params < 20M", "params", True),
    ("anynetxe", "params < 20M", "activations", False),
)
"""Spaces of the zoo with a condition, and the figure that is sought as the largest or the smallest."""
DRAWN = 5
"""How many members are drawn of each of these."""
OF_DRAWN = 0.9
"""What part of the best of them the answer comes to, at least."""
WITHIN, SHARE, SECONDS = 0.99, 0.95, 2.0


def main(arguments: list[str]) -> int:
    """Print each answer and the share that is right; 1 where it is less than is wanted.

    Arguments are words that the names of the nets hold, for some of them alone.
    """
    chosen = [one for one in STRUCTURES if not arguments or any(word in one[0] for word in arguments)]
    right, took = [], []
    for number, (net, vary) in enumerate(chosen):
        every = [dict(one.figures) for one in members(net, vary)]
        for bounded, sought in BUDGETS:
            share, seconds, line = answer(net, vary, every, bounded, sought, Random(f"{number} {bounded}"))
            right.append(share >= WITHIN)
            took.append(seconds)
            print(f"{share:8.4f}  {seconds:5.2f} s  {net:22} {line}", flush=True)
    took.sort()
    print(
        f"{sum(right)} of {len(right)} within 1 % ({100 * sum(right) / len(right):.1f} %), "
        f"{took[len(took) // 2]:.2f} s in the middle, {took[-1]:.2f} s at most, "
        f"{sum(one < SECONDS for one in took)} in less than {SECONDS:g} s"
    )
    quick = sum(one < SECONDS for one in took)
    spaces = [one for one in SPACES if not arguments or any(word in one[0] for word in arguments)]
    better = [is_good_beside_drawn(*one) for one in spaces]
    return int(min(sum(right), quick) < SHARE * len(right) or not all(better))


def is_good_beside_drawn(space: str, where: str, sought: str, largest: bool) -> bool:
    """Whether what solve finds is not much worse than the best of some members that are drawn."""
    start = time.process_time()
    drawn = [one.figures[sought] for one in cnnspec.sample(space, DRAWN, where=[where, f"{sought} > 0"])]
    drew = time.process_time()
    word: dict[str, Any] = {"maximize" if largest else "minimize": sought}
    solved = cnnspec.solve(space, where=[where], **word)
    seconds, best = time.process_time() - drew, (max if largest else min)(drawn)
    found = solved.best.figures[sought] if solved.best else 0
    print(
        f"{best:12,} {drew - start:5.2f} s drawn, {found:12,} {seconds:5.2f} s solved, {space}, {where}, "
        f"{sought} {'largest' if largest else 'smallest'}",
        flush=True,
    )
    return bool(solved.best) and (found / best if largest else best / found) >= OF_DRAWN


def members(net: str, vary: tuple[str, ...]) -> list[SpaceMember]:
    """All members of a structure, with their figures."""
    where = ("macs > 0", "activations > 0")
    return list(cnnspec.sample(net, 4_000, vary=vary, where=where, tries=200_000))


def answer(
    net: str, vary: tuple[str, ...], every: list[dict[str, int]], bounded: str, sought: str, random: Random
) -> tuple[float, float, str]:
    """The share of the best that is found for a budget, how long that takes, and what was asked."""
    bounds = sorted(one[bounded] for one in every)
    bound = bounds[int(random.uniform(0.05, 0.9) * len(bounds))]
    largest = random.random() < 0.8
    where = f"{bounded} {'<=' if largest else '>='} {bound}"
    fits = [one for one in every if (one[bounded] <= bound if largest else one[bounded] >= bound)]
    best = (max if largest else min)(one[sought] for one in fits)
    start = time.process_time()
    word: dict[str, Any] = {"maximize" if largest else "minimize": sought}
    solved = cnnspec.solve(net, vary=vary, where=[where], **word)
    seconds = time.process_time() - start
    found = solved.best.figures[sought] if solved.best else 0
    share = found / best if largest else best / max(found, 1)
    return share, seconds, f"{len(every)} members, {where}, {sought} {'largest' if largest else 'smallest'}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
