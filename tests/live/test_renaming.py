"""Names: where they come from, where they are used, and that another name changes no figure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from folders import SPECS

from cnnspec.diagnostics import InvalidValue, Refused
from cnnspec.diagnostics.fixes import applied
from cnnspec.diagnostics.report import Edit
from cnnspec.format import format_text
from cnnspec.live import renaming, words
from cnnspec.session import Analysis, Session
from cnnspec.source import Source
from cnnspec.syntax import parse

TEXT = """\
let width = 8

def basic(out, stride=1) {
    residual(shortcut=project) { y: conv(out, 3, stride=stride) -> batchnorm }
}

def stage(block, out) {
    block(out, stride=2)
}

net A(classes=10) {
    input image 3x32x32
    stage(basic, width)
    for i in range(2) { basic(width * i + 8) }
    head main { gap -> flatten -> linear(classes) }
}
net B = A(classes=5) { expect params > 3 }
space Few of A { vary classes in [width, 10]; where classes < width * 4, net.params > classes }
"""


def symbol_at(text: str, marked: str) -> words.Symbol | None:
    """What the name before `^` stands for; the mark is taken out."""
    module, _ = Session().load(Source("a.cnn", text))
    found = words.at(words.occurrences(module), text.index(marked) + len(marked))
    return found.symbol if found else None


@pytest.mark.parametrize(
    ("marked", "owner", "name"),
    [
        ("let width", "", "width"),
        ("stage(basic, width", "", "width"),
        ("stride=stride", "basic", "stride"),
        ("    block", "stage", "block"),
        ("block(out, stride", "basic", "stride"),
        ("{ y", "basic", "y"),
        ("for i", "A", "i"),
        ("width * i", "A", "i"),
        ("net B = A", "", "A"),
        ("A(classes", "A", "classes"),
        ("= A(classes", "A", "classes"),
        ("space Few", "", "Few"),
        ("Few of A", "", "A"),
        ("vary classes", "A", "classes"),
        ("in [width", "", "width"),
        ("net.params > classes", "A", "classes"),
        ("linear(classes", "A", "classes"),
        ("image", "A", "image"),
        ("head main", "A", "main"),
    ],
)
def test_what_a_name_stands_for(marked: str, owner: str, name: str) -> None:
    assert symbol_at(TEXT, marked) == words.Symbol("a.cnn", owner, name)


@pytest.mark.parametrize(
    ("marked", "owner", "name"),
    [("-> batchnorm", "", "batchnorm"), ("{ y: conv", "", "conv"), ("conv(out, 3, stride", "conv", "stride")],
)
def test_names_of_the_language_have_no_home(marked: str, owner: str, name: str) -> None:
    assert symbol_at(TEXT, marked) == words.Symbol(words.LANGUAGE, owner, name)


def renamed(text: str, marked: str, name: str) -> str:
    session, source = Session(), Source("a.cnn", text)
    module, _ = session.load(source)
    found = words.at(words.occurrences(module), text.index(marked) + len(marked))
    assert found is not None
    return applied(text, renaming.rename(session, [module], found.symbol, name))


def test_a_parameter_and_the_calls_that_give_it() -> None:
    text = renamed(TEXT, "basic(out, stride", "step")
    assert "def basic(out, step=1)" in text and "stride=step) -> batchnorm" in text
    assert "block(out, step=2)" in text and "stride=2" not in text


def test_parameters_that_are_given_through_a_parameter_are_one() -> None:
    other = "def wide(out, stride=1) { conv(out, 5, stride) }\n"
    text = other + TEXT.replace("stage(basic, width)", "stage(basic, width)\n    stage(wide, width)")
    text = renamed(text, "wide(out, stride", "step")
    assert "wide(out, step=1)" in text and "basic(out, step=1)" in text and "block(out, step=2)" in text


def test_an_argument_that_a_layer_may_get_as_well_keeps_its_name() -> None:
    text = TEXT.replace("stage(basic, width)", "stage(basic, width)\n    stage(maxpool, 2)")
    with pytest.raises(Refused, match="language"):
        renamed(text, "basic(out, stride", "step")


@pytest.mark.parametrize("name", ["for", "a b", "3x3", "", "größe", "x->y"])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(InvalidValue, match="no name"):
        renamed(TEXT, "let width", name)


@pytest.mark.parametrize("name", ["basic", "stage", "conv"])
def test_a_name_that_is_taken_is_refused(name: str) -> None:
    with pytest.raises(Refused, match="something else"):
        renamed(TEXT, "let width", name)


def test_over_files(tmp_path: Path) -> None:
    blocks, net = tmp_path / "blocks.cnn", tmp_path / "net.cnn"
    blocks.write_text("def block(out) { conv(out, 3) -> relu }\n")
    net.write_text('use "blocks.cnn" (block)\n\nnet A { input 3x8x8; block(out=4) }\n')
    session = Session()
    source = Source("blocks.cnn", blocks.read_text(), blocks)
    modules = renaming.family(session, source)
    home = str(blocks.resolve())
    places = renaming.references(modules, words.Symbol(home, "", "block"))
    assert [one.span.source.name for one in places].count("net.cnn") == 2 and places[0].defines
    edits = renaming.rename(session, modules, words.Symbol(home, "block", "out"), "channels")
    assert {edit.span.source.name for edit in edits} == {"blocks.cnn", "net.cnn"}


def figures(analysis: Analysis) -> list[tuple[str, int, int]]:
    return [(net.graph.name, net.costs.total.params, net.costs.total.macs) for net in analysis.nets]


def own_symbols(source: Source, session: Session) -> Iterator[words.Symbol]:
    module, _ = session.load(source)
    home = words.home_of(source)
    seen = dict.fromkeys(o.symbol for o in words.occurrences(module) if o.defines and o.symbol.home == home)
    yield from seen


def check_every_rename(path: Path) -> None:
    """Every name that a spec defines gets a longer one: figures stay, and the layout is the one layout.

    Other specs that use the name are changed with it, in memory.
    """
    session = Session()
    source = Source(path.name, path.read_text(encoding="utf-8"), path.resolve())
    before = figures(session.check(source))
    modules = renaming.family(session, source)
    for number, symbol in enumerate(own_symbols(source, session)):
        edits = renaming.rename(session, modules, symbol, f"another_name_{number}")
        texts = changed(edits)
        text = texts.pop(str(path.resolve()))
        assert text != source.text
        assert all(format_text(parse(Source("a.cnn", text))) == text for text in (text, *texts.values()))
        names = {symbol.name: f"another_name_{number}"} if not symbol.owner else {}
        after = Session(texts=texts).check(Source(path.name, text, path.resolve()))
        assert figures(after) == [(names.get(name, name), *rest) for name, *rest in before]


def changed(edits: Iterable[Edit]) -> dict[str, str]:
    """The texts that edits make of files, by their whole path."""
    by_file: dict[str, list[Edit]] = {}
    for edit in edits:
        by_file.setdefault(str(Path(str(edit.span.source.path)).resolve()), []).append(edit)
    return {path: applied(own[0].span.source.text, own) for path, own in by_file.items()}


def test_every_name_of_a_small_spec(tmp_path: Path) -> None:
    path = tmp_path / "a.cnn"
    path.write_text(format_text(parse(Source("a.cnn", TEXT))), encoding="utf-8")
    check_every_rename(path)


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(SPECS.glob("*.cnn")), ids=lambda path: path.stem)
def test_every_name_of_the_zoo(path: Path) -> None:
    check_every_rename(path)
