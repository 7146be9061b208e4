"""A net as one source file that needs torch alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from cnnspec.backends.declared import declared, residual_end
from cnnspec.backends.python_source import literal, plain_words
from cnnspec.backends.steps import lower
from cnnspec.backends.torch.bounds import size_check
from cnnspec.backends.torch.calls import REQUIRED
from cnnspec.backends.torch.classes import prepared
from cnnspec.backends.torch.docstring import docstring
from cnnspec.backends.torch.expressions import Expression
from cnnspec.backends.torch.fields import (
    ArgumentValues,
    ClassParameter,
    Field,
    GeneratedClass,
    GroupField,
    ModuleField,
    RunField,
)
from cnnspec.backends.torch.formula import elementwise, module_text
from cnnspec.backends.torch.forward import ForwardWriter
from cnnspec.backends.torch.hints import hint
from cnnspec.backends.torch.layout import Bracketed, Doc, DocItem, DocLoop, lines
from cnnspec.backends.torch.names import attribute_path, is_field, namespace
from cnnspec.backends.torch.opening import open_classes
from cnnspec.backends.torch.order import moved_by_several
from cnnspec.backends.torch.parts import frame
from cnnspec.backends.torch.rules import known, rule_of
from cnnspec.garbage import GarbagePause
from cnnspec.graph import Graph
from cnnspec.layers.base import describe

BODY = 8


class SourceOptions(NamedTuple):
    """How a net starts (backends.weights.SCHEMES), its dtype, and whether maps are laid out channels last."""

    init: str = "default"
    dtype: str = "float32"
    channels_last: bool = False


def source(
    graph: Graph,
    *,
    spec: str = "",
    init: str = "default",
    dtype: str = "float32",
    channels_last: bool = False,
) -> str:
    """The net as a Python file: a class for each block of the spec, the net's last, and a main that counts.

    `spec` is what its header says it comes from. Raises CompileError for a layer that torch cannot write.
    """
    with GarbagePause():
        return SourceWriter(graph, spec or graph.file, SourceOptions(init, dtype, channels_last)).write()


class SourceWriter:
    """Writes the file of one net."""

    def __init__(self, graph: Graph, spec: str, options: SourceOptions):
        self.net, self.spec, self.options = graph, spec, options
        lowered = lower(graph, known, "torch")
        self.graph = lowered.graph
        self.made, graphs = open_classes(self.net, prepared(lowered))
        self.check = size_check(graphs)
        self.moved = moved_by_several(self.graph)
        self.helpers = {**helper_texts(), **formula_texts(self.graph)}
        self.namespace = namespace([*self.helpers, "start"])
        self.made[-1].name = self.namespace.unique(graph.name)
        for made in self.made[:-1]:
            made.name = self.namespace.unique(made.title)

    def write(self) -> str:
        bodies = ["\n".join(self._class(made)) for made in self.made]
        starts = [STARTS[self.options.init]] if self.options.init in STARTS else []
        code = "\n\n\n".join([*used_helpers("\n".join(bodies), self.helpers), *starts, *bodies])
        parts = [self._header(code), _imports(code), "", "", code, "", "", self._main()]
        return "\n".join(parts) + "\n"

    def _header(self, code: str) -> str:
        graph = self.net
        takes = ", ".join(f"{plain_words(name)} {describe(graph[name].shape)}" for name in graph.inputs)
        gives = ", ".join(
            f"{plain_words(head)} {describe(graph[node].shape)}" for head, node in graph.outputs.items()
        )
        origin = f", from {plain_words(Path(self.spec).name)}" if self.spec else ""
        return (
            f'"""{plain_words(graph.name)}{origin}.\n\n{takes} -> {gives}\n'
            f'{_params(graph):,} params, {_macs(graph):,} MACs a sample\n{_caution(code)}"""\n'
        )

    def _main(self) -> str:
        name = self.made[-1].name
        return "\n".join(
            [
                'if __name__ == "__main__":',
                f"    model = {name}()",
                "    params = sum(p.numel() for p in model.parameters())",
                f'    print(f"{name}: {{params:,}} params, {_macs(self.net):,} MACs")',
            ]
        )

    def _class(self, made: GeneratedClass) -> list[str]:
        scope = made.template
        base = "nn.Sequential" if scope.linear else "nn.Module"
        said = docstring(self.graph, made)
        given = tuple(DocItem(text) for text in ("self", *map(_parameter, made.parameters)))
        out = [f"class {made.name}({base}):", *said, *([""] if said else [])]
        out += lines(Bracketed("def __init__(", given), 4, after=" -> None:")
        out.append("        super().__init__()")
        shape = ""
        for field in made.fields:
            out += self._statement(field, "self", shape)
            shape = getattr(field, "shape", "") or shape
        out += [f"        {line}" for line in self._settings(made)]
        if not scope.linear:
            reserved = {other.name for other in self.made}
            check = self.check if made is self.made[-1] else None
            out += ["", *ForwardWriter(self.graph, made, reserved, self.moved, check).write()]
        return out

    def _settings(self, made: GeneratedClass) -> list[str]:
        """What follows the modules: how weights start, and for the net their dtype and layout."""
        out = zero_gammas(self.graph, made) if self.options.init == "zero-gamma" else []
        if made is not self.made[-1]:
            return out
        if self.options.init in STARTS:
            out.insert(0, "self.apply(start)")
        if self.options.dtype != "float32":
            out.append(f"self.to(torch.{self.options.dtype})")
        if self.options.channels_last and (layout := memory_layout(self.graph)):
            out.append(f"self.to(memory_format=torch.{layout})")
        return out

    def _statement(self, field: Field, prefix: str, before: str) -> list[str]:
        """The lines that set one module, and after a dictionary those that its instances may lack."""
        assert not isinstance(field, RunField)
        target = f"self.{field.segment}" if prefix == "self" else f"{prefix}[{literal(field.segment)}]"
        if prefix == "self" and not is_field(field.segment):
            return self._added(field, field.shape if field.shape != before else "")
        if field.condition is not None and isinstance(field, ModuleField) and field.target is None:
            return lines(field.condition.text, BODY, f"{target} = ")
        if field.condition is not None:
            made = lines(self._doc(field, tall=True), BODY + 4, f"{target} = ")
            default = [f"        {target}: nn.Module = nn.Identity()"] if prefix == "self" else []
            return [*default, f"        if {field.condition.text}:", *made]
        told = isinstance(field, GroupField) and (
            field.form in ("space", "concat") or (field.form == "chain" and len(field.items) > 1)
        )
        comment = field.shape if field.shape != before and not told else ""
        out = lines(self._doc(field, tall=True), BODY, f"{target} = ", comment=comment)
        if isinstance(field, GroupField) and field.form == "space":
            for inner in _optional(field):
                out += self._statement(inner, target, "")
        return out

    def _added(self, field: ModuleField | GroupField, comment: str) -> list[str]:
        """The lines that set a module whose name is no attribute's."""

        def call(module: Doc) -> Doc:
            return Bracketed("self.add_module(", (DocItem(literal(field.segment)), DocItem(module)))

        if not field.segment.isdigit():
            # add_module refuses the names of attributes
            return lines(self._doc(field, tall=True), BODY, f"self._modules[{literal(field.segment)}] = ")
        if field.condition is None:
            return lines(call(self._doc(field)), BODY, comment=comment)
        made = lines(call(self._doc(field)), BODY + 4)
        return [*lines(call("nn.Identity()"), BODY), f"        if {field.condition.text}:", *made]

    def _doc(self, field: Field, tall: bool = False) -> Doc:
        if isinstance(field, RunField):
            return self._run(field)
        if isinstance(field, ModuleField):
            return self._call(field)
        if field.form in ("chain", "concat"):
            many = len(field.items) > 1
            name = "Chain(" if field.form == "chain" else "Concat("
            return Bracketed(name, self._named(field.items, tall and many), tall=tall and many)
        if field.form == "list":
            return Bracketed("nn.Sequential(", tuple(DocItem(self._doc(item)) for item in field.items))
        if field.form == "dense":
            return Bracketed("Dense(", tuple(DocItem(self._doc(item)) for item in field.items))
        return self._space(field)

    def _space(self, field: GroupField) -> Doc:
        items = [item for item in field.items if not isinstance(item, RunField)]
        entries = []
        for item in items:
            doc = "nn.Identity()" if item.condition is not None else self._doc(item)
            entries.append(DocItem(doc, f"{literal(item.segment)}: "))
        inner = Bracketed("{", tuple(entries), "}", tall=len(entries) > 1)
        return Bracketed("nn.ModuleDict(", (DocItem(inner),), last_comma=False)

    def _named(self, fields: Sequence[Field], comments: bool) -> tuple[DocItem, ...]:
        """name=module for each, with its shape where that changes."""
        made, before = [], ""
        for field in fields:
            assert not isinstance(field, RunField)
            comment = field.shape if comments and field.shape != before else ""
            made.append(DocItem(self._doc(field), f"{field.segment}=", comment))
            before = field.shape
        return tuple(made)

    def _run(self, run: RunField) -> Doc:
        assert run.count.value is not None
        count = run.count.value.text
        moves = any(argument.step or argument.ramp for argument in _arguments(run.item))
        loop = f"for {'i' if moves else '_'} in range({count})"
        return DocLoop("*[", self._doc(run.item), loop, "]")

    def _call(self, field: ModuleField) -> Doc:
        name = field.target
        if isinstance(name, GeneratedClass | ArgumentValues):
            name = name.name if isinstance(name, GeneratedClass) else _text(name)
        items = []
        for argument in field.arguments:
            text = _text(argument)
            if argument.default is REQUIRED:
                items.append(DocItem(text))
            elif text != literal(argument.default):
                items.append(DocItem(text, f"{argument.name}="))
        return Bracketed(f"{name}(", tuple(items))


