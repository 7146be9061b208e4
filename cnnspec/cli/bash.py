"""Completion in bash, which takes words apart at `:` and `=`."""

from __future__ import annotations

from collections.abc import Iterable

from click.shell_completion import BashComplete, CompletionItem, add_completion_class

BREAKS = ":="


class Bash(BashComplete):
    """click's completion, with the words put together that bash took apart.

    bash replaces what stands after the last break; that alone is what it has to be given.
    """

    kept = ""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is typed, and that one."""
        args, typed = super().get_completion_args()
        words = joined([*args, typed])
        if len(words) <= len(args):
            last = max(words[-1].rfind(mark) for mark in BREAKS)
            self.kept = words[-1][: last + 1]
        return words[:-1], words[-1]

    def format_completion(self, item: CompletionItem) -> str:
        """A line of the answer: a type, and what takes the place of the word in bash's eyes."""
        return f"{item.type},{item.value.removeprefix(self.kept)}"


def joined(words: Iterable[str]) -> list[str]:
    """Words with each break, and what follows it, joined to the word before."""
    result: list[str] = []
    after_break = False
    for word in words:
        is_break = bool(word) and not word.strip(BREAKS)
        if result and (is_break or after_break):
            result[-1] += word
        else:
            result.append(word)
        after_break = is_break
    return result


def register() -> None:
    """Let click use this in place of its own."""
    add_completion_class(Bash)
