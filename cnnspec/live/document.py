"""A text that is open in an editor: how it was last read, and what was last known of its nets."""

from __future__ import annotations

from cnnspec.caching import cached_property
from cnnspec.elaborate import Settings
from cnnspec.garbage import without_garbage_collection
from cnnspec.live.hints import Hint, carried, hints
from cnnspec.named_tuples import NamedTuple
from cnnspec.pipeline import Compiled
from cnnspec.records import dataclass
from cnnspec.session import AS_WRITTEN, Analysis, Session
from cnnspec.source import Source
from cnnspec.syntax import Parsed


class Shown(NamedTuple):
    """The hints of a text."""

    source: Source
    hints: tuple[Hint, ...]


@dataclass(frozen=True, eq=False)
class Document:
    """One reading of a text.

    `nets` are those that compile now, and of the others what they last were; where there are such, `before`
    are the hints of the reading before.
    """

    analysis: Analysis
    parsed: Parsed
    nets: tuple[Compiled, ...]
    before: Shown | None = None

    @property
    def source(self) -> Source:
        return self.parsed.source

    @cached_property
    def hints(self) -> tuple[Hint, ...]:
        """The hints of `nets`, on the lines that are as they were when they compiled."""
        found = hints(self.analysis.nets, self.parsed)
        if self.before is None:
            return found
        kept = carried(self.before.hints, self.before.source, self.source)
        by_line = {hint.line: hint for hint in (*kept, *found)}
        return tuple(by_line[line] for line in sorted(by_line))


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
    if before is None or not analysis.has_errors:
        return Document(analysis, parsed, analysis.nets)
    compiled = {net.graph.name for net in analysis.nets}
    lost = tuple(net for net in before.nets if net.graph.name not in compiled)
    shown = Shown(before.source, before.hints) if lost else None
    return Document(analysis, parsed, (*analysis.nets, *lost), shown)
