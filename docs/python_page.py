"""The page of the Python API, made of signatures and docstrings: docs/generate.py writes it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from functools import cached_property as standard_cached_property
from importlib import import_module
from typing import Any

import cnnspec
from cnnspec.caching import cached_property

MADE = (
    "<!-- Made by docs/python_page.py from the signatures and docstrings of cnnspec/: change it there. -->\n"
)
PYTHON = """
```python
import cnnspec

net = cnnspec.zoo("resnet18", classes=10)
print(net)
print(net.field("body.layer2", at=(7, 7)).box)
```

```text
<cnnspec net ResNet18: 11,181,642 params, 1,813,566,464 MACs>
((7, 105), (7, 105))
```

In a notebook a net shows its diagram and its summary, a table itself; `pandas.DataFrame(table)` is the same
as a frame, with a column for each of the table's.

```python
table = cnnspec.compare(["resnet18", "resnet34", "nothing"], columns=["params", "macs"])
print(table.column("params"), table[2]["note"])
```

```text
[11689512, 21797672, None] file: there is no file and no net of the zoo called `nothing`
```

Arguments are typed to the end, for editors to complete. What a spec gets wrong raises `SpecError`, a value
that there is not (a column, a layer, an optimizer) a ValueError; numpy, torch and onnx are imported when they
are needed.
"""
RESULTS = {
    "cnnspec.report.table": ("Table",),
    "cnnspec.passes.receptive_field": ("LayerField", "Field"),
    "cnnspec.passes.sizes": ("SizeRange", "Failure", "Border"),
    "cnnspec.passes.buffers": ("Timeline", "Buffer"),
    "cnnspec.passes.training_memory": ("TrainingMemory",),
    "cnnspec.difference": ("Difference",),
    "cnnspec.sampling": ("Sampled",),
    "cnnspec.searching": ("Searched", "SearchPlan"),
    "cnnspec.solving": ("Solved",),
    "cnnspec.space.results": ("StudyResults", "SearchTrial"),
    "cnnspec.space.trials": ("RunningTrial", "TrialOutcome"),
    "cnnspec.space.driving": ("Progress",),
    "cnnspec.space.definition": ("DesignSpace", "SpaceVariable"),
    "cnnspec.space.rejection": ("Sample", "SpaceMember"),
    "cnnspec.space.solver": ("Solution",),
    "cnnspec.backends.match": ("Match",),
    "cnnspec.render.options": ("Choices", "DrawingOptions"),
    "cnnspec.backends.base": ("Lowering", "Options"),
}
"""What functions give and take, by the modules where it is."""


def python() -> str:
    """The page of the Python API, from signatures and docstrings."""
    lines = ["# Python\n", MADE, PYTHON.strip("\n")]
    public = {name: getattr(cnnspec, name) for name in cnnspec.__all__ if not name.startswith("_")}
    lines.append("\n## Functions")
    for name, value in public.items():
        lines += documented(f"cnnspec.{name}", value) if inspect.isfunction(value) else []
    lines.append("\n## Classes")
    for name, value in public.items():
        lines += class_page(f"cnnspec.{name}", value) if inspect.isclass(value) else []
    lines.append("\n## What functions give and take")
    for module, names in RESULTS.items():
        for name in names:
            lines += class_page(name, getattr(import_module(module), name))
    return "\n".join(lines) + "\n"


def class_page(title: str, cls: type) -> list[str]:
    """A class: what it is, its fields, properties and methods."""
    lines = ["", f"### {title}", "", shown(cls)]
    fields = [f"{name}: {typed(kind)}" for name, kind in vars(cls).get("__annotations__", {}).items()]
    if fields:
        lines += ["", "```py", *(field for field in fields if not field.startswith("_")), "```"]
    for name, value in vars(cls).items():
        if not name.startswith("_") and inspect.getdoc(value):
            lines += member(name, value)
    return lines


def member(name: str, value: Any) -> list[str]:
    """A property or a method of a class; nothing of its fields."""
    if inspect.isfunction(value):
        return documented(f".{name}", value, 4)
    if not isinstance(value, property | cached_property | standard_cached_property):
        return []
    function: Any = value.fget if isinstance(value, property) else value.func
    kind = typed(inspect.signature(function).return_annotation)
    return ["", f"#### .{name}", "", "```py", f"{name}: {kind}", "```", "", shown(value)]


def documented(title: str, function: Callable[..., Any], level: int = 3) -> list[str]:
    """A function: its signature, an argument a line where it is long, and what it does."""
    signature = inspect.signature(function)
    parameters = [p for name, p in signature.parameters.items() if name != "self"]
    given = [argument(p) for p in parameters]
    kinds = [p.kind for p in parameters]
    if inspect.Parameter.VAR_POSITIONAL not in kinds and inspect.Parameter.KEYWORD_ONLY in kinds:
        given.insert(kinds.index(inspect.Parameter.KEYWORD_ONLY), "*")
    name, gives = title.lstrip("."), typed(signature.return_annotation)
    short = f"{name}({', '.join(given)}) -> {gives}"
    lines = [short] if len(short) <= 100 else [f"{name}(", *(f"    {one}," for one in given), f") -> {gives}"]
    return ["", f"{'#' * level} {title}", "", "```py", *lines, "```", "", shown(function)]


def argument(parameter: inspect.Parameter) -> str:
    """An argument as it is written."""
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    text = f"{stars.get(parameter.kind, '')}{parameter.name}: {typed(parameter.annotation)}"
    return text if parameter.default is parameter.empty else f"{text} = {parameter.default!r}"


def shown(value: object) -> str:
    """A docstring as Markdown: its `*` and `<` as they are, but for those in code."""
    text = inspect.getdoc(value) or ""
    return re.sub(r"(`[^`]*`)|([*<])", lambda match: match[1] or f"\\{match[2]}", text)


def typed(annotation: Any) -> str:
    """A type as it is written."""
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
