"""Names in an ONNX file as modules: a path of a spec, of torch's exporter, or of a name scope.

body.layer1.0.residual.conv_bn1.conv        layer1 > 0 > conv_bn1 > conv
/layer1/layer1.0/conv1/Conv                 layer1 > 0 > conv1 > conv
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from cnnspec.backends.onnx.reading import OnnxNode
from cnnspec.importing.shares import Scopes
from cnnspec.importing.traced import ModuleScope, TracedLayer
from cnnspec.importing.words import TAKEN

WORDS = TAKEN | {"arm", "shortcut"}
"""What is no module where a spec has written the file: forms of the language."""
SECTIONS = frozenset({"stem", "body", "head"})


def net_name(name: str, file: str) -> str:
    """What the net is called: as the graph, where that is a word of its own, or as its file."""
    for one in (name, file):
        word = re.sub(r"\W+", "_", one).strip("_")
        if word and not re.match(r"main_graph|torch|graph$|\d", word) and word not in TAKEN:
            return word
    return "Imported"


def input_names(names: Iterable[str]) -> dict[str, str]:
    """What the inputs of a net are called in its spec: as in the file, where that is a word."""
    given = list(names)
    words = [re.sub(r"\W", "_", name).strip("_") for name in given]
    good = all(re.match(r"[A-Za-z_]", word) and (word == "input" or word not in TAKEN) for word in words)
    if good and words == given:
        return dict(zip(given, words, strict=True))
    if len(given) == 1:
        return {given[0]: "input"}
    return {name: f"input{number}" for number, name in enumerate(given, start=1)}


def path_of(node: OnnxNode) -> str:
    """The path of a node in dots; the last word is what the node is called itself."""
    name = (node.name or node.outputs[0]).strip("/")
    if "/" in name:
        parts: list[str] = []
        for part in name.split("/"):
            # torch writes modules of a list as layer1/layer1.0
            part = part.removeprefix(f"{parts[-1]}.") if parts else part
            parts += part.split(".")
        return ".".join(part for part in parts if part)
    return name


def scopes_of(path: str, heads: Collection[str] = ()) -> tuple[tuple[ModuleScope, ...], str]:
    """The modules around a node, and its own word; `heads` are the names of several outputs."""
    *outer, segment = path.split(".")
    if outer and (outer[0] in SECTIONS or outer[0] in heads):
        outer = outer[1:]
    kept = [part for part in outer if re.sub(r"\d+$", "", part) not in WORDS]
    scopes = []
    for number, part in enumerate(kept):
        following = kept[number + 1] if number + 1 < len(kept) else ""
        scopes.append(ModuleScope(part, "Sequential" if following.isdigit() else kind_of(part)))
    return tuple(scopes), segment.lower() or "value"


def with_calls(steps: Iterable[TracedLayer], written: Mapping[str, str]) -> tuple[TracedLayer, ...]:
    """Layers in order with the call that each of their modules is, where a module is called several times.

    `written` are the paths of nodes: those of a module that is called again are there as often. The outermost
    module counts, all of whose layers are.
    """
    found = tuple(steps)
    if not any(step.weights_of for step in found):
        return found
    counts = Counter(written[step.name] for step in found)
    times: dict[Scopes, set[int]] = defaultdict(set)
    for step in found:
        for depth in range(1, len(step.scopes) + 1):
            times[step.scopes[:depth]].add(counts[written[step.name]])
    seen: Counter[str] = Counter()
    called = []
    for step in found:
        path, scopes = written[step.name], step.scopes
        several = (
            at for at in range(len(scopes)) if len(some := times[scopes[: at + 1]]) == 1 and max(some) > 1
        )
        if (at := next(several, None)) is not None:
            scopes = (*scopes[:at], scopes[at]._replace(call=seen[path]), *scopes[at + 1 :])
        seen[path] += 1
        called.append(replace(step, scopes=scopes))
    return tuple(called)


def kind_of(part: str) -> str:
    """What modules of one kind have in common in their names: conv_bn1 and conv_bn2 are conv_bn."""
    word = re.sub(r"\W", "_", re.sub(r"[_\W]?\d+$", "", part))
    return word if re.match(r"[A-Za-z_]*[A-Za-z]", word) else "block"
