"""Writes what comes from the code: layers, diagnostics, passes, commands, the Python API, the zoo, colours of
editors.

    python docs/generate.py

A test holds the pages against what this makes of the code; `pytest --update-golden` renews them.
"""

from __future__ import annotations

import inspect
import json
import re
import runpy
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from cnnspec import pipeline
from cnnspec import zoo as zoo_net
from cnnspec.cli.main import commands
from cnnspec.diagnostics.explain import codes, explain
from cnnspec.layers import REGISTRY, manual
from cnnspec.passes import fold_batchnorm, shapes, verify
from cnnspec.zoo_list import Entry, entries

DOCS = Path(__file__).parent
CASES = DOCS.parent / "tests" / "cases" / "ok" / "layers"
MADE = "<!-- Made by docs/generate.py from {}: change it there. -->\n"
FAMILIES = {
    "conv": "Convolutions",
    "pool": "Pooling",
    "norm": "Normalization",
    "activation": "Activations",
    "dense": "Linear layers and layers of training",
    "shape": "Layers that move values",
    "sequence": "Maps as sequences",
    "join": "Joins",
    "attention": "Attention",
}


# ---- layers


def layers() -> str:
    """The manual of the layers, by family."""
    lines = [
        "# Layers\n",
        MADE.format("the layers in cnnspec/layers/"),
        "Shapes are per sample, channels first: `CxHxW` for maps (`CxL` and `CxDxHxW` work alike), `C` for",
        "vectors. Names, defaults and layouts of weights follow torch where there is a choice. Output sizes",
        "are rounded down unless `ceil=true`. Each example is a test; its comments state figures.\n",
        "`cnnspec layers NAME` prints an entry on the command line. The kinds of arguments:\n",
        *kinds(),
        "",
    ]
    for family, heading in FAMILIES.items():
        ops = [op for op, cls in REGISTRY.items() if cls.family == family]
        lines += [f"## {heading}\n", ", ".join(f"[`{op}`](#{op})" for op in ops) + "\n"]
        lines += [layer(op) for op in ops]
    return "\n".join(lines)


def kinds() -> Iterator[str]:
    """What the kinds of arguments take."""
    yield "| kind | takes |"
    yield "| --- | --- |"
    yield "| count, natural number | an integer of at least 1, of at least 0 |"
    yield "| extent | an integer of at least 1 for all axes, or dims such as `3x5` |"
    yield "| margin | an integer of at least 0 for all axes, or dims such as `1x0`, for both sides of each |"
    yield "| sides | what lies before and after each axis, such as `[[0, 1], [2, 2]]` |"
    yield "| fraction | a number from 0 up to, but not including, 1 |"
    yield "| flag | `true` or `false` |"
    yield "| words | one of the words listed, written bare: `pad=same` |"


def layer(op: str) -> str:
    """The entry of one layer: its call, meaning, arguments, and an example that the tests run."""
    data = manual.as_dict(op)
    lines = [f"### {op}\n", f"```text\n{manual.signature(REGISTRY[op])}\n```\n", plain(data["doc"]) + "\n"]
    if data["parameters"]:
        lines += ["| argument | meaning | kind | default |", "| --- | --- | --- | --- |"]
        lines += [argument(parameter) for parameter in data["parameters"]]
        lines.append("")
    # the first net of its case shows the layer, those after it are for the tests of backends
    case = (CASES / f"{op}.cnn").read_text(encoding="utf-8").split("\n\nnet ")[0].rstrip()
    lines.append(f"```cnn\n{case}\n```\n")
    return "\n".join(lines)


def argument(parameter: dict[str, object]) -> str:
    """One row of a layer's table."""
    default = "required" if parameter["required"] else f"`{manual.show_default(parameter['default'])}`"
    return f"| `{parameter['name']}` | {plain(str(parameter['doc']))} | {parameter['kind']} | {default} |"


def plain(text: str) -> str:
    """A text with its `*` as they are, but for those in code."""
    return re.sub(r"(`[^`]*`)|\*", lambda match: match[1] or r"\*", text)


# ---- diagnostics


