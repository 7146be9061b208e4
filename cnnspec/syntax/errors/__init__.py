"""What a syntax error is told: tables of rules, from what stands there to a message, a cure and a repair.

Read unexpected.py first (what a rule sees, and what it may answer), then the tables: brackets, words, habits,
spaces, expected. The first rule that knows an error answers; `rewriting` has the edits of habits.
"""

from __future__ import annotations

from cnnspec.syntax.errors.brackets import brackets, no_block, signs_in_brackets
from cnnspec.syntax.errors.expected import after_value, anything, anything_alone, comma, separators
from cnnspec.syntax.errors.habits import comments, foreign, habits
from cnnspec.syntax.errors.spaces import spaces
from cnnspec.syntax.errors.unexpected import Answer, SyntaxRule, Unexpected
from cnnspec.syntax.errors.words import at_top, characters, keywords, numbers
from cnnspec.syntax.reader import Reader
from cnnspec.syntax.statements import statement_start

RULES: tuple[SyntaxRule, ...] = (
    spaces,
    characters,
    comments,
    signs_in_brackets,
    brackets,
    no_block,
    keywords,
    foreign,
    at_top,
    habits,
    numbers,
    comma,
    separators,
    anything,
)
RULES_ALONE: tuple[SyntaxRule, ...] = (
    characters,
    signs_in_brackets,
    brackets,
    numbers,
    comma,
    after_value,
    anything_alone,
)
"""The rules for an expression that stands alone, as a value of `--set`."""


def explain(reader: Reader, rules: tuple[SyntaxRule, ...]) -> Answer:
    """What the first rule answers that knows the token which a reader did not take."""
    opened = tuple(reader.opened)
    first = statement_start(reader.tokens, reader.at, opened)
    error = Unexpected(reader.source, reader.tokens, reader.at, first, opened, reader.stack.expected())
    return next(answer for rule in rules if (answer := rule(error)) is not None)
