"""Fast inference gives what the plain kernels give, for every layer and for what is merged and placed."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from layer_cases import CASES, Case

from cnnspec.backends import numpy as backend
from cnnspec.backends.numpy.inference import attention, conv, winograd
from cnnspec.backends.numpy.inference.activations import gelu
from cnnspec.backends.numpy.inference.common import cut
from cnnspec.backends.numpy.inference.memory import ALIGNMENT
from cnnspec.backends.numpy.inference.threads import team
from cnnspec.graph import Graph, build
from cnnspec.layers.activation import GELU, ReLU, Sigmoid, SiLU, Softmax, Tanh
from cnnspec.layers.attention import Attention
from cnnspec.layers.base import Layer
from cnnspec.layers.conv import Conv, DepthwiseConv, TransposedConv
from cnnspec.layers.dense import Dropout, Flatten, Linear, Scale
from cnnspec.layers.join import Add, Concat, Mul
from cnnspec.layers.norm import BatchNorm
from cnnspec.layers.pool import AvgPool, GlobalAvgPool, MaxPool
from cnnspec.layers.shape import Slice


def agree(
    graph: Graph, batch: int = 3, threads: int = 2, sizes: dict[str, tuple[int, ...]] | None = None
) -> None:
    """Fast inference against the plain kernels, with weights far from their start."""
    program = backend.compile(graph, seed=1, threads=threads)
    rng = np.random.default_rng(0)
    program.update(
        {key: a + rng.uniform(0.1, 0.5, a.shape).astype(np.float32) for key, a in program.tensors.items()}
    )
    inputs = {
        name: rng.standard_normal((batch, *(sizes or {}).get(name, graph[name].shape))).astype(np.float32)
        for name in graph.inputs
    }
    expected = program.forward(inputs, training=False)
    for _ in range(2):
        got = program(inputs)
        pairs = (
            [(got, expected)] if isinstance(got, np.ndarray) else [(got[h], expected[h]) for h in expected]
        )
        for one, other in pairs:
            assert one.shape == other.shape
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4 * np.nanmax(np.abs(other)))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_every_layer(case: Case, threads: int) -> None:
    agree(case.graph(), threads=threads)


Entry = tuple[str, Layer, tuple[str, ...]]


def net(*layers: Entry, heads: dict[str, str] | None = None, shape: tuple[int, ...] = (6, 9, 8)) -> Graph:
    return build("Net", {"input": shape}, layers, heads or {"head": layers[-1][0]})


def chain(*layers: Layer, shape: tuple[int, ...] = (6, 9, 8)) -> Graph:
    names = ["input", *(f"{layer.op}{i}" for i, layer in enumerate(layers))]
    pairs = zip(names, names[1:], layers, strict=False)
    return net(*((name, layer, (before,)) for before, name, layer in pairs), shape=shape)


CONVS = [
    Conv(8, 1),
    Conv(8, 3),
    Conv(8, 5, stride=2, groups=2),
    Conv(6, 3, groups=6),
    DepthwiseConv(3, stride=2),
    DepthwiseConv(3, multiplier=2),
    Conv(8, 1, stride=2, bias=False),
    Conv(8, 1, groups=2),
    Conv(8, 3, pad="same", stride=2, dilation=2),
    Conv(8, 3, standardize=True),
    Conv(8, 3, pad_mode="reflect"),
    TransposedConv(8, 2, stride=2),
]


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("conv", CONVS, ids=repr)
def test_convs_with_all_that_is_merged_into_them(conv: Layer, threads: int) -> None:
    agree(chain(BatchNorm(), ReLU(), conv, BatchNorm(), SiLU()), threads=threads)
    agree(
        chain(Conv(6, 1), BatchNorm(), ReLU(), Dropout(), conv, Scale(0.3), GELU(), BatchNorm()),
        threads=threads,
    )


def test_gelu_is_exact_to_rounding() -> None:
    """Against the error function of the C library in double precision, up to where float32 overflows."""
    x = np.concatenate([np.linspace(-9, 9, 20_001), 10.0 ** np.arange(-30, 38)]).astype(np.float32)
    exact = np.array([v * math.erfc(-v / math.sqrt(2)) / 2 for v in x.tolist()])
    y = x.copy()
    gelu(GELU(), y, np.empty((2, *x.shape), np.float32))
    error = np.abs(y - exact) / np.maximum(np.abs(x), 1e-30)
    assert error.max() < 1.5 * np.finfo(np.float32).eps


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("size", [(7, 7), (12, 8), (9, 5)])
@pytest.mark.parametrize("stride", [1, 2])
def test_depthwise_convs_of_any_width(size: tuple[int, int], stride: int, threads: int) -> None:
    """Pixels side by side are taken together where their number divides the row, and none lies between."""
    split = [
        ("cut", Slice(2, 8), ("input",)),
        ("conv", DepthwiseConv(3, stride=stride, pad=0), ("cut",)),
        ("other", DepthwiseConv(3, stride=stride, pad=0), ("input",)),
        ("join", Concat(), ("conv", "other")),
        ("last", DepthwiseConv(5), ("join",)),
    ]
    agree(net(*split, shape=(9, *size)), threads=threads)


ATTENTIONS = [
    Attention(2),
    Attention(3, bias="relative", qkv_bias=False),
    Attention(2, out=8),
    Attention(2, window=4),
    Attention(2, window=4, shift=1, bias="relative"),
    Attention(3, window=(2, 4), shift=(1, 3), out=6),
    Attention(2, grid=2, bias="relative"),
]


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("batch", [1, 2, 7])
@pytest.mark.parametrize("attending", ATTENTIONS, ids=repr)
def test_attention_in_blocks(
    attending: Attention, batch: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks of 100 scores hold a few windows, blocks of 10 places end in the middle of one."""
    monkeypatch.setattr(attention, "SCORES", 100)
    monkeypatch.setattr(attention, "ROWS", 10)
    agree(chain(Conv(12, 1), attending, ReLU(), shape=(6, 8, 12)), batch=batch, threads=threads)


