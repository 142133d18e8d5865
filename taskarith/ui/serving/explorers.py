"""The suites that are open in this process: each with its Explorer, opened when it is asked for.

Few at a time, because each holds a model, vectors and pictures in memory: the least recently used
one that nobody looks at makes room. Knows names; what an Explorer does is its own business.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING

from taskarith.errors import MemoryBudgetError, UnknownNameError
from taskarith.ui.hello import is_suite_name
from taskarith.ui.serving.limits import address

if TYPE_CHECKING:
    from taskarith.ui.serving.explorer import Explorer

__all__ = ["Explorers"]

# Open at a time, with the one the server was started with: a class behind one address sees all
# the suites that come with the app, and two places are for others.
MOST = 6
MOST_LOOKS = 1024  # addresses that are remembered for each
LOOKED_AT = 150.0  # seconds without a call; a page in the background calls once a minute


class Explorers:
    """Explorers by the name of their suite.

    Args:
        source: what the server was started with: name of a suite, or path of its folder.
        first: its Explorer, which is never closed before the server ends.
        open_suite: opens the suite of a name; UnknownNameError where there is none.
        most: how many are open at a time.
        shared: whether visitors share them: then one address leaves a place to the others.
    """

    def __init__(
        self,
        source: str,
        first: "Future[Explorer]",
        *,
        open_suite: "Callable[[str], Explorer]",
        most: int = MOST,
        shared: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.source = source
        self.first = first
        self._open_suite = open_suite
        self._most = most
        self._each = max(1, most - 2) if shared else most
        self._clock = clock
        self._open: OrderedDict[str, Explorer] = OrderedDict()  # who was used longest ago is first
        self._looks: dict[str, dict[str, float]] = {}  # of each, who looked at it, and when last
        self._opening = asyncio.Lock()

    async def get(self, name: object = None, *, anew: bool = False) -> "Explorer":
        """The Explorer of the suite called `name`, or of the one the server was started with.

        What a browser sends may come here as it is: a name is a name, and never a path.

        With `anew`, one whose engine could not start is opened once more: what it lacked may be
        there now. Raises UnknownNameError or AssetError where the suite cannot be opened,
        MemoryBudgetError where as many as may be open are all being looked at.
        """
        first = await asyncio.wrap_future(self.first)
        if name is None or name == "" or name == first.suite.name:
            return first
        if not isinstance(name, str) or not is_suite_name(name):
            raise UnknownNameError("that is no name of a suite; open Explore and choose one")
        if (found := self._used(name)) is not None and not (anew and found.failed):
            return found
        async with self._opening:
            found = self._used(name)
            if found is not None and anew and found.failed:
                await self._close(name)
                found = None
            return found or await self._opened(name)

    def in_use(self, name: str) -> bool:
        """Whether the suite called `name` is open, so that its files are to stay."""
        return name in self._open

    async def forget(self, name: str) -> None:
        """Close the suite called `name`, if it is open, whoever looks at it."""
        async with self._opening:
            if name in self._open:
                await self._close(name)

    def close(self) -> None:
        """End the threads of all."""
        for explorer in self._open.values():
            explorer.close()
        self._open.clear()
        if self.first.done() and not self.first.exception():
            self.first.result().close()

    def _used(self, name: str) -> "Explorer | None":
        if name in self._open:
            if len(self._looks[name]) >= MOST_LOOKS:
                del self._looks[name][next(iter(self._looks[name]))]
            self._looks[name].pop(address(), None)
            self._looks[name][address()] = self._clock()
            self._open.move_to_end(name)
        return self._open.get(name)

    def _looked_at(self, name: str, *, by: str | None = None) -> bool:
        """Whether somebody, or who is at the address `by`, looks at an open suite."""
        since = self._clock() - LOOKED_AT
        looks = self._looks[name]
        return any(when > since for who, when in looks.items() if by is None or who == by)

    def _told(self) -> list[str]:
        """The names of what is open, less those that only some may know."""
        from taskarith.suites.home import added_suites, is_private

        secret = {name for name, folder in added_suites().items() if is_private(folder)}
        return [
            self.first.result().suite.name,
            *(name for name in self._open if name not in secret),
        ]

    async def _opened(self, name: str) -> "Explorer":
        own = sum(self._looked_at(other, by=address()) for other in self._open)
        if own >= self._each:
            raise MemoryBudgetError(
                f"the suite {name!r} cannot be opened now: your network looks at {own} suites "
                "of this server, and the other places are for others. Try again a few minutes "
                "after you have left one"
            )
        if len(self._open) >= self._most - 1:
            oldest = next(iter(self._open))
            if self._looked_at(oldest):
                names = ", ".join(self._told())
                raise MemoryBudgetError(
                    f"the suite {name!r} cannot be opened now: this server keeps {self._most} "
                    f"suites in memory, and somebody looks at each of {names}. Try again in a few "
                    "minutes, or open it on a machine of your own"
                )
            await self._close(oldest)
        explorer = await asyncio.to_thread(self._open_suite, name)
        self._open[name] = explorer
        self._looks[name] = {address(): self._clock()}
        return explorer

    async def _close(self, name: str) -> None:
        del self._looks[name]
        await asyncio.to_thread(self._open.pop(name).close)
