"""The registry of sessions: what the server remembers of each window or tab, one thing of a kind.

Bounded, and fair: who fills it pushes out what is their own. Knows names and addresses; not what
is remembered.
"""

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Sessions"]

T = TypeVar("T")


class Sessions(Generic[T]):
    """What is remembered of `most` sessions; may be used from every thread.

    Where there are more, one goes: of the address that has the most of them, the one that was
    asked for longest ago.

    Args:
        spare: what stays as long as something else can go.

    >>> sessions = Sessions[int](most=3)
    >>> for name, address in [("early", "school"), ("a", "robin"), ("b", "robin"), ("c", "robin")]:
    ...     gone = sessions.put(name, 1, address=address)
    >>> gone, sessions.get("early")
    ({'a': 1}, 1)
    """

    def __init__(self, *, most: int, spare: Callable[[T], bool] = lambda value: False) -> None:
        self.most = most
        self._spare = spare
        self._held: OrderedDict[str, tuple[T, str]] = OrderedDict()  # the longest unasked first
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._held)

    def put(self, session: str, value: T, *, address: str = "") -> dict[str, T]:
        """Remember `value` in place of what was there; gives what had to go for it, by session."""
        with self._lock:
            self._held.pop(session, None)
            gone: dict[str, T] = {}
            while len(self._held) >= self.most > 0:
                name = self._next_to_go(address)
                gone[name], _ = self._held.pop(name)
            self._held[session] = value, address
            return gone

    def get(self, session: str) -> T | None:
        """What is remembered, and is now the last that was asked for."""
        with self._lock:
            if session not in self._held:
                return None
            self._held.move_to_end(session)
            return self._held[session][0]

    def drop(self, session: str) -> T | None:
        """Forget a session; gives what was remembered of it."""
        with self._lock:
            return self._held.pop(session, (None, ""))[0]

    def all(self) -> dict[str, T]:
        """Everything, by session."""
        with self._lock:
            return {name: value for name, (value, _) in self._held.items()}

    def _next_to_go(self, newcomer: str) -> str:
        plain = {name: held for name, held in self._held.items() if not self._spare(held[0])}
        whence = {name: address for name, (_, address) in (plain or self._held).items()}
        counts = Counter([*whence.values(), newcomer])  # of equals, who came first
        crowd = max(whence.values(), key=lambda address: counts[address])
        return next(name for name, address in whence.items() if address == crowd)
