"""Hostile specs: each is answered within twelve million calls, about a second of a processor, and 300 MB.

Calls are counted, not seconds: a count is the same on every machine, however busy.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import cnnspec

pytestmark = pytest.mark.posix
CALLS = 12_000_000
MEGABYTES = 300
RUNNER = """
import json, resource, sys
from pathlib import Path
from cnnspec.session import Session
from cnnspec.spec_files import find_spec
from cnnspec.diagnostics import Report, SpecError, as_text
from cnnspec.elaborate import Limits

def peak_kilobytes():
    # VmHWM is this program's own; ru_maxrss begins at that of the process it was forked from
    status = Path("/proc/self/status")
    if not status.exists():
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak // 1024 if sys.platform == "darwin" else peak
    return int(status.read_text().partition("VmHWM:")[2].split()[0])

def count(frame, event, argument):
    global calls
    calls += event.endswith("call")

for path in sys.argv[1:]:
    calls, report = 0, Report()
    sys.setprofile(count)
    try:
        source, net = find_spec(path, report, Limits())
        found = report.diagnostics if source is None else Session().check(source, net=net).diagnostics
    except SpecError as error:
        found = error.diagnostics
    assert all(map(as_text, found))
    sys.setprofile(None)
    peak = peak_kilobytes() // 1024
    print(json.dumps({"codes": [d.code for d in found], "calls": calls, "megabytes": peak}))
