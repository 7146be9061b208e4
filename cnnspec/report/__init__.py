"""What is said of nets: the summary of one, the comparison of several, and the forms of tables."""

from cnnspec.report.data import as_dict
from cnnspec.report.numbers import size_text
from cnnspec.report.rows import layer_text
from cnnspec.report.summary import summary
from cnnspec.report.table import FORMATS, Table, as_html, as_text

__all__ = ["FORMATS", "Table", "as_dict", "as_html", "as_text", "layer_text", "size_text", "summary"]