@pytest.mark.parametrize("shape", [(4, 24), (4, 4, 8), (4, 4, 2, 4)], ids=["sequence", "map", "volume"])
@pytest.mark.parametrize("threads", [1, 2])
def test_attention_beside_others_in_a_concatenation(shape: tuple[int, ...], threads: int) -> None:
    """It reads a part of the channels of a value, and gives a part of another."""
    layers: list[Entry] = [
        ("first", Slice(0, 2), ("input",)),
        ("whole", Attention(2), ("first",)),
        ("windows", Attention(1, window=2, shift=1), ("input",)),
        ("conv", Conv(3, 1), ("input",)),
        ("joined", Concat(), ("whole", "conv", "windows")),
        ("again", Attention(3), ("joined",)),
    ]
    heads = {"joined": "joined", "again": "again"}
    agree(net(*layers, heads=heads, shape=shape), threads=threads)


@pytest.mark.parametrize("shape", [(5, 40), (4, 6, 5, 7)])
def test_other_ranks(shape: tuple[int, ...]) -> None:
    agree(
        chain(
            Conv(6, 3), BatchNorm(), ReLU(), MaxPool(2), Conv(4, 3, stride=2), AvgPool(2, pad=1), shape=shape
        )
    )


@pytest.mark.parametrize("size", [(16, 16), (17, 23), (30, 18)])
def test_winograd(size: tuple[int, int]) -> None:
    """3x3 convs with enough channels and tiles: whole and broken tiles, paddings, all that is merged in."""
    layers = (
        BatchNorm(),
        ReLU(),
        Conv(32, 3),
        BatchNorm(),
        ReLU(),
        Conv(40, 3, pad=0),
        Conv(32, 3, pad=2),
        SiLU(),
    )
    for batch, threads in [(1, 1), (1, 2), (5, 1)]:
        agree(chain(*layers, shape=(33, *size)), batch=batch, threads=threads)
    agree(
        net(
            ("a", Conv(36, 3), ("input",)),
            ("b", Conv(36, 3, bias=False), ("a",)),
            ("norm", BatchNorm(), ("b",)),
            ("sum", Add(), ("norm", "a")),
            ("relu", ReLU(), ("sum",)),
            shape=(32, *size),
        )
    )