def diagnostics() -> str:
    """All explanation pages, one after the other."""
    listed = "\n".join(f"- [`{code}`](#{code})" for code in codes())
    pages = "\n".join("#" + explain(code) for code in codes())
    return (
        "# Diagnostics\n\n"
        + MADE.format("the pages in cnnspec/diagnostics/pages/")
        + "\nWhat `cnnspec check` may say, each with an example that is told so and one that is not.\n"
        + "`cnnspec explain CODE` prints an entry on the command line.\n"
        + "`cnnspec check --fix` mends [some of them](ci.md#what-can-be-mended); the entries of all others\n"
        + "say why there is no edit.\n\n"
        + f"{listed}\n\n{pages}"
    )


# ---- passes


def passes() -> str:
    """The passes in the order in which they run, then the transforms and checks on graphs."""
    lines = [
        "# Passes\n",
        MADE.format("cnnspec/pipeline.py and the modules of cnnspec/passes/"),
        "A pass takes a net with its graph and gives it with what it found. `cnnspec check --time-passes`",
        "says how long each took, `--dump-after NAME` prints the graph after one. They run in this order,",
        "after `elaborate`, which makes the graph:\n",
        "| pass | what it does | file |",
        "| --- | --- | --- |",
    ]
    lines += [row(step.name, step.function) for step in pipeline.PASSES]
    lines += [
        "",
        "These run where they are asked for:\n",
        "| transform or check | what it does | file |",
        "| --- | --- | --- |",
        row("fold-batchnorm", fold_batchnorm.fold_batchnorm),
        row("shapes", shapes.reshape),
        row("verify", verify.verify),
    ]
    return "\n".join(lines) + "\n"


def row(name: str, function: Callable[..., object]) -> str:
    """One row: the first paragraph of what the function says of itself."""
    said = inspect.cleandoc(function.__doc__ or "").partition("\n\n")[0].replace("\n", " ")
    path = function.__module__.replace(".", "/") + ".py"
    return f"| `{name}` | {said} | `{path}` |"


# ---- the zoo


def zoo() -> str:
    """The nets that ship, with their papers and figures."""
    lines = [
        "# The zoo\n",
        MADE.format("the specs in specs/"),
        "The nets that ship with the package, by paper. `cnnspec summary resnet50` takes one by its name,",
        "`cnnspec zoo resnet50` prints the spec that it is in. A family has parameters left open, as in",
        "`cnnspec summary MLP --set features=784 --set 'widths=[64, 10]'`. What is counted:",
        "[Counting](counting.md).\n",
    ]
    for (file, paper), group in groupby(entries(), key=lambda entry: (entry.file, entry.paper)):
        nets = list(group)
        family = paper.partition(":")[0]
        lines += [f"## {family}\n", f"{paper.partition(': ')[2]}. `specs/{file}`\n"]
        if shown := pictured(nets):
            lines += [f"![{shown.name} in blocks]({picture_path(shown)})\n"]
        lines += ["| net | input | params | MACs |", "| --- | --- | ---: | ---: |"]
        lines += [zoo_row(net) for net in nets]
        lines.append("")
    return "\n".join(lines)


def pictured(nets: list[Entry]) -> Entry | None:
    """The net that a family is shown by: the first whose parameters are all given."""
    return next((net for net in nets if net.params is not None), None)


def picture_path(net: Entry) -> str:
    """The picture of a family, from docs/."""
    return f"images/zoo/{net.file.removesuffix('.cnn')}.svg"


def zoo_pictures() -> dict[str, str]:
    """The names of the nets that the pictures of the zoo show, by the files of the pictures."""
    families = groupby(entries(), key=lambda entry: entry.file)
    shown = filter(None, (pictured(list(nets)) for _, nets in families))
    return {picture_path(net): net.name for net in shown}


def zoo_row(net: Entry) -> str:
    """One net or space of the zoo."""
    if net.params is None or net.macs is None:
        return f"| {net.name} | {net.input} | | |"
    return f"| {net.name} | {net.input} | {net.params:,} | {net.macs:,} |"


ZOO_PICTURE: dict[str, Any] = {"width": 640, "legend": False}
"""How the pictures of the zoo are drawn."""

# ---- where features meet

CROSSING = DOCS.parent / "tests" / "cross"