def _parameter(parameter: ClassParameter) -> str:
    """`stride: int = 1`"""
    kind = hint(parameter.column, parameter.kind == "list")
    text = f"{parameter.name}: {kind}"
    return text if parameter.default is REQUIRED else f"{text} = {literal(parameter.default)}"


def _arguments(field: Field) -> list[ArgumentValues]:
    if isinstance(field, ModuleField):
        return field.arguments
    if isinstance(field, RunField):
        return _arguments(field.item)
    return [argument for item in field.items for argument in _arguments(item)]


def _text(argument: ArgumentValues) -> str:
    """What stands for an argument: its value, in a run with what each turn adds."""
    assert argument.value is not None
    if argument.step is None:
        return argument.value.text
    return _stepped(argument.value, argument.step)


def _stepped(value: Expression, step: Expression) -> str:
    if step.text == "1":
        turn = "i"
    elif step.text.startswith("-"):
        return f"{value.text} - {step.text[1:]} * i"
    else:
        turn = f"{step.text} * i" if step.text.isidentifier() or step.text.isdigit() else f"({step.text}) * i"
    return turn if value.text == "0" else f"{value.text} + {turn}"


def _optional(field: GroupField) -> list[ModuleField | GroupField]:
    """The modules of a dictionary that only some instances have."""
    return [item for item in field.items if not isinstance(item, RunField) and item.condition is not None]


