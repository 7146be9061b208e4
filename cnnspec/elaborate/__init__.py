"""From the tree of a spec to the graph of a net: calls are expanded, loops unrolled, shapes inferred.

In reading order; each room imports from those above it alone:

    mistakes/     what a mistake leaves undefined, and which names are near one that is not known
    values        what names and expressions stand for; Mistake
    module        a file as data: its nets, and its names with what they stand for
    building/     the graph while it grows; equal calls are copied, calls of a share use the same weights
    context       where the walk stands: the labels it sees, the block it fills, the value that flows
    expressions/  what an expression evaluates to
    arguments     what the arguments of a call give to a layer, def or form
    calls/        what a step of a flow does: calls of layers, defs and forms, groups, labels, repeats
    statements    what each statement does, and the walk through the bodies that hold them
    loader        the files of a spec, read with all that they use
    net           the way in: from the name of a net to its graph
    expect        what a net states of itself, held against its figures
    static/       what the text tells of definitions that no walk comes through

No arrow leads from calls back to the statements in their blocks: a call does not walk a body, it gives those
that it wants walked (`context.Visits`) to `statements`, and goes on when they are.
"""

from cnnspec.elaborate.building.reuse import Known
from cnnspec.elaborate.loader import Loader
from cnnspec.elaborate.module import Module
from cnnspec.elaborate.net import (
    Elaborated,
    Settings,
    add_up,
    bound_parameters,
    elaborate,
    net_parameters,
    open_parameters,
    written_values,
)
from cnnspec.elaborate.values import Mistake
from cnnspec.limits import Limits

__all__ = [
    "Elaborated",
    "Known",
    "Limits",
    "Loader",
    "Mistake",
    "Module",
    "Settings",
    "add_up",
    "bound_parameters",
    "elaborate",
    "net_parameters",
    "open_parameters",
    "written_values",
]
