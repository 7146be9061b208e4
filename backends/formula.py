"""The formula of an elementwise layer as Python text, for the sources that backends write and run.

    class ELU(Layer):
        def formula(self, x, m):
            return m.where(x > 0, x, self.alpha * m.expm1(m.minimum(x, 0)))

    formula_lines(ELU, NUMPY, "{}")
            return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))
    formula_lines(ELU, TORCH, "self.{}")
            return torch.where(x > 0, x, self.alpha * torch.expm1(torch.clamp_max(x, 0)))

Only text that this package holds is rewritten; nothing of a spec comes in.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Mapping
from textwrap import dedent
from typing import Any

from cnnspec.layers.base import Layer


def formula_lines(cls: type[Layer], functions: Mapping[str, str], field: str) -> list[str]:
    """The body of a function of `x`.

    `functions` names what each function of `m` is called there, `field` is how an argument of the layer is
    written. Constants of the file of the layer become numbers.
    """
    tree = ast.parse(dedent(inspect.getsource(cls.formula))).body[0]
    assert isinstance(tree, ast.FunctionDef)
    constants = cls.formula.__globals__
    lines = [ast.unparse(Rewrite(functions, field, constants).visit(s)) for s in tree.body if not is_text(s)]
    text = "\n".join(lines).replace("'", '"')
    # as formatters have it: x**3, where both are a name or a number
    return re.sub(r"\b([\w.]+) \*\* ([\w.]+)\b", r"\1**\2", text).splitlines()


def is_text(statement: ast.stmt) -> bool:
    """Whether a statement is a docstring."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


class Rewrite(ast.NodeTransformer):
    """Names the functions of `m`, the arguments of the layer and the constants of its file anew."""

    def __init__(self, functions: Mapping[str, str], field: str, constants: Mapping[str, Any]):
        self.functions, self.field, self.constants = functions, field, constants

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        owner = node.value.id if isinstance(node.value, ast.Name) else ""
        assert owner in ("m", "self"), f"a formula holds {ast.unparse(node)}"
        name = self.functions[node.attr] if owner == "m" else self.field.format(node.attr)
        return ast.parse(name, mode="eval").body

    def visit_Name(self, node: ast.Name) -> ast.expr:
        value = self.constants.get(node.id)
        return ast.Constant(value) if isinstance(value, int | float) else node
