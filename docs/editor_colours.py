"""The colours of the language for editors: for TextMate, for CodeMirror 6, for tree-sitter.

All are made of the patterns of the lexer and of the roles in cnnspec/colours.py; generate.py writes them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from cnnspec.colours import BEFORE_LABELS, OPERATORS, SPACE_LINES, SPACE_WORDS, VALUE_ENDS, WORD_ROLES
from cnnspec.elaborate.expressions.functions import FUNCTIONS
from cnnspec.elaborate.values import BUILT_IN
from cnnspec.syntax.tokens import KINDS

MODE = Path(__file__).parents[1] / "editors" / "codemirror" / "mode.js"
MADE = "Made by docs/generate.py from the tokens of the language: change them there."
PATTERN = {kind.name: kind.pattern for kind in KINDS}
DEFINING = ("def", "share", "net")
BEFORE_NAMES = ("if", "else", "in", "and", "or", "not")
"""Words after which a name is none of a label: `| if same: relu`."""

# ---- TextMate


LINES_OF_SPACES = r"(?:^\s*|(?<=[{;] ))(?:space|vary|where)\b(?=\s+[\w(\[-]|$)"
NOT_AFTER = ("let", "for", "in", "if", "not", "and", "or", "else", "def", "net", "share", "head", "input")
WORDS_OF_SPACES = (
    r"(?<=[\w)\]] )"
    + "".join(rf"(?<!\b{word} )" for word in NOT_AFTER)
    + r"(?:of|step|log)\b(?!\()|^(?:of|step|log)$"
)
"""Words of the language in spaces, names elsewhere: at the beginning of a line, or after a value."""


def textmate() -> str:
    """The TextMate grammar of the language: the patterns of the lexer, and the words that have colours."""
    name = PATTERN["NAME"]

    def rule(name: str, match: str) -> dict[str, str]:
        return {"name": f"{name}.cnn", "match": match}

    def any_of(words: Iterable[str]) -> str:
        return rf"\b(?:{'|'.join(words)})\b"

    defined = {"1": {"name": "keyword.declaration.cnn"}, "2": {"name": "entity.name.type.cnn"}}
    label = rf"(?:^|[{{;|])\s*({name}(?:\[[^\]]*\])?):"
    patterns: list[Mapping[str, object]] = [
        rule("comment.line.number-sign", PATTERN["COMMENT"]),
        {"match": rf"\b({'|'.join(DEFINING)})\s+({name})", "captures": defined},
        {"match": rf"^(space)\s+({name})(?=\s+of\b)", "captures": defined},
        {"match": label, "captures": {"1": {"name": "entity.name.label.cnn"}}},
        rule("keyword.control.space", LINES_OF_SPACES),
        rule("keyword.control.range", WORDS_OF_SPACES),
        rule("keyword.declaration", any_of(WORD_ROLES["declaration"])),
        rule("keyword.control", any_of(WORD_ROLES["keyword"])),
        rule("keyword.operator.word", any_of(WORD_ROLES["logic"])),
        rule("keyword.other.section", any_of(WORD_ROLES["section"])),
        rule("keyword.constant", any_of(WORD_ROLES["constant"])),
        rule("variable.parameter", rf"\b{name}(?=\s*=(?![=>]))"),
        rule("support.function.layer", any_of(BUILT_IN)),
        rule("support.function", any_of(FUNCTIONS) + r"(?=\()"),
        rule("constant.numeric.dims", rf"(?<!\w)(?:{PATTERN['DIMS']}|{PATTERN['PATTERN']})"),
        rule("constant.numeric", rf"(?<!\w){PATTERN['NUMBER']}"),
        rule("string.quoted.double", PATTERN["STRING"]),
        rule("keyword.operator.flow", "->|=>|\\|"),
    ]
    grammar = {"name": "cnnspec", "scopeName": "source.cnn", "patterns": patterns}
    return json.dumps(grammar, indent=2) + "\n"


# ---- CodeMirror

CODEMIRROR_TAGS = {
    "declaration": "definitionKeyword",
    "keyword": "controlKeyword",
    "logic": "operatorKeyword",
    "section": "keyword",
    "constant": "atom",
    "definition": "typeName.definition",
    "label": "labelName",
    "argument": "propertyName",
    "layer": "typeName.standard",
    "function": "variableName.function",
    "name": "variableName",
    "number": "number",
    "text": "string",
    "comment": "lineComment",
    "operator": "operator",
    "punctuation": "punctuation",
    "unknown": "invalid",
}
"""The tag of @lezer/highlight for each role."""


def codemirror() -> str:
    """The mode for `StreamLanguage.define`: words and patterns, then the script that reads with them."""
    kinds = [(kind.name, _javascript(kind.pattern)) for kind in KINDS if kind.name != "NEWLINE"]
    words = {word: role for role, words in WORD_ROLES.items() for word in words}
    constants = {
        "TAGS": CODEMIRROR_TAGS,
        "WORDS": words,
        "DEFINING": DEFINING,
        "BEFORE_LABELS": sorted(BEFORE_LABELS - {"NEWLINE", "END"} | {PATTERN["END"]}),
        "OPERATORS": sorted(OPERATORS),
        "SPACE_LINES": sorted(SPACE_LINES),
        "SPACE_WORDS": dict(SPACE_WORDS),
        "VALUE_ENDS": sorted(VALUE_ENDS),
        "LAYERS": [*BUILT_IN],
        "FUNCTIONS": [*FUNCTIONS],
    }
    lines = [
        f"// {MADE}",
        "",
        "/** The kinds of tokens, in the order in which they are tried. */",
        "const KINDS = [",
    ]
    lines += [f"  [{json.dumps(name)}, /^(?:{pattern})/u]," for name, pattern in kinds]
    lines += ["];"]
    lines += [f"const {name} = {json.dumps(value)};" for name, value in constants.items()]
    return "\n".join(lines) + "\n\n" + MODE.read_text(encoding="utf-8")


def _javascript(pattern: str) -> str:
    r"""A pattern of the lexer as JavaScript has it, whose `\w` has no letters but a to z."""
    word = r"\p{L}\p{N}_"
    pattern = pattern.replace(r"[^\W\d]", r"[\p{L}_]").replace("*+", "*").replace(r"\#", "#")
    for sign in "-":
        pattern = pattern.replace(rf"\{sign}", sign)
    return pattern.replace(r"(?:\w|", rf"(?:[{word}]|").replace(r"\w", rf"[{word}]").replace("/", r"\/")


# ---- tree-sitter

Rule = Mapping[str, object]
_BLANK: Rule = {"type": "BLANK"}


def _symbol(name: str) -> Rule:
    return {"type": "SYMBOL", "name": name}


def _sequence(*members: Rule) -> Rule:
    return {"type": "SEQ", "members": members}


def _choice(*members: Rule) -> Rule:
    return {"type": "CHOICE", "members": members}


def _repeat(content: Rule, least: int = 0) -> Rule:
    return {"type": "REPEAT1" if least else "REPEAT", "content": content}


def _text(value: str) -> Rule:
    return {"type": "STRING", "value": value}


def _named_as(value: str) -> Rule:
    return {"type": "ALIAS", "content": _symbol("_word"), "named": True, "value": value}


def _token(name: str, precedence: int = 0) -> Rule:
    """A token by its pattern; what must not follow it is left out, for here the longest token is taken."""
    pattern = PATTERN[name].replace("*+", "*").partition("(?!")[0].replace(r"\#", "#")
    return {
        "type": "TOKEN",
        "content": {"type": "PREC", "value": precedence, "content": {"type": "PATTERN", "value": pattern}},
    }


def _first(content: Rule) -> Rule:
    """A rule that takes what comes next where it can."""
    return {"type": "PREC_RIGHT", "value": 0, "content": content}


def tree_sitter() -> str:
    """The grammar: tokens in their brackets, and names by what they are.

    It knows no statements, so a text that is being written is coloured as one that is whole.
    """
    words = {word for words in WORD_ROLES.values() for word in words} - {*DEFINING, *BEFORE_NAMES}
    tokens = ("string", "dims", "pattern", "block", "group", "list")
    called = _sequence(_named_as("callee"), _symbol("group"))
    name_or_call = _choice(called, _first(_named_as("name")))
    after_value = sorted(SPACE_WORDS.keys() - {"of"})
    inner = _choice(
        _sequence(_choice(*map(_text, DEFINING)), _named_as("definition")),
        _sequence(_text("net"), _text(".")),
        _first(_sequence(_text("space"), _named_as("definition"), _choice(_text("of"), _BLANK))),
        _first(_sequence(_choice(*map(_text, sorted(SPACE_LINES - {"space"}))), name_or_call)),
        _sequence(_text("where"), _symbol("number")),
        _first(_sequence(_symbol("number"), _repeat(_choice(*map(_text, after_value))))),
        _sequence(_named_as("argument"), _text("=")),
        _first(_sequence(_symbol("_before_name"), name_or_call)),
        _first(_symbol("_before_name")),
        name_or_call,
        *map(_text, sorted(words)),
        *map(_symbol, tokens),
        *map(_text, (*",;:.?=|",)),
    )
    item = _choice(
        _sequence(_named_as("label"), _text(":")),
        _sequence(_named_as("label"), _repeat(_symbol("list"), 1), _text(":")),
        _first(_sequence(_named_as("name"), _repeat(_symbol("list"), 1))),
        _symbol("_inner"),
    )
    opened = {"group": "()", "list": "[]", "block": "{}"}
    signs = sorted(OPERATORS - {"=", "|"}, key=lambda sign: (-len(sign), sign))
    rules: dict[str, Rule] = {
        "source_file": _repeat(_symbol("_item")),
        "_item": item,
        "_inner": inner,
        **{
            name: _sequence(
                _text(pair[0]), _repeat(_symbol("_item" if name == "block" else "_inner")), _text(pair[1])
            )
            for name, pair in opened.items()
        },
        "_word": _choice(_symbol("name"), *map(_text, sorted(SPACE_LINES | SPACE_WORDS.keys()))),
        "_before_name": _choice(_symbol("operator"), *map(_text, BEFORE_NAMES)),
        "operator": _choice(*map(_text, signs)),
        "name": _token("NAME"),
        "dims": _token("DIMS", 2),
        "pattern": _token("PATTERN", 1),
        "number": _token("NUMBER"),
        "string": _token("STRING"),
        "comment": _token("COMMENT"),
    }
    grammar = {
        "name": "cnn",
        "word": "name",
        "rules": rules,
        "extras": [{"type": "PATTERN", "value": r"\s"}, _symbol("comment")],
        "conflicts": [],
        "precedences": [],
        "externals": [],
        "inline": ["_word"],
        "supertypes": [],
    }
    return json.dumps(grammar, indent=1) + "\n"


TREE_SITTER_CAPTURES = {
    "declaration": ("keyword", "keyword.storage"),
    "keyword": ("keyword.control", "keyword.control"),
    "logic": ("keyword.operator", "keyword.operator"),
    "section": ("keyword", "keyword"),
    "constant": ("constant.builtin", "constant.builtin"),
    "definition": ("type", "type"),
    "label": ("label", "label"),
    "argument": ("property", "variable.parameter"),
    "layer": ("function.builtin", "function.builtin"),
    "function": ("function", "function"),
    "name": ("variable", "variable"),
    "number": ("number", "constant.numeric"),
    "text": ("string", "string"),
    "comment": ("comment", "comment"),
    "operator": ("operator", "operator"),
}
"""For each role the name that Zed and Neovim have for it, and that of Helix."""


def highlights(editor: int) -> str:
    """The query that gives nodes their roles: with the names of Zed and Neovim (0), or those of Helix (1).

    No node is in two patterns, for editors differ in which of them then counts.
    """

    def one_of(words: Iterable[str]) -> str:
        return json.dumps(f"^({'|'.join(words)})$")

    known = [*FUNCTIONS, *BUILT_IN]
    patterns = [
        *((f"[{' '.join(map(json.dumps, words))}]", role) for role, words in WORD_ROLES.items()),
        *((f"({name})", name) for name in ("definition", "label", "argument", "comment", "operator")),
        (f"[{' '.join(map(json.dumps, sorted(SPACE_LINES | SPACE_WORDS.keys())))}]", "keyword"),
        ('["=" "|"]', "operator"),
        ("(string)", "text"),
        ("[(number) (dims) (pattern)]", "number"),
    ]
    words = [
        ("[(name) (callee)]", "match", BUILT_IN, "layer"),
        ("(callee)", "match", FUNCTIONS, "function"),
        ("(name)", "not-match", BUILT_IN, "name"),
        ("(callee)", "not-match", known, "name"),
    ]
    capture = {role: names[editor] for role, names in TREE_SITTER_CAPTURES.items()}
    lines = [f"; {MADE}", ""]
    lines += [f"{pattern} @{capture[role]}" for pattern, role in patterns]
    lines += [
        f"({pattern} @{capture[role]} (#{test}? @{capture[role]} {one_of(names)}))"
        for pattern, test, names, role in words
    ]
    return "\n".join(lines) + "\n"


FILES = {
    "../editors/vscode/syntaxes/cnn.tmLanguage.json": textmate,
    "../editors/codemirror/cnn.js": codemirror,
    "../editors/treesitter/src/grammar.json": tree_sitter,
    "../editors/treesitter/queries/highlights.scm": partial(highlights, 0),
    "../editors/zed/languages/cnn/highlights.scm": partial(highlights, 0),
    "../editors/helix/queries/highlights.scm": partial(highlights, 1),
}
"""What is written, from docs/."""
