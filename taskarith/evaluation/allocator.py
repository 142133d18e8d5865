"""Memory that a forward pass frees stays at hand for the next one.

The C library gives large blocks back to the system as soon as they are free, and the system clears
every page it hands out again: with batches of a few megabytes an eighth of a forward pass went into
that. glibc alone has these settings; elsewhere nothing happens.
"""

import ctypes
from functools import cache

__all__ = ["keep_freed_memory"]

# Names and numbers of glibc's malloc.h.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
# Kept for each thread that frees so much; blocks of more than this go back at once.
KEPT_BYTES = 32 * 2**20


@cache
def keep_freed_memory() -> bool:
    """Let the process keep up to 32 MB of freed memory a thread; False where that cannot be set."""
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return False
    return all(mallopt(name, KEPT_BYTES) == 1 for name in (M_TRIM_THRESHOLD, M_MMAP_THRESHOLD))
