"""The command line: one file a group of commands. The only reader of the clock, and of nothing else."""
