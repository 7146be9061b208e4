"""Names that are not known: which others are offered, and what other libraries call the same thing."""

import pytest

from cnnspec.elaborate.calls.labels import SECTIONS
from cnnspec.elaborate.mistakes.suggest import (
    LAYERS_ELSEWHERE,
    LEFT_OUT,
    PARAMETERS_ELSEWHERE,
    left_out,
    nearest,
    nearest_block,
    nearest_parameter,
    plain,
    suggest,
)
from cnnspec.elaborate.module import library_names
from cnnspec.elaborate.values import FORMS
from cnnspec.layers import REGISTRY, parameters

BLOCKS = [*REGISTRY, *FORMS, *SECTIONS]
ALL_PARAMETERS = {parameter.name for layer in REGISTRY.values() for parameter in parameters(layer)}


def test_the_nearest_name_is_offered():
    assert suggest("rellu", BLOCKS) == "did you mean `relu`?"
    assert suggest("prellu", ["celu", "elu"]) == "did you mean `elu` or `celu`?"
    assert suggest("qqq", BLOCKS) == ""


def test_case_and_underscores_do_not_count():
    assert nearest("ReLU", BLOCKS) == ["relu"]
    assert nearest("LeakyReLU", BLOCKS) == ["leaky_relu"]
    assert nearest("AdaptiveAvgPool2d", BLOCKS) == ["adaptive_avgpool"]


def test_a_name_too_long_to_be_a_slip_is_near_to_none():
    assert nearest("a" * 1_001, ["a" * 1_000]) == []


@pytest.mark.parametrize(
    ("name", "block"),
    [
        ("Conv2d", "conv"),
        ("Conv2DTranspose", "tconv"),
        ("BatchNormalization", "batchnorm"),
        ("GlobalAveragePooling2D", "gap"),
        ("fc", "linear"),
        ("backbone", "body"),
        ("ConvBNReLU", "conv_bn_relu"),
        ("MBConv", "inverted_residual"),
    ],
)
def test_what_others_call_a_block(name, block):
    assert nearest_block(name, BLOCKS, sorted(library_names())) == [block]


def test_the_library_comes_last():
    assert nearest_block("blok", ["block"], ["nin_block"]) == ["block"]
    assert nearest_block("bottlneck", ["block"], ["bottleneck"]) == ["bottleneck"]


def test_what_others_call_a_parameter():
    assert nearest_parameter("kernel_size", ("out", "kernel")) == ["kernel"]
    assert nearest_parameter("p", ("rate",)) == ["rate"]
    assert nearest_parameter("p", ("kernel", "pad")) == ["pad"]
    assert nearest_parameter("in_channels", ("out", "kernel")) == []
    assert left_out("in_channels") == "the channels that flow in are known: leave it out"


def test_the_tables_hold_names_that_exist_and_plain_ones_that_do_not():
    assert {*BLOCKS, *library_names()} >= LAYERS_ELSEWHERE.keys()
    assert PARAMETERS_ELSEWHERE.keys() <= ALL_PARAMETERS
    for table, known in ((LAYERS_ELSEWHERE, BLOCKS), (PARAMETERS_ELSEWHERE, []), (LEFT_OUT, ALL_PARAMETERS)):
        for word in " ".join(table.values()).split():
            assert plain(word) == word
            assert word not in map(plain, known)