"""


def answers(*paths: str) -> list[dict[str, Any]]:
    """What a process of its own says about each of some specs, with the calls it took and its peak memory."""
    run = subprocess.run(
        [sys.executable, "-c", RUNNER, *paths], capture_output=True, text=True, timeout=600, check=False
    )
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


def check(path: Path) -> list[str]:
    """The codes of what is said about a spec, once it has been held to the bounds."""
    (answer,) = answers(str(path))
    assert answer["calls"] < CALLS and answer["megabytes"] < MEGABYTES
    return answer["codes"]


def in_net(statements: str) -> str:
    return f"net A {{\n    input 3x32x32\n    {statements}\n}}\n"


TEXTS = {
    "repeat": (in_net("conv(8, 3) * 1_000_000_000"), "bound-nodes"),
    "repeat of nothing": (in_net("{} * 999_000"), "bound-steps"),
    "repeat of dense": (in_net("dense(10**9) { conv(8, 3) }"), "bound-nodes"),
    "recursion": ("def f(n) { conv(n, 3) -> f(n) }\n" + in_net("f(8)"), "bound-nesting"),
    "doubling": (
        "def f(n) { if n > 0 { f(n - 1); f(n - 1) } }\n" + in_net("f(90)\n    relu"),
        "bound-steps",
    ),
    "width": (in_net("conv(10**18, 3)"), "bound-integer"),
    "width in words": (in_net("conv(1000000000000000000, 3)"), "bound-integer"),
    "digits": (in_net(f"conv({'9' * 100_000}, 3)"), "bound-integer"),
    "dims": (in_net(f"conv(8, {'9' * 50_000}x3)"), "bound-integer"),
    "power": (in_net("conv(2**2**2**9, 3)"), "bound-integer"),
    "negative power": (in_net("conv(8, 2**-(10**15))"), "argument-value"),
    "braces": ("net A " + "{" * 100_000 + "}" * 100_000, "bound-nesting"),
    "parentheses": (in_net("conv(" + "(" * 100_000 + "3" + ")" * 100_000 + ", 3)"), "bound-nesting"),
    "open parentheses": (in_net("conv(" + "(" * 100_000), "bound-nesting"),
    "brackets": (in_net("let a = " + "[" * 100_000), "bound-nesting"),
    "comprehension": (in_net("let a = [i for i in range(10**9)]\n    relu"), "bound-list"),
    "comprehensions": (
        in_net("let a = [0 for i in range(9999) for j in range(9999)]\n    relu"),
        "bound-steps",
    ),
    "lists of lists": (in_net("let a = [range(99999) for i in range(9999)]\n    relu"), "bound-steps"),
    "list times": (in_net("let a = [1] * 10**9\n    relu"), "bound-list"),
    "list doubled": (
        in_net("let a = [1] * 60000\n    let b = a + a + a\n    relu"),
        "bound-list",
    ),
    "a list of equal lists": (in_net(f"conv({'[' * 60}1{'] * 2' * 60}, 3)"), "bound-list"),
    "a list doubled at each call": (
        "def f(x, n) { relu; if n > 0 { f([x, x], n - 1) } }\n" + in_net("f([1], 90)"),
        "bound-list",
    ),
    "a list put into a list at each call": (
        "def f(x, n) { relu; if n > 0 { f([[[[x]]]], n - 1) } }\n" + in_net("f([1], 90)"),
        "bound-nesting",
    ),
    "loop": (in_net("for i in range(99999) { for j in range(99999) {} }\n    relu"), "bound-steps"),
    "mistakes": (in_net("for i in range(9999) { cnv(8, 3) }"), "unknown-block"),
    "long name": (in_net("a" * 200_000), "unknown-block"),
    "long chain": (in_net("relu" + " -> relu" * 5_000 + " -> rellu"), "unknown-block"),
    "long sum": (in_net("conv(8, 1" + " + 1" * 9_000 + ", pad=0)"), "window-too-large"),
    "many nots": (in_net("if " + "not " * 20_000 + "3 { relu }"), "type"),
    "many minuses": (in_net("conv(" + "-" * 20_001 + "3, 3)"), "argument-value"),
    "else if": (
        in_net("if false { relu }" + " else if false { relu }" * 3_000 + " else { rellu }"),
        "unknown-block",
    ),
    "NUL": ("net A {\n    input 3x32x32\n    \x00conv(8, 3)\n}\n", "character"),
    "controls": (in_net("\x1b[31m conv(8, 3)"), "character"),
    "right to left": (in_net("\u202e conv(8, 3)"), "character"),
    "letters": (in_net("größe: conv(8, 3)"), "character"),
    "blanks": (in_net(" " * 1_000_000 + "rellu"), "unknown-block"),
    "lines": ("\n" * 1_000_000 + in_net("rellu"), "unknown-block"),
    "comments": ("# a\n" * 200_000 + in_net("rellu"), "unknown-block"),
    "quotes": (in_net('let a = "' + "x" * 100_000), "unclosed"),
    "errors": (in_net("conv(8 3)\n" * 200), "syntax"),
    "arrows": (in_net("-> " * 20_000), "syntax"),
    "closing braces": ("}\n" * 50_000, "unopened"),
    "nets given by nets": (
        "net N0 { input 4; relu }\n" + "\n".join(f"net N{i + 1} = N{i}" for i in range(300)),
        "bound-nesting",
    ),
    "else without end": (
        in_net("if false { relu } else { " * 5_000 + "relu" + " }" * 5_000),
        "bound-nesting",
    ),
    "a tower of comprehensions": (
        in_net("let a = [0 " + "".join(f"for i{n} in range(2) " for n in range(40)) + "]\n    relu"),
        "bound-steps",
    ),
    "a Python word": (in_net("lambda: conv(8, 3)"), "python-word"),
    "a label like a layer": (in_net("relu: conv(8, 3)"), "label-taken"),
    "use outside": ('use "../../../../../../../etc/passwd" (f)\n' + in_net("relu"), "use-outside"),
    "use a long name": (f'use "{"a" * 5_000}" (f)\n' + in_net("relu"), "use-origin"),
}


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """All hostile texts, answered by one process."""
    folder = tmp_path_factory.mktemp("hostile")
    paths = []
    for number, (text, _) in enumerate(TEXTS.values()):
        paths.append(folder / f"spec{number}.cnn")
        paths[-1].write_text(text, encoding="utf-8")
    return dict(zip(TEXTS, answers(*map(str, paths)), strict=True))


@pytest.mark.xdist_group("hostile")
@pytest.mark.parametrize("name", TEXTS)
def test_a_hostile_text(name: str, answered: dict[str, dict[str, Any]]) -> None:
    answer = answered[name]
    assert set(answer["codes"]) == {TEXTS[name][1]}
    assert answer["calls"] < CALLS
    assert answer["megabytes"] < MEGABYTES


def test_line_ends_and_byte_order_mark(tmp_path: Path) -> None:
    spec = tmp_path / "spec.cnn"
    spec.write_bytes(b"\xef\xbb\xbf" + in_net("conv(8, 3)\n    relu").replace("\n", "\r\n").encode())
    assert check(spec) == []


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    spec = tmp_path / "spec.cnn"
    spec.write_bytes(b"net A { input 784 }\n# caf\xe9\n")
    assert check(spec) == ["encoding"]


def test_a_file_of_a_gigabyte(tmp_path: Path) -> None:
    spec = tmp_path / "spec.cnn"
    with spec.open("wb") as file:
        file.truncate(2**30)
    assert check(spec) == ["file"]


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.cnn")
    for path in (tmp_path, tmp_path / "pipe.cnn", tmp_path / "none.cnn", Path("/dev/zero")):
        assert check(path) == ["file"]


def test_files_that_use_each_other(tmp_path: Path) -> None:
    for a, b in ("ab", "bc", "ca"):
        (tmp_path / f"{a}.cnn").write_text(f'use "{b}.cnn" (x)\ndef x {{ relu }}\n', encoding="utf-8")
    assert "use-cycle" in check(tmp_path / "a.cnn")


def test_files_that_use_another_without_end(tmp_path: Path) -> None:
    for i in range(300):
        (tmp_path / f"f{i}.cnn").write_text(f'use "f{i + 1}.cnn" (x)\n', encoding="utf-8")
    assert set(check(tmp_path / "f0.cnn")) == {"bound-nesting"}


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("the secret", encoding="utf-8")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link.cnn").symlink_to(tmp_path / "secret")
    (folder / "a.cnn").write_text('use "link.cnn" (x)\n', encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "cnnspec", "check", str(folder / "a.cnn")],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert run.returncode == 1 and "use-outside" in run.stderr and "the secret" not in run.stderr


@pytest.mark.posix
@pytest.mark.parametrize("used", ["one.cnn", "self/x.cnn"])
def test_links_that_lead_in_a_circle_are_said_to(used: str, tmp_path: Path) -> None:
    for link, target in (("one.cnn", "two.cnn"), ("two.cnn", "one.cnn"), ("self", "self")):
        (tmp_path / link).symlink_to(target)
    (tmp_path / "a.cnn").write_text(f'use "{used}" (x)\nnet A {{ input 3x8x8; relu }}\n', encoding="utf-8")
    with pytest.raises(cnnspec.SpecError) as caught:
        cnnspec.load(tmp_path / "a.cnn")
    (found,) = caught.value.diagnostics
    assert (found.code, found.message) == (
        "use-origin",
        f"the links of `{used}` lead in a circle, and to no file",
    )
