"""Explore: the page on which an edit is made by hand and measured while one watches.

Ties the instrument to the Explorer; decides nothing itself.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import gradio as gr

from taskarith.errors import TaskArithError, UnknownNameError
from taskarith.ui.chrome import Nav
from taskarith.ui.explore.instrument import instrument
from taskarith.ui.greeting import Greeting, listed_suites
from taskarith.ui.hello import is_suite_name
from taskarith.ui.in_words import in_words
from taskarith.ui.serving.explorers import Explorers
from taskarith.ui.serving.gate import network_of
from taskarith.ui.serving.pace import Pace, Windows

__all__ = ["build", "server_functions"]

LONGEST_NAME = 64
MEASURING = ("commit", "test")
CALLS = ("engine", "commit", "more", "rest", "test", "surrogate", "changed", "take")

Answer = dict[str, Any]
Handler = Callable[..., Awaitable[Answer]]  # of a message, and of the request where it asks


def build(
    explorers: Explorers, *, nav: Nav = (), on_open: Callable[[], None] = lambda: None
) -> None:
    """The page, inside its Blocks. It shows the shipped measurements before the engine is there.

    Args:
        explorers: the suites that a link may ask for.
        nav: titles and addresses of all pages.
        on_open: called when the page has been shown to somebody.
    """
    instrument(server_functions=server_functions(explorers, nav=nav, on_open=on_open))


def server_functions(
    explorers: Explorers, *, nav: Nav = (), on_open: Callable[[], None]
) -> list[Handler]:
    """What the page calls: `hello` at once, everything else when its suite's Explorer is there."""
    boot = uuid.uuid4().hex  # tells a window that the server was restarted
    greeting = Greeting(explorers)
    pace = Pace()
    windows = Windows()

    async def hello(message: Answer) -> Answer:
        answer = await greeting.of(message.get("suite") if isinstance(message, dict) else None)
        on_open()
        answer["engine"] |= {"boot": boot}
        return answer | {"nav": [list(page) for page in nav]}

    async def suites(message: Answer) -> Answer:
        return {"suites": await asyncio.to_thread(listed_suites)}

    def call(name: str) -> Handler:
        async def handle(message: Answer, request: gr.Request | None = None) -> Answer:
            if name in MEASURING and windows.refuses(_caller(message), address=_address(request)):
                raise TaskArithError(
                    "more windows than this server can measure for were opened from your network "
                    "in the last minute; wait a moment, then move the slider again"
                )
            if wait := pace.wait(_caller(message)):
                await asyncio.sleep(wait)
            opened = await explorers.get(_suite(message))
            answer: Answer = await getattr(opened, name)(message)
            return answer | {"boot": boot} if name == "engine" else answer

        handle.__name__ = name
        return handle

    return [in_words(handle) for handle in (hello, suites, *map(call, CALLS))]


def _suite(message: object) -> str | None:
    """Which suite the call is about; None for the one the server was started with."""
    name = message.get("suite") if isinstance(message, dict) else None
    if name is None or is_suite_name(name):
        return name
    raise UnknownNameError(f"{str(name)[:80]!r} is no name of a suite; reload the page")


def _caller(message: object) -> str:
    """Which window calls; all that do not say so are one."""
    session = message.get("session") if isinstance(message, dict) else None
    return session if isinstance(session, str) and len(session) <= LONGEST_NAME else ""


def _address(request: gr.Request | None) -> str:
    """Where the call comes from; all that do not say so are one."""
    client = None if request is None else request.client
    return "" if client is None else network_of(client.host)