START = """def start(module: nn.Module) -> None:
    \"\"\"{meaning}\"\"\"
    if isinstance(module, (nn.Linear, nn.modules.conv._ConvNd)):
        {draw}
        if module.bias is not None:
            nn.init.zeros_(module.bias)"""
HE = START.format(
    meaning="He et al. 2015: normal weights of variance 2 / fan_in, biases of 0.",
    draw="nn.init.kaiming_normal_(module.weight)",
)
XAVIER = START.format(
    meaning="Glorot and Bengio 2010: uniform weights by fan_in and fan_out, biases of 0.",
    draw="""for weight in module.weight.chunk(getattr(module, "groups", 1)):
            nn.init.xavier_uniform_(weight)""",
)
STARTS = {"he": HE, "xavier": XAVIER, "zero-gamma": HE}


def zero_gammas(graph: Graph, made: GeneratedClass) -> list[str]:
    """Start the last batchnorm of each residual of a class at 0 (Goyal et al. 2017, section 5.1)."""
    out = []
    for scope in frame(made.template):
        end = residual_end(graph, graph[scope.outputs[0]]) if scope.block.kind == "residual" else None
        if end is not None:
            out.append(f"nn.init.zeros_({attribute_path(end, made.template.path)}.weight)")
    return out


def memory_layout(graph: Graph) -> str:
    """torch's name of the channels-last layout for the maps of a net; empty where it has none."""
    rank = max(len(graph[name].shape) for name in graph.inputs) - 1
    # torch lays out every weight of 4 or 5 axes, and takes no other number of them than the layout's
    others = {len(weight.shape) for _, weight, _ in declared(graph)} & {4, 5} - {rank + 2}
    return "" if others else {2: "channels_last", 3: "channels_last_3d"}.get(rank, "")


