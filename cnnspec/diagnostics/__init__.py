"""What is wrong with a spec: codes, messages, places and cures.

Read `report` (a diagnostic, and the report that gathers them), `cures` (what is said of how to mend one,
with the edits that do), `fixes` (edits applied), `show` (a diagnostic as text and as data), `annotations`
(as continuous integration reads it) and `explain` (the pages). A code is the name of a page in `pages/`; a
new diagnostic is a page and the place that reports it.
"""

from cnnspec.diagnostics.report import Diagnostic, Edit, Frame, InvalidValue, Refused, Report, SpecError
from cnnspec.diagnostics.show import as_dict, as_text

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
