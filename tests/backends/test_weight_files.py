"""Files of weights of every kind, read as data: what torch and numpy write, what is wrapped or refused."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnnspec
from cnnspec.backends.weight_files import inspect, read, split_part, write
from cnnspec.backends.weights import WeightsError

torch = pytest.importorskip("torch")

SAVED = {
    "conv.weight": torch.arange(12.0).reshape(2, 6)[:, 1:4],
    "conv.bias": torch.nn.Parameter(torch.tensor([1.5, -2.0])),
    "norm.weight": torch.tensor([0.1, 3e4]).bfloat16(),
    "norm.bias": torch.tensor([0.1, 3e4]).half(),
    "table": torch.arange(6, dtype=torch.float64).reshape(2, 3).t(),
    "scale": torch.tensor(2.0),
    "none": torch.zeros(0, 3),
}
"""Views, a parameter, other types, an axis of none: tensors as modules keep them."""


def same(found: Any, wanted: Any) -> None:
    """numpy has the values and the shapes of torch, bfloat16 as float32."""
    assert list(found) == list(wanted)
    for name, tensor in wanted.items():
        expected = tensor.detach().float() if tensor.dtype == torch.bfloat16 else tensor.detach()
        assert found[name].dtype == expected.numpy().dtype
        np.testing.assert_array_equal(found[name], expected.numpy())


@pytest.mark.parametrize("protocol", [2, 4, 5])
@pytest.mark.parametrize("is_archive", [True, False], ids=["archive", "before 1.6"])
def test_what_torch_saves_is_read_without_torch(tmp_path: Path, protocol: int, is_archive: bool) -> None:
    path = tmp_path / "w.pth"
    torch.save(SAVED, path, pickle_protocol=protocol, _use_new_zipfile_serialization=is_archive)
    same(read(path), torch.load(path, weights_only=True) if protocol == 2 else SAVED)
    assert {name: (tensor.dtype, tensor.shape) for name, tensor in inspect(path).items()} == {
        name: (str(tensor.dtype).removeprefix("torch."), tuple(tensor.shape))
        for name, tensor in SAVED.items()
    }


def test_numpy_archives_are_read_and_written(tmp_path: Path) -> None:
    arrays = {"a.weight": np.asfortranarray(np.arange(6.0).reshape(2, 3)), "b": np.zeros((0, 2), "f4")}
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "w.npz", **arrays)
        assert {name: value.tolist() for name, value in read(tmp_path / "w.npz").items()} == {
            "a.weight": [[0, 1, 2], [3, 4, 5]],
            "b": [],
        }
    write(tmp_path / "v.npz", arrays)
    with np.load(tmp_path / "v.npz") as found:
        np.testing.assert_array_equal(found["a.weight"], arrays["a.weight"])
    with pytest.raises(WeightsError, match=r"as \.safetensors or \.npz, not as \.pth"):
        write(tmp_path / "v.pth", arrays)


STATE = {"conv.weight": torch.ones(2, 3), "conv.bias": torch.zeros(2)}
PREFIXED = {f"module._orig_mod.{name}": tensor for name, tensor in STATE.items()}


@pytest.mark.parametrize(
    "checkpoint",
    [
        {"state_dict": STATE, "epoch": 3, "best": np.float64(0.5), "rng_state": torch.get_rng_state()},
        {"model": PREFIXED, "optimizer": {"state": {0: {"exp_avg": torch.ones(2)}}, "param_groups": []}},
        {"ema": {"module": STATE}, "n_averaged": torch.tensor(3)},
        {**PREFIXED, "module._orig_mod.norm.num_batches_tracked": torch.tensor(5)},
    ],
    ids=["state_dict", "model", "ema", "prefixed"],
)
def test_a_checkpoint_of_training_is_opened(tmp_path: Path, checkpoint: Any) -> None:
    path = tmp_path / "w.pth"
    torch.save(checkpoint, path)
    same(read(path), STATE)
    net = cnnspec.loads("net N { input 3\n linear(2) }")
    for given in (path, checkpoint):
        assert list(cnnspec.load_weights(net, given).weights) == ["linear.weight", "linear.bias"]


def test_of_several_parts_one_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    other = {name: tensor + 1 for name, tensor in STATE.items()}
    torch.save({"model": STATE, "ema": other}, "w.pth")
    with pytest.raises(WeightsError, match=r"2 times, as model \(2 tensors\), ema \(2 tensors\): name one"):
        read("w.pth")
    same(read(*split_part("w.pth:ema")), other)
    with pytest.raises(WeightsError, match="no weights under 'last'; it has model"):
        read("w.pth", "last")
    os.replace("w.pth", "w:ema")
    assert split_part("w:ema") == ("w:ema", None)


class Command:
    """What a pickle of it runs when it is loaded."""

    def __reduce__(self) -> Any:
        return os.mkdir, ("ran",)


def saved(value: Any, **options: Any) -> bytes:
    stream = io.BytesIO()
    torch.save(value, stream, **options)
    return stream.getvalue()


def rewritten(saved: bytes, records: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """An archive with some records in place of its own."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved)) as old, zipfile.ZipFile(stream, "w", compression) as new:
        for name in old.namelist():
            new.writestr(name, records.get(Path(name).stem, old.read(name)))
    return stream.getvalue()


