"""cnnspec: a declarative compiler for convolutional networks.

In reading order, which is that of a spec on its way; each room imports from those above it alone:

    typed, caching, named_tuples, records  what `typing`, `functools`, `dataclasses` give, without the time
                   that they take to load
    source, limits, garbage, docstrings  texts and places in them; the bounds on a spec; a pause of the
                   garbage collector; what classes say
    diagnostics/   what is wrong with a spec: codes, reports, one page a code
    files          files that ship, and files that are read and written
    syntax/        text -> tokens -> tree, and what a syntax error is told
    layers/        one class a layer: arguments, shapes, weights, costs, windows
    graph          the graph of a net: nodes in order, and the tree of blocks
    elaborate/     tree -> graph: calls, loops, labels, joins; shapes as it goes
    passes/        graph -> tables: costs, fields, memory, depth, lints; and new graphs
    pipeline       the list of passes
    space/         spaces of nets: what varies, what must hold, members that are drawn
    spec_files, blocks_list, given  what a command line names; std as a list; what Python gives
    basis, moving, session  the one driver of all that reads specs, and what it keeps of readings
    backends/      graph -> numpy, torch, ONNX (in the folder backends/ of a checkout)
    render/        graph -> drawings
    report/        tables -> text and data
    difference/    two nets -> what changed
    importing/     a net that exists -> its spec
    format/, colours, highlight  the one layout of a text; its colours
    live/          what editors ask while one writes, and the server that answers
    api, comparing, foreign, sampling, solving, searching, zoo_list  what notebooks and scripts use; the zoo
    studio/        a spec and its net side by side: the page, its engine and its server
    cli/           the command line; schemas/ of its JSON
"""

# nothing is imported here: an interruption would find no one to answer it
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cnnspec.api import Net, load, loads, zoo
    from cnnspec.comparing import compare, diff
    from cnnspec.diagnostics import Diagnostic, SpecError
    from cnnspec.foreign import Imported, from_onnx, from_torch, load_weights
    from cnnspec.sampling import sample, spaces
    from cnnspec.searching import search
    from cnnspec.solving import solve
del TYPE_CHECKING

__version__ = "0.1.0"
__all__ = [
    "Diagnostic",
    "Imported",
    "Net",
    "SpecError",
    "__version__",
    "compare",
    "diff",
    "from_onnx",
    "from_torch",
    "load",
    "load_weights",
    "loads",
    "sample",
    "search",
    "solve",
    "spaces",
    "zoo",
]

_HOMES = {
    "Diagnostic": "cnnspec.diagnostics",
    "SpecError": "cnnspec.diagnostics",
    "Imported": "cnnspec.foreign",
    "compare": "cnnspec.comparing",
    "diff": "cnnspec.comparing",
    "from_onnx": "cnnspec.foreign",
    "from_torch": "cnnspec.foreign",
    "load_weights": "cnnspec.foreign",
    "sample": "cnnspec.sampling",
    "search": "cnnspec.searching",
    "solve": "cnnspec.solving",
    "spaces": "cnnspec.sampling",
}
"""The modules of the public names; those of all others are in cnnspec.api."""


def __getattr__(name: str) -> "Any":
    """A public name, loaded when it is first asked for: what runs a command need not load them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(_HOMES.get(name, "cnnspec.api")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
