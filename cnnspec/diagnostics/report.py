"""Diagnostics, and the report that gathers them while a spec is read."""

from __future__ import annotations

from bisect import bisect_right

from cnnspec.named_tuples import NamedTuple
from cnnspec.records import dataclass, replace
from cnnspec.source import Source, Span
from cnnspec.typed import Literal, Mapping

Severity = Literal["error", "warning"]


class Frame(NamedTuple):
    """One step of the chain that led to a place: a call, a repeat, a section."""

    text: str
    span: Span | None


class Edit(NamedTuple):
    """A change of a text: what stands at the span, which may be nothing, becomes `text`."""

    span: Span
    text: str


@dataclass(frozen=True)
class Diagnostic:
    """One mistake: what it is, where, how it was reached and how to mend it.

    `edits`, made together, are the cure that `help` tells, where that is mechanical.
    """

    code: str
    severity: Severity
    message: str
    span: Span | None = None
    label: str = ""
    help: str = ""
    trail: tuple[Frame, ...] = ()
    others: int = 0
    edits: tuple[Edit, ...] = ()


class Refused(Exception):
    """What somebody asked for cannot be done; the message says why, and where there is one, the cure."""


class InvalidValue(Refused, ValueError):
    """A value that somebody gave is none that there is, or does not go with another."""