def _params(graph: Graph) -> int:
    seen: dict[str, int] = {}
    for node in graph:
        weights = node.layer.params(*graph.input_shapes(node))
        seen.setdefault(node.weights_of, sum(weight.size for weight in weights if not weight.buffer))
    return sum(seen.values())


def _macs(graph: Graph) -> int:
    kept = graph.inference_nodes
    return sum(node.layer.macs(*graph.input_shapes(node)) for node in graph if node.name in kept)


def _caution(code: str) -> str:
    """Why TorchScript cannot take a net: the modules that cannot be attributes; nothing where it can."""
    names = dict.fromkeys(re.findall(r'\.(?:get_submodule\(|_modules\[)"(\w+)"[)\]]\(', code))
    if not names:
        return ""
    which = "\n".join(f"    {name}" for name in names)
    return f"\ntorch.jit.script cannot take it: Python or torch has these names for itself\n{which}\n"


def _imports(code: str) -> str:
    found = ["import torch"] if re.search(r"\btorch\.", code) else []
    if re.search(r"\bF\.", code):
        found.append("import torch.nn.functional as F")
    names = "Tensor, nn" if re.search(r"\bTensor\b", code) else "nn"
    return "\n".join([*found, f"from torch import {names}"])


HELPERS = ("containers", "sizes", "windows", "norms", "attention", "scaling", "shapes")
"""The files of helpers/."""


@cache
def helper_texts() -> dict[str, str]:
    """The classes and functions of helpers/ by name, in the order of its files."""
    texts = [(Path(__file__).parent / "helpers" / f"{file}.py").read_text("utf-8") for file in HELPERS]
    blocks = [block for text in texts for block in re.split(r"\n\n\n(?=class |def |@)", text)[1:]]
    found: dict[str, str] = {}
    for block in blocks:
        name = re.match(r"(?:@.+\n)?(?:class|def) (\w+)", block)
        assert name is not None
        for rank in "123" if "2d" in name[1] else "2":
            written = block.strip().replace("2d", f"{rank}d")
            found[name[1].replace("2d", f"{rank}d")] = written.replace("[value] * 2", f"[value] * {rank}")
    return found


def formula_texts(graph: Graph) -> dict[str, str]:
    """The modules of elementwise layers that torch has no name for, by theirs."""
    layers = [node.layer for node in graph if node.layer.elementwise]
    found = dict.fromkeys(type(layer) for layer in layers if rule_of(layer) is elementwise)
    return {cls.__name__: module_text(cls) for cls in found}


def used_helpers(code: str, texts: Mapping[str, str]) -> list[str]:
    """The texts of the helpers that code calls, and of those that they call, in their order."""
    needed: set[str] = set()
    pending = [code]
    while pending:
        here = set(re.findall(r"(?<![\w.])(\w+)(?:\(|\):)", pending.pop())) & set(texts)
        pending += [texts[name] for name in here - needed]
        needed |= here
    return [text for name, text in texts.items() if name in needed]
