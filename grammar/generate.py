"""Saves the parser's tables: run `python -m cnnspec.grammar.generate` after a change of cnn.lark."""

from __future__ import annotations

import pickle

from lark.grammar import Rule
from lark.lexer import TerminalDef

from cnnspec.grammar.parser import TABLES, fingerprint, generate


def main() -> None:
    """Write cnn.tables for the grammar as it stands."""
    data, memo = generate().memo_serialize([TerminalDef, Rule])
    options = {
        name: value for name, value in data["options"].items() if name not in ("postlex", "transformer")
    }
    saved = {"made_of": fingerprint(), "data": {**data, "options": options}, "memo": memo}
    TABLES.write_bytes(pickle.dumps(saved, protocol=5))
    print(f"wrote {TABLES.name}")


if __name__ == "__main__":
    main()