class SpecError(Refused):
    """Raised when a spec has errors; `diagnostics` says which, in source order."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]):
        self.diagnostics = diagnostics
        errors = [d for d in diagnostics if d.severity == "error"]
        first = errors[0] if errors else diagnostics[0]
        place = f" at {first.span.place}" if first.span else ""
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        super().__init__(f"{first.code}{place}: {first.message}{more}")


class TextNotes(NamedTuple):
    """What a report knows of a text: where its definitions begin, and the codes that its lines allow."""

    definitions: tuple[int, ...]
    allowed: Mapping[int, frozenset[str]]


ONCE = frozenset(["unknown-block", "unknown-function", "unknown-name", "reserved"])
"""Codes that are reported once in a definition for each name, as compilers do with what is not declared."""


LONGEST = 1_000
"""How long a message may be, in characters: a spec may hold names of any length."""


def _clipped(diagnostic: Diagnostic) -> Diagnostic:
    """A diagnostic with the middle of a message left out that is too long to be read."""
    message = diagnostic.message
    if len(message) <= LONGEST:
        return diagnostic
    return replace(diagnostic, message=f"{message[: LONGEST // 2]} ... {message[-LONGEST // 2 :]}")


def _together(first: tuple[Edit, ...], second: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """The edits of one mistake met twice; none where one time has none, or they do not agree."""
    edits = tuple(dict.fromkeys((*first, *second))) if first and second else ()
    return edits if len({edit.span for edit in edits}) == len(edits) else ()


class Report:
    """Gathers diagnostics; a mistake met again at the same place is counted, not repeated.

    `errors` counts every error, those that are not repeated included. A branch gathers what one net is told:
    it knows what its trunk does, and is merged into it. Errors of `lenient` codes are warnings.
    """

    def __init__(self, trunk: Report | None = None, lenient: frozenset[str] = frozenset()) -> None:
        self._trunk = trunk
        self._lenient = lenient
        self._found: dict[tuple[object, ...], Diagnostic] = {}
        self.added: list[Diagnostic] = []
        """All that was reported here, those met again and those that are suspected included."""
        self.total = 0
        """How many were reported so far, those met again included."""
        self.errors = 0
        self._suspected: set[tuple[str, int]] = set()
        self._places: set[tuple[str, int, int]] = set()
        self._notes: dict[str, TextNotes] = {} if trunk is None else trunk._notes

    def note(self, source: Source, notes: TextNotes) -> None:
        """Know this of a text from here on."""
        self._notes[source.name] = notes

    def allows(self, span: Span | None, code: str) -> bool:
        """Whether a comment on the line of a place allows a warning there: `# allow: code, code`."""
        notes = self._notes.get(span.source.name) if span is not None else None
        if span is None or notes is None or not notes.allowed:
            return False
        return code in notes.allowed.get(span.line, ())

    def _key(self, code: str, span: Span | None, message: str = "") -> tuple[object, ...]:
        """What diagnostics have in common that are one."""
        if span is None:
            return (code, message)
        notes = self._notes.get(span.source.name)
        if code not in ONCE or notes is None:
            return (code, span.source.name, span.start, span.end)
        return (code, span.source.name, span.text, bisect_right(notes.definitions, span.start))

    def suspect(self, span: Span) -> None:
        """Take what is unknown on a line, from here on, for the doing of a mistake that is known there."""
        self._suspected.add((span.source.name, span.line))

    def _is_suspected(self, span: Span) -> bool:
        known_to_trunk = self._trunk is not None and self._trunk._is_suspected(span)
        return known_to_trunk or (span.source.name, span.line) in self._suspected

    def add(self, diagnostic: Diagnostic) -> None:
        """Add a diagnostic, or count it where the same code was reported for the same span before."""
        if diagnostic.severity == "warning" and self.allows(diagnostic.span, diagnostic.code):
            return
        self.errors += diagnostic.severity == "error"
        self.total += 1
        self.added.append(diagnostic)
        span = diagnostic.span
        if span and diagnostic.code.startswith("unknown-") and self._is_suspected(span):
            return
        self._keep(diagnostic)

    def _keep(self, diagnostic: Diagnostic) -> None:
        span = diagnostic.span
        key = self._key(diagnostic.code, span, diagnostic.message)
        known = self._found.get(key)
        if span:
            self._places.add((span.source.name, span.start, span.end))
        self._found[key] = (
            _clipped(diagnostic)
            if known is None
            else replace(
                known,
                others=known.others + 1 + diagnostic.others,
                edits=_together(known.edits, diagnostic.edits),
            )
        )

    def branch(self, lenient: frozenset[str] = frozenset()) -> Report:
        """A report of its own for one net of a file."""
        return Report(self, lenient)

    def merge(self, branch: Report) -> None:
        """Add what a branch has gathered."""
        self.total += branch.total
        self.errors += branch.errors
        for diagnostic in branch._found.values():
            self._keep(diagnostic)

    def saved(self) -> Report:
        """What was reported so far."""
        saved = Report()
        saved.restore(self)
        return saved

    def restore(self, saved: Report) -> None:
        """Go back to what was reported when it was saved."""
        self._found, self.total, self.errors = dict(saved._found), saved.total, saved.errors
        self._suspected, self._places = set(saved._suspected), set(saved._places)

    def knows(self, code: str, span: Span) -> bool:
        """Whether this, or something else about the same place, was reported."""
        known_to_trunk = self._trunk is not None and self._trunk.knows(code, span)
        place = (span.source.name, span.start, span.end)
        return known_to_trunk or self._key(code, span) in self._found or place in self._places

    def error(
        self,
        code: str,
        span: Span | None,
        message: str,
        *,
        label: str = "",
        help: str = "",
        edits: tuple[Edit, ...] = (),
        trail: tuple[Frame, ...] = (),
    ) -> None:
        severity: Severity = "warning" if code in self._lenient else "error"
        self.add(Diagnostic(code, severity, message, span, label, help, trail, edits=edits))

    def warning(
        self,
        code: str,
        span: Span | None,
        message: str,
        *,
        label: str = "",
        help: str = "",
        edits: tuple[Edit, ...] = (),
        trail: tuple[Frame, ...] = (),
    ) -> None:
        self.add(Diagnostic(code, "warning", message, span, label, help, trail, edits=edits))

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Everything found, in source order."""

        def order(diagnostic: Diagnostic) -> tuple[str, int]:
            return (diagnostic.span.source.name, diagnostic.span.start) if diagnostic.span else ("", -1)

        return tuple(sorted(self._found.values(), key=order))

    @property
    def has_errors(self) -> bool:
        return any(d.severity == "error" for d in self._found.values())

    def raise_errors(self) -> None:
        """Raise SpecError if there is an error among the diagnostics."""
        if self.has_errors:
            raise SpecError(self.diagnostics)
