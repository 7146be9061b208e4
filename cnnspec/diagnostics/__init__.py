"""What is wrong with a spec: codes, messages, places and cures.

Read `report` (a diagnostic, and the report that gathers them), `cures` (what is said of how to mend one,
with the edits that do), `fixes` (edits applied), `show` (a diagnostic as text and as data), `annotations`
(as continuous integration reads it) and `explain` (the pages). A code is the name of a page in `pages/`; a
new diagnostic is a page and the place that reports it.
"""

from cnnspec.diagnostics.report import Diagnostic, Edit, Frame, InvalidValue, Refused, Report, SpecError
from cnnspec.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnnspec.diagnostics.show import as_dict as as_dict
    from cnnspec.diagnostics.show import as_text as as_text

__all__ = [
    "Diagnostic",
    "Edit",
    "Frame",
    "InvalidValue",
    "Refused",
    "Report",
    "SpecError",
    "as_dict",
    "as_text",
]


def __getattr__(name: str) -> Any:
    """How diagnostics are shown, loaded when it is first asked for: mostly there are none."""
    if name not in ("as_dict", "as_text"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from cnnspec.diagnostics import show

    return getattr(show, name)
