"""Real input: what `cnnspec run` takes, what it refuses and why."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from cnnspec.backends.images import InputError, normalize, numbers, ranking, read, write_array

Image = pytest.importorskip("PIL.Image")


def picture(path: Path, mode: str = "L", size: tuple[int, int] = (4, 3)) -> Path:
    """An image whose pixels count up from 0 in steps of 10."""
    channels = 3 if mode == "RGB" else 1
    pixels = (10 * np.arange(size[0] * size[1] * channels, dtype=np.uint8)).reshape(size[1], size[0], -1)
    Image.fromarray(pixels if channels == 3 else pixels[..., 0]).save(path)
    return path


def test_a_grey_image_is_one_channel_in_0_to_1(tmp_path: Path) -> None:
    x = read(picture(tmp_path / "a.png"), (1, 3, 4))
    assert (x.shape, x.dtype) == ((1, 1, 3, 4), np.float32)
    assert_allclose(x[0, 0, 0], np.array([0, 10, 20, 30]) / 255, rtol=1e-6)


def test_a_colour_image_is_channels_first(tmp_path: Path) -> None:
    x = read(picture(tmp_path / "a.png", "RGB"), (3, 3, 4))
    assert_allclose(x[0, :, 0, 1], np.array([30, 40, 50]) / 255, rtol=1e-6)


def test_channels_are_normalized_each_by_its_own() -> None:
    x = np.ones((1, 2, 1, 1), np.float32)
    assert normalize(x, (0.5, 1.0), (0.25, 2.0)).ravel().tolist() == [2.0, 0.0]


def test_an_image_keeps_its_size_and_is_resized_when_asked(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.png")
    assert read(path, (1, 6, 8)).shape == (1, 1, 3, 4)
    assert read(path, (1, 6, 8), resize=True).shape == (1, 1, 6, 8)


@pytest.mark.parametrize("kept", [0, 20, 60, 1000])
def test_a_truncated_image_is_refused(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "cut.png"
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(InputError, match="not an image that can be read"):
        read(path, (1, 64, 64))


def test_a_text_is_no_image(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_text("no image")
    with pytest.raises(InputError, match="not an image"):
        read(path, (1, 3, 4))


def test_an_array_is_one_sample_or_a_batch(tmp_path: Path) -> None:
    write_array(tmp_path / "one.npy", np.zeros((2, 3, 4)))
    write_array(tmp_path / "two.npy", np.zeros((2, 2, 3, 4)))
    assert read(tmp_path / "one.npy", (2, 3, 4)).shape == (1, 2, 3, 4)
    assert read(tmp_path / "two.npy", (2, 3, 4)).shape == (2, 2, 3, 4)
    assert read(tmp_path / "two.npy", (2, 5, 5)).shape == (2, 2, 3, 4)


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.zeros((2, 3)), "has the shape 2x3, the net takes 1x3x4"),
        (np.zeros((5, 3, 3, 4)), "has the shape 5x3x3x4, the net takes 1x3x4"),
        (np.array(["a"]), "not numbers"),
    ],
)
def test_an_array_that_does_not_fit_is_refused(tmp_path: Path, array: np.ndarray, reason: str) -> None:
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(InputError, match=reason):
        read(tmp_path / "a.npy", (1, 3, 4))


def test_an_array_of_objects_is_never_unpickled(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([{}], object), allow_pickle=True)
    with pytest.raises(InputError, match=r"holds object, not numbers"):
        read(tmp_path / "a.npy", (1, 3, 4))


def test_a_vector_takes_no_image(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="this one takes 10"):
        read(picture(tmp_path / "a.png"), (10,))


@pytest.mark.parametrize(
    ("mean", "std", "reason"),
    [((0.1, 0.2), (), "mean has 2 values, the input 1 channels"), ((), (0.0,), "std has a zero")],
)
def test_bad_normalization_is_refused(mean: tuple[float, ...], std: tuple[float, ...], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        normalize(np.zeros((1, 1, 2, 2), np.float32), mean, std)


def test_numbers_of_an_option() -> None:
    assert numbers("0.5, 1", "--mean") == (0.5, 1.0)
    assert numbers(None, "--mean") == ()
    with pytest.raises(InputError, match=re.escape("--mean takes numbers with commas between them, not 'a'")):
        numbers("a", "--mean")


def test_classes_are_ranked_by_probability() -> None:
    first, second = ranking(np.log([0.1, 0.6, 0.3]), 2, ["ant", "bee", "cat"])
    assert (first.name, second.name) == ("bee", "cat")
    assert_allclose([first.probability, second.probability], [0.6, 0.3])
    assert ranking(np.array([0.9, 0.1]), 1)[0].probability == pytest.approx(0.9)
