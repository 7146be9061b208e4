"""Nets for the tests of drawings, built as the elaborator builds them: ResNet-, DenseNet- and U-Net-like."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cnnspec.graph import Block, Graph, Node
from cnnspec.layers.activation import ReLU
from cnnspec.layers.base import Layer, Shape
from cnnspec.layers.conv import Conv, TransposedConv
from cnnspec.layers.dense import Flatten, Linear
from cnnspec.layers.input import Input
from cnnspec.layers.join import Add, Concat
from cnnspec.layers.norm import BatchNorm
from cnnspec.layers.pool import AvgPool, GlobalAvgPool, MaxPool


class Sketch:
    """A net in the making: `last` is the node that the next layer takes."""

    def __init__(self, name: str, shape: Shape):
        self.name = name
        self.root = Block("net", name)
        self.block = self.root
        self.nodes: dict[str, Node] = {}
        self.heads: dict[str, str] = {}
        self.training: set[str] = set()
        self.last = self.add("input", Input(shape), ())

    def add(self, segment: str, layer: Layer, inputs: tuple[str, ...] | None = None) -> str:
        """A layer on these inputs, or on the last one; returns its name."""
        sources = (self.last,) if inputs is None else inputs
        path = f"{self.block.path}.{segment}" if self.block.path else segment
        shape = layer.infer(*(self.nodes[source].shape for source in sources))
        self.nodes[path] = Node(path, layer, sources, shape, self.block, None, path)
        self.block.children.append(path)
        self.last = path
        return path

    @contextmanager
    def within(self, kind: str, title: str, segment: str = "", **arguments: Any) -> Iterator[None]:
        """A block around what is added meanwhile."""
        outer, segment = self.block, segment or title
        path = f"{outer.path}.{segment}" if outer.path else segment
        index = int(segment) if segment.isdigit() else None
        call = tuple((None, value) for value in arguments.values())
        self.block = Block(
            kind,
            title,
            outer,
            arguments=tuple(arguments.items()),
            call=call,
            index=index,
            segment=segment,
            path=path,
        )
        outer.children.append(self.block)
        yield
        self.block = outer

    def graph(self) -> Graph:
        heads = self.heads or {"head": self.last}
        return Graph(self.name, self.nodes, ("input",), heads, frozenset(self.training), self.root)


def conv_bn(net: Sketch, segment: str, out: int, kernel: int, stride: int = 1) -> None:
    with net.within("def", "conv_bn", segment, out=out, kernel=kernel, stride=stride):
        net.add("conv", Conv(out, kernel, stride, bias=False))
        net.add("batchnorm", BatchNorm())


def bottleneck(net: Sketch, segment: str, width: int, stride: int = 1) -> None:
    with net.within("def", "bottleneck", segment, width=width, stride=stride):
        start = net.last
        with net.within("residual", "residual"):
            conv_bn(net, "conv_bn1", width, 1)
            net.add("relu1", ReLU())
            conv_bn(net, "conv_bn2", width, 3, stride)
            net.add("relu2", ReLU())
            conv_bn(net, "conv_bn3", 4 * width, 1)
            main = net.last
            net.last = start
            if net.nodes[start].shape != net.nodes[main].shape:
                with net.within("shortcut", "shortcut"):
                    net.add("conv", Conv(4 * width, 1, stride, bias=False))
                    net.add("batchnorm", BatchNorm())
            net.add("add", Add(), (main, net.last))
        net.add("relu", ReLU())


def resnet(depths: tuple[int, ...] = (3, 4, 6, 3), name: str = "ResNet50") -> Graph:
    net = Sketch(name, (3, 224, 224))
    with net.within("section", "stem"):
        conv_bn(net, "conv_bn", 64, 7, 2)
        net.add("relu", ReLU())
        net.add("maxpool", MaxPool(3, 2, 1))
    with net.within("section", "body"):
        for stage, depth in enumerate(depths):
            with net.within("label", f"layer[{stage + 1}]", f"layer{stage + 1}"):
                for place in range(depth):
                    stride = 2 if stage and not place else 1
                    bottleneck(net, str(place), 64 * 2**stage, stride)
    classifier(net)
    return net.graph()


def classifier(net: Sketch, classes: int = 1000, name: str = "head") -> None:
    with net.within("head", name):
        net.add("gap", GlobalAvgPool())
        net.add("flatten", Flatten())
        net.heads[name] = net.add("linear", Linear(classes))


def densenet(depths: tuple[int, ...] = (6, 12, 24, 16), growth: int = 32) -> Graph:
    net = Sketch("DenseNet121", (3, 224, 224))
    with net.within("section", "stem"):
        conv_bn(net, "conv_bn", 2 * growth, 7, 2)
        net.add("relu", ReLU())
        net.add("maxpool", MaxPool(3, 2, 1))
    with net.within("section", "body"):
        for stage, depth in enumerate(depths):
            if stage:
                with net.within("def", "transition", f"transition{stage}"):
                    net.add("batchnorm", BatchNorm())
                    net.add("relu", ReLU())
                    net.add("conv", Conv(net.nodes[net.last].shape[0] // 2, 1, bias=False))
                    net.add("avgpool", AvgPool(2))
            dense(net, f"dense{stage + 1}", depth, growth)
    classifier(net)
    return net.graph()


def dense(net: Sketch, segment: str, depth: int, growth: int) -> None:
    with net.within("dense", "dense", segment, n=depth):
        for place in range(depth):
            with net.within("group", "dense", str(place)):
                before = net.last
                with net.within("def", "dense_layer", growth=growth):
                    net.add("batchnorm1", BatchNorm())
                    net.add("relu1", ReLU())
                    net.add("conv1", Conv(4 * growth, 1, bias=False))
                    net.add("batchnorm2", BatchNorm())
                    net.add("relu2", ReLU())
                    net.add("conv2", Conv(growth, 3, bias=False))
                net.add("concat", Concat(), (before, net.last))


def double_conv(net: Sketch, segment: str, out: int) -> None:
    with net.within("def", "double_conv", segment, out=out):
        for place in (1, 2):
            net.add(f"conv{place}", Conv(out, 3))
            net.add(f"relu{place}", ReLU())


def unet(levels: int = 4, width: int = 64, size: int = 256) -> Graph:
    net = Sketch("UNet", (1, size, size))
    skips = []
    with net.within("section", "body"):
        for level in range(levels):
            with net.within("label", f"skip[{level}]", f"skip{level}"):
                double_conv(net, "double_conv", width * 2**level)
            skips.append(net.last)
            net.add(f"maxpool{level + 1}", MaxPool(2))
        double_conv(net, "double_conv1", width * 2**levels)
        for level in reversed(range(levels)):
            number = levels - level
            net.add(f"tconv{number}", TransposedConv(width * 2**level, 2, 2))
            net.add(f"concat{number}", Concat(), (skips[level], net.last))
            double_conv(net, f"double_conv{number + 1}", width * 2**level)
    with net.within("head", "head"):
        net.add("conv", Conv(2, 1))
    return net.graph()


def inception(net: Sketch, segment: str, widths: tuple[int, ...]) -> None:
    c1, r3, c3, r5, c5, cp = widths
    arms = (((c1, 1),), ((r3, 1), (c3, 3)), ((r5, 1), (c5, 5)), (None, (cp, 1)))
    with net.within(
        "def", "inception", segment, **dict(zip(("c1", "r3", "c3", "r5", "c5", "cp"), widths, strict=True))
    ):
        start, ends = net.last, []
        with net.within("join", "concat"):
            for number, arm in enumerate(arms, 1):
                net.last = start
                with net.within("arm", "arm", f"arm{number}"):
                    for place, step in enumerate(arm, 1):
                        if step is None:
                            net.add("maxpool", MaxPool(3, 1, 1))
                            continue
                        with net.within("def", "unit", f"unit{place}", out=step[0], kernel=step[1]):
                            net.add("conv", Conv(*step))
                            net.add("relu", ReLU())
                ends.append(net.last)
            net.add("concat", Concat(), tuple(ends))


def googlenet() -> Graph:
    net = Sketch("GoogLeNet", (3, 224, 224))
    with net.within("section", "stem"):
        net.add("conv1", Conv(64, 7, 2))
        net.add("relu1", ReLU())
        net.add("maxpool1", MaxPool(3, 2, 1))
        net.add("conv2", Conv(64, 1))
        net.add("relu2", ReLU())
        net.add("conv3", Conv(192, 3))
        net.add("relu3", ReLU())
        net.add("maxpool2", MaxPool(3, 2, 1))
    taps = {}
    with net.within("section", "body"):
        for label, widths in INCEPTIONS.items():
            if label in ("a4", "a5"):
                net.add(f"maxpool_{label}", MaxPool(3, 2, 1))
            with net.within("label", label):
                inception(net, "inception", widths)
            taps[label] = net.last
    classifier(net)
    for name, tap in (("aux1", "a4"), ("aux2", "d4")):
        net.last = taps[tap]
        with net.within("head", name):
            net.add("avgpool", AvgPool(5, 3))
            net.add("conv", Conv(128, 1))
            net.add("relu1", ReLU())
            net.add("flatten", Flatten())
            net.add("linear1", Linear(1024))
            net.add("relu2", ReLU())
            net.heads[name] = net.add("linear2", Linear(1000))
        net.training.add(name)
    return net.graph()


INCEPTIONS = {
    "a3": (64, 96, 128, 16, 32, 32),
    "b3": (128, 128, 192, 32, 96, 64),
    "a4": (192, 96, 208, 16, 48, 64),
    "b4": (160, 112, 224, 24, 64, 64),
    "c4": (128, 128, 256, 24, 64, 64),
    "d4": (112, 144, 288, 32, 64, 64),
    "e4": (256, 160, 320, 32, 128, 128),
    "a5": (256, 160, 320, 32, 128, 128),
    "b5": (384, 192, 384, 48, 128, 128),
}
