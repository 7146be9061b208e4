"""The settings of kernels as text, for a source that takes inputs of other sizes where the net does.

Settings are those at the declared size, unless they are others at another size that the net takes:

    224x224    maxpool(x, kernel=(3, 3), stride=(2, 2), padding=((0, 1), (0, 1)))
    225x225    maxpool(x, kernel=(3, 3), stride=(2, 2), padding=((0, 0), (0, 0)))

    written    maxpool(x, kernel=(3, 3), stride=(2, 2), padding=reach(x, (3, 3), (2, 2), ...))

What neither is the same nor has a rule here makes the source one for the declared size.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from cnnspec.backends.base import CompileError
from cnnspec.backends.numpy.rules import rule_of
from cnnspec.backends.other_sizes import at_other_sizes
from cnnspec.backends.python_source import literal
from cnnspec.backends.steps import Step, settled
from cnnspec.graph import Graph
from cnnspec.layers.attention import Attention
from cnnspec.layers.base import Layer, Shape, per_axis
from cnnspec.layers.conv import Conv, TransposedConv
from cnnspec.layers.following import CropLike, ResizeLike
from cnnspec.layers.pool import AvgPool, LpPool, MaxPool, MaxUnpool
from cnnspec.layers.shape import Crop, Reshape, Upsample

Texts = dict[str, str]
"""Settings by keyword; `{0}` and `{1}` stand for the inputs of the layer."""


class WrittenSettings(NamedTuple):
    """The settings of each step by its value, and why they are for one size; empty where they are not."""

    settings: dict[str, Texts]
    fixed: str


def open_settings(graph: Graph, program: Sequence[Step]) -> WrittenSettings:
    """The settings of a program, which may hold steps for training that inference does not have."""
    declared = {name: graph[name].shape for name in graph.inputs}
    found = at_size(program, declared)
    texts = {value: {name: literal(one) for name, one in given.items()} for value, given in found.items()}
    running = graph.inference()
    inferring = [step for step in program if step.node in running.nodes]
    fixed = ""
    try:
        others = [
            at_size(inferring, {name: other[name].shape for name in other.inputs})
            for other in at_other_sizes(running)
        ]
    except CompileError as error:
        others, fixed = [], str(error)
    for step in program:
        follows = expressions(step)
        for name in found[step.value]:
            differs = any(
                other[step.value][name] != found[step.value][name] for other in others if step.value in other
            )
            if name in follows and (differs or isinstance(step.layer, ResizeLike | CropLike)):
                texts[step.value][name] = follows[name]
            elif differs:
                fixed = fixed or f"{graph.name} is written for one size of its input: `{name}` of {step.node}"
    return WrittenSettings(texts, fixed)


def at_size(program: Sequence[Step], inputs: Mapping[str, Shape]) -> dict[str, dict[str, Any]]:
    """The settings of each step for inputs of these shapes, all that its kernel takes."""
    return {
        step.value: defaults(rule_of(step.layer).forward)
        | rule_of(step.layer).settings(step.layer, *step.shapes)
        for step in settled(program, inputs)
    }


def defaults(kernel: Callable[..., Any]) -> dict[str, Any]:
    """The settings that a kernel takes, with what they are where nothing is said; not those of training."""
    return {
        name: p.default
        for name, p in inspect.signature(kernel).parameters.items()
        if p.kind is p.KEYWORD_ONLY and p.default is not p.empty and name not in ("training", "noise")
    }


def expressions(step: Step) -> Texts:
    """The settings of a layer that can follow the size of its input, as expressions."""
    rule = EXPRESSIONS.get(type(step.layer))
    return rule(step.layer, step) if rule else {}


def same(layer: Any, step: Step) -> Texts:
    slide = layer.slide(*step.shapes[:1])
    kernel, stride, dilation = map(literal, (slide.kernel, slide.stride, slide.dilation))
    if layer.pad == "same":
        return {"padding": f"same({{0}}, {kernel}, {stride}, {dilation})"}
    margins = f"{{0}}, {kernel}, {stride}, {literal(slide.margins)}, {dilation}"
    return {"padding": f"reach({margins})", "beyond": f"beyond({margins})"}


def averaged(layer: Any, step: Step) -> Texts:
    found = same(layer, step)
    if layer.pad == "same":
        return found
    return {"beyond": found["beyond"]}


def summed(layer: LpPool, step: Step) -> Texts:
    slide = layer.slide(*step.shapes[:1])
    kernel, stride, none = map(literal, (slide.kernel, slide.stride, slide.margins))
    return {"beyond": f"beyond({{0}}, {kernel}, {stride}, {none}, {literal(slide.dilation)})"}


def transposed(layer: TransposedConv, step: Step) -> Texts:
    slide = layer.slide(*step.shapes[:1])
    parts = (slide.kernel, slide.stride, slide.margins, slide.dilation, layer.extra(len(slide.sizes)))
    return {"outputs": f"grown({{0}}, {', '.join(map(literal, parts))})"}


def upsampled(layer: Upsample, step: Step) -> Texts:
    scale = per_axis(layer.scale, len(step.shapes[0]) - 1, "scale")
    return {"size": f"times({{0}}, {literal(scale)})"}


def resized_like(layer: ResizeLike, step: Step) -> Texts:
    return {"size": "{1}.shape[2:]"}


def cropped_like(layer: CropLike, step: Step) -> Texts:
    if layer.at is not None:
        return {"size": "{1}.shape[2:]"}
    return {"size": "{1}.shape[2:]", "offset": "centred({0}, {1}.shape[2:])"}


def cropped(layer: Crop, step: Step) -> Texts:
    return (
        {}
        if layer.at is not None
        else {"offset": f"centred({{0}}, {literal(layer.infer(*step.shapes)[1:])})"}
    )


def reshaped(layer: Reshape, step: Step) -> Texts:
    asked = layer.shape if isinstance(layer.shape, tuple) else (layer.shape,)
    return {"shape": literal(asked)} if -1 in asked else {}


def attending(layer: Attention, step: Step) -> Texts:
    return {"window": "{0}.shape[2:]"} if layer.window is None and layer.grid is None else {}


def unpooled(layer: MaxUnpool, step: Step) -> Texts:
    found = same(layer.of, step._replace(shapes=step.shapes[1:]))
    return {"padding": found["padding"].replace("{0}", "{1}")}


EXPRESSIONS: dict[type[Layer], Callable[[Any, Step], Texts]] = {
    Conv: same,
    MaxPool: same,
    AvgPool: averaged,
    MaxUnpool: unpooled,
    LpPool: summed,
    TransposedConv: transposed,
    Upsample: upsampled,
    ResizeLike: resized_like,
    CropLike: cropped_like,
    Crop: cropped,
    Reshape: reshaped,
    Attention: attending,
}
"""The layers whose settings can follow the size of what flows in."""
