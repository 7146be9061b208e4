"""Warnings about the text of a spec, whether or not a net uses it."""

from __future__ import annotations

from keyword import iskeyword

from cnnspec.diagnostics.report import Edit, Report
from cnnspec.layers.first_names import is_newer
from cnnspec.source import Span
from cnnspec.syntax import tree
from cnnspec.typed import Any, Iterator

Nodes = list[Any]
"""The nodes of a tree, in no order."""


def lint_syntax(file: tree.File, report: Report) -> None:
    """Report every warning about the text of a spec, also of one with errors, which a warning may explain."""
    nodes = list(tree.parts(file.items))
    for find in LINTS:
        find(nodes, report)
    # these say that something is not there: after an error it may have been in what could not be read
    if not report.errors:
        _unused_parameters(nodes, report)
        if any([isinstance(node, tree.Let) for node in nodes]):
            for item in file.items:
                if isinstance(item, (tree.Definition, tree.NetDefinition)):
                    _unused_lets(item, report)


def _unused_parameters(nodes: Nodes, report: Report) -> None:
    """Report the parameters that nothing uses; a block that is passed as a value has those of its kind."""
    passed = {node.name for node in nodes if isinstance(node, tree.Name)}
    for item in nodes:
        if not isinstance(item, (tree.Definition, tree.NetDefinition)) or not item.parameters:
            continue
        if isinstance(item, tree.Definition) and item.name in passed:
            continue
        used = set(names_in((item.body, tuple([p.default for p in item.parameters]))))
        for parameter in item.parameters:
            if parameter.name not in used:
                report.warning(
                    "unused-parameter",
                    parameter.span,
                    f"nothing in `{item.name}` uses its parameter `{parameter.name}`",
                    help="remove it: whoever gives it a value believes that it changes something",
                )


def _unused_lets(item: tree.Definition | tree.NetDefinition, report: Report) -> None:
    """Report what a `let` of a net or def names that nothing there uses; a file's own are for other files."""
    nodes = list(tree.parts(item.body))
    lets = [node for node in nodes if isinstance(node, tree.Let)]
    if not lets:
        return
    named: dict[str, int] = {}
    for name in names_in(item):
        named[name] = named.get(name, 0) + 1
    for node in nodes:
        if isinstance(node, (tree.Let, tree.Loop, tree.Guard, tree.Clause)):
            for name in names_in(node.names):
                named[name] -= 1
    for let in lets:
        if not any(named[name] for name in names_in(let.names)):
            listed = ", ".join(f"`{name}`" for name in names_in(let.names))
            report.warning(
                "unused-let",
                let.span,
                f"nothing in `{item.name}` uses {listed}",
                help="remove the line, or use what it names",
            )


def _python_words(nodes: Nodes, report: Report) -> None:
    """Report the labels and heads that generated code cannot write as an attribute."""
    for node in nodes:
        named = node.name if isinstance(node, tree.Head) else getattr(node, "label", None)
        if named is not None and iskeyword(named.name):
            report.warning(
                "python-word",
                named.span,
                f"the label `{named.name}` is a word of Python",
                help="choose another: code that is made of this net cannot write it as an attribute",
            )


def _channels_last(nodes: Nodes, report: Report) -> None:
    """Report the inputs that have the shape of a colour image in Keras, or in an array of pixels."""
    for node in nodes:
        if isinstance(node, tree.InputDeclaration) and len(node.extents) == 3:
            match [extent.value for extent in node.extents if isinstance(extent, tree.Literal)]:
                case [int(height), int(width), 3] if min(height, width) > 4:
                    first, right = node.extents[0].span, f"3x{height}x{width}"
                    report.warning(
                        "channels-last",
                        node.span,
                        f"the input {height}x{width}x3 has {height} channels of {width}x3 pixels",
                        help=f"if it is a colour image, write {right}: channels come first",
                        edits=(Edit(first.to(node.extents[-1].span), right),),
                    )


def _hidden_layers(nodes: Nodes, report: Report) -> None:
    """Report the names that hide a layer which is newer than version 0.1."""
    for name, span in _bound(nodes):
        if is_newer(name):
            report.warning(
                "hidden-layer",
                span,
                f"`{name}` hides the layer of that name here",
                help=f"choose another name, such as `my_{name}`, where the layer may be wanted",
            )


def _bound(nodes: Nodes) -> Iterator[tuple[str, Span]]:
    """The names that nodes give to something, and where."""
    for node in nodes:
        if isinstance(node, (tree.Definition, tree.NetDefinition, tree.Given, tree.ParameterDefinition)):
            yield node.name, node.span
        elif isinstance(node, (tree.Flow, tree.Labelled)) and node.label is not None:
            yield node.label.name, node.label.span
        if names := getattr(node, "names", ()):
            for name in tree.flat_names(names):
                yield name.name, name.span


LINTS = (_python_words, _channels_last, _hidden_layers)


def names_in(part: Any) -> Iterator[str]:
    """The names that expressions and calls in a part of the AST use."""
    for node in tree.parts(part):
        if isinstance(node, (tree.Name, tree.Reference)):
            yield node.name
