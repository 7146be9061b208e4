"""Documents that run: the fenced blocks of a Markdown file, executed in order in one folder.

    ```cnn title=edge.cnn       a spec: written to that file, and checked
    ```python title=a.py        a script: written to that file, for a command to run
    ```cnn wrong                one with a mistake; `part` is no whole file, and is not checked
    ```cnn free                 laid out otherwise than `cnnspec fmt` would; `warned` has a warning
    ```console                  `$ command` lines, each with the output that it prints
    ```python                   run in one namespace for the whole file; a ```text block after it: its output

In an output `...` alone on a line stands for any lines, and `[..]` for any text within one.
`pytest --update-golden` rewrites the outputs, keeping those marks where they still match.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from diagnose import diagnose, shown, with_options

FENCE = re.compile(r"^```(\w+)([^\n]*)\n((?s:.*?))^```$", re.MULTILINE)


@dataclass(frozen=True)
class Fenced:
    """One fenced block: its language, the rest of its info line, its text and where the text stands."""

    language: str
    info: str
    text: str
    start: int

    @property
    def title(self) -> str:
        """The file name given by `title=`, or nothing."""
        words = dict(word.split("=", 1) for word in shlex.split(self.info) if "=" in word)
        return words.get("title", "")


def fenced_blocks(document: str) -> list[Fenced]:
    """The fenced blocks of a Markdown text, in order."""
    return [Fenced(m[1], m[2].strip(), m[3], m.start(3)) for m in FENCE.finditer(document)]


def matches(expected: str, found: str) -> bool:
    """Whether an output is as a document shows it."""
    parts = []
    for line in expected.rstrip("\n").split("\n"):
        if line.strip() == "...":
            parts.append(r"(?:[^\n]*\n)*?")
        else:
            parts.append(re.escape(line.rstrip()).replace(re.escape("[..]"), r"[^\n]*") + r"[ \t]*\n")
    return re.fullmatch("".join(parts), found.rstrip("\n") + "\n") is not None


def with_marks(expected: str, found: str) -> str:
    """An output as it is, but for the lines that an expected line with `[..]` stands for."""
    marked = [line for line in expected.splitlines() if "[..]" in line]
    lines = [line.rstrip() for line in found.rstrip("\n").splitlines()]
    return "\n".join(next((mark for mark in marked if matches(mark, line)), line) for line in lines)


def commands(console: str) -> list[tuple[str, str]]:
    """The commands of a console block, each with the output shown under it."""
    steps: list[tuple[str, list[str]]] = []
    for line in console.splitlines():
        if line.startswith("$ "):
            steps.append((line[2:], []))
        elif steps and steps[-1][0].endswith("\\"):
            steps[-1] = (f"{steps[-1][0]}\n{line}", [])
        elif steps:
            steps[-1][1].append(line)
    return [(command, "\n".join(output).strip("\n")) for command, output in steps]


def shell(command: str, folder: Path, programs: Path | None = None) -> str:
    """What a command prints, standard error included, run in a folder with this environment's programs.

    `programs` is the folder of programs of another environment.
    """
    first = programs or Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{first}{os.pathsep}{os.environ['PATH']}"}
    if programs:
        environment.pop("PYTHONPATH", None)
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, timeout=600
    )
    return done.stdout + done.stderr


def execute(document: str, folder: Path) -> tuple[str, list[str]]:
    """Run the blocks of a document; gives it with the outputs as they are, and what did not match."""
    problems: list[str] = []
    pieces: list[str] = []
    position = 0
    namespace: dict[str, object] = {"__name__": "__main__"}
    printed: str | None = None
    for block in fenced_blocks(document):
        text = block.text
        if block.title:
            (folder / block.title).write_text(text, encoding="utf-8")
        if block.language == "console":
            text, wrong = run_console(text, folder)
            problems += wrong
        elif block.language == "python" and not block.title:
            printed = run_python(text, namespace, folder)
        elif block.language == "text" and printed is not None:
            if not matches(text, printed):
                problems.append(f"the output is\n{printed}\nnot\n{text}")
                text = with_marks(text, printed) + "\n"
            printed = None
        elif block.language == "cnn" and block.info != "part":
            wrong_output = check_spec(block, folder)
            problems += [wrong_output] if wrong_output else []
        pieces += [document[position : block.start], text]
        position = block.start + len(block.text)
    return "".join([*pieces, document[position:]]), problems


def run_console(console: str, folder: Path) -> tuple[str, list[str]]:
    """The console block with the outputs as they are, and what did not match."""
    lines, problems = [], []
    for command, expected in commands(console):
        found = shell(command, folder).strip("\n")
        lines.append(f"$ {command}")
        if matches(expected, found):
            shown = expected
        else:
            problems.append(f"$ {command}\nprints\n{found}\nnot\n{expected}")
            shown = with_marks(expected, found)
        lines += [shown] if shown else []
    return "\n".join(lines) + "\n", problems


def run_python(code: str, namespace: dict[str, object], folder: Path) -> str:
    """What Python code prints, run in a namespace and a folder."""
    out = io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(out):
        exec(compile(code, "<document>", "exec"), namespace)
    return out.getvalue()


def check_spec(block: Fenced, folder: Path) -> str:
    """What is wrong with a spec in a document; nothing where it is as the document says.

    One marked `wrong` must be told a mistake; options after it are those of `cnnspec check`.
    """
    path = folder / (block.title or "block.cnn")
    path.write_text(block.text, encoding="utf-8")
    words = shlex.split(block.info)
    if words and words[0] in ("wrong", "right"):
        found = with_options(block.text, path, tuple(words[1:]))
    else:
        found = diagnose(block.text, path.name, path)
    if words and words[0] == "wrong":
        return "" if found else f"{block.text}\nhas nothing wrong"
    errors = tuple(d for d in found if d.severity == "error" and d.code != "no-net")
    return f"{block.text}\nsays\n{shown(errors)}" if errors else ""
