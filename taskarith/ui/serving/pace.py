"""Paces and quotas: who calls without pause waits or is refused, so that the others need not.

Knows who calls, when and how much; not what is called, nor whether a caller is a window or an
address.
"""

import time
from collections import OrderedDict
from collections.abc import Callable

__all__ = ["LONGEST", "Pace", "Quota", "Windows"]

EVERY = 0.05  # seconds a call, in the long run; a page that is measured for makes up to 10 a second
BURST = 20  # calls without a wait
LONGEST = 2.0  # seconds
# New windows of one address: a class behind one address opens a hundred at once, a robot goes on.
# The page Explore counts as two: Gradio has a name for it, and so has the page itself.
WINDOW_EVERY = 0.25  # seconds a window, in the long run
WINDOWS = 200
REMEMBERED = 1024  # callers; who calls too fast is soon among the newest again
ALL = ""  # the caller that all callers are together

Clock = Callable[[], float]


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
        self, *, every: float = EVERY, burst: int = BURST, clock: Clock = time.monotonic
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

    def refuses(self, caller: str) -> bool:
        """Count a call of `caller`; whether it comes so fast that waiting does not help."""
        return self.wait(caller) >= LONGEST


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
        if window not in self._known and self._pace.refuses(address):
            return True
        self._known[window] = None
        self._known.move_to_end(window)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return False


class Quota:
    """How much each caller, and all of them together, may use up; it comes back with time.

    What was used runs out of a caller's account evenly, a full one in `seconds`.

    >>> now = 0.0
    >>> quota = Quota(each=10, together=15, seconds=60, clock=lambda: now)
    >>> [quota.refuses("a", 6), quota.refuses("a", 6), quota.refuses("b", 6), quota.refuses("c", 6)]
    [False, True, False, True]
    >>> now = 60.0
    >>> quota.refuses("a", 6)
    False
    """

    def __init__(
        self, *, each: float, together: float, seconds: float, clock: Clock = time.monotonic
    ) -> None:
        self._each = each
        self._together = together
        self._seconds = seconds
        self._clock = clock
        self._used: OrderedDict[str, tuple[float, float]] = OrderedDict()  # how much, and when

    def refuses(self, caller: str, amount: float) -> bool:
        """Whether `amount` is too much for `caller`, or for all; else it is counted."""
        now = self._clock()
        own = f"of {caller}"
        accounts = {own: self._each, ALL: self._together}
        after = {
            name: self._left(name, now=now, most=most) + amount for name, most in accounts.items()
        }
        if any(after[name] > most for name, most in accounts.items()):
            return True
        for name in (own, ALL):  # what all have used is never among the oldest
            self._used.pop(name, None)
            self._used[name] = after[name], now
        while len(self._used) > REMEMBERED:
            self._used.popitem(last=False)
        return False

    def _left(self, name: str, *, now: float, most: float) -> float:
        used, when = self._used.get(name, (0.0, now))
        return max(0.0, used - most * (now - when) / self._seconds)
