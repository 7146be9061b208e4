"""Fast inference in float32: channels-last kernels over planned memory, for one input size and batch.

fuse.py merges layers into stages, memory.py places their values, conv.py, window.py and pointwise.py turn
each stage into blocks of prepared numpy calls, threads.py runs the blocks, plan.py puts these together. What
has no fast form here runs by its plain kernel, so every net runs.
"""