def crossing() -> str:
    """What the generators have run, and how often each option has met each kind of net."""
    data = json.loads((CROSSING / "table.json").read_text(encoding="utf-8"))
    heading, _, about = (CROSSING / "README.md").read_text(encoding="utf-8").partition("\n\n")
    ran = ", ".join(f"{count:,} of `{name}`" for name, count in data["cases"].items())
    lines = [f"{heading}\n", MADE.format("tests/cross/"), about]
    lines += [f"The last run: {ran}, and each option on each kind of net; {data['faults']} faults.\n"]
    lines += [
        "## Options and kinds of nets\n",
        "How often the run had an option on a net of a kind. The kinds:\n",
    ]
    lines += [f"{number}. {kind}" for number, kind in enumerate(data["kinds"], 1)]
    lines += ["", f"| option | {' | '.join(str(n) for n in range(1, len(data['kinds']) + 1))} |"]
    lines += ["| --- |" + " ---: |" * len(data["kinds"])]
    for option, counts in data["counts"].items():
        lines.append(f"| `{option}` | {' | '.join(str(count) if count else '–' for count in counts)} |")
    lines += [
        "",
        "–: nets of ten thousand layers go to `check` and `summary` alone; what draws, runs or compares each",
    ]
    lines += [
        "layer takes minutes on them. Commands that take no net are not in the table: `explain`, `layers`,",
        "`zoo`, `machine` and `lsp`, nor is `studio`; these two have random texts of their own.",
    ]
    return "\n".join(lines) + "\n"


# ---- the language in one text


def language_in_one_text() -> str:
    """The whole language in at most 8,000 words, for what reads rather than browses: language models, too."""
    manual_text = (DOCS / "language.md").read_text(encoding="utf-8").partition("\n## ")
    lines = [
        "# cnnspec\n",
        "> A declarative compiler for convolutional networks: a short `.cnn` spec goes in; shapes,",
        "> parameters, multiply-accumulates, memory, drawings, torch, numpy and ONNX come out.\n",
        MADE.format("the manual, the layers and the command line"),
        "`cnnspec check net.cnn` finds every mistake and shows the cure; `cnnspec check --fix net.cnn` makes",
        "it.\n",
        "## Commands\n",
        *(f"- `{name}`: {one.get_short_help_str(100)}" for name, one in commands().items()),
        "\n## Layers\n",
        "Shapes are per sample, channels first. Arguments without a default come first and need no name.\n",
        *(
            f"- `{manual.signature(cls)}`: {inspect.cleandoc(cls.__doc__ or '').splitlines()[0]}"
            for cls in sorted(REGISTRY.values(), key=lambda cls: cls.family)
        ),
        "\n## Blocks of the standard library\n",
        "`use std (bottleneck)` at the top of a file brings one.\n",
        *(f"- `{heading.removeprefix('def ')}`" for heading in _library()),
        "\n## " + re.sub(r"\[([^\]\n]+)\]\([^)\n]*(?:\.md|#)[^)\n]*\)", r"\1", manual_text[2]),
    ]
    return "\n".join(lines).rstrip("\n") + "\n"


def _library() -> Iterator[str]:
    for line in (DOCS.parent / "specs" / "std.cnn").read_text(encoding="utf-8").splitlines():
        if line.startswith("def "):
            yield line.partition(" {")[0]


PAGES: dict[str, Callable[[], str]] = {
    "layers.md": layers,
    "diagnostics.md": diagnostics,
    "passes.md": passes,
    "commands.md": runpy.run_path(str(DOCS / "commands_page.py"))["commands"],
    "python.md": runpy.run_path(str(DOCS / "python_page.py"))["python"],
    "zoo.md": zoo,
    "imported.md": runpy.run_path(str(DOCS / "imported_page.py"))["imported"],
    "foreign_weights.md": runpy.run_path(str(DOCS / "foreign_weights_page.py"))["foreign_weights"],
    "crossing.md": crossing,
    "../cnnspec/llms.txt": language_in_one_text,
    **runpy.run_path(str(DOCS / "editor_colours.py"))["FILES"],
}


if __name__ == "__main__":
    for name, page in PAGES.items():
        (DOCS / name).parent.mkdir(parents=True, exist_ok=True)
        (DOCS / name).write_text(page(), encoding="utf-8")
    (DOCS / "images" / "zoo").mkdir(exist_ok=True)
    for name, net in zoo_pictures().items():
        zoo_net(net).render(DOCS / name, **ZOO_PICTURE)
