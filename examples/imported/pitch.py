"""CREPE of torchcrepe, imported, hears the pitch of a tone on numpy.

    pip install torchcrepe matplotlib
    python pitch.py [--model full] [-o pitch.png]

The net brings its weights. It is imported as a spec, which hears a tone that glides up two octaves with a
vibrato on numpy: frame by frame, 64 ms each, how likely each of 360 pitches is. The package's module hears
the same, and the picture has the tone as it was made over what was heard.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torchcrepe  # pyright: ignore[reportMissingImports]

import cnnspec

SECONDS, LOWEST, OCTAVES = 2.0, 220.0, 2.0
HOP = torchcrepe.SAMPLE_RATE // 100
"""Samples from frame to frame: 10 ms."""
FIRST_PITCH = 31.7
"""The lowest pitch that the net knows, in Hz; each further one is 20 cents higher."""


class Tone(NamedTuple):
    """A tone: its samples, and its pitch in Hz at each of them."""

    samples: np.ndarray
    pitch: np.ndarray


class Heard(NamedTuple):
    """How likely each pitch is, a row a frame, and the likeliest in Hz."""

    likely: np.ndarray
    pitch: np.ndarray


def gliding_tone() -> Tone:
    """A tone that rises from 220 to 880 Hz, up and down by a third of a semitone six times a second."""
    time = np.arange(int(SECONDS * torchcrepe.SAMPLE_RATE)) / torchcrepe.SAMPLE_RATE
    octaves = OCTAVES * time / SECONDS + np.sin(2 * np.pi * 6 * time) / 36
    pitch = LOWEST * 2**octaves
    phase = 2 * np.pi * np.cumsum(pitch) / torchcrepe.SAMPLE_RATE
    return Tone(np.sum([np.sin(n * phase) / n for n in (1, 2, 3, 4)], axis=0), pitch)


def frames_of(tone: Tone) -> torch.Tensor:
    """The frames that the package makes of the tone, each with a mean of 0 and a deviation of 1."""
    samples = torch.from_numpy(tone.samples.astype(np.float32))[None]
    return torch.cat(list(torchcrepe.preprocess(samples, torchcrepe.SAMPLE_RATE, HOP)))


def heard(likely: torch.Tensor) -> Heard:
    """The likeliest pitch of each frame, as the package decodes it."""
    _, pitch = torchcrepe.decode.weighted_argmax(likely.T[None].clone())
    return Heard(likely.numpy(), pitch[0].numpy())


def modules_of(size: str) -> tuple[torch.nn.Module, cnnspec.Imported]:
    """The package's net, and what is imported of it."""
    torchcrepe.load.model("cpu", size)
    module = torchcrepe.infer.model.eval()
    return module, cnnspec.from_torch(module, (torchcrepe.WINDOW_SIZE,))


def draw(tone: Tone, found: Heard, path: Path) -> None:
    """What was heard as a picture, with the tone as it was made over it."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    seconds = np.arange(len(found.likely)) * HOP / torchcrepe.SAMPLE_RATE
    pitches = FIRST_PITCH * 2 ** (np.arange(torchcrepe.PITCH_BINS) * torchcrepe.CENTS_PER_BIN / 1200)
    figure, axes = pyplot.subplots(figsize=(7, 4), layout="constrained")
    axes.pcolormesh(seconds, pitches, found.likely.T, cmap="Greys", shading="nearest")
    times = np.arange(len(tone.pitch)) / torchcrepe.SAMPLE_RATE
    axes.plot(times, tone.pitch, color="tab:blue", alpha=0.35, linewidth=7, label="the tone")
    axes.plot(seconds, found.pitch, ".", color="tab:orange", markersize=3, label="heard on numpy")
    axes.set(yscale="log", ylim=(110, 1760), xlabel="seconds", ylabel="Hz")
    axes.minorticks_off()
    axes.set_yticks([110, 220, 440, 880, 1760], ["110", "220", "440", "880", "1760"])
    axes.legend(loc="upper left")
    figure.savefig(path, dpi=100)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", choices=("tiny", "full"), default="tiny")
    parser.add_argument("-o", dest="output", type=Path, default=Path("pitch.png"))
    given = parser.parse_args()
    module, net = modules_of(given.model)
    print(net.text)
    tone = gliding_tone()
    frames = frames_of(tone)
    with torch.no_grad():
        theirs = heard(module(frames))
    ours = heard(torch.from_numpy(net.net.to_numpy(weights=net.weights)(frames.numpy())))
    made = tone.pitch[::HOP]
    off = 1200 * np.abs(np.log2(ours.pitch[: len(made)] / made))
    print(f"{len(frames)} frames, half of them within {np.median(off):.0f} cents of the tone")
    print(f"farthest from the package's own net: {np.abs(ours.likely - theirs.likely).max():.1e}")
    draw(tone, ours, given.output)
    print(f"wrote {given.output}")


if __name__ == "__main__":
    main()
