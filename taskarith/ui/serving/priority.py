"""How important a thread is to the machine: measuring gives way to drawing, jobs to measuring."""

import contextlib
import os
import sys
import threading

__all__ = ["lower_priority"]


def lower_priority(niceness: int) -> None:
    """Lower the calling thread's priority, 0 (as usual) … 19 (only what nobody else wants).

    Threads that torch starts from it inherit that. Only Linux gives each thread its own.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)
