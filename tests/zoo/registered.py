"""Models that timm and torchvision register and a net of the zoo covers: NET(values of its parameters)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple


class Row(NamedTuple):
    """A net of the zoo, what its parameters are in place of its own values, and the side of the image."""

    net: str
    values: dict[str, Any]
    side: int | None = None


def row(net: str, side: int | None = None, **values: Any) -> Row:
    return Row(net, values, side)


DEPTHS = {18: [2, 2, 2, 2], 26: [2, 2, 2, 2], 34: [3, 4, 6, 3], 50: [3, 4, 6, 3]} | {
    101: [3, 4, 23, 3],
    152: [3, 8, 36, 3],
    200: [3, 24, 36, 3],
}
"""The blocks of each stage of ResNets, by their layers."""


def residual() -> Iterator[tuple[str, Row]]:
    """ResNets and what came of them."""
    for layers, depths in DEPTHS.items():
        block = 18 if layers in (18, 34) else 50
        yield f"resnet{layers}", row(f"resnet{block}", depths=depths)
        yield f"resnet{layers}d", row(f"resnet{block}d", depths=depths)
    for layers in (50, 101, 152):
        yield f"seresnet{layers}", row("seresnet50", depths=DEPTHS[layers])
    for layers in (50, 101):
        yield f"resnext{layers}_32x4d", row("resnext50_32x4d", depths=DEPTHS[layers])
        yield f"wide_resnet{layers}_2", row("wide_resnet50_2", depths=DEPTHS[layers])
        yield f"res2net{layers}_26w_4s", row("res2net50_26w_4s", depths=DEPTHS[layers])
    for size in ("32x8d", "64x4d"):
        yield f"resnext101_{size}", row(f"resnext101_{size}")
    for base, parts in ((26, 6), (26, 8), (14, 8), (48, 2)):
        yield f"res2net50_{base}w_{parts}s", row("res2net50_26w_4s", base=base, parts=parts)
    for name, depths, first in (
        *(("14d", [1, 1, 1, 1], 32), ("26d", DEPTHS[26], 32), ("50d", DEPTHS[50], 32)),
        *(("101e", DEPTHS[101], 64), ("200e", DEPTHS[200], 64), ("269e", [3, 30, 48, 8], 64)),
    ):
        yield f"resnest{name}", row("resnest50", depths=depths, first=first)
    for number in range(7):
        depths = [(number + 1) * depth for depth in (1, 2, 6, 3)]
        yield f"dm_nfnet_f{number}", row("nfnet_f0", depths=depths)


def aggregated() -> Iterator[tuple[str, Row]]:
    """VGG, Inception, nets that join what came before, and nets of several maps."""
    for layers in (11, 13, 16, 19):
        yield f"vgg{layers}", row(f"vgg{layers}")
        yield f"vgg{layers}_bn", row(f"vgg{layers}bn")
    for layers in (121, 161, 169, 201):
        yield f"densenet{layers}", row(f"densenet{layers}")
    yield "inception_v4", row("inceptionv4")
    yield "legacy_xception", row("xception")
    for name, levels in {"60": [1, 2, 3, 1], "102": [1, 3, 4, 1], "169": [2, 3, 5, 1]}.items():
        yield f"dla{name}", row("dla60", levels=levels, residual_root=name != "60")
    yield "dla34", row("dla34")
    yield "dla46_c", row("dla60", levels=[1, 2, 2, 1], widths=[16, 32, 64, 64, 128, 256])
    for width in (18, 30, 32, 40, 44, 48, 64):
        yield f"hrnet_w{width}", row("hrnet_w18", width=width)
    for name, depths, factors in (
        *(("a0", [2, 4, 14, 1], [0.75, 0.75, 0.75, 2.5]), ("a1", [2, 4, 14, 1], [1, 1, 1, 2.5])),
        *(("a2", [2, 4, 14, 1], [1.5, 1.5, 1.5, 2.75]), ("b0", [4, 6, 16, 1], [1, 1, 1, 2.5])),
        *(("b1", [4, 6, 16, 1], [2, 2, 2, 4]), ("b2", [4, 6, 16, 1], [2.5, 2.5, 2.5, 5])),
        ("b3", [4, 6, 16, 1], [3, 3, 3, 5]),
    ):
        yield f"repvgg_{name}", row("repvgg_a0", depths=depths, factors=factors)
    yield "darknet53", row("darknet53")
    yield "cspdarknet53", row("cspdarknet53")


def mobile() -> Iterator[tuple[str, Row]]:
    """Nets for telephones, and EfficientNets."""
    for width in (100, 125):
        yield f"mobilenetv1_{width}", row("mobilenetv1", width=width / 100)
    for width in (35, 50, 75, 100, 140):
        yield f"mobilenetv2_{width:03}", row("mobilenetv2", width=width / 100)
    for prefix in ("", "tf_"):
        for size in ("large", "small"):
            yield f"{prefix}mobilenetv3_{size}_100", row(f"mobilenetv3_{size}")
    for width in (50, 75, 100, 140):
        yield f"mnasnet_{width:03}", row("mnasnet1_0", width=width / 100)
    for width in (50, 100, 130):
        yield f"ghostnet_{width:03}", row("ghostnet", width=width / 100)
    scales = [
        (1, 1),
        (1, 1.1),
        (1.1, 1.2),
        (1.2, 1.4),
        (1.4, 1.8),
        (1.6, 2.2),
        (1.8, 2.6),
        (2, 3.1),
        (2.2, 3.6),
    ]
    for number, (width, depth) in enumerate(scales):
        for prefix in ("", "tf_"):
            yield f"{prefix}efficientnet_b{number}", row("efficientnet_b0", width=width, depth=depth)
    yield "tf_efficientnet_l2", row("efficientnet_b0", width=4.3, depth=5.3)
    for prefix in ("", "tf_"):
        for size in ("s", "m", "l", "xl"):
            yield f"{prefix}efficientnetv2_{size}", row(f"efficientnetv2_{size}")
    for size in ("xxs", "xs", "s"):
        yield f"mobilevit_{size}", row(f"mobilevit_{size}")


REGNET = {
    "regnetx": {
        "002": (13, 24, 36.44, 2.49, 8),
        "004": (22, 24, 24.48, 2.54, 16),
        "006": (16, 48, 36.97, 2.24, 24),
        "008": (16, 56, 35.73, 2.28, 16),
        "016": (18, 80, 34.01, 2.25, 24),
        "032": (25, 88, 26.31, 2.25, 48),
        "040": (23, 96, 38.65, 2.43, 40),
        "064": (17, 184, 60.83, 2.07, 56),
        "080": (23, 80, 49.56, 2.88, 120),
        "120": (19, 168, 73.36, 2.37, 112),
        "160": (22, 216, 55.59, 2.1, 128),
        "320": (23, 320, 69.86, 2.0, 168),
    },
    "regnety": {
        "002": (13, 24, 36.44, 2.49, 8),
        "004": (16, 48, 27.89, 2.09, 8),
        "006": (15, 48, 32.54, 2.32, 16),
        "008": (14, 56, 38.84, 2.4, 16),
        "016": (27, 48, 20.71, 2.65, 24),
        "032": (21, 80, 42.63, 2.66, 24),
        "040": (22, 96, 31.41, 2.24, 64),
        "064": (25, 112, 33.22, 2.27, 72),
        "080": (17, 192, 76.82, 2.19, 56),
        "120": (19, 168, 73.36, 2.37, 112),
        "160": (18, 200, 106.23, 2.48, 112),
        "320": (20, 232, 115.89, 2.53, 232),
        "640": (20, 352, 147.48, 2.4, 328),
        "1280": (27, 456, 160.83, 2.52, 264),
        "2560": (27, 640, 230.83, 2.53, 373),
    },
}
"""Radosavovic et al. 2020, and what came after with the same rule: depth, w0, wa, wm, width of a group."""


def regnets() -> Iterator[tuple[str, Row]]:
    for kind, sizes in REGNET.items():
        net = f"{kind[:-1]}_{kind[-1]}_800mf"
        for size, numbers in sizes.items():
            values: dict[str, Any] = dict(zip(("depth", "w0", "wa", "wm", "group"), numbers, strict=True))
            yield f"{kind}_{size}", Row(net, values)
            if (kind[-1], size) in {("x", "004"), ("y", "008"), ("y", "080")}:
                yield f"{kind}_{size}_tv", Row(net, values | {"ties_up": True})


def modern() -> Iterator[tuple[str, Row]]:
    """ConvNeXt and its second version, with the depths and the first width of each size; widths double."""
    small = {"atto": ([2, 2, 6, 2], 40), "femto": ([2, 2, 6, 2], 48), "pico": ([2, 2, 6, 2], 64)}
    sizes = small | {"nano": ([2, 2, 8, 2], 80), "tiny": ([3, 3, 9, 3], 96), "small": ([3, 3, 27, 3], 96)}
    sizes |= {"base": ([3, 3, 27, 3], 128), "large": ([3, 3, 27, 3], 192)}
    for size, (depths, width) in sizes.items():
        widths = [width * 2**i for i in range(4)]
        yield f"convnext_{size}", row("convnext_tiny", depths=depths, widths=widths)
        yield f"convnextv2_{size}", row("convnextv2_tiny", depths=depths, widths=widths)
    for name, width in (("convnext_xlarge", 256), ("convnextv2_huge", 352)):
        widths = [width * 2**i for i in range(4)]
        net = name.replace("xlarge", "tiny").replace("huge", "tiny")
        yield name, row(net, depths=[3, 3, 27, 3], widths=widths)


def attending() -> Iterator[tuple[str, Row]]:
    """Vision transformers, with and without convolutions."""
    sizes = {"tiny": (192, 3, 12), "small": (384, 6, 12), "base": (768, 12, 12)}
    sizes |= {"large": (1024, 16, 24), "huge": (1280, 16, 32)}
    patches = [("tiny", 16, 224), ("tiny", 16, 384), ("small", 8, 224), ("base", 8, 224), ("huge", 14, 224)]
    patches += [
        (size, patch, side) for size in ("small", "base") for patch in (16, 32) for side in (224, 384)
    ]
    patches += [("large", 14, 224), *(("large", patch, side) for patch in (16, 32) for side in (224, 384))]
    for size, patch, side in patches:
        dim, heads, depth = sizes[size]
        values = {"dim": dim, "heads": heads, "depth": depth, "patch": patch, "size": side}
        yield f"vit_{size}_patch{patch}_{side}", Row("vit_small_16", values)
    for size, side in (("tiny", 224), ("small", 224), ("base", 224), ("base", 384)):
        yield f"deit_{size}_patch16_{side}", row(f"deit_{size}", size=side)
    swin = {"tiny": (96, 6, 3), "small": (96, 18, 3), "base": (128, 18, 4), "large": (192, 18, 6)}
    for size, (width, depth, heads) in swin.items():
        values = {"width": width, "depths": [2, 2, depth, 2], "heads": [heads * 2**i for i in range(4)]}
        yield f"swin_{size}_patch4_window7_224", Row("swin_tiny", values)
        if size in ("base", "large"):
            yield f"swin_{size}_patch4_window12_384", Row("swin_tiny", values | {"window": 12}, 384)
    for number in range(4):
        yield f"coatnet_{number}_224", row(f"coatnet_{number}")
    wide = [192, 384, 768, 1536]
    yield "coatnet_4_224", row("coatnet_0", depths=[2, 12, 28, 2], widths=wide, first=192)
    wider = [256, 512, 1280, 2048]
    yield "coatnet_5_224", row("coatnet_0", depths=[2, 12, 28, 2], widths=wider, first=192)


TIMM = {
    name: row
    for family in (residual, aggregated, mobile, regnets, modern, attending)
    for name, row in family()
}
"""The models of timm, each with its row."""

TORCHVISION = {
    "alexnet": "alexnet",
    **{f"vgg{layers}": f"vgg{layers}" for layers in (11, 13, 16, 19)},
    **{f"vgg{layers}_bn": f"vgg{layers}bn" for layers in (11, 13, 16, 19)},
    "resnet18": "resnet18",
    "resnet34": "resnet34",
    "resnet50": "resnet50",
    "resnet101": "resnet101",
    "resnet152": "resnet152",
    "resnext50_32x4d": "resnext50_32x4d",
    "resnext101_32x8d": "resnext101_32x8d",
    "resnext101_64x4d": "resnext101_64x4d",
    "wide_resnet50_2": "wide_resnet50_2",
    "wide_resnet101_2": "wide_resnet101_2",
    "densenet121": "densenet121",
    "densenet161": "densenet161",
    "densenet169": "densenet169",
    "densenet201": "densenet201",
    "googlenet": "googlenet_bn",
    "mobilenet_v2": "mobilenetv2",
    "mobilenet_v3_large": "mobilenetv3_large",
    "mobilenet_v3_small": "mobilenetv3_small",
    **{f"efficientnet_b{i}": f"efficientnet_b{i}" for i in range(8)},
    **{f"efficientnet_v2_{size}": f"efficientnetv2_{size}" for size in "sml"},
    **{f"shufflenet_v2_x{width}": f"shufflenetv2_x{width}" for width in ("0_5", "1_0", "1_5", "2_0")},
    **{f"mnasnet{width}": f"mnasnet{width}" for width in ("0_5", "0_75", "1_0", "1_3")},
    "inception_v3": "inceptionv3",
    "squeezenet1_0": "squeezenet1_0",
    "squeezenet1_1": "squeezenet1_1",
    **{f"convnext_{size}": f"convnext_{size}" for size in ("tiny", "small", "base", "large")},
    **{f"regnet_x_{size}": f"regnet_x_{size}" for size in ("800mf", "1_6gf", "3_2gf", "8gf", "16gf", "32gf")},
    "regnet_x_400mf": "regnet_x_400mf_up",
    **{f"regnet_y_{size}": f"regnet_y_{size}" for size in ("400mf", "1_6gf", "3_2gf", "16gf", "32gf")},
    "regnet_y_800mf": "regnet_y_800mf_up",
    "regnet_y_8gf": "regnet_y_8gf_up",
}
"""torchvision's models of images, each with the net of the zoo."""

ATTENDING = {
    **{f"vit_b_{patch}": row("vit_base_16", patch=patch) for patch in (16, 32)},
    **{f"vit_l_{patch}": row("vit_large_16", patch=patch) for patch in (16, 32)},
    "vit_h_14": row("vit_huge_14"),
    **{f"swin_{size[0]}": row(f"swin_{size}") for size in ("tiny", "small", "base")},
}
"""torchvision's transformers: their layers are of another make, their figures the same."""
