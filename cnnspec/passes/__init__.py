"""Passes over the graph, one file each: analyses give typed tables, transforms a new graph.

Each of these reads by itself. What a net is: `verify` (a legal graph), `alike` (equal blocks), `stages`,
`depth`. What it costs: `cost`, `receptive_field`, `memory` (one layer after the other), `fusion`,
`placement` and `buffers` (memory over time, as inference runs it), `strides` (where torch lays values) and
`training_memory`, `roofline` (time).
Other graphs: `shapes` (for other inputs; `sizes` says which a net takes, `following` makes one graph of
all), `fold_batchnorm`. Warnings: `lint` (about a net), `lint_syntax` (about a text). `cnnspec/pipeline.py`
lists those that always run.
"""
