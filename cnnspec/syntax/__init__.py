"""The grammar of .cnn, its parser and the way from the parse to the AST."""

from cnnspec.syntax.parse import Parsed, parse, parse_expression

__all__ = ["Parsed", "parse", "parse_expression"]
