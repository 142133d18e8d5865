"""Talks: a presenter's state, and the windows that follow it; all of it bounded, in memory only.

A talk has a name, which is in the audience's link, and a key, which only the presenter's window
has. Only the newest state is kept: who reads slowly misses some, and nobody waits for them. Lives
on one event loop. Knows neither states nor addresses of pages.
"""

import asyncio
import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from taskarith.errors import TaskArithError

__all__ = ["Seat", "Talk", "Talks"]

MOST = 32  # talks at a time
EACH = 8  # of one address
FOLLOWERS = 250  # of one talk
TOGETHER = 500  # of all talks: each is an open connection
SILENCE = 600.0  # seconds without a word of the presenter's window, which says one every 3 s
LONGEST = 12 * 3600.0  # seconds
BEAT = 15.0  # seconds after which a follower hears that the line is still open


@dataclass
class Talk:
    """One presenter's talk.

    Attributes:
        name: unguessable (96 bits), short enough for a QR code.
        digest: of the presenter's key; the key itself is not kept.
        address: whence it was opened.
        ends: when it is over, whatever is said until then.
        heard: when the presenter's window said something last.
        turn: the number of the newest state; 0 before there is one.
        news: that state, ready to be sent.
    """

    name: str
    digest: bytes
    address: str
    ends: float
    heard: float
    turn: int = 0
    news: bytes = b""
    followers: int = 0
    over: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """Tell all who wait that there is something new."""
        self.changed.set()
        self.changed = asyncio.Event()


class Seat:
    """One window's place in a talk, until it leaves."""

    def __init__(self, talks: "Talks", talk: Talk) -> None:
        self._talks = talks
        self._talk = talk

    async def news(self, *, beat: float = BEAT) -> AsyncIterator[bytes | None]:
        """Every state that there is time for, the newest first; None where nothing happened.

        Ends when the talk is over.
        """
        seen = 0
        while not self._talks.is_over(self._talk):
            if self._talk.turn != seen:
                seen = self._talk.turn
                yield self._talk.news
                continue
            changed = self._talk.changed
            try:
                await asyncio.wait_for(changed.wait(), beat)
            except TimeoutError:
                yield None

    def leave(self) -> None:
        """Make room for another window."""
        self._talk.followers -= 1
        self._talks.followers -= 1


class Talks:
    """All talks of a server.

    >>> talks = Talks()
    >>> name, key = talks.open("192.0.2.7")
    >>> talks.tell(name, key, b"letters at 0.3"), talks.tell(name, "a guess", b"letters at 9")
    (0, None)
    >>> talks.seat("a guess") is None
    True
    """

    def __init__(
        self,
        *,
        most: int = MOST,
        each: int = EACH,
        followers: int = FOLLOWERS,
        together: int = TOGETHER,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = most
        self._each = each
        self._followers = followers
        self._together = together
        self._clock = clock
        self._talks: OrderedDict[str, Talk] = OrderedDict()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.followers = 0

    def open(self, address: str) -> tuple[str, str]:
        """A new talk's name and key.

        Raises:
            TaskArithError: there are too many, here or of this address.
        """
        for talk in list(self._talks.values()):
            self.is_over(talk)
        own = sum(talk.address == address for talk in self._talks.values())
        if own >= self._each or len(self._talks) >= self._most:
            whose = "from your network" if own >= self._each else "on this server"
            raise TaskArithError(
                f"{max(own, 1) if own >= self._each else self._most} talks are being followed "
                f"{whose}, and there are no more places; end one, or try again in ten minutes"
            )
        name, key = secrets.token_urlsafe(12), secrets.token_urlsafe(24)
        now = self._clock()
        self._talks[name] = Talk(
            name, digest=_digest(key), address=address, ends=now + LONGEST, heard=now
        )
        return name, key

    def tell(self, name: str, key: str, news: bytes | None) -> int | None:
        """Tell all followers; None is a sign of life. How many follow; None if there is no such
        talk, or this is not its key."""
        talk = self._of(name, key)
        if talk is None:
            return None
        talk.heard = self._clock()
        if news is not None and news != talk.news:
            talk.news = news
            talk.turn += 1
            talk.wake()
        return talk.followers

    def knows(self, name: str, key: str) -> bool:
        """Whether this is a talk's key."""
        return self._of(name, key) is not None

    def end(self, name: str, key: str) -> bool:
        """End a talk: its followers hear it. Whether there was one with this key."""
        talk = self._of(name, key)
        if talk is not None:
            self._end(talk)
        return talk is not None

    def seat(self, name: str) -> Seat | None:
        """A place among the followers; None if there is no such talk.

        Raises:
            TaskArithError: all places are taken.
        """
        talk = self._talks.get(name)
        if talk is None or self.is_over(talk):
            return None
        if talk.followers >= self._followers or self.followers >= self._together:
            raise TaskArithError("all places are taken")
        talk.followers += 1
        self.followers += 1
        with suppress(RuntimeError):
            self._loop = asyncio.get_running_loop()
        return Seat(self, talk)

    def is_over(self, talk: Talk) -> bool:
        """Whether a talk has ended, or nobody has spoken for too long."""
        now = self._clock()
        if not talk.over and (now > talk.ends or now > talk.heard + SILENCE):
            self._end(talk)
        return talk.over

    def close(self) -> None:
        """End all; from any thread. A server closes once no answer is under way any more."""

        def end() -> None:
            for talk in list(self._talks.values()):
                self._end(talk)

        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is gone, and everybody with it
                self._loop.call_soon_threadsafe(end)

    def _end(self, talk: Talk) -> None:
        talk.over = True
        self._talks.pop(talk.name, None)
        talk.wake()

    def _of(self, name: str, key: str) -> Talk | None:
        talk = self._talks.get(name)
        if talk is None or not secrets.compare_digest(talk.digest, _digest(key)):
            return None
        return None if self.is_over(talk) else talk


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()
