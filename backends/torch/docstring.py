"""The docstring of a class: what the spec says of it, and the shapes that go in and come out.

    # 1x1 down, 3x3, 1x1 up                 \"\"\"1x1 down, 3x3, 1x1 up
    def bottleneck(width, stride=1) {
                                            (N, in_channels, H, W) -> (N, 4 * width, H / stride, W / stride)
                                            \"\"\"

A size is a letter where instances differ; where it follows from that of the input in no simple way, shapes
are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, count
from textwrap import wrap

from cnnspec.backends.torch.expressions import Column, find
from cnnspec.backends.torch.fields import GeneratedClass
from cnnspec.backends.torch.layout import WIDTH
from cnnspec.graph import Block, Graph

AXES = ("", "L", "HW", "DHW")
"""The letters of spatial axes, by how many there are."""
LETTERS = ("C", "K", "M", *(f"C{number}" for number in range(1, 99)))
"""What stands for channels that no parameter gives."""
MOST_PARAGRAPHS = 2
KEPT = "\xa0"
"""A blank at which no line is broken."""


def docstring(graph: Graph, made: GeneratedClass, indent: int = 4) -> list[str]:
    """The lines of the docstring of a class."""
    said = about(made.template.block) or _place(made.template.block)
    paragraphs = [part for part in (*said, shapes(graph, made)) if part]
    return quoted(paragraphs, indent) if paragraphs else []


def quoted(paragraphs: Sequence[str], indent: int) -> list[str]:
    """Paragraphs between the quotes of a docstring, one empty line apart."""
    margin = " " * indent
    if len(paragraphs) == 1 and len(paragraphs[0]) + indent + 6 <= WIDTH:
        return [f'{margin}"""{paragraphs[0]}"""'.replace(KEPT, " ")]
    # a lone row that leaves no room for the quotes behind it is broken
    room = [WIDTH - indent - (6 if len(paragraphs) == 1 else 3), *[WIDTH - indent] * (len(paragraphs) - 1)]
    blocks = [wrap(paragraph, width) for paragraph, width in zip(paragraphs, room, strict=True)]
    rows = [row for block in blocks for row in (*block, "")][:-1]
    rows[0] = f'"""{rows[0]}'
    return [(margin + row).replace(KEPT, " ") if row else "" for row in (*rows, '"""')]


def about(block: Block) -> list[str]:
    """What the comment above the definition of a block says, of a net else that at the top of its file."""
    if block.definition is None:
        return []
    source, line = block.definition.source, block.definition.line
    said = source.comment_above(line)
    if not said and block.kind == "net":
        first = next(number for number in count(1) if not source.line_text(number).startswith("#"))
        said = source.comment_above(first)
    return comment_paragraphs(said)


def comment_paragraphs(lines: Sequence[str]) -> list[str]:
    """The paragraphs of a comment, as text that is safe in a docstring."""
    paragraphs: list[list[str]] = [[]]
    for line in lines:
        text = line.lstrip("#").strip()
        if not text:
            paragraphs.append([])
        elif not text.startswith("allow:"):
            paragraphs[-1].append(text)
    return [plain(" ".join(part)) for part in paragraphs if part][:MOST_PARAGRAPHS]


def plain(text: str) -> str:
    """A text that neither ends a docstring nor escapes in it."""
    shown = "".join(letter if letter.isprintable() else "_" for letter in text).replace("\\", "/")
    inside = '""' not in shown and shown[:1] != '"' != shown[-1:]
    return shown if inside else shown.replace('"', "'")


def _place(block: Block) -> list[str]:
    """Of a part that has no name in the spec, what it is a part of."""
    if block.kind not in ("section", "residual", "join", "arm", "shortcut"):
        return []
    outer = next(each for each in block.ancestors() if each is not block and each.title)
    word = "branch" if block.kind == "arm" else block.title or block.kind
    return [f"The {plain(word)} of {plain(outer.title)}."]


def shapes(graph: Graph, made: GeneratedClass) -> str:
    """What goes in and what comes out; nothing where that is said in no simple way."""
    scope = made.template
    written = ShapeWriter(made)
    values = [written.value(slot) for slot in range(len(written.rows[0]))]
    if not all(values):
        return ""
    taken, given = values[: len(scope.inputs)], values[len(scope.inputs) :]
    if scope.block is graph.root:
        heads = [given[scope.outputs.index(node)] for node in graph.outputs.values()]
        taken, given = _named(graph.inputs, taken), _named(tuple(graph.outputs), heads)
    return f"{', '.join(taken)} -> {', '.join(given)}"


def _named(names: Sequence[str], values: Sequence[str]) -> list[str]:
    """Each value behind its name, where there are several."""
    pairs = zip(names, values, strict=True)
    return [f"{plain(name)} {value}" if len(names) > 1 else value for name, value in pairs]


class ShapeWriter:
    """Writes the shapes that flow in and out of the instances of a class, a row of shapes for each."""

    def __init__(self, made: GeneratedClass):
        self.known = {parameter.name: parameter.column for parameter in made.parameters}
        self.rows = [(*one.taken, *one.shapes) for one in made.instances]

    def value(self, slot: int) -> str:
        """One value: `(N, 2 * width, H, W)`; nothing where its size is not known."""
        column = tuple(row[slot] for row in self.rows)
        ranks = {len(shape) for shape in column}
        if len(ranks) > 1 or max(ranks) > len(AXES):
            return ""
        parts = ["N", self._channels(tuple(shape[0] for shape in column))]
        for axis, letter in enumerate(AXES[ranks.pop() - 1], start=1):
            parts.append(self._size(axis, tuple(shape[axis] for shape in column), letter))
        return f"({', '.join(parts)})".replace(" ", KEPT) if all(parts) else ""

    def _channels(self, column: Column) -> str:
        """A number, or in terms of the parameters; where there is none that gives it, a letter."""
        if len(set(column)) == 1:
            return str(column[0])
        found = find(column, self.known, "channels")
        if found is not None:
            return found.text
        counts = [name for name, values in self.known.items() if all(type(value) is int for value in values)]
        for names in (names for size in (3, 4) for names in combinations(counts, size)):
            if column == tuple(map(sum, zip(*(self.known[name] for name in names), strict=True))):
                return " + ".join(names)
        letter = next(letter for letter in LETTERS if letter not in self.known)
        self.known[letter] = column
        return letter

    def _size(self, axis: int, sizes: Column, letter: str) -> str:
        """One axis: a number where it is the same everywhere, else in terms of the first input's."""
        first = tuple(row[0][axis] if axis < len(row[0]) else 0 for row in self.rows)
        if len(set(sizes)) == 1 and (len(set(first)) == 1 or sizes != first):
            return str(sizes[0])
        if sizes == first:
            return letter
        for name, column in self.known.items():
            if all(type(by) is int and by > 0 for by in column) and _is_share(sizes, first, column):
                return f"{letter} / {name}"
        for factor in (2, 4, 8):
            by = (factor,) * len(sizes)
            if _is_share(sizes, first, by):
                return f"{letter} / {factor}"
            if _is_share(first, sizes, by):
                return f"{factor} * {letter}"
        beyond = {of - one for one, of in zip(sizes, first, strict=True)}
        return f"{letter} - {beyond.pop()}" if len(beyond) == 1 and min(beyond) > 0 else ""


def _is_share(sizes: Column, first: Column, by: Column) -> bool:
    """Whether each size is that part of the first, the last pixel counted or left out."""
    return all(one in (-(-of // part), of // part) for one, of, part in zip(sizes, first, by, strict=True))
