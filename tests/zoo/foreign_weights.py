"""`python tests/zoo/foreign_weights.py [timm/NAME...]`: weights of torchvision and timm for nets of the zoo.

The models are those that registered.py names, detectors, and a YOLOv8 with the names and the order of its
authors. Each gets random weights, which are given to the zoo's net as `load_weights` takes them: in the
order in which the model defines them, as a sorted file of safetensors, shuffled, and with the model and an
image, in the order in which its parts run. `foreign_weights.json` keeps the rows, `docs/generate.py` makes
docs/foreign_weights.md of them, and test_foreign_weights.py holds each model to its row. Models that have a
row are passed over, so that a run that was stopped goes on; with names, these are measured anew. Each has a
process of its own, which takes at most some 10 GB.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, NotRequired, TypedDict

from registered import ATTENDING, TIMM, TORCHVISION, row
from registered import Row as NetRow

ROWS = Path(__file__).with_suffix(".json")
ORDERS = ("defined", "sorted", "shuffled", "run")
TOLERANCE = 1e-4
"""How far outputs may lie from those of the model, in parts of how far apart two images move these."""
LARGEST = 400_000_000
"""The most parameters of a model: larger ones are passed over."""


class Row(TypedDict):
    """What came of one model: the net, the orders in which its weights were refused, and why.

    `off` is how far the outputs lie from those of the model with the weights of the other orders, the worst
    of them; None where there are none. `passed_over` says why nothing was tried,
    `apart` what `load_weights` says of the model and the net beyond the tensors, where it says something.
    """

    net: str
    params: int
    off: float | None
    refused: dict[str, str]
    apart: NotRequired[list[str]]
    passed_over: str


class Foreign(NamedTuple):
    """What runs of a model, its tensors by name, and the net of the zoo that it is."""

    runs: Any
    state: Mapping[str, Any]
    net: Any


def names() -> list[str]:
    """The models, as in `timm/resnet50`."""
    detectors = [*_DETECTORS, *_SEGMENTERS]
    found = [f"torchvision/{name}" for name in (*TORCHVISION, *ATTENDING, *detectors)]
    return [*found, *(f"timm/{name}" for name in TIMM), *(f"ultralytics/{name}" for name in _YOLO)]


_DETECTORS = {
    "ssd300_vgg16": "ssd300_vgg16",
    "ssdlite320_mobilenet_v3_large": "ssdlite320_mobilenetv3_large",
    "retinanet_resnet50_fpn": "retinanet_resnet50",
}
_SEGMENTERS = {"fcn_resnet50": "fcn_resnet50", "fcn_resnet101": "fcn_resnet101"}
_YOLO = {"yolov8n": "yolov8n"}


def made(name: str) -> Foreign:
    """A model with random weights, and the net that it is."""
    import torch

    library, _, model = name.partition("/")
    torch.manual_seed(0)
    make = {"torchvision": _of_torchvision, "timm": _of_timm, "ultralytics": _of_ultralytics}[library]
    return make(model)


def _of_torchvision(model: str) -> Foreign:
    import torchvision
    from foreign_nets import shaken

    import cnnspec

    if model in _DETECTORS:
        detector: Any = getattr(torchvision.models.detection, model)(weights=None, weights_backbone=None)
        heads = Heads.of(shaken(detector).eval())
        return Foreign(heads, detector.state_dict(), cnnspec.zoo(_DETECTORS[model]))
    if model in _SEGMENTERS:
        options = {"weights": None, "weights_backbone": None, "aux_loss": True}
        module: Any = shaken(getattr(torchvision.models.segmentation, model)(**options)).eval()
        return Foreign(module, module.state_dict(), cnnspec.zoo(_SEGMENTERS[model]))
    options = {"init_weights": False} if model in ("googlenet", "inception_v3") else {}
    module = shaken(getattr(torchvision.models, model)(weights=None, **options)).eval()
    own = ATTENDING.get(model) or row(TORCHVISION[model])
    return Foreign(module, module.state_dict(), _net(own))


def _of_timm(model: str) -> Foreign:
    import timm
    from foreign_nets import shaken

    net = _net(TIMM[model])
    (shape,) = net.inputs.values()
    sized = {"img_size": shape[1:]} if model.startswith(("vit", "deit", "swin", "coatnet")) else {}
    module = shaken(timm.create_model(model, num_classes=1000, **sized)).eval()
    return Foreign(module, module.state_dict(), net)


def _of_ultralytics(model: str) -> Foreign:
    from foreign_nets import shaken
    from modules_detection import YOLOv8, of_its_authors

    import cnnspec

    module = shaken(YOLOv8()).eval()
    return Foreign(module, of_its_authors(module.state_dict()), cnnspec.zoo(_YOLO[model]))


class Heads:
    """A detector of torchvision without its boxes: classes and offsets at each of its maps."""

    @staticmethod
    def of(detector: Any) -> Any:
        """A module of it, whose outputs are in the order of the heads of the zoo's net."""
        import torch

        class Of(torch.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.backbone = detector.backbone
                self.head = detector.head

            def forward(self, image: Any) -> list[Any]:
                maps = list(self.backbone(image).values())
                cls, box = self.head.classification_head, self.head.regression_head
                if hasattr(cls, "module_list"):
                    pairs = zip(maps, cls.module_list, box.module_list, strict=True)
                    return [head(x) for x, *heads in pairs for head in heads]
                heads = ((cls.conv, cls.cls_logits), (box.conv, box.bbox_reg))
                return [last(conv(x)) for x in maps for conv, last in heads]

        return Of()


def _net(own: NetRow) -> Any:
    import cnnspec

    inputs = {"input": (3, own.side, own.side)} if own.side else {}
    return cnnspec.zoo(own.net, inputs=inputs, **own.values)


def calibrate(module: Any, images: Any) -> None:
    """Give batch norms the statistics of some images; with others an image may hardly show in the outputs."""
    import torch

    norms: list[Any] = [part for part in module.modules() if isinstance(part, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    with torch.no_grad():
        module.train()(images)
    module.eval()


def hardly_apart(expected: list[list[Any]]) -> bool:
    """Whether two images have nearly the same outputs."""
    return any((a - b).abs().max() < 1e-3 * a.abs().max() for a, b in zip(*expected, strict=True))


def measured(name: str) -> Row:
    """What comes of one model."""
    import torch

    from cnnspec.backends.match import MatchError
    from cnnspec.backends.weights import WeightsError

    warnings.simplefilter("ignore")
    found = made(name)
    net = found.net
    row = Row(net=net.name, params=net.params, off=None, refused={}, passed_over="")
    if row["params"] > LARGEST:
        return {**row, "passed_over": f"more than {LARGEST // 10**6} million parameters"}
    ((_, shape),) = net.inputs.items()
    images = torch.randn((2, *shape), generator=torch.Generator().manual_seed(0))
    expected = _expected(found, images)
    if hardly_apart(expected):
        calibrate(found.runs, images)
        expected = _expected(found, images)
    offs: dict[tuple[str, ...], float] = {}
    for order in ORDERS:
        try:
            match = _loaded(net, found, order, images[:1])
        except (MatchError, WeightsError) as error:
            row["refused"][order] = str(error)
            continue
        if match.differing:
            row["apart"] = list(match.differing)
        taken = tuple(match.keys.values())
        if taken not in offs:
            offs[taken] = _off(net, match.weights, images, expected)
    row["off"] = max(offs.values(), default=None)
    return row


def measured_alone(name: str) -> Row:
    """What comes of one model, in a process of its own."""
    from foreign_nets import declare_operators

    library = declare_operators()
    row = measured(name)
    del library
    return row


def _loaded(net: Any, found: Foreign, order: str, image: Any) -> Any:
    """The match of a model's tensors, in one of the orders."""
    import cnnspec

    if order == "run":
        return cnnspec.load_weights(net, found.runs, image)
    if order == "sorted":
        from safetensors.torch import save_file

        with TemporaryDirectory() as folder:
            path = Path(folder) / "model.safetensors"
            save_file({key: tensor.clone() for key, tensor in sorted(found.state.items())}, path)
            return cnnspec.load_weights(net, path)
    keys = list(found.state)
    if order == "shuffled":
        Random(0).shuffle(keys)
    return cnnspec.load_weights(net, {key: found.state[key] for key in keys})


def _expected(found: Foreign, images: Any) -> list[list[Any]]:
    """The outputs of a model for each image."""
    import torch

    with torch.inference_mode():
        return [list(_outputs(found.runs(image[None]))) for image in images]


def _off(net: Any, weights: Mapping[str, Any], images: Any, expected: list[list[Any]]) -> float:
    """How far the outputs of a net lie from those expected, in parts of what lies between two images."""
    import torch

    model = net.to_torch(weights=weights).eval()
    with torch.inference_mode():
        given = [list(_outputs(model(image[None]))) for image in images]
    worst = 0.0
    for mine, theirs, other in zip(given[0], *expected, strict=True):
        if mine.shape != theirs.shape:
            return float("inf")
        worst = max(worst, float((mine - theirs).abs().max() / (theirs - other).abs().max()))
    return worst


def _outputs(outputs: Any) -> Iterator[Any]:
    """All outputs that inference has, whatever they are kept in."""
    if hasattr(outputs, "shape"):
        yield outputs
    elif isinstance(outputs, Mapping):
        for key, part in outputs.items():
            if key != "aux":
                yield from _outputs(part)
    else:
        for part in outputs:
            yield from _outputs(part)


def kept() -> dict[str, Row]:
    """The rows that are kept, by library and model."""
    return json.loads(ROWS.read_text(encoding="utf-8")) if ROWS.exists() else {}


def main(asked: list[str]) -> None:
    """Measure the models that have no row, or those that are asked for, and keep the rows."""
    sys.path.append(str(Path(__file__).parent.parent))
    rows = kept()
    asked = asked or [name for name in names() if name not in rows]
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as pool:
        for name, row in zip(asked, pool.map(measured_alone, asked), strict=True):
            rows[name] = row
            ROWS.write_text(json.dumps(dict(sorted(rows.items())), indent=1) + "\n", encoding="utf-8")
            print(name, {**row, "refused": list(row["refused"])}, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