def script() -> bytes:
    """An archive as torch.jit.save writes it: with a program."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in ("data.pkl", "constants.pkl", "code/__torch__.py"):
            archive.writestr(f"archive/{name}", b"\x80\x02N.")
    return stream.getvalue()


def bomb() -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, a=np.zeros(2_000_000))
    return stream.getvalue()


def objects() -> bytes:
    stream = io.BytesIO()
    np.savez(stream, a=np.array([Command()], object))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: saved({"state_dict": STATE, "x": Command()}), r"runs code when it is loaded \(\w+\.mkdir\)"),
        (lambda: saved(Command(), _use_new_zipfile_serialization=False), r"\(\w+\.mkdir\)"),
        (lambda: pickle.dumps(Command()), r"\(\w+\.mkdir\)"),
        (lambda: saved(torch.nn.ReLU()), r"\(torch\.nn\.modules\.activation\.ReLU\).*module\.state_dict\(\)"),
        (script, "a TorchScript archive"),
        (objects, "a holds Python objects"),
        (bomb, "unpacks to more than 100 times"),
        (lambda: rewritten(saved(STATE), {}, zipfile.ZIP_DEFLATED), "a compressed archive"),
        (lambda: saved(STATE)[:400], "a damaged archive"),
        (lambda: saved(STATE, _use_new_zipfile_serialization=False)[:-4], "is cut off: storage"),
        (lambda: rewritten(saved(STATE), {"data": b"\x80\x02]"}), "a damaged file of torch.save"),
        (lambda: rewritten(saved(STATE), {"data": b"\x80\x02r" + b"\xff" * 4 + b"."}), "nothing to work on"),
        (lambda: rewritten(saved({"w": torch.ones(2)}), {"0": b"1234"}), "storage 0 has 4 bytes of 8"),
        (lambda: saved({"w": torch.ones(1).expand(2**40)}), "more values than its storage"),
        (lambda: saved({"w": torch.ones(2).to(torch.float8_e5m2)}), "float8_e5m2, which numpy has not"),
        (lambda: saved({"epoch": 3}), "holds no tensors by name"),
        (lambda: saved([STATE]), "holds no tensors by name, but a list"),
        (lambda: pickle.dumps(STATE, 0), "no file of weights that can be read"),
        (lambda: b"\x89HDF\r\n\x1a\n0", "an HDF5 file"),
    ],
    ids=range(19),
)
def test_files_that_are_no_weights_are_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Any, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("w").write_bytes(make())
    with pytest.raises(WeightsError, match=message):
        read("w")
    assert not Path("ran").exists()


def test_a_mapping_that_a_pickle_repeats_is_looked_at_once(tmp_path: Path) -> None:
    """Thirty levels, each with the one below it twice: two to the thirtieth paths."""
    tree: dict[str, Any] = {"w": torch.ones(1)}
    for _ in range(30):
        tree = {"a": tree, "b": tree}
    torch.save(tree, tmp_path / "w.pth")
    assert list(read(tmp_path / "w.pth")) == ["w"]
