"""What classes and functions say of themselves: the manual, the help and generated sources are made of it."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable
from textwrap import dedent

from cnnspec.typed import Any


def docstring(described: type | Callable[..., Any]) -> str:
    """The docstring of a class or function without its indentation, empty where it has none.

    Under `python -OO`, which drops docstrings, it is read from the source.
    """
    if sys.flags.optimize < 2:
        return inspect.cleandoc(described.__doc__ or "")
    definition = ast.parse(dedent(inspect.getsource(described))).body[0]
    assert isinstance(definition, (ast.ClassDef, ast.FunctionDef))
    return ast.get_docstring(definition) or ""
