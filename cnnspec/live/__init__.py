"""What editors ask while one writes: hints, figures, names, completion; and the server that answers them.

Read `document` (a text, how it was last read, and the nets it last made), `places` (what a step of a spec
became in the nets), `hints` (shapes at the ends of lines), `symbols` and `words` (every name of a text, and
what it stands for; `flows` says which are one, where blocks are given to others), then what is built on them:
`figures` (on hover, with `miniature`, a small drawing), `renaming` (references and new names), `completion`,
`signatures` and `outline` (the definitions of a text, and what folds). `language_server` answers over the
Language Server Protocol: `texts` are those open, `telling` says what is wrong with them, `idle` when garbage
is collected, `protocol` and `positions` say things as the protocol does. `preview` serves the drawing that
follows the cursor, and `loopback` says who reaches what is served.
Nothing here is loaded unless an editor asks.
"""