def test_the_error_of_winograd_is_small() -> None:
    graph = chain(Conv(256, 3), shape=(256, 28, 28))
    program = backend.compile(graph, scheme="he")
    x = np.random.default_rng(0).standard_normal((1, 256, 28, 28)).astype(np.float32)
    exact = backend.compile(graph, program.state_dict(), dtype=np.float64)(x)
    assert np.abs(program(x) - exact).max() < 2e-5 * np.abs(exact).max()


def test_shared_weights_with_norms_of_their_own() -> None:
    graph = net(
        ("a", Conv(32, 3), ("input",)),
        ("a_norm", BatchNorm(), ("a",)),
        ("b", Conv(32, 3), ("a_norm",)),
        ("b_norm", BatchNorm(), ("b",)),
        shape=(32, 16, 16),
    )
    nodes = dict(graph.nodes)
    nodes["b"] = nodes["b"]._replace(weights_of="a")
    agree(replace(graph, nodes=nodes))


def test_a_large_map_is_cut_into_blocks() -> None:
    layers = (
        Conv(16, 3),
        ReLU(),
        MaxPool(3, 2, pad=1),
        Conv(24, 1),
        BatchNorm(),
        AvgPool(3, 1),
        Conv(24, 5, groups=24),
    )
    for threads in (1, 2):
        agree(chain(*layers, shape=(3, 150, 130)), batch=1, threads=threads)


@pytest.mark.parametrize("batch", [1, 2, 3, 4, 17, 21])
def test_a_batch_is_shared_out(batch: int) -> None:
    agree(
        chain(Conv(6, 3), BatchNorm(), ReLU(), GlobalAvgPool(), Flatten(), Linear(3)), batch=batch, threads=2
    )


def test_another_image_size() -> None:
    graph = chain(Conv(6, 3), ReLU(), MaxPool(2), GlobalAvgPool(), Flatten(), Linear(3))
    for size in [(6, 9, 8), (6, 20, 11)]:
        agree(graph, sizes={"input": size})


@pytest.mark.parametrize("first", ["a", "b"])
def test_residuals(first: str) -> None:
    """Identity and projection shortcuts, either side first, with or without relu, and a value used again."""
    second = "a" if first == "b" else "b"
    agree(
        net(
            ("a", Conv(6, 3), ("input",)),
            ("b", Conv(6, 1), ("input",)),
            ("b_norm", BatchNorm(), ("b",)),
            ("sum", Add(), ("a", "b_norm") if first == "a" else ("b_norm", "a")),
            ("relu", ReLU(), ("sum",)),
            ("c", Conv(6, 3), ("relu",)),
            ("again", Add(), ("c", "relu")),
            ("d", Conv(6, 3), ("again",)),
            ("third", Add(), ("d", "again", second)),
            ("twice", Add(), ("third", "third")),
        )
    )


def test_a_head_in_the_middle_keeps_its_value() -> None:
    agree(
        net(
            ("a", Conv(6, 3), ("input",)),
            ("relu", ReLU(), ("a",)),
            ("drop", Dropout(), ("relu",)),
            ("norm", BatchNorm(), ("relu",)),
            heads={"raw": "a", "relu": "relu", "drop": "drop", "norm": "norm", "input": "input"},
        )
    )


def test_concatenations_in_place() -> None:
    """Dense blocks, inception arms, a value in two wholes, one twice in a whole, and slices."""
    agree(
        net(
            ("x", Conv(6, 1), ("input",)),
            ("y1", Conv(4, 3), ("x",)),
            ("c1", Concat(), ("x", "y1")),
            ("n1", BatchNorm(), ("c1",)),
            ("r1", ReLU(), ("n1",)),
            ("y2", Conv(4, 3), ("r1",)),
            ("c2", Concat(), ("x", "y1", "y2")),
            ("c3", Concat(), ("c2", "input", "y2")),
            ("pool", MaxPool(3, 1, pad=1), ("c3",)),
            ("relu", ReLU(), ("c3",)),
            ("arms", Concat(), ("pool", "relu", "pool")),
            ("s1", Slice(3, 9), ("arms",)),
            ("s2", Slice(0, 6), ("c3",)),
            ("mul", Mul(), ("s1", "s2")),
            ("last", Concat(), ("mul", "s1", "y1")),
            ("tanh", Tanh(), ("last",)),
        )
    )


