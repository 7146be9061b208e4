"""The modules around each layer of a torch net, as far as they are blocks that someone has named.

Written source has a class for each form of the language, and counts classes that differ in sizes alone:

    ChannelGate2 > mul: ChannelGateMul2 > arm2: Chain > mlp: Mlp          ChannelGate > mlp: Mlp
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from torch import fx

from cnnspec.importing.arrange import CONTAINERS
from cnnspec.importing.traced import ModuleScope, TracedLayer

FORM = re.compile(r"(residual|shortcut|arm|add|mul|concat|dense|group)\d*$")
"""What the module of a form is called within that of its block."""
WRITTEN = ("Chain", "Concat")
"""Classes of written source that are a form wherever they are called like one."""


def scopes_of(node: fx.Node) -> tuple[tuple[ModuleScope, ...], str]:
    """The modules around a node, and its own name in the innermost one."""
    stack = list((node.meta.get("nn_module_stack") or {}).items())
    if node.op == "call_module":
        stack, segment = stack[:-1], str(node.target).rpartition(".")[2]
    else:
        segment = node.name
    scopes, before = [], ""
    for key, (path, kind) in stack:
        # of a module that is called again, torch.fx counts the calls: mlp@1
        call = int(key.rpartition("@")[2]) if "@" in key else 0
        scopes.append(ModuleScope(path.removeprefix(f"{before}.") if before else path, kind.__name__, call))
        before = path
    return tuple(scopes), segment


def without_forms(steps: Iterable[TracedLayer]) -> tuple[TracedLayer, ...]:
    """Layers without the modules of forms around them, and with one class for those that are counted."""
    found = tuple(steps)
    kinds = {scope.kind for step in found for scope in step.scopes}
    plain = {kind: _plain(kind) if _plain(kind) in kinds else kind for kind in kinds}
    return tuple([replace(step, scopes=_blocks(step.scopes, plain)) for step in found])


def _blocks(scopes: tuple[ModuleScope, ...], plain: dict[str, str]) -> tuple[ModuleScope, ...]:
    kept: list[ModuleScope] = []
    block = ""
    for scope in scopes:
        form, kind = FORM.match(scope.segment), _plain(scope.kind)
        if form is not None and kind in (*WRITTEN, f"{block}{form[1].title()}"):
            continue
        kept.append(scope._replace(kind=plain[scope.kind]))
        block = block if kind in CONTAINERS else kind
    return tuple(kept)


def _plain(kind: str) -> str:
    """A class without the number that tells it from others of one name."""
    return re.sub(r"(?<=[a-z])\d+$", "", kind)
