"""Whose turn it is: the order in which one worker serves many sessions.

The first step of a new request goes before everyone's later ones, so that nobody waits for a first
point behind other people's curves. Knows names of sessions; not what is done in a turn.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Callable

__all__ = ["Turns"]

# A session goes first once in so many seconds: asking a thousand times a second gains nothing.
FIRST_EVERY = 1.0
REMEMBERED = 1024  # sessions that had a first step before


class Turns:
    """Sessions with work, each in one queue. Not safe to share: who uses it holds a lock.

    First steps wait in two queues that take turns: sessions that were here before, and newcomers.
    So a flood of sessions made up on the spot takes half of the turns at most.

    >>> turns = Turns()
    >>> for name in ("a", "b"):
    ...     turns.add(name)
    >>> [turns.take() for _ in range(5)]
    ['a', 'b', 'a', 'b', 'a']
    """

    def __init__(
        self, *, first_every: float = FIRST_EVERY, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._first_every = first_every
        self._clock = clock
        self._known: deque[str] = deque()
        self._newcomers: deque[str] = deque()
        self._later: deque[str] = deque()
        self._newcomers_next = False
        self._went_first: OrderedDict[str, float] = OrderedDict()  # when, the latest last

    def __bool__(self) -> bool:
        return bool(self._known or self._newcomers or self._later)

    @property
    def firsts(self) -> int:
        """How many sessions wait for the first step of a request."""
        return len(self._known) + len(self._newcomers)

    def add(self, session: str) -> None:
        """A session has a new request; it keeps its place if it has one among the first.

        Neither hurry nor patience is rewarded.
        """
        if session in self._known or session in self._newcomers:
            return
        before = self._went_first.get(session)
        if before is None or self._clock() - before >= self._first_every:
            self.drop(session)
            (self._newcomers if before is None else self._known).append(session)
        elif session not in self._later:
            self._later.append(session)

    def drop(self, session: str) -> None:
        """A session has no work any more."""
        for queue in (self._known, self._newcomers, self._later):
            if session in queue:
                queue.remove(session)

    def clear(self) -> None:
        """Nobody has work any more."""
        for queue in (self._known, self._newcomers, self._later):
            queue.clear()

    def take(self) -> str:
        """The session whose turn it is, which then goes to the end. There must be one."""
        if self.firsts:
            session = self._next_first().popleft()
            self._went_first[session] = self._clock()
            self._went_first.move_to_end(session)
            if len(self._went_first) > REMEMBERED:
                self._went_first.popitem(last=False)
        else:
            session = self._later.popleft()
        self._later.append(session)
        return session

    def _next_first(self) -> deque[str]:
        queues = (self._known, self._newcomers)
        chosen, other = reversed(queues) if self._newcomers_next else queues
        self._newcomers_next = not self._newcomers_next
        return chosen or other
