"""Nets of layers of equal shapes, under names as authors give them: matched rightly or refused, never wrong.

Shapes say nothing here, so that names and the flow of data are all there is. Files are sorted, shuffled, or
list the parts of each module in an order of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

import numpy as np
import pytest

import cnnspec
from cnnspec.backends import BACKENDS, Options, find
from cnnspec.backends.inputs import random_inputs
from cnnspec.backends.match import MatchError, is_of_definition, match
from cnnspec.backends.runs import seeded_weights


class Kind(NamedTuple):
    """A block of 4 channels, and what its authors call its layers, in the order of the flow."""

    spec: str
    names: list[str]
    ends_in_norm: bool = True


CONV = "conv(4, 3, bias=false)"
KINDS = [
    Kind(
        f"residual {{ {CONV} -> batchnorm -> relu -> {CONV} -> batchnorm }}\n relu",
        [
            "conv1 bn1 conv2 bn2",
            "convs.0 bns.0 convs.1 bns.1",
            "body.0 body.1 body.3 body.4",
            "conv1.conv conv1.bn conv2.conv conv2.bn",
            "conv_a bn_a conv_b bn_b",
        ],
    ),
    Kind(
        f"add {{ | {CONV} -> batchnorm -> relu -> {CONV} -> batchnorm | {CONV} -> batchnorm }}\n relu",
        [
            "conv1 bn1 conv2 bn2 downsample.0 downsample.1",
            "conv1 norm1 conv2 norm2 shortcut.conv shortcut.bn",
            "conv1.conv conv1.bn conv2.conv conv2.bn conv_sc bn_sc",
        ],
    ),
    Kind(
        f"residual {{ batchnorm -> relu -> {CONV} -> batchnorm -> relu -> {CONV} }}",
        ["bn1 conv1 bn2 conv2", "norms.0 convs.0 norms.1 convs.1", "body.0 body.2 body.3 body.5"],
        ends_in_norm=False,
    ),
    Kind(f"{CONV} -> batchnorm -> relu", ["conv bn", "0 1", "conv.0 norm.0"]),
    Kind(f"batchnorm -> relu -> {CONV}", ["norm conv", "bn conv", "0 2"], ends_in_norm=False),
    Kind(
        "residual { batchnorm -> conv(4, 1) }\n residual { batchnorm -> conv(4, 1) -> gelu -> conv(4, 1) }",
        [
            "norm1 attn.proj norm2 mlp.fc1 mlp.fc2",
            "mixer.norm mixer.conv mlp.norm mlp.fc1 mlp.fc2",
            "token.norm token.conv channel.norm channel.fc1 channel.fc2",
        ],
        ends_in_norm=False,
    ),
    Kind(
        f"concat {{ | {CONV} | {CONV} | {CONV} }}\n conv(4, 1, bias=false)",
        ["branch0 branch1 branch2 last", "branches.0 branches.1 branches.2 fuse", "left right mid out"],
    ),
    Kind(
        "conv(4, 1)\n mul { | identity | gap -> conv(4, 1) -> relu -> conv(4, 1) -> sigmoid }",
        ["conv se.fc1 se.fc2", "conv gate.0 gate.2", "conv fc1 fc2", "conv se.reduce se.expand"],
    ),
    Kind(
        "concat { | conv(2, 1) -> relu -> residual { conv(2, 1) -> relu -> conv(2, 3) } | conv(2, 1) }\n"
        " conv(4, 1)",
        ["cv1 m.0.cv1 m.0.cv2 cv2 cv3", "main_conv blocks.0.conv1 blocks.0.conv2 short_conv final_conv"],
    ),
]
STEMS = ["conv1 bn1", "stem.0 stem.1", "conv_stem bn_stem", "stem.conv stem.bn", "stem", "patch_embed.proj"]
LISTS = ["layer{group}.{turn}", "stages.{group}.blocks.{turn}", "features.{number}", "block{number}"]
NORMS = ["norm", "bn_final", "head.norm", "final_norm", "norm5"]
HEADS = ["fc", "head.fc", "classifier", "linear"]


def drawn(random: Random) -> tuple[cnnspec.Net, dict[str, str]]:
    """A net of one or two runs of blocks, and the key of a checkpoint for each of its own."""
    stem = random.choice(STEMS).split()
    steps, names = [f"{CONV} -> batchnorm -> relu" if len(stem) == 2 else CONV], stem
    path, number, kind = random.choice(LISTS), 0, KINDS[0]
    for group in range(1, random.randint(2, 3)):
        kind = random.choice(KINDS)
        inner = random.choice(kind.names).split()
        for turn in range(random.randint(1, 3)):
            number += 1
            steps.append(kind.spec)
            names += [f"{path.format(group=group, turn=turn, number=number)}.{name}" for name in inner]
    if not kind.ends_in_norm:
        steps.append("batchnorm -> relu")
        names.append(random.choice(NORMS))
    steps.append("gap -> flatten -> linear(5)")
    names.append(random.choice(HEADS))
    net = cnnspec.loads("net N { input 3x8x8\n " + "\n ".join(steps) + " }")
    keys = seeded_weights(net.ir)
    other = dict(zip(dict.fromkeys(key.rpartition(".")[0] for key in keys), names, strict=True))
    return net, {key: ".".join((other[key.rpartition(".")[0]], key.rpartition(".")[2])) for key in keys}


def rearranged(keys: list[str], random: Random) -> Iterator[str]:
    """The keys with the parts of each module in another order; lists go up."""
    parts: dict[str, list[str]] = {}
    for key in keys:
        head, dot, rest = key.partition(".")
        parts.setdefault(head, []).extend([rest] if dot else [])
    heads = list(parts)
    if not all(head.isdigit() for head in heads) and all(parts.values()):
        random.shuffle(heads)
    for head in heads:
        rest = rearranged(parts[head], random) if parts[head] else ()
        yield from (f"{head}.{inner}" for inner in rest) if parts[head] else (head,)


ORDERS = {
    "sorted": lambda keys, random: sorted(keys),
    "shuffled": lambda keys, random: random.sample(keys, len(keys)),
    "rearranged": lambda keys, random: list(rearranged(keys, random)),
}


def tried(seed: int) -> Iterator[tuple[cnnspec.Net, dict[str, Any], Any]]:
    """A net, its weights and a match of them, for each order in which they are not refused."""
    random = Random(seed)
    net, keys = drawn(random)
    own = seeded_weights(net.ir)
    for name, order in ORDERS.items():
        listed = order(list(keys.values()), random)
        by_key = {other: own[key] for key, other in keys.items()}
        shapes = [(key, by_key[key].shape) for key in listed]
        # what may be an order of definition is taken for the order of the flow
        if name == "rearranged" and is_of_definition(shapes):
            continue
        try:
            yield net, own, match(net.ir, {key: by_key[key] for key in listed}).weights
        except MatchError as error:
            assert "tell" in str(error) or "fit" in str(error), error


@pytest.mark.parametrize(
    "seeds", [range(60), *(pytest.param(range(k, k + 500), marks=pytest.mark.slow) for k in (60, 560, 1060))]
)
def test_names_tell_all_or_nothing_is_taken(seeds: range) -> None:
    taken = 0
    for seed in seeds:
        for _, own, found in tried(seed):
            taken += 1
            assert found.keys() == own.keys()
            for key, value in own.items():
                np.testing.assert_array_equal(found[key], value, err_msg=f"{key}, seed {seed}")
    assert taken > len(seeds)


@pytest.mark.parametrize("seed", range(12))
def test_what_is_taken_gives_the_outputs_of_the_net_on_every_backend(seed: int) -> None:
    for net, own, found in list(tried(seed))[:1]:
        inputs = random_inputs(net.ir, batch=2)
        expected = find("numpy").run(net.ir, own, Options(reference=True))(inputs)["output"]
        for name in BACKENDS:
            got = find(name).run(net.ir, found, Options())(inputs)["output"]
            np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5, err_msg=name)


GATE = "net N { input 4x4x4\n conv(4, 1)\n mul { | identity | gap -> conv(4, 1) -> relu -> conv(4, 1) } }"


def test_an_order_of_definition_that_the_names_contradict_is_refused() -> None:
    """A gate that is defined before the convolution which it follows, and by its numbers runs after it."""
    net = cnnspec.loads(GATE)
    own = list(seeded_weights(net.ir).items())
    for names, is_told in ((("conv", "gate.0", "gate.2"), True), (("gate.0", "gate.2", "conv"), False)):
        layers = [f"{name}.{kind}" for name in names for kind in ("weight", "bias")]
        checkpoint = {key: value for key, (_, value) in zip(layers, own, strict=True)}
        if is_told:
            assert list(match(net.ir, checkpoint).keys.values()) == layers
        else:
            with pytest.raises(MatchError, match="order of the checkpoint and its names tell otherwise"):
                match(net.ir, checkpoint)
            assert list(match(net.ir, checkpoint, in_order=True).keys.values()) == layers