def test_gates_and_vectors() -> None:
    agree(
        net(
            ("conv", Conv(6, 3), ("input",)),
            ("gap", GlobalAvgPool(), ("conv",)),
            ("flat", Flatten(), ("gap",)),
            ("fc", Linear(6), ("flat",)),
            ("gate", Sigmoid(), ("fc",)),
            ("scaled", Mul(), ("conv", "gate")),
            ("mask", Slice(0, 1), ("scaled",)),
            ("masked", Mul(), ("mask", "scaled")),
            ("vector", Flatten(), ("masked",)),
            ("both", Concat(), ("flat", "vector", "gate")),
            ("norm", BatchNorm(), ("both",)),
            ("out", Linear(3, bias=False), ("norm",)),
            ("softmax", Softmax(), ("out",)),
        )
    )


def test_outputs_are_the_callers_own() -> None:
    program = backend.compile(chain(Conv(4, 1), ReLU()))
    x = np.ones((1, 6, 9, 8), np.float32)
    first = program(x)
    kept = first.copy()
    program(2 * x)
    np.testing.assert_array_equal(first, kept)


def test_new_weights_are_used_at_once() -> None:
    program = backend.compile(chain(Conv(4, 3), BatchNorm(), ReLU()))
    x = np.random.default_rng(0).standard_normal((2, 6, 9, 8)).astype(np.float32)
    for change in (
        lambda: program.update({"batchnorm1.weight": np.full(4, 3, np.float32)}),
        lambda: program.load(backend.compile(program.graph, seed=9).state_dict()),
        lambda: program.forward(x, training=True),
        lambda: backend.SGD(program, 0.1).step({"conv0.weight": np.ones((4, 6, 3, 3), np.float32)}),
    ):
        before = program(x)
        change()
        after = program(x)
        assert not np.allclose(before, after)
        np.testing.assert_allclose(after, program.forward(x, training=False), rtol=1e-4, atol=1e-5)


def test_errors_of_threads_reach_the_caller() -> None:
    def fail() -> None:
        raise OverflowError("from a block")

    for _ in range(20):
        with pytest.raises(OverflowError, match="from a block"):
            team(3).run([fail, lambda: None, fail])
    done: list[int] = []
    team(3).run([partial(done.append, i) for i in range(50)])
    assert sorted(done) == list(range(50))


def test_sequences_end_to_end_are_copied_where_they_are_joined() -> None:
    """Parts of channels are made in the whole; parts of positions would lie elsewhere in it."""
    end_to_end = Concat("positions")
    shaped = [("relu", ReLU(), ("input",)), ("tanh", Tanh(), ("relu",)), ("gelu", GELU(), ("relu",))]
    agree(net(*shaped, ("joined", end_to_end, ("tanh", "gelu", "relu")), shape=(4, 5)))


def test_memory_is_reused() -> None:
    """A chain of forty convs needs one map and one with margins: a conv writes over what it has copied."""
    program = backend.compile(chain(*[Conv(6, 3)] * 40, shape=(6, 32, 32)), threads=1)
    program(np.zeros((1, 6, 32, 32)))
    ((plan,),) = program._runner.idle.values()
    assert plan.memory.arena.size <= 6 * 32 * 32 + 6 * 34 * 34 + 2 * ALIGNMENT


def test_what_plans_derive_from_weights_is_held_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two threads with a plan each share the kernels of Winograd's form."""
    made: list[tuple[int, ...]] = []
    original = winograd.transformed
    monkeypatch.setattr(winograd, "transformed", lambda w: made.append(w.shape) or original(w))
    program = backend.compile(chain(Conv(32, 3), Conv(48, 3), shape=(32, 40, 40)), threads=2)
    program(np.zeros((8, 32, 40, 40)))
    assert made == [(32, 32, 3, 3), (48, 32, 3, 3)]


def test_the_drawn_blocks() -> None:
    """What opens plan.py: columns of 576 values for each output, by rows of one image or by whole images."""
    target = conv.SCRATCH // (9 * 64)
    assert target == 455
    rows = [(images, part) for images, part in cut(1, 56, 56, target, threads=2)]
    assert rows == [(slice(0, 1), slice(n, n + 8)) for n in range(0, 56, 8)]
    assert [*cut(4, 7, 7, target, threads=2)] == [
        (slice(0, 2), slice(0, 7)),
        (slice(2, 4), slice(0, 7)),
    ]
