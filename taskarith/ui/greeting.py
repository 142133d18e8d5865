"""What a window hears first: the suite its link asks for, or the one there is instead, and why.

Answers from files alone where that is possible, so that nobody waits for an engine to see a page.
"""

import asyncio
import contextlib
from functools import lru_cache
from typing import Any

from taskarith.errors import AssetError, TaskArithError, UnknownNameError
from taskarith.ui.hello import describe, describe_opened, is_suite_name, written_at
from taskarith.ui.serving.explorers import Explorers

__all__ = ["Greeting", "listed_suites"]

Answer = dict[str, Any]

SHOWN = 40  # characters of what was asked for
LOADING = {"state": "loading", "device": None}


class Greeting:
    """Describes suites to windows that open.

    Args:
        explorers: the suites that are open, and the one the server was started with.
    """

    def __init__(self, explorers: Explorers) -> None:
        self._explorers = explorers

    async def of(self, asked: object) -> Answer:
        """Everything static about the suite asked for, and how its engine stands.

        Where there is no such suite, or it cannot be opened, it is about the one that is always
        there, and says so under "problem".
        """
        started = await self._started()
        if asked is None or asked == started["suite"]["name"]:
            first = self._explorers.first
            engine = await first.result().engine({}) if first.done() else LOADING
            return started | {"engine": engine}
        try:
            return await self._other(asked)
        except UnknownNameError:
            reason = f"there is no suite {str(asked)[:SHOWN]} here"
        except TaskArithError as error:
            reason = str(error).rstrip(".")
        shown = started["suite"]["name"]
        return await self.of(None) | {"problem": f"{reason}. This is the suite {shown}"}

    async def source_of(self, asked: object) -> str | None:
        """What opens the suite that a window is about; None where it names none."""
        started = await self._started()
        if asked is None or asked == started["suite"]["name"]:
            return self._explorers.source
        return str(asked) if is_suite_name(asked) else None

    async def _other(self, asked: object) -> Answer:
        if not is_suite_name(asked):
            raise UnknownNameError("no name of a suite")
        name = str(asked)
        with contextlib.suppress(AssetError):
            answer = _described(name, written_at(name))
            if not self._explorers.first.done():  # the library is still being imported
                return answer | {"engine": LOADING}
        explorer = await self._explorers.get(name, anew=True)  # knows best what is wrong with it
        return describe_opened(explorer.suite) | {"engine": await explorer.engine({})}

    async def _started(self) -> Answer:
        source = self._explorers.source
        try:
            return _described(source, written_at(source))
        except AssetError:  # opening the suite knows more, or better what is wrong
            return describe_opened((await asyncio.wrap_future(self._explorers.first)).suite)


@lru_cache(maxsize=32)
def _described(source: str, written: int) -> Answer:
    """Read once for all windows, and again when the manifest was written anew."""
    return describe(source)


def listed_suites() -> list[Answer]:
    """Every suite there is, and whether all it needs is on this machine."""
    from taskarith.suites import list_suites

    found = [
        {"name": suite.name, "title": suite.title, "here": suite.is_here()}
        for suite in list_suites()
    ]
    return sorted(found, key=lambda suite: not suite["here"])  # what can be shown comes first
