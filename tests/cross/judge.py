"""Runs a command in this process, and says what is wrong with what it did."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import jsonschema
from referencing import Registry, Resource

from cnnspec.cli.main import execute
from cnnspec.files import PACKAGE

SCHEMAS = {path.stem: json.loads(path.read_text("utf-8")) for path in Path(PACKAGE, "schemas").glob("*.json")}
REGISTRY = Registry().with_resources(
    (f"{name}.json", Resource.from_contents(schema)) for name, schema in SCHEMAS.items()
)
VALIDATORS = {
    name: jsonschema.Draft202012Validator(schema, registry=REGISTRY) for name, schema in SCHEMAS.items()
}
TEMPORARY = re.compile(r"^\.[0-9a-f]{16}\.tmp$")


class Fault(AssertionError):
    """Something that no command may do."""


class Done(NamedTuple):
    """What a command did: its exit code, and what it printed."""

    arguments: tuple[str, ...]
    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """Standard output as text."""
        return self.out.decode("utf-8")


PIPED = "net Piped { input 3x4x4; relu }\n"


def perform(arguments: Sequence[str], stdin: str = PIPED) -> Done:
    """Run the command line in this process, with warnings as errors. Raises Fault for a fault of cnnspec."""
    streams = sys.stdin, sys.stdout, sys.stderr
    out, err = io.BytesIO(), io.BytesIO()
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin.encode("utf-8")))
    sys.stdout, sys.stderr = io.TextIOWrapper(out, "utf-8"), io.TextIOWrapper(err, "utf-8")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            code = execute(arguments)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        printed = out.getvalue(), err.getvalue().decode("utf-8")
        sys.stdin, sys.stdout, sys.stderr = streams
    require(code in (0, 1, 2), f"exit code {code}", printed[1])
    return Done(tuple(arguments), code, *printed)


def require(held: bool, *told: object) -> None:
    if not held:
        raise Fault(": ".join(map(str, told)))


def judge(done: Done, folder: Path) -> None:
    """Raise Fault unless exit code, output and files agree."""
    binary = "-o" in done.arguments and "-" in done.arguments
    out = "" if binary else done.out.decode("utf-8")
    for text in (out, done.err):
        require("Traceback" not in text and "Warning:" not in text, "a traceback or a warning", text)
        if done.arguments[0] != "fmt":
            require(all(line.isprintable() for line in text.split("\n")), "control characters", repr(text))
    failed = re.search(r"^(error|Error)\b", done.err, re.MULTILINE) is not None
    agreed = failed or said_no(done, out)
    require(agreed if done.code else not failed, f"exit code {done.code} and what is told part", done.err)
    if "--json" in done.arguments and not binary:
        judge_json(done, out)
    judge_files(done, folder)


def said_no(done: Done, out: str) -> bool:
    """Whether a result says why the exit code is not 0: a comparison, a denied warning, a layout."""
    denied = r"|^\d+ errors?, [1-9]\d* warnings?" if "--deny" in done.arguments else ""
    told = {
        # in the forms of continuous integration, what is found stands on standard output, its number is told
        "check": re.search(rf"^[1-9]\d* errors?, {denied}", done.err, re.MULTILINE) or '"ok": false' in out,
        # backends agree on every net, but for what rounding alone moves as far
        "verify": "rounding alone moves" in out or '"rounding": {' in out,
        "fmt": "would change" in done.err or '"ok": false' in out or "--diff" in done.arguments,
        "diff": bool(out) or drew_difference(done),
        # a net that has errors stands in the table, with the reason
        "compare": bool(out),
        # fewer members than were asked for, and why there are no others
        "sample": re.search(r"^(there are no other|no more were found)", out + done.err, re.MULTILINE)
        or '"is_whole": false' in out,
        # nothing that was looked at is a member, and what comes nearest
        "solve": re.search(r"^no member: ", out + done.err, re.MULTILINE) or '"best": null' in out,
    }
    return done.code == 1 and bool(told.get(done.arguments[0], False))


def drew_difference(done: Done) -> bool:
    """Whether two nets differ, and a drawing of that was written."""
    return done.arguments[0] == "diff" and done.code == 1 and "\nwrote " in f"\n{done.err}"


def strict(text: str) -> Any:
    """The one JSON value that a text holds."""

    def refuse(word: str) -> None:
        raise Fault(f"{word} is no JSON")

    try:
        return json.loads(text, parse_constant=refuse)
    except ValueError as error:
        raise Fault(f"no JSON: {error}: {text[:200]}") from None


def judge_json(done: Done, out: str) -> None:
    name, value = done.arguments[0], strict(out)
    schema = VALIDATORS.get(name, VALIDATORS["failure"])
    for error in schema.iter_errors(value):
        raise Fault(f"{name} --json does not validate: {error.message[:300]}")
    if isinstance(value, dict) and "ok" in value:
        require(value["ok"] == (done.code == 0), "ok and the exit code part")


def judge_files(done: Done, folder: Path) -> None:
    """Raise Fault for files that are half there, or there after a failure."""
    left = [path.name for path in folder.iterdir() if TEMPORARY.match(path.name)]
    require(not left, "temporary files are left", left)
    if "-o" not in done.arguments:
        return
    out = folder / done.arguments[done.arguments.index("-o") + 1]
    if done.arguments[done.arguments.index("-o") + 1] == "-":
        require(bool(done.out) or done.code != 0, "nothing was printed")
    elif done.code == 0 and "--train" in done.arguments:
        require(out.is_dir() and len([*out.iterdir()]) == 3, f"{out.name} has not three files")
        for path in out.iterdir():
            parse(path.suffix, path.read_bytes())
        shutil.rmtree(out)
    elif done.code == 0 or drew_difference(done):
        require(out.is_file(), f"{out.name} was not written")
        form = done.arguments[done.arguments.index("--format") + 1] if "--format" in done.arguments else ""
        parse(f".{form}" if done.arguments[0] == "render" and form else out.suffix.lower(), out.read_bytes())
        out.unlink()
    else:
        require(not out.exists(), f"{out.name} was written, exit code {done.code}")


def parse(suffix: str, data: bytes) -> None:
    """Raise Fault for a file that is not what its suffix says."""
    try:
        _parse(suffix, data)
    except Fault:
        raise
    except Exception as error:
        raise Fault(f"the file {suffix} does not parse: {type(error).__name__}: {error}") from error


def _parse(suffix: str, data: bytes) -> None:
    if suffix == ".svg":
        ElementTree.fromstring(data)
    elif suffix == ".png":
        from PIL import Image

        with Image.open(io.BytesIO(data)) as image:
            image.verify()
    elif suffix == ".pdf":
        require(data.startswith(b"%PDF-") and data.rstrip().endswith(b"%%EOF"), "a cut PDF")
    elif suffix == ".dot":
        require(data.startswith(b"digraph") and data.rstrip().endswith(b"}"), "a cut graph")
    elif suffix == ".mmd":
        require(b"flowchart" in data[:2000], "no flowchart")
    elif suffix == ".html":
        require(data.rstrip().endswith(b"</html>"), "a cut page")
    elif suffix == ".cnn":
        require(b"net " in data, "no spec")
    elif suffix == ".py":
        compile(data, "net.py", "exec")
    elif suffix == ".onnx":
        import onnx

        onnx.checker.check_model(onnx.load_from_string(data))
    elif suffix == ".npy":
        import numpy as np

        np.load(io.BytesIO(data), allow_pickle=False)
    elif suffix == ".npz":
        import numpy as np

        with np.load(io.BytesIO(data), allow_pickle=False) as found:
            require(all(name in found and found[name].dtype.kind == "f" for name in found), "no weights")
    elif suffix == ".safetensors":
        length = int.from_bytes(data[:8], "little")
        require(isinstance(json.loads(data[8 : 8 + length]), dict), "no header")
    else:
        raise Fault(f"a file {suffix} was written")


def judge_summary(arguments: Sequence[str]) -> None:
    """Raise Fault unless all forms of one table hold the same figures, and those add up."""
    data = strict(perform(["summary", *arguments, "--json"]).text)
    if "error" in data:
        return
    rows = list(table(perform(["summary", *arguments, "--format", "csv"]).text))
    outer = [row for row in rows if row[0] == 0]
    require(sum(row[1] for row in outer) == data["params"], "params of rows and total part")
    require(sum(row[2] for row in outer) == data["macs"], "MACs of rows and total part")
    require(sum(layer["macs"] for layer in data["layers"]) == data["macs"], "MACs of layers and total part")
    require(sum(layer["params"] for layer in data["layers"]) == data["params"], "params of layers part")
    shares = sum(row[3] for row in outer)
    require(not data["macs"] or abs(shares - 1) < 1e-3 * len(outer), f"shares add up to {shares}")
    # those of LaTeX are rounded, as papers print them
    for form in ("text", "md", "html"):
        # a narrow table of text rounds figures, and how wide it is hangs on the terminal
        text = perform(["summary", *arguments, "--format", form, "--width", "400"]).text
        for _, params, macs, _ in rows:
            require(
                f"{params:,}" in text and f"{macs:,}" in text,
                f"{form} lacks a figure of csv: {params:,} or {macs:,}",
                text,
            )


def table(text: str) -> Iterator[tuple[int, int, int, float]]:
    """The rows of a summary in CSV: level, params, MACs, share of the MACs."""
    for line in csv.DictReader(io.StringIO(text)):
        yield int(line["level"]), int(line["params"]), int(line["macs"]), float(line["share"])


def empty(folder: Path) -> None:
    """Take everything out of a folder."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
