"""A session reads a file again and again, keeps what has not changed, and says what a first reading would."""

from __future__ import annotations

import gc
import random
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from folders import SPECS

import cnnspec
from cnnspec.diagnostics import SpecError
from cnnspec.diagnostics import as_dict as as_data
from cnnspec.elaborate import Settings
from cnnspec.elaborate.building.reuse import call_key
from cnnspec.elaborate.calls import defined
from cnnspec.report import as_dict
from cnnspec.session import Analysis, Session
from cnnspec.source import Source

TWO = """def block(out) { conv(out, 3) -> relu }
def other(out) { conv(out, 1) }
net Small { input 3x32x32; block(8) }
net Large { input 3x64x64; block(8) -> other(4) }
"""


def read(session: Session, text: str, path: Path | None = None) -> Analysis:
    return session.check(Source("nets.cnn", text, path))


def said(analysis: Analysis) -> object:
    return [as_data(d) for d in analysis.diagnostics], [as_dict(net) for net in analysis.nets]


def kept(first: Analysis, second: Analysis) -> set[str]:
    """The nets of the second reading that are those of the first."""
    return {net.graph.name for net in second.nets if any(net is old for old in first.nets)}


@pytest.mark.parametrize(
    "old, new, names",
    [
        ("3x64x64", "3x32x32", {"Small"}),
        ("conv(out, 3)", "conv(out, 5)", set()),
        ("conv(out, 1)", "conv(out, 2)", {"Small"}),
        ("other(4) }\n", "other(4) }\n# the end\n", {"Small", "Large"}),
        ("other(4) }", "other(4) }  # allow: small-field", {"Small"}),
        ("def block", "# a comment\ndef block", set()),
    ],
    ids=["a net", "what both use", "what one uses", "lines below", "a comment on a line", "lines above"],
)
def test_a_net_is_kept_where_all_that_it_reads_is_what_it_was(old, new, names):
    session = Session()
    first = read(session, TWO)
    text = TWO.replace(old, new, 1)
    second = read(session, text)
    assert kept(first, second) == names
    assert said(second) == said(read(Session(), text))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("def block", "# a comment\ndef block"),
        ("net Small", "\n\nnet Small"),
        ("other(out)", "other(out=3)"),
        ("    residual(", "  \nresidual("),
    ],
    ids=["all lines", "its own lines", "below another edit", "blanks"],
)
def test_a_net_that_stands_elsewhere_is_moved(old: str, new: str) -> None:
    text = TWO.replace("{ conv(out, 3)", "{\n    residual(shortcut=project) {\n        conv(out,\n  3) }")
    session = Session()
    first, second = read(session, text), read(session, text.replace(old, new, 1))
    alone = read(Session(), text.replace(old, new, 1))
    assert first.nets[0] is not second.nets[0] and first.nets[0].costs is second.nets[0].costs
    assert said(second) == said(alone) and drawn(second) == drawn(alone)


def test_other_settings_are_another_reading():
    session, source = Session(), Source("net.cnn", "net A(n=8) { input 3x32x32; conv(n, 3) }")
    assert session.open(source).net is session.open(source).net
    (wider,) = session.check(source, Settings({"n": 16}, {})).nets
    assert wider.costs.total.params == 2 * session.open(source).net.costs.total.params


def test_a_used_file_is_followed(tmp_path):
    blocks, text = tmp_path / "blocks.cnn", 'use "blocks.cnn" (block)\nnet A { input 3x32x32; block }\n'
    session = Session()
    readings = []
    for kernel in (3, 3, 5):
        blocks.write_text(f"def block {{ conv(8, {kernel}) }}\ndef more {{ relu }}\n")
        readings.append(read(session, text, tmp_path / "nets.cnn"))
    assert kept(readings[0], readings[1]) == {"A"} and kept(readings[1], readings[2]) == set()
    assert [reading.nets[0].costs.total.params for reading in readings] == [224, 224, 608]


def test_a_mistake_that_is_mended_leaves_nothing_behind():
    session = Session()
    read(session, TWO)
    assert read(session, TWO.replace("relu", "rellu")).has_errors
    assert said(read(session, TWO)) == said(read(Session(), TWO))


def edits(text: str, seed: int, count: int) -> list[str]:
    """A text as someone edits it: a stretch goes or a word comes, and every third time it is right again."""
    rng, found = random.Random(seed), []
    words = [" ", "\n", "}", "{", "relu", "conv(8, 3)", "64", "-> ", ",", "# allow: small-field"]
    for number in range(count):
        start = rng.randrange(len(text))
        if rng.random() < 0.5:
            found.append(text[:start] + text[start + rng.randrange(1, 8) :])
        else:
            found.append(text[:start] + rng.choice(words) + text[start:])
        if number % 3 == 2:
            found.append(text)
    return found


@pytest.mark.parametrize("name", ["unet", "lenet", "nin"])
def test_after_any_edit_a_session_says_what_a_first_reading_says(name):
    text = (SPECS / f"{name}.cnn").read_text(encoding="utf-8")
    session = Session()
    for edited in edits(text, seed=1, count=25):
        assert said(read(session, edited)) == said(read(Session(), edited))


