"""`diff`: one entry for one change, names left out, and sums that are exact."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from planted import edited, specs
from random_specs import specs as random_specs

import cnnspec
from cnnspec.difference import Difference, diff, marked
from cnnspec.difference.same import same_nodes
from cnnspec.difference.show import as_dict, as_markdown, as_text
from cnnspec.pipeline import Compiled
from cnnspec.session import Session
from cnnspec.source import Source


def between(old: str, new: str) -> Difference:
    return diff(*(cnnspec.loads(f"net A {{ {body} }}").compiled for body in (old, new)))


def zoo(old: str, new: str) -> Difference:
    return diff(cnnspec.zoo(old).compiled, cnnspec.zoo(new).compiled)


def entries(difference: Difference) -> list[tuple[str, str, int]]:
    """The changes: sign, what, and in how many places."""
    return [(change.sign, change.what, len(change.places)) for change in difference.changes]


def holds(difference: Difference) -> bool:
    """Whether the entries add up to the difference of the totals."""
    return all(
        sum(getattr(change, name) for change in difference.changes)
        == difference.figures[name][1] - difference.figures[name][0]  # type: ignore[operator]
        for name in ("params", "buffers", "macs")
    )


@pytest.mark.parametrize(
    "old, new, changes",
    [
        ("conv(8, 3)", "conv(8, 3)", []),
        ("conv(8, 3)", "conv(8, 5)", [("~", "conv: kernel 3 -> 5", 1)]),
        ("conv(8, 3, pad=half)", "conv(8, 3x3, pad=1)", []),
        ("conv(8, 3) -> relu", "conv(8, 3) -> gelu", [("~", "relu -> gelu", 1)]),
        ("conv(8, 3) -> relu", "conv(8, 3) -> batchnorm -> relu", [("+", "batchnorm", 1)]),
        ("conv(8, 3) -> relu", "conv(8, 3)", [("-", "relu", 1)]),
        (
            "conv(8, 3) -> conv(4, 1)",
            "conv(9, 3) -> conv(4, 1)",
            [("~", "conv: out 8 -> 9", 1), ("=", "what follows from other shapes", 0)],
        ),
        (
            "{ conv(3, 3) -> relu } * 3",
            "{ conv(3, 3) -> relu } * 5",
            [("~", "{ conv -> relu } * 3 -> * 5", 1)],
        ),
        ("a: conv(3, 3)", "b: { { conv(3, 3) } }", []),
        ("conv(8, 3) -> dropout(0.5)", "conv(8, 3) -> dropout(0)", [("~", "dropout: rate 0.5 -> 0", 1)]),
        ("conv(8, 3)", "dropout(0) -> conv(8, 3) -> crop(8) -> droppath(0)", []),
        ("a: conv(8, 3) -> crop(8); add(a, a)", "a: conv(8, 3); add(a, a)", []),
        # what other channels or another map make of a layer is no change of its own
        (
            "conv(4, 3) -> dwconv(3) -> relu",
            "conv(8, 3) -> dwconv(3) -> relu",
            [("~", "conv: out 4 -> 8", 1), ("=", "what follows from other shapes", 0)],
        ),
        (
            "a: conv(8, 3); conv(8, 3); let size = prev.size; let half = size[0] // 2; a -> crop(half)",
            "a: conv(8, 3); conv(8, 3, 2); let size = prev.size; let half = size[0] // 2; a -> crop(half)",
            [("~", "conv: stride 1 -> 2", 1)],
        ),
        (
            "let half = prev.channels // 2; conv(half, 1)",
            "let half = prev.channels - 1; conv(half, 1)",
            [("~", "conv: out 1 -> 2", 1)],
        ),
        # labels that are the same say what belongs together, whatever else is equal
        (
            "for i in range(3) { part[i]: { conv(4 * 2**i, 3) -> relu -> maxpool(2) } }",
            "for i in range(3) { part[i]: { conv(8 * 2**i, 3) -> relu -> maxpool(2) } }",
            [("~", "conv: out 4 -> 8; conv: out 8 -> 16; conv: out 16 -> 32", 3)],
        ),
        (
            "{ conv(3, 3) -> relu } * 2 -> tanh",
            "{ conv(3, 3) -> relu } * 1 -> tanh",
            [("~", "{ conv -> relu } * 2 -> * 1", 1)],
        ),
        (
            "share f { conv(3, 3) }; f -> f",
            "conv(3, 3) -> conv(3, 3)",
            [("~", "weights of its own", 1)],
        ),
        (
            "a: relu; b: a -> tanh; add(a, b)",
            "a: relu; b: a -> tanh; add(b, b)",
            [("~", "reads b, b in place of a, b", 1)],
        ),
    ],
)
def test_what_is_said_of_small_nets(old, new, changes):
    found = between(f"input 3x8x8; {old}", f"input 3x8x8; {new}")
    assert entries(found) == changes or (changes and "reads" in changes[0][1] and not found.is_empty)
    assert holds(found)


POOLED = "def pooled(out, stride) { avgpool(stride) -> conv(out, 1) }\n"


@pytest.mark.parametrize(
    "old, new, changes",
    [
        # a projection that came with the widths around it is no change of its own
        (("identity", "3, 3", 1), ("project", "8, 3", 2), ["conv: out 3 -> 8, stride 1 -> 2", None]),
        (("project", "8, 3", 2), ("project", "9, 3", 2), ["conv: out 8 -> 9", None]),
        (
            ("project", "8, 3", 2),
            ("pad", "8, 3", 2),
            ["conv(8, 1, stride=2, bias=false) -> subsample(2); batchnorm -> zero_channels(8)"],
        ),
        (
            ("project", "8, 3", 2),
            ("pooled", "8, 3", 2),
            ["shortcut { conv -> batchnorm }", "pooled(out=8, stride=2)"],
        ),
    ],
    ids=["came", "wider", "another word", "a def"],
)
def test_shortcuts_that_follow_and_shortcuts_that_are_others(old, new, changes):
    nets = []
    for kind, sizes, stride in (old, new):
        unit = f"residual(shortcut={kind}) {{ conv({sizes}, stride={stride}) }}"
        nets.append(cnnspec.loads(f"{POOLED}net A {{ input 3x8x8; {unit} }}").compiled)
    found = diff(*nets)
    assert [change.what for change in found.changes] == [
        what or "what follows from other shapes" for what in changes
    ]
    assert holds(found)


def test_names_and_nesting_do_not_count():
    one = "def block(out) { conv(out, 3) -> relu }\nnet A { input 3x8x8; block(8) -> block(9) }"
    other = "net B { input 3x8x8; body { conv(8, 3) -> relu -> conv(9, 3) -> relu } }"
    assert diff(cnnspec.loads(one).compiled, cnnspec.loads(other).compiled).is_empty


def test_what_a_default_infers_is_no_change():
    gate = "def gate(mid=channels // 4) { conv(mid, 1) -> relu }"
    text = f"{gate}\nnet A {{ input 3x8x8; conv(8, 3); gate; conv(8, 1) }}"
    found = diff(cnnspec.loads(text).compiled, cnnspec.loads(text.replace("8, 3", "16, 3")).compiled)
    assert entries(found) == [("~", "conv: out 8 -> 16", 1), ("=", "what follows from other shapes", 0)]
    assert holds(found)


def test_a_def_that_changes_is_one_entry_however_often_it_is_called():
    text = "def block(out) { conv(out, 3) -> relu }\nnet A { input 3x8x8; block(8) * 3 -> block(9) }"
    found = diff(cnnspec.loads(text).compiled, cnnspec.loads(text.replace("relu", "gelu")).compiled)
    assert entries(found) == [("~", "relu -> gelu", 4)]


def test_what_became_of_each_layer():
    old = cnnspec.loads("net A { input 3x8x8; conv(8, 3) -> relu -> maxpool(2) }").ir
    new = cnnspec.loads("net A { input 3x8x8; conv(8, 5) -> batchnorm -> relu }").ir
    assert marked(old, new) == ({"conv": "~", "maxpool": "-"}, {"conv": "~", "batchnorm": "+"})
    assert marked(old, old) == ({}, {})


def test_a_deeper_net_is_one_line_and_the_totals(golden):
    found = zoo("resnet50", "resnet101")
    assert entries(found) == [("~", "bottleneck(256) * 5 -> * 22", 1)]
    golden("diff_resnet50_resnet101.txt", as_text(found) + "\n")
    golden("diff_resnet18_resnet50.md", as_markdown(zoo("resnet18", "resnet50")) + "\n")


def test_the_resnet_of_the_paper_strides_elsewhere():
    """Three blocks stride in the first 1x1 in place of the 3x3."""
    blocks = tuple(f"body.layer{stage}.0.residual.conv_bn" for stage in (2, 3, 4))
    strides = [
        ("conv_bn: stride 1 -> 2", tuple(f"{block}1" for block in blocks)),
        ("conv_bn: stride 2 -> 1", tuple(f"{block}2" for block in blocks)),
    ]
    found = zoo("resnet50", "resnet50_2015")
    assert [(change.what, change.places) for change in found.changes] == strides
    # in the models published with the paper, the windows of the pool begin on the first pixel
    found = diff(cnnspec.zoo("resnet50").compiled, cnnspec.zoo("resnet50_2015", pool_pad="same").compiled)
    changes = [(change.what, change.places) for change in found.changes]
    assert changes == [("maxpool: pad 1 -> same", ("stem.maxpool",)), *strides]


def test_a_layer_is_not_told_as_the_calls_around_it_that_hold_others():
    """One net writes its convolutions by a def, the other does not: what has changed is one of them."""
    net = "\nnet A { input 3x16x16; block(4); block(8) }"
    unit = "def unit(out, kernel, stride=1) { conv(out, kernel, stride) -> relu }\n"
    old = f"{unit}def block(out) {{ unit(out, 1, 2); unit(out, 3) }}{net}"
    new = f"def block(out) {{ conv(out, 1) -> relu -> conv(out, 3) -> relu }}{net}"
    found = diff(cnnspec.loads(old).compiled, cnnspec.loads(new).compiled)
    assert entries(found) == [("~", "conv: stride 2 -> 1", 2), ("=", "what follows from other shapes", 0)]


def test_nets_whose_layers_are_wired_alike_have_each_layer_changed_whatever_blocks_hold_it():
    """Every norm is another one, and the blocks are parted otherwise: nothing has left or come."""
    old = """
        def unit(out, kernel) { conv(out, kernel, bias=false) -> batchnorm(momentum=0.01) -> relu }
        net A { input 3x8x8; unit(8, 3) * 2; residual { unit(8, 1) } }
    """
    new = """
        def block { conv(8, 3, bias=false) -> batchnorm -> relu }
        net A { input 3x8x8; block; block; b: residual { conv(8, 1, bias=false) -> batchnorm -> relu } }
    """
    nets = [cnnspec.loads(text) for text in (old, new)]
    found = diff(*(net.compiled for net in nets))
    assert entries(found) == [("~", "batchnorm: momentum 0.01 -> 0.1", 3)]
    before, after = marked(*(net.ir for net in nets))
    assert [len(before), len(after)] == [3, 3]


@pytest.mark.parametrize(
    "old, new",
    [
        ("vgg16", "vgg16bn"),
        ("googlenet", "googlenetbn"),
        ("densenet121", "densenet169"),
        ("resnet18", "vgg11"),
    ],
)
def test_entries_add_up_between_nets_of_the_zoo(old, new):
    assert holds(zoo(old, new)) and holds(zoo(new, old))


@given(random_specs(), random_specs())
def test_entries_add_up_between_any_two_nets(one, other):
    nets = [cnnspec.loads(text).compiled for text in (one, other)]
    found = diff(*nets)
    assert holds(found)
    assert as_dict(found)["equal"] == found.is_empty
    assert diff(nets[0], nets[0]).is_empty and diff(nets[1], cnnspec.loads(other).compiled).is_empty


def planted(count: int, seed: int) -> list[Difference]:
    """The differences that one edit makes in a net of the zoo."""
    rng, texts, found = random.Random(seed), specs(), []
    nets = {name: compiled(name, text) for name, text in texts.items()}
    while len(found) < count:
        name = rng.choice(sorted(texts))
        old, new = nets[name], compiled(name, edited(texts[name], rng))
        if old is not None and new is not None and not (one := diff(old, new)).is_empty:
            found.append(one)
    return found


def compiled(name: str, text: str) -> Compiled | None:
    analysis = Session().open(Source("net.cnn", text), net=name)
    return analysis.nets[0] if analysis.nets else None


def one_edit_is_one_entry(count: int, seed: int) -> None:
    """In 95 of 100 edits: one entry for the edit, and one for what follows elsewhere."""
    found = planted(count, seed)
    assert all(map(holds, found))
    assert sum(len(one.changes) <= 2 for one in found) >= 0.95 * count


def test_one_edit_is_one_entry():
    one_edit_is_one_entry(60, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_thousand_edits(seed):
    one_edit_is_one_entry(1_000, seed)


def test_the_drawn_entries():
    """What opens changes.py: four entries, whose parameters add up to the difference of the nets."""
    nets = [
        f"def unit(out) {{ conv(out, {kernel}) -> relu }}\n"
        f"net A {{ input 3x8x8; unit(8) * {turns}; unit({out}); conv(4, 1) }}"
        for kernel, turns, out in ((3, 2, 16), (5, 3, 24))
    ]
    found = diff(*(cnnspec.loads(text).compiled for text in nets))
    assert [(change.what, change.params) for change in found.changes] == [
        ("conv: kernel 3 -> 5", 1408),
        ("unit(8) * 2 -> * 3", 1608),
        ("unit: out 16 -> 24", 3656),
        ("what follows from other shapes", 32),
    ]


def test_the_drawn_values():
    """What opens same.py: sums in any order, and a layer that does nothing."""
    old = cnnspec.loads("net A { input 4x8x8; a: conv(4, 3); b: conv(4, 1); add(a, b); relu }").ir
    new = cnnspec.loads("net B { input 4x8x8; u: conv(4, 3); v: conv(4, 1); dropout(0); add(v, u); relu }").ir
    assert same_nodes(old, new) == {"input": "input", "a": "u", "b": "v", "add": "add", "relu": "relu"}
