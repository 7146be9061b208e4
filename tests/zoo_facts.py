"""What is known of the nets in specs/: published figures, to which the specs are held."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import pytest

from cnnspec.zoo_list import entries


def one_a_family(names: Iterable[str]) -> list[Any]:
    """Nets of the zoo as parameters of a test: the first of each file in every run, all in slow ones."""
    files = {entry.name: entry.file for entry in entries()}
    seen: set[str] = set()
    found = []
    for name in names:
        found.append(pytest.param(name, marks=pytest.mark.slow if files[name] in seen else ()))
        seen.add(files[name])
    return found


class Fact(NamedTuple):
    """Parameters and multiply-accumulates in inference; the field of the last map: size, stride, left pad."""

    params: int
    macs: int
    field: tuple[int, int, int] | None = None


FACTS = {
    "LeNet5": Fact(61_706, 416_520),
    "AlexNet": Fact(61_100_840, 714_188_480, (195, 32, 66)),
    "AlexNet2012": Fact(60_965_224, 724_406_816),
    "VGG11": Fact(132_863_336, 7_609_090_048, (150, 32, 59)),
    "VGG13": Fact(133_047_848, 11_308_466_176, (156, 32, 62)),
    "VGG16": Fact(138_357_544, 15_470_264_320, (212, 32, 90)),
    "VGG19": Fact(143_667_240, 19_632_062_464, (268, 32, 118)),
    "VGG16BN": Fact(138_365_992, 15_470_264_320),
    "NiN": Fact(7_595_176, 969_460_864),
    "GoogLeNet": Fact(6_998_552, 1_582_671_872),
    "GoogLeNetBN": Fact(6_624_904, 1_498_376_192, (379, 32, 167)),
    "ResNet18": Fact(11_689_512, 1_814_073_344, (435, 32, 217)),
    "ResNet34": Fact(21_797_672, 3_663_761_408, (899, 32, 449)),
    "ResNet50": Fact(25_557_032, 4_089_184_256, (427, 32, 213)),
    "ResNet101": Fact(44_549_160, 7_801_405_440, (971, 32, 485)),
    "ResNet152": Fact(60_192_808, 11_513_626_624, (1451, 32, 725)),
    "ResNet50_2015": Fact(25_557_032, 3_857_973_248, (483, 32, 241)),
    "ResNet20": Fact(269_722, 40_551_040),
    "ResNet56": Fact(853_018, 125_485_696),
    "ResNet110": Fact(1_727_962, 252_887_680),
    "ResNeXt50_32x4d": Fact(25_028_904, 4_230_479_872, (427, 32, 213)),
    "ResNeXt101_32x8d": Fact(88_791_336, 16_414_015_488),
    "WideResNet50_2": Fact(68_883_240, 11_398_021_120, (427, 32, 213)),
    "DenseNet121": Fact(7_978_856, 2_834_161_664, (2071, 32, 1021)),
    "DenseNet161": Fact(28_681_000, 7_727_907_072, (2967, 32, 1469)),
    "DenseNet169": Fact(14_149_480, 3_359_843_328, (3351, 32, 1661)),
    "DenseNet201": Fact(20_013_928, 4_291_365_888, (3863, 32, 1917)),
    "DenseNetBC_100_12": Fact(769_162, 287_929_692),
    "RegNetX_3_2GF": Fact(15_296_552, 3_176_621_952, (663, 32, 331)),
    "ViT_Small_16": Fact(22_050_664, 4_598_882_304),
    "ViT_Base_16": Fact(86_567_656, 17_563_828_224),
    "DeiT_Tiny": Fact(5_717_416, 1_253_683_200),
    "Swin_Tiny": Fact(28_288_354, 4_490_566_656),
    "Swin_Small": Fact(49_606_258, 8_740_875_264),
    "Swin_Base": Fact(87_768_224, 15_430_946_816),
    "SSD300_VGG16": Fact(35_641_826, 34_858_153_472),
    "SSDLite320_MobileNetV3_Large": Fact(3_440_060, 583_171_904),
    "SegNet": Fact(29_441_419, 106_712_432_640),
    "YOLOv8n": Fact(3_157_184, 4_371_456_000),
    "YOLOv8x": Fact(68_229_632, 128_901_632_000),
    "CoAtNet_0": Fact(25_036_820, 4_546_507_776),
    "MobileViT_S": Fact(5_578_632, 2_000_831_488),
    "ResNeSt50": Fact(27_483_240, 5_371_160_576),
    "CBAM_ResNet50": Fact(28_073_576, 4_095_573_110),
    "MobileNetV2": Fact(3_504_872, 300_774_272),
}

TORCHVISION = {
    "alexnet": (61100840, 0.714),
    "vgg11": (132863336, 7.609),
    "vgg11_bn": (132868840, 7.609),
    "vgg13": (133047848, 11.308),
    "vgg13_bn": (133053736, 11.308),
    "vgg16": (138357544, 15.47),
    "vgg16_bn": (138365992, 15.47),
    "vgg19": (143667240, 19.632),
    "vgg19_bn": (143678248, 19.632),
    "resnet18": (11689512, 1.814),
    "resnet34": (21797672, 3.664),
    "resnet50": (25557032, 4.089),
    "resnet101": (44549160, 7.801),
    "resnet152": (60192808, 11.514),
    "resnext50_32x4d": (25028904, 4.23),
    "resnext101_32x8d": (88791336, 16.414),
    "resnext101_64x4d": (83455272, 15.46),
    "wide_resnet50_2": (68883240, 11.398),
    "wide_resnet101_2": (126886696, 22.753),
    "densenet121": (7978856, 2.834),
    "densenet161": (28681000, 7.728),
    "densenet169": (14149480, 3.36),
    "densenet201": (20013928, 4.291),
    "googlenet_bn": (6624904, 1.498),
    "regnet_x_400mf_up": (5495976, 0.414),
    "regnet_x_800mf": (7259656, 0.8),
    "regnet_x_1_6gf": (9190136, 1.603),
    "regnet_x_3_2gf": (15296552, 3.177),
    "regnet_x_8gf": (39572648, 7.995),
    "regnet_x_16gf": (54278536, 15.941),
    "regnet_x_32gf": (107811560, 31.736),
}
"""Parameters and GMACs that torchvision publishes, by its names.

Its googlenet is the form with batchnorm, its regnet_x_400mf rounds widths up where they lie half way.
"""

PAGES = {
    "resnet": ("conv_bn", "bottleneck", "ResNet", "ResNet50"),
    "googlenet": ("conv_relu", "inception", "pool", "Inception", "GoogLeNet"),
    "densenet": ("dense_layer", "transition", "dense_blocks", "DenseNet", "DenseNet121"),
}
"""The items of a file that its best-known net needs."""
