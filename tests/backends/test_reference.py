"""The plain kernels are the reference: the fast path is held to them at any size, stride and layout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cnnspec
from cnnspec.backends.verify import verify
from cnnspec.cli.main import execute
from cnnspec.diagnostics import InvalidValue

LAYERS = st.one_of(
    st.builds(
        "conv({}, {}, stride={}, groups={}, dilation={}, bias={})".format,
        st.sampled_from([4, 8, 12, 36]),
        st.sampled_from([1, 2, 3, 5]),
        st.integers(1, 3),
        st.sampled_from([1, 1, 2, 4]),
        st.integers(1, 2),
        st.sampled_from(["true", "false"]),
    ),
    st.builds(
        "{}({}, stride={}, pad={}, ceil={})".format,
        st.sampled_from(["maxpool", "avgpool"]),
        st.integers(2, 3),
        st.integers(1, 3),
        st.integers(0, 1),
        st.sampled_from(["true", "false"]),
    ),
    st.builds("dwconv({}, stride={}, pad=same)".format, st.sampled_from([3, 5, 7]), st.integers(1, 2)),
    st.builds("tconv(4, {}, stride={})".format, st.integers(2, 4), st.integers(1, 2)),
    st.sampled_from(
        [
            *(
                "batchnorm",
                "layernorm(over=channels)",
                "groupnorm(4)",
                "instancenorm",
                "lrn(5)",
                "relu",
                "gelu",
            ),
            *("residual { conv(4, 3) -> batchnorm -> relu }", "gap", "adaptive_avgpool(2)", "upsample(2)"),
            *("hardswish", "channel_shuffle(2)", "concat { | identity | conv(4, 1) }", "softmax"),
        ]
    ),
)


def laid_out(x: np.ndarray, layout: str) -> np.ndarray:
    """The same values, as they lie in the memory of other programs."""
    if layout == "channels last":
        return np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    if layout == "every second":
        wide = np.zeros((*x.shape[:3], 2 * x.shape[3]), x.dtype)
        wide[..., ::2] = x
        return wide[..., ::2]
    return np.asfortranarray(x) if layout == "columns first" else x


@settings(deadline=None)
@given(
    layers=st.lists(LAYERS, min_size=1, max_size=3),
    size=st.tuples(st.integers(6, 40), st.integers(6, 40)),
    batch=st.integers(1, 11),
    layout=st.sampled_from(["rows", "channels last", "every second", "columns first"]),
    threads=st.integers(1, 2),
)
def test_the_fast_path_gives_what_the_plain_kernels_give(layers, size, batch, layout, threads):
    text = f"net N {{ input 3x{size[0]}x{size[1]}\nconv(8, 1)\n" + "\n".join(layers) + "\n}"
    try:
        net = cnnspec.loads(text)
    except cnnspec.SpecError:
        # a map that has become too small for a window
        return
    weights = net.to_numpy(seed=1).state_dict()
    x = np.random.default_rng(0).standard_normal((batch, 3, *size)).astype(np.float32)
    plain = net.to_numpy(weights, reference=True)(x)
    fast = net.to_numpy(weights, threads=threads)(laid_out(x, layout))
    np.testing.assert_allclose(fast, plain, rtol=1e-4, atol=2e-5 * max(1.0, float(np.abs(plain).max())))


def test_the_reference_is_the_forward_pass_of_training() -> None:
    net = cnnspec.zoo("resnet20")
    x = np.random.default_rng(0).standard_normal((2, 3, 32, 32)).astype(np.float32)
    program = net.to_numpy(seed=0, reference=True)
    np.testing.assert_array_equal(program(x), program.forward(x, training=False))
    assert np.abs(program(x) - net.to_numpy(seed=0)(x)).max() > 0
    np.testing.assert_array_equal(program(x), net.to("numpy", seed=0, reference=True)(x))


def test_verify_compares_numpy_to_its_plain_kernels() -> None:
    found = verify(cnnspec.zoo("resnet20").ir, ("numpy",), reference=True)
    assert found.ok and [row.backend for row in found.differences] == ["numpy"]
    assert found.differences[0].relative > 0 and found.reference == "numpy (plain kernels)"
    assert found.as_text().startswith("ResNet20 in float32, against numpy (plain kernels)\n  numpy  output")
    pytest.importorskip("torch")
    found = verify(cnnspec.zoo("resnet20").ir, ("numpy", "torch"), reference=True)
    assert [row.backend for row in found.differences] == ["numpy", "torch"]
    with pytest.raises(InvalidValue, match="reference is for numpy, not for torch"):
        verify(cnnspec.zoo("resnet20").ir, ("torch",), reference=True)


def test_the_command_line_runs_the_plain_kernels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    net = cnnspec.zoo("lenet5")
    net.save_weights("w.npz", net.to_numpy(seed=0))
    x = np.random.default_rng(0).standard_normal((1, 32, 32)).astype(np.float32)
    np.save("x.npy", x)
    words = ["run", "lenet5", "--weights", "w.npz", "--input", "x.npy", "-o", "y.npy", "--reference"]
    assert execute(words) == 0
    np.testing.assert_array_equal(np.load("y.npy"), net.to_numpy(seed=0, reference=True)(x[None]))
    assert execute(["verify", "lenet5", "--backends", "numpy", "--reference"]) == 0
    assert "against numpy (plain kernels)" in capsys.readouterr().out
