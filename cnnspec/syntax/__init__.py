"""Text to tree: the one reading of a spec, and the one room that knows lark.

Read `tokens` (the one lexer), `tree` (what a spec is once it is read), `build` (from the parser's
reductions to the tree), `tables` (the parser's tables) with `generate` (makes them of grammar/cnn.lark),
`stack` (the LALR(1) parser) and `parse` (all of it). Where a text has mistakes: `lines` and `statements`
(what indentation and line ends tell), `braces` (mended by indentation), `reader` (up to the first token
that does not fit), `errors/` (what it is told), `recover` (reading goes on behind it) and `rest` (what was
whole of the statement). `outline` is what tokens tell without a tree.
"""

from cnnspec.syntax.parse import Parsed, parse, parse_expression

__all__ = ["Parsed", "parse", "parse_expression"]
