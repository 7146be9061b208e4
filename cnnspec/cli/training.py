"""`cnnspec compile --train`: a folder with a net's source, and with the scripts that train it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import click

from cnnspec.api import Net
from cnnspec.backends import base
from cnnspec.backends.base import Backend, Options
from cnnspec.cli.printing import say, wrote
from cnnspec.diagnostics import InvalidValue, Refused
from cnnspec.files import write_whole

HEADER = re.compile(r'"""[^"]*^[\d,]+ params, [\d,]+ MACs a sample$[^"]*"""', re.MULTILINE)
"""How a source begins that a backend has written."""


def train_files(
    net: Net,
    name: str | None,
    out: Path | None,
    options: Options,
    weights: str | None,
    fold: bool,
    optimize: bool,
) -> dict[str, Any]:
    """Write the folder of `--train`, and tell so; gives what `--json` prints of it.

    Raises click.UsageError for a backend without such scripts, for what is no folder and for options that
    would have no effect; Refused for a net that cannot be trained so, and for a folder that is in use.
    """
    trainers = [backend.name for backend in base.every() if backend.scripts is not None]
    if name is not None and name not in trainers:
        raise click.UsageError(f"--train is for {' and '.join(trainers)}, not for {name}")
    backend = base.find(name or trainers[0])
    if out is None:
        raise click.UsageError("--train writes a folder: name it, as in -o run/")
    if out.suffix.lower() in base.suffixes():
        raise click.UsageError(f"--train writes a folder, not a file: -o {out.with_suffix('')}/")
    without_effect = {
        "--weights": weights and "the net starts anew, and train.py --resume goes on from a checkpoint",
        "--optimize": optimize and "it is for inference",
        "--fold-batchnorm": fold and "a net is trained with its batch norms",
        "--dtype": options.dtype != "float32" and "train.py --bf16 computes in bfloat16 where that is safe",
        "--channels-last": options.channels_last and "train.py has this option",
    }
    for option, instead in without_effect.items():
        if instead:
            raise click.UsageError(f"{option} is not for --train: {instead}")
    try:
        base.check_options(backend, options, writing=True)
    except InvalidValue as error:
        raise click.UsageError(str(error)) from error
    files = write_training(net, backend, options, out)
    return {"net": net.name, "backend": backend.name, "wrote": str(out), "files": files}


def write_training(net: Net, backend: Backend, options: Options, folder: Path) -> list[dict[str, Any]]:
    """Write the source of a net as the module `model`, and the scripts that train it, to a folder.

    Scripts that people have edited are kept; the last line of the module says how they were written. Gives
    the files, each with its `path` and whether it was `kept`. Raises Refused where another's module has the
    name, OSError.
    """
    assert backend.source is not None and backend.scripts is not None
    graph = net.resizable
    scripts = backend.scripts(graph, options)
    source = backend.source(graph, {}, options)
    model = folder / f"model{backend.suffixes[0]}"
    before = _read(model)
    if before is not None and not HEADER.match(before):
        raise Refused(f"{model} is there, and was not written by cnnspec: write to another folder")
    written = ", ".join(f"{name} {_digest(text)}" for name, text in scripts.items())
    folder.mkdir(exist_ok=True)
    # the scripts first: what the module says of them has to be so
    kept = {name: _is_edited(folder / name, text, before or "") for name, text in scripts.items()}
    for name, text in scripts.items():
        if not kept[name]:
            write_whole(folder / name, text)
    write_whole(
        model, f"{str(source, 'utf-8') if isinstance(source, bytes) else source}\n\n# with {written}\n"
    )
    wrote(model, f"{net.name} for {backend.name}")
    for name in scripts:
        if kept[name]:
            say(f"kept {folder / name}, which has been edited: delete it to have it written anew", err=True)
        else:
            wrote(folder / name, f"to train {net.name}")
    files = {str(model): False, **{str(folder / name): kept[name] for name in scripts}}
    return [{"path": path, "kept": is_kept} for path, is_kept in files.items()]


def _is_edited(path: Path, text: str, module: str) -> bool:
    """Whether a script is neither the text that would be written nor the one that was, by the old module."""
    found = _read(path)
    return found not in (None, text) and f"{path.name} {_digest(found or '')}" not in module


def _read(path: Path) -> str | None:
    """The text of a file; None where there is none."""
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else None


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
