"""Diagnostics as other programs read them: lines, annotations of GitHub, and SARIF 2.1.0 (OASIS, 2020)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cnnspec.diagnostics.explain import codes, explain
from cnnspec.diagnostics.report import Diagnostic
from cnnspec.source import Source, Span

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def as_github(diagnostic: Diagnostic) -> str:
    """One diagnostic as a workflow command that GitHub shows at its lines.

    Columns are given where the place is on one line: GitHub takes no others.
    """
    properties: dict[str, object] = {}
    if diagnostic.span is not None:
        span = _visible(diagnostic.span)
        properties |= {"file": _path(span.source), "line": span.line, "endLine": span.end_line}
        if span.line == span.end_line:
            properties |= {"col": span.column, "endColumn": max(span.end_column, span.column + 1)}
    properties["title"] = f"cnnspec ({diagnostic.code})"
    listed = ",".join(f"{name}={_escaped(str(value), '%:,')}" for name, value in properties.items())
    return f"::{diagnostic.severity} {listed}::{_escaped(_told(diagnostic), '%')}"


def as_line(diagnostic: Diagnostic) -> str:
    """One diagnostic as `file:line:column: code message`, as editors and `grep` read lists of places.

    What has no place is `code message` alone.
    """
    said = " ".join(f"{diagnostic.code} {diagnostic.message}".split())
    if diagnostic.span is None:
        return said
    span = _visible(diagnostic.span)
    return f"{_path(span.source)}:{span.line}:{span.column}: {said}"


def as_sarif(diagnostics: Iterable[Diagnostic], version: str) -> dict[str, Any]:
    """Diagnostics as one SARIF run of this version of cnnspec, with their edits as fixes."""
    found = list(diagnostics)
    known = set(codes())
    rules = sorted({diagnostic.code for diagnostic in found})
    driver = {
        "name": "cnnspec",
        "version": version,
        "rules": [_rule(code) if code in known else {"id": code} for code in rules],
    }
    results = [_result(diagnostic, rules.index(diagnostic.code)) for diagnostic in found]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str) -> dict[str, Any]:
    page = explain(code)
    first = " ".join(page.partition("\n\n")[2].partition("\n\n")[0].split())
    return {"id": code, "fullDescription": {"text": first}, "help": {"text": page, "markdown": page}}


def _result(diagnostic: Diagnostic, rule: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": diagnostic.severity,
        "message": {"text": _told(diagnostic)},
    }
    if diagnostic.span is not None:
        result["locations"] = [_location(diagnostic.span)]
    called = dict.fromkeys((f.text, f.span) for f in diagnostic.trail if f.span is not None)
    if called:
        result["relatedLocations"] = [
            {"message": {"text": f"in {text}, called here"}, **_location(span)} for text, span in called
        ]
    if diagnostic.edits:
        result["fixes"] = [_fix(diagnostic)]
    return result


def _fix(diagnostic: Diagnostic) -> dict[str, Any]:
    changes: dict[str, list[dict[str, Any]]] = {}
    for edit in diagnostic.edits:
        made = {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}
        changes.setdefault(_uri(edit.span.source), []).append(made)
    files = [{"artifactLocation": {"uri": uri}, "replacements": made} for uri, made in changes.items()]
    return {"description": {"text": diagnostic.help}, "artifactChanges": files}


def _location(span: Span) -> dict[str, Any]:
    region = _region(_visible(span))
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(span.source)}, "region": region}}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _told(diagnostic: Diagnostic) -> str:
    return diagnostic.message + (f"\nhelp: {diagnostic.help}" if diagnostic.help else "")


def _visible(span: Span) -> Span:
    """A span without the end of a line that it ends in: that is no place on the next line."""
    return Span(span.source, span.start, span.start + len(span.text.rstrip("\r\n")))


def _path(source: Source) -> str:
    """The file of a source, from where the command runs if it lies there; with `/` between folders."""
    if source.path is None:
        return source.name
    inside = os.path.relpath(source.path)
    return Path(source.path if inside.startswith("..") else inside).as_posix()


def _uri(source: Source) -> str:
    """The file of a source as a reference: relative, or `file:///...`."""
    path = _path(source)
    if source.path is not None and Path(path).is_absolute():
        return Path(path).as_uri()
    return quote(path)


def _escaped(text: str, signs: str) -> str:
    """A text with what ends a workflow command, or divides its properties, as %XX."""
    return re.sub(rf"[\r\n{signs}]", lambda match: f"%{ord(match[0]):02X}", text)
