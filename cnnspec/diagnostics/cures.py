"""Cures that several rooms offer."""

CHANNELS_IN = "the channels that flow in are known: leave it out"
"""For `in=`, `in_channels=` and a first argument that gives them."""
FOREIGN = {
    "elif": "write `else if`",
    "return": "nothing is returned: the value of a def is that of its last statement",
    "import": "blocks are brought in with use: use std (bottleneck)",
    "while": "loops run over lists: for i in range(n) { ... }",
    "function": "blocks are defined with def: def NAME(...) { ... }",
    "func": "blocks are defined with def: def NAME(...) { ... }",
    "fn": "blocks are defined with def: def NAME(...) { ... }",
    "class": "blocks are defined with def, nets with net: net NAME { ... }",
    "module": "nets are defined with net: net NAME { ... }",
    "network": "nets are defined with net: net NAME { ... }",
    "model": "nets are defined with net: net NAME { ... }",
    "var": "numbers are named with let: let n = 4",
    "const": "numbers are named with let: let n = 4",
    "repeat": "a repeat is a factor: block(64) * 3",
    "neck": "a net has the sections stem and body, and heads",
    "then": "write if c { ... }",
    "include": "blocks are brought in with use: use std (bottleneck)",
    "as": "a value is named before it: name: conv(8, 3)",
}
"""Words of other languages, each with how this one says it."""
