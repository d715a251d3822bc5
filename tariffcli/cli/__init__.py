"""The command line: one file a group of commands. The only reader of the clock, and of nothing else."""

import gc

gc.set_threshold(100_000, 50, 50)  # a command lives for milliseconds: collecting while modules load costs a tenth of them
