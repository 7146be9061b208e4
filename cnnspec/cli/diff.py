"""`cnnspec diff`: what changed between two nets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import click

from cnnspec.cli import complete
from cnnspec.cli.common import NotComparable, read_inputs, read_limits, read_settings
from cnnspec.cli.options import format_option, json_option, out_option, spec_options
from cnnspec.cli.printing import print_json, say, wrote
from cnnspec.diagnostics import Diagnostic, Report, SpecError
from cnnspec.elaborate import Settings, net_parameters
from cnnspec.files import read_source
from cnnspec.pipeline import Compiled
from cnnspec.session import STATED, Session, closed_nets, pick_net
from cnnspec.source import Source
from cnnspec.spec_files import find_spec

if TYPE_CHECKING:
    from cnnspec.difference import Difference
    from cnnspec.difference.files import FileDifference

Value = TypeVar("Value")


@click.command()
@click.argument("old", metavar="OLD", shell_complete=complete.specs)
@click.argument("new", metavar="NEW", shell_complete=complete.specs)
@spec_options
@format_option(["text", "md"], "How to print it.")
@out_option("Draw both nets, with what left and what came: .svg, .png or .pdf.")
@json_option
def diff(
    old: str,
    new: str,
    settings: tuple[str, ...],
    inputs: tuple[str, ...],
    include: tuple[Path, ...],
    bounds: tuple[str, ...],
    form: str,
    out: Path | None,
    as_json: bool,
) -> None:
    """Say what changed between two nets, and what it costs.

    OLD and NEW are specs, or files of a git revision: REV:PATH or REV:PATH:NET. Names do not count, and what
    is inferred is no change of its own. Files of several nets are compared net by net, by name, where neither
    side says which is meant. --set and --input hold for each net with a parameter or an input so called.
    Exits with 0 where the nets are equal, 1 where they differ, and 2 where one of them cannot be read.

    \b
    cnnspec diff resnet50 resnet101
    cnnspec diff resnet50_2015 resnet50
    cnnspec diff resnet50 mine.cnn --set classes=10
    cnnspec diff HEAD~1:net.cnn net.cnn --format md
    cnnspec diff old.cnn new.cnn -o diff.svg
    """
    session = Session(include=include, limits=read_limits(bounds))
    given = Settings(read_settings(settings), read_inputs(inputs))
    with failing_otherwise(), ExitStack() as stack:
        found = difference(side(old, session, stack), side(new, session, stack), given, out)
    tell(found, "json" if as_json else form, drawn=out is not None)
    if not found.is_empty:
        raise SystemExit(1)


class Names(NamedTuple):
    """The parameters and inputs of a net that can be given from outside."""

    parameters: frozenset[str]
    inputs: frozenset[str]


class ComparedFile(NamedTuple):
    """A file, the net of it that is named, and the session that reads it."""

    source: Source
    net: str | None
    session: Session

    def compiled(self, settings: Settings, net: str | None) -> Compiled:
        """A net, its budgets and shape marks not held: whoever compares may be changing it.

        Raises SpecError where there is no such net, or it does not compile.
        """
        analysis = self.session.open(self.source, settings, net, lenient=STATED)
        if not analysis.nets:
            raise SpecError(analysis.diagnostics)
        return analysis.nets[0]

    def names(self, settings: Settings) -> tuple[list[str], bool]:
        """The nets of the file, and whether it is said which of them is meant."""
        module, _ = self.session.load(self.source)
        meant = self.net is not None or pick_net(module, None, settings.parameters, Report())
        return closed_nets(module, settings.parameters), bool(meant)

    def takes(self, settings: Settings, net: str | None) -> Names:
        """What a net can be given; nothing where it is not there or does not compile."""
        module, _ = self.session.load(self.source)
        for name in pick_net(module, net, settings.parameters, Report()):
            known = frozenset(net_parameters(name, module))
            chosen = {key: value for key, value in settings.parameters.items() if key in known}
            graph = self.session.graph(self.source, Settings(chosen, {}), name) if settings.inputs else None
            return Names(known, frozenset(graph.inputs if graph is not None else ()))
        return Names(frozenset(), frozenset())


def side(spec: str, session: Session, stack: ExitStack) -> ComparedFile:
    """One side of the comparison; a revision is there until the stack is left. Raises SpecError."""
    from cnnspec.difference.revisions import checked_out, revision, there

    report = Report()
    file = spec.rpartition(":")[0]
    known = None if Path(spec).exists() or Path(file).is_file() else revision(spec)
    if known is None:
        source, net = find_spec(spec, report, session.limits)
    else:
        folder = stack.enter_context(checked_out(known))
        session = Session(include=there(folder, session.include), limits=session.limits)
        source, net = read_source(folder / known.path, known.label, report, session.limits), known.net
    report.raise_errors()
    assert source is not None
    return ComparedFile(source, net, session)


def difference(
    old: ComparedFile, new: ComparedFile, settings: Settings, out: Path | None
) -> Difference | FileDifference:
    """What two nets differ in, which are drawn, or two files of several nets by the names of these."""
    from cnnspec.difference import diff as compare
    from cnnspec.difference.files import FileDifference

    (before, one_meant), (after, other_meant) = old.names(settings), new.names(settings)
    both = [name for name in after if name in before]
    if old.net is not None or new.net is not None or (one_meant and other_meant) or not both:
        left, right = compiled([(old, old.net), (new, new.net)], settings)
        found = compare(left, right)
        if out is not None:
            draw(left, right, found, out)
        return found
    if out is not None:
        raise click.UsageError(f"-o draws two nets: name them, as in {new.source.name}:{both[0]}")
    nets = compiled([*((old, name) for name in both), *((new, name) for name in both)], settings)
    return FileDifference(
        old.source.name,
        new.source.name,
        tuple(compare(*pair) for pair in zip(nets[: len(both)], nets[len(both) :], strict=True)),
        tuple(name for name in before if name not in after),
        tuple(name for name in after if name not in before),
    )


def compiled(nets: list[tuple[ComparedFile, str | None]], given: Settings) -> list[Compiled]:
    """Nets of files, each with what it takes of the settings: what none of them takes is refused as ever.

    Raises SpecError.
    """
    taken = [file.takes(given, net) for file, net in nets]
    parameters = frozenset().union(*(names.parameters for names in taken))
    inputs = frozenset().union(*(names.inputs for names in taken))
    return [
        file.compiled(
            Settings(
                without(given.parameters, parameters - names.parameters),
                without(given.inputs, inputs - names.inputs),
            ),
            net,
        )
        for (file, net), names in zip(nets, taken, strict=True)
    ]


def without(given: Mapping[str, Value], names: frozenset[str]) -> dict[str, Value]:
    """What is given, but for some names."""
    return {name: value for name, value in given.items() if name not in names}


def tell(found: Difference | FileDifference, form: str, drawn: bool) -> None:
    """Print a difference; the text of one that is drawn is left out."""
    if form == "json":
        print_json(found.as_dict())
    elif form == "md":
        say(found.as_markdown())
    elif not drawn:
        say(str(found))


@contextmanager
def failing_otherwise() -> Iterator[None]:
    """Exit with 2 after any error that a user can mend, for 1 says that the nets differ."""
    from cnnspec.cli.failures import expected

    try:
        yield
    except SpecError as error:
        raise NotComparable(error.diagnostics) from error
    except Exception as error:
        kind, message = expected(error)
        if not kind:
            raise
        raise NotComparable((Diagnostic(kind, "error", message),)) from error


def draw(old: Compiled, new: Compiled, found: Difference, out: Path) -> None:
    """Write the drawing of two nets, with their changes below it."""
    from cnnspec.difference import marked
    from cnnspec.difference.show import in_words
    from cnnspec.render.charts import write_drawing
    from cnnspec.render.two_nets import two_nets

    before, after = marked(old.graph, new.graph)
    words = [(change.sign, in_words(change)) for change in found.changes]
    write_drawing(two_nets((old.graph, before), (new.graph, after), words), out)
    wrote(out, f"{found.old} and {found.new}, {len(words)} change{'s' * (len(words) != 1)}")
