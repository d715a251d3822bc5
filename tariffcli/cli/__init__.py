"""The command line: one file for each command or group of commands."""

import gc

gc.set_threshold(100_000, 50, 50)  # while modules load, collecting would take a tenth of the time
