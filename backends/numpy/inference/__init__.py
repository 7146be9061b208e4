"""Fast inference in float32: channels-last kernels over planned memory, for one input size and batch.

In reading order: fuse.py merges layers into stages, memory.py places their values, activations.py works on
values in place; with what common.py has, conv.py, winograd.py (one of its kernels), attention.py, window.py
and pointwise.py turn each stage into blocks of prepared numpy calls; threads.py runs the blocks, plan.py puts
these together, runner.py cuts a batch into parts, each run by a plan. What has no fast form here runs by its
plain kernel, so every net runs.
"""
