"""Weights: initialization by seed, safetensors files, and what does not fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from small_graphs import chain

from cnnspec.backends import numpy
from cnnspec.backends.weights import WeightsError, check, fitting, initialize, load, save
from cnnspec.graph import Graph, build
from cnnspec.layers.activation import ReLU
from cnnspec.layers.conv import Conv
from cnnspec.layers.dense import Flatten, Linear
from cnnspec.layers.norm import BatchNorm


def small() -> Graph:
    return build(
        "Small",
        {"input": (3, 8, 8)},
        [
            ("conv", Conv(16, 3), ("input",)),
            ("norm", BatchNorm(), ("conv",)),
            ("relu", ReLU(), ("norm",)),
            ("flatten", Flatten(), ("relu",)),
            ("linear", Linear(10), ("flatten",)),
        ],
        {"head": "linear"},
    )


def test_keys_and_shapes() -> None:
    assert {key: a.shape for key, a in initialize(small()).items()} == {
        "conv.weight": (16, 3, 3, 3),
        "conv.bias": (16,),
        "norm.weight": (16,),
        "norm.bias": (16,),
        "norm.running_mean": (16,),
        "norm.running_var": (16,),
        "linear.weight": (10, 1024),
        "linear.bias": (10,),
    }


def test_the_seed_decides() -> None:
    one, same, other = (initialize(small(), seed) for seed in (1, 1, 2))
    for key in one:
        np.testing.assert_array_equal(one[key], same[key])
    assert not np.array_equal(one["conv.weight"], other["conv.weight"])


def test_a_tensor_does_not_depend_on_its_neighbours() -> None:
    alone = build("One", {"input": (3, 8, 8)}, [("conv", Conv(16, 3), ("input",))], {"head": "conv"})
    np.testing.assert_array_equal(initialize(alone)["conv.weight"], initialize(small())["conv.weight"])


def test_the_stream_of_a_key_never_changes() -> None:
    first = initialize(small(), seed=0)["conv.weight"].ravel()[:3]
    np.testing.assert_allclose(first, [-0.0016057, -0.1674045, -0.1232816], atol=1e-6)


@pytest.mark.parametrize(
    ("scheme", "deviation"),
    [
        ("default", 1024**-0.5 / 3**0.5),
        ("he", (2 / 1024) ** 0.5),
        ("xavier", (2 / 1034) ** 0.5),
        ("zero-gamma", (2 / 1024) ** 0.5),
    ],
)
def test_schemes_have_their_variance(scheme: str, deviation: float) -> None:
    weights = initialize(small(), scheme=scheme)
    assert weights["linear.weight"].std() == pytest.approx(deviation, rel=0.02)
    assert bool(weights["linear.bias"].any()) == (scheme == "default")
    np.testing.assert_array_equal(weights["norm.weight"], np.ones(16))


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(ValueError, match="use one of default, he, xavier, zero-gamma"):
        initialize(small(), scheme="magic")


def test_check_names_what_does_not_fit() -> None:
    weights: dict[str, Any] = dict(initialize(small()))
    assert not check(small(), weights | {"norm.num_batches_tracked": np.array(3)})
    del weights["conv.bias"]
    mismatch = check(small(), weights | {"extra": np.ones(1), "linear.bias": np.ones((10, 1))})
    assert str(mismatch).splitlines() == [
        "missing: conv.bias",
        "unexpected: extra",
        "shape of linear.bias: expected 10, got 10x1",
    ]


tensors = st.dictionaries(
    st.text(max_size=8).filter(lambda name: name != "__metadata__"),
    st.sampled_from(["f4", "f8", "f2", "i8", "i4", "i2", "i1", "u1", "u2", "u4", "u8", "?"]).flatmap(
        lambda code: arrays(code, array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))
    ),
    max_size=4,
)


@given(tensors)
def test_files_hold_what_was_saved_and_safetensors_reads_them(values: dict[str, np.ndarray]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "w.safetensors"
        save(path, values)
        read = load(path)
        safetensors = pytest.importorskip("safetensors.numpy").load_file(path)
        assert [entry.name for entry in Path(folder).iterdir()] == ["w.safetensors"]
    assert set(read) == set(values) == set(safetensors)
    for name, array in values.items():
        for other in (read[name], safetensors[name]):
            assert other.dtype == array.dtype
            np.testing.assert_array_equal(other, array)


def test_reads_what_safetensors_and_torch_write(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    values = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.tensor([1.5, -2.0], dtype=torch.bfloat16)}
    pytest.importorskip("safetensors.torch").save_file(values, tmp_path / "w", metadata={"format": "pt"})
    read = load(tmp_path / "w")
    np.testing.assert_array_equal(read["a"], [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(read["b"], np.array([1.5, -2.0], np.float32))


def file_of(header: Any, data: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + data


def entry(dtype: str = "F32", shape: Any = (1,), offsets: Any = (0, 4)) -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"short", "5 bytes are too few"),
        (file_of(b"{}", length=2**60), "over the limit"),
        (file_of(b"{}", length=100), "the header has 100 bytes, the file 2"),
        (file_of(b"{"), "not valid JSON"),
        (file_of(b"[" * 100_000), "not valid JSON"),
        (file_of(b"\xff\xff"), "not valid JSON"),
        (file_of(b"[]"), "not a JSON object"),
        (file_of(b'{"a": 1, "a": 2}'), "'a' stands twice"),
        (file_of({"a": {"dtype": "F32"}}), "exactly dtype, shape and data_offsets"),
        (file_of({"a": entry("F31")}, b"1234"), "unknown dtype 'F31'"),
        (file_of({"a": entry(shape=[-1])}, b"1234"), r"shape \[-1\]"),
        (file_of({"a": entry(shape=[True])}, b"1234"), r"shape \[True\]"),
        (file_of({"a": entry(offsets=[4, 0])}, b"1234"), r"data_offsets \[4, 0\]"),
        (file_of({"a": entry(shape=[2])}, b"1234"), "8 bytes, but its data has 4"),
        (file_of({"a": entry(), "b": entry()}, b"1234"), "overlaps"),
        (file_of({"a": entry(offsets=[4, 8])}, b"12345678"), "bytes 0 to 4, before a, belong to no tensor"),
        (file_of({"a": entry()}, b"12345"), "the tensors take 4 bytes, the file has 5"),
        (file_of({"a": entry()}, b"12"), "the tensors take 4 bytes, the file has 2"),
    ],
)
def test_damaged_files_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "w").write_bytes(content)
    with pytest.raises(WeightsError, match=message):
        load(tmp_path / "w")


def test_a_failed_save_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "w"
    save(path, {"a": np.ones(2)})
    with pytest.raises(WeightsError, match="b: safetensors cannot hold dtype complex128"):
        save(path, {"b": np.ones(2, complex)})
    np.testing.assert_array_equal(load(path)["a"], np.ones(2))
    assert [p.name for p in tmp_path.iterdir()] == ["w"]


@pytest.mark.parametrize("dtype", ["int64", "int8", "uint8", "bool", "complex64", "object", "U3"])
def test_weights_of_other_dtypes_are_refused_by_name_on_every_backend(dtype: str) -> None:
    from cnnspec.backends import onnx, torch

    graph = chain(("conv", Conv(2, 3)))
    tensors = dict(initialize(graph))
    tensors["conv.bias"] = np.zeros(2).astype(dtype)
    for compile in (
        numpy.compile,
        onnx.compile,
        lambda graph, weights: torch.compile(graph, weights=weights),
    ):
        with pytest.raises(WeightsError, match=r"conv\.bias holds"):
            compile(graph, tensors)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_weights_of_every_float_are_taken(dtype: str) -> None:
    graph = chain(("conv", Conv(2, 3)))
    tensors = {key: value.astype(dtype) for key, value in initialize(graph).items()}
    assert numpy.compile(graph, tensors).tensors["conv.weight"].dtype == np.float32


def test_weights_may_be_plain_lists() -> None:
    graph = chain(("conv", Conv(1, 1)))
    program = numpy.compile(graph, {"conv.weight": [[[[2]]]], "conv.bias": [1]})
    np.testing.assert_array_equal(program(np.ones((1, 1, 4, 4))), 3)


def test_a_mismatch_of_many_tensors_is_short() -> None:
    graph = chain(("conv", Conv(2, 3)))
    found = str(check(graph, {f"layer{number}.weight": 0.0 for number in range(200_000)}))
    assert "missing: conv.weight" in found
    assert found.count("\n") < 30
    assert "and 199,980 more" in found


@pytest.mark.parametrize("dtype", [["F32"], {}, None, 32, True, "", "f32", "F8_E4M3"])
def test_a_dtype_that_is_none_is_refused(dtype: Any, tmp_path: Path) -> None:
    header = json.dumps({"w": {"dtype": dtype, "shape": [1], "data_offsets": [0, 4]}}).encode()
    path = tmp_path / "w.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + b"\0" * 4)
    with pytest.raises(WeightsError, match="unknown dtype"):
        load(path)


@pytest.mark.parametrize("shape", [[1] * 100, [0, 2**62, 2**62], [2**62, 0]])
def test_a_shape_that_numpy_has_not_is_refused(shape: list[int], tmp_path: Path) -> None:
    size = 0 if 0 in shape else 4
    header = json.dumps({"w": {"dtype": "F32", "shape": shape, "data_offsets": [0, size]}}).encode()
    path = tmp_path / "w.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + b"\0" * size)
    try:
        assert load(path)["w"].shape == tuple(shape)
    except WeightsError as error:
        assert f"numpy cannot hold w, of {len(shape)} axes" in str(error)


def test_pickles_of_others_are_refused_without_loading_them(tmp_path: Path) -> None:
    import pickle
    import zipfile

    class Trap:
        def __reduce__(self) -> Any:
            return pytest.fail, ("it was unpickled",)

    path = tmp_path / "w.pth"
    for protocol in (2, 3, 4, 5):
        path.write_bytes(pickle.dumps(Trap(), protocol))
        with pytest.raises(WeightsError, match=r"w\.pth is a pickle that runs code.*_pytest\.outcomes"):
            load(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Trap()))
    with pytest.raises(WeightsError, match=r"w\.pth is a pickle that runs code"):
        load(path)
    np.save(tmp_path / "w.npy", np.ones(2))
    with pytest.raises(WeightsError, match=r"\.npy array"):
        load(tmp_path / "w.npy")


@pytest.mark.posix
def test_weights_are_read_from_regular_files_alone(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", Path("/dev/zero"), tmp_path):
        with pytest.raises(OSError, match="it is"):
            load(path)


HEADS = """
net Heads {
    input 3x8x8
    m: conv(4, 3, bias=false) -> batchnorm -> relu
    head main from m { gap -> flatten -> linear(3) }
    head aux from m, training { conv(2, 1) -> batchnorm -> gap -> flatten -> linear(3) }
}
"""


def test_weights_without_training_heads_go_to_every_backend_folded_or_not(tmp_path: Path) -> None:
    """What inference gives does not depend on them; a torch module starts them from seed 0."""
    import cnnspec
    from cnnspec.backends import base, weight_files
    from cnnspec.passes.fold_batchnorm import fold_batchnorm

    net = cnnspec.loads(HEADS)
    every, own = initialize(net.ir, 5), initialize(net.ir.inference(), 5)
    assert len(own) < len(every)
    x = {"input": np.random.default_rng(0).random((2, 3, 8, 8), np.float32)}
    expected = net.to_numpy(weights=every)(x)
    for backend in base.every():
        for graph, weights in ((net.resizable, own), fold_batchnorm(net.resizable, fitting(net.ir, own))):
            found = backend.run(graph, weights, base.Options())(x)
            np.testing.assert_allclose(base.by_head(graph, found)["main"], expected, atol=1e-5)
    start = initialize(net.ir, 0)
    module = net.to_torch(weights=own).state_dict()
    assert all(np.array_equal(module[key], start[key]) for key in every.keys() - own.keys())
    net.save_weights(tmp_path / "w.npz", own)
    assert weight_files.read(tmp_path / "w.npz").keys() == own.keys()
    with pytest.raises(WeightsError, match=r"missing: aux\.conv\.bias"):
        net.to_numpy(weights={key: value for key, value in every.items() if key != "aux.conv.bias"})


def test_modules_programs_and_tensors_of_every_kind_are_weights() -> None:
    """Or refused by name: what has no values, or none of a floating-point type."""
    torch = pytest.importorskip("torch")
    import cnnspec

    net = cnnspec.loads("net N { input 4\n linear(2) }")
    module = net.to_torch(seed=1).double()
    state = module.state_dict()
    for weights in (
        module,
        net.to_numpy(seed=1),
        dict(module.named_parameters()),
        {"model": state},
        {key: tensor.to_sparse() for key, tensor in state.items()},
    ):
        for found in (net.to_numpy(weights).state_dict(), net.to_torch(weights=weights).state_dict()):
            assert all(np.array_equal(found[key], state[key].float()) for key in state)
    for tensor, message in (
        (torch.ones(2, device="meta"), "float32 on meta has no values"),
        (torch.ones(2).to(torch.float8_e4m3fn), "float8_e4m3fn on cpu has no values"),
        (torch.ones(2, dtype=torch.bool), "holds bool"),
    ):
        for take in (net.to_numpy, lambda w: cnnspec.load_weights(net, w)):
            with pytest.raises(WeightsError, match=rf"linear\.bias:? .*{message}"):
                take({**state, "linear.bias": tensor})
