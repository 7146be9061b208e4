"""What is said of nets: the summary of one, the comparison of several, and the forms of tables.

Read `numbers` (how figures are written), `table` (a table in every form), `rows` and `columns` (those of a
summary), `totals` (the lines under it), `summary` (all of it), `memory` (over time), `sizes` (which inputs
a net takes) and `data` (the summary for scripts).
"""

from cnnspec.layers.written import layer_text
from cnnspec.report.data import as_dict
from cnnspec.report.numbers import size_text
from cnnspec.report.summary import summary
from cnnspec.report.table import FORMATS, Table, as_html, as_text

__all__ = ["FORMATS", "Table", "as_dict", "as_html", "as_text", "layer_text", "size_text", "summary"]
