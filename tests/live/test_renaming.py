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
from cnnspec.live import flows, renaming, symbols, words
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


def symbol_at(text: str, marked: str) -> symbols.Symbol | None:
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
    assert symbol_at(TEXT, marked) == symbols.Symbol("a.cnn", owner, name)


@pytest.mark.parametrize(
    ("marked", "owner", "name"),
    [("-> batchnorm", "", "batchnorm"), ("{ y: conv", "", "conv"), ("conv(out, 3, stride", "conv", "stride")],
)
def test_names_of_the_language_have_no_home(marked: str, owner: str, name: str) -> None:
    assert symbol_at(TEXT, marked) == symbols.Symbol(symbols.LANGUAGE, owner, name)


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


def test_a_share_within_a_body_belongs_to_it() -> None:
    text = "net A {\n    input 3x8x8\n    share same(n) { conv(n, 3) }\n    same(3) -> same(n=3)\n}\n"
    assert symbol_at(text, "share same") == symbols.Symbol("a.cnn", "A", "same")
    assert renamed(text, "same", "one") == text.replace("same(", "one(")
    assert renamed(text, "conv(n", "width") == (
        text.replace("(n)", "(width)").replace("n, 3", "width, 3").replace("n=3", "width=3")
    )


def test_labels_of_a_call_are_opened_by_their_names() -> None:
    text = "def inner { z: relu }\ndef block { x: conv(3, 3); y: inner }\n"
    text += (
        "net A { input 3x8x8; for i in range(2) { b[i]: block }; add(b[0].x, b[1].y.z); b[0].y.z -> relu }\n"
    )
    assert symbol_at(text, "b[0].x") == symbols.Symbol("a.cnn", "block", "x")
    assert renamed(text, "{ x", "one") == text.replace("x:", "one:").replace(".x", ".one")
    assert renamed(text, "{ z", "one") == text.replace("z:", "one:").replace(".z", ".one")
    assert renamed(text, "; y", "one") == text.replace("y:", "one:").replace(".y", ".one")


def test_a_block_that_is_given_to_a_net_of_another_file(tmp_path: Path) -> None:
    family, net = tmp_path / "family.cnn", tmp_path / "net.cnn"
    family.write_text("net Family(block) { input 3x8x8; for b in [block] { b(8, stride=2) } }\n")
    text = (
        'use "family.cnn" (Family)\ndef wide(out, stride=1) { conv(out, 3, stride) }\nnet A = Family(wide)\n'
    )
    session, source = Session(), Source("net.cnn", text, net)
    modules = renaming.family(session, source)
    symbol = symbols.Symbol(str(net.resolve()), "wide", "stride")
    after = changed(renaming.rename(session, modules, symbol, "step"))
    assert after[str(family.resolve())] == family.read_text().replace("stride", "step")
    assert after[str(net.resolve())] == text.replace("stride", "step")


def test_what_a_residual_gives_its_shortcut_keeps_its_name() -> None:
    text = "def pooled(out, stride, act=relu) { avgpool(stride) -> conv(out, 1) -> act }\n"
    text += "def step(block, out) { block(out, stride=2) }\ndef down(out, stride) { conv(out, 3, stride) }\n"
    text += "net A { input 3x8x8; residual(shortcut=pooled) { step(down, 8) } }\n"
    with pytest.raises(Refused, match="`out` is a name of the language, of `residual`"):
        renamed(text, "pooled(out", "width")
    assert "step(block, out) { block(out, by=2) }\ndef down(out, by)" in renamed(
        text, "down(out, stride", "by"
    )
    assert "act_of_it=relu" in renamed(text, "stride, act", "act_of_it")


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
    places = renaming.references(modules, symbols.Symbol(home, "", "block"))
    assert [one.span.source.name for one in places].count("net.cnn") == 2 and places[0].defines
    edits = renaming.rename(session, modules, symbols.Symbol(home, "block", "out"), "channels")
    assert {edit.span.source.name for edit in edits} == {"blocks.cnn", "net.cnn"}


def test_a_file_beside_it_that_shares_no_name_is_left_as_it_is(tmp_path: Path) -> None:
    mine, other = tmp_path / "a.cnn", tmp_path / "other.cnn"
    for path in (mine, other):
        path.write_text(TEXT)
    session = Session()
    modules = renaming.family(session, Source("a.cnn", TEXT, mine))
    edits = renaming.rename(session, modules, symbols.Symbol(str(mine.resolve()), "basic", "stride"), "step")
    assert {edit.span.source.name for edit in edits} == {"a.cnn"}


def figures(analysis: Analysis) -> list[tuple[str, int, int]]:
    return [(net.graph.name, net.costs.total.params, net.costs.total.macs) for net in analysis.nets]


def own_symbols(source: Source, session: Session) -> Iterator[symbols.Symbol]:
    module, _ = session.load(source)
    home = symbols.home_of(source)
    seen = dict.fromkeys(o.symbol for o in words.occurrences(module) if o.defines and o.symbol.home == home)
    yield from seen


def check_every_rename(path: Path) -> None:
    """Every name that a spec defines gets a longer one: figures stay, and the layout is the one layout.

    What the language calls so, as the width that a shortcut is given, keeps its name.
    Other specs that use the name are changed with it, in memory.
    """
    session = Session()
    source = Source(path.name, path.read_text(encoding="utf-8"), path.resolve())
    before = figures(session.check(source))
    modules = renaming.family(session, source)
    for number, symbol in enumerate(own_symbols(source, session)):
        if any(one.home == symbols.LANGUAGE for one in flows.joined(modules, symbol)):
            with pytest.raises(Refused, match="language"):
                renaming.rename(session, modules, symbol, f"another_name_{number}")
            continue
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
