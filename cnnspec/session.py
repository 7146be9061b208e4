"""The one driver of all that reads specs: a text and settings go in, an Analysis comes out.

    Source ──> Session.parsed ──> Parsed(source, tokens, tree, errors)
    Source, Settings ──> Session.check ──> Analysis(source, module, nets, diagnostics)

`check`, the Python API, `fmt` and editors call it. A session keeps what has not changed between two readings
of a file. Of this file,

    def block(out) { conv(out, 3) -> relu }
    net Small { input 3x32x32; block(8) }
    net Large { input 3x64x64; block(8) }           <- edited

Small is kept: what it reads (its own lines and those of `block`) is the text that it was, where it was. A net
that stands elsewhere now, as one below an edit does, is moved (`moving.py`). Only what was last read of a
file is kept, so that a session does not grow with the number of edits.
"""

from __future__ import annotations

from os.path import basename, splitext

from cnnspec.basis import Basis, Common, Written, basis_of, nothing_in_common
from cnnspec.caching import cached_property
from cnnspec.diagnostics.report import Diagnostic, Report, SpecError
from cnnspec.elaborate import Limits, Loader, Module, Settings, elaborate, open_parameters
from cnnspec.elaborate.mistakes.suggest import suggest
from cnnspec.elaborate.module import DefinedBlock
from cnnspec.elaborate.static.unwalked import resolve
from cnnspec.files import read_source
from cnnspec.garbage import without_garbage_collection
from cnnspec.moving import moved
from cnnspec.named_tuples import NamedTuple
from cnnspec.passes.lint_syntax import lint_syntax
from cnnspec.pipeline import Compiled, Hook, compile_net
from cnnspec.records import dataclass
from cnnspec.source import Source, Span
from cnnspec.spec_files import plain_name
from cnnspec.syntax import Parsed, parse
from cnnspec.typed import TYPE_CHECKING, Any, Callable, Mapping

if TYPE_CHECKING:  # a check of one file needs no paths
    from pathlib import Path

    from cnnspec.graph import Graph
    from cnnspec.layers.shapes import Shape
    from cnnspec.space.definition import DesignSpace

AS_WRITTEN = Settings({}, {})
"""Nothing is given from outside: every parameter and input is as the spec has it."""


@dataclass(frozen=True, eq=False)
class Analysis:
    """What one reading of a spec has found: the nets that compile, and all that is wrong."""

    source: Source
    module: Module
    nets: tuple[Compiled, ...]
    diagnostics: tuple[Diagnostic, ...]
    spaces: tuple[DesignSpace, ...] = ()

    @property
    def has_errors(self) -> bool:
        return any(diagnostic.severity == "error" for diagnostic in self.diagnostics)

    @property
    def net(self) -> Compiled:
        """The one net that was asked for. Raises SpecError where the spec has errors."""
        if self.has_errors:
            raise SpecError(self.diagnostics)
        (net,) = self.nets
        return net


BUDGETS = frozenset(("budget",))
"""What a net may break and still be looked at."""
STATED = BUDGETS | {"shape-mark"}
"""What a net states of itself and may be wrong about; its graph is the same."""
Pick = Callable[[Module, Report], list[str]]
"""Says which nets of a module are meant; reports where there are none."""


@dataclass(frozen=True, eq=False)
class Wanted:
    """A net or space of a file, and what is asked of it; those of one reading share what is found of it."""

    name: str
    module: Module
    settings: Settings
    lenient: frozenset[str]
    written: Written

    @cached_property
    def basis(self) -> Basis:
        """All that it is made from; found when the file is read once more."""
        return basis_of(self.name, self.module, self.written)

    def is_as(self, before: Wanted) -> bool:
        """Whether it is what it was before, here or at another place."""
        return (
            self.settings == before.settings
            and self.lenient == before.lenient
            and self.basis.written == before.basis.written
        )


class Reading(NamedTuple):
    """A net as it was last compiled: what it was compiled from, and what came of it."""

    asked: Wanted
    compiled: Compiled | None
    report: Report


class ReadSpace(NamedTuple):
    """A space that nothing was wrong with, and what it was read from."""

    asked: Wanted
    space: DesignSpace


