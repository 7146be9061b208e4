"""The compiler as the page asks it: JSON goes in, JSON comes out, in a server or in the browser itself.

    {"ask": "read", "text": ..., "parameters": {"width": "32"}, "views": ["drawing"]}
    {"net": "Small", "diagnostics": [...], "hints": [...], "drawing": {...}, ...}

An answer hangs on what is asked alone; an engine keeps what it has compiled, which need not be done again.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from math import isfinite
from os import PathLike
from pathlib import Path
from typing import Any

from cnnspec.diagnostics import Diagnostic, InvalidValue, Refused, SpecError
from cnnspec.live import completion, figures
from cnnspec.live.document import Document, read
from cnnspec.report.comparison import Compared
from cnnspec.session import AS_WRITTEN, Session
from cnnspec.source import Source
from cnnspec.spec_files import SPECS, zoo_entry, zoo_files, zoo_nets
from cnnspec.studio.asked import Asked, asked
from cnnspec.studio.reading import (
    diagnostic_data,
    drawing_view,
    meant,
    net_data,
    nets_of,
    parameter_data,
    text_data,
)
from cnnspec.studio.tables import comparison
from cnnspec.studio.units import Units

MOST_VARIANTS = 4


class Engine:
    """Answers one request after the other. `home` is the file that the text is of, where there is one."""

    def __init__(self, home: str | PathLike[str] | None = None) -> None:
        self.home = home
        self.session = Session()
        self._last: Document | None = None

    def answer(self, request: str) -> str:
        """The answer to a request, both as strict JSON; {"refused": why} to one that cannot be answered."""
        try:
            wanted = json.loads(request)
            answers: Mapping[str, Callable[[Any], Any]] = {
                "read": lambda body: self.read(asked(body)),
                "mistakes": lambda body: self.mistakes(asked(body)),
                "complete": lambda body: self.complete(asked(body)),
                "drawing": lambda body: self.drawing(asked(body)),
                "hover": lambda body: self.hover(asked(body)),
                "format": lambda body: self.format(asked(body)),
                "python": lambda body: self.python(asked(body)),
                "pdf": lambda body: self.pdf(asked(body)),
                "compare": lambda body: compared([asked(one) for one in body["variants"]]),
                "zoo": lambda body: zoo(),
                "spec": lambda body: spec_of_zoo(str(body["name"])),
            }
            if not isinstance(wanted, dict) or wanted.get("ask") not in answers:
                raise InvalidValue(f"one of {', '.join(answers)} may be asked")
            found = answers[wanted["ask"]](wanted)
        except (Refused, ValueError, KeyError) as error:
            found = {"refused": str(error)}
        return strict_json(found)

    def source(self, asked: Asked) -> Source:
        """The text that is asked about; it finds the files that it uses beside its own."""
        shipped = Path(SPECS) / asked.file
        is_home = self.home is not None and Path(self.home).name == asked.file
        return Source(
            asked.file, asked.text, shipped if shipped in zoo_files() and not is_home else self.home
        )

    def read(self, asked: Asked) -> dict[str, Any]:
        """All that the page shows: of the text, and of the net that is meant."""
        source = self.source(asked)
        module, _ = self.session.load(source)
        nets = nets_of(self.session.parsed(source), module)
        name = meant(asked, nets, module)
        settings = asked.settings(self.session.limits) if name is not None else AS_WRITTEN
        document = self._last = read(self.session, source, self._last, settings, name)
        shown = next((net for net in document.analysis.nets if net.graph.name == name), None)
        return {
            "net": name,
            "nets": [entry._asdict() for entry in nets],
            "parameters": [] if name is None else parameter_data(name, module, asked),
            **text_data(document),
            "shown": None if shown is None else net_data(shown, asked),
        }

    def mistakes(self, asked: Asked) -> dict[str, Any]:
        """The mistakes of all nets of a text, as it is written: what `cnnspec check` says."""
        source = self.source(asked)
        units = Units(source)
        found = self.session.check(source).diagnostics
        return {"diagnostics": [diagnostic_data(one, source, units) for one in found]}

    def complete(self, asked: Asked) -> dict[str, Any]:
        """What may be written at an offset."""
        source = self.source(asked)
        module, _ = self.session.load(source)
        found = completion.offers(module, Units(source).offset(asked.offset))
        return {"offers": [offer._asdict() for offer in found]}

    def drawing(self, asked: Asked) -> dict[str, Any]:
        """The drawing of a net that was read before, once something else of it is shown. Raises Refused."""
        settings = asked.settings(self.session.limits)
        found = self.session.check(self.source(asked), settings, asked.net or None).nets
        if not found:
            raise Refused("there is no net to draw: the spec has mistakes")
        return drawing_view(found[0], asked)

    def hover(self, asked: Asked) -> dict[str, Any]:
        """What is said of the thing at an offset, as Markdown, and where the thing stands."""
        source = self.source(asked)
        units = Units(source)
        if self._last is None or self._last.source.text != source.text:
            self.read(asked)
        assert self._last is not None
        found = figures.hover(self._last, units.offset(asked.offset))
        if found is None:
            return {"said": ""}
        said, span = found
        return {"said": said, "from": units.of(span.start), "to": units.of(span.end)}

    def format(self, asked: Asked) -> dict[str, Any]:
        """The text in the one layout."""
        from cnnspec.format import format_text

        return {"text": format_text(self.session.parsed(self.source(asked)))}

    def python(self, asked: Asked) -> dict[str, Any]:
        """The net as a torch module. Raises Refused where the spec has errors, or torch lacks a layer."""
        from cnnspec.backends.torch.writer import source

        return {"text": source(one_net(self.session, self.source(asked), asked).net.graph)}

    def pdf(self, asked: Asked) -> dict[str, Any]:
        """The drawing as a PDF, in base64; where reportlab is not there, as in a browser, it is refused."""
        from cnnspec.render import to_bytes

        graph = one_net(self.session, self.source(asked), asked).net.graph
        try:
            rendered = to_bytes(graph, "pdf")
        except ModuleNotFoundError as error:
            raise Refused(
                "a PDF is drawn by `cnnspec studio` or `cnnspec render`, not in a browser"
            ) from error
        return {"base64": base64.b64encode(rendered.data).decode()}


def one_net(session: Session, source: Source, asked: Asked) -> Any:
    """The analysis of the one net that is meant."""
    return session.open(source, asked.settings(session.limits), asked.net or None)


def compared(variants: list[Asked]) -> dict[str, Any]:
    """At most four variants beside each other; one with errors stands there with the first of them."""
    return comparison(_variant(one) for one in variants[:MOST_VARIANTS])


def _variant(asked: Asked) -> Compared:
    engine = Engine()
    try:
        net = one_net(engine.session, engine.source(asked), asked).net
    except (SpecError, InvalidValue) as error:
        return Compared(asked.label, None, {}, first_of(error))
    return Compared(asked.label, net, {}, "")


def first_of(error: Refused) -> str:
    """The first mistake of a spec in a line."""
    found: tuple[Diagnostic, ...] = getattr(error, "diagnostics", ())
    return next((f"{one.code}: {one.message}" for one in found if one.severity == "error"), str(error))


def zoo() -> dict[str, Any]:
    """The nets that ship, each with its file and the paper that the file names."""
    papers = {path: path.read_text(encoding="utf-8").partition("\n")[0] for path, _ in zoo_nets().values()}
    return {
        "nets": [
            {"name": name, "file": path.name, "paper": papers[path].removeprefix("#").strip()}
            for path, name in zoo_nets().values()
        ]
    }


def spec_of_zoo(name: str) -> dict[str, Any]:
    """The file of a net that ships: its name, its text and the net's name. Raises KeyError."""
    path, net = zoo_entry(name)
    return {"file": path.name, "net": net, "text": path.read_text(encoding="utf-8")}


def strict_json(data: Any) -> str:
    """Data as strict JSON; what JSON has not is looked for only where there is some."""
    try:
        return json.dumps(data, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError):
        return json.dumps(strict(data), separators=(",", ":"), allow_nan=False)


def strict(value: Any) -> Any:
    """Data as JSON has it: a shape is a list, what is no finite number is null."""
    if isinstance(value, dict):
        return {str(key): strict(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [strict(inner) for inner in value]
    if isinstance(value, float):
        return value if isfinite(value) else None
    return value if isinstance(value, (str, int, type(None))) else str(value)
