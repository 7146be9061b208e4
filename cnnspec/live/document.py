"""A text that is open in an editor: how it was last read, and what was last known of its nets."""

from __future__ import annotations

from cnnspec.elaborate import Settings
from cnnspec.garbage import without_garbage_collection
from cnnspec.live.hints import Hint, carried, hints
from cnnspec.pipeline import Compiled
from cnnspec.records import dataclass
from cnnspec.session import AS_WRITTEN, Analysis, Session
from cnnspec.source import Source
from cnnspec.syntax import Parsed


@dataclass(frozen=True, eq=False)
class Document:
    """One reading of a text.

    `nets` are those that compile now, and of the others what they last were; `hints` are of `nets`, on the
    lines that are as they were when they compiled.
    """

    analysis: Analysis
    parsed: Parsed
    nets: tuple[Compiled, ...]
    hints: tuple[Hint, ...]

    @property
    def source(self) -> Source:
        return self.parsed.source


@without_garbage_collection
def read(
    session: Session,
    source: Source,
    before: Document | None = None,
    settings: Settings = AS_WRITTEN,
    net: str | None = None,
) -> Document:
    """Read a text, of which `before` is the last reading: all its nets, or one."""
    analysis = session.check(source, settings, net)
    parsed = session.parsed(source)
    compiled = {net.graph.name: net for net in analysis.nets}
    if before is None or not analysis.has_errors:
        return Document(analysis, parsed, analysis.nets, hints(analysis.nets, parsed))
    lost = tuple(net for net in before.nets if net.graph.name not in compiled)
    now = {hint.line: hint for hint in hints(analysis.nets, parsed)}
    kept = {hint.line: hint for hint in carried(before.hints, before.source, source)}
    merged = kept | now if lost else now
    return Document(analysis, parsed, (*analysis.nets, *lost), tuple(merged[line] for line in sorted(merged)))
