"""What is wrong with a spec: codes, messages, places and cures.

Read `report` (a diagnostic, and the report that gathers them), `show` (one as text and as data) and
`explain` (the pages). A code is the name of a page in `pages/`; a new diagnostic is a page and the place
that reports it.
"""

from cnnspec.diagnostics.report import Diagnostic, Frame, InvalidValue, Refused, Report, SpecError
from cnnspec.diagnostics.show import as_dict, as_text

__all__ = ["Diagnostic", "Frame", "InvalidValue", "Refused", "Report", "SpecError", "as_dict", "as_text"]
