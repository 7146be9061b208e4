"""What changed between two nets, block by block. Read in this order:

trees     a net as a tree of layers and blocks, each with a number that equals its equals in the other net
same      whether two nets compute the same, whatever their blocks and names
matching  the two trees side by side: what stayed, what left, what came
inferred  whether words of a spec ask for what flows in, so that they mean something else unchanged
changes   one entry for one change, with what it costs; what follows from it elsewhere is summed up
marked    what became of each layer, for a drawing
files     files of several nets, net by net
revisions specs as they were in git
show      the entries as text, Markdown and JSON
"""

from cnnspec.difference.changes import diff
from cnnspec.difference.marked import marked
from cnnspec.difference.show import Change, Difference

__all__ = ["Change", "Difference", "diff", "marked"]
