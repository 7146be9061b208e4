"""The words that a spec has for what has no name of its own: values that are read by label, and blocks."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet

from cnnspec.importing.arrange import LabelledChain, Region
from cnnspec.layers.base import REGISTRY
from cnnspec.syntax.tokens import RESERVED

TAKEN = REGISTRY.keys() | RESERVED | {"residual", "dense", "head", "input"}
"""Words that name something already: layers and forms, and what the language reserves."""


def word_of(kind: str) -> str:
    """What modules of a class are called in a spec: conv_bn for ConvBN2d, rep_vit for RepViT."""
    kind = re.sub(r"(?<=[A-Z][a-z])[A-Z](?=[A-Z]|$)", lambda found: found[0].lower(), kind)
    kind = re.sub(r"(?<=[a-z])(?:[A-Z][a-z]){2,}(?![a-z])", lambda found: found[0].lower(), kind)
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", kind.strip("_")).lower()
    name = re.sub(r"\W", "_", re.sub(r"(?<=[a-z])[123]d(?=_|$)", "", words))
    name = name if re.match(r"[a-z_]", name) else f"block{name}"
    return f"{name}_block" if name in TAKEN else name


def free(word: str, taken: Collection[str]) -> str:
    """A word that is not taken: with a number where it needs one."""
    number = 1
    while (one := word if number == 1 else f"{word}{number}") in taken:
        number += 1
    return one


def reads_of(statement: LabelledChain) -> list[str]:
    """The values that a statement reads by name."""
    reads = [name for unit in statement.chain for name in unit.named]
    return [*reads, statement.source] if statement.source is not None else reads


def labels_of(region: Region, words: AbstractSet[str], more: Sequence[str]) -> dict[str, str]:
    needed: dict[str, str] = {}
    before = region.entry
    for statement in region.statements:
        for name in reads_of(statement):
            if name != before:
                needed.setdefault(name, "")
        undoing = [unit for unit in statement.chain if unit.layer is not None and unit.layer.undoes]
        needed.update((unit.named[1], "") for unit in undoing)
        before = statement.value
    needed.update(dict.fromkeys(more, ""))
    modules = {one.value: one.chain[-1].region for one in region.statements}
    taken: set[str] = set()
    for name in needed:
        word = "x" if name == region.entry else _label(name, modules.get(name))
        number, numbered = 1, f"{word}_" if word[-1].isdigit() else word
        while (label := word if number == 1 else f"{numbered}{number}") in taken | words:
            number += 1
        taken.add(label)
        needed[name] = label
    return needed


def _label(name: str, module: Region | None) -> str:
    """A word for a value: what gives it, or, where that has but a number, the module that it stands in.

    layer3.tree1.relu, the last layer of the block tree1     tree1
    layer5.project.1                                         project
    """
    path = name.rpartition(f".{module.segment}.")[0] + f".{module.segment}" if module is not None else name
    words = [re.sub(r"\W", "_", part).strip("_") for part in path.split(".")]
    word = next((one for one in reversed(words) if one and not one[0].isdigit()), "value")
    return f"{word}_value" if word in TAKEN else word
