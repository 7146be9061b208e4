"""The summary of a net: rows by block and layer, totals, and the forms that they are printed in."""

from cnnspec.report.data import as_dict
from cnnspec.report.forms import FORMATS, as_html, as_text
from cnnspec.report.rows import layer_text
from cnnspec.report.totals import size_text

__all__ = ["FORMATS", "as_dict", "as_html", "as_text", "layer_text", "size_text"]
