"""The scripts that train a net: train.py, and data.py, which reads what it is trained on.

Both are texts in scripts/, which people edit once they are written. What differs from net to net stands there
as `$name`, and in lines between marks, which are kept where the word holds of the net:

    #: if images                                       the words are those of `_facts`
        "Images in folders, or arrays of a file."
    #: else
        "Arrays of a file."
    #: end
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from string import Template
from typing import NamedTuple

from cnnspec.backends.base import CompileError, Options
from cnnspec.backends.declared import declared
from cnnspec.backends.python_source import Namespace, literal, module_names
from cnnspec.backends.torch.layout import lines
from cnnspec.backends.torch.writer import SourceOptions, SourceWriter
from cnnspec.graph import Graph, Node
from cnnspec.layers.activation import Sigmoid, Softmax
from cnnspec.layers.base import Layer, Shape, describe
from cnnspec.layers.dense import Flatten

SCRIPTS = ("data.py", "train.py")
TRAINING_HEAD = 0.3
"""The weight of the loss of each head that only training has (Szegedy et al. 2015, "Going deeper with
convolutions", section 5)."""
COLOURS = {1: "L", 3: "RGB"}
"""What Pillow calls images of so many channels, as nets take them."""


class Classification(NamedTuple):
    """What a net chooses: one of `classes`, for each of `places` where its head is a map.

    `heads` are those that have a loss, the one that inference has first; `end` is the layer that they end in.
    """

    heads: tuple[str, ...]
    classes: int
    places: Shape
    end: Layer


def scripts(graph: Graph, options: Options) -> dict[str, str]:
    """The texts of data.py and train.py, by these names, that train what `source` writes to model.py.

    Raises CompileError for a net that does not choose a class.
    """
    task = classification_of(graph)
    made = SourceWriter(graph, "", SourceOptions(options.init)).made[-1].name
    facts, values = _facts(graph, task), _values(graph, task)
    texts = {name: Template("".join(_kept(_text(name), facts))) for name in SCRIPTS}
    # a net may be called `train`, or `nn`: it is imported as something else then
    taken = module_names(texts["train.py"].substitute(values, net="_", imported="_"))
    net = Namespace(taken).unique(made)
    imported = made if made == net else f"{made} as {net}"
    return {name: text.substitute(values, net=net, imported=imported) for name, text in texts.items()}


def classification_of(graph: Graph) -> Classification:
    """What a net chooses. Raises CompileError, with the place and the cure, where that is no class."""
    if len(graph.inputs) > 1:
        raise _no_choice(graph, f"takes {len(graph.inputs)} inputs, {', '.join(graph.inputs)}")
    kept = [head for head in graph.outputs if head not in graph.training_heads]
    if len(kept) != 1:
        raise _no_choice(graph, f"has {len(kept)} heads, {', '.join(kept)}")
    if all(weight.buffer for _, weight, _ in declared(graph)):
        raise _no_choice(graph, "has no weights")
    heads = (*kept, *(head for head in graph.outputs if head in graph.training_heads))
    for head in heads:
        _check_head(graph, head, kept[0])
    shape = graph[graph.outputs[kept[0]]].shape
    return Classification(heads, shape[0], shape[1:], _end(graph, kept[0]).layer)


def _check_head(graph: Graph, head: str, main: str) -> None:
    """Raise CompileError where what a head gives are no scores of classes, or not those of the main one."""
    end, shape = _end(graph, head), graph[graph.outputs[head]].shape
    place = f" ({end.span.place})" if end.span else ""
    told = f"{graph.name} cannot be trained to choose a class: its {head}{place} gives {describe(shape)}"
    whole, *spatial = graph[graph.inputs[0]].shape
    wanted = graph[graph.outputs[main]].shape
    if shape[0] < 2:
        raise CompileError(f"{told}, and each class has a value: end it in linear(2), say")
    if len(shape) > 1 and set(shape[1:]) == {1}:
        raise CompileError(f"{told}, a map: end it in flatten")
    if len(shape) > 1 and not _is_covered(shape[1:], spatial):
        of = describe((whole, *spatial))
        raise CompileError(f"{told} of {of}, classes neither of the whole nor of its places: {WITHOUT}")
    if shape != wanted:
        raise CompileError(f"{told}, and its {main} {describe(wanted)}: {WITHOUT}")
    if isinstance(end.layer, Sigmoid):
        raise CompileError(
            f"{told} after sigmoid, each for itself: leave sigmoid out, the loss compares them"
        )
    if isinstance(end.layer, Softmax) and (end.layer != Softmax() or graph.training_heads):
        raise CompileError(f"{told} after softmax: leave softmax out, the loss has one")


WITHOUT = "compile it without --train, and write its loop"


def _no_choice(graph: Graph, why: str) -> CompileError:
    return CompileError(f"{graph.name} cannot be trained to choose a class of one input: it {why}: {WITHOUT}")


def _is_covered(places: Shape, spatial: list[int]) -> bool:
    """Whether a map has a value for each place of the input, but for a border that convolutions leave out."""
    pairs = zip(places, spatial, strict=False)
    return len(places) == len(spatial) and all(size <= most < 2 * size for size, most in pairs)


def _end(graph: Graph, head: str) -> Node:
    """The node that makes the values of a head, past what hands them on."""
    node = graph[graph.outputs[head]]
    while node.inputs and (node.layer.silent or isinstance(node.layer, Flatten)):
        node = graph[node.inputs[0]]
    return node


def _facts(graph: Graph, task: Classification) -> set[str]:
    """The words of the marks that hold of a net."""
    shape = graph[graph.inputs[0]].shape
    facts = {
        "images": len(shape) == 3 and shape[0] in COLOURS and not task.places,
        "layout": len(shape) in (3, 4),
        "aux": len(task.heads) > 1,
    }
    return {word for word, holds in facts.items() if holds}


def _values(graph: Graph, task: Classification) -> dict[str, str]:
    """What stands for the names in the texts, but for that of the net's class."""
    shape = graph[graph.inputs[0]].shape
    heads = lines(
        f"MAIN, AUX = {literal(task.heads[0])}, {TRAINING_HEAD}", 0, comment="AUX weighs other heads"
    )
    return {
        "input": literal(shape),
        "shape": describe(shape),
        "classes": str(task.classes),
        "labels": f"N x {describe(task.places)}" if task.places else "N",
        "places": "".join(f" {size}," for size in task.places).removesuffix(","),
        "mode": COLOURS.get(shape[0], ""),
        "rank": str(len(shape) - 1),
        "layout": "channels_last" if len(shape) == 3 else "channels_last_3d",
        "heads": "\n".join(heads),
        "logarithm": ".clamp(1e-9).log()" if isinstance(task.end, Softmax) else "",
    }


def _text(name: str) -> str:
    return (Path(__file__).parent / "scripts" / name).with_suffix(".txt").read_text("utf-8")


def _kept(text: str, facts: set[str]) -> Iterator[str]:
    """The lines of a text whose marks hold."""
    keep = True
    for line in text.splitlines(keepends=True):
        mark, _, word = line.strip().partition(" ")
        if mark != "#:":
            if keep:
                yield line
        elif word == "else":
            keep = not keep
        else:
            keep = word == "end" or word.removeprefix("if ") in facts
