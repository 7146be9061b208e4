"""How long it takes from the text of a spec to the figures of a net, warm and in one process.

The ResNets are held to 10 ms (50 layers) and 50 ms (1001 layers); a chain of 100,000 layers may take half as
much again per layer as one of 1,000; specs nested up to the bounds are timed beside flat ones of equal size.
The figure of each is the processor time of its fastest run, because whatever else the machine does only adds.
Run from the root of the checkout: python benchmarks/elaborate.py
"""

from __future__ import annotations

import gc
import time
from pathlib import Path

import cnnspec

RESNET = (Path(__file__).parent.parent / "specs" / "resnet.cnn").read_text(encoding="utf-8")
DEEP = RESNET + "\nnet ResNet1001 = ResNet(bottleneck, [3, 80, 247, 3])\n"
ALLOWED_MS = {"ResNet50": 10.0, "ResNet1001": 50.0}
ALLOWED_RATIO = 1.5


def main() -> int:
    """Print the times beside what is allowed; 1 where one is above it."""
    failed = False
    for net, allowed in ALLOWED_MS.items():
        took = milliseconds(DEEP if net == "ResNet1001" else RESNET, net, 25)
        layers = len(cnnspec.loads(DEEP, net).ir)
        print(f"{net:<28} {took:9.2f} ms   allowed {allowed:g}   {layers} nodes")
        failed = failed or took > allowed
    small = large = float("inf")
    for _ in range(3):
        small = min(small, 1e6 * milliseconds(chain(1_000), "Chain", 5) / 1_000)
        large = min(large, 1e6 * milliseconds(chain(100_000), "Chain", 1) / 100_000)
    print(f"{'chain of 1,000':<28} {small:9.0f} ns a layer")
    ratio = large / small
    print(f"{'chain of 100,000':<28} {large:9.0f} ns a layer, {ratio:.2f} times (allowed {ALLOWED_RATIO})")
    failed = failed or ratio > ALLOWED_RATIO
    for title, nested, flat in nestings():
        slow, fast = (milliseconds(text, "Nested", 5) for text in (nested, flat))
        print(f"{title:<28} {slow:9.2f} ms   flat {fast:.2f} ms")
    return int(failed)


def milliseconds(text: str, net: str, runs: int) -> float:
    """The processor time of the fastest run from text to figures, what the last one left cleared before."""
    best = float("inf")
    for _ in range(runs):
        gc.collect()
        start = time.process_time()
        cnnspec.loads(text, net)
        best = min(best, time.process_time() - start)
    return 1000 * best


def chain(layers: int) -> str:
    return "net Chain {\n    input 8x4x4\n" + "    conv(8, 3) -> batchnorm -> relu\n" * (layers // 3) + "}\n"


def nestings() -> list[tuple[str, str, str]]:
    """Specs nested up to the bounds, and flat ones with as many statements."""
    head, depth = "net Nested {\n    input 8x4x4\n", 190
    flat = head + "    relu\n" * depth + "}\n"
    calls = "def f(n) { relu; if n > 0 { f(n - 1) } }\n"
    return [
        ("190 groups", head + "{ relu\n" * depth + "}" * depth + "\n}\n", flat),
        ("190 residuals", head + "residual { relu\n" * depth + "}" * depth + "\n}\n", flat),
        ("95 calls of itself", calls + head + "    f(94)\n}\n", flat),
        ("150 parentheses", head + f"conv({'(' * 150}8{')' * 150}, 1)\n" + "}\n", head + "conv(8, 1)\n}\n"),
    ]


if __name__ == "__main__":
    raise SystemExit(main())
