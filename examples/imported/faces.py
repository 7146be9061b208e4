"""MTCNN of facenet-pytorch, imported, finds the faces of a photograph on numpy.

    pip install --no-deps facenet-pytorch==2.6.0 requests matplotlib
    python faces.py [photograph.jpg] [-o faces.png]

Its three nets bring their weights. Each is imported as a spec; the package's own cascade then runs with these
specs on numpy in the place of its torch modules, and finds the same boxes. Without a photograph it is that of
Grace Hopper, which matplotlib brings.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from facenet_pytorch import MTCNN
from facenet_pytorch.models.utils import detect_face as cascade
from matplotlib.cbook import get_sample_data
from PIL import Image, ImageDraw

import cnnspec

SIZES = {"pnet": 12, "rnet": 24, "onet": 48}
THRESHOLDS, FACTOR, SMALLEST = [0.6, 0.7, 0.7], 0.709, 20


class Faces(NamedTuple):
    """Faces: a box each (left, top, right, bottom in pixels, and a probability) and five points."""

    boxes: np.ndarray
    points: np.ndarray


class NumpyNet:
    """An imported net, as the cascade calls it: on a batch of images of any size."""

    def __init__(self, module: torch.nn.Module, size: int) -> None:
        self.found = cnnspec.from_torch(module, (3, size, size))
        self.programs: dict[tuple[int, ...], Callable[[Any], Any]] = {}

    def parameters(self) -> Iterator[torch.Tensor]:
        yield torch.zeros(())

    def __call__(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        shape = tuple(images.shape[1:])
        if shape not in self.programs:
            net = cnnspec.loads(self.found.text, inputs={"input": shape})
            self.programs[shape] = net.to_numpy(weights=self.found.weights)
        heads = self.programs[shape](images.numpy())
        return tuple(torch.from_numpy(np.asarray(value)) for value in heads.values())


def photograph(path: Path | None = None) -> Image.Image:
    """The photograph that is asked for, or that of Grace Hopper."""
    if path is not None:
        return Image.open(path).convert("RGB")
    return Image.open(get_sample_data("grace_hopper.jpg", asfileobj=False)).convert("RGB")


def of_boxes(boxes: Any, scores: Any, indices: Any, threshold: float) -> Any:
    """The best of boxes that overlap, by numpy: that of torchvision needs a build for the torch at hand."""
    return cascade.batched_nms_numpy(boxes, scores, indices, threshold, "Union")


cascade.batched_nms = of_boxes


def found_by(nets: dict[str, Any], image: Image.Image) -> Faces:
    """The faces that the package's cascade finds with these three nets."""
    with torch.no_grad():
        three = (nets["pnet"], nets["rnet"], nets["onet"])
        boxes, points = cascade.detect_face(image, SMALLEST, *three, THRESHOLDS, FACTOR, "cpu")
    return Faces(np.asarray(boxes[0], dtype=float), np.asarray(points[0], dtype=float))


def drawn(image: Image.Image, faces: Faces) -> Image.Image:
    """The photograph with the boxes and the points."""
    result = image.copy()
    draw = ImageDraw.Draw(result)
    for box, points in zip(faces.boxes, faces.points, strict=True):
        draw.rectangle(tuple(box[:4]), outline=(255, 196, 0), width=4)
        for x, y in points:
            draw.ellipse((x - 4, y - 4, x + 4, y + 4), fill=(0, 200, 255))
    return result


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photograph", nargs="?", type=Path)
    parser.add_argument("-o", dest="output", type=Path, default=Path("faces.png"))
    given = parser.parse_args()
    image, package = photograph(given.photograph), MTCNN()
    modules = {name: getattr(package, name) for name in SIZES}
    nets = {name: NumpyNet(module, SIZES[name]) for name, module in modules.items()}
    for net in nets.values():
        print(net.found.text)
    theirs, ours = found_by(modules, image), found_by(nets, image)
    for box in ours.boxes:
        print("face at {:.1f}, {:.1f} to {:.1f}, {:.1f}, probability {:.4f}".format(*box))
    print(f"farthest from the package's own boxes: {np.abs(ours.boxes - theirs.boxes).max():.1e} pixels")
    drawn(image, ours).save(given.output)
    print(f"wrote {given.output}")


if __name__ == "__main__":
    main()
