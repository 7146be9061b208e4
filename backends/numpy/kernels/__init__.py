"""The arithmetic of every layer in numpy: one function a rule, forward and backward, a file a family.

Arrays are `(batch, channels, *spatial)`, or `(batch, channels)` for vectors. A forward function takes the
inputs, then the weights and the settings by name, and gives the output; its `_backward` takes the gradient of
the output before the same arguments, and gives the gradients of the inputs (a tuple) and of the weights (by
name). Nothing here knows about layers or graphs, so that generated source files can hold these functions as
they are.
"""
