"""The grammar of .cnn, its parser and the way from the parse to the AST."""

from cnnspec.syntax.parse import parse, parse_expression

__all__ = ["parse", "parse_expression"]
