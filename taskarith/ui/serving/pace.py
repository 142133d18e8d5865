"""The pace of calls: who calls without pause waits, so that the others need not.

Knows who calls and when; not what is called, nor whether a caller is a window or an address.
"""

import time
from collections import OrderedDict
from collections.abc import Callable

__all__ = ["LONGEST", "Pace", "Windows"]

EVERY = 0.05  # seconds a call, in the long run; a page that is measured for makes up to 10 a second
BURST = 20  # calls without a wait
LONGEST = 2.0  # seconds
WINDOW_EVERY = 0.5  # seconds a new window of one address, in the long run
WINDOWS = 100  # new ones at once: a class behind one address opens as many, a robot goes on
REMEMBERED = 1024  # callers; who calls too fast is soon among the newest again


class Pace:
    """How long each caller has to wait before its next call is looked at.

    Each call moves its caller's clock on by `every` seconds; a clock that is more than `burst`
    calls ahead of the time makes its caller wait (the virtual scheduling form of a leaky bucket,
    ITU-T I.371).

    >>> pace = Pace(clock=lambda: 0.0)
    >>> [pace.wait("a") for _ in range(22)][-3:]
    [0.0, 0.05, 0.1]
    """

    def __init__(
        self,
        *,
        every: float = EVERY,
        burst: int = BURST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._every = every
        self._burst = burst
        self._clock = clock
        self._ahead: OrderedDict[str, float] = OrderedDict()

    def wait(self, caller: str) -> float:
        """Count a call of `caller`; seconds that it should wait, `LONGEST` at most."""
        now = self._clock()
        ahead = max(now, self._ahead.pop(caller, now)) + self._every
        allowed = now + self._burst * self._every
        self._ahead[caller] = min(ahead, allowed + LONGEST)
        while len(self._ahead) > REMEMBERED:
            self._ahead.popitem(last=False)
        return round(max(0.0, self._ahead[caller] - allowed), 6)


class Windows:
    """How many windows an address may open: names made up for every call gain nothing.

    >>> windows = Windows(Pace(every=0.5, burst=1, clock=lambda: 0.0))
    >>> [windows.refuses(name, address="here") for name in "aabcdefg"]
    [False, False, False, False, False, True, True, True]
    """

    def __init__(self, pace: Pace | None = None) -> None:
        self._pace = pace if pace is not None else Pace(every=WINDOW_EVERY, burst=WINDOWS)
        self._known: OrderedDict[str, None] = OrderedDict()

    def refuses(self, window: str, *, address: str) -> bool:
        """Whether `window` is one too many that is new at `address`."""
        if window not in self._known and self._pace.wait(address) >= LONGEST:
            return True
        self._known[window] = None
        self._known.move_to_end(window)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return False