SPACES = """\
use std (conv_bn_relu)
def unit(out, act=relu) { residual(shortcut=project) { conv_bn_relu(out, 3) -> conv(out, 1) } -> act }
share head { gap -> flatten -> linear(10) }
let narrow = 8
def body(widths, block=unit) { for w in widths { block(w) * 2 } }
net Family(widths, first=unit) {
    input 3x16x16
    first(narrow)
    body(widths)
    head
}
net A = Family([8, 16])
net B = Family([8, 16, 32], first=unit(act=silu))
space S of Family {
    vary widths[2] in 8..64 step 8
    where params < 1M
}
space T of Family { vary widths in [[8], [16, 8]] }
"""


@pytest.mark.parametrize("seed", range(4))
def test_calls_that_are_kept_make_the_nets_that_a_first_reading_makes(seed: int) -> None:
    session = Session()
    for edited in edits(SPACES, seed, count=25):
        now, first = read(session, edited), read(Session(), edited)
        assert said(now) == said(first)
        assert drawn(now) == drawn(first)
        assert now.spaces == first.spaces


BEHIND = """\
def late(out) { conv(out, 3, strid=2) -> residual { conv(out, 0) } -> nothing }
net A { input 3x8x8; linear(4); late(8) * 3; late(8); late(9) -> late(8) }
net B { input 3x8x8; late(8) * 2 }
"""


@pytest.mark.parametrize("seed", range(2))
def test_calls_behind_a_mistake_that_are_walked_once_say_what_all_of_them_say(seed, monkeypatch):
    def key_of_known(target, bound, value, marked, known):
        is_lost = value is not None and value.shape is None
        return None if is_lost else call_key(target, bound, value, marked, known)

    broken = [BEHIND, *(text for text in edits(SPACES, seed, count=25) if text != SPACES)]
    once = [said(read(Session(), text)) for text in broken]
    monkeypatch.setattr(defined, "call_key", key_of_known)
    assert once == [said(read(Session(), text)) for text in broken]


def drawn(analysis: Analysis) -> list[object]:
    """All of the graphs: layers with their inputs, places and blocks, and what these were called with."""
    found: list[object] = []
    for net in analysis.nets:
        for node in net.graph:
            place = node.span and node.span.place
            found.append((node.name, node.layer, node.inputs, node.shape, place, node.weights_of))
        for block in net.graph.root.walk():
            place = block.span and block.span.place
            found.append((block.path, block.kind, block.title, place, str(block.arguments)))
    return found


def test_a_space_is_kept_where_nothing_of_it_has_changed() -> None:
    session = Session()
    first, second = read(session, SPACES), read(session, SPACES.replace("[16, 8]]", "[16, 9]]"))
    assert first.spaces[0] is second.spaces[0] and first.spaces[1] != second.spaces[1]
    third = read(session, SPACES.replace("narrow = 8", "narrow = 9"))
    assert first.spaces[0] is not third.spaces[0]


def test_a_value_that_is_no_integer_any_more_is_seen() -> None:
    """1 and 1.0 are equal, and not the same argument."""
    session, text = Session(), "let n = 8\nnet A { input 3x8x8; conv(n, 3) }\n"
    assert not read(session, text).has_errors
    assert read(session, text.replace("= 8", "= 8.")).has_errors
    assert not read(session, text).has_errors


def test_edits_leave_memory_where_it_was():
    """Once some edits have filled what is kept, as many again add next to nothing."""
    text = (SPECS / "lenet.cnn").read_text(encoding="utf-8")
    session = Session()
    tracemalloc.start()
    try:
        sizes = []
        for seed in (1, 2):
            for edited in edits(text, seed, count=50):
                read(session, edited)
            read(session, text)
            gc.collect()
            sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert sizes[1] < sizes[0] + 100_000


def test_sixteen_threads_at_once():
    names = [
        "resnet18",
        "vgg11",
        "nin",
        "lenet5",
        "resnet20",
        "alexnet",
        "googlenet",
        "densenetbc_100_12",
    ] * 4
    expected = {name: cnnspec.zoo(name).as_dict() for name in set(names)}
    shared = Session()

    def work(name: str) -> bool:
        same = cnnspec.zoo(name).as_dict() == expected[name]
        deep = "net A { input 3x8x8; " + "{ " * 40 + "relu" + " }" * 40 + " }"
        return same and not shared.check(Source("deep.cnn", deep)).has_errors

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(work, names))


def test_an_edit_below_the_first_line_of_a_net_is_seen():
    session = Session()
    text = "net A {\n    input 3x8x8\n    conv(4, 3)\n}\nnet B = A() {\n    input 3x4x4\n}\n"
    assert [net.costs.inference.macs for net in read(session, text).nets] == [6_912, 1_728]
    other = text.replace("conv(4, 3)", "conv(8, 3)").replace("3x4x4", "3x2x2")
    assert [net.costs.inference.macs for net in read(session, other).nets] == [13_824, 864]


def test_a_block_is_not_taken_for_a_net_of_nearly_its_name() -> None:
    text = "def se_next(c) { conv(c, 3) }\nnet SENext { input 3x8x8; se_next(4) }"
    with pytest.raises(SpecError, match=r"`se_next` is a block of .*, not a net"):
        cnnspec.loads(text, net="se_next")
    assert cnnspec.loads(text, net="senext").name == cnnspec.loads(text, net="SENext").name == "SENext"
