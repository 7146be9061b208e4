"""`python tests/foreign_nets.py [timm/NAME...]`: imports nets of torchvision and timm, keeps what came of it.

The nets are torchvision's convolutional classifiers and 200 of timm's, drawn by seed from all without
attention. Each is made with random weights and imported; its spec is checked, compiled to torch with the
module's weights, and run on the same input. `foreign_nets.json` keeps the rows, `docs/generate.py` makes the
table of docs/import.md of them, and tests/importing/test_foreign_nets.py holds each net to its row.
Nets whose row says all are passed over, so that a run that was stopped goes on; with names, these are made
anew.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from random import Random
from typing import Any, TypedDict

ROWS = Path(__file__).with_suffix(".json")
DRAWN, SEED = 200, 0
TOLERANCE = 1e-4
"""How far outputs may lie from those of the module, in parts of the largest of them."""
LARGEST = 400_000_000
"""The most parameters of nets whose outputs are compared: larger ones are imported without their weights."""
CLASSIFIERS = 68
"""torchvision's convolutional classifiers."""
WITHOUT_CONVOLUTIONS = ("vit", "swin", "maxvit")
"""Families of torchvision's classifiers that have attention."""


class Row(TypedDict):
    """What came of one net: `problem` is empty where the spec is that net.

    `off` is in parts of the output, and None where outputs were not compared.
    """

    library: str
    lines: int
    params: int
    off: float | None
    problem: str


def classifiers(torchvision: Any) -> list[str]:
    """The names of torchvision's convolutional classifiers."""
    names = torchvision.list_models(module=torchvision)
    return [name for name in names if not name.startswith(WITHOUT_CONVOLUTIONS)]


def drawn(timm: Any) -> list[str]:
    """Names of timm's nets: the first in the order of the seed that are convolutional, without attention."""
    names = sorted(timm.list_models())
    Random(SEED).shuffle(names)
    found: list[str] = []
    while len(found) < DRAWN:
        name = names.pop(0)
        if is_convolutional(timm, name):
            found.append(name)
    return found


def is_convolutional(timm: Any, name: str) -> bool:
    """Whether a net has a convolution that overlaps, and no product of values as attention has."""
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode

    operations: set[str] = set()

    class Noting(TorchDispatchMode):
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            operations.add(func._schema.name)
            return func(*args, **(kwargs or {}))

    with torch.device("meta"):
        module: Any = timm.create_model(name).eval()
    convs = [inner for inner in module.modules() if isinstance(inner, torch.nn.Conv2d)]
    if not any(max(conv.kernel_size) > max(conv.stride) for conv in convs):
        return False
    with Noting(), torch.no_grad():
        module(torch.empty(2, *module.default_cfg["input_size"], device="meta"))
    return not any("bmm" in operation or "attention" in operation for operation in operations)


def made(library: str, name: str) -> tuple[Any, tuple[int, ...]]:
    """A net with random weights, and the shape of its input; of timm, one larger than LARGEST has no weights.

    torchvision works its RegNets' widths out with tensors, which the meta device does not hold.
    """
    import torch

    if library == "timm":
        with torch.device("meta"):
            module, shape = created(library, name)
        if sum(tensor.numel() for tensor in module.parameters()) > LARGEST:
            return module.eval(), shape
    torch.manual_seed(SEED)
    module, shape = created(library, name)
    return shaken(module).eval(), shape


def created(library: str, name: str) -> tuple[Any, tuple[int, ...]]:
    """A net as its library makes it, and the shape of its input."""
    if library == "timm":
        import timm

        module: Any = timm.create_model(name)
        shape = tuple(module.default_cfg["input_size"])
    else:
        import torchvision

        given = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
        module = torchvision.models.get_model(name, weights=None, **given)
        shape = (3, 299, 299) if name == "inception_v3" else (3, 224, 224)
    return module, shape


def shaken(module: Any) -> Any:
    """A net whose vectors (norms, biases, scales) do not start at 0 or 1, which would hide them."""
    import torch

    generator, learned = torch.Generator().manual_seed(SEED), dict(module.named_parameters()).keys()
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            learned_or_running = tensor.is_floating_point() and ("running_" in name or name in learned)
            if learned_or_running and max(tensor.shape, default=1) == tensor.numel():
                tensor.add_(0.1 + 0.2 * torch.rand(tensor.shape, generator=generator))
    return module


def measured(library: str, name: str) -> Row:
    """What comes of one net."""
    import torch

    import cnnspec
    from cnnspec.importing.traced import ImportRefused

    module, shape = made(library, name)
    row = Row(library=library, lines=0, params=0, off=0.0, problem="")
    try:
        found = cnnspec.from_torch(module, shape)
    except ImportRefused as error:
        return {**row, "problem": str(error).partition("cannot say: ")[2] or str(error)}
    row["lines"] = sum(1 for line in found.text.splitlines() if line.strip())
    row["params"] = found.net.params
    errors = sorted({one.code for one in found.net.diagnostics if one.severity == "error"})
    if errors:
        return {**row, "problem": ", ".join(errors)}
    if row["params"] > LARGEST:
        return {**row, "off": None}
    images = torch.randn((1, *shape), generator=torch.Generator().manual_seed(SEED))
    compiled = found.net.to_torch(weights=found.weights).eval()
    with torch.no_grad():
        expected, given = module(images), compiled(images)
    row["off"] = float((given - expected).abs().max() / expected.abs().max())
    return row if row["off"] <= TOLERANCE else {**row, "problem": "other outputs"}


def kept() -> dict[str, Row]:
    """The rows that are kept, by library and name, as in `timm/resnet50`."""
    return json.loads(ROWS.read_text(encoding="utf-8")) if ROWS.exists() else {}


def is_whole(row: Row) -> bool:
    """Whether a row says all: the outputs, or what is in the way."""
    return row["off"] is not None or bool(row["problem"]) or row["params"] > LARGEST


def declare_operators() -> Any:
    """Declare two operators of torchvision, which imports beside a CPU build of torch only with them.

    They are there as long as what this returns is kept.
    """
    import torch

    library = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, name):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return library


def main(asked: list[str]) -> None:
    """Measure the nets that have no row, or those that are asked for, and keep the rows."""
    warnings.simplefilter("ignore")
    library = declare_operators()
    import timm
    import torchvision

    rows = kept()
    if not asked:
        names = [f"torchvision/{name}" for name in classifiers(torchvision.models)]
        names += [f"timm/{name}" for name in drawn(timm)]
        asked = [name for name in names if name not in rows or not is_whole(rows[name])]
    for name in asked:
        rows[name] = measured(*name.split("/"))
        ROWS.write_text(json.dumps(dict(sorted(rows.items())), indent=1) + "\n", encoding="utf-8")
        print(name, rows[name], flush=True)
    del library


if __name__ == "__main__":
    main(sys.argv[1:])
