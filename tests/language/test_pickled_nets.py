"""Nets that are copied, pickled and sent to another process are the nets that they were."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from operator import attrgetter
from pathlib import Path

import numpy as np
import pytest

import cnnspec

AUXILIARY = """
net Auxiliary {
    input 3x8x8
    a: conv(4, 3) -> relu
    b: conv(4, 3)
    head aux from a, training { gap -> flatten -> linear(2) }
    head main from b { gap -> flatten -> linear(2) }
}
"""
SHARED = """
use std (basic)
net Shared(width, depth=2) {
    input 3x16x16
    conv(width, 3)
    share twice { conv(width, 3, bias=false) }
    twice -> batchnorm -> twice
    basic(width) * depth
    gap -> flatten -> linear(4)
}
"""


def used(folder: Path) -> cnnspec.Net:
    """A net of a file that uses another one, which is gone then."""
    (folder / "parts.cnn").write_text("def part(out) { conv(out, 3) -> relu }\n")
    (folder / "whole.cnn").write_text(
        'use "parts.cnn" (part)\nnet Whole { input 3x8x8; part(4) -> part(8) }\n'
    )
    net = cnnspec.load(folder / "whole.cnn")
    (folder / "parts.cnn").unlink()
    return net


def told(net: cnnspec.Net) -> list[tuple[str, str, int, int]]:
    """What is said of a net, and where."""
    return [(one.code, one.message, one.span.start, one.span.line) for one in net.diagnostics if one.span]


NETS: dict[str, Callable[[Path], cnnspec.Net]] = {
    "training head": lambda folder: cnnspec.loads(AUXILIARY),
    "share, std, settings": lambda folder: cnnspec.loads(SHARED, width=6, inputs={"input": (3, 12, 12)}),
    "another file": used,
    "two heads": lambda folder: cnnspec.zoo("PNet"),
    "warning": lambda folder: cnnspec.loads(
        "net Odd { input 3x8x8; conv(4, 3) -> dropout(0) -> conv(4, 3) }"
    ),
    "many layers": lambda folder: cnnspec.loads("net Long { input 3x2x2; " + "relu; " * 200 + "}"),
}
COPIES: dict[str, Callable[[cnnspec.Net], cnnspec.Net]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda net: pickle.loads(pickle.dumps(net)),
}


@pytest.mark.parametrize("way", COPIES)
@pytest.mark.parametrize("kind", NETS)
def test_a_copy_is_the_net_that_it_was(kind: str, way: str, tmp_path: Path) -> None:
    net = NETS[kind](tmp_path)
    other = COPIES[way](net)
    assert (other.params, other.macs, other.inputs, other.outputs) == (
        net.params,
        net.macs,
        net.inputs,
        net.outputs,
    )
    assert told(other) == told(net)
    assert str(other.table()) == str(net.table())
    assert cnnspec.diff(net, other).changes == ()
    values = {name: np.full((1, *shape), 0.5, np.float32) for name, shape in net.inputs.items()}
    given, expected = (one.to_numpy(seed=1).trace(values) for one in (other, net))
    assert given.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(given[name], array)


def test_a_copy_opens_for_other_sizes() -> None:
    """Its settings go with it: the width that was given, which the spec leaves open."""
    net = pickle.loads(pickle.dumps(cnnspec.loads(SHARED, width=6)))
    assert net.to_numpy()(np.ones((1, 3, 20, 24), np.float32)).shape == (1, 4)


def test_a_net_goes_to_a_process_that_starts_anew() -> None:
    net = cnnspec.loads(AUXILIARY)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as processes:
        assert processes.submit(attrgetter("params"), net).result() == net.params
