"""The arithmetic of every layer in numpy: one function a rule, forward and backward, a file a family.

Arrays are `(batch, channels, *spatial)`, or `(batch, channels)` for vectors. A forward function takes the
inputs, then the weights and the settings by name, and gives the output; its `_backward` takes the gradient of
the output before the same arguments, and gives the gradients of the inputs (a tuple) and of the weights (by
name). The families are those of the layers: `conv`, `norm`, `activation`, `pool`, `dense`, `attention`,
`shape`, `join`; `resample` has pools that are more than pools, `window` is what convs and pools share,
`functions` what formulas are written in, `sizes` settings that follow the size of a map.

Nothing here knows about layers or graphs, so that generated source files can hold these functions as
they are.

Read in this order: window.py (margins and windows) and conv.py; pool.py and resample.py, dense.py,
norm.py, join.py and shape.py; functions.py and activation.py; sizes.py.
"""
