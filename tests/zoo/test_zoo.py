"""The nets in specs/ have the figures that are published of them, and their specs are short."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TypeVar

import pytest
from folders import SPECS
from zoo_facts import FACTS, PAGES, TORCHVISION

import cnnspec
from cnnspec import session
from cnnspec.api import Net
from cnnspec.diagnostics import Report
from cnnspec.elaborate import Limits
from cnnspec.elaborate.module import library_names
from cnnspec.files import read_source
from cnnspec.graph import Graph
from cnnspec.layers.base import Layer
from cnnspec.layers.conv import Conv
from cnnspec.layers.dense import Scale
from cnnspec.passes.receptive_field import last_map
from cnnspec.session import Session
from cnnspec.spec_files import zoo_nets, zoo_spaces
from cnnspec.syntax.parse import parse
from cnnspec.zoo_list import entries

Kind = TypeVar("Kind", bound=Layer)
zoo = cache(cnnspec.zoo)
FILES = sorted(SPECS.glob("*.cnn"))


def checked(path: Path) -> tuple[str, ...]:
    """What `cnnspec check` says of a file."""
    source = read_source(path, path.name, Report(), Limits())
    assert source is not None
    return tuple(f"{d.code}: {d.message}" for d in Session().check(source).diagnostics)


def layers(net: Net, op: str) -> list[str]:
    return [node.name for node in net.ir if node.layer.op == op]


def of_kind(net: Net, kind: type[Kind]) -> list[Kind]:
    """The layers of a net that are of one class."""
    return [node.layer for node in net.ir if isinstance(node.layer, kind)]


def widths(graph: Graph, path: str) -> list[int]:
    """The channels of the nodes whose name a pattern matches."""
    return [node.shape[0] for node in graph if re.fullmatch(path, node.name)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_net_of_a_file_holds_its_marks_and_totals_without_a_warning(path: Path) -> None:
    assert checked(path) == ()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_begins_with_its_paper(path: Path) -> None:
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    pattern = r"# The standard library: .*" if path.stem == "std" else r'# [\w+ -]+: .+ \d{4}, ".+"'
    assert re.fullmatch(pattern, first)


@pytest.mark.parametrize("name", FACTS)
def test_published_figures(name: str) -> None:
    net = zoo(name)
    costs, field = net.compiled.costs, net.compiled.receptive_field
    assert (costs.inference.params, net.macs) == FACTS[name][:2]
    last = last_map(net.ir)
    assert field is not None or last is None or net.compiled.fields.sees_all(last.name)
    if known := FACTS[name].field:
        assert field == tuple((value, value) for value in known)


@pytest.mark.parametrize("name", TORCHVISION)
def test_torchvision_publishes_the_same_figures(name: str) -> None:
    net = zoo(name)
    params, gmacs = TORCHVISION[name]
    assert (net.compiled.costs.inference.params, round(net.macs / 1e9, 3)) == (params, gmacs)


@pytest.mark.parametrize("family", PAGES)
def test_a_family_is_one_page(family: str) -> None:
    lines = page(SPECS / f"{family}.cnn", PAGES[family])
    assert len(lines) <= 30
    assert sum(len(re.sub(r"\s", "", line)) for line in lines) <= 900


@pytest.mark.parametrize(
    ("family", "most"), [("vit", 45), ("swin", 45), ("coatnet", 45), ("efficientnet", 60)]
)
def test_a_family_with_all_its_nets_takes_few_lines(family: str, most: int) -> None:
    text = (SPECS / f"{family}.cnn").read_text(encoding="utf-8")
    code = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert len(code) <= most


def page(path: Path, names: tuple[str, ...]) -> list[str]:
    """The lines of the items of a file that have these names, without comments and blank lines."""
    kept: list[str] = []
    name = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        code = line.partition("#")[0].rstrip()
        if start := re.match(r"(?:def|share|net|let) (\w+)", code):
            name = start[1]
        assert not code.startswith("use"), "a page is complete without other files"
        if code and name in names:
            kept.append(code)
    return kept


def test_a_page_counts_what_it_should() -> None:
    assert page(SPECS / "lenet.cnn", ("LeNet5",)) == [
        "net LeNet5 = LeNet(10) { expect params == 61_706, macs == 416_520 }"
    ]


# ---- nets changed from outside


def test_nets_take_other_classes_and_sizes_than_their_totals_are_of() -> None:
    net = cnnspec.zoo("resnet50", classes=10, inputs={"input": (3, 64, 64)})
    assert net.params == 25_557_032 - 990 * 2049
    assert net.outputs == {"head": (10,)}


def test_zoo_names_are_found_as_torchvision_writes_them() -> None:
    assert zoo("resnext50_32x4d").name == "ResNeXt50_32x4d"
    assert zoo("regnet_x_3_2gf").name == "RegNetX_3_2GF"
    assert zoo("regnet_x_32gf").name == "RegNetX_32GF"
    assert len(zoo_nets()) == sum(
        len(re.findall(r"^net ", path.read_text(encoding="utf-8"), re.MULTILINE)) for path in FILES
    )


def test_the_list_reads_each_file_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(session, "parse", lambda source: read.append(source.name) or parse(source))
    found = entries.__wrapped__()
    assert len(found) == len(zoo_nets()) + len(zoo_spaces())
    assert sorted(read) == sorted({entry.file for entry in found} | {"std", "std.cnn"})


# ---- what is particular to a family


def test_mlps_count_by_formula() -> None:
    net = cnnspec.zoo("mlp", features=10, widths=[341, 7, 3])
    assert net.params == 11 * 341 + 342 * 7 + 8 * 3
    assert net.macs == 10 * 341 + 341 * 7 + 7 * 3
    assert len(layers(net, "tanh")) == 2
    assert len(layers(zoo("mlp_mnist"), "sigmoid")) == 1
    assert list(net.ir)[-1].layer.op == "softmax"


def test_lenet_is_that_of_the_paper() -> None:
    assert {node.layer.op for node in zoo("lenet5").ir} == {
        "input", "conv", "tanh", "avgpool", "flatten", "linear",
    }  # fmt: skip


def test_alexnet_of_2012_has_two_groups_and_normalizes_across_channels() -> None:
    net = zoo("alexnet2012")
    assert [conv.groups for conv in of_kind(net, Conv)] == [1, 2, 1, 2, 2]
    assert len(layers(net, "lrn")) == 2


def test_most_weights_of_alexnet_are_in_one_linear_layer() -> None:
    costs = zoo("alexnet").compiled.costs
    largest = max(costs.layers.values(), key=lambda cost: cost.params)
    assert largest.params == (9216 + 1) * 4096


def test_nin_has_no_linear_layer() -> None:
    assert layers(zoo("nin"), "linear") == []


@pytest.mark.parametrize(("name", "total"), [("googlenet", 13_378_280), ("googlenet_bn", 13_004_888)])
def test_googlenet_has_two_heads_that_only_training_runs(name: str, total: int) -> None:
    net = zoo(name)
    assert net.params == total
    assert net.ir.training_heads == {"aux1", "aux2"}
    assert net.outputs == dict.fromkeys(("head", "aux1", "aux2"), (1000,))
    assert bool(layers(net, "batchnorm")) == (name == "googlenet_bn") != bool(layers(net, "lrn"))


def test_cifar_resnets_have_no_weights_in_their_shortcuts() -> None:
    net = zoo("resnet20")
    assert len(layers(net, "zero_channels")) == len(layers(net, "subsample")) == 2
    assert len(layers(net, "conv")) == 19


def test_regnet_computes_widths_and_depths_from_four_numbers() -> None:
    graph = zoo("regnet_x_3_2gf").ir
    last = r"body\.stages\.stage_?(\d)\.\d+\.relu"
    found = [re.fullmatch(last, node.name) for node in graph]
    stages = [int(match[1]) for match in found if match]
    assert [stages.count(i) for i in (1, 2, 3, 4)] == [2, 6, 15, 2]
    assert sorted(set(widths(graph, last))) == [96, 192, 432, 1008]


def test_regnet_400mf_rounds_widths_that_lie_half_way_by_a_parameter() -> None:
    last = r"body\.stages\.stage_?4\.\d+\.relu"
    assert set(widths(zoo("regnet_x_400mf").ir, last)) == {384}
    assert set(widths(cnnspec.zoo("regnet_x_400mf", ties_up=True).ir, last)) == {400}
    assert cnnspec.zoo("regnet_x_400mf", ties_up=True).params == 5_495_976


def test_anynet_takes_every_knob() -> None:
    net = cnnspec.zoo(
        "anynet", depths=[1, 2], widths=[32, 64], groups=[8, 16], ratios=[1, 2], strides=[1, 2], w0=16
    )
    grouped = [(conv.out, conv.groups, conv.stride) for conv in of_kind(net, Conv) if conv.groups > 1]
    assert grouped == [(32, 4, 1), (32, 2, 2), (32, 2, 1)]


def test_the_example_of_the_course_has_32_layers() -> None:
    net = zoo("anynet32")
    assert net.compiled.depth == 32
    assert len(layers(net, "conv")) == 1 + 3 * 10 + 2


def test_nfnet_normalizes_nothing_and_scales_its_branches() -> None:
    net = zoo("nfnet_f0")
    assert "norm" not in {node.layer.family for node in net.ir}
    gates = [node.layer for node in net.ir if "squeeze_excite" in node.name]
    assert all(conv.standardize for conv in of_kind(net, Conv) if conv not in gates)
    assert len([scale for scale in of_kind(net, Scale) if scale.learnable]) == 1 + 2 + 6 + 3


def test_unets_of_the_paper_lose_the_border_and_padded_ones_do_not() -> None:
    assert zoo("unet2015").outputs == {"head": (2, 388, 388)}
    assert zoo("unet").outputs == {"head": (21, 256, 256)}
    assert cnnspec.zoo("unet_small", inputs={"input": (1, 96, 80)}).outputs == {"head": (2, 96, 80)}


def test_a_unet_counts_by_formula() -> None:
    def conv(inputs: int, outputs: int, kernel: int) -> int:
        return (inputs * kernel**2 + 1) * outputs

    down = sum(conv(n, m, 3) + conv(m, m, 3) for n, m in [(1, 16), (16, 32), (32, 64), (64, 128)])
    up = sum(conv(2 * m, m, 2) + conv(2 * m, m, 3) + conv(m, m, 3) for m in (64, 32, 16))
    assert zoo("unet_small").params == down + up + conv(16, 2, 1)


def test_fcn_keeps_an_eighth_of_the_image_and_torchvisions_weights() -> None:
    net = zoo("fcn_resnet50")
    assert net.params == 35_322_218
    assert net.ir["head.fcn_head.conv"].shape == (21, 65, 65)
    assert net.outputs["head"] == (21, 520, 520)


def test_the_detectors_heads_share_their_weights_over_the_pyramid() -> None:
    net = zoo("retinanet_resnet50")
    assert [net.outputs[f"cls{i}"][1] for i in range(3, 8)] == [64, 32, 16, 8, 4]
    assert net.params == 34_014_999 + 53_120
    owners = {node.weights_of for node in net.ir if node.name.startswith("cls") and node.layer.op == "conv"}
    assert owners == {name for name in owners if name.startswith("cls3.")} and len(owners) == 5


@pytest.mark.parametrize(("name", "figures"), [("edge_detector", (2, 84)), ("cross_correlation", (4, 16))])
def test_one_layer_nets(name: str, figures: tuple[int, int]) -> None:
    assert (zoo(name).params, zoo(name).macs) == figures


# ---- the standard library

BLOCKS = {
    "conv_bn(8, 3)": (8, 8, 8),
    "conv_bn_relu(8, 3, stride=2)": (8, 4, 4),
    "conv_relu(8, 5, pad=valid)": (8, 4, 4),
    "double_conv(8)": (8, 8, 8),
    "separable_conv(8)": (8, 8, 8),
    "nin_block(8, 3, last=5)": (5, 8, 8),
    "inception(1, 2, 3, 4, 5, 6)": (15, 8, 8),
    "inception(1, 2, 3, 4, 5, 6, conv_bn_relu)": (15, 8, 8),
    "basic(8, 2)": (8, 4, 4),
    "basic(32, 2, shortcut=pad)": (32, 4, 4),
    "bottleneck(4)": (16, 8, 8),
    "bottleneck(8, 2, inner=16, groups=4)": (32, 4, 4),
    "preactivation(16)": (16, 8, 8),
    "preactivation(32, 2)": (32, 4, 4),
    "inverted_residual(16)": (16, 8, 8),
    "inverted_residual(24, 2, expand=1)": (24, 4, 4),
    "dense(3) { dense_layer(4) }": (28, 8, 8),
    "transition": (8, 4, 4),
    "squeeze_excite(4)": (16, 8, 8),
    "stage(basic(32), 2, stride=2)": (32, 4, 4),
    "csp(8, conv_bn_relu(4, 3), 2)": (8, 8, 8),
    "ghost(7, 3, stride=2, act=identity)": (7, 4, 4),
    "shuffle_unit": (16, 8, 8),
    "shuffle_unit(24, stride=2)": (24, 4, 4),
    "a: basic(16); b: basic(32, 2); fpn([a, b], 6)": (6, 4, 4),
    "aspp(6, rates=[2, 3])": (6, 8, 8),
}


@pytest.mark.parametrize("block", BLOCKS)
def test_blocks_of_the_library(block: str) -> None:
    names = sorted(set(re.findall(r"[a-z_]+", block)) & library_names())
    net = cnnspec.loads(f"use std ({', '.join(names)})\nnet One {{ input 16x8x8; {block} }}")
    assert net.outputs == {"output": BLOCKS[block]}


def test_every_block_of_the_library_is_tried() -> None:
    assert library_names() <= {word for block in BLOCKS for word in re.findall(r"[a-z_]+", block)}


def test_a_gate_of_squeeze_and_excitation_counts_by_formula() -> None:
    net = cnnspec.loads("use std (squeeze_excite)\nnet One { input 64x8x8; squeeze_excite(16) }")
    assert (net.params, net.macs) == (64 * 4 + 4 + 4 * 64 + 64, 2 * 64 * 4)
