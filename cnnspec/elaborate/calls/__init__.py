"""What a step of a flow does: calls of layers, defs and forms, groups and labels.

None of these walks a body by itself: it gives the bodies that it wants walked (`Visits`), and goes on when
they are. Read `labels` (what a reference leads to), `layer`, `defined` (defs and shares), `joins`,
`residual` and `dense` (the forms), `call` (one call, by what it is a call of) and `steps` (repeats).
"""
