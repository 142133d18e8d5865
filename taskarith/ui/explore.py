"""Explore: the page on which an edit is made by hand and measured while one watches.

Ties the instrument to the Explorer and translates every error into words for the page; decides
nothing itself.
"""

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from functools import cache
from typing import TYPE_CHECKING, Any

from taskarith.errors import AssetError, TaskArithError
from taskarith.ui.chrome import Nav
from taskarith.ui.hello import describe, describe_opened
from taskarith.ui.instrument import instrument
from taskarith.ui.pace import Pace

if TYPE_CHECKING:
    from taskarith.ui.session import Explorer

__all__ = ["build", "server_functions"]

LONGEST_NAME = 64
CALLS = ("engine", "commit", "more", "rest", "test", "surrogate", "changed", "take")

_log = logging.getLogger(__name__)

Answer = dict[str, Any]
Handler = Callable[[Answer], Awaitable[Answer]]


def build(
    source: str,
    explorer: "Future[Explorer]",
    *,
    nav: Nav = (),
    on_open: Callable[[], None] = lambda: None,
) -> None:
    """The page, inside its Blocks. It shows the shipped measurements before `explorer` is there.

    Args:
        source: name of the suite, or path of its folder.
        nav: titles and addresses of all pages.
        on_open: called when the page has been shown to somebody.
    """
    instrument(server_functions=server_functions(source, explorer, nav=nav, on_open=on_open))


def server_functions(
    source: str,
    explorer: "Future[Explorer]",
    *,
    nav: Nav = (),
    on_open: Callable[[], None],
) -> list[Handler]:
    """What the page calls: `hello` at once, everything else when `explorer` is there."""
    boot = uuid.uuid4().hex  # tells a window that the server was restarted
    described = cache(describe)
    pace = Pace()

    async def hello(message: Answer) -> Answer:
        try:
            answer = described(source)
        except AssetError:  # opening the suite knows more, or better what is wrong
            answer = describe_opened((await asyncio.wrap_future(explorer)).suite)
        on_open()
        loading = {"state": "loading", "device": None}
        engine = (await explorer.result().engine({})) if explorer.done() else loading
        return answer | {"engine": engine | {"boot": boot}, "nav": [list(page) for page in nav]}

    def call(name: str) -> Handler:
        async def handle(message: Answer) -> Answer:
            if wait := pace.wait(_caller(message)):
                await asyncio.sleep(wait)
            opened = await asyncio.wrap_future(explorer)
            answer: Answer = await getattr(opened, name)(message)
            return answer | {"boot": boot} if name == "engine" else answer

        handle.__name__ = name
        return handle

    return [_answered(handle) for handle in (hello, *map(call, CALLS))]


def _caller(message: object) -> str:
    """Which window calls; all that do not say so are one."""
    session = message.get("session") if isinstance(message, dict) else None
    return session if isinstance(session, str) and len(session) <= LONGEST_NAME else ""


def _answered(handle: Handler) -> Handler:
    """Errors as words for the page. A coroutine, so that a waiting window holds no thread."""

    async def answered(message: Answer) -> Answer:
        try:
            return await handle(message)
        except TaskArithError as error:
            return {"error": str(error)}
        except Exception as error:
            _log.exception("the page's call %s failed", handle.__name__)
            return {
                "error": f"Something went wrong on the server ({type(error).__name__}); the page "
                "goes on, and the server's log says more."
            }

    answered.__name__ = handle.__name__
    return answered