class Session:
    """Reads specs under bounds, and keeps of each file what was last read and compiled.

    Threads may share one: what is kept is replaced whole, never changed.
    """

    def __init__(
        self,
        *,
        include: tuple[Path, ...] = (),
        limits: Limits | None = None,
        texts: Mapping[str, str] | None = None,
    ) -> None:
        """`texts` are files, by their whole path, that are not read from disk: an editor has changed them."""
        self.include = include
        self.texts = texts if texts is not None else {}
        self.limits = limits or Limits()
        self._kept: dict[str, dict[str, Reading]] = {}
        self._parsed: dict[str, Parsed] = {}
        self._spaces_kept: dict[str, dict[str, ReadSpace]] = {}
        self._common: dict[str, Common] = {}

    def __getstate__(self) -> dict[str, Any]:
        """All but what is kept, which is read again: a session is copied and pickled without it."""
        return {**self.__dict__, "_kept": {}, "_parsed": {}, "_spaces_kept": {}, "_common": {}}

    def parsed(self, source: Source) -> Parsed:
        """A text as it was read: the last reading of the file, where its text is what it was."""
        known = self._parsed.get(source.name)
        if known is None or known.source.text != source.text or known.source.path != source.path:
            known = self._parsed[source.name] = parse(source)
        return known

    @without_garbage_collection
    def check(
        self,
        source: Source,
        settings: Settings = AS_WRITTEN,
        net: str | None = None,
        hook: Hook | None = None,
    ) -> Analysis:
        """All that is wrong with a source, and the nets that compile: the one named, or all that are closed.

        After a syntax error the rest is read all the same. A mistake that several nets share is said once.
        """

        def pick(module: Module, report: Report) -> list[str]:
            if net is None and (module.nets or module.names or report.has_errors):
                return closed_nets(module, settings.parameters)
            return pick_net(module, net, settings.parameters, report)

        module, report = self.load(source)
        nets = self._nets(pick, module, settings, report, hook)
        if net is None:
            resolve(module, report)
        spaces = self._spaces(module, report) if net is None else ()
        lint_syntax(module.file, report)
        found = report.diagnostics
        if any(diagnostic.edits for diagnostic in found):
            from cnnspec.elaborate.static.everywhere import mend_everywhere

            found = mend_everywhere(found, module)
        return Analysis(module.source, module, nets, found, spaces)

    @without_garbage_collection
    def open(
        self,
        source: Source,
        settings: Settings = AS_WRITTEN,
        net: str | None = None,
        hook: Hook | None = None,
        lenient: frozenset[str] = BUDGETS,
    ) -> Analysis:
        """One net of a source: the one named, the only one that is closed, or that called like the file.

        Errors of `lenient` codes, such as an `expect` that does not hold, are warnings here: the net can be
        looked at all the same.
        """

        def pick(module: Module, report: Report) -> list[str]:
            # which net is meant is no question where a mistake, reported before, may be why there is none
            return pick_net(module, net, settings.parameters, Report() if report.errors else report)

        module, report = self.load(source)
        nets = self._nets(pick, module, settings, report, hook, lenient)
        return Analysis(module.source, module, nets, report.diagnostics)

    @without_garbage_collection
    def graph(self, source: Source, settings: Settings, net: str | None) -> Graph | None:
        """The graph of one net of a source, as `open` finds it, without the passes; None after an error."""
        module, report = self.load(source)
        last = self._common.get(module.source.name)
        common = nothing_in_common() if last is None else last.next(0)
        self._common[module.source.name] = common
        for name in pick_net(module, net, settings.parameters, report):
            found = elaborate(name, module, settings, report, self.limits, common.known)
            return None if found is None or report.errors else found.graph
        return None

    def load(self, source: Source) -> tuple[Module, Report]:
        """A file with all that it uses, and what is wrong with how they are written."""
        report = Report()
        return Loader(report, self.limits, self.include, self.parsed, self._read).load(source), report

    def _read(self, path: str, name: str, report: Report, limits: Limits, span: Span) -> Source | None:
        text = self.texts.get(path)
        return read_source(path, name, report, limits, span) if text is None else Source(name, text, path)

    def _spaces(self, module: Module, report: Report) -> tuple[DesignSpace, ...]:
        """The spaces of a file that nothing is wrong with; what they need is loaded where there is one."""
        if not module.spaces:
            return ()
        from cnnspec.space.checking import Place, check_space
        from cnnspec.space.reading import read_space

        known, stamps, _ = self._common.get(module.source.name) or nothing_in_common()
        before = self._spaces_kept.get(module.source.name, {})
        mistakes = [one.span for one in report.diagnostics if one.span and one.severity == "error"]
        found: dict[str, ReadSpace] = {}
        told: set[Place] = set()
        for name, item in module.spaces.items():
            asked, kept = Wanted(name, module, AS_WRITTEN, frozenset(), stamps.written), before.get(name)
            if kept is None or not asked.is_as(kept.asked):
                # members of a net with mistakes are not looked at: these are known
                broken = any(one.holds(place) for one in asked.basis.stretches for place in mistakes)
                space = check_space(item, module, report, self.limits, None if broken else known, told)
            elif kept.asked.basis.places != asked.basis.places:
                space = read_space(item, module, report, self.limits)  # nothing was wrong with it elsewhere
            else:
                space = kept.space
            if space is not None:
                found[name] = ReadSpace(asked, space)
        self._spaces_kept[module.source.name] = found
        return tuple(kept.space for kept in found.values())

    def _nets(
        self,
        pick: Pick,
        module: Module,
        settings: Settings,
        report: Report,
        hook: Hook | None,
        lenient: frozenset[str] = frozenset(),
    ) -> tuple[Compiled, ...]:
        """The nets that are meant, compiled; once more where a misspelt definition explains the errors."""
        loaded = report.saved()

        def mend() -> bool:
            if report.errors == loaded.errors:
                return False
            from cnnspec.elaborate.static.misspelt import mend_slips

            return mend_slips(module, report, loaded)

        nets = self._compile(pick(module, report), module, settings, report, hook, lenient, mend)
        if nets is None:
            nets = self._compile(pick(module, report), module, settings, report, hook, lenient, None)
        return nets or ()

    def _compile(
        self,
        names: list[str],
        module: Module,
        settings: Settings,
        report: Report,
        hook: Hook | None,
        lenient: frozenset[str],
        mend: Callable[[], bool] | None,
    ) -> tuple[Compiled, ...] | None:
        """Some nets; None where `mend`, which is asked after the first error, has changed the file."""
        before = self._kept.get(module.source.name, {})
        last = self._common.get(module.source.name)
        layers = sum(len(reading.compiled.graph) for reading in before.values() if reading.compiled)
        common = nothing_in_common() if last is None else last.next(layers)
        self._common[module.source.name] = common
        readings = {name: reading for name, reading in before.items() if name in module.nets}
        mended = False
        for name in names:
            asked = Wanted(name, module, settings, lenient, common.stamps.written)
            # a hook wants to see the passes run
            reading = _as_it_is_now(readings.get(name), asked) if hook is None else None
            if reading is None:
                own = report.branch(lenient)
                compiled = compile_net(name, module, settings, own, self.limits, hook, common.known)
                reading = Reading(asked, compiled, own)
            readings[name] = reading
            report.merge(reading.report)
            if reading.report.errors and mend is not None:
                mended, mend = mend(), None
                if mended:
                    break
        # a net with mistakes is compiled again: what it says may hang on more than its own lines
        good = {name: r for name, r in readings.items() if r.compiled is not None and not r.report.errors}
        self._kept[module.source.name] = good
        if mended or (mend is not None and mend()):
            return None
        return tuple(net for name in names if (net := readings[name].compiled) is not None)


