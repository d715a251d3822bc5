"""How a process deals with the memory that batches free.

It must be told before numpy and pyarrow are loaded: later it is too late.
"""

from __future__ import annotations

import ctypes
import os

M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8
"""The numbers in malloc.h of two options: the size from which a block is a mapping of its own,
and the greatest number of heaps that threads may have.
"""


def give_back_at_once() -> None:
    """Let the process give back what a batch frees.

    A run over a file is bounded in memory, and waits for its writer anyway. Arrow takes its memory
    from the system and keeps none for later; glibc is told to hold on to blocks below 1 MB only, in
    one heap for all threads. Other systems take no notice of that.
    """
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    try:
        tune = ctypes.CDLL(None).mallopt
        tune(M_MMAP_THRESHOLD, 1 << 20)
        tune(M_ARENA_MAX, 1)
    except (AttributeError, OSError, TypeError):
        pass
