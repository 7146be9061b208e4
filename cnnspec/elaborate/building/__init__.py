"""The graph of a net while it grows.

Read `unnamed` (nodes by number), `shared` (weights of a share), `reuse` (equal calls are copied), `minor`
(calls that differ in rates of dropout are equal too), `measured` (or remembered by their figures), `fixes`
(cures that can be computed), `builder` (adds to the graph, and counts) and `paths` (the names at the end).
"""
