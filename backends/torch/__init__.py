"""The torch backend: a net as a source file, and as the module that this source makes.

Read in this order:

- calls.py: what a rule gives, the constructor or the function of a layer; rules.py: the table of
  them, windows.py: those of convs and pools;
- formula.py: an elementwise layer that torch has no name for, as a module;
- inplace.py: which activations write over what they take;
- structure.py: the blocks of a net as nested modules, made of parts.py; fields.py: what a constructor holds;
- aligning.py: what blocks of one def lack beside each other; signatures.py: which are alike;
- classes.py: which blocks share a class; collect.py: the values of each argument in all instances of a class;
- opening.py: which parameters the net's own constructor takes; unchanged.py: the blocks that other values of
  them leave as they are;
- parameters.py, expressions.py and ramps.py: what a constructor takes, how its arguments follow from that;
- bounds.py: which sizes of its input a net asks for;
- hints.py: of which types that is; docstring.py: what a class says of itself;
- forward.py: the forward method; order.py: what in it keeps the order of the spec; layout.py: text in black's
  layout; names.py: names of modules;
- writer.py: the whole file, with what it needs of helpers/; module.py: that file executed;
  sizes.py: what a module says of inputs that do not fit;
- training.py: a step of training; trainer.py: the scripts, of scripts/, that train what is written;
- backend.py: what the table of backends says of it.

torch itself is loaded when a module is made; writing source does without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnspec.backends.lazy import lazy

if TYPE_CHECKING:
    from torch.nn import Module

    from cnnspec.backends.torch.module import compile, load, runner
    from cnnspec.backends.torch.writer import source

__all__ = ["Module", "compile", "load", "runner", "source"]

HERE = "cnnspec.backends.torch"
__getattr__ = lazy(
    HERE,
    {
        "Module": "torch.nn",
        **dict.fromkeys(("compile", "load", "runner"), f"{HERE}.module"),
        "source": f"{HERE}.writer",
    },
)