def _as_it_is_now(reading: Reading | None, asked: Wanted) -> Reading | None:
    """A net that was compiled before, where it stands now; None where it is another one."""
    if reading is None or not asked.is_as(reading.asked):
        return None
    before, now = reading.asked.basis, asked.basis
    if before.places == now.places:
        return reading._replace(asked=asked)
    # what was said of it would have to move as well
    if reading.compiled is None or reading.report.diagnostics:
        return None
    compiled = moved(reading.compiled, before.stretches, now.stretches)
    return None if compiled is None else Reading(asked, compiled, reading.report)


@dataclass(frozen=True, eq=False)
class Reopening:
    """Opens a net once more for other shapes of its inputs: its graph; None where it does not take them."""

    session: Session
    source: Source
    settings: Settings
    net: str | None

    def __call__(self, shapes: Mapping[str, Shape]) -> Graph | None:
        settings = Settings(self.settings.parameters, {**self.settings.inputs, **shapes})
        return self.session.graph(self.source, settings, self.net)

    def with_parameters(self, values: Mapping[str, Any]) -> Reopening:
        """The same for other values of its parameters, as the language has them."""
        settings = Settings({**self.settings.parameters, **values}, self.settings.inputs)
        return Reopening(self.session, self.source, settings, self.net)


def closed_nets(module: Module, parameters: Mapping[str, Any]) -> list[str]:
    """The nets of a file that leave no parameter open."""
    return [name for name in module.nets if set(open_parameters(name, module)) <= set(parameters)]


def pick_net(module: Module, name: str | None, parameters: Mapping[str, Any], report: Report) -> list[str]:
    """The net that is meant: the one named, the only one, or that called like the file; [] after an error."""
    nets = list(module.nets)
    if name is not None:
        by_plain = {plain_name(net): net for net in nets}
        found = name if name in module.nets else by_plain.get(plain_name(name))
        if found != name and isinstance(module.lookup(name), DefinedBlock):
            # names match without case and underscores, but a block that is called just so is what was meant
            message = f"`{name}` is a block of {module.source.name}, not a net"
            cure = f"its nets: {', '.join(nets)}" if nets else "write a net that calls it"
            report.error("unknown-net", None, message, help=cure)
            return []
        if found is None and name in module.spaces:
            message = f"`{name}` is a space of {module.source.name}, not a net"
            report.error(
                "unknown-net", None, message, help=f"it is a space of {module.spaces[name].base.name}"
            )
        elif found is None and not module.is_lost(name):
            cure = suggest(name, nets) or ("its nets: " + ", ".join(nets) if nets else "")
            report.error("unknown-net", None, f"{module.source.name} has no net `{name}`", help=cure)
        return [] if found is None else [found]
    closed = closed_nets(module, parameters)
    if len(closed) == 1:
        return closed
    stem = plain_name(splitext(basename(module.source.path))[0]) if module.source.path else ""
    for net in closed or nets:
        if plain_name(net) == stem:
            return [net]
    if not nets:
        message = f"{module.source.name} defines no net"
        report.error("no-net", None, message, help="write net NAME { input ... }")
    else:
        example = f"{module.source.name}:{(closed or nets)[0]}"
        cure = f"pick one, as in {example}; nets: {', '.join(closed or nets)}"
        report.error("pick-net", None, f"{module.source.name} has several nets", help=cure)
    return []
