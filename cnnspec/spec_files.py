"""Which text a command line means: FILE, FILE:NET, `-` for standard input, or a net of the zoo."""

from __future__ import annotations

import sys
from os.path import basename, exists, isdir, splitext

from cnnspec.caching import lru_cache
from cnnspec.diagnostics.report import Diagnostic, Report, SpecError
from cnnspec.elaborate import Limits
from cnnspec.elaborate.mistakes.suggest import suggest
from cnnspec.files import decode, read_source, shipped
from cnnspec.source import Source
from cnnspec.syntax.outline import headings
from cnnspec.typed import TYPE_CHECKING, Iterable, Iterator

if TYPE_CHECKING:  # what names a file needs none of it
    from pathlib import Path

SPECS = shipped("specs")


def find_spec(
    spec: str, report: Report, limits: Limits, *, spaces: bool = False
) -> tuple[Source | None, str | None]:
    """The source that a command line means and the net it picks; no source after an error.

    With `spaces`, one of the zoo is meant by its name as well.
    Raises SpecError where there is neither a file nor a net of the zoo of that name.
    """
    file, colon, net = spec.rpartition(":")
    if not colon or (exists(spec) and not exists(file)):
        file, net = spec, ""
    if not file:
        report.error("file", None, "the name of a spec is empty")
        return None, None
    if file == "-":
        data = sys.stdin.buffer.read(limits.file_size + 1)
        if len(data) > limits.file_size:
            report.error("file", None, f"standard input has more than {limits.file_size} bytes, the bound")
            return None, None
        return decode(data, "<stdin>", None, report), net or None
    if not colon and not exists(file) and plain_name(file) in zoo_nets(file):
        path, name = zoo_entry(file)
        return read_source(path, path.name, report, limits), name
    if spaces and not colon and not exists(file) and (found := zoo_spaces().get(plain_name(file))):
        return read_source(found[0], found[0].name, report, limits), found[1]
    if not exists(file):
        if not file.endswith(".cnn"):
            zoo_entry(file)
        for name in (net, splitext(basename(file))[0]):
            if plain_name(name) in zoo_nets(name):
                cure = f"a net of the zoo goes without a file: {plain_name(name)}"
                report.error("file", None, f"cannot read {file}: there is no such file", help=cure)
                return None, None
    return read_source(file, file, report, limits), net or None


def expanded(specs: Iterable[str], report: Report) -> Iterator[str]:
    """What a command line means, a folder by the .cnn files in it and in its folders, but for hidden ones.

    A folder that has none is reported.
    """
    for spec in specs:
        if not isdir(spec):
            yield spec
            continue
        from pathlib import Path

        folder = Path(spec)
        inside = (path.relative_to(folder) for path in folder.rglob("*.cnn") if path.is_file())
        found = sorted(path for path in inside if not any(part.startswith(".") for part in path.parts))
        if not found:
            report.error("file", None, f"there is no .cnn file in the folder {spec}")
        yield from (str(folder / path) for path in found)


def zoo_entry(name: str) -> tuple[Path, str]:
    """The file of a net of the zoo, and the net's name as written there. Raises SpecError."""
    found = zoo_nets(name).get(plain_name(name))
    if found is None:
        known = [net for _, net in zoo_nets().values()]
        message = f"there is no file and no net of the zoo called `{name}`"
        cure = suggest(name, known) or "`cnnspec zoo` lists them"
        raise SpecError((Diagnostic("file", "error", message, help=cure),))
    return found


def zoo_nets(about: str = "") -> dict[str, tuple[Path, str]]:
    """The nets that ship: file and name, by their names in lower case without `_` and `-`.

    `about` a name: those of the files in whose text the name stands, which alone are read.
    """
    found: dict[str, tuple[Path, str]] = {}
    for path in spec_paths():
        text = path.read_text(encoding="utf-8")
        if plain_name(about) in plain_name(text):
            found |= {plain_name(name): (path, name) for name in _nets_in(text)}
    return found


def zoo_spaces() -> dict[str, tuple[Path, str]]:
    """The spaces that ship: file and name, by their names in lower case without `_` and `-`."""
    found: dict[str, tuple[Path, str]] = {}
    for path in spec_paths():
        heads = headings(path.read_text(encoding="utf-8"))
        found |= {plain_name(one.name): (path, one.name) for one in heads if one.word == "space"}
    return found


def spec_paths() -> list[Path]:
    """The files of the zoo, in order."""
    from pathlib import Path

    return sorted(Path(SPECS).glob("*.cnn"))


@lru_cache(maxsize=128)
def _nets_in(text: str) -> tuple[str, ...]:
    return tuple(heading.name for heading in headings(text) if heading.word == "net")


def zoo_files() -> frozenset[Path]:
    """The specs that ship."""
    from pathlib import Path

    return frozenset(Path(SPECS).glob("*.cnn"))


def plain_name(name: str) -> str:
    """A name as it is compared: lower case, without `_` and `-` but between digits (3_2gf is not 32gf)."""
    before, *rest = name.lower().replace("-", "_").split("_")
    plain = before
    for part in rest:
        between = "_" if before[-1:].isdecimal() and part[:1].isdecimal() else ""
        plain, before = plain + between + part, part
    return plain
