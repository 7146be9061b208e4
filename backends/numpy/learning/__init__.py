"""Training, as fast as numpy goes: the same values as the plain kernels give, up to rounding.

- parts.py: a step in parts of the batch or of the channels, shared out to threads;
- memory.py: what a step needs is there from the step before;
- runs.py: convs at stride 1, that copy whole channels instead of rows;
- batchnorm.py: batch normalization with few passes over the maps.
"""
