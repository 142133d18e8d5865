"""Explore: the page on which an edit is made by hand and measured while one watches.

Ties the instrument to the Explorer; decides nothing itself.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from taskarith.errors import TaskArithError
from taskarith.ui.chrome import Nav
from taskarith.ui.error_text import errors_told
from taskarith.ui.explore.instrument import instrument
from taskarith.ui.greeting import Greeting, listed_suites
from taskarith.ui.lessons import told
from taskarith.ui.qr import code
from taskarith.ui.serving.explorers import Explorers
from taskarith.ui.serving.limits import Limiter, address

__all__ = ["build", "server_functions"]

LONGEST_NAME = 64
MEASURING = ("commit", "test", "ask")
CALLS = (
    "engine",
    "commit",
    "more",
    "rest",
    "test",
    "surrogate",
    "changed",
    "ask",
    "take",
    "suggest",
)

Answer = dict[str, Any]
Handler = Callable[[Answer], Awaitable[Answer]]


def build(
    explorers: Explorers,
    *,
    limiter: Limiter,
    nav: Nav = (),
    on_open: Callable[[], None] = lambda: None,
) -> None:
    """The page, inside its Blocks. It shows the shipped measurements before the engine is there.

    Args:
        explorers: the suites that a link may ask for.
        limiter: how much of everything a visitor gets.
        nav: titles and addresses of all pages.
        on_open: called when the page has been shown to somebody.
    """
    instrument(
        server_functions=server_functions(explorers, limiter=limiter, nav=nav, on_open=on_open)
    )


def server_functions(
    explorers: Explorers, *, limiter: Limiter, nav: Nav = (), on_open: Callable[[], None]
) -> list[Handler]:
    """What the page calls: `hello` at once, everything else when its suite's Explorer is there."""
    boot = uuid.uuid4().hex  # tells a window that the server was restarted
    greeting = Greeting(explorers)

    async def hello(message: Answer) -> Answer:
        answer = await greeting.of(_fields(message).get("suite"))
        on_open()
        answer["engine"] |= {"boot": boot}
        return answer | {"nav": [list(page) for page in nav], "talks": True}

    async def suites(message: Answer) -> Answer:
        await asyncio.sleep(limiter.window_calls.wait(f"suites {address()}"))  # reads many files
        return {"suites": await asyncio.to_thread(listed_suites)}

    async def lessons(message: Answer) -> Answer:
        fields = _fields(message)
        suite = await greeting.source_of(fields.get("suite"))
        return await asyncio.to_thread(told, fields.get("language"), suite=suite)

    async def qr(message: Answer) -> Answer:
        await asyncio.sleep(limiter.window_calls.wait(f"qr {address()}"))
        return {"rows": code(_fields(message).get("text"))}

    def call(name: str) -> Handler:
        async def handle(message: Answer) -> Answer:
            window = _caller(message)
            if name in MEASURING and limiter.windows.refuses(window, address=address()):
                raise TaskArithError(
                    "more windows than this server can measure for were opened from your network "
                    "in the last minute; wait a moment, then move the slider again"
                )
            if wait := limiter.window_calls.wait(window):
                await asyncio.sleep(wait)
            opened = await explorers.get(_fields(message).get("suite"))
            answer: Answer = await getattr(opened, name)(message)
            return answer | {"boot": boot} if name == "engine" else answer

        handle.__name__ = name
        return handle

    return [errors_told(handle) for handle in (hello, suites, lessons, qr, *map(call, CALLS))]


def _fields(message: object) -> Answer:
    return message if isinstance(message, dict) else {}


def _caller(message: object) -> str:
    """Which window calls; all that do not say so are one."""
    session = _fields(message).get("session")
    return session if isinstance(session, str) and len(session) <= LONGEST_NAME else ""
