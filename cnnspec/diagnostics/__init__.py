"""What is wrong with a spec: codes, messages, places and cures.

A code is the name of a page in `pages/`, which `cnnspec explain` shows; a new diagnostic is a page and the
place that reports it.
"""

from cnnspec.diagnostics.report import Diagnostic, Frame, InvalidValue, Refused, Report, SpecError
from cnnspec.diagnostics.show import as_dict, as_text

__all__ = ["Diagnostic", "Frame", "InvalidValue", "Refused", "Report", "SpecError", "as_dict", "as_text"]
