"""Text to tree: the one reading of a spec.

    Source ──tokens──> tokens ──reader, stack, build──> Parsed(source, tokens, tree, errors)
                                   │ a token that does not fit
                                   └── errors/ (what is said) ──> recover (how to go on)

In reading order. What every text goes through:

    tokens      the one lexer: comments and ends of lines are tokens too
    expressions what expressions are once they are read: data
    tree        what a spec is: expressions, statements, items, and a way through them
    build       from what the parser recognizes to the tree, a method a rule
    tables      the automaton of grammar/cnn.lark, saved; `generate`, the one user of lark, makes it anew
    stack       the LALR(1) parser: states and values
    reader      feeds tokens to it, up to the first that does not fit
    parse       all of it: a source in, Parsed out, never an exception
    outline     what tokens tell without a tree: definitions, and the warnings that lines allow

And one with mistakes, loaded where there is one:

    statements  where statements begin and end among tokens
    lines       tokens with the indentation of their lines
    braces      braces that are missing or too many, mended by indentation
    errors/     what a syntax error is told: tables of rules
    rest        what was whole of a statement that is given up
    recover     reading goes on, in the one pass, on the parser's own stack
"""

from cnnspec.syntax.parse import Parsed, parse, parse_expression

__all__ = ["Parsed", "parse", "parse_expression"]
