"""Where a name is used, over files; and another name for it, which changes no figure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from cnnspec.diagnostics.fixes import applied
from cnnspec.diagnostics.report import Edit, InvalidValue, Refused, Report
from cnnspec.elaborate.module import Module
from cnnspec.files import read_source
from cnnspec.format import format_text
from cnnspec.live.flows import joined
from cnnspec.live.symbols import LANGUAGE, Occurrence, Symbol, home_of, homes
from cnnspec.live.words import occurrences
from cnnspec.session import Analysis, Session
from cnnspec.source import Source, Span
from cnnspec.syntax import parse
from cnnspec.syntax.tokens import RESERVED, tokenize

MOST_FILES = 1_000
"""How many files of a folder are looked through."""


def family(session: Session, source: Source, folders: Iterable[Path] = ()) -> list[Module]:
    """A file and all that may share names with it: the other specs of its folder, and of some others."""
    texts = {home_of(source): source}
    beside = [Path(source.path).resolve().parent] if source.path is not None else []
    for folder in dict.fromkeys([*beside, *folders]):
        for path in _specs(folder):
            if str(path) not in texts:
                found = read_source(path, path.name, Report(), session.limits)
                if found is not None:
                    texts[str(path)] = replace(found, path=path)
    return [session.load(text)[0] for text in texts.values()]


def _specs(folder: Path) -> Iterator[Path]:
    found = sorted(path for path in folder.rglob("*.cnn") if path.is_file())[:MOST_FILES]
    return (path.resolve() for path in found)


def references(modules: Iterable[Module], symbol: Symbol) -> list[Occurrence]:
    """All places of a name, in files that share names; those first that define it."""
    known = list(modules)
    symbols = joined(known, symbol)
    found = [one for module in known for one in occurrences(module) if one.symbol in symbols]
    return sorted(found, key=lambda one: not one.defines)


def rename(session: Session, modules: Iterable[Module], symbol: Symbol, name: str) -> list[Edit]:
    """The edits, of all files, that give a symbol another name.

    Raises InvalidValue where the name cannot be one, and Refused where a spec would mean something else.
    """
    known = list(modules)
    (token, *more) = tokenize(name) or [None]
    if token is None or more or token.kind != "NAME" or token.text != name or name in RESERVED:
        raise InvalidValue(f"`{name}` is no name: letters, digits and _, none of the words of the language")
    for one in joined(known, symbol):
        if one.home == LANGUAGE:
            owner = f", of `{one.owner}`" if one.owner else ""
            raise Refused(f"`{symbol.name}` is a name of the language{owner}")
    edits = [Edit(one.span, name) for one in references(known, symbol)]
    changed = {home_of(edit.span.source) for edit in edits}
    for module in known:
        if changed & homes(module).keys():
            _keeps_its_meaning(session, module.source, edits, symbol.name, name)
    return [edit for module in known for edit in _laid_out(module.source, edits)]


def _laid_out(source: Source, edits: Iterable[Edit]) -> list[Edit]:
    """The edits of one file; the whole of it, where it was laid out and a longer name would change that."""
    own = [edit for edit in edits if home_of(edit.span.source) == home_of(source)]
    renamed = applied(source.text, own)
    layout = format_text(parse(replace(source, text=renamed)))
    if not own or layout == renamed or format_text(parse(source)) != source.text:
        return own
    return [Edit(Span(source, 0, len(source.text)), layout)]


def _keeps_its_meaning(session: Session, source: Source, edits: list[Edit], old: str, new: str) -> None:
    """Raise Refused where a file has other mistakes or figures after edits."""
    before = Session(include=session.include, limits=session.limits).check(source)
    texts = {
        home: applied(text.text, [edit for edit in edits if home_of(edit.span.source) == home])
        for home, text in {home_of(edit.span.source): edit.span.source for edit in edits}.items()
    }
    changed = replace(source, text=texts.get(home_of(source), source.text))
    after = Session(include=session.include, limits=session.limits, texts=texts).check(changed)
    if _figures(before) == _figures(after) and _codes(before) == _codes(after):
        return
    worse = next((one for one in after.diagnostics if one.severity == "error"), None)
    reason = f": {worse.message}" if worse else ""
    raise Refused(f"with `{new}` in place of `{old}`, {source.name} would mean something else{reason}")


def _figures(analysis: Analysis) -> list[tuple[int, int, int]]:
    return [(len(net.graph), net.costs.total.params, net.costs.total.macs) for net in analysis.nets]


def _codes(analysis: Analysis) -> Mapping[str, int]:
    return Counter(one.code for one in analysis.diagnostics)
