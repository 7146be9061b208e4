"""What notebooks and scripts use: load a spec, ask for its figures, turn it into something that runs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from cnnspec import given
from cnnspec.diagnostics.report import Diagnostic, InvalidValue, Report
from cnnspec.elaborate import Limits
from cnnspec.files import read_source
from cnnspec.graph import Graph
from cnnspec.layers.shapes import Shape
from cnnspec.pipeline import Compiled, Hook
from cnnspec.session import Reopening, Session
from cnnspec.source import Source
from cnnspec.spec_files import find_spec, zoo_entry

if TYPE_CHECKING:
    import networkx
    from numpy.typing import DTypeLike, NDArray

    from cnnspec.backends.base import Lowering
    from cnnspec.backends.numpy import Program
    from cnnspec.backends.onnx.builder import ModelOptions
    from cnnspec.backends.torch import Module as TorchModule
    from cnnspec.passes.buffers import Timeline
    from cnnspec.passes.receptive_field import LayerField
    from cnnspec.passes.sizes import SizeRange
    from cnnspec.passes.training_memory import TrainingMemory
    from cnnspec.render.options import Choices
    from cnnspec.report import Table


class Net:
    """A checked net: its figures, its graph, and the ways out. It may be pickled, and sent to a process."""

    def __init__(
        self, compiled: Compiled, diagnostics: tuple[Diagnostic, ...], reopen: Reopening | None = None
    ) -> None:
        self.compiled = compiled
        self.diagnostics = diagnostics
        self._reopen = reopen

    def __repr__(self) -> str:
        return f"<cnnspec net {self.name}: {self.params:,} params, {self.macs:,} MACs>"

    def __deepcopy__(self, memo: dict[int, Any]) -> Net:
        """A net of the same records, which nothing changes."""
        return Net(self.compiled, self.diagnostics, self._reopen)

    @property
    def name(self) -> str:
        return self.ir.name

    @property
    def ir(self) -> Graph:
        """The graph as cnnspec holds it: nodes in order, and the tree of blocks."""
        return self.compiled.graph

    @cached_property
    def resizable(self) -> Graph:
        """The graph as backends take it: sizes that follow the input are inputs of layers, not numbers."""
        from cnnspec.passes.following import follow_sizes, variant

        if self._reopen is None:
            return self.ir
        graph = follow_sizes(self.ir, self._reopen)
        return replace(graph, variant=partial(variant, self._reopen.with_parameters, graph))

    @cached_property
    def graph(self) -> networkx.DiGraph:
        """The networkx graph: a node per layer, its Node under the key `node`."""
        return self.ir.digraph

    @property
    def params(self) -> int:
        """Trainable values, training heads included."""
        return self.compiled.costs.total.params

    @property
    def macs(self) -> int:
        """Multiply-accumulates of conv and linear layers for one sample in inference, bias not counted."""
        return self.compiled.costs.inference.macs

    @property
    def inputs(self) -> dict[str, Shape]:
        """The shape of each input, per sample, channels first."""
        return {name: self.ir.nodes[name].shape for name in self.ir.inputs}

    @property
    def outputs(self) -> dict[str, Shape]:
        """The shape of each head, per sample."""
        return {head: self.ir.nodes[node].shape for head, node in self.ir.outputs.items()}

    def summary(self, depth: int | None = None, form: str = "text") -> None:
        """Print the summary: as a table, or in another form of `cnnspec summary --format`."""
        from cnnspec.report import FORMATS

        if form not in FORMATS:
            raise InvalidValue(f"a summary has the forms {', '.join(FORMATS)}, not {form!r}")
        print(FORMATS[form](self.table(depth)))

    def table(
        self, depth: int | None = None, columns: Iterable[str] | None = None, sort: str | None = None
    ) -> Table:
        """The summary as a table, to look at in a notebook or to give to pandas.DataFrame.

        Columns are those of `cnnspec summary --columns`; `sort` lists all layers by one, the largest first.
        Raises ValueError for a column that there is not, and for `time` and `bound` where `cnnspec machine`
        has not measured this machine.
        """
        from cnnspec.report import summary
        from cnnspec.report.columns import DEFAULT, PREDICTED, View

        depth = None if depth is None else given.count("how many levels of blocks a summary opens", depth, 1)
        chosen = tuple(DEFAULT if columns is None else columns)
        view = View(self.compiled)
        if not PREDICTED.isdisjoint((*chosen, sort)):
            from cnnspec.backends.timing import remembered

            view = View(self.compiled, machine=remembered())
        return summary(self.compiled, depth, chosen, sort, view)

    def memory(self, plan: str = "fused", batch: int = 1) -> Timeline:
        """The buffers of an inference over time: `fused` as a runtime for devices has them, or `plain`."""
        from cnnspec.passes.buffers import buffers

        return buffers(self.ir, plan, given.count("a batch", batch, 1))

    def sizes(self, limit: int = 1024) -> dict[str, SizeRange]:
        """The sizes of its inputs that the net takes: each spatial axis alone, and all at once as `square`.

        Raises InvalidValue for a net of vectors.
        """
        from cnnspec.passes.shapes import fitting
        from cnnspec.report.sizes import all_sizes

        limit = given.count("the limit of sizes", limit, 1)
        return all_sizes(self.ir, self._reopen or partial(fitting, self.ir), limit)

    def field(self, name: str | None = None, at: tuple[int, ...] | None = None) -> LayerField:
        """What one position of a layer, or of the last layer of a block, sees of the input.

        net.field("body.layer3", at=(7, 7)); by default the middle of the head's last map. Raises
        InvalidValue.
        """
        from cnnspec.passes.receptive_field import last_map, layer_field

        last = last_map(self.ir)
        if name is None and last is None:
            raise InvalidValue(f"{self.name} has no map to take the field of")
        try:
            return layer_field(self.ir, self.compiled.fields, name or last.name, at)  # type: ignore[union-attr]
        except ValueError as error:
            raise InvalidValue(str(error)) from error

    def effective_field(
        self,
        name: str | None = None,
        at: tuple[int, ...] | None = None,
        *,
        weights: Any = None,
        seed: int = 0,
    ) -> NDArray[Any]:
        """How strongly a position depends on each pixel of the input, from 0 to 1 (Luo et al. 2016).

        The mean size of the gradient over random inputs, with these weights or those of the seed.
        """
        from cnnspec.backends.effective import effective_field

        found = self.field(name, at)
        return effective_field(self.ir, found.layer, found.at, weights=weights, seed=seed)

    def draw_field(
        self,
        path: str | Path,
        name: str | None = None,
        at: tuple[int, ...] | None = None,
        *,
        over: str | Path | None = None,
        effective: bool = False,
        weights: Any = None,
        seed: int = 0,
    ) -> None:
        """Draw what a position sees of an image to a .png file, over a photograph or white.

        With `effective`, how much each pixel counts. Raises InvalidValue, InputError for what is no image.
        """
        from cnnspec.backends.effective import write_picture

        found = self.field(name, at)
        strength = self.effective_field(name, at, weights=weights, seed=seed) if effective else None
        write_picture(path, next(iter(self.inputs.values())), found.box, strength, over)

    def save_weights(self, path: str | Path, weights: Any) -> None:
        """Write weights to a .safetensors or .npz file, under the names of the net's layers.

        `weights` are a mapping of tensors or arrays, or what has a `state_dict`, as the module of `to_torch`
        and the program of `to_numpy`; heads for training may be missing. A path that ends in .npz gets an
        archive of numpy's. Raises WeightsError where they are not those of the net.
        """
        from cnnspec.backends import weight_files
        from cnnspec.backends.weights import given_weights

        weight_files.write(Path(path), given_weights(self.ir, weights))

    def training_memory(self, batch: int = 1, optimizer: str = "adam") -> TrainingMemory:
        """What a step of training holds, layer by layer, in bytes at fp32."""
        return self.compiled.training_memory(given.count("a batch", batch, 1), optimizer)

    def as_dict(self) -> dict[str, Any]:
        """The figures, layers and blocks as data, as `cnnspec summary --json` prints them."""
        from cnnspec.report import as_dict

        return as_dict(self.compiled)

    def _repr_html_(self) -> str:
        from cnnspec.report import as_html

        return self._repr_svg_() + as_html(self.table())

    def _repr_svg_(self) -> str:
        return self.svg()

    def svg(self, **options: Unpack[Choices]) -> str:
        """The drawing as the text of an SVG; options as of `cnnspec render`. Raises ValueError."""
        from cnnspec.render import to_svg

        return to_svg(self.ir, **options)

    def render(self, path: str | Path, **options: Unpack[Choices]) -> None:
        """Draw the net to a file (svg, png, pdf, dot, html, mmd); options as of `cnnspec render`."""
        from cnnspec.render import render

        render(self.ir, path, **options)

    def to(self, backend: str, weights: Any = None, *, seed: int = 0, **options: Unpack[Lowering]) -> Any:
        """The net as the own object of the backend of a name, with these weights or those of the seed.

        `weights` are a mapping of tensors or arrays of any library, what has a `state_dict`, or a checkpoint
        with them; heads for training may be missing, and then start from seed 0.
        Options are those of `backends.Options`. Raises ValueError for what there is no backend or option of.
        """
        from cnnspec.backends import base
        from cnnspec.backends.weights import initialize

        found, chosen = base.find(backend), base.Options(**options)
        base.check_options(found, chosen)
        tensors = initialize(self.ir, seed, chosen.init) if weights is None else weights
        return found.load(self.resizable, tensors, chosen)

    def to_torch(
        self,
        *,
        seed: int | None = None,
        weights: Any = None,
        init: str = "default",
        dtype: str = "float32",
        channels_last: bool = False,
        fold_batchnorm: bool = False,
    ) -> TorchModule:
        """A torch module, ready to train; with `seed`, its weights are those of every backend.

        `init` says how weights of a seed start, `channels_last` lays maps out as NHWC, and `fold_batchnorm`
        makes a net for inference.
        """
        from cnnspec.backends import torch as backend

        return backend.compile(
            self.resizable,
            seed=seed,
            weights=weights,
            init=init,
            dtype=dtype,
            channels_last=channels_last,
            fold_batchnorm=fold_batchnorm,
        )

    def to_numpy(
        self,
        weights: Any = None,
        *,
        seed: int = 0,
        dtype: DTypeLike = "float32",
        scheme: str = "default",
        threads: int | None = None,
        reference: bool = False,
    ) -> Program:
        """A numpy program with these weights, or those of the seed; `dtype` is float32 or float64.

        `scheme` says how weights of a seed start, `threads` are those it runs and trains on, by default one a
        processor. `reference` runs the plain kernels of `backends/numpy/kernels/`, a formula each, with where
        it is from: they are to be read, and the fast ones are held to them. Convolutions and linear layers
        are matrix products of BLAS, which adds in an order of its own, by library, processor and threads:
        what else computes the same formula, or the same program elsewhere, is equal up to rounding.
        """
        from cnnspec.backends import numpy as backend

        return backend.compile(self.resizable, weights, seed, dtype, scheme, threads, reference)

    def to_onnx(
        self, path: str | Path, weights: Any = None, seed: int = 0, **options: Unpack[ModelOptions]
    ) -> None:
        """Write an ONNX model with these weights, or those of the seed, for any batch.

        With `open_size` it takes images of any size. `opset` is its operator set, from 13 on (18 by default),
        `dtype` float32 or float16; `fold_batchnorm` puts batch norms into the layers before them.
        """
        from cnnspec.backends import onnx as backend

        backend.export(self.resizable, Path(path), weights, seed=seed, **options)


def load(
    path: str | Path,
    net: str | None = None,
    *,
    inputs: Mapping[str, Shape] | None = None,
    include: tuple[Path, ...] = (),
    limits: Limits | None = None,
    **parameters: Any,
) -> Net:
    """A net of a spec file; parameters of the net are given by name.

    Raises SpecError, and ValueError for values that the language has not.
    """
    session = Session(include=include, limits=limits)
    if not isinstance(path, (str, os.PathLike)):
        raise InvalidValue(f"the path of a spec is text or a path, not {type(path).__name__}")
    if path == "":
        raise InvalidValue("the path of a spec is empty")
    return open_source(session, _read(Path(path), str(path), session.limits), net, parameters, inputs)


def loads(
    text: str,
    net: str | None = None,
    *,
    inputs: Mapping[str, Shape] | None = None,
    limits: Limits | None = None,
    **parameters: Any,
) -> Net:
    """A net of a spec given as text. Raises SpecError."""
    source = Source("<text>", given.text("a spec", text))
    return open_source(Session(limits=limits), source, net, parameters, inputs)


def zoo(name: str, *, inputs: Mapping[str, Shape] | None = None, **parameters: Any) -> Net:
    """A net that ships with the package, by name: zoo("resnet50"). Raises SpecError."""
    path, net = zoo_entry(given.text("the name of a net", name))
    session = Session()
    return open_source(session, _read(path, path.name, session.limits), net, parameters, inputs)


def open_spec(
    spec: str,
    *,
    parameters: Mapping[str, Any] | None = None,
    inputs: Mapping[str, Shape] | None = None,
    include: tuple[Path, ...] = (),
    limits: Limits | None = None,
    hook: Hook | None = None,
) -> Net:
    """The net that a command line means: FILE, FILE:NET, `-` for standard input, or a net of the zoo.

    Raises SpecError.
    """
    session, report = Session(include=include, limits=limits), Report()
    source, net = find_spec(spec, report, session.limits)
    report.raise_errors()
    assert source is not None
    return open_source(session, source, net, parameters, inputs, hook)


def _read(path: Path, name: str, limits: Limits) -> Source:
    report = Report()
    source = read_source(path, name, report, limits)
    report.raise_errors()
    assert source is not None
    return source


def open_source(
    session: Session,
    source: Source,
    net: str | None,
    parameters: Mapping[str, Any] | None,
    inputs: Mapping[str, Shape] | None,
    hook: Hook | None = None,
) -> Net:
    """A net of a text that a session reads. Raises SpecError, InvalidValue."""
    name = None if net is None else given.text("the name of a net", net)
    settings = given.settings(parameters, inputs, session.limits)
    analysis = session.open(source, settings, name, hook)
    return Net(analysis.net, analysis.diagnostics, Reopening(session, source, settings, name))
