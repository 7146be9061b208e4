"""`cnnspec search`: the best members of a space, by training them."""

from __future__ import annotations

from pathlib import Path

import click

from cnnspec.cli import complete
from cnnspec.cli.common import read_limits
from cnnspec.cli.options import include_option, json_option, limit_option, out_option, seed_option
from cnnspec.cli.printing import print_json, print_table, say, wrote
from cnnspec.cli.searching import Watcher
from cnnspec.diagnostics import Refused
from cnnspec.files import write_whole
from cnnspec.space.methods import DIRECTIONS, PRUNERS, SAMPLERS
from cnnspec.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnnspec.searching import Searched
    from cnnspec.space.results import StudyResults


@click.command()
@click.argument("space", metavar="[SPEC[:SPACE]]", required=False, shell_complete=complete.spaces)
@click.argument("evaluate", metavar="[EVALUATE.py]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--trials",
    metavar="N",
    type=click.IntRange(1),
    default=100,
    help="How many trials, those before included.",
)
@click.option("--storage", metavar="FILE", help="Keep the study here, and go on with it; or a URL of Optuna.")
@click.option(
    "--workers", metavar="N", type=click.IntRange(1), default=1, help="How many trials run at a time."
)
@click.option("--scheduler", metavar="ADDRESS", help="Run them in this Dask cluster: tcp://host:8786.")
@click.option(
    "--direction",
    "directions",
    multiple=True,
    type=click.Choice(DIRECTIONS),
    help="Where the value is to go: one for each of several.",
)
@click.option("--sampler", type=click.Choice(SAMPLERS), default="tpe", help="How members are chosen.")
@click.option("--pruner", type=click.Choice(PRUNERS), default="median", help="Which trials end early.")
@seed_option("what is chosen")
@click.option("--timeout", metavar="SECONDS", type=click.IntRange(1), help="Start no trial after that.")
@click.option("--vary", multiple=True, metavar="'NAME in VALUES'", help="Let a parameter of the net vary.")
@click.option("--where", multiple=True, metavar="CONDITION", help="What must hold of a member.")
@click.option(
    "--tries",
    metavar="N",
    type=click.IntRange(1),
    default=20_000,
    help="End where N nets in a row are no members.",
)
@click.option("--report", is_flag=True, help="Say what the study in --storage has come to; run nothing.")
@click.option(
    "--edf",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Draw the distribution of errors, a curve for each study in --storage.",
)
@click.option(
    "--chart",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Draw each trial's value against its MACs.",
)
@click.option("--verbose", is_flag=True, help="Show what EVALUATE.py prints.")
@out_option("Write the best member to this spec.")
@include_option
@limit_option
@json_option
def search(space: str | None, evaluate: Path | None, **options: Any) -> None:
    """Find the best members of a space by training them.

    EVALUATE.py has a function evaluate(net, trial), which trains a net and gives its error, or a tuple of
    values; train.py of compile --train is one. Optuna chooses the nets, Dask spreads the trials. A search
    that was interrupted goes on when the same command is given again. It needs the extra search: pip install
    'cnnspec[search]'.

    \b
    cnnspec search net.cnn:Small evaluate.py --trials 50 --storage study.log
    cnnspec search regnetxspace run/train.py --workers 4 -o best.cnn
    cnnspec search --report --storage study.log --edf edf.svg
    """
    pictures = {"edf": options["edf"], "chart": options["chart"]}
    for name, path in pictures.items():
        if path is not None and path.suffix.lower() not in (".svg", ".png", ".pdf"):
            raise click.UsageError(f"--{name} writes svg, png or pdf, not {path.name}")
    if options["report"]:
        _report(space, evaluate, options)
        return
    if space is None or evaluate is None:
        raise click.UsageError("say which space, and what trains its nets: search net.cnn:Small evaluate.py")
    if options["scheduler"] is not None and options["workers"] > 1:
        raise click.UsageError("--workers is for this machine: a cluster has the workers that it has")
    found = _search(space, evaluate, options)
    shown = (found.results,)
    if options["storage"] is not None and options["edf"] is not None:
        from cnnspec.searching import studies

        shown = studies(options["storage"])
    _draw(shown, pictures)
    if options["out"] is not None and found.best:
        write_whole(options["out"], found.text(options["out"]))
        names = "the best member" if len(found.best) == 1 else f"the {len(found.best)} best members"
        wrote(options["out"], f"{names} of {found.results.name}")
    _print((found.results,), options["as_json"])
    _tell_end(found, options["storage"])
    if found.why_ended == "interrupted" or not found.best:
        raise SystemExit(1)


def _search(space: str, evaluate: Path, options: dict[str, Any]) -> Searched:
    """Run the search, and tell how it goes."""
    from cnnspec.searching import search

    watcher = Watcher(options["storage"], options["scheduler"])
    found = search(
        space,
        evaluate,
        options["trials"],
        storage=options["storage"],
        workers=options["workers"],
        scheduler=options["scheduler"],
        direction=options["directions"] or ("minimize",),
        sampler=options["sampler"],
        pruner=options["pruner"],
        seed=options["seed"],
        timeout=options["timeout"],
        vary=options["vary"],
        where=options["where"],
        tries=options["tries"],
        include=options["include"],
        limits=read_limits(options["bounds"]),
        verbose=options["verbose"],
        watch=watcher,
    )
    watcher.bar.clear()
    return found


def _report(space: str | None, evaluate: Path | None, options: dict[str, Any]) -> None:
    """Say what studies have come to. Raises click.UsageError, Refused."""
    from cnnspec.searching import studies

    if options["storage"] is None:
        raise click.UsageError("--report needs the study: --storage study.log")
    if evaluate is not None or options["out"] is not None:
        raise click.UsageError("--report runs nothing and writes no spec: leave --report out")
    found = studies(options["storage"])
    if space is not None:
        name = space.rpartition(":")[2]
        names = ", ".join(one.name for one in found)
        found = tuple(one for one in found if one.name == name)
        if not found:
            raise Refused(f"{options['storage']} has no study of {name}: it has {names or 'none'}")
    _draw(found, {"edf": options["edf"], "chart": options["chart"]})
    _print(found, options["as_json"])


def _draw(found: tuple[StudyResults, ...], pictures: dict[str, Path | None]) -> None:
    """Write the drawings that are asked for. Raises RenderError where there is nothing to draw."""
    from cnnspec.searching import chart, edf

    for name, draw in (("edf", edf), ("chart", chart)):
        path = pictures[name]
        if path is not None:
            draw(found, path)
            wrote(path, "the distribution of errors" if name == "edf" else "values against MACs")


def _print(found: tuple[StudyResults, ...], as_json: bool) -> None:
    """Print what studies have come to."""
    from cnnspec.searching import as_dict, table_of

    if as_json:
        print_json({"studies": [as_dict(one) for one in found]})
        return
    for number, one in enumerate(found):
        if number:
            say("")
        print_table(table_of(one), "text", None)


def _tell_end(found: Searched, storage: str | None) -> None:
    """Say why a search ended early, and how it goes on."""
    name, why = found.results.name, found.why_ended
    kept = f": the study is in {storage}, and the same command goes on with it" if storage else ""
    if why and found.best:
        say(f"ended early: {why}{kept if why in ('interrupted', 'the time is up') else ''}", err=True)
    elif not found.best:
        say(f"error: no trial of {name} has come to a value{f': {why}' if why else ''}", err=True)
